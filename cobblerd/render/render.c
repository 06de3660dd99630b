/* SPDX-License-Identifier: GPL-2.0-or-later
 * render.c - the steps of Cobbler's template pipeline around the engine: which language, import whitelist, old
 * spellings, NFS trees, SNIPPET:: and @@variable@@. compat: cobbler.templar.Templar.render and cobbler.template_api
 * of 3.3.7.
 */
#include "render/render.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "render/cache.h"

#define MAX_TEXT (64u << 20)

struct renderer *renderer_new(void)
{
	struct renderer *r = xcalloc(1, sizeof(*r));
	pthread_mutex_init(&r->lock, NULL);
	return r;
}

void renderer_free(struct renderer *r)
{
	if (r == NULL)
		return;
	cache_clear(r);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

/* -- steps before the engine -- */

static void replace_all(struct strbuf *out, const char *s, size_t n, const char *from, const char *to)
{
	size_t k = strlen(from);
	const char *end = s + n, *q;
	while ((q = memmem(s, (size_t)(end - s), from, k)) != NULL) {
		sb_add(out, s, (size_t)(q - s));
		sb_adds(out, to);
		s = q + k;
	}
	sb_add(out, s, (size_t)(end - s));
}

static bool whitelisted(const struct value *settings, const char *name)
{
	static const char *const dflt[] = { "random", "re", "time", "netaddr" };
	const struct value *list = v_dict_get(settings, "cheetah_import_whitelist");
	if (list != NULL)
		return v_list_has_str(list, name);
	for (size_t i = 0; i < ARRAY_LEN(dflt); i++)
		if (str_eq(dflt[i], name))
			return true;
	return false;
}

/* compat: check_for_invalid_imports works on the text of lines, not on directives. */
int check_imports(const char *s, size_t n, const struct value *settings, struct err *e)
{
	static const struct {
		const char *from, *to;
	} steps[] = {{"#import", ""}, {"#from", ""}, {"import", "."}, {" ", ""}};
	if (memmem(s, n, "#import", 7) == NULL && memmem(s, n, "#from", 5) == NULL)
		return CB_OK;
	for (const char *p = s, *end = s + n; p < end;) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		size_t len = eol != NULL ? (size_t)(eol - p) : (size_t)(end - p);
		if (memmem(p, len, "#import", 7) != NULL || memmem(p, len, "#from", 5) != NULL) {
			struct strbuf a = { 0 };
			sb_add(&a, p, len);
			for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
				struct strbuf b = { 0 };
				replace_all(&b, sb_str(&a), a.len, steps[i].from, steps[i].to);
				sb_free(&a);
				a = b;
			}
			const char *z = sb_str(&a);
			z += strspn(z, "\t\r\f\v");
			size_t k = strlen(z);
			while (k > 0 && strchr("\t\r\f\v", z[k - 1]) != NULL)
				k--;
			char rest[256];
			snprintf(rest, sizeof(rest), "%.*s", (int)(k < 250 ? k : 250), z);
			sb_free(&a);
			if (!whitelisted(settings, rest))
				return err_set(e, CB_EPERM, "Potentially insecure import in template: %s", rest);
		}
		p += len + 1;
	}
	return CB_OK;
}

/* A tree on NFS: the "url --url=..." lines become "nfs" lines; the URL stays as a comment that koan reads. */
static int nfs_lines(struct strbuf *out, const char *s, size_t n, const char *tree, struct err *e)
{
	const char *rest = tree + 6, *colon = strchr(rest, ':');
	for (const char *p = s, *end = s + n; p <= end;) {
		const char *eol = p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;
		size_t len = eol != NULL ? (size_t)(eol - p) : (size_t)(end - p);
		if (memmem(p, len, "--url", 5) != NULL && memmem(p, len, "url ", 4) != NULL) {
			if (colon == NULL || strchr(colon + 1, ':') != NULL)
				return err_py(e, CB_EINVAL, "SyntaxError",
					"Invalid syntax for NFS path given during import: %s", tree);
			sb_addf(out, "nfs --server %.*s --dir %s\n#url --url=%s", (int)(colon - rest), rest, colon + 1,
				tree);
		} else {
			sb_add(out, p, len);
		}
		sb_addc(out, '\n');
		p += len + 1;
	}
	return CB_OK;
}

static int prepare_cheetah(struct strbuf *out, const char *text, size_t n, const struct value *vars,
	const struct value *settings, struct err *e)
{
	const char *tree = v_dict_cstr(vars, "tree", "");
	struct strbuf a = { 0 };
	int rc = check_imports(text, n, settings, e);
	if (rc != CB_OK)
		return rc;
	replace_all(&a, text, n, "TEMPLATE::", "$");
	if (str_starts(tree, "nfs://")) {
		struct strbuf b = { 0 };
		rc = nfs_lines(&b, sb_str(&a), a.len, tree, e);
		sb_free(&a);
		a = b;
	}
	if (rc == CB_OK)
		preprocess_snippets(out, sb_str(&a), a.len);
	sb_free(&a);
	return rc;
}

/* -- steps behind the engine -- */

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1c && c <= 0x1f); }

/* The next @@key@@ at or behind p: no blanks in the key; *end behind it. */
static const char *next_ref(const char *p, const char *stop, const char **end)
{
	for (; (p = memmem(p, (size_t)(stop - p), "@@", 2)) != NULL; p++) {
		const char *q = p + 2;
		while (q + 1 < stop && !is_space(*q) && !(q[0] == '@' && q[1] == '@'))
			q++;
		if (q + 1 < stop && q[0] == '@' && q[1] == '@') {
			*end = q + 2;
			return p;
		}
	}
	return NULL;
}

static struct value *http_server(const struct value *vars, const struct value *settings)
{
	const struct value *port = v_dict_get(vars, "http_port");
	const char *server = v_dict_cstr(vars, "server", v_dict_cstr(settings, "server", ""));
	if (port == NULL || v_str_is(port, "80") || (v_is(port, V_INT) && v_int_of(port) == 80))
		return v_str(server);
	struct strbuf b = { 0 };
	sb_addf(&b, "%s:", server);
	v_py_str(&b, port);
	struct value *v = v_str(sb_str(&b));
	sb_free(&b);
	return v;
}

static int replace_refs(struct strbuf *text, const struct value *vars, const struct value *settings, struct err *e)
{
	struct strbuf out = { 0 };
	struct value *server = NULL;
	const char *p = sb_str(text), *stop = p + text->len, *at, *end;
	int rc = CB_OK;
	while (rc == CB_OK && (at = next_ref(p, stop, &end)) != NULL) {
		const char *b = at, *k = end;
		char key[256];
		while (b < k && *b == '@')
			b++;
		while (k > b && k[-1] == '@')
			k--;
		snprintf(key, sizeof(key), "%.*s", (int)(k - b < 250 ? k - b : 250), b);
		const struct value *v = v_dict_get(vars, key);
		if (str_eq(key, "http_server"))
			v = server = server != NULL ? server : http_server(vars, settings);
		else if (str_eq(key, "template_universe") && v == NULL)
			v = vars;
		if (v == NULL)
		{
			log_error("render", "@@%s@@ stands for no variable", key);
			rc = err_py(e, CB_ENOENT, PY_KEY, "'%s'", key);
		}
		else if (!v_is(v, V_STR))
			rc = err_py(e, CB_EINVAL, PY_TYPE, "replace() argument 2 must be str, not %s", v_type_name(v));
		if (rc != CB_OK)
			break;
		sb_add(&out, p, (size_t)(at - p));
		sb_add(&out, v_cstr(v), v_len(v));
		p = end;
	}
	v_unref(server);
	if (rc == CB_OK && (out.len > 0 || p != sb_str(text))) {
		sb_add(&out, p, (size_t)(stop - p));
		sb_free(text);
		*text = out;
		return rc;
	}
	sb_free(&out);
	return rc;
}

static void add_result(struct strbuf *out, const struct strbuf *text)
{
	const char *p = sb_str(text), *end = p + text->len;
	if (text->len > 0 && *p == '\n')
		while (p < end && is_space(*p))
			p++;
	sb_add(out, p, (size_t)(end - p));
}

/* -- the whole -- */

struct request { const struct value *vars, *settings; const char *name; const char *path; bool *varies; };

static void watch_piece(void *ctx, const struct tpl_trace *t)
{
	const struct use *u = ctx;
	u->r->watch->piece(u->r->watch->ctx, t->text, t->to - t->from, t->chain, t->source);
}

void renderer_watch(struct renderer *r, const struct render_watch *w) { r->watch = w; }

static int engine_run(
	struct renderer *r, const struct tpl *t, const struct request *q, struct strbuf *out, struct err *e)
{
	struct use u = { .r = r, .settings = q->settings, .vars = q->vars };
	struct tpl_job job = {.vars = q->vars,
		.cobbler = true,
		.ctx = &u,
		.snippet = use_snippet,
		.load = use_load,
		.source = use_source,
		.missing = use_missing,
		.varies = &u.varies};
	int rc = CB_OK;
	if (tpl_language(t) == TPL_CHEETAH)
		rc = use_macros(&u, &job.base, e);
	if (r->watch != NULL && r->watch->piece != NULL)
		job.trace = watch_piece;
	use_lint(&u, t);
	if (rc == CB_OK)
		rc = tpl_render(t, &job, out, e);
	*q->varies |= u.varies || rc != CB_OK;
	use_end(&u);
	return rc;
}

static int run_cheetah(
	struct renderer *r, const char *text, size_t n, const struct request *q, struct strbuf *out, struct err *e)
{
	struct strbuf prepared = { 0 };
	struct tpl *t = NULL;
	int rc = prepare_cheetah(&prepared, text, n, q->vars, q->settings, e);
	if (rc == CB_OK)
		rc = cache_text(r, TPL_CHEETAH, sb_str(&prepared), prepared.len, q->name, &t, e);
	if (rc == CB_OK)
		rc = engine_run(r, t, q, out, e);
	tpl_unref(t);
	sb_free(&prepared);
	return rc;
}

/* compat: whatever goes wrong in Jinja, the answer is this one line; the reason is logged. */
static int run_jinja(
	struct renderer *r, const char *text, size_t n, const struct request *q, struct strbuf *out, struct err *e)
{
	struct tpl *t = NULL;
	size_t before = out->len;
	int rc = cache_text(r, TPL_JINJA, text, n, q->name, &t, e);
	if (rc == CB_OK)
		rc = engine_run(r, t, q, out, e);
	tpl_unref(t);
	if (rc == CB_OK)
		return rc;
	*q->varies = true;
	log_warn("render", "%s", e->text);
	if (r->watch != NULL && r->watch->failed != NULL)
		r->watch->failed(r->watch->ctx, e->text);
	sb_truncate(out, before);
	sb_adds(out, "# EXCEPTION OCCURRED DURING JINJA2 TEMPLATE PROCESSING\n");
	return CB_OK;
}

int render_text(struct renderer *r, const char *text, size_t n, const char *type, const struct value *vars,
	const struct value *settings, const char *name, struct strbuf *out, struct err *e)
{
	bool varies = false;
	return render_text_varies(r, text, n, type, vars, settings, name, &varies, out, e);
}

int render_text_varies(struct renderer *r, const char *text, size_t n, const char *type, const struct value *vars,
	const struct value *settings, const char *name, bool *varies, struct strbuf *out, struct err *e)
{
	struct strbuf done = { 0 };
	struct request q = { .vars = vars, .settings = settings, .name = name, .varies = varies };
	char kind[64];
	int rc;
	if (type != NULL && !str_eq(type, "default") && !str_eq(type, "jinja2") && !str_eq(type, "cheetah")) {
		sb_adds(out, "# ERROR: Unsupported template type selected!");
		return CB_OK;
	}
	if (type == NULL || str_eq(type, "default"))
		type = v_dict_cstr(settings, "default_template_type", "cheetah");
	snprintf(kind, sizeof(kind), "%s", type[0] != '\0' ? type : "cheetah");
	if (n >= 10 && memcmp(text, "#template=", 10) == 0) {
		const char *eol = memchr(text, '\n', n), *b = text + 10, *k = eol != NULL ? eol : text + n;
		const char *eq = memchr(b, '=', (size_t)(k - b));
		n -= (size_t)((eol != NULL ? eol + 1 : k) - text);
		text = eol != NULL ? eol + 1 : k;
		k = eq != NULL ? eq : k;
		while (b < k && is_space(*b))
			b++;
		while (k > b && is_space(k[-1]))
			k--;
		snprintf(kind, sizeof(kind), "%.*s", (int)(k - b < 60 ? k - b : 60), b);
		for (char *c = kind; *c != '\0'; c++)
			*c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c;
	}
	if (str_eq(kind, "cheetah")) {
		rc = run_cheetah(r, text, n, &q, &done, e);
	} else if (str_eq(kind, "jinja2")) {
		rc = run_jinja(r, text, n, &q, &done, e);
	} else {
		sb_addf(out, "# ERROR: UNSUPPORTED TEMPLATE TYPE (%s)", kind);
		return CB_OK;
	}
	if (rc == CB_OK)
		rc = replace_refs(&done, vars, settings, e);
	if (rc == CB_OK)
		add_result(out, &done);
	else
		log_error("render", "%s: %s", name, e->text);
	sb_free(&done);
	return rc;
}

int render_file(struct renderer *r, const char *path, const char *type, const struct value *vars,
	const struct value *settings, struct strbuf *out, struct err *e)
{
	struct strbuf text = { 0 };
	int rc = renderer_read(r, path, MAX_TEXT, &text, e);
	if (rc == CB_OK)
		rc = render_text(r, sb_str(&text), text.len, type, vars, settings, path, out, e);
	sb_free(&text);
	return rc;
}
