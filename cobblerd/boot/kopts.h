/* SPDX-License-Identifier: GPL-2.0-or-later
 * kopts.h - the kernel's command line: what each family of operating systems wants on it, as text, quoted for each boot
 * loader. Pure functions over values: they know no model, no file and no template.
 */
#ifndef BOOT_KOPTS_H
#define BOOT_KOPTS_H

#include "value/value.h"

/* Cobbler's text of a dict of options: "a=1 b=2 b=3 quiet " with the blank at the end; values with blanks in single
 * quotes. Anything but a dict is printed as it is. Appends. */
void kopts_text(struct strbuf *out, const struct value *opts);

/* What the line is made from. Texts are never NULL; "" when there is none. */
struct kopts_in {
	const struct value *opts, *meta; /* dicts kernel_options and autoinstall_meta, as inherited */
	bool enable_ipxe;
	bool has_distro;                 /* false: an image */
	const char *breed, *os_version, *arch, *distro_name, *kernel;
	const char *profile;             /* name of the profile; "" for an image */
	const char *system;              /* name of the system; "" when the line is a profile's */
	const char *hostname;            /* of the system */
	const char *mgmt_interface;      /* first interface marked as management */
	const char *mgmt_mac;
	const char *server;              /* the setting */
	const char *http_server;         /* host[:port], already turned into an address where the settings ask for that */
	const char *nfs_kernel;          /* HOST:PATH, where our own NFS server has the kernel; "" where it has not */
	const char *autoinstall;         /* file name or URL of the answer file; "" for none */
	int64_t serial_device;           /* of the system, -1: unset */
	int64_t serial_baud;             /* -1: unset */
};

/* The line as 3.3.7 builds it, before templates in it are rendered. Appends. */
void kopts_build(struct strbuf *out, const struct kopts_in *in);
/* The part that comes after rendering: the serial console of a system. Appends. */
void kopts_console(struct strbuf *out, const struct kopts_in *in);

/* The serial line of a system and whether it has one. Defaults as Cobbler's: line 0, 115200 baud. */
bool kopts_serial(int64_t device, int64_t baud, int64_t *line, int64_t *speed);

enum loader { LOADER_GRUB, LOADER_PXE, LOADER_IPXE, LOADERS };
extern const char *const loader_names[LOADERS];     /* "grub", "pxe", "ipxe": the order of Cobbler's lists */

/* Makes a kernel command line harmless inside a loader's configuration: it stays on its line and in its command. Text
 * that is already harmless comes back unchanged. Appends. */
void loader_quote(struct strbuf *out, enum loader l, const char *line);
/* One word that names a file: a path of the TFTP tree, or an address ("http://...", GRUB's "(http,...)/..."). Appends. False: the format
 * has no way to write it (control characters; for pxelinux blanks in a path), nothing is appended. */
bool loader_path(struct strbuf *out, enum loader l, const char *path) MUST_CHECK;
/* The title of a menu, one line of free text: its words are no commands, and for GRUB there are no quotes in it. Appends. */
void loader_label(struct strbuf *out, enum loader l, const char *label);
/* One line of free text: control characters become blanks. Appends. */
void one_line(struct strbuf *out, const char *s);

#endif
