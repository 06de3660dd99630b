/* SPDX-License-Identifier: GPL-2.0-or-later
 * files.c - answer-file templates and snippets: list, read, write, remove, each confined to its directory.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "boot/boot.h"
#include "rpc/internal.h"

#define FILE_MAX (16u << 20)
#define DIR_DEPTH 8
#define FILES_MAX 20000
#define TFTP_PIECE (1 << 20)           /* bytes in one answer */

/* The two kinds; the word in the method's name tells which. */
static const struct kind { const char *word, *setting, *dflt, *label; } kinds[] = {
	{ "snippet", "autoinstall_snippets_dir", "/var/lib/cobbler/snippets", "automated installation snippet" },
	{ "template", "autoinstall_templates_dir", "/var/lib/cobbler/templates", "automatic installation template" },
};

static const struct kind *kind_of(const struct call *c)
{
	return strstr(c->entry->name, "snippet") != NULL ? &kinds[0] : &kinds[1];
}

static char *dir_of(const struct call *c, const struct kind *k)
{
	struct value *settings CLEANUP(v_unrefp) = settings_snapshot(c->r->core->settings);
	return xstrdup(v_dict_cstr(settings, k->setting, k->dflt));
}

static void walk(int dirfd, const char *prefix, unsigned depth, struct value *out)
{
	DIR *d = fdopendir(dirfd);
	if (d == NULL) {
		close(dirfd);
		return;
	}
	for (const struct dirent *de; (de = readdir(d)) != NULL && v_len(out) < FILES_MAX; ) {
		struct stat st;
		if (str_eq(de->d_name, ".") || str_eq(de->d_name, "..") || !utf8_valid(de->d_name, strlen(de->d_name)))
			continue;
		if (fstatat(dirfd, de->d_name, &st, AT_SYMLINK_NOFOLLOW) == -1)
			continue;
		char *rel CLEANUP(free_ptr) = xasprintf("%s%s", prefix, de->d_name);
		if (!S_ISDIR(st.st_mode)) {
			v_list_push(out, v_str(rel));
		} else if (depth < DIR_DEPTH) {
			char *deeper CLEANUP(free_ptr) = xasprintf("%s/", rel);
			int fd = openat(dirfd, de->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
			if (fd >= 0)
				walk(fd, deeper, depth + 1, out);
		}
	}
	closedir(d);
}

int rpc_list_files(struct call *c, struct value **ret, struct err *e UNUSED)
{
	char *dir CLEANUP(free_ptr) = dir_of(c, kind_of(c)), *real CLEANUP(free_ptr) = path_of(dir);
	struct value *all CLEANUP(v_unrefp) = v_list();
	int fd = open(real, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		walk(fd, "", 0, all);
	size_t n = v_len(all);
	const struct value **a = xcalloc(n + 1, sizeof(*a));
	for (size_t i = 0; i < n; i++)
		a[i] = v_list_at(all, i);
	qsort(a, n, sizeof(*a), v_compare_str);
	*ret = v_list();
	for (size_t i = 0; i < n; i++)
		v_list_push(*ret, v_ref(a[i]));
	free(a);
	return CB_OK;
}

struct place { const struct kind *k; char *dir, *rel; int dirfd; };

static void leave(struct place *p)
{
	free(p->dir);
	free(p->rel);
	close_fd(&p->dirfd);
}

/* The directory opened and the name in it checked. compat: blanks around the name do not count, a leading "/" is harmless. */
static int enter(struct call *c, struct place *p, struct err *e)
{
	const char *name = arg_str(c, 0);
	*p = (struct place){ .k = kind_of(c), .dirfd = -1 };
	if (name == NULL)
		return err_py(e, CB_EINVAL, PY_TYPE, "Invalid input, %s must be a string", p->k == &kinds[0] ? "snippet" : "autoinstall");
	name += strspn(name, " \t\r\n");
	p->rel = xstrdup(name);
	for (size_t n = strlen(p->rel); n > 0 && strchr(" \t\r\n", p->rel[n - 1]) != NULL; )
		p->rel[--n] = '\0';
	if (strstr(p->rel, "..") != NULL)
		return err_py(e, CB_EINVAL, PY_VALUE, "Invalid %s file location %s, it must not contain ..", p->k->label, p->rel);
	p->dir = dir_of(c, p->k);
	char *real CLEANUP(free_ptr) = path_of(p->dir);
	p->dirfd = open(real, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (p->dirfd == -1)
		return err_sys(e, "%s", p->dir);
	return CB_OK;
}

static const char *inside(const struct place *p)
{
	const char *rel = p->rel;
	while (*rel == '/')
		rel++;
	return rel;
}

static int not_found(const struct place *p, struct err *e)
{
	return err_py(e, CB_ENOENT, "OSError", "Invalid %s file location %s/%s, file not found", p->k->label, p->dir, p->rel);
}

static int open_file(const struct place *p, struct err *e)
{
	struct stat st;
	int fd = *inside(p) == '\0' ? CB_ENOENT : file_open_beneath(p->dirfd, inside(p), O_RDONLY | O_CLOEXEC | O_NONBLOCK, e);
	if (fd < 0)
		return not_found(p, e);
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		close(fd);
		return not_found(p, e);
	}
	return fd;
}

int rpc_read_file(struct call *c, struct value **ret, struct err *e)
{
	struct place p;
	struct strbuf b CLEANUP(sb_free) = { .limit = FILE_MAX };
	int rc = enter(c, &p, e), fd = rc == CB_OK ? open_file(&p, e) : rc;
	char buf[16384];
	ssize_t n = 0;
	while (fd >= 0 && !b.full && (n = read(fd, buf, sizeof(buf))) > 0)
		sb_add(&b, buf, (size_t)n);
	if (fd >= 0) {
		rc = n == -1 ? err_sys(e, "%s", p.rel) : b.full ?
			err_set(e, CB_ELIMIT, "%s is larger than %u bytes", p.rel, FILE_MAX) : CB_OK;
		close(fd);
	} else {
		rc = fd;
	}
	/* A client that writes back what it read must not have lost a byte on the way. */
	if (rc == CB_OK && (memchr(sb_str(&b), '\0', b.len) != NULL || !utf8_valid(sb_str(&b), b.len)))
		rc = err_py(e, CB_EPARSE, "UnicodeDecodeError", "%s is not a text file in UTF-8", p.rel);
	if (rc == CB_OK)
		*ret = v_strn(sb_str(&b), b.len);
	leave(&p);
	return rc;
}

/* As mkdirat; what it creates is there after a loss of power. One that exists is good too. */
static bool make_durably(int dirfd, const char *name)
{
	if (mkdirat(dirfd, name, 0755) == -1)
		return errno == EEXIST;
	if (fsync(dirfd) == 0)
		return true;
	unlinkat(dirfd, name, AT_REMOVEDIR);
	return false;
}

/* Directories on the way to rel, made one by one below dirfd. Returns the descriptor of the last and the file's own name. */
static int make_parents(const struct place *p, const char **base, struct err *e)
{
	int fd = dup(p->dirfd);
	const char *s = inside(p);
	for (const char *slash; fd >= 0 && (slash = strchr(s, '/')) != NULL; s = slash + 1) {
		char *part CLEANUP(free_ptr) = xstrndup(s, (size_t)(slash - s));
		if (*part == '\0' || str_eq(part, "."))
			continue;
		if (!make_durably(fd, part))
			break;
		int next = openat(fd, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		close(fd);
		fd = next;
	}
	if (fd < 0 || strchr(s, '/') != NULL) {
		close_fd(&fd);
		return err_set(e, CB_EIO, "unable to create directory for automatic OS installation %s at %s", p->k->word, p->rel);
	}
	*base = s;
	return fd;
}

/* file_path, data, token */
int rpc_write_file(struct call *c, struct value **ret, struct err *e)
{
	struct place p;
	const char *data = arg_str(c, 1), *base;
	struct stat st;
	int rc = enter(c, &p, e);
	if (rc == CB_OK && data == NULL)
		rc = err_py(e, CB_EINVAL, PY_TYPE, "write() argument must be str, not %s",
			arg_is_none(c, 1) ? "None" : v_type_name(c->arg[1]));
	if (rc == CB_OK && v_len(c->arg[1]) > FILE_MAX)
		rc = err_set(e, CB_ELIMIT, "a file may have %u bytes, this has %zu", FILE_MAX, v_len(c->arg[1]));
	int fd = rc == CB_OK ? make_parents(&p, &base, e) : rc;
	if (fd >= 0) {
		if (*base == '\0' || (fstatat(fd, base, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISREG(st.st_mode)))
			rc = err_py(e, CB_EINVAL, "IsADirectoryError", "[Errno 21] Is a directory: '%s/%s'", p.dir, p.rel);
		else
			rc = file_replace(fd, base, data, v_len(c->arg[1]), 0644, e);
		close(fd);
	} else {
		rc = fd;
	}
	leave(&p);
	if (rc == CB_OK)
		*ret = v_bool(true);
	return rc;
}

static bool in_use(struct call *c, const char *name)
{
	struct value *settings CLEANUP(v_unrefp) = settings_snapshot(c->r->core->settings);
	static const enum item_type types[] = { ITEM_PROFILE, ITEM_SYSTEM };
	for (size_t t = 0; t < ARRAY_LEN(types); t++) {
		CLEANUP(item_list_free) struct item_list l = model_items(c->r->core->model, types[t]);
		for (size_t i = 0; i < l.n; i++) {
			struct value *v CLEANUP(v_unrefp) = resolve_field(c->r->core->model, settings, l.v[i], "autoinstall");
			if (v_str_is(v, name))
				return true;
		}
	}
	return false;
}

int rpc_remove_file(struct call *c, struct value **ret, struct err *e)
{
	struct place p;
	const char *base;
	char plain[PATH_MAX];
	int rc = enter(c, &p, e), fd = rc == CB_OK ? open_file(&p, e) : rc;
	if (fd >= 0) {
		close(fd);
		rc = p.k == &kinds[1] && (!path_normalise(p.rel, plain, sizeof(plain)) || in_use(c, plain)) ?
			err_set(e, CB_ESTATE, "attempt to delete in-use file") : CB_OK;
		fd = rc == CB_OK ? make_parents(&p, &base, e) : rc;
	}
	if (fd >= 0) {
		rc = file_remove(fd, base, e);
		close(fd);
	} else {
		rc = fd;
	}
	leave(&p);
	if (rc == CB_OK)
		*ret = v_bool(true);
	return rc;
}

/* 2.x called a template or snippet by its whole path. */
static const char *below_folder(const char *path)
{
	static const char *const folders[] = { "/var/lib/cobbler/kickstarts/", "/var/lib/cobbler/templates/",
		"/var/lib/cobbler/snippets/" };
	for (size_t i = 0; i < ARRAY_LEN(folders); i++)
		if (str_starts(path, folders[i]))
			return path + strlen(folders[i]);
	return path;
}

int rpc_template_in_use(struct call *c, struct value **ret, struct err *e UNUSED)
{
	const char *name = arg_str(c, 0);
	if (name != NULL && str_eq(c->entry->name, "is_kickstart_in_use"))
		name = below_folder(name);
	*ret = v_bool(name != NULL && in_use(c, name));
	return CB_OK;
}

/* file, is_read, new_data, token. compat: 2.x; new_data -1 removes. */
int rpc_read_or_write(struct call *c, struct value **ret, struct err *e)
{
	const char *word = kind_of(c)->word;
	bool reads = v_truthy(c->arg[1]), removes = !reads && v_is(c->arg[2], V_INT) && v_int_of(c->arg[2]) == -1;
	char resource[64];
	snprintf(resource, sizeof(resource), "%s_autoinstall_%s", reads ? "read" : "write", word);
	const struct value *path = c->arg[0];
	struct value *name CLEANUP(v_unrefp) = v_is(path, V_STR) ? v_str(below_folder(v_cstr(path))) : v_ref(path);
	c->arg[0] = name;
	c->arg[1] = c->arg[2];
	int rc = call_may(c, resource, NULL, e);
	if (rc == CB_OK)
		rc = reads ? rpc_read_file(c, ret, e) : removes ? rpc_remove_file(c, ret, e) : rpc_write_file(c, ret, e);
	c->arg[0] = path;
	return rc;
}

/* [bytes, size of the whole file] */
static struct value *piece(const char *p, size_t n, uint64_t total)
{
	struct value *l = v_list();
	v_list_push(l, v_bytes(p, n));
	v_list_push(l, v_int((int64_t)total));
	return l;
}

static int piece_of_file(const struct boot_file *f, uint64_t offset, size_t want, struct value **ret, struct err *e)
{
	struct stat st;
	int fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd == -1 || fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		close_fd(&fd);
		return err_set(e, CB_ENOENT, "cannot read that file");
	}
	uint64_t end = (uint64_t)st.st_size, start = f->offset < end ? f->offset : end;
	uint64_t total = f->length != 0 && f->length < end - start ? f->length : end - start;
	uint64_t left = offset < total ? total - offset : 0;
	if (want > left)
		want = (size_t)left;
	char *buf = xmalloc(want + 1);
	ssize_t n = pread(fd, buf, want, (off_t)(start + offset));
	if (n >= 0)
		*ret = piece(buf, (size_t)n, total);
	free(buf);
	close(fd);
	return n >= 0 ? CB_OK : err_set(e, CB_EIO, "cannot read that file");
}

/* path, offset, size, token: what a machine would get by TFTP, in pieces, for a TFTP server that asks us. */
int rpc_get_tftp_file(struct call *c, struct value **ret, struct err *e)
{
	struct boot_client who = { "", "" };
	struct boot_file f = { 0 };
	const char *path = arg_str(c, 0);
	int64_t offset = v_int_of(c->arg[1]), want = v_int_of(c->arg[2]);
	if (path == NULL || !v_is(c->arg[1], V_INT) || !v_is(c->arg[2], V_INT) || offset < 0 || want < 0)
		return err_py(e, CB_EINVAL, PY_VALUE, "a path, an offset and a size from 0 are expected");
	if (want > TFTP_PIECE)
		want = TFTP_PIECE;
	int rc = boot_tftp(c->r->core, path, &who, &f, e);
	if (rc != CB_OK)
		return rc;
	if (f.kind == BOOT_PATH) {
		rc = piece_of_file(&f, (uint64_t)offset, (size_t)want, ret, e);
	} else {
		size_t left = (uint64_t)offset < f.bytes.len ? f.bytes.len - (size_t)offset : 0;
		size_t n = (size_t)want < left ? (size_t)want : left;
		*ret = piece(sb_str(&f.bytes) + (left == 0 ? 0 : offset), n, f.bytes.len);
	}
	boot_file_free(&f);
	return rc;
}
