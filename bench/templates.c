/* SPDX-License-Identifier: GPL-2.0-or-later
 * templates.c - times of compiling and of rendering one template: templates ENGINE TEMPLATE VARS.json prints
 * "compile_us N" and "render_us N", the fastest of many runs. bench/templates runs it beside the original engines.
 */
#include <fcntl.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/file.h"
#include "snippets/engine/engine.h"
#include "value/json.h"

#define RUNS 41
#define EACH 20

static double fastest(const double *v)
{
	double best = v[0];
	for (int i = 1; i < RUNS; i++)
		best = v[i] < best ? v[i] : best;
	return best;
}

int main(int argc, char **argv)
{
	struct strbuf text = { 0 }, json = { 0 }, out = { 0 };
	struct err e = { 0 };
	struct value *vars = NULL;
	struct tpl *t = NULL;
	double compile[RUNS], render[RUNS];
	if (argc != 4) {
		fprintf(stderr, "usage: templates cheetah|jinja2 TEMPLATE VARS.json\n");
		return 2;
	}
	enum tpl_lang lang = str_eq(argv[1], "jinja2") ? TPL_JINJA : TPL_CHEETAH;
	if (file_read(AT_FDCWD, argv[2], 1u << 20, &text, &e) != CB_OK ||
		file_read(AT_FDCWD, argv[3], 1u << 20, &json, &e) != CB_OK ||
		json_parse(sb_str(&json), json.len, &vars, &e) != CB_OK)
		goto fail;
	for (int i = 0; i < RUNS; i++) {
		int64_t t0 = clock_mono_us();
		for (int k = 0; k < EACH; k++) {
			tpl_unref(t);
			t = NULL;
			if (tpl_compile(lang, sb_str(&text), text.len, argv[2], NULL, &t, &e) != CB_OK)
				goto fail;
		}
		compile[i] = (double)(clock_mono_us() - t0) / EACH;
	}
	struct tpl_job job = { .vars = vars };
	for (int i = 0; i < RUNS; i++) {
		int64_t t0 = clock_mono_us();
		for (int k = 0; k < EACH; k++) {
			sb_truncate(&out, 0);
			if (tpl_render(t, &job, &out, &e) != CB_OK)
				goto fail;
		}
		render[i] = (double)(clock_mono_us() - t0) / EACH;
	}
	printf("compile_us %.2f\nrender_us %.2f\n", fastest(compile), fastest(render));
	return 0;
fail:
	fprintf(stderr, "%s\n", e.text);
	return 1;
}
