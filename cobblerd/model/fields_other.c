/* SPDX-License-Identifier: GPL-2.0-or-later
 * fields_other.c - the fields of repos, images, menus and of the configuration-management types, in the order in which Cobbler writes them.
 */
#include "model/checks.h"
#include "model/field.h"
#include "model/fields_common.h"

static const char *const repo_archs[] = {
	"none", "i386", "x86_64", "ia64", "ppc", "ppc64", "ppc64le", "ppc64el", "s390", "arm", "aarch64", "noarch", "src", NULL,
};

static const char *const repo_breeds[] = {
	"none", "rsync", "rhn", "yum", "apt", "wget", NULL,
};

static const char *const mirror_types[] = {
	"metalink", "mirrorlist", "baseurl", NULL,
};

static const char *const image_types[] = {
	"direct", "iso", "memdisk", "virt-clone", NULL,
};

static const char *const actions[] = {
	"create", "remove", NULL,
};

static const struct field repo_rows[] = {
	COMMON_ROWS("{}", 0, 0, "\"<<inherit>>\"", check_parent, 0, FF_CLI, 0),
	{ "breed", .type = F_ENUM, .flags = FF_CLI, .dflt = "\"none\"", .choices = repo_breeds,
		.enum_name = "RepoBreeds",
		.help = "Operating system family" },
	{ "arch", .type = F_ENUM, .flags = FF_CLI, .dflt = "\"none\"", .choices = repo_archs, .enum_name = "RepoArchs",
		.help = "Processor architecture" },
	{ "environment", .type = F_DICT, .flags = FF_CLI | FF_CREDENTIALS, .dflt = "{}", .check = check_dict_single,
		.type_error = "invalid environment",
		.help = "Environment variables for synchronising" },
	{ "yumopts", .type = F_DICT, .flags = FF_CLI | FF_CREDENTIALS, .dflt = "{}", .check = check_dict_single,
		.type_error = "invalid yum options",
		.help = "Options written into the repository file" },
	{ "rsyncopts", .type = F_DICT, .flags = FF_CLI, .dflt = "{}", .check = check_dict_single,
		.type_error = "invalid rsync options",
		.help = "Options for rsync" },
	{ "mirror_type", .type = F_ENUM, .flags = FF_CLI, .dflt = "\"baseurl\"", .choices = mirror_types,
		.enum_name = "MirrorType", .check = check_enum_listed,
		.type_error = "mirror_type needs to be of type enums.MirrorType",
		.help = "What the mirror address is" },
	{ "apt_components", .type = F_LIST, .flags = FF_CLI, .dflt = "[]",
		.help = "Components of an apt repository" },
	{ "apt_dists", .type = F_LIST, .flags = FF_CLI, .dflt = "[]",
		.help = "Distributions of an apt repository" },
	{ "createrepo_flags", .type = F_STR, .flags = FF_INHERIT | FF_CLI, .dflt = "\"<<inherit>>\"",
		.settings_key = "createrepo_flags",
		.type_error = "Field createrepo_flags of object repo needs to be of type str!",
		.help = "Options for createrepo" },
	{ "keep_updated", .type = F_BOOL, .flags = FF_CLI, .dflt = "false",
		.type_error = "Field keep_updated of object repo needs to be of type bool!",
		.help = "Include when all repositories are synchronised" },
	{ "mirror", .type = F_STR, .flags = FF_CLI | FF_CREDENTIALS, .dflt = "\"\"",
		.type_error = "Field mirror of object repo needs to be of type str!",
		.help = "Address that is mirrored" },
	{ "mirror_locally", .type = F_BOOL, .flags = FF_CLI, .dflt = "false",
		.type_error = "mirror_locally needs to be of type bool",
		.help = "Keep a copy on this server" },
	{ "priority", .type = F_INT, .flags = FF_CLI, .dflt = "0", .check = check_priority,
		.type_error = "Repository priority must be of type int.",
		.help = "Priority of the repository" },
	{ "proxy", .type = F_STR, .flags = FF_INHERIT | FF_CLI | FF_CREDENTIALS, .dflt = "\"<<inherit>>\"",
		.settings_key = "proxy_url_int", .type_error = "Field proxy in object repo needs to be of type str!",
		.help = "HTTP proxy for the installation" },
	{ "rpm_list", .type = F_LIST, .flags = FF_CLI, .dflt = "[]",
		.help = "Mirror only these packages" },
	{ "os_version", .type = F_STR, .dflt = "\"\"", .check = check_repo_os_version,
		.help = "Operating system release, as named by the signatures" },
	KS_META_ROW,
};

const struct item_table repo_table = {
	ITEM_REPO, "repo", "repos", repo_rows, ARRAY_LEN(repo_rows),
};

static const struct field image_rows[] = {
	COMMON_ROWS("{}", 0, 0, "\"<<inherit>>\"", check_parent, 0, FF_CLI, 0),
	{ "arch", .type = F_ENUM, .flags = FF_CLI, .dflt = "\"x86_64\"", .choices = choices_archs, .enum_name = "Archs",
		.help = "Processor architecture" },
	{ "autoinstall", .type = F_STR, .flags = FF_INHERIT | FF_CLI, .dflt = "\"<<inherit>>\"",
		.settings_key = "autoinstall", .check = check_autoinstall,
		.help = "Answer-file template, relative to the templates directory" },
	{ "breed", .type = F_STR, .flags = FF_CLI, .dflt = "\"\"", .check = check_breed,
		.help = "Operating system family" },
	{ "file", .type = F_STR, .flags = FF_CLI, .dflt = "\"\"", .check = check_image_file,
		.type_error = "file must be of type str to be parsable.",
		.help = "Path of the image file" },
	{ "image_type", .type = F_ENUM, .flags = FF_CLI, .dflt = "\"direct\"", .choices = image_types,
		.enum_name = "ImageTypes", .check = check_enum_listed,
		.type_error = "image_type must be of type str or enum.ImageTypes",
		.help = "What kind of image it is" },
	{ "network_count", .type = F_INT, .flags = FF_CLI, .dflt = "0", .check = check_network_count,
		.type_error = "Field network_count of object image needs to be of type int.",
		.help = "Number of network interfaces of the guest" },
	{ "os_version", .type = F_STR, .flags = FF_CLI, .dflt = "\"\"", .check = check_os_version,
		.help = "Operating system release, as named by the signatures" },
	{ "boot_loaders", .type = F_LIST, .flags = FF_INHERIT | FF_CLI, .dflt = "[]", .check = check_boot_loaders,
		.type_error = "boot_loaders needs to be of type list!",
		.help = "Boot loaders that configurations are written for" },
	{ "menu", .type = F_STR, .flags = FF_CLI, .dflt = "\"\"", .check = check_menu,
		.help = "Boot menu that shows the item" },
	VIRT_AUTO_BOOT_ROW("false"),
	{ "virt_bridge", .type = F_STR, .flags = FF_CLI, .dflt = "\"\"", .check = check_virt_bridge,
		.help = "Bridge of the host that the guest is attached to" },
	{ "virt_cpus", .type = F_INT, .flags = FF_CLI, .dflt = "1", .check = check_virt_cpus,
		.help = "Number of virtual processors" },
	{ "virt_disk_driver", .type = F_ENUM, .flags = FF_CLI, .dflt = "\"raw\"", .choices = choices_disk_drivers,
		.enum_name = "VirtDiskDrivers",
		.help = "Disk image format of the guest" },
	VIRT_FILE_SIZE_ROW,
	{ "virt_path", .type = F_STR, .flags = FF_CLI, .dflt = "\"\"", .check = check_virt_path,
		.help = "Where the guest's disk is kept" },
	VIRT_RAM_ROW,
	VIRT_TYPE_ROW("\"<<inherit>>\""),
	KICKSTART_ROW,
	KS_META_ROW,
};

const struct item_table image_table = {
	ITEM_IMAGE, "image", "images", image_rows, ARRAY_LEN(image_rows),
};

static const struct field menu_rows[] = {
	COMMON_ROWS("{}", 0, 0, "\"<<inherit>>\"", check_parent, FF_CLI, 0, 0),
	{ "display_name", .type = F_STR, .flags = FF_CLI, .dflt = "\"\"", .check = check_any,
		.help = "Title in the boot menu" },
	KS_META_ROW,
};

const struct item_table menu_table = {
	ITEM_MENU, "menu", "menus", menu_rows, ARRAY_LEN(menu_rows),
};

static const struct field mgmtclass_rows[] = {
	COMMON_ROWS("{}", 0, 0, "\"<<inherit>>\"", check_parent, 0, FF_CLI, 0),
	{ "is_definition", .type = F_BOOL, .flags = FF_CLI, .dflt = "false",
		.type_error = "Field is_defintion from mgmtclass must be of type bool.",
		.help = "Whether the class is a definition" },
	{ "params", .type = F_DICT, .flags = FF_CLI, .dflt = "{}", .type_error = "invalid value for params",
		.help = "Parameters of the class" },
	{ "class_name", .type = F_STR, .flags = FF_CLI, .dflt = "\"\"", .check = check_class_name,
		.type_error = "class name must be a string",
		.help = "Name of the class when it differs" },
	{ "files", .type = F_LIST, .flags = FF_CLI, .dflt = "[]",
		.help = "Files of the class" },
	{ "packages", .type = F_LIST, .flags = FF_CLI, .dflt = "[]",
		.help = "Packages of the class" },
	KS_META_ROW,
};

const struct item_table mgmtclass_table = {
	ITEM_MGMTCLASS, "mgmtclass", "mgmtclasses", mgmtclass_rows, ARRAY_LEN(mgmtclass_rows),
};

static const struct field package_rows[] = {
	COMMON_ROWS("{}", 0, 0, "\"<<inherit>>\"", check_parent, 0, FF_CLI, 0),
	{ "action", .type = F_ENUM, .flags = FF_CLI, .dflt = "\"create\"", .choices = actions,
		.enum_name = "ResourceAction",
		.help = "Create or remove" },
	{ "mode", .type = F_STR, .dflt = "\"\"", .type_error = "Field mode in object resource needs to be of type str!",
		.help = "File mode" },
	{ "owner", .type = F_STR, .dflt = "\"\"",
		.type_error = "Field owner in object resource needs to be of type str!",
		.help = "Owning user" },
	{ "group", .type = F_STR, .dflt = "\"\"",
		.type_error = "Field group of object resource needs to be of type str!",
		.help = "Owning group" },
	{ "path", .type = F_STR, .dflt = "\"\"", .type_error = "Field path in object resource needs to be of type str!",
		.help = "Target path" },
	{ "template", .type = F_STR, .dflt = "\"\"",
		.type_error = "Field template in object resource needs to be of type str!",
		.help = "Template of the content" },
	{ "installer", .type = F_STR, .flags = FF_CLI, .dflt = "\"\"", .check = check_lower,
		.type_error = "Field installer of package object needs to be of type str!",
		.help = "Package manager" },
	{ "version", .type = F_STR, .flags = FF_CLI, .dflt = "\"\"",
		.type_error = "Field version of package object needs to be of type str!",
		.help = "Package version" },
	KS_META_ROW,
};

const struct item_table package_table = {
	ITEM_PACKAGE, "package", "packages", package_rows, ARRAY_LEN(package_rows),
};

static const struct field file_rows[] = {
	COMMON_ROWS("{}", 0, 0, "\"<<inherit>>\"", check_parent, 0, FF_CLI, 0),
	{ "action", .type = F_ENUM, .flags = FF_CLI, .dflt = "\"create\"", .choices = actions,
		.enum_name = "ResourceAction",
		.help = "Create or remove" },
	{ "mode", .type = F_STR, .flags = FF_CLI, .dflt = "\"\"",
		.type_error = "Field mode in object resource needs to be of type str!",
		.help = "File mode" },
	{ "owner", .type = F_STR, .flags = FF_CLI, .dflt = "\"\"",
		.type_error = "Field owner in object resource needs to be of type str!",
		.help = "Owning user" },
	{ "group", .type = F_STR, .flags = FF_CLI, .dflt = "\"\"",
		.type_error = "Field group of object resource needs to be of type str!",
		.help = "Owning group" },
	{ "path", .type = F_STR, .flags = FF_CLI, .dflt = "\"\"",
		.type_error = "Field path in object resource needs to be of type str!",
		.help = "Target path" },
	{ "template", .type = F_STR, .flags = FF_CLI, .dflt = "\"\"",
		.type_error = "Field template in object resource needs to be of type str!",
		.help = "Template of the content" },
	{ "is_dir", .type = F_BOOL, .flags = FF_CLI, .dflt = "false",
		.type_error = "Field is_dir in object file needs to be of type bool!",
		.help = "Whether it is a directory" },
	KS_META_ROW,
};

const struct item_table file_table = {
	ITEM_FILE, "file", "files", file_rows, ARRAY_LEN(file_rows),
};
