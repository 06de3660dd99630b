/* SPDX-License-Identifier: GPL-2.0-or-later
 * buildiso.h - one ISO in the making: what its parts share.
 */
#pragma once

#include "boot/internal.h"
#include "core/core.h"
#include "work/task.h"

struct iso {
	struct core *c;
	struct task *t;
	struct boot_run r;                   /* settings and blended data, the same for the whole ISO */
	const struct value *o;               /* options of the call */
	bool standalone, airgapped, exclude_dns;
	struct item *distro;                 /* the option's, or that of the first entry; owned */
	struct strbuf isolinux, grub;        /* the menus */
	struct value *distros;               /* name of a distro -> its number as text */
	struct value *files;                 /* path on the ISO -> file or directory of the host */
	struct value *texts;                 /* path on the ISO -> text of a file made for it */
};

/* buildiso_kopts.c: the kernel's command line after "APPEND", without quoting. initrd, answers: paths on the ISO. data: blended data of the
 * item, ours to change. Appends. */
void iso_netboot_line(struct iso *x, const struct item *it, const struct item *distro, struct value *data, const char *initrd,
	struct strbuf *out);
void iso_standalone_line(const char *answers, const struct item *distro, struct value *data, const char *initrd, struct strbuf *out);
/* Anaconda and dracut of RHEL 7, Fedora 17 and later: inst.* options, ip= with colons, media at /run/install/repo. */
bool iso_is_modern_redhat(const struct item *distro);

/* buildiso_entries.c: the menus, kernels and answer files of all profiles and systems that the options name. */
int iso_entries(struct iso *x, struct err *e) MUST_CHECK;

/* buildiso_write.c: boot loaders, then the image itself at path, put there at once. */
int iso_write(struct iso *x, const char *path, struct err *e) MUST_CHECK;
