/* SPDX-License-Identifier: GPL-2.0-or-later
 * settings_file.c - one settings file read, compared with what 3.3.7 would have in it, changed and written, with a copy of what was there.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "model/checks.h"
#include "settings/settings.h"
#include "settings/settings_private.h"
#include "settings/settings_table.h"
#include "value/yaml.h"

bool settings_is_known(const char *name)
{
	return settings_row(name) != NULL;
}

static void note_value(struct value *plan, const char *key, const char *before, const struct value *v, const char *after)
{
	struct strbuf b CLEANUP(sb_free) = { 0 };
	v_py_repr(&b, v);
	v_list_push(plan, v_strf("%s: %s%.200s%s", key, before, sb_str(&b), after));
}

/* What settings_migrate does not tell: values that got their type, and settings that the file lacks. */
static void note_differences(const struct value *file, const struct value *now, struct value *plan)
{
	for (size_t i = 0; i < v_len(now); i++) {
		const char *key = v_dict_key(now, i);
		const struct value *was = v_dict_get(file, key), *is = v_dict_at(now, i);
		if (was == NULL && !settings_may_be_missing(key))
			note_value(plan, key, "is added with its default, ", is, "");
		else if (was != NULL && v_type(was) != v_type(is))
			note_value(plan, key, "is written as ", is, " now");
	}
}

int settings_load_file(const char *path, struct value *plan, struct value **ret, struct err *e)
{
	struct value *file CLEANUP(v_unrefp) = NULL, *migrated CLEANUP(v_unrefp) = NULL, *unknown CLEANUP(v_unrefp) = v_dict();
	struct value *known = settings_defaults();
	int rc = settings_read_yaml(path, &file, e);
	if (rc == CB_OK) {
		migrated = settings_migrate(file, plan);
		rc = settings_apply(path, migrated, known, unknown, e);
	}
	if (rc != CB_OK) {
		v_unref(known);
		return rc;
	}
	if (plan != NULL)
		note_differences(migrated, known, plan);
	for (size_t i = 0; i < v_len(unknown); i++)
		v_dict_set(known, v_dict_key(unknown, i), v_ref(v_dict_at(unknown, i)));
	*ret = known;
	return CB_OK;
}

/* A copy of the former file beside it. */
static int back_up(const char *path, struct err *e)
{
	struct strbuf b CLEANUP(sb_free) = { 0 };
	int rc = file_read(AT_FDCWD, path, SETTINGS_FILE_MAX, &b, e);
	if (rc != CB_OK)
		return rc == CB_ENOENT ? CB_OK : rc;
	time_t now = (time_t)clock_wall();
	struct tm tm;
	char stamp[32];
	localtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "_%Y%m%d_%H-%M-%S", &tm);
	const char *base = strrchr(path, '/'), *dot = strrchr(base != NULL ? base : path, '.');
	size_t stem = dot != NULL ? (size_t)(dot - path) : strlen(path);
	char *copy CLEANUP(free_ptr) = xasprintf("%.*s%s%s", (int)stem, path, stamp, path + stem);
	/* of several changes in a second each keeps what it found */
	for (int i = 2; access(copy, F_OK) == 0; i++) {
		free(copy);
		copy = xasprintf("%.*s%s_%d%s", (int)stem, path, stamp, i, path + stem);
	}
	return file_rewrite(copy, sb_str(&b), b.len, 0640, e);
}

int settings_put_file(const char *path, const struct value *all, settings_put *put, void *arg, struct err *e)
{
	struct strbuf b CLEANUP(sb_free) = { 0 };
	char *real CLEANUP(free_ptr) = path_of(path);
	yaml_write(&b, all, true);
	int rc = back_up(real, e);
	if (rc == CB_OK)
		rc = put != NULL ? put(arg, path, &b, e) : file_rewrite(real, sb_str(&b), b.len, 0640, e);
	return rc;
}

int settings_write_file(const char *path, const struct value *all, struct err *e)
{
	return settings_put_file(path, all, NULL, NULL, e);
}

/* The value that text means for a setting of this type. */
static int read_text(const struct setting *row, const char *text, struct value **ret, struct err *e)
{
	struct value *v CLEANUP(v_unrefp) = v_str(text);
	bool yes;
	int rc;
	switch (row->type) {
	case SET_BOOL:
		rc = input_bool(v, &yes, e);
		if (rc == CB_OK)
			*ret = v_bool(yes);
		return rc;
	case SET_LIST:
		return input_list(v, ret, e);
	case SET_DICT:
		return input_dict(v, true, ret, e);
	case SET_FLOAT: {
		char *end;
		double d = strtod(text, &end);
		if (end == text || *end != '\0')
			return err_set(e, CB_EINVAL, "%s: a number expected, not \"%s\"", row->name, text);
		*ret = v_float(d);
		return CB_OK;
	}
	case SET_INT: case SET_STR:
		return settings_check_type(row, v, "the command line", ret, e);
	}
	return err_set(e, CB_EINVAL, "%s has no type", row->name);
}

int settings_set_text(struct value *all, const char *key, const char *text, struct err *e)
{
	const char *dot = strchr(key, '.');
	char *first CLEANUP(free_ptr) = dot != NULL ? xstrndup(key, (size_t)(dot - key)) : xstrdup(key);
	const struct setting *row = settings_row(first);
	struct value *v;
	if (row == NULL)
		return err_set(e, CB_ENOENT, "there is no setting \"%s\"", first);
	if (dot == NULL) {
		int rc = read_text(row, text, &v, e);
		if (rc == CB_OK)
			v_dict_set(all, key, v);
		return rc;
	}
	if (row->type != SET_DICT || dot[1] == '\0' || strchr(dot + 1, '.') != NULL)
		return err_set(e, CB_EINVAL, "%s: %s has no entries of their own", key, first);
	struct value *inner = v_copy(v_dict_get(all, first));
	const struct value *was = v_dict_get(inner, dot + 1);
	bool yes;
	v = v_str(text);
	if (v_is(was, V_BOOL) && input_bool(v, &yes, e) == CB_OK) {
		v_unref(v);
		v = v_bool(yes);
	}
	v_dict_set(inner, dot + 1, v);
	v_dict_set(all, first, inner);
	return CB_OK;
}
