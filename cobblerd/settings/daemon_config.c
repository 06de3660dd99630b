/* SPDX-License-Identifier: GPL-2.0-or-later
 * daemon_config.c - /etc/cobbler/cobblerd.yaml: what only this daemon knows. One table of rows checks it and fills in defaults.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "settings/settings_private.h"
#include "value/json.h"
#include "wire/dhcp.h"
#include "wire/mount3.h"

#define FILE_NAME "cobblerd.yaml"
#define EXPORTS_MAX 32             /* directories that NFS serves: each is an open descriptor of the service */

enum kind { K_BOOL, K_INT, K_TEXT, K_ADDRESS, K_ADDRESS4, K_CIDR4, K_TEXT_LIST, K_ADDRESS_LIST, K_RANGE4, K_TEXT_DICT, K_CHOICE };

struct row {
	const char *section;       /* "" for the top */
	const char *key;
	enum kind kind;
	const char *dflt;          /* JSON; NULL: stays absent */
	int64_t min, max;          /* K_INT */
	const char *choices;       /* K_CHOICE: separated by blanks */
};

static const struct row rows[] = {
	{ "", "user", K_TEXT, "\"cobbler\"", 0, 0, NULL },
	{ "", "log_level", K_CHOICE, "\"info\"", 0, 0, "error warning info debug" },
	{ "", "anonymous_secrets", K_CHOICE, "\"local\"", 0, 0, "true local false" },
	{ "", "anonymous_limits", K_BOOL, "true", 0, 0, NULL },
	{ "xmlrpc", "address", K_ADDRESS, "\"127.0.0.1\"", 0, 0, NULL },
	{ "http", "enabled", K_BOOL, "true", 0, 0, NULL },
	{ "http", "address", K_ADDRESS, "\"0.0.0.0\"", 0, 0, NULL },
	{ "http", "trusted_proxies", K_ADDRESS_LIST, "[]", 0, 0, NULL },
	{ "dhcp", "enabled", K_BOOL, "false", 0, 0, NULL },
	{ "dhcp", "interfaces", K_TEXT_LIST, "[]", 0, 0, NULL },
	{ "dhcp", "port", K_INT, "67", 1, 65535, NULL },
	{ "dhcp", "client_port", K_INT, "68", 1, 65535, NULL },
	{ "dhcp", "proxy", K_BOOL, "false", 0, 0, NULL },
	{ "dhcp", "known_only", K_BOOL, "false", 0, 0, NULL },
	{ "dhcp", "bootfiles", K_TEXT_DICT, "{}", 0, 0, NULL },
	{ "rarp", "enabled", K_BOOL, "false", 0, 0, NULL },
	{ "rarp", "interfaces", K_TEXT_LIST, "[]", 0, 0, NULL },
	{ "tftp", "enabled", K_BOOL, "true", 0, 0, NULL },
	{ "tftp", "address", K_ADDRESS, "\"0.0.0.0\"", 0, 0, NULL },
	{ "tftp", "port", K_INT, "69", 1, 65535, NULL },
	{ "tftp", "max_block_size", K_INT, "65464", 8, 65464, NULL },
	{ "tftp", "max_window", K_INT, "64", 1, 65535, NULL },
	{ "nfs", "enabled", K_BOOL, "false", 0, 0, NULL },
	{ "nfs", "address", K_ADDRESS, "\"0.0.0.0\"", 0, 0, NULL },
	{ "nfs", "port", K_INT, "2049", 1, 65535, NULL },
	{ "nfs", "portmap_port", K_INT, "111", 1, 65535, NULL },
	{ "nfs", "exports", K_TEXT_LIST, "[]", 0, 0, NULL },
	{ "import", "timeout", K_INT, "7200", 1, 604800, NULL },
	{ "import", "max_bytes", K_INT, "68719476736", 1, INT64_MAX, NULL },
};

/* One entry of dhcp.subnets. */
static const struct row subnet_rows[] = {
	{ "dhcp.subnets", "subnet", K_CIDR4, NULL, 0, 0, NULL },
	{ "dhcp.subnets", "range", K_RANGE4, "[]", 0, 0, NULL },
	{ "dhcp.subnets", "router", K_ADDRESS4, "\"\"", 0, 0, NULL },
	{ "dhcp.subnets", "dns", K_ADDRESS_LIST, "[]", 0, 0, NULL },
	{ "dhcp.subnets", "ntp", K_ADDRESS_LIST, "[]", 0, 0, NULL },
	{ "dhcp.subnets", "domain", K_TEXT, "\"\"", 0, 0, NULL },
	{ "dhcp.subnets", "lease_time", K_INT, "3600", 60, 31536000, NULL },
	{ "dhcp.subnets", "next_server", K_ADDRESS4, "\"\"", 0, 0, NULL },
};

/* *ret in the host's byte order. */
static bool read_address4(const char *s, uint32_t *ret)
{
	struct in_addr a;
	bool ok = inet_pton(AF_INET, s, &a) == 1;
	if (ok)
		*ret = ntohl(a.s_addr);
	return ok;
}

static bool is_address4(const char *s)
{
	uint32_t a;
	return read_address4(s, &a);
}

static bool is_address(const char *s)
{
	struct in6_addr a;
	return is_address4(s) || inet_pton(AF_INET6, s, &a) == 1;
}

static bool read_cidr4(const char *s, uint32_t *net, uint32_t *host_bits)
{
	char addr[20];
	unsigned long bits;
	const char *slash = strchr(s, '/');
	if (slash == NULL || (size_t)(slash - s) >= sizeof(addr) || !parse_uint(slash + 1, 30, &bits) || bits < 8)
		return false;
	snprintf(addr, sizeof(addr), "%.*s", (int)(slash - s), s);
	*host_bits = 0xffffffffu >> bits;
	return read_address4(addr, net) && (*net & *host_bits) == 0;
}

static bool is_cidr4(const char *s)
{
	uint32_t net, host_bits;
	return read_cidr4(s, &net, &host_bits);
}

static bool all_text(const struct value *v, bool (*ok)(const char *))
{
	for (size_t i = 0; i < v_len(v); i++) {
		const struct value *x = v_is(v, V_LIST) ? v_list_at(v, i) : v_dict_at(v, i);
		if (!v_is(x, V_STR) || (ok != NULL && !ok(v_cstr(x))))
			return false;
	}
	return true;
}

static bool is_choice(const char *choices, const char *s)
{
	size_t n = strlen(s);
	for (const char *p = choices; (p = strstr(p, s)) != NULL && n > 0; p++)
		if ((p == choices || p[-1] == ' ') && (p[n] == ' ' || p[n] == '\0'))
			return true;
	return false;
}

/* YAML reads the bare words true and false as booleans. */
static const char *choice_text(const struct value *v)
{
	return v_is(v, V_BOOL) ? v_truthy(v) ? "true" : "false" : v_is(v, V_STR) ? v_cstr(v) : "";
}

static bool fits(const struct row *r, const struct value *v)
{
	switch (r->kind) {
	case K_BOOL: return v_is(v, V_BOOL);
	case K_INT: return v_is(v, V_INT) && v_int_of(v) >= r->min && v_int_of(v) <= r->max;
	case K_TEXT: return v_is(v, V_STR);
	case K_ADDRESS: return v_is(v, V_STR) && is_address(v_cstr(v));
	case K_ADDRESS4: return v_is(v, V_STR) && (v_len(v) == 0 || is_address4(v_cstr(v)));
	case K_CIDR4: return v_is(v, V_STR) && is_cidr4(v_cstr(v));
	case K_TEXT_LIST: return v_is(v, V_LIST) && all_text(v, NULL);
	case K_ADDRESS_LIST: return v_is(v, V_LIST) && all_text(v, is_address);
	case K_RANGE4: return v_is(v, V_LIST) && (v_len(v) == 0 || v_len(v) == 2) && all_text(v, is_address4);
	case K_TEXT_DICT: return v_is(v, V_DICT) && all_text(v, NULL);
	case K_CHOICE: return is_choice(r->choices, choice_text(v));
	}
	return false;
}

static int refuse(const struct row *r, const struct value *v, struct err *e)
{
	static const char *const expected[] = { "true or false", "a number", "text", "an IP address", "an IPv4 address",
		"a network like 10.0.0.0/24", "a list of texts", "a list of IP addresses", "[first, last] IPv4 address",
		"a mapping of texts", "one of" };
	struct strbuf b = { 0 }, want = { 0 };
	sb_adds(&want, expected[r->kind]);
	if (r->kind == K_INT)
		sb_addf(&want, " from %lld to %lld", (long long)r->min, (long long)r->max);
	if (r->kind == K_CHOICE)
		sb_addf(&want, " %s", r->choices);
	v_py_repr(&b, v);
	int rc = err_set(e, CB_EINVAL, FILE_NAME ": %s%s%s: %s expected, not %s", r->section, *r->section != '\0' ? "." : "", r->key,
		sb_str(&want), sb_str(&b));
	sb_free(&b);
	sb_free(&want);
	return rc;
}

/* The value of a row in a mapping, or its default; *ret owned, NULL when absent without default. */
static int take(const struct row *r, const struct value *from, struct value **ret, struct err *e)
{
	const struct value *v = v_dict_get(from, r->key);
	*ret = NULL;
	if (v != NULL && !v_is(v, V_NONE)) {
		if (!fits(r, v))
			return refuse(r, v, e);
		*ret = r->kind == K_CHOICE ? v_str(choice_text(v)) : v_ref(v);
		return CB_OK;
	}
	return r->dflt != NULL ? json_parse(r->dflt, strlen(r->dflt), ret, e) : CB_OK;
}

/* Both ends of the range inside of the subnet, and in order. entry: checked row by row. */
static int check_range(const struct value *entry, size_t number, struct err *e)
{
	const struct value *range = v_dict_get(entry, "range");
	const char *subnet = v_dict_cstr(entry, "subnet", "");
	uint32_t net, host_bits, first, last;
	if (v_len(range) == 0 || !read_cidr4(subnet, &net, &host_bits))
		return CB_OK;
	const char *from = v_cstr(v_list_at(range, 0)), *to = v_cstr(v_list_at(range, 1));
	if (read_address4(from, &first) && read_address4(to, &last) && first <= last && (first & ~host_bits) == net &&
		(last & ~host_bits) == net)
		return CB_OK;
	return err_set(e, CB_EINVAL, FILE_NAME ": dhcp.subnets: entry %zu: range: two addresses of %s, the lower one first, expected, "
		"not %s and %s", number + 1, subnet, from, to);
}

/* Names of architectures: a wrong one would be obeyed by no machine, without a word. */
static int check_bootfiles(const struct value *bootfiles, struct err *e)
{
	for (size_t i = 0; i < v_len(bootfiles); i++) {
		const char *key = v_dict_key(bootfiles, i);
		unsigned long number;
		bool known = parse_uint(key, 65535, &number);
		for (unsigned a = 0; a < 256 && !known; a++)
			known = dhcp_arch_name(a) != NULL && str_eq(dhcp_arch_name(a), key);
		if (!known)
			return err_set(e, CB_EINVAL,
				FILE_NAME ": dhcp.bootfiles: \"%s\" is no client architecture: a number or a name like bios or "
				"uefi-x64 expected", key);
	}
	return CB_OK;
}

/* "/srv/x": from the root on, without "//", "." and ".." and a slash at its end, as clients write it too. */
static bool is_export(const char *path)
{
	char clean[MOUNT_PATH_MAX + 1];
	return *path == '/' && path_normalise(path, clean, sizeof(clean)) && *clean != '\0' && str_eq(clean, path + 1);
}

/* The directories that NFS serves: those of the file, or what imports leave in webdir. */
static int take_exports(struct value *nfs, const char *webdir, struct err *e)
{
	const struct value *list = v_dict_get(nfs, "exports");
	for (size_t i = 0; i < v_len(list); i++)
		if (!is_export(v_cstr(v_list_at(list, i))))
			return err_set(e, CB_EINVAL, FILE_NAME ": nfs.exports: a directory like /srv/media expected, not \"%s\"",
				v_cstr(v_list_at(list, i)));
	if (v_len(list) > EXPORTS_MAX)
		return err_set(e, CB_EINVAL, FILE_NAME ": nfs.exports: at most %d directories expected, not %zu", EXPORTS_MAX, v_len(list));
	if (v_len(list) > 0)
		return CB_OK;
	char clean[MOUNT_PATH_MAX - 20];
	if (*webdir != '/' || !path_normalise(webdir, clean, sizeof(clean)))
		clean[0] = '\0';
	struct value *own = v_list();
	v_list_push(own, v_strf("/%s%sdistro_mirror", clean, *clean != '\0' ? "/" : ""));
	v_list_push(own, v_strf("/%s%slinks", clean, *clean != '\0' ? "/" : ""));
	v_dict_set(nfs, "exports", own);
	return CB_OK;
}

static int take_subnet(const struct value *from, size_t number, struct value **ret, struct err *e)
{
	if (!v_is(from, V_DICT))
		return err_set(e, CB_EINVAL, FILE_NAME ": dhcp.subnets: entry %zu: a mapping expected, not a %s", number + 1,
			v_type_name(from));
	struct value *out = v_dict();
	int rc = CB_OK;
	for (size_t i = 0; i < ARRAY_LEN(subnet_rows) && rc == CB_OK; i++) {
		struct value *v;
		rc = take(&subnet_rows[i], from, &v, e);
		if (rc == CB_OK && v == NULL)
			rc = err_set(e, CB_EINVAL, FILE_NAME ": dhcp.subnets: entry %zu has no \"%s\"", number + 1, subnet_rows[i].key);
		else if (rc == CB_OK)
			v_dict_set(out, subnet_rows[i].key, v);
	}
	for (size_t i = 0; i < v_len(from) && rc == CB_OK; i++)
		if (v_dict_get(out, v_dict_key(from, i)) == NULL)
			rc = err_set(e, CB_EINVAL, FILE_NAME ": dhcp.subnets: entry %zu: unknown key \"%s\"", number + 1,
				v_dict_key(from, i));
	if (rc == CB_OK)
		rc = check_range(out, number, e);
	if (rc == CB_OK)
		*ret = out;
	else
		v_unref(out);
	return rc;
}

static int take_subnets(const struct value *from, struct value **ret, struct err *e)
{
	struct value *list = v_list();
	if (from != NULL && !v_is(from, V_LIST) && !v_is(from, V_NONE)) {
		v_unref(list);
		return err_set(e, CB_EINVAL, FILE_NAME ": dhcp.subnets: a list of mappings expected, not a %s", v_type_name(from));
	}
	for (size_t i = 0; v_is(from, V_LIST) && i < v_len(from); i++) {
		struct value *one = NULL;
		int rc = take_subnet(v_list_at(from, i), i, &one, e);
		if (rc != CB_OK) {
			v_unref(list);
			return rc;
		}
		v_list_push(list, one);
	}
	*ret = list;
	return CB_OK;
}

static const struct value *part(const struct value *file, const char *section)
{
	return *section == '\0' ? file : v_dict_get(file, section);
}

static bool known_key(const char *section, const char *key)
{
	if (str_eq(section, "dhcp") && str_eq(key, "subnets"))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (str_eq(rows[i].section, section) && str_eq(rows[i].key, key))
			return true;
		if (*section == '\0' && str_eq(rows[i].section, key))
			return true;
	}
	return false;
}

/* "a, b": what a section may hold. */
static void known_keys(const char *section, struct strbuf *out)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		bool own = str_eq(rows[i].section, section), first = i == 0 || !str_eq(rows[i - 1].section, rows[i].section);
		if (own || (*section == '\0' && first && strchr(rows[i].section, '.') == NULL))
			sb_addf(out, "%s%s", out->len > 0 ? ", " : "", own ? rows[i].key : rows[i].section);
	}
	sb_adds(out, str_eq(section, "dhcp") ? ", subnets" : "");
}

static int check_keys(const struct value *file, const char *section, struct err *e)
{
	const struct value *from = part(file, section);
	struct strbuf known CLEANUP(sb_free) = { 0 };
	for (size_t i = 0; i < v_len(from); i++) {
		if (known_key(section, v_dict_key(from, i)))
			continue;
		known_keys(section, &known);
		return err_set(e, CB_EINVAL, FILE_NAME ": unknown key \"%s%s%s\"; expected: %s", section, *section != '\0' ? "." : "",
			v_dict_key(from, i), sb_str(&known));
	}
	return CB_OK;
}

static int fill(const struct value *file, const char *webdir, struct value *out, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *r = &rows[i];
		const struct value *from = part(file, r->section);
		struct value *v, *into = out;
		if (from != NULL && !v_is(from, V_DICT) && !v_is(from, V_NONE))
			return err_set(e, CB_EINVAL, FILE_NAME ": %s: a mapping expected, not a %s", r->section, v_type_name(from));
		int rc = check_keys(file, r->section, e);
		if (rc == CB_OK)
			rc = take(r, from, &v, e);
		if (rc != CB_OK)
			return rc;
		if (*r->section != '\0') {
			const struct value *have = v_dict_get(out, r->section);
			into = have != NULL ? v_ref(have) : v_dict();
			if (have == NULL)
				v_dict_set(out, r->section, v_ref(into));
		} else {
			into = v_ref(out);
		}
		v_dict_set(into, r->key, v);
		v_unref(into);
	}
	struct value *subnets = NULL, *dhcp = v_copy(v_dict_get(out, "dhcp")), *rarp = v_copy(v_dict_get(out, "rarp"));
	if (v_len(v_dict_get(rarp, "interfaces")) == 0)
		v_dict_set(rarp, "interfaces", v_ref(v_dict_get(dhcp, "interfaces")));
	v_dict_set(out, "rarp", rarp);
	int rc = take_subnets(v_dict_get(v_dict_get(file, "dhcp"), "subnets"), &subnets, e);
	if (rc == CB_OK)
		v_dict_set(dhcp, "subnets", subnets);
	v_dict_set(out, "dhcp", dhcp);
	struct value *nfs = v_copy(v_dict_get(out, "nfs"));
	if (rc == CB_OK)
		rc = take_exports(nfs, webdir, e);
	v_dict_set(out, "nfs", nfs);
	if (rc == CB_OK)
		rc = check_bootfiles(v_dict_get(dhcp, "bootfiles"), e);
	if (rc == CB_OK && v_dict_bool(dhcp, "enabled", false) && v_len(v_dict_get(dhcp, "interfaces")) == 0)
		rc = err_set(e, CB_EINVAL, FILE_NAME ": dhcp.interfaces: name at least one interface when dhcp is enabled");
	return rc;
}

int daemon_config(const struct value *file, const char *webdir, struct value **ret, struct err *e)
{
	struct value *out = v_dict();
	int rc = fill(file, webdir, out, e);
	if (rc == CB_OK)
		*ret = out;
	else
		v_unref(out);
	return rc;
}
