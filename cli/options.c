/* SPDX-License-Identifier: GPL-2.0-or-later
 * options.c - rows of options to a dict of values.
 */
#include "cli/options.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_WORD 64

void opts_add(struct opt_set *s, const struct opt *rows, size_t n)
{
	s->v = xreallocarray(s->v, s->n + n, sizeof(*s->v));
	for (size_t i = 0; i < n; i++)
		s->v[s->n++] = rows[i];
}

static const char *keep(struct opt_set *s, char *name)
{
	s->owned = xreallocarray(s->owned, s->n_owned + 1, sizeof(*s->owned));
	s->owned[s->n_owned++] = name;
	return name;
}

static char *dashed(const char *name)
{
	char *p = xstrdup(name);
	for (char *c = p; *c; c++) {
		if (*c == '_')
			*c = '-';
	}
	return p;
}

static bool have(const struct opt_set *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++) {
		if (str_eq(s->v[i].name, name))
			return true;
	}
	return false;
}

/* What a field's values name, for completion. */
static const char *refers_to(const char *field)
{
	static const struct { const char *field, *type; } map[] = {
		{ "distro", "distro" }, { "profile", "profile" }, { "image", "image" }, { "repos", "repo" }, { "menu", "menu" },
		{ "mgmt_classes", "mgmtclass" }, { "packages", "package" }, { "files", "file" },
	};
	for (size_t i = 0; i < ARRAY_LEN(map); i++) {
		if (str_eq(map[i].field, field))
			return map[i].type;
	}
	return NULL;
}

static enum opt_kind kind_of(const struct field *f)
{
	/* compat: cli.py lets optparse turn integer and float fields into numbers and sends all others, booleans too, as
	 * text. */
	return f->type == F_INT ? OPT_INT : f->type == F_FLOAT ? OPT_FLOAT : OPT_STR;
}

static void add_row(struct opt_set *s, const struct item_table *t, const struct field *f, bool per_interface)
{
	char *name = dashed(f->cli ? f->cli : f->name);
	if (have(s, name)) {
		free_ptr(&name);
		return;
	}
	const char *refers = refers_to(f->name);
	if (!refers && str_eq(f->name, "parent"))
		refers = t->name;
	struct opt o = { .name = keep(s, name), .dest = f->name, .kind = kind_of(f), .help = f->help, .choices = f->choices,
		.refers = refers, .hidden = !(f->flags & FF_CLI), .per_interface = per_interface, .field = f };
	opts_add(s, &o, 1);
}

/* Names of earlier releases' command line. A row whose field the type does not have is left out. */
static const struct { const char *name, *field; } aliases[] = {
	{ "kickstart", "autoinstall" }, { "ksmeta", "autoinstall_meta" }, { "ks-meta", "autoinstall_meta" },
	{ "autoinst-meta", "autoinstall_meta" }, { "kopts", "kernel_options" }, { "kopts-post", "kernel_options_post" },
	{ "gpxe-enabled", "enable_ipxe" }, { "enable-gpxe", "enable_ipxe" }, { "mac", "mac_address" }, { "ip", "ip_address" },
	{ "subnet", "netmask" }, { "bonding", "interface_type" }, { "bonding-master", "interface_master" },
	{ "next-server", "next_server_v4" }, { "boot-loader", "boot_loaders" },
};

static void add_aliases(struct opt_set *s)
{
	size_t n = s->n;
	for (size_t a = 0; a < ARRAY_LEN(aliases); a++) {
		for (size_t i = 0; i < n; i++) {
			if (!str_eq(s->v[i].dest, aliases[a].field) || have(s, aliases[a].name))
				continue;
			struct opt o = s->v[i];
			o.name = aliases[a].name;
			o.hidden = true;
			opts_add(s, &o, 1);
			break;
		}
	}
}

static int by_group_and_name(const void *a, const void *b)
{
	const struct opt *x = a, *y = b;
	return x->per_interface != y->per_interface ? (int)x->per_interface - (int)y->per_interface : strcmp(x->name, y->name);
}

void opts_add_fields(struct opt_set *s, enum item_type t)
{
	const struct item_table *table = item_table(t);
	size_t first = s->n;
	for (size_t i = 0; i < table->n; i++) {
		const struct field *f = &table->rows[i];
		/* Rows that mirror or derive from others have none; bookkeeping fields (uid, ctime ...) are accepted unlisted. */
		if (f->flags & FF_CLI || !(f->alias_of || f->flags & FF_NODISK || f->type == F_OPAQUE))
			add_row(s, table, f, false);
	}
	if (t == ITEM_SYSTEM) {
		const struct item_table *nic = item_table(ITEM_INTERFACE);
		for (size_t i = 0; i < nic->n; i++) {
			if (nic->rows[i].flags & FF_CLI && !nic->rows[i].alias_of)
				add_row(s, nic, &nic->rows[i], true);
		}
	}
	qsort(s->v + first, s->n - first, sizeof(*s->v), by_group_and_name);
	add_aliases(s);
}

void opts_free(struct opt_set *s)
{
	for (size_t i = 0; i < s->n_owned; i++)
		free_ptr(&s->owned[i]);
	free_ptr(&s->owned);
	free_ptr(&s->v);
	*s = (struct opt_set){ 0 };
}

static unsigned least_of(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Edit distance; two neighbouring letters swapped count as one edit. */
static unsigned distance(const char *a, const char *b)
{
	size_t na = strnlen(a, MAX_WORD), nb = strnlen(b, MAX_WORD);
	unsigned rows[3][MAX_WORD + 1];
	for (size_t j = 0; j <= nb; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= na; i++) {
		unsigned *row = rows[i % 3];
		const unsigned *above = rows[(i - 1) % 3], *two_above = rows[(i + 1) % 3];
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= nb; j++) {
			row[j] = least_of(least_of(above[j], row[j - 1]) + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least_of(row[j], two_above[j - 2] + 1);
		}
	}
	return rows[na % 3][nb];
}

const char *nearest_name(const char *word, const char *const *names, size_t n, size_t stride)
{
	const char *best = NULL;
	unsigned least = (unsigned)(strlen(word) / 3 + 1);
	for (size_t i = 0; i < n; i++) {
		const char *name = *(const char *const *)((const char *)names + i * stride);
		unsigned d = distance(word, name);
		if (d <= least && (!best || d < least)) {
			best = name;
			least = d;
		}
	}
	return best;
}

const struct opt *opts_find(const struct opt_set *s, const char *name, size_t len)
{
	const struct opt *prefix = NULL;
	bool ambiguous = false;
	for (size_t i = 0; i < s->n; i++) {
		if (strncmp(s->v[i].name, name, len) != 0)
			continue;
		if (s->v[i].name[len] == '\0')
			return &s->v[i];
		if (s->v[i].hidden)
			continue;
		ambiguous |= prefix && !str_eq(prefix->dest, s->v[i].dest);
		prefix = &s->v[i];
	}
	return ambiguous || len == 0 ? NULL : prefix;
}

static int unknown_option(const struct opt_set *s, const char *name, size_t len, struct err *e)
{
	struct strbuf matches CLEANUP(sb_free) = { 0 };
	for (size_t i = 0; len > 0 && i < s->n; i++) {
		if (!s->v[i].hidden && strncmp(s->v[i].name, name, len) == 0)
			sb_addf(&matches, "%s--%s", matches.len ? ", " : "", s->v[i].name);
	}
	if (matches.len)
		return err_set(e, CB_EINVAL, "ambiguous option: --%.*s (%s?)", (int)len, name, matches.p);
	char *word CLEANUP(free_ptr) = xstrndup(name, len);
	const char *near = s->n ? nearest_name(word, &s->v[0].name, s->n, sizeof(s->v[0])) : NULL;
	if (near)
		return err_set(e, CB_EINVAL, "no such option: --%s (did you mean --%s?)", word, near);
	return err_set(e, CB_EINVAL, "no such option: --%s", word);
}

static int check_text(const struct opt *o, const char *text, struct err *e)
{
	if (!utf8_valid(text, strlen(text)))
		return err_set(e, CB_EINVAL, "option --%s: the value is not UTF-8 text", o->name);
	for (const char *p = text; *p; p++) {
		if ((unsigned char)*p < 0x20 && *p != '\n' && *p != '\t' && *p != '\r')
			return err_set(e, CB_EINVAL, "option --%s: the value has a control character (\\x%02x)", o->name,
				(unsigned char)*p);
	}
	return 0;
}

static int check_choice(const struct opt *o, const char *text, struct err *e)
{
	if (!o->choices || *text == '\0' || str_eq(text, "<<inherit>>"))
		return 0;
	struct strbuf all CLEANUP(sb_free) = { 0 };
	size_t n = 0;
	for (; o->choices[n]; n++) {
		if (str_eq(o->choices[n], text))
			return 0;
		sb_addf(&all, "%s%s", n ? ", " : "", o->choices[n]);
	}
	const char *near = nearest_name(text, o->choices, n, sizeof(o->choices[0]));
	if (near)
		return err_set(e, CB_EINVAL, "option --%s: invalid choice: '%s' (did you mean '%s'? choose from %s)", o->name, text,
			near, all.p);
	return err_set(e, CB_EINVAL, "option --%s: invalid choice: '%s' (choose from %s)", o->name, text, sb_str(&all));
}

static struct value *split_commas(const char *text)
{
	struct value *list = v_list();
	for (;;) {
		size_t n = strcspn(text, ",");
		v_list_push(list, v_strn(text, n));
		if (text[n] == '\0')
			return list;
		text += n + 1;
	}
}

static int value_of(const struct opt *o, const char *text, struct value **ret, struct err *e)
{
	int r = check_text(o, text, e);
	if (r == 0)
		r = check_choice(o, text, e);
	if (r < 0)
		return r;
	int64_t i;
	char *end;
	/* A number field may also be told to inherit, or be emptied: then the text goes to the server as it is. */
	bool word = *text == '\0' || str_eq(text, "<<inherit>>");
	if (o->kind == OPT_CSV) {
		*ret = split_commas(text);
	} else if (o->kind == OPT_INT && !word && !o->choices) {
		if (!parse_int64(text, &i))
			return err_set(e, CB_EINVAL, "option --%s: invalid integer value: '%s'", o->name, text);
		*ret = v_int(i);
	} else if (o->kind == OPT_FLOAT && !word) {
		double d = strtod(text, &end);
		if (end == text || *end || !isfinite(d))
			return err_set(e, CB_EINVAL, "option --%s: invalid floating-point value: '%s'", o->name, text);
		*ret = v_float(d);
	} else {
		*ret = v_str(text);
	}
	return 0;
}

struct scan {
	const struct opt_set *set;
	char *const *argv;
	int n, i;
	struct value **values;        /* one per row */
	bool help;
};

static int parse_option(struct scan *sc, const char *word, struct err *e)
{
	const char *name = word + 2, *eq = strchr(name, '=');
	size_t len = eq ? (size_t)(eq - name) : strlen(name);
	if (!eq && str_eq(name, "help")) {
		sc->help = true;
		return 0;
	}
	const struct opt *o = opts_find(sc->set, name, len);
	if (!o)
		return unknown_option(sc->set, name, len, e);
	struct value *v = NULL;
	if (o->kind == OPT_FLAG) {
		if (eq)
			return err_set(e, CB_EINVAL, "option --%s does not take a value", o->name);
		v = v_bool(true);
	} else {
		const char *text = eq ? eq + 1 : sc->i < sc->n ? sc->argv[sc->i++] : NULL;
		if (!text)
			return err_set(e, CB_EINVAL, "option --%s needs a value", o->name);
		int r = value_of(o, text, &v, e);
		if (r < 0)
			return r;
	}
	struct value **slot = &sc->values[o - sc->set->v];
	v_unref(*slot);
	*slot = v;
	return 0;
}

/* The dict in row order; aliases share their dest and the one given last in the rows wins. */
static struct value *collect(const struct opt_set *s, struct value **values)
{
	struct value *dict = v_dict();
	for (size_t i = 0; i < s->n; i++) {
		if (values[i])
			v_dict_set(dict, s->v[i].dest, v_ref(values[i]));
		else if (s->v[i].dflt && !v_dict_get(dict, s->v[i].dest))
			v_dict_set(dict, s->v[i].dest, s->v[i].kind == OPT_INT ? v_int(strtol(s->v[i].dflt, NULL, 10)) :
				v_str(s->v[i].dflt));
	}
	return dict;
}

int opts_parse(const struct opt_set *s, int n, char *const *argv, struct parsed *ret, struct err *e)
{
	struct scan sc = { .set = s, .argv = argv, .n = n, .values = xcalloc(s->n + 1, sizeof(struct value *)) };
	const char *stray = NULL;
	int r = 0;
	while (r == 0 && sc.i < n) {
		const char *word = argv[sc.i++];
		if (str_eq(word, "-h"))
			sc.help = true;
		else if (str_starts(word, "--") && word[2])
			r = parse_option(&sc, word, e);
		else if (!str_eq(word, "--") && !stray)
			stray = word;
	}
	if (r == 0)
		*ret = (struct parsed){ .options = collect(s, sc.values), .help = sc.help, .stray = stray };
	for (size_t i = 0; i < s->n; i++)
		v_unref(sc.values[i]);
	free_ptr(&sc.values);
	return r;
}

/* Appends text word by word, breaking before width; col is where the line stands now. */
static void wrap(struct strbuf *out, const char *text, size_t indent, size_t width)
{
	size_t col = indent;
	while (*text) {
		size_t n = strcspn(text, " ");
		if (col > indent && col + 1 + n > width) {
			sb_addf(out, "\n%*s", (int)indent, "");
			col = indent;
		} else if (col > indent) {
			sb_addc(out, ' ');
			col++;
		}
		sb_add(out, text, n);
		col += n;
		text += n + strspn(text + n, " ");
	}
	sb_addc(out, '\n');
}

static void help_line(struct strbuf *out, const char *left, const char *text, size_t width)
{
	const size_t indent = 24;
	size_t n = strlen(left);
	if (*text == '\0')
		sb_addf(out, "%s\n", left);
	else if (n + 2 > indent)
		sb_addf(out, "%s\n%*s", left, (int)indent, "");
	else
		sb_addf(out, "%-*s", (int)indent, left);
	if (*text)
		wrap(out, text, indent, width);
}

void opts_help(const struct opt_set *s, size_t width, struct strbuf *out)
{
	sb_adds(out, "Options:\n");
	help_line(out, "  -h, --help", "show this help and exit", width);
	bool nic = false;
	for (size_t i = 0; i < s->n; i++) {
		const struct opt *o = &s->v[i];
		if (o->hidden)
			continue;
		if (o->per_interface && !nic)
			sb_adds(out, "\nOptions for the interface named by --interface:\n");
		else if (nic && !o->per_interface)
			sb_adds(out, "\nOther options:\n");
		nic = o->per_interface;
		struct strbuf left CLEANUP(sb_free) = { 0 }, text CLEANUP(sb_free) = { 0 };
		sb_addf(&left, "  --%s", o->name);
		if (o->kind != OPT_FLAG) {
			sb_addc(&left, '=');
			for (const char *p = o->dest; *p; p++)
				sb_addc(&left, *p >= 'a' && *p <= 'z' ? (char)(*p - 'a' + 'A') : *p);
		}
		sb_adds(&text, o->help ? o->help : "");
		for (size_t k = 0; o->choices && o->choices[k]; k++)
			sb_addf(&text, "%s%s", k ? ", " : " (one of: ", *o->choices[k] ? o->choices[k] : "\"\"");
		if (o->choices && o->choices[0])
			sb_addc(&text, ')');
		help_line(out, sb_str(&left), sb_str(&text), width);
	}
}
