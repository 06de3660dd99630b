/* SPDX-License-Identifier: GPL-2.0-or-later
 * core_nfs.c - the key of the NFS service's file handles: clients keep handles over a restart of the server, so the key stays the same.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/file.h"
#include "netboot/core_side.h"

#define KEY_PATH "/var/lib/cobbler/nfs.key"
#define KEY_TEXT (2 * NFS_KEY_SIZE)        /* hexadecimal */

static bool read_hex(const char *s, uint8_t *out)
{
	for (size_t i = 0; i < NFS_KEY_SIZE; i++) {
		unsigned v;
		if (strspn(s + 2 * i, "0123456789abcdef") < 2 || sscanf(s + 2 * i, "%2x", &v) != 1)
			return false;
		out[i] = (uint8_t)v;
	}
	return true;
}

static int load(const char *path, uint8_t *key, struct err *e)
{
	struct strbuf text CLEANUP(sb_free) = { 0 };
	int rc = file_read(AT_FDCWD, path, KEY_TEXT + 1, &text, e);
	if (rc == CB_OK && (text.len < KEY_TEXT || !read_hex(sb_str(&text), key)))
		rc = err_set(e, CB_EPARSE, "%s: %d hexadecimal digits expected; remove it, and a new one is made (clients must mount "
			"again)", path, KEY_TEXT);
	return rc;
}

static int make(const char *path, uint8_t *key, struct err *e)
{
	char text[KEY_TEXT + 2];
	random_hex(text, NFS_KEY_SIZE);
	if (!read_hex(text, key))
		return err_set(e, CB_EPARSE, "no key was made");
	text[KEY_TEXT] = '\n';
	return file_replace(AT_FDCWD, path, text, KEY_TEXT + 1, 0600, e);
}

void core_answer_nfs(struct nfs_answer *a)
{
	static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;        /* of the two threads makes it */
	char *path CLEANUP(free_ptr) = path_of(KEY_PATH);
	struct err e = { .text = "" };
	pthread_mutex_lock(&one);
	int rc = load(path, a->key, &e);
	if (rc == CB_ENOENT)
		rc = make(path, a->key, &e);
	pthread_mutex_unlock(&one);
	a->status = rc;
	if (rc != CB_OK)
		snprintf(a->why, sizeof(a->why), "%.*s", (int)sizeof(a->why) - 1, e.text);
}
