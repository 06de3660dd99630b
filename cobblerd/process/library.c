/* SPDX-License-Identifier: GPL-2.0-or-later
 * library.c - puts the shipped templates, snippets and configurations where a site has none yet.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/embedded.h"
#include "base/file.h"
#include "base/log.h"
#include "process/process.h"

/* A folder of snippets/library and where its files live on a site. */
static const struct place { const char *from, *to; } places[] = {
	{ "templates/", "/var/lib/cobbler/templates" },
	{ "snippets/", "/var/lib/cobbler/snippets" },
	{ "scripts/", "/var/lib/cobbler/scripts" },
	{ "boot_loader_conf/", "/etc/cobbler/boot_loader_conf" },
	{ "windows/", "/etc/cobbler/windows" },
	{ "grub_config/", "/var/lib/cobbler/grub_config" },
	{ "etc/", "/etc/cobbler" },
	{ "misc/", "/var/www/cobbler/misc" },
};

/* A folder with any file in it is the site's: nothing is added to it, so that what an administrator deleted stays deleted.
 * /etc/cobbler is never empty (settings come first), so there each file is judged by itself. */
static bool is_fresh(const struct place *p)
{
	char *dir = path_of(p->to);
	DIR *d = opendir(dir);
	bool fresh = true;
	free(dir);
	if (d == NULL)
		return errno == ENOENT;
	for (struct dirent *de; fresh && (de = readdir(d)) != NULL; )
		fresh = de->d_name[0] == '.';
	closedir(d);
	return fresh || str_eq(p->from, "etc/");
}

static int install_one(const struct place *p, const struct embedded *f, struct err *e)
{
	char *path = xasprintf("%s%s/%s", path_root(), p->to, f->path + strlen(p->from));
	char *dir = xstrndup(path, (size_t)(strrchr(path, '/') - path));
	int rc = dir_make(dir, 0755, e);
	/* No fsync for each of these: they are still in the binary when the power fails. */
	int fd = rc == CB_OK ? open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644) : -1;
	size_t n = (size_t)(f->end - f->data);
	if (fd >= 0 && (write(fd, f->data, n) != (ssize_t)n || fchmod(fd, 0644) == -1)) {
		rc = err_sys(e, "cannot write %s", path);
		unlink(path);
	} else if (rc == CB_OK && fd == -1 && errno != EEXIST) {
		rc = err_sys(e, "cannot create %s", path);
	}
	close_fd(&fd);
	free(dir);
	free(path);
	return rc;
}

int library_install(struct err *e)
{
	size_t n = 0;
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		if (!is_fresh(&places[i]))
			continue;
		for (const struct embedded *f = embedded_files; f->path != NULL; f++) {
			if (!str_starts(f->path, places[i].from))
				continue;
			int rc = install_one(&places[i], f, e);
			if (rc != CB_OK)
				return rc;
			n++;
		}
	}
	if (n > 0)
		log_info("core", "%zu shipped templates and configurations are in place", n);
	return CB_OK;
}
