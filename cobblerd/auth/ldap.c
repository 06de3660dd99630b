/* SPDX-License-Identifier: GPL-2.0-or-later
 * ldap.c - authentication.ldap: find the user's entry, then bind as it. An empty password is refused before anything is sent (it would
 * be an anonymous bind), and what the user typed is escaped in the filter (RFC 4515).
 */
#include <ldap.h>
#include <string.h>
#include <sys/time.h>

#include "auth/auth.h"
#include "base/blocking.h"
#include "base/library.h"
#include "base/log.h"

#define LDAP_SECONDS 10

#define FUNCTIONS(X) X(initialize) X(set_option) X(get_option) X(start_tls_s) X(sasl_bind_s) X(search_ext_s) X(count_entries) \
	X(first_entry) X(get_dn) X(msgfree) X(memfree) X(err2string) X(unbind_ext_s)
#define POINTER(f) __typeof__(ldap_##f) *f;
#define SYMBOL(f) { "ldap_" #f, (void **)&ldap.f },

static struct { FUNCTIONS(POINTER) } ldap;
static const struct library_symbol symbols[] = { FUNCTIONS(SYMBOL) };

static const char *str(const struct value *settings, const char *key)
{
	return v_dict_cstr(settings, key, "");
}

static void add_escaped(struct strbuf *b, const char *s)
{
	for (; *s != '\0'; s++) {
		if (strchr("*()\\", *s) != NULL || (unsigned char)*s < ' ')
			sb_addf(b, "\\%02x", (unsigned char)*s);
		else
			sb_addc(b, *s);
	}
}

/* A port may be a number or text in the settings. */
static long port_of(const struct value *settings)
{
	const struct value *v = v_dict_get(settings, "ldap_port");
	int64_t port = 389;
	if (v_is(v, V_STR) ? !parse_int64(v_cstr(v), &port) : false)
		return -1;
	if (v_is(v, V_INT))
		port = v_int_of(v);
	return port > 0 && port < 65536 ? (long)port : -1;
}

static char *make_uris(const struct value *settings, long port)
{
	struct strbuf b = { 0 };
	char *servers CLEANUP(free_ptr) = xstrdup(str(settings, "ldap_server")), *save = NULL;
	for (char *s = strtok_r(servers, " ", &save); s != NULL; s = strtok_r(NULL, " ", &save)) {
		sb_addf(&b, "%s%s://%s", b.len > 0 ? " " : "", port == 636 || port == 3269 ? "ldaps" : "ldap", s);
		if (port != 389 && port != 636)
			sb_addf(&b, ":%ld", port);
	}
	return sb_take(&b);
}

static int set_tls(LDAP *ld, const struct value *settings)
{
	static const struct { const char *key; int option; } files[] = {
		{ "ldap_tls_cacertdir", LDAP_OPT_X_TLS_CACERTDIR }, { "ldap_tls_cacertfile", LDAP_OPT_X_TLS_CACERTFILE },
		{ "ldap_tls_keyfile", LDAP_OPT_X_TLS_KEYFILE }, { "ldap_tls_certfile", LDAP_OPT_X_TLS_CERTFILE },
		{ "ldap_tls_cipher_suite", LDAP_OPT_X_TLS_CIPHER_SUITE },
	};
	static const struct { const char *word; int value; } words[] = {
		{ "never", LDAP_OPT_X_TLS_NEVER }, { "allow", LDAP_OPT_X_TLS_ALLOW }, { "demand", LDAP_OPT_X_TLS_DEMAND },
		{ "hard", LDAP_OPT_X_TLS_HARD },
	};
	int require = LDAP_OPT_X_TLS_DEMAND, client = 0;
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		if (*str(settings, files[i].key) != '\0' &&
			ldap.set_option(ld, files[i].option, str(settings, files[i].key)) != LDAP_OPT_SUCCESS)
			return LDAP_PARAM_ERROR;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (str_eq(str(settings, "ldap_tls_reqcert"), words[i].word))
			require = words[i].value;
	ldap.set_option(ld, LDAP_OPT_X_TLS_REQUIRE_CERT, &require);
	return ldap.set_option(ld, LDAP_OPT_X_TLS_NEWCTX, &client);
}

static int bind_as(LDAP *ld, const char *dn, const char *password)
{
	struct berval cred = { strlen(password), (char *)(uintptr_t)password };
	return ldap.sasl_bind_s(ld, dn, LDAP_SASL_SIMPLE, &cred, NULL, NULL, NULL);
}

/* The DN of the one entry that matches; NULL when there is none or several. */
static char *find_dn(LDAP *ld, const struct value *settings, const char *user, int *rc)
{
	struct strbuf filter CLEANUP(sb_free) = { 0 };
	struct timeval limit = { LDAP_SECONDS, 0 };
	char *none[] = { (char *)(uintptr_t)LDAP_NO_ATTRS, NULL }, *dn = NULL;
	LDAPMessage *res = NULL;
	sb_adds(&filter, str(settings, "ldap_search_prefix"));
	add_escaped(&filter, user);
	*rc = ldap.search_ext_s(ld, str(settings, "ldap_base_dn"), LDAP_SCOPE_SUBTREE, filter.p, none, 0, NULL, NULL, &limit, 2, &res);
	if (*rc == LDAP_SUCCESS && ldap.count_entries(ld, res) == 1)
		dn = ldap.get_dn(ld, ldap.first_entry(ld, res));
	ldap.msgfree(res);
	return dn;
}

static bool check(LDAP *ld, const struct value *settings, long port, const char *user, const char *password)
{
	bool tls = v_dict_bool(settings, "ldap_tls", true);
	const char *what = "TLS settings";
	int rc = tls || port == 636 || port == 3269 ? set_tls(ld, settings) : LDAP_SUCCESS;
	char *dn = NULL;
	if (rc == LDAP_SUCCESS && tls && port != 636 && port != 3269) {
		what = "StartTLS";
		rc = ldap.start_tls_s(ld, NULL, NULL);
	}
	if (rc == LDAP_SUCCESS && !v_dict_bool(settings, "ldap_anonymous_bind", true)) {
		what = "bind for searching";
		rc = *str(settings, "ldap_search_bind_dn") == '\0' || *str(settings, "ldap_search_passwd") == '\0' ? LDAP_PARAM_ERROR :
			bind_as(ld, str(settings, "ldap_search_bind_dn"), str(settings, "ldap_search_passwd"));
	}
	if (rc == LDAP_SUCCESS) {
		what = "search";
		dn = find_dn(ld, settings, user, &rc);
	}
	if (rc == LDAP_SUCCESS && (dn == NULL || *dn == '\0'))
		rc = LDAP_NO_SUCH_OBJECT;
	if (rc == LDAP_SUCCESS) {
		what = "login";
		rc = bind_as(ld, dn, password);
	}
	if (rc != LDAP_SUCCESS) {
		char *more = NULL;
		ldap.get_option(ld, LDAP_OPT_DIAGNOSTIC_MESSAGE, &more);
		log_warn("auth", "LDAP refuses %s: %s: %s%s%s", user, what, ldap.err2string(rc), more != NULL && *more != '\0' ? ": " : "",
			more != NULL ? more : "");
		ldap.memfree(more);
	}
	ldap.memfree(dn);
	return rc == LDAP_SUCCESS;
}

bool authn_ldap(struct core *c, const char *user, const char *password)
{
	struct value *settings CLEANUP(v_unrefp) = settings_snapshot(c->settings);
	struct timeval limit = { LDAP_SECONDS, 0 };
	int version = LDAP_VERSION3;
	LDAP *ld = NULL;
	struct err e = { 0 };
	long port = port_of(settings);
	if (*password == '\0' || *user == '\0')
		return false;
	if (library_open(SONAME(LDAP), symbols, ARRAY_LEN(symbols), &e) != CB_OK) {
		log_error("auth", "%s", e.text);
		return false;
	}
	char *uris CLEANUP(free_ptr) = make_uris(settings, port);
	if (port == -1 || *uris == '\0' || ldap.initialize(&ld, uris) != LDAP_SUCCESS) {
		log_error("auth", "LDAP: the settings ldap_server and ldap_port do not name a server");
		return false;
	}
	ldap.set_option(ld, LDAP_OPT_PROTOCOL_VERSION, &version);
	ldap.set_option(ld, LDAP_OPT_REFERRALS, LDAP_OPT_OFF);
	ldap.set_option(ld, LDAP_OPT_NETWORK_TIMEOUT, &limit);
	ldap.set_option(ld, LDAP_OPT_TIMEOUT, &limit);
	blocking_begin();
	bool ok = check(ld, settings, port, user, password);
	blocking_end();
	ldap.unbind_ext_s(ld, NULL, NULL);
	return ok;
}
