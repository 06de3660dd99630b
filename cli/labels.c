/* SPDX-License-Identifier: GPL-2.0-or-later
 * labels.c - how reports name a field. Most labels follow from the attribute's name; the rest are rows.
 * compat: labels of cli.py (3.3.7), since scripts pick lines of a report by them.
 */
#include "cli/cli.h"

#include <ctype.h>
#include <string.h>

static const struct { const char *word, *shown; } acronyms[] = {
	{ "dhcp", "DHCP" }, { "dns", "DNS" }, { "ip", "IP" }, { "ipv6", "IPv6" }, { "mac", "MAC" }, { "mtu", "MTU" },
	{ "os", "OS" }, { "rpm", "RPM" }, { "cpus", "CPUs" }, { "pxe", "PXE" }, { "mgmt", "Management" },
	{ "cnames", "CNAMES" },
};

static const struct { unsigned types; const char *field, *label; } labels[] = {
	{ W_ITEM(ITEM_REPO), "arch", "Arch" },
	{ ~0u, "arch", "Architecture" },
	{ ~0u, "apt_components", "Apt Components (apt only)" },
	{ ~0u, "apt_dists", "Apt Dist Names (apt only)" },
	{ W_ITEM(ITEM_IMAGE), "autoinstall", "Automatic installation file" },
	{ ~0u, "autoinstall", "Automatic Installation Template" },
	{ W_ITEM(ITEM_PROFILE), "autoinstall_meta", "Automatic Installation Metadata" },
	{ ~0u, "autoinstall_meta", "Automatic Installation Template Metadata" },
	{ ~0u, "boot_files", "TFTP Boot Files" },
	{ ~0u, "boot_loaders", "Boot loaders" },
	{ ~0u, "connected_mode", "InfiniBand Connected Mode" },
	{ ~0u, "distro", "Distribution" },
	{ ~0u, "enable_ipxe", "Enable iPXE?" },
	{ ~0u, "enable_menu", "Enable PXE Menu?" },
	{ ~0u, "environment", "Environment Variables" },
	{ ~0u, "filename", "DHCP Filename Override" },
	{ ~0u, "group", "Owner group in file system" },
	{ ~0u, "if_gateway", "Per-Interface Gateway" },
	{ ~0u, "interface_master", "Master Interface" },
	{ ~0u, "is_definition", "Is Definition?" },
	{ ~0u, "is_dir", "Is Directory" },
	{ ~0u, "kernel_options_post", "Kernel Options (Post Install)" },
	{ ~0u, "management", "Management Interface" },
	{ ~0u, "menu", "Parent boot menu" },
	{ ~0u, "mirror_locally", "Mirror locally" },
	{ ~0u, "name_servers_search", "Name Servers Search Path" },
	{ ~0u, "netmask", "Subnet Mask" },
	{ ~0u, "network_count", "Virt NICs" },
	{ ~0u, "next_server_v4", "Next Server (IPv4) Override" },
	{ ~0u, "next_server_v6", "Next Server (IPv6) Override" },
	{ ~0u, "owner", "Owner user in file system" },
	{ ~0u, "params", "Parameters/Variables" },
	{ W_ITEM(ITEM_MENU), "parent", "Parent Menu" },
	{ W_ITEM(ITEM_PROFILE), "parent", "Parent Profile" },
	{ ~0u, "power_address", "Power Management Address" },
	{ ~0u, "power_id", "Power Management ID" },
	{ ~0u, "power_options", "Power Management Options" },
	{ ~0u, "power_pass", "Power Management Password" },
	{ ~0u, "power_type", "Power Management Type" },
	{ ~0u, "power_user", "Power Management Username" },
	{ W_ITEM(ITEM_REPO), "proxy", "Proxy information" },
	{ W_ITEM(ITEM_SYSTEM), "proxy", "Internal Proxy" },
	{ W_ITEM(ITEM_PROFILE), "redhat_management_key", "Red Hat Management Key" },
	{ ~0u, "rsyncopts", "Rsync Options" },
	{ ~0u, "serial_device", "Serial Device #" },
	{ ~0u, "server", "Server Override" },
	{ ~0u, "virt_disk_driver", "Virt Disk Driver Type" },
	{ W_ITEM(ITEM_IMAGE), "virt_file_size", "Virt File Size (GB)" },
	{ ~0u, "virt_file_size", "Virt File Size(GB)" },
	{ ~0u, "virt_ram", "Virt RAM (MB)" },
	{ ~0u, "yumopts", "Yum Options" },
};

static void add_word(struct strbuf *b, const char *word, size_t n)
{
	if (b->len)
		sb_addc(b, ' ');
	for (size_t i = 0; i < ARRAY_LEN(acronyms); i++) {
		if (strlen(acronyms[i].word) == n && strncmp(acronyms[i].word, word, n) == 0) {
			sb_adds(b, acronyms[i].shown);
			return;
		}
	}
	sb_addc(b, (char)toupper((unsigned char)word[0]));
	sb_add(b, word + 1, n - 1);
}

char *label_of(enum item_type t, const char *field)
{
	for (size_t i = 0; i < ARRAY_LEN(labels); i++) {
		if (labels[i].types & W_ITEM(t) && str_eq(labels[i].field, field))
			return xstrdup(labels[i].label);
	}
	struct strbuf b = { 0 };
	for (const char *p = field; *p;) {
		size_t n = strcspn(p, "_");
		if (n > 0)
			add_word(&b, p, n);
		p += n + (p[n] == '_');
	}
	return sb_take(&b);
}
