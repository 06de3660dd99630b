/* SPDX-License-Identifier: GPL-2.0-or-later
 * value_test.c - values, JSON, YAML and Python's texts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "value/json.h"
#include "value/value.h"
#include "value/yaml.h"

static void test_dict_keeps_order_and_finds_many_keys(void **state)
{
	(void)state;
	struct value *d = v_dict();
	for (int i = 0; i < 500; i++) {
		char k[16];
		snprintf(k, sizeof(k), "k%d", i);
		v_dict_set(d, k, v_int(i));
	}
	assert_int_equal(v_len(d), 500);
	assert_int_equal(v_dict_int(d, "k499", -1), 499);
	assert_string_equal(v_dict_key(d, 0), "k0");
	assert_true(v_dict_del(d, "k0"));
	assert_false(v_dict_del(d, "k0"));
	assert_null(v_dict_get(d, "k0"));
	assert_int_equal(v_dict_int(d, "k300", -1), 300);
	static const char *const gone[] = { "k499", "none", "k1", "k2", "k1", "k250" };
	v_dict_set(d, "k2", v_none());
	assert_int_equal(v_dict_del_all(d, gone, ARRAY_LEN(gone)), 4);
	assert_int_equal(v_dict_del_all(d, gone, ARRAY_LEN(gone)), 0);
	assert_int_equal(v_dict_del_all(d, gone, 0), 0);
	assert_int_equal(v_len(d), 495);
	assert_string_equal(v_dict_key(d, 0), "k3");
	for (size_t i = 0; i < v_len(d); i++)
		assert_ptr_equal(v_dict_get(d, v_dict_key(d, i)), v_dict_at(d, i));
	v_unref(d);
}

static void test_python_equality_crosses_number_types(void **state)
{
	(void)state;
	struct value *f = v_float(1.0);
	assert_true(v_equal(v_int(1), f));
	assert_true(v_equal(v_bool(true), v_int(1)));
	assert_false(v_equal(v_int(1), v_none()));
	v_unref(f);
}

static void test_floats_print_as_python_prints_them(void **state)
{
	static const struct { double d; const char *want; } rows[] = {
		{ 1, "1.0" }, { 0.1, "0.1" }, { 3.307, "3.307" }, { 1e16, "1e+16" }, { 1e15, "1000000000000000.0" },
		{ 1.5e-5, "1.5e-05" }, { 0.0001, "0.0001" }, { -0.0, "-0.0" }, { 123456789.125, "123456789.125" },
		{ 1e100, "1e+100" }, { 0x1p-44, "5.684341886080802e-14" }, { 0x1p-1000, "9.332636185032189e-302" },
		{ 9007199254740993.0, "9007199254740992.0" }, { 1.7976931348623157e308, "1.7976931348623157e+308" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct strbuf b = { 0 };
		py_float_repr(&b, rows[i].d);
		assert_string_equal(sb_str(&b), rows[i].want);
		sb_free(&b);
	}
}

static void test_json_round_trip(void **state)
{
	static const char text[] = "{\"a\": [1, -2, 3.5, null, true, \"x\\n\\u00e9\"], \"b\": {}, \"c\": \"\"}";
	struct value *v;
	struct err e;
	struct strbuf b = { 0 };
	(void)state;
	assert_int_equal(json_parse(text, strlen(text), &v, &e), CB_OK);
	json_write(&b, v, JSON_ASCII);
	assert_string_equal(sb_str(&b), text);
	sb_truncate(&b, 0);
	json_write(&b, v_dict_get(v, "b"), JSON_PRETTY);
	assert_string_equal(sb_str(&b), "{}");
	sb_free(&b);
	v_unref(v);
}

static void test_bytes_that_are_no_text_do_not_become_other_text(void **state)
{
	(void)state;
	struct strbuf b = { 0 };
	struct value *v = v_strn("\xe9 \xc3\xa9 \xff\xc3", 7);
	json_write(&b, v, JSON_ASCII);
	assert_string_equal(sb_str(&b), "\"\\ufffd \\u00e9 \\ufffd\\ufffd\"");
	sb_free(&b);
	v_unref(v);
}

static void test_bad_json_is_refused_with_place(void **state)
{
	static const char *const bad[] = { "", "{", "[1,]", "{\"a\" 1}", "\"\\ud800\"", "01", "1.", "nul", "\"a\nb\"", "[1] x",
		"\"\xff\"", "NaN", "1e999", "{1: 2}", "\"\\u0000\"", "-" };
	struct value *v;
	struct err e;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_int_equal(json_parse(bad[i], strlen(bad[i]), &v, &e), CB_EPARSE);
		assert_non_null(strstr(e.text, "line 1 column") != NULL ? e.text : strstr(e.text, "line"));
	}
	char deep[400];
	memset(deep, '[', sizeof(deep));
	assert_int_equal(json_parse(deep, sizeof(deep), &v, &e), CB_EPARSE);
	assert_non_null(strstr(e.text, "too deeply"));
}

static void check_yaml(const char *text, const char *json)
{
	struct value *v = NULL;
	struct err e = { 0 };
	struct strbuf b = { 0 };
	if (yaml_parse(text, strlen(text), &v, &e) != CB_OK)
		fail_msg("%s: %s", text, e.text);
	json_write(&b, v, 0);
	assert_string_equal(sb_str(&b), json);
	sb_truncate(&b, 0);
	yaml_write(&b, v, false);
	struct value *again = NULL;
	if (yaml_parse(sb_str(&b), b.len, &again, &e) != CB_OK)
		fail_msg("written as %s: %s", sb_str(&b), e.text);
	if (!v_equal(v, again))
		fail_msg("not the same after writing: %s", sb_str(&b));
	sb_free(&b);
	v_unref(v);
	v_unref(again);
}

static void test_yaml_scalars_resolve_as_pyyaml(void **state)
{
	(void)state;
	check_yaml("a: yes\nb: 'yes'\nc: 0x10\nd: 010\ne: 1_000\nf: 1.5\ng: ~\nh: 1e3\ni: \"x\\ty\"\n",
		"{\"a\": true, \"b\": \"yes\", \"c\": 16, \"d\": 8, \"e\": 1000, \"f\": 1.5, \"g\": null, \"h\": \"1e3\", \"i\": "
		"\"x\\ty\"}");
	check_yaml("- [1, {a: b}]\n- \n- - x\n  - y: [ ]\n", "[[1, {\"a\": \"b\"}], null, [\"x\", {\"y\": []}]]");
	check_yaml("a: &x {p: 1}\nb: *x\nc: {<<: *x, q: 2}\n", "{\"a\": {\"p\": 1}, \"b\": {\"p\": 1}, \"c\": {\"p\": 1, \"q\": 2}}");
	check_yaml("", "null");
}

static void test_bad_yaml_is_refused(void **state)
{
	static const char *const bad[][2] = {                /* with PyYAML's class of the error */
		{ "a: [", "yaml.parser.ParserError" }, { "a: *nope", "yaml.composer.ComposerError" }, { "? [a]\n: b\n", "ValueError" },
		{ "!!python/object:os.system x", "yaml.constructor.ConstructorError" }, { "!x", "yaml.constructor.ConstructorError" },
		{ "a: b\n---\nc: d\n", "yaml.composer.ComposerError" }, { "a: &a [*a]", "yaml.composer.ComposerError" },
		{ "\t- x", "yaml.scanner.ScannerError" }, { "'a", "yaml.scanner.ScannerError" }, { "'a b' c", "yaml.parser.ParserError" },
		{ "@x", "yaml.scanner.ScannerError" }, { "a: \x01", "yaml.reader.ReaderError" },
	};
	struct value *v;
	struct err e;
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_int_equal(yaml_parse(bad[i][0], strlen(bad[i][0]), &v, &e), CB_EPARSE);
		assert_string_equal(e.cls, bad[i][1]);
	}
	struct strbuf b = { 0 };
	sb_adds(&b, "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
	for (int i = 1; i < 9; i++)
		sb_addf(&b, "a%d: &a%d [*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d]\n", i, i, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1,
			i - 1, i - 1);
	assert_int_equal(yaml_parse(sb_str(&b), b.len, &v, &e), CB_EPARSE);
	assert_non_null(strstr(e.text, "too many values"));
	sb_free(&b);
}

/* Bytes that came in where no text was checked: shown, and not one more than there are. */
static void test_repr_of_broken_text(void **state)
{
	(void)state;
	static const struct { const char *text, *shown; } rows[] = {
		{ "\xec", "'\\xec'" }, { "1\xf4\x80", "'1\\xf4\\x80'" }, { "\xe2\x82", "'\\xe2\\x82'" }, { "\xc3", "'\\xc3'" },
		{ "\xc0\x80", "'\\xc0\\x80'" }, { "\xed\xa0\x80", "'\\xed\\xa0\\x80'" }, { "\xff\xc3\xa9", "'\\xff\xc3\xa9'" },
		{ "\x80", "'\\x80'" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t n = strlen(rows[i].text);
		char *exact = xmalloc(n);
		struct strbuf b = { 0 };
		memcpy(exact, rows[i].text, n);
		py_str_repr(&b, exact, n);
		assert_string_equal(sb_str(&b), rows[i].shown);
		sb_free(&b);
		free(exact);
	}
}

static void test_repr_quotes_as_python(void **state)
{
	static const struct { const char *s, *want; } rows[] = {
		{ "a", "'a'" }, { "it's", "\"it's\"" }, { "'\"", "'\\'\"'" }, { "\n\x01", "'\\n\\x01'" }, { "\xc3\xa9", "'\xc3\xa9'" },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct strbuf b = { 0 };
		py_str_repr(&b, rows[i].s, strlen(rows[i].s));
		assert_string_equal(sb_str(&b), rows[i].want);
		sb_free(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dict_keeps_order_and_finds_many_keys),
		cmocka_unit_test(test_python_equality_crosses_number_types),
		cmocka_unit_test(test_floats_print_as_python_prints_them),
		cmocka_unit_test(test_json_round_trip),
		cmocka_unit_test(test_bytes_that_are_no_text_do_not_become_other_text),
		cmocka_unit_test(test_bad_json_is_refused_with_place),
		cmocka_unit_test(test_yaml_scalars_resolve_as_pyyaml),
		cmocka_unit_test(test_bad_yaml_is_refused),
		cmocka_unit_test(test_repr_of_broken_text),
		cmocka_unit_test(test_repr_quotes_as_python),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
