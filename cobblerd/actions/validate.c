/* SPDX-License-Identifier: GPL-2.0-or-later
 * validate.c - renders every answer file and says what is wrong with them.
 */
#include <stdlib.h>

#include "actions/actions.h"
#include "boot/boot.h"

/* What was found so far. A core of its own, for the renderer that tells what it finds; everything else is the live one's. */
struct validation {
	struct core core;
	struct task *task;
	struct value *seen;            /* dict: what was said of a place in a template, which is so for everybody who uses it */
	const char *what, *name;       /* the item at hand */
	bool failed;                   /* it has no answer file, and that was said */
};

static void say_once(struct validation *v, const char *where, const char *text)
{
	char *line = xasprintf("%s: %s", where, text);
	if (v_dict_get(v->seen, line) == NULL) {
		v_dict_set(v->seen, line, v_bool(true));
		task_log(v->task, "%s %s: %s", v->what, v->name, line);
	}
	free(line);
}

static void found_missing(void *ctx, const char *where, const char *placeholder)
{
	char *text = xasprintf("%s is not defined: it is printed as written", placeholder);
	say_once(ctx, where, text);
	free(text);
}

static void found_failure(void *ctx, const char *text)
{
	struct validation *v = ctx;
	v->failed = true;
	task_log(v->task, "%s %s: %s", v->what, v->name, text);
}

/* Is an answer file meant for the item? Not for machines that boot an image, nor where the name of a template is empty. */
static bool wants_answer(struct core *c, const struct value *settings, const struct item *it)
{
	if (item_type(it) == ITEM_SYSTEM && *item_str(it, "image") != '\0')
		return false;
	struct value *name CLEANUP(v_unrefp) = resolve_field(c->model, settings, it, "autoinstall");
	return !v_str_is(name, "");
}

/* false: it has no good answer file */
static bool validate_item(struct validation *v, const struct value *settings, const struct item *it)
{
	struct strbuf text CLEANUP(sb_free) = { 0 };
	struct err why;
	v->what = item_table(item_type(it))->name;
	v->name = item_name(it);
	v->failed = false;
	if (!wants_answer(&v->core, settings, it))
		task_log(v->task, "%s has no automatic installation template set, skipping", v->name);
	else if (boot_autoinstall(&v->core, item_type(it), v->name, &text, &why) != CB_OK && !v->failed)
		found_failure(v, why.text);
	return !v->failed;
}

int actions_validate(struct core *c, struct task *t, const struct value *options UNUSED, struct err *e)
{
	static const enum item_type types[] = { ITEM_PROFILE, ITEM_SYSTEM };
	struct validation v = { .core = { .settings = c->settings, .model = c->model, .renderer = renderer_new(), .live = c },
		.task = t, .seen = v_dict() };
	const struct render_watch watch = { .ctx = &v, .missing = found_missing, .failed = found_failure };
	struct value *settings CLEANUP(v_unrefp) = settings_snapshot(c->settings);
	size_t bad = 0;
	renderer_watch(v.core.renderer, &watch);
	for (size_t k = 0; k < ARRAY_LEN(types); k++) {
		CLEANUP(item_list_free) struct item_list l = model_items(c->model, types[k]);
		for (size_t i = 0; i < l.n && !task_cancelled(t); i++)
			bad += !validate_item(&v, settings, l.v[i]);
	}
	size_t doubts = v_len(v.seen);
	renderer_free(v.core.renderer);
	v_unref(v.seen);
	if (task_cancelled(t))
		return err_set(e, CB_ESTATE, "cancelled");
	if (bad > 0)
		return err_set(e, CB_ESTATE, "*** potential errors detected in automatic installation files ***");
	task_log(t, doubts > 0 ? "*** potential errors detected in automatic installation files ***" :
		"*** all automatic installation files seem to be ok ***");
	return CB_OK;
}
