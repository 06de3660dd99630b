/* SPDX-License-Identifier: GPL-2.0-or-later
 * rarp_open.c - which interfaces RARP is served on, and its socket, which only root may open.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "netboot/rarp_service.h"

#define RECEIVE_BUFFER (1 << 20)   /* a hall that is switched on at once */

/* ---- interfaces ---- */

static bool fill_mac(const struct ifaddrs *all, struct rarp_if *i)
{
	for (const struct ifaddrs *a = all; a != NULL; a = a->ifa_next) {
		struct sockaddr_ll ll;
		if (a->ifa_addr == NULL || a->ifa_addr->sa_family != AF_PACKET || !str_eq(a->ifa_name, i->name))
			continue;
		memcpy(&ll, a->ifa_addr, sizeof(ll));
		i->ifindex = ll.sll_ifindex;
		memcpy(i->mac, ll.sll_addr, RARP_MAC);
		return ll.sll_hatype == ARPHRD_ETHER && ll.sll_halen == RARP_MAC;
	}
	return false;
}

static uint32_t ip_of(const struct sockaddr *a)
{
	struct sockaddr_in in;
	memcpy(&in, a, sizeof(in));
	return ntohl(in.sin_addr.s_addr);
}

/* An address may have a label: "eth0:1". No interface's name has a colon. */
static bool is_on(const struct ifaddrs *a, const char *ifname)
{
	size_t n = strcspn(a->ifa_name, ":");
	return strncmp(a->ifa_name, ifname, n) == 0 && ifname[n] == '\0';
}

static void fill_networks(const struct ifaddrs *all, struct rarp_if *i)
{
	for (const struct ifaddrs *a = all; a != NULL && i->nnets < RARP_NETWORKS; a = a->ifa_next) {
		if (a->ifa_addr == NULL || a->ifa_addr->sa_family != AF_INET || a->ifa_netmask == NULL || !is_on(a, i->name))
			continue;
		i->net[i->nnets].ip = ip_of(a->ifa_addr);
		i->net[i->nnets++].mask = ip_of(a->ifa_netmask);
	}
}

static struct rarp_if interface_of(const struct ifaddrs *all, const char *name, bool *ethernet)
{
	struct rarp_if i = { 0 };
	size_t n = strnlen(name, sizeof(i.name) - 1);
	memcpy(i.name, name, n);
	*ethernet = fill_mac(all, &i);
	fill_networks(all, &i);
	return i;
}

static int add_named(const struct ifaddrs *all, const char *name, struct rarp_if out[RARP_INTERFACES], size_t *n, struct err *e)
{
	bool ethernet;
	if (*n == RARP_INTERFACES)
		return err_set(e, CB_ELIMIT, "rarp: more than %d interfaces", RARP_INTERFACES);
	if (if_nametoindex(name) == 0)
		return err_set(e, CB_ENOENT, "rarp: there is no network interface \"%s\"", name);
	struct rarp_if i = interface_of(all, name, &ethernet);
	if (!ethernet)
		return err_set(e, CB_EINVAL, "rarp: interface \"%s\" is no Ethernet", name);
	if (i.nnets == 0)
		return err_set(e, CB_EINVAL, "rarp: interface \"%s\" has no IPv4 address", name);
	out[(*n)++] = i;
	return CB_OK;
}

/* Every interface is in the list once with its hardware address. */
static void add_all(const struct ifaddrs *all, struct rarp_if out[RARP_INTERFACES], size_t *n)
{
	for (const struct ifaddrs *a = all; a != NULL && *n < RARP_INTERFACES; a = a->ifa_next) {
		bool ethernet;
		if (a->ifa_addr == NULL || a->ifa_addr->sa_family != AF_PACKET || (a->ifa_flags & IFF_LOOPBACK) || !(a->ifa_flags & IFF_UP))
			continue;
		struct rarp_if i = interface_of(all, a->ifa_name, &ethernet);
		if (ethernet && i.nnets > 0)
			out[(*n)++] = i;
	}
}

int rarp_interfaces(const struct value *cfg, struct rarp_if out[RARP_INTERFACES], size_t *n, struct err *e)
{
	const struct value *names = v_dict_get(cfg, "interfaces");
	struct ifaddrs *all;
	int rc = CB_OK;
	*n = 0;
	if (getifaddrs(&all) == -1)
		return err_sys(e, "rarp: cannot list the network interfaces");
	for (size_t i = 0; i < v_len(names) && rc == CB_OK; i++)
		rc = add_named(all, v_cstr(v_list_at(names, i)), out, n, e);
	if (rc == CB_OK && v_len(names) == 0) {
		add_all(all, out, n);
		if (*n == 0)
			rc = err_set(e, CB_ENOENT, "rarp: no Ethernet that is up has an IPv4 address");
	}
	freeifaddrs(all);
	return rc;
}

/* ---- socket ---- */

int rarp_open(const struct value *cfg, int *ret, struct err *e)
{
	struct rarp_if *ifs = xcalloc(RARP_INTERFACES, sizeof(*ifs));
	struct sockaddr_ll a = { .sll_family = AF_PACKET, .sll_protocol = htons(RARP_ETHERTYPE) };      /* of all interfaces */
	int size = RECEIVE_BUFFER;
	size_t n;
	int rc = rarp_interfaces(cfg, ifs, &n, e);
	free(ifs);
	if (rc != CB_OK)
		return rc;
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1 && (errno == EPERM || errno == EACCES))
		return err_set(e, CB_EPERM, "rarp: only root may open a packet socket: start the daemon as root, or disable rarp");
	if (fd == -1 || bind(fd, (struct sockaddr *)&a, sizeof(a)) == -1) {
		close_fd(&fd);
		return err_sys(e, "rarp: cannot open a packet socket");
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	*ret = fd;
	return CB_OK;
}

bool rarp_is_socket(int fd)
{
	struct sockaddr_ll a;
	socklen_t len = sizeof(a);
	return getsockname(fd, (struct sockaddr *)&a, &len) == 0 && a.sll_family == AF_PACKET && a.sll_protocol == htons(RARP_ETHERTYPE);
}
