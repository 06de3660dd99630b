/* SPDX-License-Identifier: GPL-2.0-or-later
 * child.c - the importing child: opens source and target, locks itself in, extracts or copies, then says what it found.
 */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <locale.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "import/child.h"
#include "import/detect.h"
#include "import/extract.h"
#include "import/import.h"
#include "import/limits.h"
#include "import/sandbox.h"
#include "import/watchdog.h"
#include "model/signatures.h"

struct job {
	const char *source, *target, *mode;
	struct wanted wanted;
	int src, dst;
	bool image;                  /* the source is a file */
	uint64_t size;
	unsigned long max_reads;     /* files that are opened to recognise it */
	struct report report;
};

static int bus_fd = -1;

/* The image is mapped: somebody who shortens it meanwhile takes pages away. */
static void on_bus(int sig)
{
	static const char text[] = "{\"error\": \"the image became shorter while it was read\"}\n";
	(void)sig;
	(void)!write(bus_fd, text, sizeof(text) - 1);
	_exit(1);
}

static const char *text_of(const struct value *job, const char *key)
{
	return v_dict_cstr(job, key, "");
}

static int open_source(struct job *j, struct err *e)
{
	struct stat st;
	j->src = open(j->source, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (j->src < 0 && errno == EACCES)
		return err_set(e, CB_EPERM,
			"cannot open %s: Permission denied (the daemon reads as user %u: give it read access)",
			j->source, (unsigned)geteuid());
	if (j->src < 0)
		return err_sys(e, "cannot open %s", j->source);
	if (fstat(j->src, &st) != 0)
		return err_sys(e, "cannot stat %s", j->source);
	if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
		return err_set(e, CB_EINVAL, "%s is neither an image file nor a directory", j->source);
	j->image = S_ISREG(st.st_mode);
	j->size = (uint64_t)st.st_size;
	return CB_OK;
}

static int open_job(struct job *j, const struct value *v, int out_fd, struct err *e)
{
	*j = (struct job){ .source = text_of(v, "source"),
		.target = text_of(v, "target"),
		.mode = text_of(v, "mode"),
		.src = -1,
		.dst = -1,
		.max_reads = (unsigned long)v_dict_int(v, "max_reads", IMPORT_DETECT_FILES),
		.report = { .fd = out_fd } };
	j->wanted = (struct wanted){ text_of(v, "breed"), text_of(v, "os_version"), text_of(v, "arch"),
		text_of(v, "shown") };
	if (*j->wanted.shown == '\0')
		j->wanted.shown = *j->target != '\0' ? j->target : j->source;
	const char *sigs = text_of(v, "signatures");
	if (signatures_load(*sigs != '\0' ? sigs : NULL, e) != CB_OK)
		report_log(&j->report, "WARNING the built-in signatures alone are used: %s", e->text);
	int rc = open_source(j, e);
	if (rc != CB_OK || str_eq(j->mode, "scan"))
		return rc;
	j->dst = open(j->target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return j->dst < 0 ? err_sys(e, "cannot open %s", j->target) : CB_OK;
}

static int scan(struct job *j, int root, struct value **found, struct err *e)
{
	struct tree t;
	struct tree_reads reads = { .files = j->max_reads, .bytes = IMPORT_DETECT_BYTES };
	int rc = tree_read(&t, root, IMPORT_MAX_TREE_FILES, e);
	if (rc != CB_OK)
		return err_prefix(e, "%s", j->wanted.shown), rc;
	t.reads = &reads;
	rc = detect_media(&t, &j->wanted, &j->report, found, e);
	tree_free(&t);
	return rc;
}

/* available_as: the installers fetch everything but kernel and initrd from elsewhere, so only those are copied. */
static int copy_one(struct job *j, struct sink *s, const char *path, struct err *e)
{
	struct tree t = { .root = j->src };
	struct stat st;
	char *buf = xmalloc(1u << 20);
	int in = tree_open_file(&t, path), rc = CB_OK, out = -1;
	if (in < 0 || fstat(in, &st) != 0)
		rc = err_set(e, CB_ENOENT, "%s cannot be read", path);
	else if (faccessat(s->root, path, F_OK, AT_SYMLINK_NOFOLLOW) != 0)
		out = sink_file(s, path, (uint64_t)st.st_size, e);
	else
		goto done;           /* two kernels may share an initrd */
	rc = rc == CB_OK && out < 0 ? out : rc;
	for (off_t at = 0; rc == CB_OK && at < st.st_size; ) {
		ssize_t k = pread(in, buf, 1u << 20, at);
		rc = k <= 0 ? err_set(e, CB_EIO, "%s cannot be read", path)
			    : sink_write(out, buf, (size_t)k, (uint64_t)at, e);
		at += k;
		report_bytes(&j->report, k > 0 ? (uint64_t)k : 0);
	}
	if (rc == CB_OK)
		sink_done(out, st.st_mode, st.st_mtime);
done:
	free_ptr(&buf);
	if (out >= 0)
		close(out);
	if (in >= 0)
		close(in);
	return rc;
}

static int copy_boot(struct job *j, const struct value *found, struct err *e)
{
	static const char *const parts[] = { "kernel", "initrd" };
	struct sink s;
	int rc = CB_OK;
	sink_init(&s, j->dst, UINT64_MAX / 2, IMPORT_MAX_FILES);
	const struct value *kernels = v_dict_get(found, "kernels"), *files = v_dict_get(found, "boot_files");
	for (size_t i = 0; rc == CB_OK && i < v_len(kernels); i++)
		for (size_t k = 0; rc == CB_OK && k < ARRAY_LEN(parts); k++)
			if (text_of(v_list_at(kernels, i), parts[k])[0] != '@')
				rc = copy_one(j, &s, text_of(v_list_at(kernels, i), parts[k]), e);
	struct tree t;
	if (rc == CB_OK && (rc = tree_read(&t, j->src, IMPORT_MAX_TREE_FILES, e)) == CB_OK) {
		const struct tdir *top = tree_dir(&t, "");
		for (size_t i = 0; rc == CB_OK && i < v_len(files); i++) {
			const char *pattern = v_cstr(v_dict_at(files, i));
			if (tree_is_file(&t, pattern))
				rc = copy_one(j, &s, pattern, e);
			for (size_t k = 0; rc == CB_OK && strpbrk(pattern, "*?[") != NULL && k < top->n; k++)
				if (top->names[k].kind == 'f' && fnmatch(pattern, top->names[k].name, FNM_PERIOD) == 0)
					rc = copy_one(j, &s, top->names[k].name, e);
		}
		tree_free(&t);
	}
	sink_free(&s);
	return rc;
}

static int extract(struct job *j, const struct value *v, struct err *e)
{
	struct extract x = { .src = j->src,
		.name = j->source,
		.target = j->dst,
		.report = &j->report,
		.max_bytes = (uint64_t)v_dict_int(v, "max_bytes", 0),
		.max_entries = (unsigned long)v_dict_int(v, "max_entries", 0) };
	int rc = j->image ? extract_image(&x, e) : extract_tree(&x, e);
	if (rc != CB_OK)
		return rc;
	report_progress(&j->report);
	report_log(&j->report, "INFO %llu bytes in %lu entries", (unsigned long long)x.bytes, x.entries);
	if (x.skipped > 0)
		report_log(&j->report, "WARNING %lu entries were left out: devices, or links that lead outside",
			x.skipped);
	return CB_OK;
}

static int work(struct job *j, const struct value *v, struct value **found, struct err *e)
{
	bool in_place = str_eq(j->mode, "scan"), boot_only = str_eq(j->mode, "boot") && !j->image, copy_only = str_eq(j->mode, "copy");
	if (in_place && j->image)
		return err_set(e, CB_EINVAL, "%s is a file, expected a directory", j->source);
	if (in_place || boot_only) {
		int rc = scan(j, j->src, found, e);
		return rc == CB_OK && boot_only ? copy_boot(j, *found, e) : rc;
	}
	int rc = extract(j, v, e);
	if (rc == CB_OK && copy_only)
		*found = v_dict();
	return rc == CB_OK && !copy_only ? scan(j, j->dst, found, e) : rc;
}

int import_child(const struct value *v, int out_fd)
{
	struct job j;
	struct err e = {0};
	struct value *found = NULL;
	prctl(PR_SET_PDEATHSIG, SIGKILL);      /* nobody waits for the files when the core has gone */
	umask(022);
	setlocale(LC_CTYPE, "C.UTF-8");      /* so that libarchive gives Joliet names as UTF-8 */
	bus_fd = out_fd;
	signal(SIGBUS, on_bus);
	signal(SIGPIPE, SIG_IGN);
	if (str_eq(text_of(v, "mode"), "index")) {
		(void)!import_indexer(v, out_fd, &e);
		report_text(&(struct report){ .fd = out_fd }, "error", e.text);
		return 1;
	}
	watchdog_start(out_fd, IMPORT_STALL_SECONDS);
	int rc = open_job(&j, v, out_fd, &e);
	if (rc == CB_OK) {
		uint64_t max = (uint64_t)v_dict_int(v, "max_bytes", (int64_t)IMPORT_MAX_BYTES);
		rc = import_confine(j.src, j.dst, j.image ? j.size : 0, j.image ? max : UINT64_MAX / 2, &j.report, &e);
	}
	if (rc == CB_OK)
		rc = work(&j, v, &found, &e);
	if (rc == CB_OK)
		report_value(&j.report, "found", v_ref(found));
	else
		report_text(&j.report, "error", e.text);
	v_unref(found);
	if (j.src >= 0)
		close(j.src);
	if (j.dst >= 0)
		close(j.dst);
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	_exit(rc == CB_OK ? 0 : 1);      /* the leak checker would start a tracer, which the sandbox forbids */
#endif
	return rc == CB_OK ? 0 : 1;
}
