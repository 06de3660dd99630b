/* SPDX-License-Identifier: GPL-2.0-or-later
 * files.c - files over HTTP: the web root, the trees that imports link to, boot files as TFTP serves them.
 *
 * A client's path is opened with openat2(RESOLVE_BENEATH) below a directory that the administrator chose. Only the fixed
 * first components (distro_mirror, links/NAME, ...) may be symbolic links that lead elsewhere: they are the site's own.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "http/internal.h"

static const struct { const char *suffix, *type; } types[] = {
	{ ".html", "text/html;charset=utf-8" }, { ".txt", "text/plain;charset=utf-8" }, { ".cfg", "text/plain;charset=utf-8" },
	{ ".ks", "text/plain;charset=utf-8" }, { ".xml", "text/xml" }, { ".json", "application/json" }, { ".js", "text/javascript" },
	{ ".css", "text/css" }, { ".svg", "image/svg+xml" }, { ".png", "image/png" }, { ".ico", "image/x-icon" },
	{ ".repo", "text/plain;charset=utf-8" }, { ".gz", "application/gzip" }, { ".iso", "application/octet-stream" },
	{ ".efi", "application/efi" }, { ".rpm", "application/x-rpm" }, { ".deb", "application/vnd.debian.binary-package" },
};

static const char *type_of(const char *path)
{
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (str_ends(path, types[i].suffix))
			return types[i].type;
	return "application/octet-stream";
}

/* Hands fd (taken) over as the reply's body when it is a regular file. */
static bool serve_fd(struct reply *r, int fd, const char *path, uint64_t offset, uint64_t length)
{
	struct stat st;
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode) || offset > (uint64_t)st.st_size ||
		length > (uint64_t)st.st_size - offset) {
		close(fd);
		return false;
	}
	r->fd = fd;
	r->offset = offset;
	r->length = length != 0 ? length : (uint64_t)st.st_size - offset;
	r->mtime = st.st_mtime;
	r->inode = st.st_ino;
	r->is_file = true;
	r->status = 200;
	r->type = type_of(path);
	return true;
}

/* Splits the first component off: copies it to head, returns the rest ("" when there is none). */
static const char *split(const char *path, char head[256])
{
	size_t n = strcspn(path, "/");
	snprintf(head, 256, "%.*s", n < 256 ? (int)n : 255, path);
	return path[n] == '/' ? path + n + 1 : path + n;
}

/* Opens rel below the web root. Returns an fd or a negative cb_err. */
static int open_in_webroot(struct http *h, const char *rel)
{
	char head[256], name[256], top[PATH_MAX];
	struct value *st = settings_snapshot(h->core->settings);
	char *root = path_of(v_dict_cstr(st, "webdir", "/var/www/cobbler"));
	v_unref(st);
	const char *rest = split(rel, head);
	int n;
	if (str_eq(head, "links") && *rest != '\0') {
		rest = split(rest, name);
		n = snprintf(top, sizeof(top), "%s/links/%s", root, name);
	} else {
		n = snprintf(top, sizeof(top), "%s/%s", root, head);
	}
	free(root);
	if (n < 0 || (size_t)n >= sizeof(top))
		return CB_ENOENT;
	int dir = open(top, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (dir == -1 || *rest == '\0')
		return dir == -1 ? CB_ENOENT : dir;
	int fd = file_open_beneath(dir, rest, O_RDONLY, NULL);
	close(dir);
	return fd;
}

static bool serve_boot_file(struct request *req, const char *path)
{
	struct boot_client who = { 0 };
	struct boot_file bf = { 0 };
	struct err e;
	snprintf(who.ip, sizeof(who.ip), "%s", req->peer);
	if (boot_tftp(req->h->core, path, &who, &bf, &e) != CB_OK)
		return false;
	bool ok = true;
	if (bf.kind == BOOT_BYTES) {
		sb_add(&req->reply.body, sb_str(&bf.bytes), bf.bytes.len);
		req->reply.status = 200;
		req->reply.type = "text/plain;charset=utf-8";
	} else {
		int fd = open(bf.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		ok = fd >= 0 && serve_fd(&req->reply, fd, path, bf.offset, bf.length);
	}
	boot_file_free(&bf);
	return ok;
}

static bool serve_web_file(struct request *req, const char *rel)
{
	int fd = *rel != '\0' ? open_in_webroot(req->h, rel) : CB_ENOENT;
	return fd >= 0 && serve_fd(&req->reply, fd, rel, 0, 0);
}

/* Cobbler's aliases: what stands before a path, where it leads. With boot set, the rest is a path under the TFTP root after boot. */
static const struct { const char *prefix; bool web; const char *boot; } places[] = {
	{ "cobbler", true, NULL },
	{ "cblr", true, NULL },
	{ "cobbler_track", true, NULL },
	{ "httpboot", false, "grub" },
	{ "images", false, "images" },
	{ "tftpboot", false, "" },
};

static bool serve_place(struct request *req, size_t i, const char *rest)
{
	char path[HTTP_PATH_MAX];
	if (places[i].web) {
		if (serve_web_file(req, rest))
			return true;
		/* compat: iPXE scripts name /cobbler/images/DISTRO/FILE, which sync links below the web root */
		return str_starts(rest, "images/") && serve_boot_file(req, rest);
	}
	snprintf(path, sizeof(path), "%s%s%s", places[i].boot, *places[i].boot != '\0' ? "/" : "", rest);
	if (serve_boot_file(req, path))
		return true;
	/* UEFI HTTP boot: what a loader asks for beside itself may also be named from the top of the TFTP tree. */
	return str_eq(places[i].prefix, "httpboot") && serve_boot_file(req, rest);
}

void route_files(struct request *req)
{
	char head[256];
	const char *rest = split(req->path, head);
	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		if (str_eq(head, places[i].prefix) && *rest != '\0' && serve_place(req, i, rest))
			return;
	/* grub.cfg-01-<mac> and the like: GRUB loaded by UEFI HTTP boot asks from the top. */
	if (str_starts(head, "grub") && serve_boot_file(req, req->path))
		return;
	reply_text(&req->reply, 404, "text/plain;charset=utf-8", "Not found\n");
}
