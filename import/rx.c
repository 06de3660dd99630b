/* SPDX-License-Identifier: GPL-2.0-or-later
 * rx.c - bounded regular expressions.
 */
#include "import/rx.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>

#include "import/limits.h"
#include "import/watchdog.h"

#define PATTERN_MAX 4096

struct rx {
	pcre2_code *code;
	pcre2_match_data *data;
	pcre2_match_context *ctx;
	const char *subject;
	int count;
	bool gave_up;
};

int rx_compile(const char *pattern, struct rx **ret, struct err *e)
{
	int code = 0;
	PCRE2_SIZE at = 0;
	size_t len = 0;
	while (pattern[len] != '\0')
		if (++len > PATTERN_MAX)
			return err_set(e, CB_ELIMIT, "an expression of more than %d bytes", PATTERN_MAX);
	pcre2_code *c = pcre2_compile((PCRE2_SPTR)pattern, len, PCRE2_ANCHORED, &code, &at, NULL);
	if (c == NULL) {
		PCRE2_UCHAR why[256] = "";
		pcre2_get_error_message(code, why, sizeof(why));
		return err_set(
			e, CB_EPARSE, "expression \"%.200s\", character %zu: %s", pattern, at, (const char *)why);
	}
	struct rx *r = xcalloc(1, sizeof(*r));
	r->code = c;
	r->data = pcre2_match_data_create_from_pattern(c, NULL);
	r->ctx = pcre2_match_context_create(NULL);
	if (r->data == NULL || r->ctx == NULL)
		abort();
	pcre2_set_match_limit(r->ctx, IMPORT_REGEX_STEPS);
	pcre2_set_depth_limit(r->ctx, IMPORT_REGEX_STEPS);
	pcre2_set_heap_limit(r->ctx, IMPORT_REGEX_HEAP);
	*ret = r;
	return CB_OK;
}

void rx_free(struct rx *r)
{
	if (r == NULL)
		return;
	pcre2_match_context_free(r->ctx);
	pcre2_match_data_free(r->data);
	pcre2_code_free(r->code);
	free(r);
}

bool rx_match(struct rx *r, const char *s, size_t n)
{
	r->subject = s;
	watchdog_beat();
	r->count = pcre2_match(r->code, (PCRE2_SPTR)s, n, 0, PCRE2_NO_UTF_CHECK, r->data, r->ctx);
	if (r->count == PCRE2_ERROR_MATCHLIMIT || r->count == PCRE2_ERROR_DEPTHLIMIT ||
		r->count == PCRE2_ERROR_HEAPLIMIT)
		r->gave_up = true;
	return r->count > 0;
}

bool rx_gave_up(const struct rx *r)
{
	return r->gave_up;
}

size_t rx_groups(const struct rx *r)
{
	return r->count > 1 ? (size_t)r->count - 1 : 0;
}

bool rx_group(const struct rx *r, size_t i, const char **s, size_t *n)
{
	const PCRE2_SIZE *v = pcre2_get_ovector_pointer(r->data);
	if (i >= rx_groups(r) || v[2 * i + 2] == PCRE2_UNSET)
		return false;
	*s = r->subject + v[2 * i + 2];
	*n = v[2 * i + 3] - v[2 * i + 2];
	return true;
}
