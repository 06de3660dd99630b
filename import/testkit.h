/* SPDX-License-Identifier: GPL-2.0-or-later
 * testkit.h - for the tests of this room: directories that go away again, images made on the spot, the child run in a
 * process of its own. Header only, so that it is not part of the library.
 */
#ifndef IMPORT_TESTKIT_H
#define IMPORT_TESTKIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "import/import.h"
#include "value/json.h"

static char kit_dir[64];

static inline int kit_setup(void **state)
{
	(void)state;
	snprintf(kit_dir, sizeof(kit_dir), "/tmp/import-test-XXXXXX");
	return mkdtemp(kit_dir) != NULL ? 0 : -1;
}

static inline int kit_rm(const char *path, const struct stat *st, int flag, struct FTW *f)
{
	(void)st;
	(void)flag;
	(void)f;
	return remove(path);
}

static inline int kit_teardown(void **state)
{
	(void)state;
	return nftw(kit_dir, kit_rm, 32, FTW_DEPTH | FTW_PHYS);
}

/* kit_dir/name, in one of a few static buffers. */
static inline const char *kit_path(const char *name)
{
	static char buf[8][1024];
	static unsigned next;
	char *p = buf[next++ % 8];
	snprintf(p, sizeof(buf[0]), "%s/%s", kit_dir, name);
	return p;
}

static inline void kit_mkdir(const char *name)
{
	struct err e;
	assert_int_equal(dir_make(kit_path(name), 0755, &e), CB_OK);
}

/* Writes kit_dir/name, parents included; content NULL: size zero bytes. */
static inline void kit_file(const char *name, const char *content, size_t size)
{
	char path[1024];
	snprintf(path, sizeof(path), "%s", kit_path(name));
	char *slash = strrchr(path, '/');
	struct err e;
	*slash = '\0';
	assert_int_equal(dir_make(path, 0755, &e), CB_OK);
	*slash = '/';
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	if (content != NULL)
		assert_int_equal(write(fd, content, size != 0 ? size : strlen(content)),
			(ssize_t)(size != 0 ? size : strlen(content)));
	else
		assert_int_equal(ftruncate(fd, (off_t)size), 0);
	close(fd);
}

static inline bool kit_exists(const char *name)
{
	struct stat st;
	return lstat(kit_path(name), &st) == 0;
}

struct kit_entry { const char *path, *content; int type; const char *link; mode_t mode; size_t size; };

static inline void kit_add(struct archive *a, const struct kit_entry *k)
{
	struct archive_entry *ae = archive_entry_new();
	size_t n = k->content != NULL ? strlen(k->content) : k->size;
	archive_entry_set_pathname(ae, k->path);
	archive_entry_set_filetype(ae, k->type != 0 ? (unsigned)k->type : (unsigned)AE_IFREG);
	archive_entry_set_perm(ae, k->mode != 0 ? k->mode : k->type == AE_IFDIR ? (mode_t)0755 : (mode_t)0644);
	archive_entry_set_mtime(ae, 1700000000, 0);
	if (k->type == AE_IFLNK)
		archive_entry_set_symlink(ae, k->link);
	else if (k->link != NULL)
		archive_entry_set_hardlink(ae, k->link);
	if (k->type == AE_IFCHR || k->type == AE_IFBLK)
		archive_entry_set_rdev(ae, 0x101);
	bool data = (k->type == 0 || k->type == AE_IFREG) && k->link == NULL;
	archive_entry_set_size(ae, data ? (la_int64_t)n : 0);
	if (archive_write_header(a, ae) < ARCHIVE_WARN)
		fail_msg("%s: %s", k->path, archive_error_string(a));
	for (size_t at = 0; data && at < n; ) {
		char zeros[65536] = {0};
		size_t piece = n - at < sizeof(zeros) ? n - at : sizeof(zeros);
		assert_true(archive_write_data(a, k->content != NULL ? k->content + at : zeros, piece) >= 0);
		at += piece;
	}
	archive_entry_free(ae);
}

enum kit_format { KIT_ISO, KIT_ISO_PLAIN, KIT_TAR };

static inline struct archive *kit_open(const char *name, enum kit_format format)
{
	struct archive *a = archive_write_new();
	if (format == KIT_TAR)
		archive_write_set_format_pax_restricted(a);
	else
		archive_write_set_format_iso9660(a);
	if (format == KIT_ISO_PLAIN) {
		assert_int_equal(archive_write_set_options(a, "!rockridge,!joliet,iso-level=2"), ARCHIVE_OK);
	}
	if (archive_write_open_filename(a, kit_path(name)) != ARCHIVE_OK)
		fail_msg("%s: %s", name, archive_error_string(a));
	return a;
}

static inline void kit_close(struct archive *a)
{
	if (archive_write_close(a) != ARCHIVE_OK)
		fail_msg("closing the image: %s", archive_error_string(a));
	archive_write_free(a);
}

static inline void kit_image(const char *name, enum kit_format format, const struct kit_entry *k, size_t n)
{
	struct archive *a = kit_open(name, format);
	for (size_t i = 0; i < n; i++)
		kit_add(a, &k[i]);
	kit_close(a);
}

/* Runs import_child with the job (taken) in a process of its own; all its answers by key: "log" is a list. *status:
 * exit status. */
static inline struct value *kit_run(struct value *job, int *status)
{
	int p[2], st;
	struct strbuf out = {0};
	char buf[4096];
	assert_int_equal(pipe(p), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(p[0]);
		_exit(import_child(job, p[1]));
	}
	close(p[1]);
	for (ssize_t k; (k = read(p[0], buf, sizeof(buf))) > 0; )
		sb_add(&out, buf, (size_t)k);
	close(p[0]);
	assert_int_equal(waitpid(pid, &st, 0), pid);
	*status = WIFEXITED(st) ? WEXITSTATUS(st) : 128 + WTERMSIG(st);
	v_unref(job);
	struct value *all = v_dict(), *logs = v_list();
	v_dict_set(all, "log", logs);
	for (const char *s = sb_str(&out); *s != '\0'; ) {
		size_t n = strcspn(s, "\n");
		struct value *v = NULL;
		struct err e;
		if (json_parse(s, n, &v, &e) != CB_OK)
			fail_msg("not JSON: %.*s", (int)n, s);
		if (str_eq(v_dict_key(v, 0), "log"))
			v_list_push(logs, v_ref(v_dict_at(v, 0)));
		else
			v_dict_set(all, v_dict_key(v, 0), v_ref(v_dict_at(v, 0)));
		v_unref(v);
		s += n + (s[n] == '\n');
	}
	sb_free(&out);
	return all;
}

static inline struct value *kit_job(const char *source, const char *mode)
{
	struct value *j = v_dict();
	v_dict_set(j, "source", v_str(kit_path(source)));
	v_dict_set(j, "mode", v_str(mode));
	v_dict_set(j, "shown", v_str("/var/www/cobbler/distro_mirror/x"));
	if (!str_eq(mode, "scan")) {
		kit_mkdir("target");
		v_dict_set(j, "target", v_str(kit_path("target")));
	}
	return j;
}

#endif
