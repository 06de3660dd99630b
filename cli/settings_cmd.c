/* SPDX-License-Identifier: GPL-2.0-or-later
 * settings_cmd.c - cobbler-settings: settings.yaml checked, migrated and changed without the daemon, with the options of Cobbler's command
 * of that name; and the plan of a migration, which also looks at the stored items.
 */
#include <getopt.h>
#include <stdio.h>

#include "base/file.h"
#include "base/log.h"
#include "cli/cli.h"
#include "settings/settings.h"
#include "store/store.h"
#include "value/yaml.h"

#define VERSION "3.3.7"

struct args {
	const char *config, *preserve, *version, *target, *key, *value;
	bool plan, enable;
};

static const char usage_text[] =
	"usage: cobbler-settings [--root DIR] [-c FILE] [--preserve-settings A,B] COMMAND\n"
	"\n"
	"  validate                         says whether the daemon would start with the file\n"
	"  validate -v VERSION              says whether the file has exactly the form of that release\n"
	"  migrate [--new VERSION] [-t FILE] writes the file as that release (default " VERSION ") has it to FILE, else to standard "
	"output\n"
	"  migrate --plan                   lists what would change in settings and stored items; changes nothing\n"
	"  automigrate [-e|-d]              switches auto_migrate_settings on or off (the default)\n"
	"  modify -k KEY -v VALUE           changes one setting; KEY may be parent.entry\n"
	"\n"
	"  -c, --config FILE      default: /etc/cobbler/settings.yaml; a file that is changed is kept as NAME_DATE_TIME.yaml\n"
	"  --preserve-settings    names of the site's own that are kept without a warning\n"
	"VERSION is one of 2.8.5 to " VERSION "; files of every release since 2.8 are read.\n";

static int complain(const struct err *e)
{
	printf("%s\n", e->text);
	return EXIT_FAILED;
}

/* Names in the file that are neither Cobbler's nor named by --preserve-settings: Python's Cobbler does not start with them. */
static void warn_of_unknown(const struct args *a, const struct value *all)
{
	for (size_t i = 0; i < v_len(all); i++) {
		const char *key = v_dict_key(all, i);
		if (!settings_is_known(key) && !v_list_has_str(v_dict_get(all, "extra_settings_list"), key) &&
			!settings_is_named(a->preserve, key))
			fprintf(stderr, "warning: \"%s\" is no setting of " VERSION ": it is kept and ignored here, Python's Cobbler "
				"refuses it\n", key);
	}
}

static int load(const struct args *a, struct value *plan, struct value **ret)
{
	struct err e;
	if (settings_load_file(a->config, plan, ret, &e) == CB_OK) {
		warn_of_unknown(a, *ret);
		return EXIT_DONE;
	}
	printf("Settings file invalid!\n");
	return complain(&e);
}

static int save(const char *path, const struct value *all)
{
	struct err e;
	if (settings_write_file(path, all, &e) != CB_OK)
		return complain(&e);
	printf("Updated settings file successfully!\n");
	return EXIT_DONE;
}

/* False, with words, for a version that is none. */
static bool version_ok(const struct args *a)
{
	struct err e;
	if (a->version == NULL || settings_find_version(a->version, &e) == CB_OK)
		return true;
	fprintf(stderr, "cobbler-settings: %s\n", e.text);
	return false;
}

static int run_validate(const struct args *a)
{
	struct value *all CLEANUP(v_unrefp) = NULL;
	struct err e;
	if (!version_ok(a))
		return EXIT_USAGE;
	int status = EXIT_DONE;
	if (a->version == NULL) {
		status = load(a, NULL, &all);
	} else if (settings_validate_version(a->config, a->preserve, a->version, &e) != CB_OK) {
		printf("Settings file invalid!\n");
		status = complain(&e);
	}
	if (status == EXIT_DONE)
		printf("Settings file successfully validated!\n");
	return status;
}

static int print_plan(const struct args *a)
{
	struct value *all CLEANUP(v_unrefp) = NULL, *plan CLEANUP(v_unrefp) = v_list(), *items CLEANUP(v_unrefp) = v_list();
	struct err e;
	int status = load(a, plan, &all);
	if (status != EXIT_DONE)
		return status;
	if (store_plan(items, &e) != CB_OK)
		return complain(&e);
	for (size_t i = 0; i < v_len(plan); i++)
		printf("%s: %s\n", a->config, v_cstr(v_list_at(plan, i)));
	for (size_t i = 0; i < v_len(items); i++)
		printf("%s\n", v_cstr(v_list_at(items, i)));
	printf("%zu changes of settings, %zu of stored items; nothing was changed\n", v_len(plan), v_len(items));
	return EXIT_DONE;
}

/* The file in the form of a release. One that lacks settings, or has some that no release knew, gets the form of the
 * present one all the same. */
static int migrated(const struct args *a, struct value *plan, struct value **ret)
{
	const char *to = a->version != NULL ? a->version : VERSION;
	struct err e;
	if (settings_migrate_version(a->config, a->preserve, to, plan, ret, &e) == CB_OK)
		return EXIT_DONE;
	if (str_eq(to, VERSION)) {
		fprintf(stderr, "warning: %s\n", e.text);
		return load(a, plan, ret);
	}
	printf("Settings file invalid!\n");
	return complain(&e);
}

static int run_migrate(const struct args *a)
{
	struct value *all CLEANUP(v_unrefp) = NULL, *plan CLEANUP(v_unrefp) = v_list();
	struct strbuf text CLEANUP(sb_free) = { 0 };
	if (!version_ok(a))
		return EXIT_USAGE;
	if (a->plan)
		return print_plan(a);
	int status = migrated(a, plan, &all);
	if (status != EXIT_DONE)
		return status;
	for (size_t i = 0; i < v_len(plan); i++)
		fprintf(stderr, "%s\n", v_cstr(v_list_at(plan, i)));
	if (a->target != NULL)
		return save(a->target, all);
	yaml_write(&text, all, true);
	fwrite(sb_str(&text), 1, text.len, stdout);
	return EXIT_DONE;
}

static int change(const struct args *a, const char *key, const char *value)
{
	struct value *all CLEANUP(v_unrefp) = NULL;
	struct err e;
	int status = load(a, NULL, &all);
	if (status != EXIT_DONE)
		return status;
	if (settings_set_text(all, key, value, &e) != CB_OK)
		return complain(&e);
	return save(a->config, all);
}

static int run_automigrate(const struct args *a)
{
	return change(a, "auto_migrate_settings", a->enable ? "true" : "false");
}

static int run_modify(const struct args *a)
{
	if (a->key == NULL || a->value == NULL) {
		fprintf(stderr, "cobbler-settings modify: -k KEY and -v VALUE are required\n");
		return EXIT_USAGE;
	}
	return change(a, a->key, a->value);
}

enum { O_ROOT = 256, O_PRESERVE, O_NEW, O_PLAN };

static const struct option long_options[] = {
	{ "root", required_argument, NULL, O_ROOT }, { "config", required_argument, NULL, 'c' }, { "help", no_argument, NULL, 'h' },
	{ "preserve-settings", required_argument, NULL, O_PRESERVE }, { "version", required_argument, NULL, 'v' },
	{ "new", required_argument, NULL, O_NEW }, { "target", required_argument, NULL, 't' }, { "plan", no_argument, NULL, O_PLAN },
	{ "enable", no_argument, NULL, 'e' }, { "disable", no_argument, NULL, 'd' }, { "key", required_argument, NULL, 'k' },
	{ "value", required_argument, NULL, 'v' }, { NULL, 0, NULL, 0 },
};

static const struct subcommand { const char *name; int (*run)(const struct args *); } subcommands[] = {
	{ "validate", run_validate }, { "migrate", run_migrate }, { "automigrate", run_automigrate }, { "modify", run_modify },
};

/* False when there is nothing to run; then *status says with what to end. */
static bool parse(int argc, char **argv, struct args *a, int *status)
{
	for (int c; (c = getopt_long(argc, argv, "c:hv:t:edk:", long_options, NULL)) != -1; ) {
		switch (c) {
		case O_ROOT: path_set_root(optarg); break;
		case 'c': a->config = optarg; break;
		case O_PRESERVE: a->preserve = optarg; break;
		case O_NEW: a->version = optarg; break;
		case 'v': a->version = a->value = optarg; break;
		case 't': a->target = optarg; break;
		case O_PLAN: a->plan = true; break;
		case 'e': a->enable = true; break;
		case 'd': a->enable = false; break;
		case 'k': a->key = optarg; break;
		case 'h':
			fputs(usage_text, stdout);
			*status = EXIT_DONE;
			return false;
		default:
			*status = EXIT_USAGE;
			return false;
		}
	}
	if (optind == argc) {
		fputs(usage_text, stdout);
		*status = EXIT_DONE;
		return false;
	}
	return true;
}

int settings_main(int argc, char **argv)
{
	struct args a = { .config = "/etc/cobbler/settings.yaml", .preserve = "" };
	int status;
	log_init("cobbler-settings", LOG_LVL_ERROR);
	if (!parse(argc, argv, &a, &status))
		return status;
	for (size_t i = 0; i < ARRAY_LEN(subcommands); i++)
		if (optind == argc - 1 && str_eq(subcommands[i].name, argv[optind]))
			return subcommands[i].run(&a);
	fprintf(stderr, "cobbler-settings: \"%s\" is no command, or there is too much behind it\n%s", argv[optind], usage_text);
	return EXIT_USAGE;
}
