/* SPDX-License-Identifier: GPL-2.0-or-later
 * cache.c - compiling files once per identity (device, inode, size, mtime) and texts once per content; the search order
 * of snippets.
 */
#include "render/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"

#define MAX_SNIPPET (8u << 20)
#define MAX_TEXTS 512

#define MAX_KEPT_TEXT (64u << 10)
#define MAX_SOURCES 256

/* What a file is known by: one that is replaced or written anew is another. */
struct identity { dev_t dev; ino_t ino; off_t size; struct timespec mtime, ctime; };
struct cached { struct tpl *t; struct identity id; };
struct source { struct identity id; size_t n; char text[]; };

static struct identity identity_of(const struct stat *st)
{
	return (struct identity){ st->st_dev, st->st_ino, st->st_size, st->st_mtim, st->st_ctim };
}

static bool is_same(const struct identity *id, const struct stat *st)
{
	return id->dev == st->st_dev && id->ino == st->st_ino && id->size == st->st_size && id->mtime.tv_sec == st->st_mtim.tv_sec &&
		id->mtime.tv_nsec == st->st_mtim.tv_nsec && id->ctime.tv_sec == st->st_ctim.tv_sec &&
		id->ctime.tv_nsec == st->st_ctim.tv_nsec;
}

static void drop(struct map *m)
{
	void *v;
	for (size_t i = 0; map_next(m, &i, NULL, &v);) {
		struct cached *c = v;
		tpl_unref(c->t);
		free(c);
	}
	map_free(m);
	*m = (struct map){ 0 };
}

static void drop_sources(struct renderer *r)
{
	void *v;
	for (size_t i = 0; map_next(&r->sources, &i, NULL, &v);)
		free(v);
	map_free(&r->sources);
	r->sources = (struct map){ 0 };
	r->nsources = 0;
}

void cache_clear(struct renderer *r)
{
	drop_sources(r);
	drop(&r->files);
	drop(&r->texts);
	r->ntexts = 0;
}

static bool name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
	       c == '/' || c == '.';
}

void preprocess_snippets(struct strbuf *out, const char *s, size_t n)
{
	static const char word[] = "SNIPPET::";
	const char *end = s + n, *q;
	const size_t k = sizeof(word) - 1;
	while ((q = memmem(s, (size_t)(end - s), word, k)) != NULL) {
		const char *e = q + k;
		while (e < end && name_char(*e))
			e++;
		if (e == q + k) {
			sb_add(out, s, (size_t)(e - s));
		} else {
			sb_add(out, s, (size_t)(q - s));
			sb_addf(out, "$SNIPPET('%.*s')", (int)(e - q - (ptrdiff_t)k), q + k);
		}
		s = e;
	}
	sb_add(out, s, (size_t)(end - s));
}

/* Under the lock. Takes one reference for the caller. */
static struct tpl *find(struct map *m, const char *key, const struct stat *st)
{
	const struct cached *c = map_get(m, key);
	if (c == NULL)
		return NULL;
	if (st != NULL && !is_same(&c->id, st))
		return NULL;
	return tpl_ref(c->t);
}

static void store(struct map *m, const char *key, const struct tpl *t, const struct stat *st)
{
	struct cached *c = xcalloc(1, sizeof(*c));
	c->t = tpl_ref(t);
	if (st != NULL)
		c->id = identity_of(st);
	struct cached *old = map_put(m, key, c);
	if (old != NULL) {
		tpl_unref(old->t);
		free(old);
	}
}

int cache_text(struct renderer *r, enum tpl_lang lang, const char *text, size_t n, const char *name, struct tpl **ret,
	struct err *e)
{
	char *key = xasprintf("%d %zu %016llx %016llx %s", lang, n, (unsigned long long)hash_bytes(text, n),
		(unsigned long long)hash_bytes(text + n / 2, n - n / 2), name);
	struct tpl_options opt = { .error_catcher = true };
	pthread_mutex_lock(&r->lock);
	struct tpl *t = find(&r->texts, key, NULL);
	pthread_mutex_unlock(&r->lock);
	int rc = CB_OK;
	if (t == NULL && (rc = tpl_compile(lang, text, n, name, &opt, &t, e)) == CB_OK) {
		pthread_mutex_lock(&r->lock);
		if (r->ntexts >= MAX_TEXTS) {
			drop(&r->texts);
			r->ntexts = 0;
		}
		store(&r->texts, key, t, NULL);
		r->ntexts++;
		pthread_mutex_unlock(&r->lock);
	}
	free(key);
	if (rc == CB_OK)
		*ret = t;
	return rc;
}

/* compat: Python reads texts with universal newlines: "\r\n" and "\r" are line ends as "\n" is. */
static void one_newline(struct strbuf *b)
{
	char *s = b->len > 0 ? memchr(b->p, '\r', b->len) : NULL;
	if (s == NULL)
		return;
	char *to = s, *end = b->p + b->len;
	for (; s < end; s++) {
		if (*s == '\r' && s + 1 < end && s[1] == '\n')
			continue;
		*to++ = *s == '\r' ? '\n' : *s;
	}
	*to = '\0';
	b->len = (size_t)(to - b->p);
}

/* Appends the text that is kept of the file, when it is still that. */
static bool find_source(struct renderer *r, const char *path, struct strbuf *out)
{
	struct stat st;
	if (stat(path, &st) != 0)
		return false;
	pthread_mutex_lock(&r->lock);
	const struct source *s = map_get(&r->sources, path);
	bool same = s != NULL && is_same(&s->id, &st);
	if (same)
		sb_add(out, s->text, s->n);
	pthread_mutex_unlock(&r->lock);
	return same;
}

/* before: the file as it was before it was read. One that changed meanwhile is not kept. */
static void keep_source(struct renderer *r, const char *path, const struct stat *before, const char *text, size_t n)
{
	struct stat st;
	struct identity id = identity_of(before);
	if (n > MAX_KEPT_TEXT || stat(path, &st) != 0 || !is_same(&id, &st))
		return;
	struct source *s = xmalloc(sizeof(*s) + n);
	s->id = id;
	s->n = n;
	memcpy(s->text, text, n);
	pthread_mutex_lock(&r->lock);
	if (r->nsources >= MAX_SOURCES)
		drop_sources(r);
	struct source *old = map_put(&r->sources, path, s);
	r->nsources += old == NULL;
	pthread_mutex_unlock(&r->lock);
	free(old);
}

int renderer_read(struct renderer *r, const char *path, size_t max, struct strbuf *out, struct err *e)
{
	struct stat before;
	struct strbuf text CLEANUP(sb_free) = { 0 };
	if (find_source(r, path, out))
		return CB_OK;
	bool known = stat(path, &before) == 0;
	int rc = file_read(AT_FDCWD, path, max, &text, e);
	if (rc != CB_OK)
		return rc;
	one_newline(&text);
	if (known)
		keep_source(r, path, &before, sb_str(&text), text.len);
	sb_add(out, sb_str(&text), text.len);
	return CB_OK;
}

static int read_fd(int fd, const char *path, struct strbuf *out, struct err *e)
{
	char buf[16384];
	ssize_t k;
	while ((k = read(fd, buf, sizeof(buf))) != 0) {
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return err_sys(e, "%s", path);
		if (out->len + (size_t)k > MAX_SNIPPET)
			return err_set(e, CB_ELIMIT, "%s is larger than %u MiB", path, MAX_SNIPPET >> 20);
		sb_add(out, buf, (size_t)k);
	}
	one_newline(out);
	return CB_OK;
}

static int compile_file(int fd, const char *path, enum flavour f, struct tpl **ret, struct err *e)
{
	struct strbuf raw = { 0 }, text = { 0 };
	/* compat: CobblerTemplate.compile puts #errorCatcher Echo in front of a file that it opens itself, as for #include. */
	struct tpl_options opt = { .error_catcher = f == F_SNIPPET_CATCH || f == F_INCLUDE, .late_imports = f != F_MACROS };
	int rc = read_fd(fd, path, &raw, e);
	if (rc == CB_OK) {
		if (f == F_SNIPPET || f == F_SNIPPET_CATCH || f == F_INCLUDE)
			preprocess_snippets(&text, sb_str(&raw), raw.len);
		else
			sb_add(&text, sb_str(&raw), raw.len);
		rc = tpl_compile(f == F_JINJA ? TPL_JINJA : TPL_CHEETAH, sb_str(&text), text.len, path, &opt, ret, e);
	}
	sb_free(&raw);
	sb_free(&text);
	return rc;
}

struct lint { const struct use *u; const char *name; };

static void say(void *ctx, const char *line)
{
	const struct lint *l = ctx;
	char where[600];
	const char *text = strstr(line, ": ");
	snprintf(where, sizeof(where), "%s:%.*s", l->name, (int)(text != NULL ? text - line : 0), line);
	l->u->r->watch->finding(l->u->r->watch->ctx, where, text != NULL ? text + 2 : line);
}

void use_lint(const struct use *u, const struct tpl *t)
{
	struct lint l = { u, tpl_name(t) };
	if (u->r->watch != NULL && u->r->watch->finding != NULL)
		tpl_lint(t, u->vars, say, &l);
}

void use_hold(struct use *u, struct tpl *t)
{
	bool known = false;
	for (size_t i = 0; i < u->nheld && !known; i++)
		known = u->held[i] == t;
	if (!known)
		use_lint(u, t);
	if (u->nheld == u->cap) {
		u->cap = u->cap == 0 ? 8 : u->cap * 2;
		u->held = xreallocarray(u->held, u->cap, sizeof(*u->held));
	}
	u->held[u->nheld++] = t;
}

void use_end(struct use *u)
{
	for (size_t i = 0; i < u->nheld; i++)
		tpl_unref(u->held[i]);
	free(u->held);
	map_free(&u->made);
	*u = (struct use){ 0 };
}

/* What was compiled from a file that is still the same: it was opened beneath its directory then, and needs not be opened again.
 * CB_ENOENT: there is no such file, however it is looked for. CB_OK with NULL: it has to be opened (to be refused, where it leads out of
 * the directory: whether there is something is nobody's business). */
static int find_unchanged(struct renderer *r, const char *real, const char *rel, const char *key, struct tpl **ret)
{
	struct stat st;
	char path[PATH_MAX];
	*ret = NULL;
	if (snprintf(path, sizeof(path), "%s/%s", real, rel) >= (int)sizeof(path))
		return CB_OK;
	if (stat(path, &st) != 0)
		return errno == ENOENT && strstr(rel, "..") == NULL ? CB_ENOENT : CB_OK;
	pthread_mutex_lock(&r->lock);
	*ret = find(&r->files, key, &st);
	pthread_mutex_unlock(&r->lock);
	return CB_OK;
}

/* dir is the directory as settings spell it; rel must stay beneath it. CB_ENOENT: no such file. */
static int get_file(
	struct use *u, const char *dir, const char *rel, enum flavour f, const struct tpl **ret, struct err *e)
{
	char *real = path_of(dir), *key = xasprintf("%d %s/%s", f, dir, rel), *name = xasprintf("%s/%s", dir, rel);
	struct tpl *t;
	struct stat st;
	int rc = find_unchanged(u->r, real, rel, key, &t), fd = -1, dfd = -1;
	if (t != NULL)
		goto found;
	if (rc == CB_OK)
		dfd = open(real, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dfd >= 0)
		fd = file_open_beneath(dfd, rel, O_RDONLY, e);
	if (fd < 0) {
		rc = dfd >= 0 && fd == CB_EPERM ? CB_EPERM : err_set(e, CB_ENOENT, "there is no %s", name);
		goto out;
	}
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		rc = err_set(e, CB_ENOENT, "%s is not a file", name);
		goto out;
	}
	pthread_mutex_lock(&u->r->lock);
	t = find(&u->r->files, key, &st);
	pthread_mutex_unlock(&u->r->lock);
	if (t != NULL) {
		rc = CB_OK;
	} else if ((rc = compile_file(fd, name, f, &t, e)) == CB_OK) {
		pthread_mutex_lock(&u->r->lock);
		store(&u->r->files, key, t, &st);
		pthread_mutex_unlock(&u->r->lock);
	}
found:
	if (rc == CB_OK) {
		use_hold(u, t);
		*ret = t;
	}
out:
	if (fd >= 0)
		close(fd);
	if (dfd >= 0)
		close(dfd);
	free(real);
	free(key);
	free(name);
	return rc;
}

int use_macros(struct use *u, const struct tpl **ret, struct err *e)
{
	int rc = get_file(u, "/etc/cobbler", "cheetah_macros", F_MACROS, ret, e);
	if (rc == CB_ENOENT) {
		*ret = NULL;
		return CB_OK;
	}
	return rc;
}

/* Whether one of the directories for snippets of one object is there: asked once a render. Most sites have none. */
static bool has_directory(struct use *u, const char *snippets, const char *which, unsigned bit)
{
	if ((u->looked & bit) == 0) {
		char *real = path_of(snippets), *path = xasprintf("%s/%s", real, which);
		u->looked |= bit;
		u->there |= access(path, F_OK) == 0 || errno != ENOENT ? bit : 0;
		free(real);
		free(path);
	}
	return (u->there & bit) != 0;
}

/* compat: read_snippet: per system, per profile, per distro, then the plain file; only that one has its own error
 * catcher, and an empty file of one of the others counts as none. */
int use_snippet(void *ctx, const struct tpl_snippet *s, const struct tpl **ret, struct err *e)
{
	const struct {
		const char *dir, *name;
	} steps[] = {{"per_system", s->system}, {"per_profile", s->profile}, {"per_distro", s->distro}};
	struct use *u = ctx;
	u->varies = true;
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		if (steps[i].name == NULL || !has_directory(u, s->dir, steps[i].dir, 1u << i))
			continue;
		char *rel = xasprintf("%s/%s/%s", steps[i].dir, s->file, steps[i].name);
		int rc = get_file(u, s->dir, rel, F_SNIPPET, ret, e);
		free(rel);
		if (rc == CB_OK && tpl_size(*ret) == 0) {
			*ret = NULL;
			return CB_OK;
		}
		if (rc != CB_ENOENT)
			return rc;
	}
	int rc = get_file(u, s->dir, s->file, F_SNIPPET_CATCH, ret, e);
	if (rc != CB_ENOENT)
		return rc;
	*ret = NULL;
	return CB_OK;
}

/* #include and Jinja's loaders: only from the directories that settings name for templates and snippets. */
int use_load(void *ctx, const char *name, const struct tpl *from, const struct tpl **ret, struct err *e)
{
	static const char *const keys[] = { "autoinstall_templates_dir", "autoinstall_snippets_dir" };
	struct use *u = ctx;
	bool jinja = tpl_language(from) == TPL_JINJA;
	u->varies = true;
	const char *inc = v_dict_cstr(u->settings, "jinja2_includedir", "");
	if (jinja)
		return inc[0] != '\0' ? get_file(u, inc, name, F_JINJA, ret, e)
				      : err_set(e, CB_ENOENT,
						"no loader for this environment specified (setting jinja2_includedir)");
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		const char *dir = v_dict_cstr(
			u->settings, keys[i], i == 0 ? "/var/lib/cobbler/templates" : "/var/lib/cobbler/snippets");
		size_t k = strlen(dir);
		while (k > 1 && dir[k - 1] == '/')
			k--;
		const char *rel = name[0] != '/'                                 ? name
				  : strncmp(name, dir, k) == 0 && name[k] == '/' ? name + k + 1
										 : NULL;
		if (rel == NULL)
			continue;
		int rc = get_file(u, dir, rel, F_INCLUDE, ret, e);
		if (rc != CB_ENOENT)
			return rc;
	}
	return err_set(e, CB_ENOENT,
		"#include of \"%s\": there is no such file in the directories for templates and snippets", name);
}

void use_missing(void *ctx, const char *text, const char *where)
{
	struct use *u = ctx;
	u->varies = true;                        /* to be told each time */
	if (u->r->watch != NULL && u->r->watch->missing != NULL)
		u->r->watch->missing(u->r->watch->ctx, where, text);
	log_warn("render", "%s: %s is not defined and printed as written", where, text);
}
