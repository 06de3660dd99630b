/* SPDX-License-Identifier: GPL-2.0-or-later
 * xmlrpc_parse.c - XML-RPC documents to values: a state machine over libexpat's events.
 *
 * One frame per open element on a fixed stack; no recursion. Each element is a row that says inside what it may stand.
 */
#include "wire/xmlrpc.h"

#include <expat.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum element {
	EL_DOCUMENT, EL_CALL, EL_RESPONSE, EL_METHOD, EL_PARAMS, EL_PARAM, EL_FAULT, EL_VALUE, EL_STRUCT, EL_MEMBER, EL_NAME, EL_ARRAY,
	EL_DATA, EL_INT, EL_I8, EL_BOOLEAN, EL_DOUBLE, EL_STRING, EL_BASE64, EL_DATE, EL_NIL,
};

#define IN(el) (1u << (el))

static const struct row { const char *tag; enum element el; unsigned inside; } rows[] = {
	{ "value", EL_VALUE, IN(EL_PARAM) | IN(EL_FAULT) | IN(EL_MEMBER) | IN(EL_DATA) },
	{ "string", EL_STRING, IN(EL_VALUE) },
	{ "name", EL_NAME, IN(EL_MEMBER) },
	{ "member", EL_MEMBER, IN(EL_STRUCT) },
	{ "int", EL_INT, IN(EL_VALUE) },
	{ "boolean", EL_BOOLEAN, IN(EL_VALUE) },
	{ "struct", EL_STRUCT, IN(EL_VALUE) },
	{ "array", EL_ARRAY, IN(EL_VALUE) },
	{ "data", EL_DATA, IN(EL_ARRAY) },
	{ "param", EL_PARAM, IN(EL_PARAMS) },
	{ "params", EL_PARAMS, IN(EL_CALL) | IN(EL_RESPONSE) },
	{ "methodCall", EL_CALL, IN(EL_DOCUMENT) },
	{ "methodName", EL_METHOD, IN(EL_CALL) },
	{ "methodResponse", EL_RESPONSE, IN(EL_DOCUMENT) },
	{ "fault", EL_FAULT, IN(EL_RESPONSE) },
	{ "i4", EL_INT, IN(EL_VALUE) },
	{ "i1", EL_INT, IN(EL_VALUE) },
	{ "i2", EL_INT, IN(EL_VALUE) },
	{ "i8", EL_I8, IN(EL_VALUE) },
	{ "ex:i8", EL_I8, IN(EL_VALUE) },
	{ "double", EL_DOUBLE, IN(EL_VALUE) },
	{ "base64", EL_BASE64, IN(EL_VALUE) },
	{ "dateTime.iso8601", EL_DATE, IN(EL_VALUE) },
	{ "nil", EL_NIL, IN(EL_VALUE) },
	{ "ex:nil", EL_NIL, IN(EL_VALUE) },
};

/* Elements that hold text; all others hold elements, and blanks between them. */
#define HOLDS_TEXT (IN(EL_METHOD) | IN(EL_NAME) | IN(EL_INT) | IN(EL_I8) | IN(EL_BOOLEAN) | IN(EL_DOUBLE) | IN(EL_STRING) | \
	IN(EL_BASE64) | IN(EL_DATE) | IN(EL_NIL) | IN(EL_VALUE))

struct frame {
	enum element el;
	unsigned count;              /* children begun */
	struct value *v;             /* what it yields or fills, owned */
	char *name;                  /* of a member, owned */
};

struct parser {
	XML_Parser xml;
	size_t depth;
	size_t nested;               /* open <value>s */
	size_t values;
	struct strbuf text;
	enum element want;           /* EL_CALL or EL_RESPONSE */
	char method[XMLRPC_METHOD + 1];
	bool has_method, is_fault, done;
	struct value *result;        /* params, or the value of a response */
	struct err *e;
	int rc;
	struct frame stack[XMLRPC_DEPTH * 4 + 8];      /* the last: only what is in use was ever written */
};

#define XMLRPC_BAD "xmlrpc.client.ResponseError"

static void fail(struct parser *p, const char *cls, const char *fmt, ...) PRINTF_LIKE(3, 4);

static void fail(struct parser *p, const char *cls, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	if (p->rc != CB_OK)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	p->rc = err_py(p->e, CB_EPARSE, cls, "%s: line %lu, column %lu", text, (unsigned long)XML_GetCurrentLineNumber(p->xml),
		(unsigned long)XML_GetCurrentColumnNumber(p->xml));
	XML_StopParser(p->xml, XML_FALSE);
}

static struct frame *top(struct parser *p)
{
	return &p->stack[p->depth - 1];
}

static void XMLCALL on_doctype(void *arg, const XML_Char *name UNUSED, const XML_Char *sysid UNUSED, const XML_Char *pubid UNUSED,
	int internal UNUSED)
{
	fail(arg, "xml.parsers.expat.ExpatError", "a document type declaration is not allowed");
}

static const struct row *find_row(const char *tag)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (str_eq(rows[i].tag, tag))
			return &rows[i];
	return NULL;
}

/* How many children of its kind an element may have where that is not "any number". */
static bool has_room(const struct parser *p, const struct frame *in, enum element el)
{
	switch (in->el) {
	case EL_DOCUMENT: return in->count == 0 && el == p->want;
	case EL_CALL: return el == EL_METHOD ? in->count == 0 : in->count == 1;
	case EL_MEMBER: return el == EL_NAME ? in->count == 0 : in->count == 1;
	case EL_RESPONSE: case EL_PARAM: case EL_FAULT: case EL_VALUE: case EL_ARRAY: return in->count == 0;
	default: return true;
	}
}

static void XMLCALL on_start(void *arg, const XML_Char *tag, const XML_Char **attrs UNUSED)
{
	struct parser *p = arg;
	struct frame *in = top(p);
	const struct row *row = find_row(tag);
	if (p->rc != CB_OK)
		return;
	if (row == NULL || !(row->inside & IN(in->el)) || !has_room(p, in, row->el)) {
		fail(p, XMLRPC_BAD, "element <%.40s> is not expected here", tag);
		return;
	}
	/* Blanks before a typed element inside <value> mean nothing; other text there does not belong. */
	if (in->el == EL_VALUE && strspn(sb_str(&p->text), " \t\r\n") != p->text.len) {
		fail(p, XMLRPC_BAD, "text and an element <%.40s> in one <value>", tag);
		return;
	}
	if (row->el == EL_VALUE && (++p->nested > XMLRPC_DEPTH || p->depth == ARRAY_LEN(p->stack))) {
		fail(p, XMLRPC_BAD, "values nest deeper than %d levels", XMLRPC_DEPTH);
		return;
	}
	if (row->el == EL_VALUE && ++p->values > XMLRPC_VALUES) {
		fail(p, XMLRPC_BAD, "more than %d values", XMLRPC_VALUES);
		return;
	}
	if (p->depth == ARRAY_LEN(p->stack)) {
		fail(p, XMLRPC_BAD, "elements nest too deep");
		return;
	}
	in->count++;
	p->text.len = 0;
	if (p->text.p != NULL)
		*p->text.p = '\0';
	p->stack[p->depth++] = (struct frame){ .el = row->el };
	if (row->el == EL_STRUCT)
		top(p)->v = v_dict();
	else if (row->el == EL_ARRAY || row->el == EL_PARAMS)
		top(p)->v = v_list();
}

static void XMLCALL on_text(void *arg, const XML_Char *s, int n)
{
	struct parser *p = arg;
	const struct frame *in = top(p);
	if (p->rc != CB_OK)
		return;
	if (!(HOLDS_TEXT & IN(in->el)) || (in->el == EL_VALUE && in->count > 0)) {
		for (int i = 0; i < n; i++)
			if (strchr(" \t\r\n", s[i]) == NULL) {
				fail(p, XMLRPC_BAD, "unexpected text");
				return;
			}
		return;
	}
	sb_add(&p->text, s, (size_t)n);
}

/* The text without blanks at both ends. */
static const char *trimmed(struct parser *p)
{
	char *s = p->text.p;
	if (s == NULL)
		return "";
	while (p->text.len > 0 && strchr(" \t\r\n", s[p->text.len - 1]) != NULL)
		s[--p->text.len] = '\0';
	return s + strspn(s, " \t\r\n");
}

static struct value *scalar_int(struct parser *p, int64_t min, int64_t max)
{
	const char *s = trimmed(p);
	int64_t i;
	if (!parse_int64(s, &i) || i < min || i > max) {
		if (strspn(s + (*s == '-' || *s == '+'), "0123456789") == strlen(s) - (*s == '-' || *s == '+') && strlen(s) > 1)
			fail(p, "OverflowError", "integer %.40s is out of range", s);
		else
			fail(p, PY_VALUE, "invalid literal for int() with base 10: '%.40s'", s);
		return NULL;
	}
	return v_int(i);
}

static struct value *scalar_double(struct parser *p)
{
	const char *s = trimmed(p);
	char *end;
	double d;
	if (*s == '\0' || strspn(s, "+-.0123456789eE") != strlen(s) || (d = strtod(s, &end), *end != '\0')) {
		fail(p, PY_VALUE, "could not convert string to float: '%.40s'", s);
		return NULL;
	}
	if (!isfinite(d)) {
		fail(p, PY_VALUE, "double %.40s is out of range", s);
		return NULL;
	}
	return v_float(d);
}

static int base64_digit(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static struct value *scalar_base64(struct parser *p)
{
	unsigned char *out = (unsigned char *)p->text.p;         /* in place: what is written lies before what is read */
	size_t n = 0, digits = 0, pad = 0;
	uint32_t bits = 0;
	for (size_t i = 0; i < p->text.len; i++) {
		unsigned char c = (unsigned char)p->text.p[i];
		int d = base64_digit(c);
		if (strchr(" \t\r\n", c) != NULL)
			continue;
		if (c == '=' ? (++pad > 2) : (d < 0 || pad > 0)) {
			fail(p, "binascii.Error", "not base64 data");
			return NULL;
		}
		if (c == '=')
			continue;
		bits = bits << 6 | (uint32_t)d;
		if (++digits % 4 != 1)
			out[n++] = (unsigned char)(bits >> (digits % 4 == 2 ? 4 : digits % 4 == 3 ? 2 : 0));
	}
	if ((digits + pad) % 4 != 0 || digits % 4 == 1) {
		fail(p, "binascii.Error", "Incorrect padding");
		return NULL;
	}
	return v_bytes(out == NULL ? (const unsigned char *)"" : out, n);
}

/* YYYYMMDDTHH:MM:SS, dashes allowed; kept as text. */
static struct value *scalar_date(struct parser *p)
{
	const char *s = trimmed(p), *c = s;
	static const struct { int digits, min, max; char sep, must; } part[] = {
		{ 4, 1, 9999, '-', 0 }, { 2, 1, 12, '-', 0 }, { 2, 1, 31, 'T', 1 }, { 2, 0, 23, ':', 1 }, { 2, 0, 59, ':', 1 },
		{ 2, 0, 60, 0, 0 },
	};
	for (size_t i = 0; i < ARRAY_LEN(part); i++) {
		int v = 0, k = 0;
		for (; k < part[i].digits && *c >= '0' && *c <= '9'; k++)
			v = v * 10 + (*c++ - '0');
		if (k < part[i].digits || v < part[i].min || v > part[i].max)
			goto bad;
		if (part[i].sep != 0 && *c == part[i].sep)
			c++;
		else if (part[i].must)
			goto bad;
	}
	if (*c == '\0' || (*c == 'Z' && c[1] == '\0'))
		return v_str(s);
bad:
	fail(p, PY_VALUE, "'%.40s' is not a dateTime.iso8601", s);
	return NULL;
}

static struct value *scalar(struct parser *p, enum element el)
{
	switch (el) {
	case EL_INT: return scalar_int(p, INT32_MIN, INT32_MAX);
	case EL_I8: return scalar_int(p, INT64_MIN, INT64_MAX);
	case EL_DOUBLE: return scalar_double(p);
	case EL_BASE64: return scalar_base64(p);
	case EL_DATE: return scalar_date(p);
	case EL_BOOLEAN:
		if (str_eq(sb_str(&p->text), "0") || str_eq(sb_str(&p->text), "1"))
			return v_bool(*p->text.p == '1');
		fail(p, PY_TYPE, "bad boolean value");
		return NULL;
	case EL_NIL:
		if (p->text.len == 0)
			return v_none();
		fail(p, XMLRPC_BAD, "<nil> is not empty");
		return NULL;
	default: return v_strn(sb_str(&p->text), p->text.len);
	}
}

/* A finished value goes where it belongs. */
static void deliver(struct parser *p, struct value *v)
{
	struct frame *to = top(p);
	switch (to->el) {
	case EL_VALUE: case EL_PARAM: case EL_FAULT:
		v_unref(to->v);
		to->v = v;
		break;
	case EL_DATA:        /* the list is the array's */
		v_list_push(p->stack[p->depth - 2].v, v);
		break;
	case EL_MEMBER:      /* the dict is the struct's */
		v_dict_set(p->stack[p->depth - 2].v, to->name, v);
		break;
	case EL_PARAMS:
		v_list_push(to->v, v);
		break;
	default:
		v_unref(p->result);
		p->result = v;
	}
}

static void end_method(struct parser *p)
{
	const char *s = trimmed(p);
	size_t n = strlen(s);
	if (n == 0 || n > XMLRPC_METHOD) {
		fail(p, XMLRPC_BAD, "a method name has 1 to %d bytes, not %zu", XMLRPC_METHOD, n);
		return;
	}
	memcpy(p->method, s, n + 1);
	p->has_method = true;
}

static void XMLCALL on_end(void *arg, const XML_Char *tag UNUSED)
{
	struct parser *p = arg;
	if (p->rc != CB_OK)
		return;
	struct frame f = *top(p);
	p->depth--;
	switch (f.el) {
	case EL_METHOD: end_method(p); break;
	case EL_NAME: top(p)->name = xstrdup(sb_str(&p->text)); break;
	case EL_MEMBER: case EL_PARAM: case EL_FAULT: case EL_ARRAY:
		if (f.count != (f.el == EL_MEMBER ? 2u : 1u))
			fail(p, XMLRPC_BAD, "an incomplete <%s>",
				f.el == EL_MEMBER ? "member" : f.el == EL_PARAM ? "param" : f.el == EL_FAULT ? "fault" : "array");
		else if (f.el != EL_MEMBER)
			deliver(p, f.v), f.v = NULL;
		if (f.el == EL_FAULT)
			p->is_fault = true;
		break;
	case EL_VALUE:
		p->nested--;
		if (f.count == 0)
			f.v = v_strn(sb_str(&p->text), p->text.len);
		deliver(p, f.v), f.v = NULL;
		break;
	case EL_STRUCT: case EL_PARAMS:
		deliver(p, f.v), f.v = NULL;
		break;
	case EL_CALL: case EL_RESPONSE: p->done = true; break;
	case EL_DATA: case EL_DOCUMENT: break;
	default: {
		struct value *v = scalar(p, f.el);
		if (v != NULL)
			deliver(p, v);
	}
	}
	free(f.name);
	v_unref(f.v);
	p->text.len = 0;
	if (p->text.p != NULL)
		*p->text.p = '\0';
}

/* Expat would ask the kernel for a salt of its hashes with every document; one that nobody outside knows is enough for all. */
static unsigned long hash_salt(void)
{
	static unsigned long salt;
	unsigned long now = __atomic_load_n(&salt, __ATOMIC_RELAXED);
	while (now == 0) {
		if (getrandom(&now, sizeof(now), 0) != (ssize_t)sizeof(now))
			return 0;                        /* expat then looks for one itself */
		__atomic_store_n(&salt, now, __ATOMIC_RELAXED);
	}
	return now;
}

static int run(struct parser *p, enum element want, const char *body, size_t n, struct err *e)
{
	memset(p, 0, offsetof(struct parser, stack));
	p->want = want;
	p->e = e;
	if (n > XMLRPC_BODY)
		return err_py(e, CB_ELIMIT, XMLRPC_BAD, "the document is larger than %u bytes", XMLRPC_BODY);
	p->xml = XML_ParserCreate(NULL);
	if (p->xml == NULL)
		return err_py(e, CB_ELIMIT, "MemoryError", "out of memory for the XML parser");
	XML_SetHashSalt(p->xml, hash_salt());
	p->stack[p->depth++] = (struct frame){ .el = EL_DOCUMENT };
	XML_SetUserData(p->xml, p);
	XML_SetElementHandler(p->xml, on_start, on_end);
	XML_SetCharacterDataHandler(p->xml, on_text);
	XML_SetStartDoctypeDeclHandler(p->xml, on_doctype);
	if (XML_Parse(p->xml, body, (int)n, 1) != XML_STATUS_OK && p->rc == CB_OK)
		p->rc = err_py(e, CB_EPARSE, "xml.parsers.expat.ExpatError", "%s: line %lu, column %lu",
			XML_ErrorString(XML_GetErrorCode(p->xml)),
			(unsigned long)XML_GetCurrentLineNumber(p->xml), (unsigned long)XML_GetCurrentColumnNumber(p->xml));
	XML_ParserFree(p->xml);
	while (p->depth > 0) {
		struct frame *f = &p->stack[--p->depth];
		free(f->name);
		v_unref(f->v);
	}
	sb_free(&p->text);
	if (p->rc == CB_OK && !p->done)
		p->rc = err_py(e, CB_EPARSE, XMLRPC_BAD, "the document is incomplete");
	return p->rc;
}

int xmlrpc_parse_call(const char *body, size_t n, struct xmlrpc_call *ret, struct err *e)
{
	struct parser p;
	int rc = run(&p, EL_CALL, body, n, e);
	if (rc == CB_OK && !p.has_method)
		rc = err_py(e, CB_EPARSE, XMLRPC_BAD, "the call has no methodName");
	if (rc != CB_OK) {
		v_unref(p.result);
		return rc;
	}
	memcpy(ret->method, p.method, sizeof(p.method));
	ret->params = p.result != NULL ? p.result : v_list();
	return CB_OK;
}

int xmlrpc_parse_response(const char *body, size_t n, struct value **ret, bool *is_fault, struct err *e)
{
	struct parser p;
	int rc = run(&p, EL_RESPONSE, body, n, e);
	if (rc == CB_OK && (p.result == NULL || (!p.is_fault && v_len(p.result) != 1)))
		rc = err_py(e, CB_EPARSE, XMLRPC_BAD, "the response has no single value");
	if (rc != CB_OK) {
		v_unref(p.result);
		return rc;
	}
	*is_fault = p.is_fault;
	*ret = p.is_fault ? v_ref(p.result) : v_ref(v_list_at(p.result, 0));
	v_unref(p.result);
	return CB_OK;
}
