/* SPDX-License-Identifier: GPL-2.0-or-later
 * dhcp.c - what DHCP servers are told about each interface: dhcpd.conf and dhcpd6.conf of ISC, dnsmasq.conf and ethers.
 *
 * compat: modules/managers/isc.py and dnsmasq.py. The site's templates see the same values; texts in them lose what
 * would end a string or a statement.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "manage/internal.h"

/* A dict under construction whose inner dicts are ours: tag -> { mac -> interface }. */
struct family {
	struct value *tags;
	int64_t counter;
	struct map slaves;        /* "system-master" of bonds that have their entry */
	struct value *ignore;     /* list of MACs of further slaves */
};

struct dhcp {
	struct family v4, v6;
	struct map distros;       /* uid -> dict, owned */
	struct map lines;         /* dnsmasq: tag -> struct strbuf, owned */
	struct strbuf ethers;
	bool want4, want6, dnsmasq;
};

struct value *date_now(void)
{
	char text[64];
	time_t now = (time_t)clock_wall();
	struct tm tm;
	gmtime_r(&now, &tm);
	strftime(text, sizeof(text), "%a %b %e %H:%M:%S %Y", &tm);
	return v_str(text);
}

bool dhcp_is_dnsmasq(struct sync *s)
{
	char *m = settings_module(s->r.c->settings, "dhcp", "module");
	bool yes = str_eq(m, "managers.dnsmasq") || str_eq(m, "manage_dnsmasq");
	free(m);
	return yes;
}

static struct dhcp *new_for(struct sync *s, bool dnsmasq)
{
	struct dhcp *d = xcalloc(1, sizeof(*d));
	d->dnsmasq = dnsmasq;
	d->want4 = !d->dnsmasq && v_dict_bool(s->r.settings, "manage_dhcp_v4", false);
	d->want6 = !d->dnsmasq && v_dict_bool(s->r.settings, "manage_dhcp_v6", false);
	struct family *both[] = { &d->v4, &d->v6 };
	for (size_t i = 0; i < 2; i++) {
		both[i]->tags = v_dict();
		v_dict_set(both[i]->tags, "default", v_dict());
		both[i]->ignore = v_list();
	}
	return d;
}

struct dhcp *dhcp_new(struct sync *s)
{
	return new_for(s, dhcp_is_dnsmasq(s));
}

void dhcp_free(struct dhcp *d)
{
	size_t i = 0;
	const char *key;
	void *v;
	if (d == NULL)
		return;
	while (map_next(&d->distros, &i, &key, &v))
		v_unref(v);
	map_free(&d->distros);
	for (i = 0; map_next(&d->lines, &i, &key, &v); ) {
		sb_free(v);
		free(v);
	}
	map_free(&d->lines);
	v_unref(d->v4.tags);
	v_unref(d->v6.tags);
	v_unref(d->v4.ignore);
	v_unref(d->v6.ignore);
	map_free(&d->v4.slaves);
	map_free(&d->v6.slaves);
	sb_free(&d->ethers);
	free(d);
}

/* ---- ISC ---- */

/* Without control characters and quotes; bare: the value stands outside quotes, where ; { } end it. */
static char *safe_text(const char *s, bool bare)
{
	struct strbuf b = { 0 };
	for (; *s != '\0'; s++)
		if ((unsigned char)*s >= ' ' && *s != '"' && *s != '\\' && (!bare || strchr(";{}", *s) == NULL))
			sb_addc(&b, *s);
	return sb_take(&b);
}

/* The same for all texts in it, keys of mappings among them. Returns owned. */
static struct value *safe_value(const struct value *v, bool bare)
{
	char *text CLEANUP(free_ptr) = v_is(v, V_STR) ? safe_text(v_cstr(v), bare) : NULL;
	if (text != NULL)
		return str_eq(text, v_cstr(v)) ? v_ref(v) : v_str(text);
	if (!v_is(v, V_LIST) && !v_is(v, V_DICT))
		return v_ref(v);
	struct value *out = v_is(v, V_LIST) ? v_list() : v_dict();
	for (size_t i = 0; i < v_len(v); i++) {
		char *key CLEANUP(free_ptr) = v_is(v, V_DICT) ? safe_text(v_dict_key(v, i), true) : NULL;
		if (key != NULL)
			v_dict_set(out, key, safe_value(v_dict_at(v, i), bare));
		else
			v_list_push(out, safe_value(v_list_at(v, i), bare));
	}
	return out;
}

static void make_safe(struct value *iface)
{
	static const char *const bare[] = {"name", "ip_address", "ipv6_address", "netmask", "gateway", "if_gateway",
		"next_server_v4", "next_server_v6", "mac_address"};
	for (size_t i = 0; i < v_len(iface); i++) {
		const char *key = v_dict_key(iface, i);
		bool is_bare = false;
		for (size_t k = 0; k < ARRAY_LEN(bare); k++)
			is_bare = is_bare || str_eq(bare[k], key);
		if (!str_eq(key, "distro"))        /* shared by many, safe already */
			v_dict_set(iface, key, safe_value(v_dict_at(iface, i), is_bare));
	}
}

static bool is_slave(const struct value *iface)
{
	static const char *const types[] = { "bond_slave", "bridge_slave", "bonded_bridge_slave" };
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (v_str_is(v_dict_get(iface, "interface_type"), types[i]))
			return true;
	return false;
}

/* A slave's address is its master's, or that of a VLAN on it. */
static const char *master_address(const struct value *ifs, const char *master, const char *field)
{
	const char *ip = v_dict_cstr(v_dict_get(ifs, master), field, "");
	size_t n = strlen(master);
	for (size_t i = 0; *ip == '\0' && i < v_len(ifs); i++) {
		const char *name = v_dict_key(ifs, i);
		if (strncmp(name, master, n) == 0 && name[n] == '.')
			ip = v_dict_cstr(v_dict_at(ifs, i), field, "");
	}
	return ip;
}

/* compat: firmware of these tells too little of itself in its request. */
static const char *arch_file(const char *arch, bool v6)
{
	static const struct { const char *arch, *v4, *v6; } files[] = {
		{ "ppc", "grub/grub.ppc64le", "grub/grub.ppc" }, { "ppc64", "grub/grub.ppc64le", "grub/grub.ppc64" },
		{ "ppc64le", "grub/grub.ppc64le", "grub/grub.ppc64le" }, { "ppc64el", "grub/grub.ppc64le", NULL },
		{ "aarch64", "grub/grubaa64.efi", "grub/grubaa64.efi" },
	};
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		if (str_eq(files[i].arch, arch))
			return v6 ? files[i].v6 : files[i].v4;
	return NULL;
}

static struct value *distro_dict(struct dhcp *d, const struct item *distro)
{
	struct value *v = map_get(&d->distros, item_uid(distro));
	if (v == NULL) {
		struct value *raw CLEANUP(v_unrefp) = item_to_dict(distro);
		v = safe_value(raw, false);
		map_put(&d->distros, item_uid(distro), v);
	}
	return v_ref(v);
}

static void copy_key(struct value *to, const struct value *from, const char *key)
{
	const struct value *v = v_dict_get(from, key);
	v_dict_set(to, key, v != NULL ? v_ref(v) : v_none());
}

/* What the template learns from the system. */
static void add_blended(struct value *iface, const struct boot_target *t, bool v6)
{
	static const char *const keys[] = { "filename", "netboot_enabled", "hostname", "name_servers", "mgmt_parameters" };
	const struct value *b = t->blended;
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		copy_key(iface, b, keys[i]);
	copy_key(iface, b, v6 ? "next_server_v6" : "next_server_v4");
	if (!v6)
		copy_key(iface, b, "enable_ipxe");
	v_dict_set(iface, "owner", v_str(item_name(t->system)));
	const char *file = t->distro != NULL ? arch_file(t->arch, v6) : NULL;
	if (file != NULL && !v_truthy(v_dict_get(iface, "filename")))
		v_dict_set(iface, "filename", v_str(file));
}

/* The label of the entry: the host's name, with the interface's unless it is the first. */
static void add_name(struct value *iface, const char *host, const char *name, int64_t counter)
{
	if (*host == '\0')
		v_dict_set(iface, "name", v_strf("generic%lld", (long long)counter));
	else if (str_eq(name, "eth0"))
		v_dict_set(iface, "name", v_str(host));
	else
		v_dict_set(iface, "name", v_strf("%s-%s", host, name));
}

/* False: an interface that cannot be served. *source: where address, tag and host name come from. */
static bool follow_master(
	struct family *f, const struct boot_target *t, struct value *iface, bool v6, const struct value **source)
{
	const struct value *ifs = item_interfaces(t->system);
	const char *master = v_dict_cstr(iface, "interface_master", ""), *mac = v_dict_cstr(iface, "mac_address", "");
	*source = v_dict_get(ifs, master);
	if (*source == NULL)
		return false;
	char *key = xasprintf("%s-%s", item_name(t->system), master);
	if (map_get(&f->slaves, key) == NULL)
		map_put(&f->slaves, key, f);
	else
		v_list_push(f->ignore, v_str(mac));
	free(key);
	const char *field = v6 ? "ipv6_address" : "ip_address";
	v_dict_set(iface, field, v_str(master_address(ifs, master, field)));
	if (!v6)
		copy_key(iface, *source, "netmask");
	return true;
}

static void collect_isc(
	struct dhcp *d, struct sync *s, const struct boot_target *t, const char *name, const struct value *raw, bool v6)
{
	struct family *f = v6 ? &d->v6 : &d->v4;
	struct value *iface = v_copy(raw);
	const struct value *source = raw;
	const char *gateway = v_dict_cstr(raw, "if_gateway", ""), *mac = v_dict_cstr(raw, "mac_address", "");
	v_dict_set(iface, "gateway", v_str(*gateway != '\0' ? gateway : item_str(t->system, "gateway")));
	bool ok = !is_slave(iface) || follow_master(f, t, iface, v6, &source);
	if (t->distro != NULL)
		v_dict_set(iface, "distro", distro_dict(d, t->distro));
	ok = ok && *mac != '\0' && (!v6 || *v_dict_cstr(iface, "ipv6_address", "") != '\0');
	if (ok) {
		add_name(iface, v_dict_cstr(source, "dns_name", ""), name, ++f->counter);
		add_blended(iface, t, v6);
		ok = v_dict_bool(s->r.settings, "always_write_dhcp_entries", false) ||
			v_dict_bool(iface, "netboot_enabled", false) || !v_dict_bool(iface, "static", false);
	}
	if (ok) {
		const char *tag = v_dict_cstr(source, "dhcp_tag", "");
		if (*tag == '\0')
			tag = v_dict_cstr(t->blended, "dhcp_tag", "");
		if (*tag == '\0')
			tag = "default";
		make_safe(iface);
		char *group CLEANUP(free_ptr) = safe_text(tag, true);
		if (v_dict_get(f->tags, group) == NULL)
			v_dict_set(f->tags, group, v_dict());
		/* the inner dicts are ours alone until the template is rendered */
		v_dict_set((struct value *)(uintptr_t)v_dict_get(f->tags, group), mac, v_ref(iface));
	}
	v_unref(iface);
}

/* ---- dnsmasq ---- */

static void collect_dnsmasq(struct dhcp *d, const struct boot_target *t, const struct value *iface)
{
	const char *mac = v_dict_cstr(iface, "mac_address", ""), *ip = v_dict_cstr(iface, "ip_address", "");
	const char *host = v_dict_cstr(iface, "dns_name", ""), *ipv6 = v_dict_cstr(iface, "ipv6_address", "");
	const char *tag = v_dict_cstr(iface, "dhcp_tag", "");
	if (*mac == '\0')
		return;
	if (*tag == '\0')
		tag = "default";
	struct strbuf *b = map_get(&d->lines, tag);
	if (b == NULL) {
		b = xcalloc(1, sizeof(*b));
		map_put(&d->lines, tag, b);
	}
	sb_addf(b, "dhcp-host=net:%s,%s", t->arch, mac);
	if (*host != '\0')
		sb_addf(b, ",%s", host);
	if (*ip != '\0')
		sb_addf(b, ",%s", ip);
	if (*ipv6 != '\0')
		sb_addf(b, ",[%s]", ipv6);
	sb_addc(b, '\n');
	if (*ip != '\0') {
		size_t at = d->ethers.len;
		sb_addf(&d->ethers, "%s\t%s\n", mac, ip);
		for (; d->ethers.p[at] != '\t'; at++)
			if (d->ethers.p[at] >= 'a' && d->ethers.p[at] <= 'z')
				d->ethers.p[at] = (char)(d->ethers.p[at] - 32);
	}
}

int dhcp_collect(struct dhcp *d, struct sync *s, const struct boot_target *t, struct err *e UNUSED)
{
	const struct value *ifs = item_interfaces(t->system);
	if (!boot_is_manageable(t->system))
		return CB_OK;
	for (size_t i = 0; i < v_len(ifs); i++) {
		const char *name = v_dict_key(ifs, i);
		if (d->dnsmasq)
			collect_dnsmasq(d, t, v_dict_at(ifs, i));
		if (d->want4)
			collect_isc(d, s, t, name, v_dict_at(ifs, i), false);
		if (d->want6)
			collect_isc(d, s, t, name, v_dict_at(ifs, i), true);
	}
	return CB_OK;
}

/* ---- writing ---- */

/* compat: of several slaves of one bond only the first keeps its entry. */
static void drop_ignored(struct family *f)
{
	for (size_t i = 0; i < v_len(f->ignore); i++)
		for (size_t k = 0; k < v_len(f->tags); k++)
			v_dict_del((struct value *)(uintptr_t)v_dict_at(f->tags, k), v_cstr(v_list_at(f->ignore, i)));
}

static int write_isc(struct dhcp *d, struct sync *s, bool v6, struct err *e)
{
	struct value *vars = v_dict();
	struct family *f = v6 ? &d->v6 : &d->v4;
	const char *next = v6 ? "next_server_v6" : "next_server_v4",
		   *path = v6 ? host_layout()->dhcpd6_conf : host_layout()->dhcpd_conf;
	drop_ignored(f);
	v_dict_set(vars, "date", date_now());
	if (!v6)
		v_dict_set(vars, "cobbler_server", v_strf("%s:%lld", v_dict_cstr(s->r.settings, "server", ""),
			(long long)v_dict_int(s->r.settings, "http_port", 80)));
	copy_key(vars, s->r.settings, next);
	v_dict_set(vars, "dhcp_tags", v_ref(f->tags));
	say(s, "generating %s", path);
	int rc = write_config(s, v6 ? "dhcp6.template" : "dhcp.template", path, vars, e);
	v_unref(vars);
	return rc;
}

static int write_dnsmasq(struct dhcp *d, struct sync *s, struct err *e)
{
	struct value *vars = v_dict();
	size_t i = 0;
	const char *tag;
	void *v;
	const struct strbuf *dflt = map_get(&d->lines, "default");
	v_dict_set(vars, "insert_cobbler_system_definitions", v_str(dflt != NULL ? sb_str(dflt) : ""));
	v_dict_set(vars, "date", date_now());
	v_dict_set(vars, "cobbler_server", v_str(v_dict_cstr(s->r.settings, "server", "")));
	copy_key(vars, s->r.settings, "next_server_v4");
	copy_key(vars, s->r.settings, "next_server_v6");
	while (map_next(&d->lines, &i, &tag, &v)) {
		char *key = xasprintf("insert_cobbler_system_definitions_%s", tag);
		if (!str_eq(tag, "default"))
			v_dict_set(vars, key, v_str(sb_str(v)));
		free(key);
	}
	int rc = write_config(s, "dnsmasq.template", "/etc/dnsmasq.conf", vars, e);
	v_unref(vars);
	return rc;
}

int dnsmasq_conf(struct sync *s, struct err *e)
{
	struct dhcp *d = new_for(s, true);
	struct item_list l = model_items(s->r.c->model, ITEM_SYSTEM);
	for (size_t i = 0; i < l.n; i++) {
		struct boot_target t;
		struct err why;
		if (boot_target_init(&s->r, l.v[i], &t, &why) != CB_OK) {
			note_problem(s, l.v[i], &why);
			continue;
		}
		if (dhcp_collect(d, s, &t, &why) != CB_OK)
			note_problem(s, l.v[i], &why);
		boot_target_clear(&t);
	}
	item_list_free(&l);
	int rc = write_dnsmasq(d, s, e);
	dhcp_free(d);
	return rc;
}

int dhcp_write(struct dhcp *d, struct sync *s, struct err *e)
{
	int rc = CB_OK;
	say(s, "rendering DHCP files");
	if (d->dnsmasq) {
		rc = write_dnsmasq(d, s, e);
		return rc == CB_OK ? write_host_file(s, "/etc/ethers", &d->ethers, e) : rc;
	}
	if (d->want4)
		rc = write_isc(d, s, false, e);
	if (rc == CB_OK && d->want6)
		rc = write_isc(d, s, true, e);
	return rc;
}
