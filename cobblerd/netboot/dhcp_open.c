/* SPDX-License-Identifier: GPL-2.0-or-later
 * dhcp_open.c - what the DHCP service needs and only root may open: a UDP socket and a packet socket per interface, the lease files;
 * the socket of RARP.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "netboot/dhcp_service.h"
#include "netboot/netboot.h"

#define RECEIVE_BUFFER (1 << 20)   /* a rack that is switched on at once */

static int open_udp(const char *ifname, unsigned port, int *ret, struct err *e)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int one = 1, size = RECEIVE_BUFFER, rc = CB_OK;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return err_sys(e, "dhcp: cannot create a socket");
	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, ifname, (socklen_t)strlen(ifname) + 1) == -1)
		rc = err_sys(e, "dhcp: cannot use interface %s", ifname);
	else if (setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &one, sizeof(one)) == -1 ||
		setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &one, sizeof(one)) == -1)
		rc = err_sys(e, "dhcp: cannot prepare a socket");
	else if (bind(fd, (struct sockaddr *)&a, sizeof(a)) == -1)
		rc = err_sys(e, "dhcp: cannot listen on UDP port %u of interface %s", port, ifname);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (rc != CB_OK)
		close(fd);
	else
		*ret = fd;
	return rc;
}

/* For answers to machines that have no address yet, and so cannot answer ARP. It receives nothing (protocol 0). */
static int open_packet(const char *ifname, int *ret, struct err *e)
{
	struct sockaddr_ll a = { .sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(ifname) };
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	*ret = -1;
	if (fd == -1 && (errno == EPERM || errno == EACCES)) {
		log_info("dhcp", "without root, machines without an address are answered by broadcast on %s", ifname);
		return CB_OK;
	}
	if (fd == -1 || bind(fd, (struct sockaddr *)&a, sizeof(a)) == -1) {
		close_fd(&fd);
		return err_sys(e, "dhcp: cannot open a packet socket on interface %s", ifname);
	}
	*ret = fd;
	return CB_OK;
}

static bool has_address(const struct ifaddrs *all, const char *ifname)
{
	for (const struct ifaddrs *i = all; i != NULL; i = i->ifa_next)
		if (i->ifa_addr != NULL && i->ifa_addr->sa_family == AF_INET && str_eq(i->ifa_name, ifname))
			return true;
	return false;
}

static int add(int fd, int *socks, size_t cap, size_t *n, struct err *e)
{
	if (fd < 0)
		return CB_OK;
	if (*n == cap) {
		close(fd);
		return err_set(e, CB_ELIMIT, "dhcp: more than %zu sockets: name fewer interfaces", cap);
	}
	socks[(*n)++] = fd;
	return CB_OK;
}

static int open_interface(const char *ifname, const struct ifaddrs *all, unsigned port, bool proxy, int *socks, size_t cap, size_t *n,
	struct err *e)
{
	int fd = -1;
	if (if_nametoindex(ifname) == 0)
		return err_set(e, CB_ENOENT, "dhcp: there is no network interface \"%s\"", ifname);
	if (!has_address(all, ifname))
		return err_set(e, CB_EINVAL, "dhcp: interface \"%s\" has no IPv4 address", ifname);
	int rc = open_udp(ifname, port, &fd, e);
	if (rc == CB_OK)
		rc = add(fd, socks, cap, n, e);
	if (rc == CB_OK && proxy) {
		rc = open_udp(ifname, PXE_PORT, &fd, e);
		if (rc == CB_OK)
			rc = add(fd, socks, cap, n, e);
	}
	if (rc == CB_OK)
		rc = open_packet(ifname, &fd, e);
	if (rc == CB_OK)
		rc = add(fd, socks, cap, n, e);
	return rc;
}

static int open_all(const struct value *cfg, const struct ifaddrs *all, int *socks, size_t cap, size_t *n, struct err *e)
{
	const struct value *names = v_dict_get(cfg, "interfaces");
	unsigned port = (unsigned)v_dict_int(cfg, "port", 67);
	bool proxy = v_dict_bool(cfg, "proxy", false);
	char done[64][IF_NAMESIZE];
	size_t ndone = 0;
	int rc = CB_OK;
	for (size_t i = 0; i < v_len(names) && rc == CB_OK; i++)
		rc = open_interface(v_cstr(v_list_at(names, i)), all, port, proxy, socks, cap, n, e);
	if (v_len(names) > 0 || rc != CB_OK)
		return rc;
	for (const struct ifaddrs *i = all; i != NULL && rc == CB_OK; i = i->ifa_next) {
		bool seen = false;
		if (i->ifa_addr == NULL || i->ifa_addr->sa_family != AF_INET || (i->ifa_flags & IFF_LOOPBACK) || !(i->ifa_flags & IFF_UP))
			continue;
		for (size_t k = 0; k < ndone; k++)
			seen = seen || str_eq(done[k], i->ifa_name);
		if (seen || ndone == ARRAY_LEN(done))
			continue;
		memcpy(done[ndone], i->ifa_name, strnlen(i->ifa_name, IF_NAMESIZE - 1));
		done[ndone++][strnlen(i->ifa_name, IF_NAMESIZE - 1)] = '\0';
		rc = open_interface(i->ifa_name, all, port, proxy, socks, cap, n, e);
	}
	if (rc == CB_OK && *n == 0)
		rc = err_set(e, CB_ENOENT, "dhcp: no network interface has an IPv4 address");
	return rc;
}

/* Both files of the journal (lease/lease.h), in their order. */
static int open_leases(int *socks, size_t cap, size_t *n, struct err *e)
{
	static const char *const paths[] = { "/var/lib/cobbler/dhcp.leases", "/var/lib/cobbler/dhcp.leases.2" };
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		char *path = path_of(paths[i]);
		int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
		int rc = fd == -1 ? err_sys(e, "dhcp: cannot open %s", path) : add(fd, socks, cap, n, e);
		free(path);
		if (rc != CB_OK)
			return rc;
	}
	return CB_OK;
}

static int open_dhcp(const struct value *cfg, int *socks, size_t cap, size_t *n, struct err *e)
{
	struct lease_config *lc = xcalloc(1, sizeof(*lc));
	struct ifaddrs *all = NULL;
	int rc = lease_config_read(cfg, lc, e);
	free(lc);
	if (rc == CB_OK && getifaddrs(&all) == -1)
		rc = err_sys(e, "dhcp: cannot list the network interfaces");
	if (rc == CB_OK)
		rc = open_all(cfg, all, socks, cap, n, e);
	if (rc == CB_OK)
		rc = open_leases(socks, cap, n, e);
	if (all != NULL)
		freeifaddrs(all);
	return rc;
}

static int open_rarp(const struct value *cfg, int *socks, size_t cap, size_t *n, struct err *e)
{
	int fd = -1, rc = rarp_open(cfg, &fd, e);
	return rc == CB_OK ? add(fd, socks, cap, n, e) : rc;
}

int netboot_dhcp_open(const struct value *cfg, int *socks, size_t cap, size_t *n, struct err *e)
{
	const struct value *rarp = v_dict_get(cfg, "rarp");
	int rc = CB_OK;
	*n = 0;
	if (v_dict_bool(cfg, "enabled", true))
		rc = open_dhcp(cfg, socks, cap, n, e);
	if (rc == CB_OK && v_dict_bool(rarp, "enabled", false))
		rc = open_rarp(rarp, socks, cap, n, e);
	if (rc != CB_OK) {
		for (size_t i = 0; i < *n; i++)
			close(socks[i]);
		*n = 0;
	}
	return rc;
}
