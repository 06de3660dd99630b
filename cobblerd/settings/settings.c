/* SPDX-License-Identifier: GPL-2.0-or-later
 * settings.c - reading, checking and changing Cobbler's settings.
 */
#include "settings/settings.h"

#include <fcntl.h>
#include <glob.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/log.h"
#include "settings/settings_private.h"
#include "settings/settings_table.h"
#include "value/json.h"
#include "value/yaml.h"

#define SETTINGS_PATH "/etc/cobbler/settings.yaml"

/* What was read at one time; replaced whole. */
struct state {
	struct value *known;       /* as get_settings answers */
	struct value *unknown;     /* keys that no row has: kept when the file is written */
	struct value *daemon;      /* cobblerd.yaml */
	struct value *modules;     /* section -> key -> text */
};

struct settings {
	pthread_mutex_t lock;
	struct state now;
};

static void state_free(struct state *st)
{
	v_unref(st->known);
	v_unref(st->unknown);
	v_unref(st->daemon);
	v_unref(st->modules);
	*st = (struct state){ 0 };
}

__attribute__((constructor(200))) static void keep_names(void)
{
	for (size_t i = 0; i < settings_count; i++)
		v_keep_key(settings_table[i].name);
}

struct value *settings_json(const char *text)
{
	struct value *v;
	struct err e;
	if (json_parse(text, strlen(text), &v, &e) != CB_OK)
		fatal("default of a setting: %s: %s", text, e.text);
	return v;
}

struct value *settings_defaults(void)
{
	struct value *d = v_dict();
	for (size_t i = 0; i < settings_count; i++)
		v_dict_set(d, settings_table[i].name, settings_json(settings_table[i].dflt));
	return d;
}

int settings_read_yaml(const char *path, struct value **ret, struct err *e)
{
	struct strbuf b = { 0 };
	struct value *v = NULL;
	char *real = path_of(path);
	int rc = file_read(AT_FDCWD, real, SETTINGS_FILE_MAX, &b, e);
	free(real);
	if (rc == CB_OK) {
		rc = yaml_parse(sb_str(&b), b.len, &v, e);
		if (rc != CB_OK)
			err_prefix(e, "%s", path);
	}
	sb_free(&b);
	if (rc == CB_OK && v_is(v, V_NONE)) {
		v_unref(v);
		v = v_dict();
	}
	if (rc == CB_OK && !v_is(v, V_DICT)) {
		rc = err_set(e, CB_EPARSE, "%s: a mapping expected, not a %s", path, v_type_name(v));
		v_unref(v);
	}
	if (rc == CB_OK)
		*ret = v;
	return rc;
}

const struct setting *settings_row(const char *name)
{
	for (size_t i = 0; i < settings_count; i++)
		if (str_eq(settings_table[i].name, name))
			return &settings_table[i];
	return NULL;
}

/* "yes" and "0" of old files; NULL: neither. */
static struct value *boolean_text(const struct value *v)
{
	static const char *const words[][2] = { { "0", "1" }, { "no", "yes" }, { "n", "y" }, { "off", "on" }, { "false", "true" } };
	for (size_t i = 0; v_is(v, V_STR) && i < ARRAY_LEN(words); i++)
		for (int b = 0; b < 2; b++)
			if (strcasecmp(words[i][b], v_cstr(v)) == 0)
				return v_bool(b);
	return NULL;
}

/* v in the form of the row's type (owned), or NULL when it cannot be. Old files have 0/1 for booleans and text for numbers. */
static struct value *coerce(const struct setting *s, const struct value *v)
{
	int64_t n;
	switch (s->type) {
	case SET_BOOL:
		if (v_is(v, V_INT) && (v_int_of(v) == 0 || v_int_of(v) == 1))
			return v_bool(v_int_of(v) == 1);
		return v_is(v, V_BOOL) ? v_ref(v) : boolean_text(v);
	case SET_INT:
		if (v_is(v, V_STR) && parse_int64(v_cstr(v), &n))
			return v_int(n);
		return v_is(v, V_INT) ? v_ref(v) : NULL;
	case SET_FLOAT:
		return v_is(v, V_FLOAT) || v_is(v, V_INT) ? v_float(v_float_of(v)) : NULL;
	case SET_STR:
		return v_is(v, V_STR) ? v_ref(v) : v_is(v, V_NONE) ? v_str("") : NULL;
	case SET_LIST:
		return v_is(v, V_LIST) ? v_ref(v) : v_is(v, V_NONE) ? v_list() : NULL;
	case SET_DICT:
		return v_is(v, V_DICT) ? v_ref(v) : v_is(v, V_NONE) ? v_dict() : NULL;
	}
	return NULL;
}

int settings_check_type(const struct setting *s, const struct value *v, const char *file, struct value **ret, struct err *e)
{
	static const char *const names[] = { "true or false", "a whole number", "a number", "text", "a list", "a mapping" };
	struct strbuf b = { 0 };
	*ret = coerce(s, v);
	if (*ret != NULL)
		return CB_OK;
	v_py_repr(&b, v);
	int rc = err_set(e, CB_EINVAL, "%s: %s: %s expected, not %s", file, s->name, names[s->type], sb_str(&b));
	sb_free(&b);
	return rc;
}

static int apply(const char *path, const struct value *file, struct value *known, struct value *unknown, struct err *e)
{
	for (size_t i = 0; i < v_len(file); i++) {
		const char *key = v_dict_key(file, i);
		const struct setting *s = settings_row(key);
		struct value *v;
		if (s == NULL) {
			log_warn("settings", "%s: unknown setting \"%s\" is kept and ignored", path, key);
			v_dict_set(unknown, key, v_ref(v_dict_at(file, i)));
			continue;
		}
		int rc = settings_check_type(s, v_dict_at(file, i), path, &v, e);
		if (rc != CB_OK)
			return rc;
		v_dict_set(known, key, v);
	}
	return CB_OK;
}

int settings_apply(const char *path, const struct value *file, struct value *known, struct value *unknown, struct err *e)
{
	struct value *plan = v_list(), *now = settings_migrate(file, plan);
	for (size_t i = 0; i < v_len(plan); i++)
		log_info("settings", "%s: %s", path, v_cstr(v_list_at(plan, i)));
	int rc = apply(path, now, known, unknown, e);
	v_unref(plan);
	v_unref(now);
	return rc;
}

static int read_file(void *state, const char *path, struct err *e)
{
	struct state *st = state;
	struct value *file;
	int rc = settings_read_yaml(path, &file, e);
	if (rc != CB_OK)
		return rc;
	rc = settings_apply(path, file, st->known, st->unknown, e);
	v_unref(file);
	return rc;
}

int settings_include(const struct value *include, int (*take)(void *arg, const char *path, struct err *e), void *arg, struct err *e)
{
	int rc = CB_OK;
	for (size_t i = 0; v_is(include, V_LIST) && i < v_len(include) && rc == CB_OK; i++) {
		char *pattern = path_of(v_cstr(v_list_at(include, i)));
		glob_t g;
		int found = glob(pattern, 0, NULL, &g);
		for (size_t k = 0; found == 0 && k < g.gl_pathc && rc == CB_OK; k++)
			rc = take(arg, g.gl_pathv[k] + strlen(path_root()), e);
		if (found == 0)
			globfree(&g);
		free(pattern);
	}
	return rc;
}

static int read_includes(struct state *st, struct err *e)
{
	struct value *include = v_ref(v_dict_get(st->known, "include"));
	int rc = settings_include(include, read_file, st, e);
	v_unref(include);
	return rc;
}

struct value *settings_parse_ini(char *text)
{
	struct value *ini = v_dict(), *section = NULL;
	char *save = NULL;
	for (char *line = strtok_r(text, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
		line += strspn(line, " \t");
		size_t n = strcspn(line, "\r");
		while (n > 0 && (line[n - 1] == ' ' || line[n - 1] == '\t'))
			n--;
		line[n] = '\0';
		char *eq = strpbrk(line, "=:");
		if (*line == '[' && n > 2 && line[n - 1] == ']') {
			line[n - 1] = '\0';
			section = v_dict();
			v_dict_set(ini, line + 1, section);
		} else if (*line != '#' && *line != ';' && eq != NULL && section != NULL) {
			size_t k = (size_t)(eq - line);
			while (k > 0 && (line[k - 1] == ' ' || line[k - 1] == '\t'))
				k--;
			v_dict_setn(section, line, k, v_str(eq + 1 + strspn(eq + 1, " \t")));
		}
	}
	return ini;
}

static int read_modules(struct state *st, struct err *e)
{
	struct strbuf b = { 0 };
	char *path = path_of("/etc/cobbler/modules.conf");
	int rc = file_read(AT_FDCWD, path, SETTINGS_FILE_MAX, &b, e);
	free(path);
	if (rc != CB_OK && rc != CB_ENOENT)
		return rc;
	char *text = sb_take(&b);
	st->modules = settings_parse_ini(text);
	free(text);
	return CB_OK;
}

/* Objects that another database keeps are not here: a start without them would look as if they were lost. */
static int check_serializers(const struct state *st, struct err *e)
{
	static const char *const files[] = { "", "serializers.file", "serializer_file", "serializer_catalog" };
	const struct value *all = v_dict_get(st->modules, "serializers");
	for (size_t i = 0; i < v_len(all); i++) {
		const char *name = v_dict_key(all, i), *module = v_cstr(v_dict_at(all, i));
		bool known = false;
		for (size_t k = 0; k < ARRAY_LEN(files) && !known; k++)
			known = str_eq(module, files[k]);
		if (!known)
			return err_set(e, CB_EINVAL,
				"modules.conf: [serializers] %s = \"%s\" is not serializers.file: objects are read from and written to the "
				"files of /var/lib/cobbler/collections only; move them there with Cobbler first", name, module);
	}
	return CB_OK;
}

/* What else modules.conf names. compat: 3.3.7 does not start without the modules that decide who may do what (CobblerAPI.__init__); the
 * others are looked for when they are needed, and that fails then. So is one that 3.3.7 has and this server lacks: nobody logs in by it. */
static int check_modules(const struct value *modules, struct value *warnings, struct err *e)
{
	static const struct { const char *section, *key, *words; bool is_needed; const char *lacked; } rows[] = {
		{ "authentication", "module", "authentication.configfile,authentication.denyall,authentication.ldap,authentication.pam,"
			"authentication.passthru", true, "authentication.spacewalk" },
		{ "authentication", "hash_algorithm", "sha3_512,sha3_384,sha3_256,sha3_224,blake2b,blake2s", false, "" },
		{ "authorization", "module", "authorization.allowall,authorization.configfile,authorization.ownership", true, "" },
		{ "dns", "module", "managers.bind,managers.dnsmasq,managers.ndjbdns", false, "" },
		{ "dhcp", "module", "managers.isc,managers.dnsmasq", false, "" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err why;
		char *name CLEANUP(free_ptr) = settings_module_name(v_dict_cstr(v_dict_get(modules, rows[i].section), rows[i].key, ""));
		if (*name == '\0' || settings_is_named(rows[i].words, name))
			continue;
		int rc = err_set(&why, CB_EINVAL, "modules.conf: [%s] %s = \"%s\" is not one of %s", rows[i].section, rows[i].key, name,
			rows[i].words);
		if (rows[i].is_needed && !str_eq(name, rows[i].lacked))
			return err_set(e, (enum cb_err)rc, "%s", why.text);
		if (warnings != NULL)
			v_list_push(warnings, v_str(why.text));
	}
	return CB_OK;
}

/* A site of Cobbler 3.3 that is only looked at has no file of ours. */
static int read_own(struct value **ret, struct err *e)
{
	int rc = settings_read_yaml("/etc/cobbler/cobblerd.yaml", ret, e);
	if (rc == CB_ENOENT) {
		*ret = v_dict();
		rc = CB_OK;
	}
	return rc;
}

static int read_state(struct state *st, struct err *e)
{
	struct value *own = NULL;
	struct err absent;
	st->known = settings_defaults();
	st->unknown = v_dict();
	int rc = read_file(st, SETTINGS_PATH, e);
	bool is_absent = rc == CB_ENOENT;          /* the other files may be wrong all the same */
	if (is_absent)
		absent = *e;
	if (rc == CB_OK)
		rc = read_includes(st, e);
	if (is_absent)
		rc = CB_OK;
	if (rc == CB_OK)
		rc = read_modules(st, e);
	if (rc == CB_OK)
		rc = check_serializers(st, e);
	if (rc == CB_OK)
		rc = check_modules(st->modules, NULL, e);
	if (rc == CB_OK)
		rc = read_own(&own, e);
	if (rc == CB_OK)
		rc = daemon_config(own, v_dict_cstr(st->known, "webdir", "/var/www/cobbler"), &st->daemon, e);
	v_unref(own);
	if (rc == CB_OK && is_absent) {
		*e = absent;
		rc = CB_ENOENT;
	}
	if (rc != CB_OK)
		state_free(st);
	return rc;
}

int settings_open(struct settings **ret, struct err *e)
{
	int rc = settings_create_missing(e);
	return rc == CB_OK ? settings_look(ret, e) : rc;
}

int settings_look(struct settings **ret, struct err *e)
{
	struct state st = { 0 };
	int rc = read_state(&st, e);
	if (rc != CB_OK)
		return rc;
	struct settings *s = xcalloc(1, sizeof(*s));
	pthread_mutex_init(&s->lock, NULL);
	s->now = st;
	*ret = s;
	return CB_OK;
}

void settings_close(struct settings *s)
{
	if (s == NULL)
		return;
	state_free(&s->now);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

int settings_reload(struct settings *s, struct err *e)
{
	struct state fresh = { 0 }, old;
	int rc = read_state(&fresh, e);
	if (rc != CB_OK)
		return rc;
	pthread_mutex_lock(&s->lock);
	old = s->now;
	s->now = fresh;
	pthread_mutex_unlock(&s->lock);
	state_free(&old);
	return CB_OK;
}

static struct value *snapshot(struct settings *s, struct value *const *which)
{
	pthread_mutex_lock(&s->lock);
	struct value *v = v_ref(*which);
	pthread_mutex_unlock(&s->lock);
	return v;
}

struct value *settings_snapshot(struct settings *s)
{
	return snapshot(s, &s->now.known);
}

struct value *settings_daemon(struct settings *s)
{
	return snapshot(s, &s->now.daemon);
}

int settings_check_modules(struct value *warnings, struct err *e)
{
	struct state st = { 0 };
	int rc = read_modules(&st, e);
	if (rc == CB_OK)
		rc = check_modules(st.modules, warnings, e);
	state_free(&st);
	return rc;
}

int settings_read_module(const char *section, const char *key, char **ret, struct err *e)
{
	struct state st = { 0 };
	int rc = read_modules(&st, e);
	if (rc == CB_OK)
		*ret = settings_module_name(v_dict_cstr(v_dict_get(st.modules, section), key, ""));
	state_free(&st);
	return rc;
}

char *settings_module(struct settings *s, const char *section, const char *key)
{
	struct value *m = snapshot(s, &s->now.modules);
	char *text = settings_module_name(v_dict_cstr(v_dict_get(m, section), key, ""));
	v_unref(m);
	return text;
}

static int write_settings(const struct state *st, settings_put *put, void *arg, struct err *e)
{
	struct value *all CLEANUP(v_unrefp) = v_copy(st->known);
	for (size_t i = 0; i < v_len(st->unknown); i++)
		v_dict_set(all, v_dict_key(st->unknown, i), v_ref(v_dict_at(st->unknown, i)));
	return settings_put_file(SETTINGS_PATH, all, put, arg, e);
}

int settings_modify(struct settings *s, const char *key, const struct value *v, settings_put *put, void *arg, struct err *e)
{
	const struct setting *row = settings_row(key);
	struct value *clean;
	if (row == NULL)
		return err_set(e, CB_ENOENT, "there is no setting \"%s\"", key);
	int rc = settings_check_type(row, v, "modify_setting", &clean, e);
	if (rc != CB_OK)
		return rc;
	pthread_mutex_lock(&s->lock);
	struct state next = s->now;
	next.known = v_copy(s->now.known);
	v_dict_set(next.known, key, clean);
	rc = write_settings(&next, put, arg, e);
	if (rc != CB_OK)
		rc = e->code = CB_EIO;     /* not the value's fault, whatever it was */
	struct value *gone = rc == CB_OK ? s->now.known : next.known;
	if (rc == CB_OK)
		s->now.known = next.known;
	pthread_mutex_unlock(&s->lock);
	v_unref(gone);
	return rc;
}
