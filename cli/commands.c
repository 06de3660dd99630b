/* SPDX-License-Identifier: GPL-2.0-or-later
 * commands.c - the table of commands: help, parsing, completion and the man page are made from these rows.
 * Within a noun the rows are in alphabetical order, as help prints them.
 */
#include "cli/cli.h"

static const struct opt o_name[] = { { "name", "name", .help = "the object's name" } };
static const struct opt o_newname[] = { { "newname", "newname", .help = "the new name" } };
static const struct opt o_interface[] = { { "interface", "interface",
	.help = "the interface that the interface options are about; one per command" } };
static const struct opt o_nic_edit[] = {
	{ "delete-interface", "delete_interface", OPT_FLAG, .help = "remove the interface named by --interface" },
	{ "rename-interface", "rename_interface", .help = "give the interface named by --interface this name" },
};
static const struct opt o_in_place[] = { { "in-place", "in_place", OPT_FLAG,
	.help = "merge into dictionary values (kernel options, autoinstall metadata ...) and keep what is not named; "
	"~key removes a key" },
	{ "inplace", "in_place", OPT_FLAG, .hidden = true } };
static const struct opt o_clobber[] = { { "clobber", "clobber", OPT_FLAG,
	.help = "change the object when there already is one of that name" } };
static const struct opt o_remove[] = {
	{ "name", "name", .help = "the object to remove" },
	{ "recursive", "recursive", OPT_FLAG, .help = "remove what depends on it, too" },
};
static const struct opt o_setting[] = { { "name", "name", .help = "the setting, for example server" } };
static const struct opt o_breed[] = { { "name", "name", .help = "the family, for example debian" } };
static const struct opt o_setting_edit[] = {
	{ "name", "name", .help = "the setting, for example server" },
	{ "value", "value", .help = "its new value, for example 192.0.2.1" },
};
static const struct opt o_signature_reload[] = {
	{ "filename", "filename", .help = "only check this signature file, before it is put in place" },
};
static const struct opt o_aclsetup[] = {
	{ "adduser", "adduser", .help = "let this user run cobbler" },
	{ "addgroup", "addgroup", .help = "let this group run cobbler" },
	{ "removeuser", "removeuser", .help = "take the right back from this user" },
	{ "removegroup", "removegroup", .help = "take the right back from this group" },
};
static const struct opt o_buildiso[] = {
	{ "iso", "iso", .help = "file to write (default: generated.iso in the current directory)" },
	{ "profiles", "profiles", .refers = "profile", .help = "these profiles only, blank separated (default: all profiles and systems)" },
	{ "systems", "systems", .refers = "system", .help = "these systems only, blank separated" },
	{ "tempdir", "buildisodir", .help = "where to assemble the image" },
	{ "distro", "distro", .refers = "distro", .help = "the distro whose kernel and initrd go onto the image" },
	{ "standalone", "standalone", OPT_FLAG, .help = "put the distro's files on the image, so that no server is needed" },
	{ "airgapped", "airgapped", OPT_FLAG, .help = "as --standalone, and the repositories too" },
	{ "source", "source", .help = "where the distro's files are, for --standalone and --airgapped" },
	{ "exclude-dns", "exclude_dns", OPT_FLAG, .help = "no name servers on the kernel's command line" },
	{ "mkisofs-opts", "mkisofs_opts", .help = "further options for the program that writes the image" },
};
static const struct opt o_import[] = {
	{ "arch", "arch", .help = "architecture of the media, when it cannot be told from them" },
	{ "breed", "breed", .help = "family of the operating system" },
	{ "os-version", "os_version", .help = "version as in 'cobbler signature report'" },
	{ "path", "path", .help = "an ISO file, a directory, or an rsync location" },
	{ "name", "name", .help = "name of the new distro, for example debian-12" },
	{ "available-as", "available_as", .help = "the tree is served there already: do not copy it" },
	{ "autoinstall", "autoinstall_file", .help = "answer file template for the new profiles" },
	{ "kickstart", "autoinstall_file", .hidden = true },
	{ "rsync-flags", "rsync_flags", .help = "further options for rsync" },
};
static const struct opt o_replicate[] = {
	{ "master", "master", .help = "the server to copy from" },
	{ "port", "port", .help = "its port" },
	{ "distros", "distro_patterns", .help = "distros to copy (patterns, blank separated)" },
	{ "profiles", "profile_patterns", .help = "profiles to copy" },
	{ "systems", "system_patterns", .help = "systems to copy" },
	{ "repos", "repo_patterns", .help = "repos to copy" },
	{ "image", "image_patterns", .help = "images to copy" },
	{ "mgmtclasses", "mgmtclass_patterns", .help = "management classes to copy" },
	{ "packages", "package_patterns", .help = "packages to copy" },
	{ "files", "file_patterns", .help = "files to copy" },
	{ "omit-data", "omit_data", OPT_FLAG, .help = "objects only, no trees" },
	{ "sync-all", "sync_all", OPT_FLAG, .help = "everything" },
	{ "prune", "prune", OPT_FLAG, .help = "remove objects that the master does not have" },
	{ "use-ssl", "use_ssl", OPT_FLAG, .help = "talk to the master by TLS" },
};
static const struct opt o_reposync[] = {
	{ "only", "only", .refers = "repo", .help = "only this repo" },
	{ "tries", "tries", OPT_INT, .dflt = "1", .help = "attempts per repo" },
	{ "no-fail", "nofail", OPT_FLAG, .help = "go on with the next repo after a failure" },
};
static const struct opt o_sync[] = {
	{ "verbose", "verbose", OPT_FLAG, .help = "more lines in the log" },
	{ "dhcp", "dhcp", OPT_FLAG, .help = "the DHCP server's files only" },
	{ "dns", "dns", OPT_FLAG, .help = "the DNS server's files only" },
	{ "systems", "systems", OPT_CSV, .refers = "system", .help = "these systems only (comma separated)" },
};
static const struct opt o_loaders[] = { { "force", "force", OPT_FLAG, .hidden = true } };
static const struct opt o_task[] = { { "task", "task", .help = "the task's id, as 'cobbler events' lists it" } };

#define OPTS(a) .opts = a, .n_opts = ARRAY_LEN(a)
#define INSTALLABLE (W_ITEM(ITEM_PROFILE) | W_ITEM(ITEM_SYSTEM))
#define SYSTEMS W_ITEM(ITEM_SYSTEM)

const struct command commands[] = {
	{ W_ALL_ITEMS, "add", .fields = true, .run = run_edit, .help = "Create an object." },
	{ W_ITEM(ITEM_REPO), "autoadd", .run = run_autoadd, .help = "Add the repositories that the server itself uses." },
	{ W_ALL_ITEMS, "copy", .fields = true, .run = run_edit, .help = "Create an object like another one." },
	{ INSTALLABLE, "dumpvars", OPTS(o_name), .run = run_dumpvars, .help = "Print every variable that templates see." },
	{ W_ALL_ITEMS, "edit", .fields = true, .run = run_edit, .help = "Change an object." },
	{ W_ALL_ITEMS, "find", .fields = true, .run = run_find, .help = "Print the names of objects with these values "
		"(patterns with * and ? are allowed)." },
	{ INSTALLABLE, "get-autoinstall", "getks", OPTS(o_name), .run = run_get_autoinstall,
		.help = "Print the rendered answer file." },
	{ W_ALL_ITEMS, "list", .run = run_list, .help = "Print all names." },
	{ SYSTEMS, "poweroff", OPTS(o_name), .run = run_power, .help = "Switch the machine off." },
	{ SYSTEMS, "poweron", OPTS(o_name), .run = run_power, .help = "Switch the machine on." },
	{ SYSTEMS, "powerstatus", OPTS(o_name), .run = run_power, .help = "Ask whether the machine is on." },
	{ SYSTEMS, "reboot", OPTS(o_name), .run = run_power, .help = "Switch the machine off and on." },
	{ W_ALL_ITEMS, "remove", OPTS(o_remove), .run = run_edit, .help = "Remove an object." },
	{ W_ALL_ITEMS, "rename", .fields = true, .run = run_edit, .help = "Give an object another name." },
	{ W_ALL_ITEMS, "report", OPTS(o_name), .run = run_report, .help = "Print the values of one object or of all." },

	{ W_SETTING, "edit", OPTS(o_setting_edit), .run = run_setting_edit,
		.help = "Change a setting of the running server." },
	{ W_SETTING, "report", OPTS(o_setting), .run = run_setting_report, .help = "Print one setting or all." },
	{ W_SIGNATURE, "reload", OPTS(o_signature_reload), .run = run_signature_reload, .help = "Have the server read its "
		"signature file again." },
	{ W_SIGNATURE, "report", OPTS(o_breed), .run = run_signature_report, .help = "Print the operating systems that import "
		"recognises." },
	{ W_SIGNATURE, "update", .run = run_task, .method = "background_signature_update", .help = "Fetch the current "
		"signatures." },

	{ W_DIRECT, "aclsetup", OPTS(o_aclsetup), .run = run_task, .method = "background_aclsetup",
		.help = "Let users who are not root use the server's files." },
	{ W_DIRECT, "buildiso", OPTS(o_buildiso), .run = run_buildiso, .method = "background_buildiso",
		.help = "Make a bootable image for machines that cannot boot from the network." },
	{ W_DIRECT, "check", .run = run_check, .help = "Look for trouble in the server's configuration." },
	{ W_DIRECT, "events", .run = run_events, .help = "List background tasks and their states." },
	{ W_DIRECT, "follow", OPTS(o_task), .run = run_follow, .help = "Print a task's log until it ends." },
	{ W_DIRECT, "hardlink", .run = run_task, .method = "background_hardlink",
		.help = "Save space: link equal files of mirrored trees." },
	{ W_DIRECT, "import", OPTS(o_import), .run = run_import, .method = "background_import",
		.help = "Make distros and profiles from install media." },
	{ W_DIRECT, "list", .run = run_list_all, .help = "Print the names of all objects." },
	{ W_DIRECT, "mkloaders", "get-loaders", OPTS(o_loaders), .run = run_task, .method = "background_mkloaders",
		.help = "Put boot loaders together from what is installed on the server." },
	{ W_DIRECT, "replicate", OPTS(o_replicate), .run = run_task, .method = "background_replicate",
		.help = "Copy objects and trees from another server." },
	{ W_DIRECT, "report", .run = run_report_all, .help = "Print all objects with their values." },
	{ W_DIRECT, "reposync", OPTS(o_reposync), .run = run_task, .method = "background_reposync",
		.help = "Bring mirrored repositories up to date." },
	{ W_DIRECT, "status", .run = run_status, .help = "Print which machines are installing." },
	{ W_DIRECT, "sync", OPTS(o_sync), .run = run_sync, .method = "background_sync",
		.help = "Write the boot tree and the files of external DHCP and DNS servers." },
	{ W_DIRECT, "validate-autoinstalls", "validateks", .run = run_task, .method = "background_validate_autoinstall_files",
		.help = "Render and check every answer file." },
	{ W_DIRECT, "version", .run = run_version, .help = "Print the server's version." },
};
const size_t n_commands = ARRAY_LEN(commands);

/* The order of cobbler --help and of the sections of list and report. */
static const struct { const char *noun; unsigned bit; int item; } nouns[] = {
	{ "distro", W_ITEM(ITEM_DISTRO), ITEM_DISTRO }, { "profile", W_ITEM(ITEM_PROFILE), ITEM_PROFILE },
	{ "system", W_ITEM(ITEM_SYSTEM), ITEM_SYSTEM }, { "repo", W_ITEM(ITEM_REPO), ITEM_REPO },
	{ "image", W_ITEM(ITEM_IMAGE), ITEM_IMAGE }, { "mgmtclass", W_ITEM(ITEM_MGMTCLASS), ITEM_MGMTCLASS },
	{ "package", W_ITEM(ITEM_PACKAGE), ITEM_PACKAGE }, { "file", W_ITEM(ITEM_FILE), ITEM_FILE },
	{ "menu", W_ITEM(ITEM_MENU), ITEM_MENU }, { "setting", W_SETTING, -1 }, { "signature", W_SIGNATURE, -1 },
};

const char *noun_at(size_t i)
{
	return i < ARRAY_LEN(nouns) ? nouns[i].noun : NULL;
}

unsigned noun_bit(const char *noun, int *item)
{
	*item = -1;
	for (size_t i = 0; i < ARRAY_LEN(nouns); i++) {
		if (str_eq(nouns[i].noun, noun)) {
			*item = nouns[i].item;
			return nouns[i].bit;
		}
	}
	return 0;
}

const struct command *command_find(unsigned where, const char *name)
{
	for (size_t i = 0; i < n_commands; i++) {
		if (commands[i].where & where && (str_eq(commands[i].name, name) ||
			(commands[i].alias && str_eq(commands[i].alias, name))))
			return &commands[i];
	}
	return NULL;
}

void command_options(const struct command *cmd, int item, struct opt_set *s)
{
	opts_add(s, cmd->opts, cmd->n_opts);
	if (!cmd->fields)
		return;
	bool add = str_eq(cmd->name, "add"), edit = str_eq(cmd->name, "edit");
	opts_add_fields(s, (enum item_type)item);
	if (item == ITEM_SYSTEM)
		opts_add(s, o_interface, ARRAY_LEN(o_interface));
	if (item == ITEM_SYSTEM && (add || edit))
		opts_add(s, o_nic_edit, ARRAY_LEN(o_nic_edit));
	if (str_eq(cmd->name, "copy") || str_eq(cmd->name, "rename"))
		opts_add(s, o_newname, ARRAY_LEN(o_newname));
	if (add)
		opts_add(s, o_clobber, ARRAY_LEN(o_clobber));
	if (!str_eq(cmd->name, "find"))
		opts_add(s, o_in_place, ARRAY_LEN(o_in_place));
}
