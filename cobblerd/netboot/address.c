/* SPDX-License-Identifier: GPL-2.0-or-later
 * address.c - see address.h.
 */
#include "netboot/address.h"

#include <arpa/inet.h>
#include <string.h>

void nb_address_text(const struct sockaddr *a, char out[INET6_ADDRSTRLEN])
{
	if (a->sa_family != AF_INET6) {
		inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)a)->sin_addr, out, INET6_ADDRSTRLEN);
		return;
	}
	const struct in6_addr *in6 = &((const struct sockaddr_in6 *)(const void *)a)->sin6_addr;
	inet_ntop(AF_INET6, in6, out, INET6_ADDRSTRLEN);
	if (IN6_IS_ADDR_V4MAPPED(in6))
		memmove(out, out + 7, strlen(out + 7) + 1);
}
