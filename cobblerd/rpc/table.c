/* SPDX-License-Identifier: GPL-2.0-or-later
 * table.c - the one table of methods: what is not in it cannot be called. To add a method, add a row and its handler.
 */
#include <stdlib.h>
#include <string.h>

#include "rpc/internal.h"
#include "value/json.h"

static const struct method method_table[] = {
	/* Logging in. */
	{ "login", "login_user, login_password", FOR_ALL, 0, NULL, rpc_login, "A token for a user and password." },
	{ "logout", "token", FOR_ALL, 0, NULL, rpc_logout, "Ends a token." },
	{ "token_check", "token", FOR_ALL, M_QUICK, NULL, rpc_token_check, "Is the token valid? Renews it." },
	{ "get_user_from_token", "token", FOR_USERS, M_QUICK, NULL, rpc_get_user_from_token, "Whose token it is." },
	{ "check_access", "token, resource, arg1=None, arg2=None", FOR_USERS, 0, NULL, rpc_check_access,
		"Faults unless the user may do it." },
	{ "check_access_no_fail", "token, resource, arg1=None, arg2=None", FOR_ALL, 0, NULL, rpc_check_access_no_fail,
		"1 when the user may do it." },
	{ "get_authn_module_name", "token", FOR_USERS, 0, NULL, rpc_get_authn_module_name, "The module that checks passwords." },

	/* The server. */
	{ "ping", "", FOR_ALL, M_QUICK, NULL, rpc_ping, "True." },
	{ "version", "token=None", FOR_ALL, M_QUICK, NULL, rpc_version, "Release whose interface this is, as a number." },
	{ "extended_version", "token=None", FOR_ALL, 0, NULL, rpc_extended_version, "The same in detail." },
	{ "last_modified_time", "token=None", FOR_ALL, 0, NULL, rpc_last_modified_time, "When an item last changed." },
	{ "get_settings", "token=None", FOR_ALL, M_TILDE, NULL, rpc_get_settings, "All settings." },
	{ "modify_setting", "setting_name, value, token", BY_RIGHT, M_CHANGES, "modify_setting", rpc_modify_setting,
		"Changes a setting; 0 when done." },
	{ "get_signatures", "token=None", FOR_ALL, M_TILDE, NULL, rpc_get_signatures, "How install media are recognised." },
	{ "get_valid_breeds", "token=None", FOR_ALL, M_TILDE, NULL, rpc_valid_breeds, "Known families of operating systems." },
	{ "get_valid_os_versions", "token=None", FOR_ALL, M_TILDE, NULL, rpc_valid_versions, "Known releases." },
	{ "get_valid_os_versions_for_breed", "breed, token=None", FOR_ALL, M_TILDE, NULL, rpc_valid_versions_for_breed,
		"Known releases of a family." },
	{ "get_valid_archs", "token=None", FOR_ALL, M_TILDE, NULL, rpc_valid_archs, "Known architectures." },
	{ "get_random_mac", "virt_type=\"xenpv\", token=None", FOR_ALL, 0, NULL, rpc_random_mac, "A MAC address that no system has." },
	{ "xmlrpc_hacks", "data", FOR_ALL, M_TILDE, NULL, rpc_xmlrpc_hacks, "The argument with nil as \"~\"." },
	{ "check", "token", BY_RIGHT, 0, "check", rpc_check, "What an administrator should look at." },

	/* Items, by type and with the type as first argument. */
	{ "get_%s", "name, flatten=False, resolved=False, token=None", FOR_ALL, M_TILDE | M_QUICK | M_ITEMS, NULL, rpc_get_item,
		"One item, \"~\" when there is none." },
	{ "get_item", "what, name, flatten=False, resolved=False", FOR_ALL, M_TILDE | M_WHAT | M_QUICK, NULL, rpc_get_item,
		"One item, \"~\" when there is none." },
	{ "get_%p", "page=None, results_per_page=None, token=None", FOR_ALL, M_TILDE | M_ITEMS | M_EDITS, NULL, rpc_get_items,
		"All items of the type." },
	{ "get_items", "what", FOR_ALL, M_TILDE | M_WHAT | M_EDITS, NULL, rpc_get_items, "All items of the type." },
	{ "get_item_names", "what", FOR_ALL, M_WHAT, NULL, rpc_get_item_names, "Their names." },
	{ "get_%p_since", "mtime", FOR_ALL, M_TILDE | M_EDITS, NULL, rpc_get_since, "Items changed since then." },
	{ "has_item", "what, name, token=None", FOR_ALL, M_WHAT | M_QUICK | M_ITEMS, NULL, rpc_has_item, "Is there an item of that name?" },
	{ "get_%s_handle", "name, token", FOR_ALL, M_QUICK | M_ITEMS, NULL, rpc_get_handle, "A handle for modify, save, copy, rename." },
	{ "get_item_handle", "what, name, token=None", FOR_ALL, M_WHAT | M_QUICK | M_ITEMS, NULL, rpc_get_handle,
		"A handle for modify, save, copy, rename." },
	{ "find_%s", "criteria=None, expand=False, token=None", FOR_ALL, M_TILDE | M_ITEMS | M_EDITS | M_FINDS, NULL, rpc_find_type,
		"Names (or items) that match." },
	{ "find_items", "what, criteria=None, sort_field=None, expand=True", FOR_ALL, M_TILDE | M_WHAT | M_EDITS | M_FINDS, NULL,
		rpc_find_items,
		"Items (or names) that match." },
	{ "find_items_paged", "what, criteria=None, sort_field=None, page=1, items_per_page=25, token=None", FOR_ALL, M_TILDE | M_WHAT |
		M_ITEMS | M_EDITS, NULL, rpc_find_items_paged, "One page of the items that match." },
	{ "find_system_by_dns_name", "dns_name", FOR_ALL, M_TILDE | M_EDITS, NULL, rpc_find_system_by_dns_name,
		"Rendered data of the system with that DNS name." },
	{ "get_repos_compatible_with_profile", "profile=None, token=None", FOR_ALL, M_EDITS, NULL, rpc_repos_compatible,
		"Repositories of a fitting architecture." },
	{ "get_item_resolved_value", "item_uuid, attribute", FOR_ALL, M_TILDE | M_QUICK, NULL, rpc_resolved_value,
		"A field with its inheritance followed." },
	{ "set_item_resolved_value", "item_uuid, attribute, value, token", BY_HANDLER, M_CHANGES | M_EXTRA | M_ITEMS, NULL,
		rpc_set_resolved_value, "Sets a field by uid and saves." },
	{ "get_%s_as_rendered", "name, token=None", FOR_ALL, M_TILDE | M_QUICK | M_ITEMS | M_EDITS, NULL, rpc_as_rendered,
		"Everything that templates see of it." },
	{ "get_blended_data", "profile=None, system=None", FOR_ALL, M_TILDE | M_QUICK | M_EDITS, NULL, rpc_blended_data,
		"Everything that templates see of it." },
	{ "dump_vars", "item_uuid, formatted_output=False, remove_dicts=True", FOR_ALL, M_TILDE | M_EDITS, NULL, rpc_dump_vars,
		"Everything that templates see of it." },
	{ "new_%s", "token", BY_RIGHT, M_CHANGES | M_QUICK | M_ITEMS, "new_%s", rpc_new_item,
		"A handle to a new item, which is saved by save." },
	{ "new_item", "what, token, is_subobject=False", BY_RIGHT, M_CHANGES | M_WHAT | M_ITEMS, "new_%s", rpc_new_item,
		"A handle to a new item, which is saved by save." },
	{ "new_subprofile", "token", BY_RIGHT, M_CHANGES | M_ITEMS, "new_profile", rpc_new_subprofile,
		"The same for a profile below a profile." },
	{ "modify_%s", "object_id, attribute, arg, token", BY_HANDLER, M_CHANGES | M_QUICK | M_ITEMS, NULL, rpc_modify_item,
		"Changes a field; False when there is none of that name." },
	{ "modify_item", "what, object_id, attribute, arg, token", BY_HANDLER, M_CHANGES | M_WHAT | M_ITEMS, NULL, rpc_modify_item,
		"Changes a field; False when there is none of that name." },
	{ "save_%s", "object_id, token, editmode=\"bypass\"", BY_HANDLER, M_CHANGES | M_ITEMS, NULL, rpc_save_item,
		"Checks the item and stores it." },
	{ "save_item", "what, object_id, token, editmode=\"bypass\"", BY_HANDLER, M_CHANGES | M_WHAT | M_ITEMS, NULL, rpc_save_item,
		"Checks the item and stores it." },
	{ "copy_%s", "object_id, newname, token=None", BY_HANDLER, M_CHANGES | M_ITEMS, NULL, rpc_copy_item, "A copy under another name." },
	{ "copy_item", "what, object_id, newname, token", BY_HANDLER, M_CHANGES | M_WHAT | M_ITEMS, NULL, rpc_copy_item,
		"A copy under another name." },
	{ "rename_%s", "object_id, newname, token=None", BY_HANDLER, M_CHANGES | M_ITEMS, NULL, rpc_rename_item,
		"Another name; references follow." },
	{ "rename_item", "what, object_id, newname, token=None", BY_HANDLER, M_CHANGES | M_WHAT | M_ITEMS, NULL, rpc_rename_item,
		"Another name; references follow." },
	{ "remove_%s", "name, token, recursive=True", BY_HANDLER, M_CHANGES | M_ITEMS, NULL, rpc_remove_item,
		"Removes it, and what depends on it." },
	{ "remove_item", "what, name, token, recursive=True", BY_HANDLER, M_CHANGES | M_WHAT | M_ITEMS, NULL, rpc_remove_item,
		"Removes it, and what depends on it." },
	{ "xapi_object_edit", "object_type, object_name, edit_type, attributes, token", BY_HANDLER, M_CHANGES | M_ITEMS, NULL,
		rpc_xapi_object_edit, "Adds, edits, copies, renames or removes in one call." },

	/* Several edits as one. */
	{ "transaction_begin", "token", FOR_USERS, M_CHANGES | M_EXTRA, NULL, rpc_transaction_begin,
		"What this token saves from now on waits for the commit." },
	{ "transaction_commit", "token", FOR_USERS, M_CHANGES | M_EXTRA, NULL, rpc_transaction_commit,
		"Stores all that was edited since, or nothing." },
	{ "transaction_abort", "token", FOR_USERS, M_CHANGES | M_EXTRA, NULL, rpc_transaction_abort, "Forgets all that was edited since." },

	/* What machines get. */
	{ "generate_autoinstall", "profile=None, system=None, REMOTE_ADDR=None, REMOTE_MAC=None", FOR_ALL, M_EDITS, NULL,
		rpc_generate_autoinstall, "The answer file." },
	{ "generate_profile_autoinstall", "profile", FOR_ALL, M_EDITS, NULL, rpc_generate_one, "The answer file of a profile." },
	{ "generate_system_autoinstall", "system", FOR_ALL, M_EDITS, NULL, rpc_generate_one, "The answer file of a system." },
	{ "generate_ipxe", "profile=None, image=None, system=None", FOR_ALL, M_EDITS, NULL, rpc_generate_ipxe, "The iPXE script." },
	{ "generate_bootcfg", "profile=None, system=None", FOR_ALL, M_EDITS, NULL, rpc_generate_bootcfg, "boot.cfg of ESXi's loader." },
	{ "generate_script", "profile=None, system=None, name=\"\"", FOR_ALL, M_EDITS, NULL, rpc_generate_script, "A rendered script." },
	{ "get_repo_config_for_profile", "profile_name", FOR_ALL, M_EDITS, NULL, rpc_repo_config, "Package manager configuration." },
	{ "get_repo_config_for_system", "system_name", FOR_ALL, M_EDITS, NULL, rpc_repo_config, "Package manager configuration." },
	{ "get_template_file_for_profile", "profile_name, path", FOR_ALL, M_EDITS, NULL, rpc_template_file, "A rendered template file." },
	{ "get_template_file_for_system", "system_name, path", FOR_ALL, M_EDITS, NULL, rpc_template_file, "A rendered template file." },
	{ "get_config_data", "hostname", FOR_ALL, 0, NULL, rpc_config_data, "Packages and files that a host's classes ask for, JSON." },
	{ "get_valid_distro_boot_loaders", "distro_name, token=None", FOR_ALL, 0, NULL, rpc_boot_loaders, "Boot loaders to choose from." },
	{ "get_valid_image_boot_loaders", "image_name, token=None", FOR_ALL, 0, NULL, rpc_boot_loaders, "Boot loaders to choose from." },
	{ "get_valid_profile_boot_loaders", "profile_name, token=None", FOR_ALL, 0, NULL, rpc_boot_loaders,
		"Boot loaders to choose from." },
	{ "get_valid_system_boot_loaders", "system_name, token=None", FOR_ALL, 0, NULL, rpc_boot_loaders, "Boot loaders to choose from." },

	/* Templates and snippets. */
	{ "get_autoinstall_templates", "token=None", FOR_ALL, 0, NULL, rpc_list_files, "Names of answer-file templates." },
	{ "get_autoinstall_snippets", "token=None", FOR_ALL, 0, NULL, rpc_list_files, "Names of snippets." },
	{ "is_autoinstall_in_use", "ai, token=None", FOR_ALL, 0, NULL, rpc_template_in_use, "Does a profile or system use the template?" },
	{ "read_autoinstall_template", "file_path, token", BY_RIGHT, 0, "read_autoinstall_template", rpc_read_file, "Its text." },
	{ "write_autoinstall_template", "file_path, data, token", BY_RIGHT, M_CHANGES, "write_autoinstall_template", rpc_write_file,
		"Replaces its text." },
	{ "remove_autoinstall_template", "file_path, token", BY_RIGHT, M_CHANGES, "write_autoinstall_template", rpc_remove_file,
		"Removes one that nobody uses." },
	{ "read_autoinstall_snippet", "file_path, token", BY_RIGHT, 0, "read_autoinstall_snippet", rpc_read_file, "Its text." },
	{ "write_autoinstall_snippet", "file_path, data, token", BY_RIGHT, M_CHANGES, "write_autoinstall_snippet", rpc_write_file,
		"Replaces its text." },
	{ "remove_autoinstall_snippet", "file_path, token", BY_RIGHT, M_CHANGES, "remove_autoinstall_snippet", rpc_remove_file,
		"Removes it." },

	/* Work. */
	{ "background_aclsetup", "options, token", BY_RIGHT, M_CHANGES | M_STARTS, "aclsetup", rpc_background,
		"Starts a task: file rights of users." },
	{ "background_buildiso", "options, token", BY_RIGHT, M_CHANGES | M_STARTS, "buildiso", rpc_background,
		"Starts a task: a bootable ISO." },
	{ "background_hardlink", "options, token", BY_RIGHT, M_CHANGES | M_STARTS, "hardlink", rpc_background,
		"Starts a task: equal files become one." },
	{ "background_import", "options, token", BY_RIGHT, M_CHANGES | M_STARTS, "import", rpc_background,
		"Starts a task: imports install media." },
	{ "background_mkloaders", "options, token", BY_RIGHT, M_CHANGES | M_STARTS, "mkloaders", rpc_background,
		"Starts a task: boot loaders." },
	{ "background_power_system", "options, token", BY_RIGHT, M_CHANGES | M_STARTS, "power_system", rpc_background_power,
		"Starts a task: switches systems on or off." },
	{ "background_replicate", "options, token", BY_RIGHT, M_CHANGES | M_STARTS, "replicate", rpc_background,
		"Starts a task: copies items of another server." },
	{ "background_reposync", "options, token", BY_RIGHT, M_CHANGES | M_STARTS, "reposync", rpc_background,
		"Starts a task: mirrors repositories." },
	{ "background_signature_update", "options, token", BY_RIGHT, M_CHANGES | M_STARTS, "sigupdate", rpc_background,
		"Starts a task: fetches signatures." },
	{ "background_signature_reload", "options, token", BY_RIGHT, M_CHANGES | M_STARTS | M_EXTRA, "sigupdate", rpc_background,
		"Starts a task: reads signatures again." },
	{ "background_sync", "options, token", BY_RIGHT, M_CHANGES | M_STARTS, "sync", rpc_background,
		"Starts a task: writes all files for booting." },
	{ "background_syncsystems", "options, token", BY_RIGHT, M_CHANGES | M_STARTS, "syncsystems", rpc_background,
		"Starts a task: the same for some systems." },
	{ "background_validate_autoinstall_files", "options, token", BY_RIGHT, M_CHANGES | M_STARTS, "validate_autoinstall_files",
		rpc_background, "Starts a task: renders all answer files." },
	{ "get_events", "for_user=\"\"", FOR_ALL, 0, NULL, rpc_get_events, "Tasks and notices." },
	{ "get_event_log", "event_id", FOR_ALL, 0, NULL, rpc_get_event_log, "The log of a task." },
	{ "get_task_status", "event_id", FOR_ALL, M_QUICK, NULL, rpc_get_task_status, "Time, name, state and readers of a task." },
	{ "sync", "token", BY_RIGHT, M_CHANGES, "sync", rpc_sync, "Writes all files for booting." },
	{ "sync_dhcp", "token", BY_RIGHT, M_CHANGES, "sync", rpc_sync_dhcp, "The same for DHCP alone." },
	{ "power_system", "system_id, power, token", BY_HANDLER, M_CHANGES, NULL, rpc_power_system, "Switches a system on or off." },
	{ "auto_add_repos", "token", BY_RIGHT, M_CHANGES, "new_repo", rpc_auto_add_repos, "Adds the host's own repositories." },

	/* What machines report. */
	{ "get_status", "mode=\"normal\", token=None", BY_RIGHT, 0, "sync", rpc_get_status, "Machines under installation." },
	{ "run_install_triggers", "mode, objtype, name, ip, token=None", FOR_ALL, M_REPORT, NULL, rpc_run_install_triggers,
		"An installation begins or ends." },
	{ "upload_log_data", "sys_name, file, size, offset, data, token=None", FOR_ALL, M_UPLOAD, NULL, rpc_upload_log_data,
		"A piece of an installer's log." },
	{ "clear_system_logs", "object_id, token", BY_HANDLER, M_CHANGES, NULL, rpc_clear_system_logs,
		"Empties a system's uploaded logs." },
	{ "register_new_system", "info, token=None", FOR_ALL, M_REPORT, NULL, rpc_register_new_system,
		"A machine adds itself, where settings permit." },
	{ "disable_netboot", "name, token=None", FOR_ALL, M_REPORT, NULL, rpc_disable_netboot,
		"Ends network booting of an installed system." },

	/* A TFTP server of the site's own. */
	{ "get_tftp_file", "path, offset, size, token", BY_RIGHT, M_EXTRA, "get_tftp_file", rpc_get_tftp_file,
		"A piece of a boot file, and the size of all of it." },

	/* Names of 2.x. */
	{ "update", "token=None", FOR_ALL, M_QUICK | M_EXTRA, NULL, rpc_ping, "True." },
	{ "read_or_write_kickstart_template", "kickstart_file, is_read, new_data, token", BY_HANDLER, M_CHANGES | M_EXTRA, NULL,
		rpc_read_or_write, "Reads a template, writes it, or with -1 as data removes it." },
	{ "read_or_write_snippet", "snippet_file, is_read, new_data, token", BY_HANDLER, M_CHANGES | M_EXTRA, NULL, rpc_read_or_write,
		"The same for a snippet." },
	{ "get_%s_for_koan", "name, token=None", FOR_ALL, M_TILDE | M_EXTRA | M_ITEMS | M_EDITS, NULL, rpc_as_rendered,
		"As get_..._as_rendered." },
	{ "generate_kickstart", "profile=None, system=None, REMOTE_ADDR=None, REMOTE_MAC=None", FOR_ALL, M_EXTRA | M_EDITS, NULL,
		rpc_generate_autoinstall, "As generate_autoinstall." },
	{ "generate_gpxe", "profile=None, image=None, system=None", FOR_ALL, M_EXTRA | M_EDITS, NULL, rpc_generate_ipxe,
		"As generate_ipxe." },
	{ "get_kickstart_templates", "token=None", FOR_ALL, M_EXTRA, NULL, rpc_list_files, "As get_autoinstall_templates." },
	{ "get_snippets", "token=None", FOR_ALL, M_EXTRA, NULL, rpc_list_files, "As get_autoinstall_snippets." },
	{ "is_kickstart_in_use", "ks, token=None", FOR_ALL, M_EXTRA, NULL, rpc_template_in_use, "As is_autoinstall_in_use." },
	{ "background_validateks", "options, token", BY_RIGHT, M_CHANGES | M_STARTS | M_EXTRA, "validate_autoinstall_files", rpc_background,
		"As background_validate_autoinstall_files." },
	{ "background_dlcontent", "options, token", BY_RIGHT, M_CHANGES | M_STARTS | M_EXTRA, "mkloaders", rpc_background,
		"As background_mkloaders." },

	/* About itself. */
	{ "system.listMethods", "", FOR_ALL, M_EXTRA, NULL, rpc_list_methods, "Names of all methods." },
	{ "system.methodSignature", "method_name", FOR_ALL, M_EXTRA, NULL, rpc_method_signature, "How many arguments a method takes." },
	{ "system.methodHelp", "method_name", FOR_ALL, M_EXTRA, NULL, rpc_method_help, "What a method does." },
	{ "system.multicall", "calls", FOR_ALL, M_TILDE | M_EXTRA, NULL, rpc_multicall, "Several calls in one." },
};

static struct value *default_value(const char *text, struct err *e)
{
	static const struct { const char *word, *json; } words[] = { { "None", "null" }, { "False", "false" }, { "True", "true" } };
	struct value *v = NULL;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (str_eq(words[i].word, text))
			text = words[i].json;
	return json_parse(text, strlen(text), &v, e) == CB_OK ? v : NULL;
}

/* "name, flatten=False" into the entry's arguments. */
static int parse_args(struct entry *en, struct err *e)
{
	char *text CLEANUP(free_ptr) = xstrdup(en->m->args), *save = NULL;
	en->token_at = -1;
	for (char *s = strtok_r(text, ", ", &save); s != NULL; s = strtok_r(NULL, ", ", &save)) {
		char *eq = strchr(s, '=');
		if (en->n_args == RPC_ARGS)
			return err_set(e, CB_ELIMIT, "%s: more than %d arguments", en->name, RPC_ARGS);
		struct arg *a = &en->args[en->n_args];
		if (eq != NULL) {
			*eq = '\0';
			a->dflt = default_value(eq + 1, e);
			if (a->dflt == NULL)
				return err_prefix(e, "%s", en->name), CB_EPARSE;
		} else {
			en->n_required = en->n_args + 1;
		}
		a->name = xstrdup(s);
		if (str_eq(s, "token"))
			en->token_at = (int)en->n_args;
		en->n_args++;
	}
	return CB_OK;
}

/* Puts the type's name, or its plural for "%p", where the mark stands. Returns owned. */
static char *expand(const char *pattern, const struct item_table *t)
{
	const char *mark = strchr(pattern, '%');
	if (mark == NULL || t == NULL)
		return xstrdup(pattern);
	return xasprintf("%.*s%s%s", (int)(mark - pattern), pattern, mark[1] == 'p' ? t->plural : t->name, mark + 2);
}

static void free_entry(struct entry *en)
{
	for (size_t i = 0; i < RPC_ARGS; i++) {
		free(en->args[i].name);
		v_unref(en->args[i].dflt);
	}
	free(en->name);
	free(en->resource);
	free(en);
}

static int add(struct rpc *r, const struct method *m, const struct item_table *t, struct err *e)
{
	struct entry *en = xcalloc(1, sizeof(*en));
	en->m = m;
	en->name = expand(m->name, t);
	en->resource = m->resource == NULL ? NULL : expand(m->resource, t);
	en->type = t == NULL ? ITEM_TYPES : t->type;
	int rc = parse_args(en, e);
	if (rc == CB_OK && m->access != FOR_ALL && en->token_at == -1)
		rc = err_set(e, CB_EINVAL, "%s needs a token and has no argument for it", en->name);
	if (rc == CB_OK && map_get(&r->methods, en->name) != NULL)
		rc = err_set(e, CB_EEXIST, "%s is in the table twice", en->name);
	if (rc != CB_OK) {
		free_entry(en);
		return rc;
	}
	map_put(&r->methods, en->name, en);
	return CB_OK;
}

int table_build(struct rpc *r, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(method_table); i++) {
		const struct method *m = &method_table[i];
		bool family = strchr(m->name, '%') != NULL;
		for (int t = 0; t < (family ? ITEM_TYPES : 1); t++) {
			int rc = add(r, m, family ? item_table((enum item_type)t) : NULL, e);
			if (rc != CB_OK)
				return rc;
		}
	}
	return CB_OK;
}

void table_free(struct rpc *r)
{
	void *v;
	for (size_t i = 0; map_next(&r->methods, &i, NULL, &v); )
		free_entry(v);
	map_free(&r->methods);
}
