/* SPDX-License-Identifier: GPL-2.0-or-later
 * xmlrpc_write.c - values to XML-RPC, streamed into a buffer, in the form that Python's xmlrpc.client.dumps writes.
 */
#include "wire/xmlrpc.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

enum none_mode { NONE_FAULT, NONE_TILDE, NONE_NIL };

/* 0: copied as it stands; 1: needs a look. */
static const unsigned char special[256] = {
	[0] = 1, [1] = 1, [2] = 1, [3] = 1, [4] = 1, [5] = 1, [6] = 1, [7] = 1, [8] = 1, [11] = 1, [12] = 1,
	[14] = 1, [15] = 1, [16] = 1, [17] = 1, [18] = 1, [19] = 1, [20] = 1, [21] = 1, [22] = 1, [23] = 1, [24] = 1, [25] = 1,
	[26] = 1, [27] = 1, [28] = 1, [29] = 1, [30] = 1, [31] = 1, ['&'] = 1, ['<'] = 1, ['>'] = 1, [0x80 ... 0xff] = 1,
};

/* Length of the well-formed character at s that XML may hold, else 0. */
static size_t utf8_char(const unsigned char *s, size_t n)
{
	size_t len = s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;
	if (len == 0 || len > n)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf0 && s[1] < 0x90) ||
		(s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	if (s[0] == 0xef && s[1] == 0xbf && s[2] >= 0xbe)      /* U+FFFE, U+FFFF */
		return 0;
	return len;
}

/* compat: a carriage return goes out as it is, as Python's writer does; readers see it as a line feed. */
void xmlrpc_write_text(struct strbuf *out, const char *text, size_t n)
{
	const unsigned char *s = (const unsigned char *)text;
	for (size_t i = 0, from = 0; ; i++) {
		while (i < n && !special[s[i]])
			i++;
		sb_add(out, text + from, i - from);
		if (i >= n)
			return;
		switch (s[i]) {
		case '&': sb_add(out, "&amp;", 5); break;
		case '<': sb_add(out, "&lt;", 4); break;
		case '>': sb_add(out, "&gt;", 4); break;
		default: {
			size_t len = utf8_char(s + i, n - i);
			if (len == 0) {
				sb_add(out, "\xef\xbf\xbd", 3);
			} else {
				sb_add(out, text + i, len);
				i += len - 1;
			}
		}
		}
		from = i + 1;
	}
}

static void write_base64(struct strbuf *out, const unsigned char *p, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	for (size_t i = 0; i < n; i += 3) {
		uint32_t w = (uint32_t)p[i] << 16 | (i + 1 < n ? (uint32_t)p[i + 1] << 8 : 0) | (i + 2 < n ? p[i + 2] : 0);
		char c[4] = { digits[w >> 18], digits[w >> 12 & 63], i + 1 < n ? digits[w >> 6 & 63] : '=',
			i + 2 < n ? digits[w & 63] : '=' };
		sb_add(out, c, 4);
		if (i % 57 == 54)
			sb_addc(out, '\n');
	}
	if (n % 57 != 0)
		sb_addc(out, '\n');
}

static void write_int(struct strbuf *out, int64_t i)
{
	char buf[24], *p = buf + sizeof(buf);
	uint64_t u = i < 0 ? 0 - (uint64_t)i : (uint64_t)i;
	do
		*--p = (char)('0' + u % 10);
	while ((u /= 10) != 0);
	if (i < 0)
		*--p = '-';
	sb_add(out, p, (size_t)(buf + sizeof(buf) - p));
}

#define LIT(out, s) sb_add(out, s, sizeof(s) - 1)

/* before, the text, after: nearly every text needs no escape, and goes out in one piece. */
static inline void write_within(struct strbuf *out, const char *before, size_t n_before, const char *text, size_t n, const char *after,
	size_t n_after)
{
	size_t plain = 0;
	while (plain < n && !special[(unsigned char)text[plain]])
		plain++;
	if (plain < n || out->limit != 0) {
		sb_add(out, before, n_before);
		xmlrpc_write_text(out, text, n);
		sb_add(out, after, n_after);
		return;
	}
	if (n_before + n + n_after >= out->cap - out->len)
		sb_reserve(out, n_before + n + n_after);
	char *p = out->p + out->len;
	memcpy(p, before, n_before);
	memcpy(p + n_before, text, n);
	memcpy(p + n_before + n, after, n_after);
	out->len += n_before + n + n_after;
	out->p[out->len] = '\0';
}

#define WITHIN(out, before, text, n, after) write_within(out, before, sizeof(before) - 1, text, n, after, sizeof(after) - 1)

static int write_none(struct strbuf *out, enum none_mode mode, struct err *e)
{
	if (mode == NONE_FAULT)
		return err_py(e, CB_EINVAL, PY_TYPE, "cannot marshal None unless allow_none is enabled");
	if (mode == NONE_TILDE)
		LIT(out, "<value><string>~</string></value>\n");
	else
		LIT(out, "<value><nil/></value>");
	return CB_OK;
}

static int write_value(struct strbuf *out, const struct value *v, enum none_mode mode, unsigned depth, struct err *e);

static int write_container(struct strbuf *out, const struct value *v, enum none_mode mode, unsigned depth, struct err *e)
{
	size_t n = v_len(v);
	int rc = CB_OK;
	if (depth >= XMLRPC_DEPTH)
		return err_py(e, CB_ELIMIT, "RecursionError", "the answer nests deeper than %d levels", XMLRPC_DEPTH);
	if (v_type(v) == V_LIST) {
		LIT(out, "<value><array><data>\n");
		for (size_t i = 0; i < n && rc == CB_OK; i++)
			rc = write_value(out, v_list_at(v, i), mode, depth + 1, e);
		LIT(out, "</data></array></value>\n");
		return rc;
	}
	LIT(out, "<value><struct>\n");
	for (size_t i = 0; i < n && rc == CB_OK; i++) {
		const char *key = v_dict_key(v, i);
		WITHIN(out, "<member>\n<name>", key, strlen(key), "</name>\n");
		rc = write_value(out, v_dict_at(v, i), mode, depth + 1, e);
		LIT(out, "</member>\n");
	}
	LIT(out, "</struct></value>\n");
	return rc;
}

static int write_value(struct strbuf *out, const struct value *v, enum none_mode mode, unsigned depth, struct err *e)
{
	switch (v == NULL ? V_NONE : v_type(v)) {
	case V_NONE:
		return write_none(out, mode, e);
	case V_BOOL:
		if (v_truthy(v))
			LIT(out, "<value><boolean>1</boolean></value>\n");
		else
			LIT(out, "<value><boolean>0</boolean></value>\n");
		return CB_OK;
	case V_INT:
		if (v_int_of(v) > INT32_MAX || v_int_of(v) < INT32_MIN)
			return err_py(e, CB_EINVAL, "OverflowError", "int exceeds XML-RPC limits");
		LIT(out, "<value><int>");
		write_int(out, v_int_of(v));
		LIT(out, "</int></value>\n");
		return CB_OK;
	case V_FLOAT:
		LIT(out, "<value><double>");
		py_float_repr(out, isfinite(v_float_of(v)) ? v_float_of(v) : 0.0);
		LIT(out, "</double></value>\n");
		return CB_OK;
	case V_STR:
		WITHIN(out, "<value><string>", v_cstr(v), v_len(v), "</string></value>\n");
		return CB_OK;
	case V_BYTES:
		LIT(out, "<value><base64>\n");
		write_base64(out, (const unsigned char *)v_cstr(v), v_len(v));
		LIT(out, "</base64></value>\n");
		return CB_OK;
	default:
		return write_container(out, v, mode, depth, e);
	}
}

int xmlrpc_write_value(struct strbuf *out, const struct value *v, bool none_as_tilde, struct err *e)
{
	return write_value(out, v, none_as_tilde ? NONE_TILDE : NONE_FAULT, 0, e);
}

void xmlrpc_write_head(struct strbuf *out)
{
	sb_reserve(out, 4000);             /* an item needs more, and the rest little */
	LIT(out, "<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n");
}

void xmlrpc_write_tail(struct strbuf *out)
{
	LIT(out, "</param>\n</params>\n</methodResponse>\n");
}

int xmlrpc_write_response(struct strbuf *out, const struct value *v, bool none_as_tilde, struct err *e)
{
	size_t before = out->len;
	xmlrpc_write_head(out);
	int rc = xmlrpc_write_value(out, v, none_as_tilde, e);
	if (rc != CB_OK) {
		sb_truncate(out, before);
		return rc;
	}
	xmlrpc_write_tail(out);
	return CB_OK;
}

void xmlrpc_write_fault(struct strbuf *out, int code, const char *text)
{
	LIT(out, "<?xml version='1.0'?>\n<methodResponse>\n<fault>\n<value><struct>\n<member>\n<name>faultCode</name>\n<value><int>");
	write_int(out, code);
	LIT(out, "</int></value>\n</member>\n<member>\n<name>faultString</name>\n<value><string>");
	xmlrpc_write_text(out, text, strlen(text));
	LIT(out, "</string></value>\n</member>\n</struct></value>\n</fault>\n</methodResponse>\n");
}

int xmlrpc_write_call(struct strbuf *out, const char *method, const struct value *params, struct err *e)
{
	size_t before = out->len;
	int rc = CB_OK;
	LIT(out, "<?xml version='1.0'?>\n<methodCall>\n<methodName>");
	xmlrpc_write_text(out, method, strlen(method));
	LIT(out, "</methodName>\n<params>\n");
	for (size_t i = 0; i < v_len(params) && rc == CB_OK; i++) {
		LIT(out, "<param>\n");
		rc = write_value(out, v_list_at(params, i), NONE_NIL, 0, e);
		LIT(out, "</param>\n");
	}
	LIT(out, "</params>\n</methodCall>\n");
	if (rc != CB_OK)
		sb_truncate(out, before);
	return rc;
}
