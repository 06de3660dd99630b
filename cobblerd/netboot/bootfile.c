/* SPDX-License-Identifier: GPL-2.0-or-later
 * bootfile.c - see bootfile.h.
 */
#include <stdio.h>
#include <string.h>

#include "netboot/bootfile.h"

/* Client architectures (dhcp_arch_name): GRUB as Cobbler's mkloaders names it, and iPXE. pxelinux exists for BIOS only. */
static const struct arch { uint16_t number; const char *pxelinux, *grub, *ipxe; } arches[] = {
	{ 0, "pxelinux.0", "grub/grub.0", "undionly.kpxe" },
	{ 6, NULL, "grub/bootia32.efi", NULL },
	{ 7, NULL, "grub/grubx64.efi", "snponly.efi" },
	{ 9, NULL, "grub/grubx64.efi", "snponly.efi" },
	{ 10, NULL, "grub/bootarm.efi", NULL },
	{ 11, NULL, "grub/grubaa64.efi", "snponly-arm64.efi" },
	{ 12, NULL, "grub/grub.ppc64le", NULL },
	{ 14, NULL, "grub/grub.ppc64le", NULL },
	{ 15, NULL, "grub/bootia32.efi", NULL },
	{ 16, NULL, "grub/grubx64.efi", "snponly.efi" },
	{ 18, NULL, "grub/bootarm.efi", NULL },
	{ 19, NULL, "grub/grubaa64.efi", "snponly-arm64.efi" },
	{ 20, "pxelinux.0", "grub/grub.0", "undionly.kpxe" },
};

/* What does not say, or says something nobody knows, is taken for a BIOS: those are the oldest. */
static const struct arch *arch_of(const struct boot_ident *id)
{
	for (size_t i = 0; i < ARRAY_LEN(arches); i++)
		if (arches[i].number == id->arch)
			return &arches[i];
	return &arches[0];
}

static const char *override_of(const struct boot_wish *w, const struct boot_ident *id, const struct arch *a)
{
	char number[8];
	snprintf(number, sizeof(number), "%u", id->arch);
	const char *by_number = v_dict_cstr(w->overrides, number, "");
	const char *name = dhcp_arch_name(a->number);
	return *by_number != '\0' || name == NULL ? by_number : v_dict_cstr(w->overrides, name, "");
}

/* A name inside a URL. */
static void put_escaped(char *out, size_t cap, const char *s)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t n = strlen(out);
	for (; *s != '\0' && n + 4 < cap; s++) {
		unsigned char c = (unsigned char)*s;
		bool plain = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || strchr("-._~:", c) != NULL;
		if (plain) {
			out[n++] = (char)c;
			continue;
		}
		out[n++] = '%';
		out[n++] = hex[c >> 4];
		out[n++] = hex[c & 15];
	}
	out[n] = '\0';
}

static bool is_url(const char *s)
{
	return strstr(s, "://") != NULL;
}

/* iPXE is running already: it gets its script. */
static void ipxe_script(const struct boot_wish *w, char *out, size_t cap)
{
	if (!w->known) {
		snprintf(out, cap, "ipxe/default.ipxe");
		return;
	}
	snprintf(out, cap, "http://%s/cblr/svc/op/ipxe/system/", w->http_server);
	put_escaped(out, cap, w->system);
}

/* A path below the TFTP root; "" when there is no loader for this machine. */
static const char *loader(const struct boot_ident *id, const struct boot_wish *w)
{
	const struct arch *a = arch_of(id);
	const char *forced = override_of(w, id, a);
	if (*forced != '\0')
		return forced;
	if (w->ipxe && a->ipxe != NULL)
		return a->ipxe;
	if (a->pxelinux != NULL && (w->pxelinux || !w->grub))
		return a->pxelinux;
	return a->grub;
}

void bootfile_choose(const struct boot_ident *id, const struct boot_wish *w, char *out, size_t cap, bool *http_client)
{
	out[0] = '\0';
	*http_client = false;
	if (!w->netboot)
		return;
	if (*w->filename != '\0')
		snprintf(out, cap, "%s", w->filename);
	else if (id->ipxe && w->ipxe)
		ipxe_script(w, out, cap);
	else
		snprintf(out, cap, "%s", loader(id, w));
	if (!id->http || out[0] == '\0')
		return;
	/* UEFI HTTP boot takes nothing but a URL from an answer that says HTTPClient. */
	*http_client = true;
	if (!is_url(out)) {
		char path[512];
		snprintf(path, sizeof(path), "%s", out + (out[0] == '/'));
		bool grub = strncmp(path, "grub/", 5) == 0;
		snprintf(out, cap, "http://%s/%s/%s", w->http_server, grub ? "httpboot" : "tftpboot", grub ? path + 5 : path);
	}
}
