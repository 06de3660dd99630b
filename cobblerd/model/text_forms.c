/* SPDX-License-Identifier: GPL-2.0-or-later
 * text_forms.c - lists, dicts and booleans as clients write them in text (Cobbler's utils.input_*).
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "model/checks.h"

bool is_inherit(const struct value *v)
{
	return v_str_is(v, INHERIT);
}

/* Takes one word off *s into *word. 1: a word; 0: the end; -1: an open quote or a lone backslash. */
static int next_word(const char **s, struct strbuf *word, const char **why)
{
	const char *p = *s;
	bool any = false;
	while (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r')
		p++;
	for (; *p != '\0' && strchr(" \t\r\n", *p) == NULL; any = true) {
		char quote = *p == '\'' || *p == '"' ? *p++ : '\0';
		if (quote == '\0') {
			if (*p == '\\') {
				if (*++p == '\0') {
					*why = "No escaped character";
					return -1;
				}
			}
			sb_addc(word, *p++);
			continue;
		}
		while (*p != quote) {
			if (*p == '\\' && quote == '"' && (p[1] == '"' || p[1] == '\\'))
				p++;
			if (*p == '\0') {
				*why = "No closing quotation";
				return -1;
			}
			sb_addc(word, *p++);
		}
		p++;
	}
	*s = p;
	return any ? 1 : 0;
}

int shlex_split(const char *s, struct value **ret, struct err *e)
{
	struct value *list = v_list();
	const char *why = NULL;
	for (;;) {
		struct strbuf word = { 0 };
		int more = next_word(&s, &word, &why);
		if (more == 1)
			v_list_push(list, v_strn(sb_str(&word), word.len));
		sb_free(&word);
		if (more == 0)
			break;
		if (more == -1) {
			v_unref(list);
			return err_py(e, CB_EINVAL, PY_VALUE, "%s", why);
		}
	}
	*ret = list;
	return CB_OK;
}

int input_list(const struct value *v, struct value **ret, struct err *e)
{
	if (!v_truthy(v) || v_str_is(v, "delete")) {
		*ret = v_list();
		return CB_OK;
	}
	if (v_is(v, V_LIST)) {
		*ret = v_ref(v);
		return CB_OK;
	}
	if (!v_is(v, V_STR))
		return err_py(e, CB_EINVAL, PY_TYPE, "invalid input type");
	return shlex_split(v_cstr(v), ret, e);
}

/* Adds "key" or "key=value"; a key that is there gets a list of its values. */
static void add_pair(struct value *dict, const char *token, bool multiples)
{
	const char *eq = strchr(token, '=');
	size_t n = eq != NULL ? (size_t)(eq - token) : strlen(token);
	struct value *v = eq != NULL ? v_str(eq + 1) : v_none();
	char *key = xstrndup(token, n);
	const struct value *old = multiples ? v_dict_get(dict, key) : NULL;
	if (old != NULL) {
		struct value *all = v_is(old, V_LIST) ? v_copy(old) : v_list();
		if (!v_is(old, V_LIST))
			v_list_push(all, v_ref(old));
		v_list_push(all, v);
		v = all;
	}
	if (n > 0)
		v_dict_set(dict, key, v);
	else
		v_unref(v);
	free_ptr(&key);
}

int input_dict(const struct value *v, bool multiples, struct value **ret, struct err *e)
{
	struct value *tokens;
	if (v_is(v, V_NONE) || v_str_is(v, "delete")) {
		*ret = v_dict();
		return CB_OK;
	}
	if (v_is(v, V_DICT)) {
		struct value *copy = v_copy(v);
		v_dict_del(copy, "");
		*ret = copy;
		return CB_OK;
	}
	if (v_is(v, V_LIST)) {
		struct strbuf b = { 0 };
		v_py_str(&b, v);
		err_py(e, CB_EINVAL, PY_TYPE, "No idea what to do with list: %s", sb_str(&b));
		sb_free(&b);
		return CB_EINVAL;
	}
	if (!v_is(v, V_STR))
		return err_py(e, CB_EINVAL, PY_TYPE, "invalid input type");
	int rc = shlex_split(v_cstr(v), &tokens, e);
	if (rc != CB_OK)
		return rc;
	struct value *dict = v_dict();
	for (size_t i = 0; i < v_len(tokens); i++)
		add_pair(dict, v_cstr(v_list_at(tokens, i)), multiples);
	v_unref(tokens);
	*ret = dict;
	return CB_OK;
}

int input_bool(const struct value *v, bool *ret, struct err *e)
{
	static const char *const yes[] = { "true", "1", "on", "yes", "y" };
	struct strbuf b = { 0 };
	if (!v_is(v, V_STR) && !v_is(v, V_BOOL) && !v_is(v, V_INT))
		return err_py(e, CB_EINVAL, PY_TYPE,
			"The value handed to the input_boolean function was not convertable due to a wrong type (found: <class "
			"'%s'>)!", v_type_name(v));
	v_py_str(&b, v);
	*ret = false;
	for (size_t i = 0; i < ARRAY_LEN(yes); i++)
		if (strcasecmp(sb_str(&b), yes[i]) == 0)
			*ret = true;
	sb_free(&b);
	return CB_OK;
}

/* s[0..n) without white space at its ends. */
static const char *strip(const char *s, size_t *n)
{
	while (*n > 0 && isspace((unsigned char)s[*n - 1]))
		(*n)--;
	while (*n > 0 && isspace((unsigned char)*s)) {
		s++;
		(*n)--;
	}
	return s;
}

struct value *text_stripped(const struct value *v)
{
	size_t n = v_len(v);
	const char *s = strip(v_cstr(v), &n);
	return v_strn(s, n);
}

static void add_option(struct strbuf *out, const char *key, const struct value *v)
{
	struct strbuf b = { 0 };
	v_py_str(&b, v);
	size_t n = b.len;
	const char *s = strip(sb_str(&b), &n);
	const char *q = memchr(s, ' ', n) != NULL ? "'" : "";
	sb_addf(out, "%s=%s%.*s%s ", key, q, (int)n, s, q);
	sb_free(&b);
}

void dict_to_string(struct strbuf *out, const struct value *dict)
{
	if (!v_is(dict, V_DICT)) {
		v_py_str(out, dict);
		return;
	}
	for (size_t i = 0; i < v_len(dict); i++) {
		const char *key = v_dict_key(dict, i);
		const struct value *v = v_dict_at(dict, i);
		if (!v_truthy(v))
			sb_addf(out, "%s ", key);
		else if (v_is(v, V_LIST))
			for (size_t k = 0; k < v_len(v); k++)
				add_option(out, key, v_list_at(v, k));
		else
			add_option(out, key, v);
	}
}
