/* SPDX-License-Identifier: GPL-2.0-or-later
 * source.c - #include source=...: texts that a template makes and renders as templates. compat: CobblerTemplate.compile, which knows
 * SNIPPET:: there too and puts no error catcher in front; what it may import is checked here as in the file that is rendered.
 */
#include <stdio.h>
#include <string.h>

#include "render/cache.h"

#define MAX_SOURCES_OF_RENDER 200
#define MAX_SOURCE_BYTES (1u << 20)      /* of all of them */

static int compile_source(const struct use *u, const char *text, size_t n, struct tpl **ret, struct err *e)
{
	struct strbuf prepared = { 0 };
	int rc = check_imports(text, n, u->settings, e);
	if (rc == CB_OK) {
		preprocess_snippets(&prepared, text, n);
		rc = tpl_compile(TPL_CHEETAH, sb_str(&prepared), prepared.len, "#include source", NULL, ret, e);
	}
	sb_free(&prepared);
	return rc;
}

int use_source(void *ctx, const char *text, size_t n, const struct tpl **ret, struct err *e)
{
	struct use *u = ctx;
	char key[64];
	snprintf(key, sizeof(key), "%zu %016llx %016llx", n, (unsigned long long)hash_bytes(text, n),
		(unsigned long long)hash_bytes(text + n / 2, n - n / 2));
	struct tpl *t = map_get(&u->made, key);
	if (t == NULL) {
		if (u->nmade == MAX_SOURCES_OF_RENDER || n > MAX_SOURCE_BYTES - u->made_bytes)
			return err_set(e, CB_ELIMIT, "#include source= was given more than %d texts, or more than %u MiB of them",
				MAX_SOURCES_OF_RENDER, MAX_SOURCE_BYTES >> 20);
		int rc = compile_source(u, text, n, &t, e);
		if (rc != CB_OK)
			return rc;
		u->nmade++;
		u->made_bytes += n;
		map_put(&u->made, key, t);
		use_hold(u, t);
	}
	*ret = t;
	return CB_OK;
}
