/* SPDX-License-Identifier: GPL-2.0-or-later
 * host.c - boot loaders that the host's packages bring: a site needs no copies of its own, and security updates of the
 * packages reach the next machine that boots.
 */
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "boot/internal.h"

enum folder { PXELINUX, SYSLINUX, MEMDISK, IPXE, SHIM, GRUB };

/* The settings that name the folders; without a setting, Debian's place. */
static const struct { const char *setting, *dflt; } folders[] = {
	[PXELINUX] = { "syslinux_pxelinux_folder", "/usr/lib/PXELINUX" },
	[SYSLINUX] = { "syslinux_dir", "/usr/lib/syslinux/modules/bios" },
	[MEMDISK] = { "syslinux_memdisk_folder", "/usr/lib/syslinux" },
	[IPXE] = { "bootloaders_ipxe_folder", "/usr/lib/ipxe" },
	[SHIM] = { "bootloaders_shim_folder", "/usr/lib/shim" },
	[GRUB] = { "grub2_mod_dir", "/usr/lib/grub" },
};

/* What is asked for (its last component), and the file that it is. Debian's signed GRUB and shim keep the names that
 * they look for beside themselves: grubx64.efi, mmx64.efi, fbx64.efi. */
static const struct { const char *pattern; enum folder folder; const char *file; } loaders[] = {
	{ "pxelinux.0", PXELINUX, NULL },
	{ "lpxelinux.0", PXELINUX, NULL },
	{ "*.c32", SYSLINUX, NULL },
	{ "memdisk", MEMDISK, NULL },
	{ "undionly.kpxe", IPXE, NULL },
	{ "undionly.kkpxe", IPXE, NULL },
	{ "undionly.pxe", IPXE, "undionly.kpxe" },
	{ "ipxe.efi", IPXE, NULL },
	{ "snponly.efi", IPXE, NULL },
	{ "ipxe.pxe", IPXE, NULL },
	{ "ipxe.lkrn", IPXE, NULL },
	{ "grubx64.efi", GRUB, "x86_64-efi-signed/grubnetx64.efi.signed" },
	{ "grubnetx64.efi", GRUB, "x86_64-efi-signed/grubnetx64.efi.signed" },
	{ "grubnetx64.efi.signed", GRUB, "x86_64-efi-signed/grubnetx64.efi.signed" },
	{ "shimx64.efi", SHIM, "shimx64.efi.signed" },
	{ "shimx64.efi.signed", SHIM, NULL },
	{ "shim.efi", SHIM, "shimx64.efi.signed" },
	{ "bootx64.efi", SHIM, "shimx64.efi.signed" },
	{ "BOOTX64.EFI", SHIM, "shimx64.efi.signed" },
	{ "mmx64.efi", SHIM, "mmx64.efi.signed" },
	{ "fbx64.efi", SHIM, "fbx64.efi.signed" },
	{ "grubaa64.efi", GRUB, "arm64-efi-signed/grubnetaa64.efi.signed" },
	{ "shimaa64.efi", SHIM, "shimaa64.efi.signed" },
	{ "mmaa64.efi", SHIM, "mmaa64.efi.signed" },
};

/* Modules and fonts of GRUB: the last two components of what is asked for. */
static const char *const grub_platforms[] = { "i386-pc", "x86_64-efi", "arm64-efi", "powerpc-ieee1275", "i386-efi" };

static bool exists(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static bool place(const struct boot_run *r, enum folder f, const char *file, char *path, size_t cap)
{
	const char *dir = v_dict_cstr(r->settings, folders[f].setting, folders[f].dflt);
	int n = snprintf(path, cap, "%s/%s", *dir != '\0' ? dir : folders[f].dflt, file);
	return n > 0 && (size_t)n < cap && exists(path);
}

static bool grub_module(const struct boot_run *r, const char *rel, char *path, size_t cap)
{
	for (size_t i = 0; i < ARRAY_LEN(grub_platforms); i++) {
		const char *at = strstr(rel, grub_platforms[i]);
		size_t n = strlen(grub_platforms[i]);
		if (at == NULL || at[n] != '/' || (at != rel && at[-1] != '/') || strchr(at + n + 1, '/') != NULL)
			continue;
		return place(r, GRUB, at, path, cap);
	}
	return false;
}

bool loader_on_host(const struct boot_run *r, const char *rel, char *path, size_t cap)
{
	const char *slash = strrchr(rel, '/'), *base = slash != NULL ? slash + 1 : rel;
	for (size_t i = 0; i < ARRAY_LEN(loaders); i++)
		if (fnmatch(loaders[i].pattern, base, 0) == 0)
			return place(r, loaders[i].folder, loaders[i].file != NULL ? loaders[i].file : base, path, cap);
	return grub_module(r, rel, path, cap);
}
