/* SPDX-License-Identifier: GPL-2.0-or-later
 * fields_common.h - the rows that every item type begins with, and the words of the fields that several types share.
 *
 * DICT     default of the merged dicts: "{}" at the top of a tree, "<<inherit>>" below it
 * BOOT     FF_INHERIT where boot_files may be inherited
 * CLI      FF_CLI where the kernel and template options have command-line options
 * CLASSES  default of mgmt_classes
 * PARENT   the setter of parent; PARENT_CLI, OWNERS_CLI, PARAMS_CLI: FF_CLI where these have options
 */
#ifndef MODEL_FIELDS_COMMON_H
#define MODEL_FIELDS_COMMON_H

/* fields.c; "<<inherit>>" stands among those that may be inherited. */
extern const char *const choices_archs[], *const choices_virt_types[], *const choices_disk_drivers[];

#define COMMON_ROWS(DICT, BOOT, CLI, CLASSES, PARENT, PARENT_CLI, OWNERS_CLI, PARAMS_CLI) \
	{ "parent", .type = F_STR, .flags = PARENT_CLI, .dflt = "\"\"", .check = PARENT, \
		.help = "Item of the same type that this one inherits from" }, \
	{ "depth", .type = F_INT, .dflt = "0", .check = check_int_strict, .type_error = "depth needs to be of type int", \
		.help = "Distance from the top of the inheritance tree" }, \
	{ "ctime", .type = F_FLOAT, .dflt = "0.0", .check = check_float_strict, .type_error = "ctime needs to be of type float", \
		.help = "When the item was created, seconds since 1970" }, \
	{ "mtime", .type = F_FLOAT, .dflt = "0.0", .check = check_float_strict, .type_error = "mtime needs to be of type float", \
		.help = "When the item was last changed, seconds since 1970" }, \
	{ "uid", .type = F_STR, .flags = FF_INDEX, .dflt = "\"\"", .help = "Unique identifier, 32 hexadecimal digits" }, \
	{ "name", .type = F_STR, .flags = FF_CLI | FF_INDEX, .dflt = "\"\"", .check = check_name, \
		.type_error = "name must of be type str", .help = "Unique name" }, \
	{ "comment", .type = F_STR, .flags = FF_CLI, .dflt = "\"\"", .check = check_any, .help = "Free text" }, \
	{ "kernel_options", .type = F_DICT, .flags = FF_INHERIT | FF_MERGE | CLI, .dflt = DICT, .settings_key = "kernel_options", \
		.type_error = "invalid kernel options", \
		.help = "Kernel command line of the installer, \"a=1 b\" (a leading \"!\" drops an inherited option)" }, \
	{ "kernel_options_post", .type = F_DICT, .flags = FF_INHERIT | FF_MERGE | CLI, .dflt = DICT, \
		.type_error = "invalid post kernel options", .help = "Kernel command line of the installed system" }, \
	{ "autoinstall_meta", .type = F_DICT, .flags = FF_INHERIT | FF_MERGE | CLI, .dflt = DICT, \
		.help = "Variables for the answer-file template, \"a=1 b=2\"" }, \
	{ "fetchable_files", .type = F_DICT, .flags = FF_INHERIT | FF_MERGE | CLI, .dflt = DICT, \
		.check = check_dict_single, .type_error = "invalid fetchable files specified", \
		.help = "Files offered by TFTP, \"name=path\"" }, \
	{ "boot_files", .type = F_DICT, .flags = FF_MERGE | BOOT | CLI, .dflt = DICT, .check = check_dict_single, \
		.type_error = "invalid boot files specified", \
		.help = "Further files copied beside the kernel for TFTP, \"target=source\"" }, \
	{ "template_files", .type = F_DICT, .flags = CLI, .dflt = "{}", .check = check_dict_single, \
		.type_error = "invalid template files specified", \
		.help = "Files rendered for the item, \"template=target\"" }, \
	{ "owners", .type = F_LIST, .flags = FF_INHERIT | OWNERS_CLI, .dflt = "\"<<inherit>>\"", .settings_key = "default_ownership", \
		.type_error = "owners must be str or list!", .help = "Users and groups that may change the item" }, \
	{ "mgmt_classes", .type = F_LIST, .flags = FF_INHERIT | CLI, .dflt = CLASSES, .settings_key = "mgmt_classes", \
		.type_error = "mgmt_classes has to be either str or list", .help = "Classes for configuration management" }, \
	{ "mgmt_parameters", .type = F_DICT, .flags = FF_INHERIT | FF_MERGE | PARAMS_CLI, .dflt = DICT, \
		.settings_key = "mgmt_parameters", .check = check_mgmt_parameters, \
		.type_error = "mgmt_parameters must be of type str or dict", .help = "Parameters for configuration management, YAML" }, \
	{ "is_subobject", .type = F_BOOL, .dflt = "false", .check = check_bool_strict, \
		.type_error = "Field is_subobject of object item needs to be of type bool!", \
		.help = "Whether the item inherits from one of its own type" }

/* Rows that several types have alike, but for a default. */
#define VIRT_AUTO_BOOT_ROW(DFLT) \
	{ "virt_auto_boot", .type = F_BOOL, .flags = FF_INHERIT | FF_CLI, .dflt = DFLT, .settings_key = "virt_auto_boot", \
		.help = "Start the guest with its host" }
#define VIRT_FILE_SIZE_ROW \
	{ "virt_file_size", .type = F_FLOAT, .flags = FF_INHERIT | FF_CLI, .dflt = "\"<<inherit>>\"", \
		.settings_key = "default_virt_file_size", .check = check_virt_file_size, .help = "Disk size of the guest in GB" }
#define VIRT_RAM_ROW \
	{ "virt_ram", .type = F_INT, .flags = FF_INHERIT | FF_CLI, .dflt = "\"<<inherit>>\"", \
		.settings_key = "default_virt_ram", .check = check_virt_ram, .help = "Memory of the guest in MB" }
#define VIRT_TYPE_ROW(DFLT) \
	{ "virt_type", .type = F_ENUM, .flags = FF_INHERIT | FF_CLI, .dflt = DFLT, \
		.settings_key = "default_virt_type", .choices = choices_virt_types, .enum_name = "VirtType", .help = "Hypervisor" }
#define KICKSTART_ROW \
	{ "kickstart", .type = F_OPAQUE, .flags = FF_READONLY | FF_NODISK, .dflt = "\"\"", .alias_of = "autoinstall", \
		.help = "2.x name of autoinstall" }
#define KS_META_ROW \
	{ "ks_meta", .type = F_OPAQUE, .flags = FF_READONLY | FF_NODISK, .dflt = "\"\"", .alias_of = "autoinstall_meta", \
		.help = "2.x name of autoinstall_meta" }

#endif
