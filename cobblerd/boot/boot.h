/* SPDX-License-Identifier: GPL-2.0-or-later
 * boot.h - what a booting machine gets: boot-loader configurations, iPXE scripts, boot.cfg, answer files,
 * computed from the model when asked for. TFTP, HTTP, sync and XML-RPC are its callers.
 */
#ifndef BOOT_BOOT_H
#define BOOT_BOOT_H

#include "core/core.h"

struct boot_client {
	char ip[46];          /* "" when unknown */
	char mac[18];         /* lower case, "" when unknown */
};

struct boot_file {
	enum { BOOT_BYTES, BOOT_PATH } kind;
	struct strbuf bytes;  /* BOOT_BYTES */
	char path[4096];      /* BOOT_PATH: a real path, root already applied; may be an ISO, then offset/length say where */
	uint64_t offset;
	uint64_t length;      /* 0: to the end */
};
void boot_file_free(struct boot_file *f);

/* A path under the TFTP root as firmware and loaders ask for it ("pxelinux.cfg/01-52-54-...", "grub/grub.cfg",
 * "images/D/vmlinuz",
 * "/grub/grub.cfg-01-...", backslashes): generated ones first, then the file tree srv/tftpboot, then boot loaders
 * installed on the host (pxelinux.0, undionly.kpxe, grub ...), then, for the name that Suns ask for (C000020A or C000020A.SUN4M for
 * 192.0.2.10), the boot file that the system with this address names. CB_ENOENT when there is nothing. */
int boot_tftp(struct core *c, const char *path, const struct boot_client *who, struct boot_file *ret,
	struct err *e) MUST_CHECK;

/* The boot file that a system or profile names itself, or the profiles above it; "" for none. Owned. */
char *boot_filename(struct core *c, const struct value *settings, const struct item *it);

/* The answers behind XML-RPC and /cblr/svc; each appends to *out. type: ITEM_PROFILE, ITEM_SYSTEM (or ITEM_IMAGE for
 * ipxe). Something missing gives Cobbler's text ("# profile not found") in *out and CB_ENOENT; where Cobbler faults
 * instead, *out is as before and *e has the class and text; so it is when a template cannot be rendered. boot_ipxe with
 * a NULL or empty name: the menu of everything. */
int boot_autoinstall(
	struct core *c, enum item_type type, const char *name, struct strbuf *out, struct err *e) MUST_CHECK;
/* The answer file that *path* (a real path) would give the item; NULL: its own. type may be ITEM_DISTRO, which has none of its own. */
int boot_autoinstall_from(struct core *c, enum item_type type, const char *name, const char *path, struct strbuf *out,
	struct err *e) MUST_CHECK;
int boot_ipxe(struct core *c, enum item_type type, const char *name, struct strbuf *out, struct err *e) MUST_CHECK;
int boot_bootcfg(struct core *c, enum item_type type, const char *name, struct strbuf *out, struct err *e) MUST_CHECK;
int boot_script(struct core *c, enum item_type type, const char *name, const char *script, struct strbuf *out,
	struct err *e) MUST_CHECK;
int boot_template_file(struct core *c, enum item_type type, const char *name, const char *path, struct strbuf *out,
	struct err *e) MUST_CHECK;
int boot_repo_config(
	struct core *c, enum item_type type, const char *name, struct strbuf *out, struct err *e) MUST_CHECK;
/* cloud-init's files for Ubuntu's live installer: file is "user-data" (the answer file) or "meta-data"; others are
 * CB_ENOENT. */
int boot_nocloud(struct core *c, enum item_type type, const char *name, const char *file, struct strbuf *out,
	struct err *e) MUST_CHECK;

#endif
