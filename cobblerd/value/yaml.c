/* SPDX-License-Identifier: GPL-2.0-or-later
 * yaml.c - YAML through libyaml's event parser, bounded, with PyYAML's YAML 1.1 scalars.
 */
#include "value/yaml.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>

#include "base/map.h"

#define YAML_DEPTH 64
#define YAML_NODES 200000        /* alias expansion counts */

struct loader {
	yaml_parser_t parser;
	yaml_event_t ev;
	struct map anchors;      /* name -> struct value *, owned */
	size_t nodes;
	struct err *e;
};

/* PyYAML's class of an error, as clients see it in a fault. */
#define PY_COMPOSER "yaml.composer.ComposerError"
#define PY_CONSTRUCTOR "yaml.constructor.ConstructorError"

static int fail_as(struct loader *l, const char *cls, const yaml_mark_t *at, const char *what)
{
	return err_py(l->e, CB_EPARSE, cls, "YAML line %zu column %zu: %s", at->line + 1, at->column + 1, what);
}

static int fail(struct loader *l, const char *what)
{
	return fail_as(l, PY_VALUE, &l->ev.start_mark, what);
}

static const char *class_of(yaml_error_type_t error)
{
	switch (error) {
	case YAML_READER_ERROR: return "yaml.reader.ReaderError";
	case YAML_SCANNER_ERROR: return "yaml.scanner.ScannerError";
	case YAML_PARSER_ERROR: return "yaml.parser.ParserError";
	case YAML_COMPOSER_ERROR: return PY_COMPOSER;
	default: return PY_VALUE;
	}
}

static int next(struct loader *l)
{
	yaml_event_delete(&l->ev);
	if (yaml_parser_parse(&l->parser, &l->ev))
		return CB_OK;
	memset(&l->ev, 0, sizeof(l->ev));
	return fail_as(l, class_of(l->parser.error), &l->parser.problem_mark, l->parser.problem != NULL ? l->parser.problem : "malformed");
}

/* [+-]? digits with underscores in base 2, 8 (leading 0), 10 or 16: YAML 1.1 int without the base-60 form. */
static bool resolve_int(const char *s, int64_t *ret)
{
	char buf[72];
	size_t n = 0;
	bool neg = *s == '-';
	if (*s == '-' || *s == '+')
		s++;
	int base = 10;
	if (s[0] == '0' && s[1] == 'x')
		base = 16, s += 2;
	else if (s[0] == '0' && s[1] == 'b')
		base = 2, s += 2;
	else if (s[0] == '0' && s[1] != '\0')
		base = 8, s++;
	if (base == 10 && *s == '_')
		return false;
	for (; *s != '\0'; s++) {
		int d = isdigit((unsigned char)*s) ? *s - '0' : isxdigit((unsigned char)*s) ? tolower((unsigned char)*s) - 'a' + 10 : 99;
		if (*s == '_')
			continue;
		if (d >= base || n + 2 >= sizeof(buf))
			return false;
		buf[n++] = *s;
	}
	if (n == 0)
		return false;
	buf[n] = '\0';
	char *end;
	unsigned long long u = strtoull(buf, &end, base);
	if (*end != '\0' || u > INT64_MAX)
		return false;
	*ret = neg ? -(int64_t)u : (int64_t)u;
	return true;
}

/* [-+]? digits "." digits? ([eE][-+]digits)? - PyYAML wants the point and a signed exponent. */
static bool resolve_float(const char *s, double *ret)
{
	const char *p = s + (*s == '-' || *s == '+');
	if (strcasecmp(p, ".inf") == 0) {
		*ret = *s == '-' ? -INFINITY : INFINITY;
		return true;
	}
	if (strcasecmp(s, ".nan") == 0) {
		*ret = NAN;
		return true;
	}
	const char *point = strchr(p, '.');
	if (point == NULL || (!isdigit((unsigned char)p[0]) && !isdigit((unsigned char)point[1])))
		return false;
	for (const char *q = p; *q != '\0'; q++) {
		if (isdigit((unsigned char)*q) || q == point)
			continue;
		if ((*q == 'e' || *q == 'E') && q > point && (q[1] == '-' || q[1] == '+') && isdigit((unsigned char)q[2]) &&
			strspn(q + 2, "0123456789") == strlen(q + 2))
			break;
		return false;
	}
	*ret = strtod(s, NULL);
	return true;
}

static struct value *resolve_plain(const char *s)
{
	static const char *const yes[] = { "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON" };
	static const char *const no[] = { "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF" };
	static const char *const null[] = { "", "~", "null", "Null", "NULL" };
	int64_t i;
	double d;
	for (size_t k = 0; k < ARRAY_LEN(yes); k++)
		if (str_eq(s, yes[k]) || str_eq(s, no[k]))
			return v_bool(str_eq(s, yes[k]));
	for (size_t k = 0; k < ARRAY_LEN(null); k++)
		if (str_eq(s, null[k]))
			return v_none();
	if (resolve_int(s, &i))
		return v_int(i);
	if (resolve_float(s, &d))
		return v_float(d);
	return v_str(s);
}

static bool tag_is(const yaml_char_t *tag, const char *short_name)
{
	static const char prefix[] = "tag:yaml.org,2002:";
	const char *t = (const char *)tag;
	return t != NULL && str_starts(t, prefix) && str_eq(t + sizeof(prefix) - 1, short_name);
}

static int scalar(struct loader *l, struct value **ret)
{
	const char *s = (const char *)l->ev.data.scalar.value;
	const yaml_char_t *tag = l->ev.data.scalar.tag;
	if (strlen(s) != l->ev.data.scalar.length)
		return fail(l, "NUL in a scalar");
	if (tag != NULL && !tag_is(tag, "str") && !tag_is(tag, "int") && !tag_is(tag, "float") && !tag_is(tag, "bool") &&
		!tag_is(tag, "null") && !str_eq((const char *)tag, "!"))
		return fail_as(l, PY_CONSTRUCTOR, &l->ev.start_mark, "unknown tag");
	bool plain = l->ev.data.scalar.style == YAML_PLAIN_SCALAR_STYLE && tag == NULL;
	*ret = plain || (tag != NULL && !tag_is(tag, "str") && !str_eq((const char *)tag, "!")) ? resolve_plain(s) : v_str(s);
	return CB_OK;
}

static size_t count_nodes(const struct value *v)
{
	size_t n = 1;
	for (size_t i = 0; i < v_len(v) && !v_is(v, V_STR); i++)
		n += count_nodes(v_is(v, V_LIST) ? v_list_at(v, i) : v_dict_at(v, i));
	return n;
}

static int node(struct loader *l, int depth, struct value **ret);

static int sequence(struct loader *l, int depth, struct value *list)
{
	for (;;) {
		struct value *v;
		int rc = next(l);
		if (rc != CB_OK || l->ev.type == YAML_SEQUENCE_END_EVENT)
			return rc;
		rc = node(l, depth, &v);
		if (rc != CB_OK)
			return rc;
		v_list_push(list, v);
	}
}

static char *key_text(const struct value *k)
{
	struct strbuf b = { 0 };
	if (v_is(k, V_LIST) || v_is(k, V_DICT))
		return NULL;
	v_py_str(&b, k);
	return sb_take(&b);
}

/* "<<": the keys of a mapping (or several) that are not there yet. */
static int merge(struct loader *l, struct value *dict, const struct value *from)
{
	if (v_is(from, V_LIST)) {
		for (size_t i = 0; i < v_len(from); i++) {
			int rc = merge(l, dict, v_list_at(from, i));
			if (rc != CB_OK)
				return rc;
		}
		return CB_OK;
	}
	if (!v_is(from, V_DICT))
		return fail(l, "a mapping expected after <<");
	for (size_t i = 0; i < v_len(from); i++)
		if (v_dict_get(dict, v_dict_key(from, i)) == NULL)
			v_dict_set(dict, v_dict_key(from, i), v_ref(v_dict_at(from, i)));
	return CB_OK;
}

static int mapping(struct loader *l, int depth, struct value *dict)
{
	for (;;) {
		struct value *k, *v = NULL;
		int rc = next(l);
		if (rc != CB_OK || l->ev.type == YAML_MAPPING_END_EVENT)
			return rc;
		bool plain = l->ev.type == YAML_SCALAR_EVENT && l->ev.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
		rc = node(l, depth, &k);
		if (rc != CB_OK)
			return rc;
		char *key = key_text(k);
		bool is_merge = plain && v_str_is(k, "<<");
		v_unref(k);
		rc = key == NULL ? fail(l, "a scalar expected as key") : next(l);
		if (rc == CB_OK)
			rc = node(l, depth, &v);
		if (rc == CB_OK && is_merge)
			rc = merge(l, dict, v);
		else if (rc == CB_OK)
			v_dict_set(dict, key, v_ref(v));
		v_unref(v);
		free(key);
		if (rc != CB_OK)
			return rc;
	}
}

static void remember(struct loader *l, const char *anchor, struct value *v)
{
	if (anchor != NULL)
		v_unref(map_put(&l->anchors, anchor, v_ref(v)));
}

/* The value of the current event and all that belongs to it. */
static int node(struct loader *l, int depth, struct value **ret)
{
	struct value *v = NULL;
	char *anchor = NULL;
	int rc;
	if (depth > YAML_DEPTH)
		return fail(l, "nested too deeply");
	if (++l->nodes > YAML_NODES)
		return fail(l, "too many values");
	switch (l->ev.type) {
	case YAML_ALIAS_EVENT:
		v = map_get(&l->anchors, (const char *)l->ev.data.alias.anchor);
		if (v == NULL)
			return fail_as(l, PY_COMPOSER, &l->ev.start_mark, "unknown alias");
		l->nodes += count_nodes(v);
		if (l->nodes > YAML_NODES)
			return fail(l, "too many values");
		*ret = v_ref(v);
		return CB_OK;
	case YAML_SCALAR_EVENT:
		if (l->ev.data.scalar.anchor != NULL)
			anchor = xstrdup((const char *)l->ev.data.scalar.anchor);
		rc = scalar(l, &v);
		break;
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT: {
		bool seq = l->ev.type == YAML_SEQUENCE_START_EVENT;
		const yaml_char_t *tag = seq ? l->ev.data.sequence_start.tag : l->ev.data.mapping_start.tag;
		const yaml_char_t *a = seq ? l->ev.data.sequence_start.anchor : l->ev.data.mapping_start.anchor;
		if (tag != NULL && !tag_is(tag, seq ? "seq" : "map"))
			return fail_as(l, PY_CONSTRUCTOR, &l->ev.start_mark, "unknown tag");
		if (a != NULL)
			anchor = xstrdup((const char *)a);
		v = seq ? v_list() : v_dict();
		rc = seq ? sequence(l, depth + 1, v) : mapping(l, depth + 1, v);
		break;
	}
	default:
		return fail(l, "a value expected");
	}
	if (rc == CB_OK) {
		remember(l, anchor, v);
		*ret = v;
	} else {
		v_unref(v);
	}
	free(anchor);
	return rc;
}

static int document(struct loader *l, struct value **ret)
{
	struct value *v = v_none();
	int rc = next(l);                                        /* stream start */
	if (rc == CB_OK)
		rc = next(l);                                    /* document start, or the end of an empty stream */
	if (rc == CB_OK && l->ev.type == YAML_DOCUMENT_START_EVENT) {
		rc = next(l);
		if (rc == CB_OK)
			rc = node(l, 0, &v);
		if (rc == CB_OK)
			rc = next(l);                            /* document end */
		if (rc == CB_OK)
			rc = next(l);
		if (rc == CB_OK && l->ev.type != YAML_STREAM_END_EVENT)
			rc = fail_as(l, PY_COMPOSER, &l->ev.start_mark, "more than one document");
		if (rc != CB_OK) {
			v_unref(v);
			return rc;
		}
	}
	if (rc == CB_OK)
		*ret = v;
	return rc;
}

int yaml_parse(const char *p, size_t n, struct value **ret, struct err *e)
{
	struct loader l = { .e = e };
	struct value *v = NULL;
	if (!yaml_parser_initialize(&l.parser))
		return err_set(e, CB_EIO, "cannot start the YAML parser");
	yaml_parser_set_input_string(&l.parser, (const unsigned char *)p, n);
	int rc = document(&l, &v);
	void *a;
	for (size_t i = 0; map_next(&l.anchors, &i, NULL, &a); )
		v_unref(a);
	map_free(&l.anchors);
	yaml_event_delete(&l.ev);
	yaml_parser_delete(&l.parser);
	if (rc == CB_OK)
		*ret = v;
	return rc;
}

/* Writes a scalar plain when it would read back as the same text, else in single or double quotes. */
static void write_text(struct strbuf *out, const char *s, size_t n)
{
	struct value *back = resolve_plain(s);
	bool plain = n > 0 && v_is(back, V_STR) && strpbrk(s, ":#\n\t\r,[]{}&*!|>'\"%@`\\") == NULL &&
		strchr("-? ", s[0]) == NULL && s[n - 1] != ' ' && !str_eq(s, "=") && !str_eq(s, "<<");
	bool control = false;
	v_unref(back);
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			control = true;
	if (plain && !control) {
		sb_add(out, s, n);
	} else if (!control) {
		sb_addc(out, '\'');
		for (size_t i = 0; i < n; i++) {
			if (s[i] == '\'')
				sb_addc(out, '\'');
			sb_addc(out, s[i]);
		}
		sb_addc(out, '\'');
	} else {
		sb_addc(out, '"');
		for (size_t i = 0; i < n; i++) {
			unsigned char c = (unsigned char)s[i];
			if (c == '"' || c == '\\')
				sb_addf(out, "\\%c", c);
			else if (c == '\n')
				sb_adds(out, "\\n");
			else if (c == '\t')
				sb_adds(out, "\\t");
			else if (c < 0x20 || c == 0x7f)
				sb_addf(out, "\\x%02X", c);
			else
				sb_addc(out, (char)c);
		}
		sb_addc(out, '"');
	}
}

static void write_node(struct strbuf *out, const struct value *v, bool sort, int indent, bool in_list);

static void write_mapping(struct strbuf *out, const struct value *v, bool sort, int indent, bool in_list)
{
	size_t n = v_len(v);
	const char **keys = v_dict_keys(v, sort);
	for (size_t i = 0; i < n; i++) {
		const struct value *x = v_dict_get(v, keys[i]);
		if (i > 0 || !in_list)
			sb_addf(out, "%*s", indent, "");
		write_text(out, keys[i], strlen(keys[i]));
		sb_addc(out, ':');
		bool block = (v_is(x, V_LIST) || v_is(x, V_DICT)) && v_len(x) > 0;
		sb_addc(out, block ? '\n' : ' ');
		write_node(out, x, sort, v_is(x, V_LIST) ? indent : indent + 2, false);
	}
	free(keys);
}

static void write_node(struct strbuf *out, const struct value *v, bool sort, int indent, bool in_list)
{
	if (v_is(v, V_DICT) && v_len(v) > 0) {
		write_mapping(out, v, sort, indent, in_list);
		return;
	}
	if (v_is(v, V_LIST) && v_len(v) > 0) {
		for (size_t i = 0; i < v_len(v); i++) {
			if (i > 0 || !in_list)
				sb_addf(out, "%*s", indent, "");
			sb_adds(out, "- ");
			write_node(out, v_list_at(v, i), sort, indent + 2, true);
		}
		return;
	}
	switch (v_type(v)) {
	case V_NONE: sb_adds(out, "null"); break;
	case V_BOOL: sb_adds(out, v_truthy(v) ? "true" : "false"); break;
	case V_LIST: sb_adds(out, "[]"); break;
	case V_DICT: sb_adds(out, "{}"); break;
	case V_STR: case V_BYTES: write_text(out, v_cstr(v), v_len(v)); break;
	case V_FLOAT:
		if (isnan(v_float_of(v)) || isinf(v_float_of(v)))
			sb_adds(out, isnan(v_float_of(v)) ? ".nan" : v_float_of(v) < 0 ? "-.inf" : ".inf");
		else
			py_float_repr(out, v_float_of(v));
		break;
	case V_INT: v_py_repr(out, v); break;
	}
	sb_addc(out, '\n');
}

void yaml_write(struct strbuf *out, const struct value *v, bool sort_keys)
{
	write_node(out, v, sort_keys, 0, false);
}
