/* SPDX-License-Identifier: GPL-2.0-or-later
 * xmlrpc_test.c - the XML-RPC codec: what is read, what is refused, and that what is written can be read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "value/json.h"
#include "wire/xmlrpc.h"

#define CALL(params) "<?xml version='1.0'?><methodCall><methodName>m</methodName><params>" params "</params></methodCall>"
#define P(value) "<param><value>" value "</value></param>"

static int parse(const char *doc, struct xmlrpc_call *c, struct err *e)
{
	return xmlrpc_parse_call(doc, strlen(doc), c, e);
}

static void test_values_are_read(void **state)
{
	(void)state;
	/* JSON has no bytes; base64 is looked at below. */
	static const struct { const char *doc, *json; } rows[] = {
		{ CALL(""), "[]" },
		{ "<methodCall><methodName> m </methodName></methodCall>", "[]" },
		{ CALL(P("<int>5</int>")), "[5]" },
		{ CALL(P("<i4>-2147483648</i4>")), "[-2147483648]" },
		{ CALL(P("<int> +7\n</int>")), "[7]" },
		{ CALL(P("<i8>9223372036854775807</i8>")), "[9223372036854775807]" },
		{ CALL(P("<ex:i8>-1</ex:i8>")), "[-1]" },
		{ CALL(P("<boolean>1</boolean>") P("<boolean>0</boolean>")), "[true, false]" },
		{ CALL(P("<double>1.5</double>") P("<double>-1e3</double>")), "[1.5, -1000.0]" },
		{ CALL(P("<string>a &amp; &lt;b&gt; &#233;</string>")), "[\"a & <b> \xc3\xa9\"]" },
		{ CALL(P("<string></string>") P("<string/>") P("")), "[\"\", \"\", \"\"]" },
		{ CALL(P(" untyped text ")), "[\" untyped text \"]" },
		{ CALL(P("\n  <string>x</string>\n ")), "[\"x\"]" },
		{ CALL(P("<nil/>") P("<ex:nil/>")), "[null, null]" },
		{ CALL(P("<dateTime.iso8601>20261123T02:22:33</dateTime.iso8601>")), "[\"20261123T02:22:33\"]" },
		{ CALL(P("<string><![CDATA[<x>&]]></string>")), "[\"<x>&\"]" },
		{ CALL(P("<array><data></data></array>") P("<struct></struct>")), "[[], {}]" },
		{ CALL(P("<array><data><value><int>1</int></value><value>b</value></data></array>")), "[[1, \"b\"]]" },
		{ CALL(P("<struct><member><name>a</name><value><int>1</int></value></member><member><name>a</name><value>2</value></member>"
			"</struct>")), "[{\"a\": \"2\"}]" },
		{ CALL(P("<struct><member><name>k</name><value><array><data><value><nil/></value></data></array></value></member>"
			"</struct>")),
			"[{\"k\": [null]}]" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct xmlrpc_call c;
		struct value *want;
		struct err e = { 0 };
		if (parse(rows[i].doc, &c, &e) != CB_OK)
			fail_msg("row %zu: %s", i, e.text);
		assert_string_equal(c.method, "m");
		assert_int_equal(json_parse(rows[i].json, strlen(rows[i].json), &want, &e), CB_OK);
		if (!v_equal(c.params, want))
			fail_msg("row %zu: not %s", i, rows[i].json);
		v_unref(want);
		v_unref(c.params);
	}
}

static void test_base64_is_read(void **state)
{
	(void)state;
	struct xmlrpc_call c;
	struct err e;
	assert_int_equal(parse(CALL(P("<base64>AAEC\n/w==</base64>")), &c, &e), CB_OK);
	const struct value *v = v_list_at(c.params, 0);
	assert_true(v_is(v, V_BYTES));
	assert_int_equal(v_len(v), 4);
	assert_memory_equal(v_cstr(v), "\x00\x01\x02\xff", 4);
	v_unref(c.params);
	assert_int_equal(parse(CALL(P("<base64/>")), &c, &e), CB_OK);
	assert_int_equal(v_len(v_list_at(c.params, 0)), 0);
	v_unref(c.params);
}

static void test_bad_documents_are_refused(void **state)
{
	(void)state;
	static const struct { const char *doc, *cls, *text; } rows[] = {
		{ "", "xml.parsers.expat.ExpatError", "no element found: line 1, column 0" },
		{ "hello", "xml.parsers.expat.ExpatError", "syntax error: line 1, column 0" },
		{ "<methodCall><methodName>m</methodName>", "xml.parsers.expat.ExpatError", "no element found" },
		{ "<!DOCTYPE x><methodCall><methodName>m</methodName></methodCall>", "xml.parsers.expat.ExpatError", "document type" },
		{ "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><methodCall><methodName>&b;</methodName></methodCall>", NULL,
			"document type" },
		{ "<!DOCTYPE a [<!ENTITY b 'bbbb'><!ENTITY c '&b;&b;&b;'>]><methodCall><methodName>&c;</methodName></methodCall>", NULL,
			"document type" },
		{ CALL(P("&b;")), "xml.parsers.expat.ExpatError", "undefined entity" },
		{ CALL(P("<string>&#0;</string>")), NULL, "invalid character number" },
		{ CALL(P("<string>a\x01</string>")), NULL, "not well-formed" },
		{ CALL(P("<string>\xff\xfe</string>")), NULL, "not well-formed" },
		{ CALL(P("<string>\xc0\x80</string>")), NULL, "not well-formed" },
		{ CALL(P("<int>2147483648</int>")), "OverflowError", "out of range" },
		{ CALL(P("<int>-2147483649</int>")), "OverflowError", "out of range" },
		{ CALL(P("<i8>9223372036854775808</i8>")), "OverflowError", "out of range" },
		{ CALL(P("<int>0x10</int>")), "ValueError", "invalid literal for int() with base 10: '0x10'" },
		{ CALL(P("<int>1e9</int>")), "ValueError", "invalid literal" },
		{ CALL(P("<int></int>")), "ValueError", "invalid literal" },
		{ CALL(P("<int>5 5</int>")), "ValueError", "invalid literal" },
		{ CALL(P("<boolean>2</boolean>")), "TypeError", "bad boolean value" },
		{ CALL(P("<boolean>true</boolean>")), "TypeError", "bad boolean value" },
		{ CALL(P("<double>nan</double>")), "ValueError", "could not convert" },
		{ CALL(P("<double>inf</double>")), "ValueError", "could not convert" },
		{ CALL(P("<double>1e400</double>")), "ValueError", "out of range" },
		{ CALL(P("<double>0x1p3</double>")), "ValueError", "could not convert" },
		{ CALL(P("<double></double>")), "ValueError", "could not convert" },
		{ CALL(P("<base64>@@@@</base64>")), "binascii.Error", "not base64" },
		{ CALL(P("<base64>AAE</base64>")), "binascii.Error", "padding" },
		{ CALL(P("<base64>AA=E</base64>")), "binascii.Error", "not base64" },
		{ CALL(P("<dateTime.iso8601>99999999T00:00:00</dateTime.iso8601>")), "ValueError", "not a dateTime" },
		{ CALL(P("<dateTime.iso8601>yesterday</dateTime.iso8601>")), "ValueError", "not a dateTime" },
		{ CALL(P("text<int>5</int>")), NULL, "text and an element" },
		{ CALL(P("<int>5</int>text")), NULL, "unexpected text" },
		{ CALL(P("<int>5</int><int>6</int>")), NULL, "not expected" },
		{ CALL(P("<frob/>")), NULL, "not expected" },
		{ CALL(P("<nil>x</nil>")), NULL, "not empty" },
		{ CALL("<param></param>"), NULL, "incomplete" },
		{ CALL(P("<array></array>")), NULL, "incomplete" },
		{ CALL(P("<struct><member><name>a</name></member></struct>")), NULL, "incomplete" },
		{ CALL(P("<struct><member><value>a</value></member></struct>")), NULL, "not expected" },
		{ CALL(P("<struct><member><name>a</name><value/><value/></member></struct>")), NULL, "not expected" },
		{ "<methodCall><params></params></methodCall>", NULL, "not expected" },
		{ "<methodCall></methodCall>", NULL, "no methodName" },
		{ "<methodCall><methodName></methodName></methodCall>", NULL, "1 to 255" },
		{ "<methodCall><methodName>m</methodName><methodName>n</methodName></methodCall>", NULL, "not expected" },
		{ "<methodResponse><params/></methodResponse>", NULL, "not expected" },
		{ "<value>x</value>", NULL, "not expected" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct xmlrpc_call c;
		struct err e = { 0 };
		if (parse(rows[i].doc, &c, &e) == CB_OK)
			fail_msg("row %zu was accepted: %s", i, rows[i].doc);
		if ((rows[i].cls != NULL && !str_eq(e.cls, rows[i].cls)) || strstr(e.text, rows[i].text) == NULL)
			fail_msg("row %zu: %s: %s", i, e.cls, e.text);
	}
}

static char *repeat(const char *head, const char *open, size_t n, const char *mid, const char *close, const char *tail)
{
	struct strbuf b = { 0 };
	sb_adds(&b, head);
	for (size_t i = 0; i < n; i++)
		sb_adds(&b, open);
	sb_adds(&b, mid);
	for (size_t i = 0; i < n; i++)
		sb_adds(&b, close);
	sb_adds(&b, tail);
	return sb_take(&b);
}

static void test_depth_is_limited(void **state)
{
	(void)state;
	static const char head[] = "<methodCall><methodName>m</methodName><params><param>", tail[] = "</param></params></methodCall>";
	static const struct { size_t n; bool ok; } rows[] = { { 10, true }, { 63, true }, { 64, false }, { 1000, false },
		{ 200000, false } };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct xmlrpc_call c;
		struct err e;
		char *doc = repeat(head, "<value><array><data>", rows[i].n, "<value>x</value>", "</data></array></value>", tail);
		int rc = parse(doc, &c, &e);
		assert_int_equal(rc == CB_OK, rows[i].ok);
		if (rc == CB_OK)
			v_unref(c.params);
		free(doc);
	}
	/* Elements that do not nest as values do. */
	char *doc = repeat("", "<a>", 200000, "", "</a>", "");
	struct xmlrpc_call c;
	struct err e;
	assert_int_not_equal(parse(doc, &c, &e), CB_OK);
	free(doc);
}

static void test_long_method_names_are_refused(void **state)
{
	(void)state;
	struct xmlrpc_call c;
	struct err e;
	char *doc = repeat("<methodCall><methodName>", "x", 65536, "", "", "</methodName></methodCall>");
	assert_int_not_equal(parse(doc, &c, &e), CB_OK);
	free(doc);
}

static void test_a_request_in_another_encoding(void **state)
{
	(void)state;
	struct xmlrpc_call c;
	struct err e;
	static const char doc[] = "<?xml version='1.0' encoding='iso-8859-1'?><methodCall><methodName>m</methodName>"
		"<params>" P("\xe9") "</params></methodCall>";
	assert_int_equal(parse(doc, &c, &e), CB_OK);
	assert_string_equal(v_cstr(v_list_at(c.params, 0)), "\xc3\xa9");
	v_unref(c.params);
}

static void test_what_is_written_is_read_again(void **state)
{
	(void)state;
	static const char json[] = "{\"a\": [1, -5, 2.5, true, false, \"<&>\", \"\"], \"b\": {\"c\": {}}, \"h\xc3\xa9\": []}";
	struct value *v, *again;
	struct strbuf b = { 0 };
	struct err e;
	bool fault;
	assert_int_equal(json_parse(json, strlen(json), &v, &e), CB_OK);
	v_dict_set(v, "bytes", v_bytes("\x00\xff\x80 and quite a few more bytes, so that the digits take more than a line", 70));
	assert_int_equal(xmlrpc_write_response(&b, v, false, &e), CB_OK);
	assert_int_equal(xmlrpc_parse_response(b.p, b.len, &again, &fault, &e), CB_OK);
	assert_false(fault);
	assert_true(v_equal(v, again));
	v_unref(v);
	v_unref(again);
	sb_free(&b);
}

static void test_none_is_a_tilde_or_a_fault(void **state)
{
	(void)state;
	struct value *v = v_list();
	struct strbuf b = { 0 };
	struct err e;
	v_list_push(v, v_none());
	assert_int_equal(xmlrpc_write_response(&b, v, true, &e), CB_OK);
	assert_non_null(strstr(b.p, "<string>~</string>"));
	size_t before = b.len;
	assert_int_equal(xmlrpc_write_response(&b, v, false, &e), CB_EINVAL);
	assert_string_equal(e.cls, "TypeError");
	assert_string_equal(e.text, "cannot marshal None unless allow_none is enabled");
	assert_int_equal(b.len, before);
	sb_free(&b);
	v_unref(v);
	v = v_int(INT64_C(1) << 40);
	assert_int_equal(xmlrpc_write_response(&b, v, false, &e), CB_EINVAL);
	assert_string_equal(e.cls, "OverflowError");
	v_unref(v);
	sb_free(&b);
}

/* Whatever bytes get into a text, the answer is well-formed. */
static void test_answers_are_always_well_formed(void **state)
{
	(void)state;
	char all[256 * 3];
	size_t n = 0;
	for (int i = 1; i < 256; i++)
		all[n++] = (char)i;
	for (int i = 255; i > 0; i--)
		all[n++] = (char)i;
	memcpy(all + n, "\xed\xa0\x80\xf4\x90\x80\x80\xef\xbf\xbf", 10);
	struct value *v = v_strn(all, n + 10), *again;
	struct strbuf b = { 0 };
	struct err e = { 0 };
	bool fault;
	assert_int_equal(xmlrpc_write_response(&b, v, false, &e), CB_OK);
	if (xmlrpc_parse_response(b.p, b.len, &again, &fault, &e) != CB_OK)
		fail_msg("%s", e.text);
	v_unref(again);
	sb_truncate(&b, 0);
	xmlrpc_write_fault(&b, 1, v_cstr(v));
	assert_int_equal(xmlrpc_parse_response(b.p, b.len, &again, &fault, &e), CB_OK);
	assert_true(fault);
	assert_int_equal(v_dict_int(again, "faultCode", 0), 1);
	v_unref(again);
	v_unref(v);
	sb_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values_are_read),
		cmocka_unit_test(test_base64_is_read),
		cmocka_unit_test(test_bad_documents_are_refused),
		cmocka_unit_test(test_depth_is_limited),
		cmocka_unit_test(test_long_method_names_are_refused),
		cmocka_unit_test(test_a_request_in_another_encoding),
		cmocka_unit_test(test_what_is_written_is_read_again),
		cmocka_unit_test(test_none_is_a_tilde_or_a_fault),
		cmocka_unit_test(test_answers_are_always_well_formed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
