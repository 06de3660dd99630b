/* SPDX-License-Identifier: GPL-2.0-or-later
 * json.c - JSON reader and writer.
 */
#include "value/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct reader {
	const char *p, *end, *start;
	struct strbuf text;      /* of the string being read */
	struct err *e;
};

static int fail(struct reader *r, const char *what)
{
	size_t line = 1, col = 1;
	for (const char *s = r->start; s < r->p; s++) {
		col++;
		if (*s == '\n') {
			line++;
			col = 1;
		}
	}
	return err_py(r->e, CB_EPARSE, PY_VALUE, "JSON line %zu column %zu: %s", line, col, what);
}

static void skip_space(struct reader *r)
{
	while (r->p < r->end && (*r->p == ' ' || *r->p == '\t' || *r->p == '\n' || *r->p == '\r'))
		r->p++;
}

static bool take(struct reader *r, const char *word)
{
	size_t n = strlen(word);
	if ((size_t)(r->end - r->p) < n || memcmp(r->p, word, n) != 0)
		return false;
	r->p += n;
	return true;
}

static int read_hex4(struct reader *r, uint32_t *ret)
{
	uint32_t v = 0;
	if (r->end - r->p < 4)
		return fail(r, "four hexadecimal digits expected after \\u");
	for (int i = 0; i < 4; i++) {
		char c = r->p[i];
		int d = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
		if (d < 0)
			return fail(r, "four hexadecimal digits expected after \\u");
		v = v << 4 | (uint32_t)d;
	}
	r->p += 4;
	*ret = v;
	return CB_OK;
}

static void add_utf8(struct strbuf *b, uint32_t c)
{
	if (c < 0x80) {
		sb_addc(b, (char)c);
	} else if (c < 0x800) {
		sb_addc(b, (char)(0xC0 | c >> 6));
		sb_addc(b, (char)(0x80 | (c & 0x3F)));
	} else if (c < 0x10000) {
		sb_addc(b, (char)(0xE0 | c >> 12));
		sb_addc(b, (char)(0x80 | (c >> 6 & 0x3F)));
		sb_addc(b, (char)(0x80 | (c & 0x3F)));
	} else {
		sb_addc(b, (char)(0xF0 | c >> 18));
		sb_addc(b, (char)(0x80 | (c >> 12 & 0x3F)));
		sb_addc(b, (char)(0x80 | (c >> 6 & 0x3F)));
		sb_addc(b, (char)(0x80 | (c & 0x3F)));
	}
}

static int read_unicode_escape(struct reader *r)
{
	uint32_t c, low;
	int rc = read_hex4(r, &c);
	if (rc != CB_OK)
		return rc;
	if (c == 0)
		return fail(r, "NUL in a string");
	if (c >= 0xD800 && c < 0xDC00) {
		if (!take(r, "\\u"))
			return fail(r, "lone surrogate");
		rc = read_hex4(r, &low);
		if (rc != CB_OK)
			return rc;
		if (low < 0xDC00 || low > 0xDFFF)
			return fail(r, "lone surrogate");
		c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
	} else if (c >= 0xDC00 && c <= 0xDFFF) {
		return fail(r, "lone surrogate");
	}
	add_utf8(&r->text, c);
	return CB_OK;
}

static int read_escape(struct reader *r)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	if (r->p == r->end)
		return fail(r, "string without end");
	char c = *r->p++;
	if (c == 'u')
		return read_unicode_escape(r);
	const char *at = c != '\0' ? strchr(from, c) : NULL;
	if (at == NULL)
		return fail(r, "unknown escape");
	sb_addc(&r->text, to[at - from]);
	return CB_OK;
}

/* Reads the string whose opening quote has been taken. *s points into the input when it has no escapes. */
/* Past the characters that stand for themselves. */
static void skip_plain(struct reader *r)
{
	while (r->p < r->end && *r->p != '"' && *r->p != '\\' && (unsigned char)*r->p >= 0x20)
		r->p++;
}

static int read_string(struct reader *r, const char **s, size_t *n)
{
	const char *from = r->p;
	skip_plain(r);
	if (r->p < r->end && *r->p == '"') {
		*s = from;
		*n = (size_t)(r->p - from);
	} else {
		sb_truncate(&r->text, 0);
		for (;;) {
			sb_add(&r->text, from, (size_t)(r->p - from));
			if (r->p == r->end)
				return fail(r, "string without end");
			if (*r->p == '"')
				break;
			if (*r->p != '\\')
				return fail(r, "control character in a string");
			r->p++;
			int rc = read_escape(r);
			if (rc != CB_OK)
				return rc;
			from = r->p;
			skip_plain(r);
		}
		*s = sb_str(&r->text);
		*n = r->text.len;
	}
	r->p++;
	if (!utf8_valid(*s, *n))
		return fail(r, "invalid UTF-8 in a string");
	return CB_OK;
}

static int read_number(struct reader *r, struct value **ret)
{
	char buf[512];
	const char *from = r->p;
	bool is_float = false;
	if (r->p < r->end && *r->p == '-')
		r->p++;
	const char *digits = r->p;
	while (r->p < r->end && *r->p >= '0' && *r->p <= '9')
		r->p++;
	if (r->p == digits || (*digits == '0' && r->p - digits > 1))
		return fail(r, "a value expected");
	if (r->p < r->end && *r->p == '.') {
		is_float = true;
		digits = ++r->p;
		while (r->p < r->end && *r->p >= '0' && *r->p <= '9')
			r->p++;
		if (r->p == digits)
			return fail(r, "digits expected after the point");
	}
	if (r->p < r->end && (*r->p == 'e' || *r->p == 'E')) {
		is_float = true;
		r->p++;
		if (r->p < r->end && (*r->p == '+' || *r->p == '-'))
			r->p++;
		digits = r->p;
		while (r->p < r->end && *r->p >= '0' && *r->p <= '9')
			r->p++;
		if (r->p == digits)
			return fail(r, "digits expected in the exponent");
	}
	size_t n = (size_t)(r->p - from);
	if (n >= sizeof(buf))
		return fail(r, "number too long");
	memcpy(buf, from, n);
	buf[n] = '\0';
	int64_t i;
	if (!is_float && parse_int64(buf, &i)) {
		*ret = v_int(i);
		return CB_OK;
	}
	double d = strtod(buf, NULL);
	if (!isfinite(d))
		return fail(r, "number out of range");
	*ret = v_float(d);
	return CB_OK;
}

static int read_value(struct reader *r, int depth, struct value **ret);

static int read_list(struct reader *r, int depth, struct value *list)
{
	skip_space(r);
	if (take(r, "]"))
		return CB_OK;
	for (;;) {
		struct value *v;
		int rc = read_value(r, depth, &v);
		if (rc != CB_OK)
			return rc;
		v_list_push(list, v);
		skip_space(r);
		if (take(r, "]"))
			return CB_OK;
		if (!take(r, ","))
			return fail(r, "\",\" or \"]\" expected");
	}
}

static int read_dict(struct reader *r, int depth, struct value *dict)
{
	skip_space(r);
	if (take(r, "}"))
		return CB_OK;
	for (;;) {
		const char *s;
		size_t n;
		struct value *v;
		skip_space(r);
		if (!take(r, "\""))
			return fail(r, "a key in quotes expected");
		int rc = read_string(r, &s, &n);
		if (rc != CB_OK)
			return rc;
		char *key = xstrndup(s, n);
		skip_space(r);
		rc = take(r, ":") ? read_value(r, depth, &v) : fail(r, "\":\" expected");
		if (rc == CB_OK)
			v_dict_setn(dict, key, n, v);
		free(key);
		if (rc != CB_OK)
			return rc;
		skip_space(r);
		if (take(r, "}"))
			return CB_OK;
		if (!take(r, ","))
			return fail(r, "\",\" or \"}\" expected");
	}
}

static int read_container(struct reader *r, int depth, bool dict, struct value **ret)
{
	if (depth >= JSON_DEPTH)
		return fail(r, "nested too deeply");
	struct value *v = dict ? v_dict() : v_list();
	int rc = dict ? read_dict(r, depth + 1, v) : read_list(r, depth + 1, v);
	if (rc != CB_OK) {
		v_unref(v);
		return rc;
	}
	*ret = v;
	return CB_OK;
}

static int read_value(struct reader *r, int depth, struct value **ret)
{
	const char *s;
	size_t n;
	skip_space(r);
	if (take(r, "\"")) {
		int rc = read_string(r, &s, &n);
		if (rc == CB_OK)
			*ret = v_strn(s, n);
		return rc;
	}
	if (take(r, "{"))
		return read_container(r, depth, true, ret);
	if (take(r, "["))
		return read_container(r, depth, false, ret);
	if (take(r, "true"))
		*ret = v_bool(true);
	else if (take(r, "false"))
		*ret = v_bool(false);
	else if (take(r, "null"))
		*ret = v_none();
	else
		return read_number(r, ret);
	return CB_OK;
}

int json_parse(const char *p, size_t n, struct value **ret, struct err *e)
{
	struct reader r = { .p = p, .end = p + n, .start = p, .e = e };
	struct value *v;
	int rc = read_value(&r, 0, &v);
	if (rc == CB_OK) {
		skip_space(&r);
		if (r.p != r.end) {
			v_unref(v);
			rc = fail(&r, "text after the value");
		} else {
			*ret = v;
		}
	}
	sb_free(&r.text);
	return rc;
}

static void write_escaped_unicode(struct strbuf *out, const unsigned char *s, size_t k)
{
	uint32_t c = s[0] & (0xFF >> (k + 1));
	for (size_t i = 1; i < k; i++)
		c = c << 6 | (s[i] & 0x3F);
	if (c >= 0x10000)
		sb_addf(out, "\\u%04x\\u%04x", 0xD800 + ((c - 0x10000) >> 10), 0xDC00 + ((c - 0x10000) & 0x3FF));
	else
		sb_addf(out, "\\u%04x", c);
}

static void write_string(struct strbuf *out, const char *s, size_t n, unsigned flags)
{
	static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
	sb_addc(out, '"');
	for (size_t i = 0; i < n; ) {
		size_t run = i;
		while (run < n && (unsigned char)s[run] >= 0x20 && s[run] != '"' && s[run] != '\\' && s[run] != 0x7f &&
			((unsigned char)s[run] < 0x80 || !(flags & JSON_ASCII)))
			run++;
		sb_add(out, s + i, run - i);
		i = run;
		if (i >= n)
			break;
		unsigned char c = (unsigned char)s[i];
		const char *at = c != '\0' ? strchr(from, c) : NULL;
		if (at != NULL) {
			sb_add(out, (const char[]){ '\\', to[at - from] }, 2);
		} else if (c == 0x7f && !(flags & JSON_ASCII)) {
			sb_addc(out, (char)c);
		} else if (c < 0x20 || c == 0x7f) {
			sb_addf(out, "\\u%04x", c);
		} else {
			size_t k = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;
			if (k > n - i || !utf8_valid(s + i, k)) {
				sb_adds(out, "\\ufffd");     /* a byte that is no text */
			} else {
				write_escaped_unicode(out, (const unsigned char *)s + i, k);
				i += k - 1;
			}
		}
		i++;
	}
	sb_addc(out, '"');
}

static void newline(struct strbuf *out, unsigned flags, int depth)
{
	if (flags & JSON_PRETTY)
		sb_addf(out, "\n%*s", depth * 4, "");
}

static void write_value(struct strbuf *out, const struct value *v, unsigned flags, int depth);

static void write_dict(struct strbuf *out, const struct value *v, unsigned flags, int depth)
{
	size_t n = v_len(v);
	const char **keys = v_dict_keys(v, (flags & JSON_SORT) != 0);
	sb_addc(out, '{');
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			sb_adds(out, flags & JSON_PRETTY ? "," : ", ");
		newline(out, flags, depth + 1);
		write_string(out, keys[i], strlen(keys[i]), flags);
		sb_adds(out, ": ");
		write_value(out, flags & JSON_SORT ? v_dict_get(v, keys[i]) : v_dict_at(v, i), flags, depth + 1);
	}
	if (n > 0)
		newline(out, flags, depth);
	sb_addc(out, '}');
	free(keys);
}

static void write_value(struct strbuf *out, const struct value *v, unsigned flags, int depth)
{
	switch (v_type(v)) {
	case V_NONE: sb_adds(out, "null"); break;
	case V_BOOL: sb_adds(out, v_truthy(v) ? "true" : "false"); break;
	case V_INT: sb_addf(out, "%lld", (long long)v_int_of(v)); break;
	case V_FLOAT: py_float_repr(out, v_float_of(v)); break;
	case V_STR: case V_BYTES: write_string(out, v_cstr(v), v_len(v), flags); break;
	case V_DICT: write_dict(out, v, flags, depth); break;
	case V_LIST:
		sb_addc(out, '[');
		for (size_t i = 0; i < v_len(v); i++) {
			if (i > 0)
				sb_adds(out, flags & JSON_PRETTY ? "," : ", ");
			newline(out, flags, depth + 1);
			write_value(out, v_list_at(v, i), flags, depth + 1);
		}
		if (v_len(v) > 0)
			newline(out, flags, depth);
		sb_addc(out, ']');
		break;
	}
}

void json_write(struct strbuf *out, const struct value *v, unsigned flags)
{
	write_value(out, v, flags, 0);
}
