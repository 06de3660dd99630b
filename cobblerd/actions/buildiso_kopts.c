/* SPDX-License-Identifier: GPL-2.0-or-later
 * buildiso_kopts.c - kernel command lines for entries of an ISO (compat: actions/buildiso/netboot.py and standalone.py).
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "actions/buildiso.h"

/* How a family's installer is told its network; an option of that name among the kernel options wins. */
static const struct family { const char *breed, *interface, *ip, *netmask, *gateway, *dns; } families[] = {
	{ "redhat", "ksdevice", "ip", "netmask", "gateway", "dns" },
	{ "suse", "netdevice", "hostip", "netmask", "gateway", "nameserver" },
	{ "debian", "netcfg/choose_interface", "netcfg/get_ipaddress", "netcfg/get_netmask", "netcfg/get_gateway",
		"netcfg/get_nameservers" },
	{ "ubuntu", "netcfg/choose_interface", "netcfg/get_ipaddress", "netcfg/get_netmask", "netcfg/get_gateway",
		"netcfg/get_nameservers" },
};

static const struct family *family_of(const char *breed)
{
	for (size_t i = 0; i < ARRAY_LEN(families); i++)
		if (str_eq(families[i].breed, breed))
			return &families[i];
	return NULL;
}

bool iso_is_modern_redhat(const struct item *distro)
{
	static const char *const old[] = { "rhel4", "rhel5", "rhel6", "fedora16" };
	for (size_t i = 0; i < ARRAY_LEN(old); i++)
		if (str_eq(item_str(distro, "os_version"), old[i]))
			return false;
	return str_eq(item_str(distro, "breed"), "redhat");
}

/* The kernel options, ours to change: what data holds may be shared. */
static struct value *options_of(struct value *data)
{
	const struct value *given = v_dict_get(data, "kernel_options");
	struct value *opts = v_is(given, V_DICT) ? v_copy(given) : v_dict();
	v_dict_set(data, "kernel_options", opts);
	return opts;
}

/* Takes an option out of the dict: its text (the first of several), owned; "" when it is not there. */
static char *take(struct value *opts, const char *key)
{
	const struct value *v = v_dict_get(opts, key);
	struct strbuf b = { 0 };
	if (v_is(v, V_LIST) && v_len(v) > 0)
		v = v_list_at(v, 0);
	if (v != NULL && !v_is(v, V_NONE) && !v_is(v, V_LIST))
		v_py_str(&b, v);
	if (b.len > 0)
		v_dict_del(opts, key);
	char *s = xstrdup(sb_str(&b));
	sb_free(&b);
	return s;
}

static void add_option(struct strbuf *out, const char *key, const struct value *v)
{
	struct strbuf b = { 0 };
	if (v_is(v, V_NONE)) {
		sb_addf(out, " %s", key);
		return;
	}
	v_py_str(&b, v);
	bool blank = strchr(sb_str(&b), ' ') != NULL;
	sb_addf(out, blank ? " %s=\"%s\"" : " %s=%s", key, sb_str(&b));
	sb_free(&b);
}

static void add_remaining(struct strbuf *out, const struct value *opts)
{
	for (size_t i = 0; i < v_len(opts); i++) {
		const struct value *v = v_dict_at(opts, i);
		if (!v_is(v, V_LIST))
			add_option(out, v_dict_key(opts, i), v);
		for (size_t k = 0; v_is(v, V_LIST) && k < v_len(v); k++)
			add_option(out, v_dict_key(opts, i), v_list_at(v, k));
	}
}

/* SUSE's installer says "textmode" where others say "text". */
static void textmode(struct value *opts, const char *breed)
{
	if (!str_eq(breed, "suse") || v_dict_get(opts, "text") == NULL)
		return;
	v_dict_del(opts, "text");
	if (v_dict_get(opts, "textmode") == NULL)
		v_dict_set(opts, "textmode", v_str("1"));
}

/* ---- where the installer finds its answers ---- */

static void add_install_source(struct strbuf *out, const struct item *it, const struct item *distro, const struct value *data,
	struct value *opts)
{
	const char *breed = item_str(distro, "breed"), *proxy = v_dict_cstr(data, "proxy", "");
	const char *answers = v_dict_cstr(data, "autoinstall", "");
	const char *tree = v_dict_cstr(v_dict_get(data, "autoinstall_meta"), "tree", "");
	if (str_eq(breed, "redhat")) {
		const char *prefix = iso_is_modern_redhat(distro) ? "inst." : "";
		if (*proxy != '\0')
			sb_addf(out, " proxy=%s http_proxy=%s", proxy, proxy);
		sb_addf(out, " %sks=%s", prefix, answers);
		if (*tree != '\0')
			sb_addf(out, " %srepo=%s", prefix, tree);
	} else if (str_eq(breed, "suse")) {
		char *install CLEANUP(free_ptr) = take(opts, "install"), *autoyast CLEANUP(free_ptr) = take(opts, "autoyast");
		if (*proxy != '\0')
			sb_addf(out, " proxy=%s", proxy);
		if (*install != '\0')
			sb_addf(out, " install=%s", install);
		else
			sb_addf(out, " install=http://%s:%lld/cblr/links/%s", v_dict_cstr(data, "server", ""),
				(long long)v_dict_int(data, "http_port", 80), item_name(distro));
		sb_addf(out, " autoyast=%s", *autoyast != '\0' ? autoyast : answers);
	} else if (str_eq(breed, "debian") || str_eq(breed, "ubuntu")) {
		sb_addf(out, " auto-install/enable=true url=%s", answers);
		if (item_type(it) == ITEM_SYSTEM)
			sb_adds(out, " netcfg/disable_autoconfig=true");
		if (*proxy != '\0')
			sb_addf(out, " mirror/http/proxy=%s", proxy);
	}
}

/* The name in the answer file comes too late for Debian's installer; and it wants a suite that the mirror has. */
static void add_debian_names(struct strbuf *out, const struct item *sys, const struct item *distro)
{
	const char *name = *item_str(sys, "hostname") != '\0' ? item_str(sys, "hostname") : item_name(sys), *dot = strchr(name, '.');
	sb_addf(out, " hostname=%.*s domain=%s suite=%s", dot != NULL ? (int)(dot - name) : (int)strlen(name), name,
		dot != NULL && dot[1] != '\0' ? dot + 1 : "local.lan", item_str(distro, "os_version"));
}

/* ---- a system's own address ---- */

struct network { char *interface, *ip, *netmask, *gateway, *dns; };

static void network_free(struct network *n)
{
	free(n->interface);
	free(n->ip);
	free(n->netmask);
	free(n->gateway);
	free(n->dns);
}

static void fill(char **slot, const char *text)
{
	if (**slot == '\0' && *text != '\0') {
		free(*slot);
		*slot = xstrdup(text);
	}
}

static bool one_of(const char *s, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(s, list[i]))
			return true;
	return false;
}

/* The management interface when there is exactly one. Of a bond or bridge the address counts, and one of its slaves carries it to the
 * installer: eth0 if that is one. */
static void choose_interface(struct network *n, const struct value *interfaces)
{
	static const char *const masters[] = { "bond", "bridge" },
		*const slaves[] = { "bond_slave", "bridge_slave", "bonded_bridge_slave" };
	const char *single = NULL, *master = NULL, *slave = NULL;
	size_t singles = 0, multis = 0;
	for (size_t i = 0; i < v_len(interfaces); i++) {
		const struct value *f = v_dict_at(interfaces, i);
		const char *type = v_dict_cstr(f, "interface_type", "");
		if (!v_dict_bool(f, "management", false) || one_of(type, slaves, ARRAY_LEN(slaves)))
			continue;
		bool multi = one_of(type, masters, ARRAY_LEN(masters));
		*(multi ? &master : &single) = v_dict_key(interfaces, i);
		*(multi ? &multis : &singles) += 1;
	}
	if (singles == 1 && multis == 0)
		fill(&n->interface, single);
	if (multis != 1 || singles != 0)
		return;
	for (size_t i = 0; i < v_len(interfaces); i++) {
		const struct value *f = v_dict_at(interfaces, i);
		const char *name = v_dict_key(interfaces, i);
		if (one_of(v_dict_cstr(f, "interface_type", ""), slaves, ARRAY_LEN(slaves)) &&
			str_eq(v_dict_cstr(f, "interface_master", ""), master) && (slave == NULL || str_eq(name, "eth0")))
			slave = name;
	}
	if (slave == NULL)
		return;
	fill(&n->interface, slave);
	fill(&n->ip, v_dict_cstr(v_dict_get(interfaces, master), "ip_address", ""));
	fill(&n->netmask, v_dict_cstr(v_dict_get(interfaces, master), "netmask", ""));
}

static struct network find_network(const struct family *f, const struct value *data, struct value *opts)
{
	struct network n = { take(opts, f->interface), take(opts, f->ip), take(opts, f->netmask), take(opts, f->gateway),
		take(opts, f->dns) };
	const struct value *interfaces = v_dict_get(data, "interfaces"), *servers = v_dict_get(data, "name_servers");
	struct strbuf dns = { 0 };
	if (str_eq(n.interface, "bootif"))
		*n.interface = '\0';
	if (*n.interface == '\0' && v_is(interfaces, V_DICT))
		choose_interface(&n, interfaces);
	const struct value *one = *n.interface != '\0' ? v_dict_get(interfaces, n.interface) : NULL;
	fill(&n.ip, v_dict_cstr(one, "ip_address", ""));
	fill(&n.netmask, v_dict_cstr(one, "netmask", ""));
	fill(&n.gateway, v_dict_cstr(data, "gateway", ""));
	for (size_t i = 0; v_is(servers, V_LIST) && i < v_len(servers); i++)
		sb_addf(&dns, "%s%s", i > 0 ? "," : "", v_cstr(v_list_at(servers, i)));
	fill(&n.dns, v_is(servers, V_STR) ? v_cstr(servers) : sb_str(&dns));
	sb_free(&dns);
	return n;
}

static void add_if(struct strbuf *out, const char *key, const char *value)
{
	if (*value != '\0')
		sb_addf(out, " %s=%s", key, value);
}

/* dracut takes the address as a whole, and one name server at a time. */
static void add_dracut(struct strbuf *out, const struct network *n, const char *hostname, bool exclude_dns)
{
	if (*n->ip != '\0')
		sb_addf(out, " ip=%s::%s:%s:%s:%s:none", n->ip, n->gateway, n->netmask, hostname, n->interface);
	else
		add_if(out, "bootdev", n->interface);
	for (const char *p = n->dns; !exclude_dns && *p != '\0'; p += strspn(p, ", ")) {
		size_t len = strcspn(p, ", ");
		sb_addf(out, " nameserver=%.*s", (int)len, p);
		p += len;
	}
}

static void add_network(struct iso *x, struct strbuf *out, const struct item *sys, const struct item *distro, const struct value *data,
	struct value *opts)
{
	const struct family *f = family_of(item_str(distro, "breed"));
	if (f == NULL)
		return;
	struct network n = find_network(f, data, opts);
	const char *mac = v_dict_cstr(v_dict_get(v_dict_get(data, "interfaces"), n.interface), "mac_address", "");
	if (iso_is_modern_redhat(distro)) {
		add_dracut(out, &n, item_str(sys, "hostname"), x->exclude_dns);
	} else {
		/* By its address where that is known: names may differ between installer and system. */
		if (*n.interface != '\0' && (str_eq(f->breed, "suse") || str_eq(f->breed, "redhat")) && *mac != '\0') {
			sb_addf(out, " %s=", f->interface);
			for (const char *p = mac; *p != '\0'; p++)
				sb_addc(out, str_eq(f->breed, "suse") ? (char)tolower((unsigned char)*p) : *p);
		} else {
			add_if(out, f->interface, n.interface);
		}
		add_if(out, f->ip, n.ip);
		add_if(out, f->netmask, n.netmask);
		add_if(out, f->gateway, n.gateway);
		if (!x->exclude_dns)
			add_if(out, f->dns, n.dns);
	}
	network_free(&n);
}

void iso_netboot_line(struct iso *x, const struct item *it, const struct item *distro, struct value *data, const char *initrd,
	struct strbuf *out)
{
	const char *breed = item_str(distro, "breed");
	struct value *opts = options_of(data);
	textmode(opts, breed);
	sb_addf(out, "initrd=%s", initrd);
	add_install_source(out, it, distro, data, opts);
	if (item_type(it) == ITEM_SYSTEM && (str_eq(breed, "debian") || str_eq(breed, "ubuntu")))
		add_debian_names(out, it, distro);
	if (item_type(it) == ITEM_SYSTEM)
		add_network(x, out, it, distro, data, opts);
	add_remaining(out, opts);
}

void iso_standalone_line(const char *answers, const struct item *distro, struct value *data, const char *initrd, struct strbuf *out)
{
	const char *breed = item_str(distro, "breed");
	struct value *opts = options_of(data);
	textmode(opts, breed);
	sb_addf(out, "initrd=%s", initrd);
	if (str_eq(breed, "redhat") && iso_is_modern_redhat(distro)) {
		sb_addf(out, " inst.ks=cdrom:%s inst.repo=cdrom", answers);
	} else if (str_eq(breed, "redhat")) {
		sb_addf(out, " ks=cdrom:%s  repo=cdrom", answers);
	} else if (str_eq(breed, "suse")) {
		sb_addf(out, " autoyast=file://%s install=cdrom:///", answers);
		v_dict_del(opts, "install");
	} else if (str_eq(breed, "debian") || str_eq(breed, "ubuntu")) {
		sb_addf(out, " auto-install/enable=true preseed/file=/cdrom%s", answers);
	}
	add_remaining(out, opts);
}
