/* SPDX-License-Identifier: GPL-2.0-or-later
 * address.h - peers as text.
 */
#ifndef NETBOOT_ADDRESS_H
#define NETBOOT_ADDRESS_H

#include <netinet/in.h>

/* An IPv4 or IPv6 address; one of IPv4 that came over an IPv6 socket as one of IPv4. */
void nb_address_text(const struct sockaddr *a, char out[INET6_ADDRSTRLEN]);

#endif
