/* SPDX-License-Identifier: GPL-2.0-or-later
 * checks_net.c - addresses and names of the network (Cobbler's validate.py).
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "model/checks.h"
#include "model/model.h"

#define PY_ADDR "ipaddress.AddressValueError"
#define PY_MASK "ipaddress.NetmaskValueError"
#define PY_NETADDR "netaddr.core.AddrFormatError"

bool ipv4_valid(const char *s)
{
	struct in_addr a;
	return inet_pton(AF_INET, s, &a) == 1;
}

bool ipv6_valid(const char *s)
{
	struct in6_addr a;
	return inet_pton(AF_INET6, s, &a) == 1;
}

/* Six hex pairs with ':' or '-'. compat: netaddr.valid_mac also knows cisco's dotted, bare and single-digit forms. */
static bool mac_valid(const char *s)
{
	size_t n = strlen(s), digits = 0;
	if (n == 12 && strspn(s, "0123456789abcdefABCDEF") == 12)
		return true;
	if (n == 14 && s[4] == '.' && s[9] == '.') {
		for (size_t i = 0; i < n; i++)
			digits += isxdigit((unsigned char)s[i]) != 0;
		return digits == 12;
	}
	char sep = strchr(s, ':') != NULL ? ':' : '-';
	size_t groups = 1;
	for (size_t i = 0; i < n; i++) {
		if (s[i] == sep) {
			if (digits == 0)
				return false;
			groups++;
			digits = 0;
		} else if (!isxdigit((unsigned char)s[i]) || ++digits > 2) {
			return false;
		}
	}
	return groups == 6 && digits > 0;
}

/* compat: netaddr's "triple hextet", three groups of up to four digits: "52:54:00" passes. */
static bool mac_triple(const char *s)
{
	size_t groups = 1, digits = 0;
	for (; *s != '\0'; s++) {
		if (*s == ':' && digits > 0) {
			groups++;
			digits = 0;
		} else if (!isxdigit((unsigned char)*s) || ++digits > 4) {
			return false;
		}
	}
	return groups == 3 && digits > 0;
}

/* Labels of letters, digits and inner hyphens, at most 63 long, joined by points. */
static bool hostname_valid(const char *s)
{
	for (;;) {
		size_t n = strcspn(s, ".");
		if (n == 0 || n > 63 || s[0] == '-' || s[n - 1] == '-')
			return false;
		for (size_t i = 0; i < n; i++)
			if (!isalnum((unsigned char)s[i]) && s[i] != '-')
				return false;
		if (s[n] == '\0')
			return true;
		s += n + 1;
	}
}

/* Netmasks have ones only at the top; 0.0.0.0 counts. */
static bool is_netmask(const char *s)
{
	struct in_addr a;
	if (inet_pton(AF_INET, s, &a) != 1)
		return false;
	uint32_t inverse = ~ntohl(a.s_addr);
	return (inverse & (inverse + 1)) == 0;
}

static int check_v4(const struct value *v, bool want_mask, struct value **ret, struct err *e)
{
	if (!v_is(v, V_STR))
		return err_py(e, CB_EINVAL, PY_TYPE, "Invalid input, addr must be a string");
	struct value *s = text_stripped(v);
	int rc = CB_OK;
	if (v_len(s) > 0 && !ipv4_valid(v_cstr(s)))
		rc = err_py(e, CB_EINVAL, PY_ADDR, "Invalid IPv4 address format (%s)", v_cstr(s));
	else if (v_len(s) > 0 && is_netmask(v_cstr(s)) != want_mask)
		rc = err_py(e, CB_EINVAL, PY_MASK, want_mask ? "Invalid IPv4 netmask (%s)" : "Invalid IPv4 host address (%s)", v_cstr(s));
	if (rc == CB_OK)
		*ret = s;
	else
		v_unref(s);
	return rc;
}

/* A text without white space at its ends: empty, or one that is valid. words: what it is not otherwise; what: the argument's name. */
static int check_stripped(const struct value *v, const char *what, bool (*valid)(const char *), const char *cls, const char *words,
	struct value **ret, struct err *e)
{
	if (!v_is(v, V_STR))
		return err_py(e, CB_EINVAL, PY_TYPE, "Invalid input, %s must be a string", what);
	struct value *s = text_stripped(v);
	if (v_len(s) > 0 && !valid(v_cstr(s))) {
		int rc = err_py(e, CB_EINVAL, cls, "Invalid %s format (%s)", words, v_cstr(s));
		v_unref(s);
		return rc;
	}
	*ret = s;
	return CB_OK;
}

static int check_v6(const struct value *v, struct value **ret, struct err *e)
{
	return check_stripped(v, "addr", ipv6_valid, PY_ADDR, "IPv6 address", ret, e);
}

/* Is there another system that has this already? what: as Cobbler's message begins. */
static int check_unique(const struct item_ctx *ctx, struct item *it, const char *setting, const char *what, const char *value,
	struct item *(*find)(struct model *, const char *, const char **), struct err *e)
{
	if (ctx == NULL || ctx->model == NULL || *value == '\0' || v_dict_bool(ctx->settings, setting, false))
		return CB_OK;
	const char *iface = NULL;                        /* NULL: only the host name is the same, which is no conflict */
	CLEANUP(item_unrefp) struct item *other = find(ctx->model, value, &iface);
	if (other == NULL || iface == NULL || str_eq(item_uid(other), item_uid(it)))
		return CB_OK;
	return err_py(e, CB_EEXIST, PY_VALUE, "%s duplicate found \"%s\". Object with the conflict has the name \"%s\"", what, value,
		item_name(other));
}

int check_ip4(const struct item_ctx *ctx, struct item *it, const struct field *f, const struct value *v, struct value **ret, struct err *e)
{
	struct value *s = NULL;
	if (v_is(v, V_STR) && (f->flags & FF_INHERIT) && is_inherit(v)) {
		*ret = v_ref(v);
		return CB_OK;
	}
	if (!v_is(v, V_STR) && f->type_error != NULL)
		return err_py(e, CB_EINVAL, PY_TYPE, "%s", f->type_error);
	int rc = check_v4(v, false, &s, e);
	if (rc == CB_OK && (f->flags & FF_INDEX))
		rc = check_unique(ctx, it, "allow_duplicate_ips", "IP address", v_cstr(s), model_system_by_ip, e);
	if (rc == CB_OK)
		*ret = s;
	else
		v_unref(s);
	return rc;
}

int check_netmask(const struct item_ctx *ctx UNUSED, struct item *it UNUSED, const struct field *f UNUSED, const struct value *v,
	struct value **ret, struct err *e)
{
	struct in_addr any;
	/* compat: netaddr reads "1" as 0.0.0.1, an address but no mask */
	if (v_is(v, V_STR) && v_len(v) > 0 && !ipv4_valid(v_cstr(v)) && inet_aton(v_cstr(v), &any) != 0)
		return err_py(e, CB_EINVAL, "ipaddress.NetmaskValueError", "Invalid IPv4 netmask (%s)", v_cstr(v));
	return check_v4(v, true, ret, e);
}

int check_ip6(const struct item_ctx *ctx, struct item *it, const struct field *f, const struct value *v, struct value **ret, struct err *e)
{
	struct value *s = NULL;
	if (v_is(v, V_STR) && (f->flags & FF_INHERIT) && is_inherit(v)) {
		*ret = v_ref(v);
		return CB_OK;
	}
	if (!v_is(v, V_STR) && f->type_error != NULL)
		return err_py(e, CB_EINVAL, PY_TYPE, "%s", f->type_error);
	int rc = check_v6(v, &s, e);
	if (rc == CB_OK && (f->flags & FF_INDEX))
		rc = check_unique(ctx, it, "allow_duplicate_ips", "IPv6 address", v_cstr(s), model_system_by_ip, e);
	if (rc == CB_OK)
		*ret = s;
	else
		v_unref(s);
	return rc;
}

/* A free address of the range that Cobbler uses for Xen guests. */
static struct value *random_mac(const struct item_ctx *ctx)
{
	for (;;) {
		unsigned char r[3];
		char text[18];
		random_bytes(r, sizeof(r));
		snprintf(text, sizeof(text), "00:16:3e:%02x:%02x:%02x", r[0] & 0x7f, r[1], r[2]);
		CLEANUP(item_unrefp) struct item *other = ctx != NULL && ctx->model != NULL ?
			model_system_by_mac(ctx->model, text, NULL) : NULL;
		if (other == NULL)
			return v_str(text);
	}
}

int check_mac(const struct item_ctx *ctx, struct item *it, const struct field *f UNUSED, const struct value *v, struct value **ret,
	struct err *e)
{
	if (!v_is(v, V_STR))
		return err_py(e, CB_EINVAL, PY_TYPE, "Invalid input, mac must be a string");
	struct value *s = text_stripped(v);
	char *low = xstrdup(v_cstr(s));
	for (char *p = low; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	v_unref(s);
	int rc = CB_OK;
	if (str_eq(low, "random")) {
		*ret = random_mac(ctx);
	} else if (*low != '\0' && !mac_valid(low) && !mac_triple(low)) {
		rc = err_py(e, CB_EINVAL, PY_VALUE, "Invalid mac address format (%s)", low);
	} else {
		rc = check_unique(ctx, it, "allow_duplicate_macs", "MAC address", low, model_system_by_mac, e);
		if (rc == CB_OK)
			*ret = v_str(low);
	}
	free_ptr(&low);
	return rc;
}

static int check_hostname(const struct value *v, struct value **ret, struct err *e)
{
	return check_stripped(v, "dnsname", hostname_valid, PY_VALUE, "hostname", ret, e);
}

int check_dns_name(const struct item_ctx *ctx, struct item *it, const struct field *f UNUSED, const struct value *v, struct value **ret,
	struct err *e)
{
	struct value *s;
	int rc = check_hostname(v, &s, e);
	if (rc != CB_OK)
		return rc;
	rc = check_unique(ctx, it, "allow_duplicate_hostnames", "DNS name", v_cstr(s), model_system_by_dns_name, e);
	if (rc == CB_OK)
		*ret = s;
	else
		v_unref(s);
	return rc;
}

/* Text is stripped, and stays text when empty or inherited; else a list, each element checked by one. */
static int check_each(const struct value *v, const char *quote, int (*one)(const struct value *, struct err *), struct value **ret,
	struct err *e)
{
	struct value *list;
	if (v_is(v, V_STR)) {
		struct value *s = text_stripped(v);
		if (v_len(s) == 0 || is_inherit(s)) {
			*ret = s;
			return CB_OK;
		}
		int rc = shlex_split(v_cstr(s), &list, e);
		v_unref(s);
		if (rc != CB_OK)
			return rc;
	} else if (v_is(v, V_LIST)) {
		list = v_ref(v);
	} else {
		return err_py(e, CB_EINVAL, PY_TYPE, "Invalid input type %s<class '%s'>%s, expected str or list", quote,
			v_type_name(v), quote);
	}
	for (size_t i = 0; i < v_len(list); i++) {
		int rc = one(v_list_at(list, i), e);
		if (rc != CB_OK) {
			v_unref(list);
			return rc;
		}
	}
	*ret = list;
	return CB_OK;
}

/* compat: netaddr and ipaddress take the number of an address for it. */
static bool is_number_of_address(const struct value *v)
{
	return v_is(v, V_BOOL) || (v_is(v, V_INT) && v_int_of(v) >= 0);
}

static int one_server(const struct value *v, struct err *e)
{
	struct value *ignored;
	struct strbuf b = { 0 };
	if (v_is(v, V_STR) && ipv6_valid(v_cstr(v)))
		return CB_OK;
	if (v_is(v, V_STR) && ipv4_valid(v_cstr(v))) {
		int rc = check_v4(v, false, &ignored, e);
		if (rc == CB_OK)
			v_unref(ignored);
		return rc;
	}
	/* compat: netaddr takes it, validate.ipv4_address does not */
	if (v_is(v, V_BOOL) || (v_is(v, V_INT) && v_int_of(v) >= 0))
		return check_v4(v, false, &ignored, e);
	if (v_is(v, V_STR) && strchr(v_cstr(v), '/') != NULL)
		return err_py(e, CB_EINVAL, PY_VALUE,
			"IPAddress() does not support netmasks or subnet prefixes! See documentation for details.");
	v_py_repr(&b, v);
	err_py(e, CB_EINVAL, PY_NETADDR, "failed to detect a valid IP address from %s", sb_str(&b));
	sb_free(&b);
	return CB_EINVAL;
}

static int one_domain(const struct value *v, struct err *e)
{
	struct value *ignored;
	int rc = check_hostname(v, &ignored, e);
	if (rc == CB_OK)
		v_unref(ignored);
	return rc;
}

int check_name_servers(const struct item_ctx *ctx UNUSED, struct item *it UNUSED, const struct field *f UNUSED, const struct value *v,
	struct value **ret, struct err *e)
{
	return check_each(v, "", one_server, ret, e);
}

int check_search_domains(const struct item_ctx *ctx UNUSED, struct item *it UNUSED, const struct field *f UNUSED, const struct value *v,
	struct value **ret, struct err *e)
{
	return check_each(v, "\"", one_domain, ret, e);
}

/* compat: utils.is_ip takes addresses of both families and networks "a/n". */
static bool is_ip(const char *s)
{
	return ipv4_valid(s) || ipv6_valid(s);
}

int check_ip6_gateway(const struct item_ctx *ctx UNUSED, struct item *it UNUSED, const struct field *f, const struct value *v,
	struct value **ret, struct err *e)
{
	if (!v_is(v, V_STR))
		return err_py(e, CB_EINVAL, PY_TYPE, "%s", f->type_error);
	if (v_len(v) > 0 && !is_ip(v_cstr(v)))
		return err_py(e, CB_EINVAL, PY_ADDR, "invalid format of IPv6 IP address (%s)", v_cstr(v));
	*ret = text_stripped(v);
	return CB_OK;
}

int check_ip6_list(const struct item_ctx *ctx UNUSED, struct item *it UNUSED, const struct field *f UNUSED, const struct value *v,
	struct value **ret, struct err *e)
{
	struct value *list;
	if (is_inherit(v))                                /* compat: taken letter by letter */
		return err_py(e, CB_EINVAL, PY_ADDR, "invalid format for IPv6 IP address (<)");
	int rc = input_list(v, &list, e);
	if (rc != CB_OK)
		return rc;
	for (size_t i = 0; i < v_len(list); i++) {
		const struct value *a = v_list_at(list, i);
		struct strbuf text CLEANUP(sb_free) = { 0 };
		if (v_is(a, V_STR) ? v_len(a) == 0 || is_ip(v_cstr(a)) : is_number_of_address(a))
			continue;
		v_py_str(&text, a);
		rc = err_py(e, CB_EINVAL, PY_ADDR, "invalid format for IPv6 IP address (%s)", sb_str(&text));
		v_unref(list);
		return rc;
	}
	*ret = list;
	return CB_OK;
}
