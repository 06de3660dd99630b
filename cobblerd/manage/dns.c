/* SPDX-License-Identifier: GPL-2.0-or-later
 * dns.c - zones for BIND, hosts for dnsmasq, records for tinydns.
 *
 * compat: modules/managers/bind.py: the order of records, the columns, and the names of files ("/etc/bind/db." + "/" +
 * zone).
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "manage/internal.h"

struct dns {
	struct value *forward;      /* zone -> { host -> [addresses] } */
	struct value *reverse;      /* zone -> { reversed rest -> name } */
	struct item_list systems;
};

static struct value *inner(const struct value *zones, const char *zone)
{
	/* the inner dicts are ours alone until they are rendered */
	return (struct value *)(uintptr_t)v_dict_get(zones, zone);
}

/* Eight groups of four digits; "" for what is no IPv6 address. */
static void expand_ipv6(const char *text, char out[40])
{
	unsigned char b[16];
	out[0] = '\0';
	if (inet_pton(AF_INET6, text, b) != 1)
		return;
	for (int i = 0; i < 8; i++)
		snprintf(out + i * 5, 6, "%02x%02x%s", b[2 * i], b[2 * i + 1], i < 7 ? ":" : "");
}

/* compat: an IPv6 zone is its first four groups. */
static void ipv6_zone(const char *zone, char out[40])
{
	char *text = xasprintf("%s%s1", zone, str_ends(zone, "::") ? "" : "::");
	expand_ipv6(text, out);
	out[19] = '\0';
	free(text);
}

/* Hexadecimal digits or dotted parts, back to front. */
static void reverse_digits(const char *s, struct strbuf *out)
{
	for (size_t n = strlen(s); n > 0; n--)
		if (s[n - 1] != ':')
			sb_addf(out, "%s%c", out->len > 0 ? "." : "", s[n - 1]);
}

static void reverse_dots(const char *s, struct strbuf *out)
{
	const char *end = s + strlen(s);
	while (end > s) {
		const char *at = end;
		while (at > s && at[-1] != '.')
			at--;
		sb_addf(out, "%s%.*s", out->len > 0 ? "." : "", (int)(end - at), at);
		end = at > s ? at - 1 : s;
	}
}

/* ---- forward ---- */

/* The longest zone that the host is in. */
static const char *zone_of_host(const struct value *zones, const char *host)
{
	const char *best = "";
	size_t n = strlen(host);
	for (size_t i = 0; i < v_len(zones); i++) {
		const char *z = v_dict_key(zones, i);
		size_t k = strlen(z);
		if (k > strlen(best) && n > k + 1 && host[n - k - 1] == '.' && str_eq(host + n - k, z))
			best = z;
	}
	return best;
}

/* compat: later addresses come before earlier ones of the same name. */
static void prepend(struct value *hosts, const char *host, struct value *ips)
{
	const struct value *have = v_dict_get(hosts, host);
	for (size_t i = 0; v_is(have, V_LIST) && i < v_len(have); i++)
		v_list_push(ips, v_ref(v_list_at(have, i)));
	v_dict_set(hosts, host, ips);
}

static void add_forward(struct sync *s, struct dns *d, const struct item *sys, const struct value *ifc)
{
	const char *name = v_dict_cstr(ifc, "dns_name", ""), *zone = zone_of_host(d->forward, name);
	struct in_addr a;
	if (*zone == '\0')
		return;
	struct value *hosts = inner(d->forward, zone), *ips = v_list();
	char *host = xstrndup(name, strlen(name) - strlen(zone) - 1);
	const char *power = item_str(sys, "power_address");
	if (v_dict_bool(s->r.settings, "bind_manage_ipmi", false) && inet_pton(AF_INET, power, &a) == 1) {
		struct value *one = v_list();
		char *ipmi = xasprintf("%s-ipmi", host);
		v_list_push(one, v_str(power));
		prepend(hosts, ipmi, one);
		free(ipmi);
	}
	static const char *const keys[] = { "ip_address", "ipv6_address" };
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (*v_dict_cstr(ifc, keys[i], "") != '\0')
			v_list_push(ips, v_str(v_dict_cstr(ifc, keys[i], "")));
	const struct value *more = v_dict_get(ifc, "ipv6_secondaries");
	for (size_t i = 0; v_is(more, V_LIST) && i < v_len(more); i++)
		v_list_push(ips, v_ref(v_list_at(more, i)));
	if (v_len(ips) > 0)
		prepend(hosts, host, ips);
	else
		v_unref(ips);
	free(host);
}

/* ---- reverse ---- */

static void add_reverse4(struct dns *d, const char *ip, const char *host)
{
	const char *best = "";
	for (size_t i = 0; i < v_len(d->reverse); i++) {
		const char *z = v_dict_key(d->reverse, i);
		size_t k = strlen(z);
		if (k > strlen(best) && strncmp(ip, z, k) == 0 && ip[k] == '.')
			best = z;
	}
	if (*best == '\0')
		return;
	struct strbuf rest = { 0 };
	reverse_dots(ip + strlen(best) + 1, &rest);
	v_dict_set(inner(d->reverse, best), sb_str(&rest), v_strf("%s.", host));
	sb_free(&rest);
}

static void add_reverse6(struct dns *d, const char *ip, const char *host)
{
	char full[40], zone[20];
	expand_ipv6(ip, full);
	snprintf(zone, sizeof(zone), "%.19s", full);
	/* an address in no zone of ours is somebody else's to name */
	if (*full == '\0' || v_dict_get(d->reverse, zone) == NULL)
		return;
	struct strbuf rest = { 0 };
	reverse_digits(full + 20, &rest);
	v_dict_set(inner(d->reverse, zone), sb_str(&rest), v_strf("%s.", host));
	sb_free(&rest);
}

static void add_interface(struct sync *s, struct dns *d, const struct item *sys, const struct value *ifc)
{
	const char *host = v_dict_cstr(ifc, "dns_name", ""), *ip = v_dict_cstr(ifc, "ip_address", "");
	const char *ipv6 = v_dict_cstr(ifc, "ipv6_address", "");
	const struct value *more = v_dict_get(ifc, "ipv6_secondaries");
	if (*host == '\0')
		return;
	if (strchr(host, '.') != NULL)
		add_forward(s, d, sys, ifc);
	if (*ip == '\0' && *ipv6 == '\0')
		return;
	if (*ip != '\0')
		add_reverse4(d, ip, host);
	if (*ipv6 != '\0')
		add_reverse6(d, ipv6, host);
	for (size_t i = 0; v_is(more, V_LIST) && i < v_len(more); i++)
		add_reverse6(d, v_cstr(v_list_at(more, i)), host);
}

/* A setting that is a list of names, or one name. */
static void add_zones(const struct value *setting, struct value *zones)
{
	char zone6[40];
	size_t n = v_is(setting, V_LIST) ? v_len(setting) : v_len(setting) > 0;
	for (size_t i = 0; i < n; i++) {
		const char *z = v_cstr(v_is(setting, V_LIST) ? v_list_at(setting, i) : setting);
		if (strchr(z, ':') != NULL) {
			ipv6_zone(z, zone6);
			z = zone6;
		}
		/* a zone is a file's name, too */
		if (*z != '\0' && *z != '.' && strpbrk(z, "/\"; \t\r\n{}") == NULL)
			v_dict_set(zones, z, v_dict());
		else
			log_warn("manage", "settings: \"%s\" is no zone",
				v_cstr(v_is(setting, V_LIST) ? v_list_at(setting, i) : setting));
	}
}

static void collect(struct sync *s, struct dns *d)
{
	*d = (struct dns){ .forward = v_dict(), .reverse = v_dict(), .systems = model_items(s->r.c->model, ITEM_SYSTEM) };
	add_zones(v_dict_get(s->r.settings, "manage_forward_zones"), d->forward);
	add_zones(v_dict_get(s->r.settings, "manage_reverse_zones"), d->reverse);
	for (size_t i = 0; i < d->systems.n; i++) {
		const struct value *ifs = item_interfaces(d->systems.v[i]);
		for (size_t k = 0; k < v_len(ifs) && boot_is_manageable(d->systems.v[i]); k++)
			add_interface(s, d, d->systems.v[i], v_dict_at(ifs, k));
	}
}

static void dns_clear(struct dns *d)
{
	v_unref(d->forward);
	v_unref(d->reverse);
	item_list_free(&d->systems);
}

/* ---- texts ---- */

/* Numbers of a dotted or colon-separated name. */
static int by_address(const void *a, const void *b)
{
	const char *x = *(const char *const *)a, *y = *(const char *const *)b;
	bool six = strchr(x, ':') != NULL;
	if (six != (strchr(y, ':') != NULL))
		return six ? 1 : -1;
	for (;;) {
		char *xe, *ye;
		unsigned long p = strtoul(x, &xe, six ? 16 : 10), q = strtoul(y, &ye, six ? 16 : 10);
		if (p != q || xe == x || ye == y)
			return p < q ? -1 : p > q;
		if (*xe == '\0' || *ye == '\0')
			return (*xe != '\0') - (*ye != '\0');
		x = xe + 1;
		y = ye + 1;
	}
}

static void host_records(const struct value *hosts, bool ptr, struct strbuf *out)
{
	size_t n = v_len(hosts), width = 0;
	const char **names = v_dict_keys(hosts, !ptr);
	if (ptr)
		qsort(names, n, sizeof(*names), by_address);
	for (size_t i = 0; i < n; i++)
		width = strlen(names[i]) > width ? strlen(names[i]) : width;
	for (size_t i = 0; i < n; i++) {
		const struct value *v = v_dict_get(hosts, names[i]);
		for (size_t k = 0; k < (v_is(v, V_LIST) ? v_len(v) : 1); k++) {
			const char *what = v_cstr(v_is(v, V_LIST) ? v_list_at(v, k) : v);
			const char *type = ptr ? "PTR" : strchr(what, ':') != NULL ? "AAAA" : "A   ";
			sb_addf(out, "%-*s  IN  %s  %s;\n", (int)width, names[i], type, what);
		}
	}
	free(names);
}

static void cname_records(const struct dns *d, struct strbuf *out)
{
	for (size_t i = 0; i < d->systems.n; i++) {
		const struct value *ifs = item_interfaces(d->systems.v[i]);
		for (size_t k = 0; k < v_len(ifs); k++) {
			const char *host = v_dict_cstr(v_dict_at(ifs, k), "dns_name", "");
			const struct value *names = v_dict_get(v_dict_at(ifs, k), "cnames");
			for (size_t c = 0; *host != '\0' && v_is(names, V_LIST) && c < v_len(names); c++) {
				const char *cname = v_cstr(v_list_at(names, c));
				sb_addf(out, "%.*s  CNAME  %.*s;\n", (int)strcspn(cname, "."), cname, (int)strcspn(host, "."), host);
			}
		}
	}
}

static void warn_unnamed(struct sync *s, const struct dns *d)
{
	for (size_t i = 0; i < d->systems.n; i++) {
		const struct value *ifs = item_interfaces(d->systems.v[i]);
		for (size_t k = 0; k < v_len(ifs); k++)
			if (*v_dict_cstr(v_dict_at(ifs, k), "dns_name", "") == '\0')
				say(s, "Warning: dns_name unspecified in the system: %s, while writing host records",
					item_name(d->systems.v[i]));
	}
}

/* ---- files ---- */

static struct value *arpa_of(const char *zone)
{
	struct strbuf b = { 0 };
	if (strchr(zone, ':') != NULL) {
		reverse_digits(zone, &b);
		sb_adds(&b, ".ip6.arpa");
	} else {
		reverse_dots(zone, &b);
		sb_adds(&b, ".in-addr.arpa");
	}
	struct value *v = v_strn(sb_str(&b), b.len);
	sb_free(&b);
	return v;
}

static void add_include(struct strbuf *out, const char *name, const char *file, const char *master)
{
	sb_addf(out, "\nzone \"%s.\" {\n    type %s;\n", name, master != NULL ? "slave" : "master");
	if (master != NULL)
		sb_addf(out, "    masters {\n        %s;\n    };\n", master);
	sb_addf(out, "    file \"%s%s\";\n};\n", master != NULL ? "data/" : "", file);
}

/* named.conf or, for other servers, secondary.conf. */
static int write_named(struct sync *s, const struct dns *d, bool secondary, struct err *e)
{
	const char *master = v_dict_cstr(s->r.settings, "bind_master", "127.0.0.1");
	struct value *vars = v_dict(), *forward = v_list(), *reverse = v_list();
	struct strbuf include = { 0 };
	for (size_t i = 0; i < v_len(d->forward); i++) {
		v_list_push(forward, v_str(v_dict_key(d->forward, i)));
		add_include(&include, v_dict_key(d->forward, i), v_dict_key(d->forward, i), secondary ? master : NULL);
	}
	for (size_t i = 0; i < v_len(d->reverse); i++) {
		struct value *pair = v_list();
		v_list_push(pair, v_str(v_dict_key(d->reverse, i)));
		v_list_push(pair, arpa_of(v_dict_key(d->reverse, i)));
		add_include(&include, v_cstr(v_list_at(pair, 1)), v_dict_key(d->reverse, i), secondary ? master : NULL);
		v_list_push(reverse, pair);
	}
	v_dict_set(vars, "forward_zones", forward);
	v_dict_set(vars, "reverse_zones", reverse);
	v_dict_set(vars, "zone_include", v_strn(sb_str(&include), include.len));
	v_dict_set(vars, "bind_zonefiles", v_str(v_dict_cstr(s->r.settings, "bind_zonefile_path", "")));
	v_dict_set(vars, "bind_master", v_str(master));
	char *path = xasprintf("%s%s", v_dict_cstr(s->r.settings, "bind_chroot_path", ""),
		secondary ? "/etc/secondary.conf" : host_layout()->named_conf);
	say(s, "generating %s", path);
	int rc = write_config(s, secondary ? "secondary.template" : "named.template", path, vars, e);
	free(path);
	v_unref(vars);
	sb_free(&include);
	return rc;
}

#define SERIAL_MAX 4294967294ul

/* compat: YYYYMMDDnn, kept in a file. 3.3.7 goes back to nn = 00 after a hundred a day, and its secondary servers then
 * wait for the next day. */
static bool last_serial(unsigned long *ret)
{
	struct strbuf b CLEANUP(sb_free) = { 0 };
	char *path CLEANUP(free_ptr) = path_of("/var/lib/cobbler/bind_serial");
	if (file_read(AT_FDCWD, path, 64, &b, NULL) != CB_OK)
		return false;
	sb_truncate(&b, strspn(sb_str(&b), "0123456789"));
	return parse_uint(sb_str(&b), SERIAL_MAX - 1, ret);
}

static int next_serial(char out[16], struct err *e)
{
	time_t now = (time_t)clock_wall();
	struct tm tm;
	char *path CLEANUP(free_ptr) = path_of("/var/lib/cobbler/bind_serial");
	unsigned long today, last;
	localtime_r(&now, &tm);
	strftime(out, 16, "%Y%m%d00", &tm);
	if (last_serial(&last) && parse_uint(out, SERIAL_MAX, &today) && last >= today)
		snprintf(out, 16, "%lu", last + 1);
	return file_replace(AT_FDCWD, path, out, strlen(out), 0644, e);
}

/* One zone, as all of them are made: where it goes, and what it says. */
struct zone { const char *name; const struct value *hosts; bool reverse; };

static char *zone_path(struct sync *s, const struct zone *z)
{
	return xasprintf("%s%s/%s", v_dict_cstr(s->r.settings, "bind_chroot_path", ""),
		v_dict_cstr(s->r.settings, "bind_zonefile_path", ""), z->name);
}

static int render_zone(struct sync *s, const struct dns *d, const struct zone *z, const char *serial, struct strbuf *text, struct err *e)
{
	struct strbuf cname CLEANUP(sb_free) = { 0 }, records CLEANUP(sb_free) = { 0 };
	struct value *vars CLEANUP(v_unrefp) = v_dict();
	char *special CLEANUP(free_ptr) = xasprintf("zone_templates/%s", z->name);
	char *written CLEANUP(free_ptr) = xasprintf("/etc/cobbler/%s", special);
	char *real CLEANUP(free_ptr) = path_of(written);
	cname_records(d, &cname);
	host_records(z->hosts, z->reverse, &records);
	v_dict_set(vars, "cobbler_server", v_str(v_dict_cstr(s->r.settings, "server", "")));
	v_dict_set(vars, "serial", v_str(serial));
	v_dict_set(vars, "zonename", v_str(z->name));
	v_dict_set(vars, "zonetype", v_str(z->reverse ? "reverse" : "forward"));
	v_dict_set(vars, "cname_record", v_strn(sb_str(&cname), cname.len));
	v_dict_set(vars, "host_record", v_strn(sb_str(&records), records.len));
	return render_config(s, access(real, F_OK) == 0 ? special : "zone.template", vars, text, e);
}

static int write_zone(struct sync *s, const struct dns *d, const struct zone *z, const char *serial, struct err *e)
{
	struct strbuf text CLEANUP(sb_free) = { 0 };
	char *path CLEANUP(free_ptr) = zone_path(s, z);
	say(s, "generating (%s) %s", z->reverse ? "reverse" : "forward", path);
	int rc = render_zone(s, d, z, serial, &text, e);
	return rc == CB_OK ? write_host_file(s, path, &text, e) : rc;
}

/* With the serial that it has, it would be what is there. */
static bool zone_is_same(struct sync *s, const struct dns *d, const struct zone *z, const char *serial)
{
	struct strbuf text CLEANUP(sb_free) = { 0 }, have CLEANUP(sb_free) = { 0 };
	char *path CLEANUP(free_ptr) = zone_path(s, z), *real CLEANUP(free_ptr) = path_of(path);
	struct err e;
	return render_zone(s, d, z, serial, &text, &e) == CB_OK && file_read(AT_FDCWD, real, 256u << 20, &have, NULL) == CB_OK &&
		have.len == text.len && memcmp(sb_str(&have), sb_str(&text), text.len) == 0;
}

static struct zone zone_at(const struct dns *d, size_t i)
{
	size_t forward = v_len(d->forward);
	bool reverse = i >= forward;
	const struct value *of = reverse ? d->reverse : d->forward;
	i -= reverse ? forward : 0;
	return (struct zone){ v_dict_key(of, i), v_dict_at(of, i), reverse };
}

/* After an edit that changes no name, secondary servers have nothing to fetch. */
static bool zones_are_same(struct sync *s, const struct dns *d, size_t n)
{
	char serial[16];
	unsigned long last;
	if (!s->follows || !last_serial(&last))
		return false;
	snprintf(serial, sizeof(serial), "%lu", last);
	for (size_t i = 0; i < n; i++) {
		struct zone z = zone_at(d, i);
		if (!zone_is_same(s, d, &z, serial))
			return false;
	}
	return true;
}

static int write_bind(struct sync *s, struct err *e)
{
	struct dns d;
	char serial[16];
	size_t before = s->host_files;
	collect(s, &d);
	size_t n = v_len(d.forward) + v_len(d.reverse);
	int rc = write_named(s, &d, false, e);
	if (rc == CB_OK)
		rc = write_named(s, &d, true, e);
	bool same = rc == CB_OK && zones_are_same(s, &d, n);
	s->zones_same = same && s->host_files == before;
	if (rc == CB_OK && !same)
		rc = next_serial(serial, e);
	for (size_t i = 0; i < n && rc == CB_OK && !same; i++) {
		struct zone z = zone_at(&d, i);
		warn_unnamed(s, &d);
		rc = write_zone(s, &d, &z, serial, e);
	}
	dns_clear(&d);
	return rc;
}

/* ---- the other modules ---- */

static char *dns_module(struct sync *s)
{
	return settings_module(s->r.c->settings, "dns", "module");
}

bool dns_is_dnsmasq(struct sync *s)
{
	char *m = dns_module(s);
	bool yes = str_eq(m, "managers.dnsmasq") || str_eq(m, "manage_dnsmasq");
	free(m);
	return yes;
}

bool dns_is_bind(struct sync *s)
{
	char *m = dns_module(s);
	bool no = str_eq(m, "managers.ndjbdns") || str_eq(m, "managers.dnsmasq") || str_eq(m, "manage_dnsmasq");
	free(m);
	return !no;
}

/* /var/lib/cobbler/cobbler_hosts of dnsmasq. compat: an interface with an IPv6 address gets that line only. */
static int dnsmasq_hosts(struct sync *s, struct err *e)
{
	struct item_list l = model_items(s->r.c->model, ITEM_SYSTEM);
	struct strbuf b = { 0 };
	for (size_t i = 0; i < l.n; i++) {
		const struct value *ifs = item_interfaces(l.v[i]);
		for (size_t k = 0; k < v_len(ifs) && boot_is_manageable(l.v[i]); k++) {
			const struct value *f = v_dict_at(ifs, k), *names = v_dict_get(f, "cnames");
			const char *host = v_dict_cstr(f, "dns_name", ""), *ip = v_dict_cstr(f, "ipv6_address", "");
			if (*ip == '\0')
				ip = v_dict_cstr(f, "ip_address", "");
			if (*host == '\0' || *ip == '\0' || *v_dict_cstr(f, "mac_address", "") == '\0')
				continue;
			sb_addf(&b, "%s\t%s", ip, host);
			for (size_t c = 0; v_is(names, V_LIST) && c < v_len(names); c++)
				sb_addf(&b, " %s", v_cstr(v_list_at(names, c)));
			sb_addc(&b, '\n');
		}
	}
	item_list_free(&l);
	int rc = write_host_file(s, "/var/lib/cobbler/cobbler_hosts", &b, e);
	sb_free(&b);
	return rc;
}

static int ndjbdns_write(struct sync *s, struct err *e)
{
	struct item_list l = model_items(s->r.c->model, ITEM_SYSTEM);
	struct value *vars = v_dict(), *forward = v_list(), *seen = v_dict();
	int rc = CB_OK;
	for (size_t i = 0; i < l.n && rc == CB_OK; i++) {
		const struct value *ifs = item_interfaces(l.v[i]);
		for (size_t k = 0; k < v_len(ifs) && rc == CB_OK; k++) {
			const char *host = v_dict_cstr(v_dict_at(ifs, k), "dns_name", "");
			if (*host == '\0')
				continue;
			if (v_dict_get(seen, host) != NULL)
				rc = err_py(e, CB_EEXIST, "Exception", "Duplicate DNS name: %s", host);
			v_dict_set(seen, host, v_bool(true));
			struct value *pair = v_list();
			v_list_push(pair, v_str(host));
			v_list_push(pair, v_str(v_dict_cstr(v_dict_at(ifs, k), "ip_address", "")));
			v_list_push(forward, pair);
		}
	}
	item_list_free(&l);
	v_dict_set(vars, "forward", forward);
	if (rc == CB_OK)
		rc = write_config(s, "ndjbdns.template", "/etc/ndjbdns/data", vars, e);
	/* the server reads what is made of it; there is nothing to restart */
	if (rc == CB_OK && *path_root() == '\0')
		rc = privileged_restart(s->r.c->privileged, HOST_TINYDNS, NULL, e);
	v_unref(vars);
	v_unref(seen);
	return rc;
}

int dns_write(struct sync *s, struct err *e)
{
	char *m = dns_module(s);
	int rc;
	say(s, "rendering DNS files");
	if (dns_is_dnsmasq(s)) {
		rc = dnsmasq_hosts(s, e);
		if (rc == CB_OK && (s->dhcp == NULL || !dhcp_is_dnsmasq(s)))
			rc = dnsmasq_conf(s, e);
	} else if (str_eq(m, "managers.ndjbdns")) {
		rc = ndjbdns_write(s, e);
	} else {
		rc = write_bind(s, e);
	}
	free(m);
	return rc;
}
