/* SPDX-License-Identifier: GPL-2.0-or-later
 * bootfile.h - which boot file a machine is told, by what it is and what its system wants. Pure.
 */
#ifndef NETBOOT_BOOTFILE_H
#define NETBOOT_BOOTFILE_H

#include "netboot/messages.h"

struct boot_wish {
	bool known;                    /* it is a system of the model */
	bool netboot;                  /* netboot_enabled; true for unknown machines */
	bool ipxe;                     /* enable_ipxe */
	bool pxelinux, grub;           /* boot_loaders has pxe, grub; both false: no preference */
	const char *filename;          /* explicit; "": none */
	const char *system;            /* name, when known */
	const char *http_server;       /* HOST or HOST:PORT */
	const struct value *overrides; /* dhcp.bootfiles: by number or name of the architecture; may be NULL */
};

/* Writes the boot file or URL; "" for none (the machine then boots from its disk). *http_client: answer as an HTTP boot server. */
void bootfile_choose(const struct boot_ident *id, const struct boot_wish *w, char *out, size_t cap, bool *http_client);

#endif
