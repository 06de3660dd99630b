/* SPDX-License-Identifier: GPL-2.0-or-later
 * fields_install.c - the fields of distros and profiles, in the order in which Cobbler writes them.
 */
#include "model/checks.h"
#include "model/field.h"
#include "model/fields_common.h"

static const char *const archs[] = {
	"i386", "x86_64", "ia64", "ppc", "ppc64", "ppc64le", "ppc64el", "s390", "s390x", "arm", "aarch64", NULL,
};

static const char *const virt_types[] = {
	"<<inherit>>", "qemu", "kvm", "xenpv", "xenfv", "vmware", "vmwarew", "openvz", "auto", NULL,
};

static const char *const disk_drivers[] = {
	"<<inherit>>", "raw", "qcow2", "qed", "vdi", "vdmk", NULL,
};

static const struct field distro_rows[] = {
	COMMON_ROWS("{}", 0, FF_CLI, "[]", check_ignored, 0, FF_CLI, 0),
	{ "tree_build_time", .type = F_FLOAT, .dflt = "0.0", .check = check_float_strict, .type_error = "datestamp needs to be of type float",
		.help = "When the media was built, seconds since 1970" },
	{ "arch", .type = F_ENUM, .flags = FF_CLI, .dflt = "\"x86_64\"", .choices = archs, .enum_name = "Archs",
		.help = "Processor architecture" },
	{ "boot_loaders", .type = F_LIST, .flags = FF_INHERIT | FF_CLI, .dflt = "\"<<inherit>>\"", .check = check_boot_loaders, .type_error = "boot_loaders needs to be of type list!",
		.help = "Boot loaders that configurations are written for" },
	{ "breed", .type = F_STR, .flags = FF_CLI, .dflt = "\"\"", .check = check_breed,
		.help = "Operating system family" },
	{ "initrd", .type = F_STR, .flags = FF_CLI, .dflt = "\"\"", .check = check_initrd, .type_error = "initrd must be of type str",
		.help = "Path of the initial ramdisk" },
	{ "kernel", .type = F_STR, .flags = FF_CLI, .dflt = "\"\"", .check = check_kernel, .type_error = "kernel was not of type str",
		.help = "Path of the kernel" },
	{ "os_version", .type = F_STR, .flags = FF_CLI, .dflt = "\"\"", .check = check_os_version,
		.help = "Operating system release, as named by the signatures" },
	{ "redhat_management_key", .type = F_STR, .flags = FF_INHERIT | FF_CLI, .dflt = "\"<<inherit>>\"", .settings_key = "redhat_management_key", .type_error = "Field redhat_management_key of object distro needs to be of type str!",
		.help = "Activation key for Red Hat management" },
	{ "source_repos", .type = F_LIST, .dflt = "[]", .check = check_list_strict, .type_error = "Field source_repos in object distro needs to be of type list.",
		.help = "Package repositories of the installation source" },
	{ "remote_boot_kernel", .type = F_STR, .flags = FF_CLI, .dflt = "\"\"", .check = check_remote_file, .type_error = "Field remote_boot_kernel of distro needs to be of type str!",
		.help = "URL from which the boot loader fetches the kernel itself" },
	{ "remote_grub_kernel", .type = F_STR, .flags = FF_READONLY | FF_NODISK, .dflt = "\"\"",
		.help = "remote_boot_kernel as GRUB writes it" },
	{ "remote_boot_initrd", .type = F_STR, .flags = FF_CLI, .dflt = "\"\"", .check = check_remote_file, .type_error = "remote_boot_initrd must be of type str!",
		.help = "URL from which the boot loader fetches the ramdisk itself" },
	{ "remote_grub_initrd", .type = F_STR, .flags = FF_READONLY | FF_NODISK, .dflt = "\"\"",
		.help = "remote_boot_initrd as GRUB writes it" },
	{ "ks_meta", .type = F_OPAQUE, .flags = FF_READONLY | FF_NODISK, .dflt = "\"\"", .alias_of = "autoinstall_meta",
		.help = "2.x name of autoinstall_meta" },
};

const struct item_table distro_table = {
	ITEM_DISTRO, "distro", "distros", distro_rows, ARRAY_LEN(distro_rows),
};

static const struct field profile_rows[] = {
	COMMON_ROWS("\"<<inherit>>\"", FF_INHERIT, FF_CLI, "\"<<inherit>>\"", check_parent, FF_CLI, FF_CLI, FF_CLI),
	{ "autoinstall", .type = F_STR, .flags = FF_INHERIT | FF_CLI, .dflt = "\"<<inherit>>\"", .settings_key = "autoinstall", .check = check_autoinstall,
		.help = "Answer-file template, relative to the templates directory" },
	{ "boot_loaders", .type = F_LIST, .flags = FF_INHERIT | FF_CLI, .dflt = "\"<<inherit>>\"", .check = check_boot_loaders,
		.help = "Boot loaders that configurations are written for" },
	{ "dhcp_tag", .type = F_STR, .flags = FF_CLI, .dflt = "\"\"", .type_error = "Field dhcp_tag of object profile needs to be of type str!",
		.help = "Tag that selects a DHCP section" },
	{ "distro", .type = F_STR, .flags = FF_CLI, .dflt = "\"\"", .check = check_distro, .type_error = "distro_name needs to be of type str",
		.help = "Distribution that is installed" },
	{ "enable_ipxe", .type = F_BOOL, .flags = FF_INHERIT | FF_CLI, .dflt = "\"<<inherit>>\"", .settings_key = "enable_ipxe", .type_error = "enable_ipxe needs to be of type bool",
		.help = "Boot by iPXE scripts" },
	{ "enable_menu", .type = F_BOOL, .flags = FF_INHERIT | FF_CLI, .dflt = "\"<<inherit>>\"", .settings_key = "enable_menu", .type_error = "enable_menu needs to be of type bool",
		.help = "Show in the boot menu" },
	{ "name_servers", .type = F_LIST, .flags = FF_INHERIT | FF_CLI, .dflt = "[]", .settings_key = "default_name_servers", .check = check_name_servers,
		.help = "DNS servers" },
	{ "name_servers_search", .type = F_LIST, .flags = FF_INHERIT | FF_CLI, .dflt = "[]", .settings_key = "default_name_servers_search", .check = check_search_domains,
		.help = "DNS search domains" },
	{ "next_server_v4", .type = F_STR, .flags = FF_INHERIT | FF_CLI, .dflt = "\"<<inherit>>\"", .settings_key = "next_server_v4", .check = check_ip4, .type_error = "Server must be a string.",
		.help = "TFTP server, IPv4 address" },
	{ "next_server_v6", .type = F_STR, .flags = FF_INHERIT | FF_CLI, .dflt = "\"<<inherit>>\"", .settings_key = "next_server_v6", .check = check_ip6, .type_error = "Server must be a string.",
		.help = "TFTP server, IPv6 address" },
	{ "filename", .type = F_STR, .flags = FF_INHERIT | FF_CLI, .dflt = "\"\"", .check = check_filename, .type_error = "Field filename of object profile needs to be of type str!",
		.help = "Boot file that DHCP names, instead of the automatic choice" },
	{ "proxy", .type = F_STR, .flags = FF_INHERIT | FF_CLI, .dflt = "\"<<inherit>>\"", .settings_key = "proxy_url_int", .type_error = "Field proxy of object profile needs to be of type str!",
		.help = "HTTP proxy for the installation" },
	{ "redhat_management_key", .type = F_STR, .flags = FF_INHERIT | FF_CLI, .dflt = "\"<<inherit>>\"", .settings_key = "redhat_management_key", .type_error = "Field management_key of object profile is of type str!",
		.help = "Activation key for Red Hat management" },
	{ "repos", .type = F_LIST, .flags = FF_CLI, .dflt = "[]", .check = check_repos,
		.help = "Package repositories to configure" },
	{ "server", .type = F_STR, .flags = FF_INHERIT | FF_CLI, .dflt = "\"<<inherit>>\"", .settings_key = "server", .type_error = "Field server of object profile needs to be of type str!",
		.help = "Name or address under which machines reach this server" },
	{ "menu", .type = F_STR, .flags = FF_CLI, .dflt = "\"\"", .check = check_menu, .type_error = "Field menu of object profile needs to be of type str!",
		.help = "Boot menu that shows the item" },
	{ "virt_auto_boot", .type = F_BOOL, .flags = FF_INHERIT | FF_CLI, .dflt = "\"<<inherit>>\"", .settings_key = "virt_auto_boot",
		.help = "Start the guest with its host" },
	{ "virt_bridge", .type = F_STR, .flags = FF_INHERIT | FF_CLI, .dflt = "\"<<inherit>>\"", .settings_key = "default_virt_bridge", .check = check_virt_bridge,
		.help = "Bridge of the host that the guest is attached to" },
	{ "virt_cpus", .type = F_INT, .flags = FF_CLI, .dflt = "1", .check = check_virt_cpus,
		.help = "Number of virtual processors" },
	{ "virt_disk_driver", .type = F_ENUM, .flags = FF_INHERIT | FF_CLI, .dflt = "\"raw\"", .settings_key = "default_virt_disk_driver", .choices = disk_drivers, .enum_name = "VirtDiskDrivers",
		.help = "Disk image format of the guest" },
	{ "virt_file_size", .type = F_FLOAT, .flags = FF_INHERIT | FF_CLI, .dflt = "\"<<inherit>>\"", .settings_key = "default_virt_file_size", .check = check_virt_file_size,
		.help = "Disk size of the guest in GB" },
	{ "virt_path", .type = F_STR, .flags = FF_CLI, .dflt = "\"\"", .check = check_virt_path,
		.help = "Where the guest's disk is kept" },
	{ "virt_ram", .type = F_INT, .flags = FF_INHERIT | FF_CLI, .dflt = "\"<<inherit>>\"", .settings_key = "default_virt_ram", .check = check_virt_ram,
		.help = "Memory of the guest in MB" },
	{ "virt_type", .type = F_ENUM, .flags = FF_INHERIT | FF_CLI, .dflt = "\"xenpv\"", .settings_key = "default_virt_type", .choices = virt_types, .enum_name = "VirtType",
		.help = "Hypervisor" },
	{ "kickstart", .type = F_OPAQUE, .flags = FF_READONLY | FF_NODISK, .dflt = "\"\"", .alias_of = "autoinstall",
		.help = "2.x name of autoinstall" },
	{ "ks_meta", .type = F_OPAQUE, .flags = FF_READONLY | FF_NODISK, .dflt = "\"\"", .alias_of = "autoinstall_meta",
		.help = "2.x name of autoinstall_meta" },
};

const struct item_table profile_table = {
	ITEM_PROFILE, "profile", "profiles", profile_rows, ARRAY_LEN(profile_rows),
};
