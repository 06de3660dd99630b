/* SPDX-License-Identifier: GPL-2.0-or-later
 * core_dhcp.c - who a hardware address is, by the model as it is at this moment.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "boot/boot.h"
#include "netboot/bootfile.h"
#include "netboot/core_side.h"

static void mac_of(const struct dhcp_question *q, char out[64])
{
	size_t n = 0;
	out[0] = '\0';
	for (size_t i = 0; i < q->hlen; i++)
		n += (size_t)snprintf(out + n, 64 - n, i > 0 ? ":%02x" : "%02x", q->mac[i]);
}

/* An address that a machine can use; not the defaults that mean "none". */
static uint32_t usable_ip(const char *s)
{
	uint32_t ip;
	return lease_parse_ip(s, &ip) && ip >> 24 != 127 ? ip : 0;
}

static char *field_text(struct core *c, const struct value *st, const struct item *it, const char *field)
{
	struct value *v = it != NULL ? resolve_field(c->model, st, it, field) : NULL;
	const char *s = v_is(v, V_STR) ? v_cstr(v) : it == NULL ? v_dict_cstr(st, field, "") : "";
	char *out = xstrdup(str_eq(s, "<<inherit>>") ? "" : s);
	v_unref(v);
	return out;
}

static bool field_bool(struct core *c, const struct value *st, const struct item *it, const char *field)
{
	struct value *v = it != NULL ? resolve_field(c->model, st, it, field) : NULL;
	bool b = it != NULL ? v_truthy(v) && !v_str_is(v, "<<inherit>>") : v_dict_bool(st, field, false);
	v_unref(v);
	return b;
}

/* The interface's own value, or its master's: a bond has the address, its slave the hardware that boots. */
static const char *iface_text(const struct item *system, const char *iface, const char *field)
{
	const struct value *all = item_interfaces(system), *i = v_dict_get(all, iface);
	const char *s = v_dict_cstr(i, field, ""), *master = v_dict_cstr(i, "interface_master", "");
	return *s != '\0' || *master == '\0' ? s : v_dict_cstr(v_dict_get(all, master), field, "");
}

static void fill_addresses(const struct item *system, const char *iface, struct lease_client *cl)
{
	cl->ip = usable_ip(iface_text(system, iface, "ip_address"));
	if (!lease_parse_ip(iface_text(system, iface, "netmask"), &cl->netmask))
		cl->netmask = 0;
	cl->gateway = usable_ip(iface_text(system, iface, "if_gateway"));
	if (cl->gateway == 0)
		cl->gateway = usable_ip(item_str(system, "gateway"));
}

static void fill_names(struct core *c, const struct value *st, const struct item *it, const char *iface, struct lease_client *cl)
{
	struct value *search = resolve_field(c->model, st, it, "name_servers_search");
	struct value *dns = resolve_field(c->model, st, it, "name_servers");
	const char *host = item_str(it, "hostname");
	if (*host == '\0')
		host = iface_text(it, iface, "dns_name");
	snprintf(cl->hostname, sizeof(cl->hostname), "%s", host);
	const char *dot = strchr(host, '.');
	if (dot != NULL)
		snprintf(cl->domain, sizeof(cl->domain), "%s", dot + 1);
	for (size_t i = 0; v_is(search, V_LIST) && i < v_len(search); i++) {
		size_t n = strlen(cl->search);
		if (n + v_len(v_list_at(search, i)) + 2 > sizeof(cl->search))
			break;
		snprintf(cl->search + n, sizeof(cl->search) - n, "%s%s", n > 0 ? " " : "", v_cstr(v_list_at(search, i)));
		if (cl->domain[0] == '\0')
			snprintf(cl->domain, sizeof(cl->domain), "%s", v_cstr(v_list_at(search, i)));
	}
	for (size_t i = 0; v_is(dns, V_LIST) && i < v_len(dns) && cl->dns.n < LEASE_LIST; i++)
		if (lease_parse_ip(v_cstr(v_list_at(dns, i)), &cl->dns.ip[cl->dns.n]))
			cl->dns.n++;
	v_unref(search);
	v_unref(dns);
}

/* HOST or HOST:PORT of our HTTP as this machine reaches it. */
static void http_server(struct core *c, const struct value *st, const struct item *it, uint32_t self, char *out, size_t cap)
{
	char *server = field_text(c, st, it, "server"), ip[16];
	int64_t port = v_dict_int(st, "http_port", 80);
	lease_format_ip(self, ip);
	/* The setting's default names the machine itself; then the address that the machine just reached us on is better. */
	bool own = *server == '\0' || str_starts(server, "127.") || str_eq(server, "localhost");
	if (port == 80)
		snprintf(out, cap, "%s", own ? ip : server);
	else
		snprintf(out, cap, "%s:%lld", own ? ip : server, (long long)port);
	free(server);
}

/* The item's own next server, then the subnet's, then the setting's; 0: ours. */
static uint32_t next_server(struct core *c, const struct value *st, const struct item *it, uint32_t of_subnet)
{
	char *text = field_text(c, st, it, "next_server_v4");
	uint32_t ip = usable_ip(text);
	if (of_subnet != 0 && (ip == 0 || str_eq(text, v_dict_cstr(st, "next_server_v4", ""))))
		ip = of_subnet;
	free(text);
	return ip;
}

static void fill_boot(struct core *c, const struct value *st, const struct item *it, const struct dhcp_question *q, struct lease_client *cl)
{
	char server[300];
	char *filename = it != NULL ? boot_filename(c, st, it) : xstrdup("");
	struct value *loaders = it != NULL ? resolve_field(c->model, st, it, "boot_loaders") : NULL;
	struct value *daemon = settings_daemon(c->settings);
	http_server(c, st, it, q->self, server, sizeof(server));
	struct boot_wish w = {
		.known = it != NULL, .netboot = it == NULL || item_bool(it, "netboot_enabled"),
		.ipxe = field_bool(c, st, it, "enable_ipxe"),
		.pxelinux = v_list_has_str(loaders, "pxe"), .grub = v_list_has_str(loaders, "grub"), .filename = filename,
		.system = it != NULL ? item_name(it) : "", .http_server = server,
		.overrides = v_dict_get(v_dict_get(daemon, "dhcp"), "bootfiles"),
	};
	bootfile_choose(&q->ident, &w, cl->file, sizeof(cl->file), &cl->http_client);
	cl->own_file = *filename != '\0';
	cl->next_server = next_server(c, st, it, q->next_server);
	v_unref(daemon);
	v_unref(loaders);
	free(filename);
}

static uint32_t taken(struct core *c, const struct dhcp_question *q, const struct item *it, const char *iface)
{
	uint32_t mask = 0;
	for (uint32_t i = 0; i < q->ncandidates; i++) {
		char ip[16];
		const char *other_iface = "";
		lease_format_ip(q->candidate[i], ip);
		struct item *other = model_system_by_ip(c->model, ip, &other_iface);
		if (other != NULL && (it == NULL || !str_eq(item_uid(other), item_uid(it)) || !str_eq(other_iface, iface)))
			mask |= 1u << i;
		item_unref(other);
	}
	return mask;
}

void core_answer_dhcp(struct core *c, const struct dhcp_question *q, struct dhcp_answer *a)
{
	struct lease_client *cl = &a->client;
	char mac[64];
	const char *iface = "";
	mac_of(q, mac);
	struct value *st = settings_snapshot(c->settings);
	struct item *it = q->hlen > 0 ? model_system_by_mac(c->model, mac, &iface) : NULL;
	if (it != NULL) {
		cl->known = true;
		snprintf(cl->system, sizeof(cl->system), "%s", item_name(it));
		fill_addresses(it, iface, cl);
		fill_names(c, st, it, iface, cl);
	}
	fill_boot(c, st, it, q, cl);
	cl->taken = taken(c, q, it, iface);
	item_unref(it);
	v_unref(st);
}
