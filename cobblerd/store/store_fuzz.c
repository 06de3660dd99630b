/* SPDX-License-Identifier: GPL-2.0-or-later
 * store_fuzz.c - any bytes as a file of the store: by the first byte an item of 3.x, one of 2.8, the journal of edits, or a record of it.
 * The store opens and loads, or says why not; nothing is written beside it.
 */
#include "base/fuzzkit.h"

#include <dirent.h>
#include <zlib.h>

#include "store/store.h"

#define JOURNAL "/var/lib/cobbler/edits.journal"

static const char *const places[] = {
	"/var/lib/cobbler/collections/systems/x.json", "/var/lib/cobbler/collections/distros/x.json",
	"/var/lib/cobbler/config/systems.d/x.json", "/var/lib/cobbler/config/profiles.d/x.json",
	JOURNAL, JOURNAL,
};

/* As a record with a good head: store/journal.c, struct head. */
static void put_record(const unsigned char *text, size_t n)
{
	struct { char magic[8], boot[40]; double at; uint64_t number; uint32_t n, crc, done; } h = { .at = 1e12, .number = 1,
		.n = (uint32_t)n };
	struct strbuf b = { 0 };
	memcpy(h.magic, "cbljrnl3", sizeof(h.magic));
	uLong crc = crc32(0, (const unsigned char *)&h.at, sizeof(h.at) + sizeof(h.number) + sizeof(h.n));
	h.crc = (uint32_t)crc32_z(crc, text, n);
	sb_add(&b, &h, sizeof(h));
	sb_add(&b, text, n);
	put(JOURNAL, b.p, b.len);
	sb_free(&b);
}

static void nothing_but(const char *path, const char *const *names)
{
	char *dir = path_of(path);
	DIR *d = opendir(dir);
	if (d == NULL)
		abort();
	for (const struct dirent *de; (de = readdir(d)) != NULL; ) {
		bool known = de->d_name[0] == '.';
		for (const char *const *n = names; *n != NULL; n++)
			known |= str_eq(de->d_name, *n);
		if (!known)
			abort();
	}
	closedir(d);
	free(dir);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static const char *const in_root[] = { "var", NULL }, *const in_var[] = { "lib", NULL }, *const in_lib[] = { "cobbler", NULL },
		*const in_cobbler[] = { "collections", "config", "edits.journal", "lock.cobblerd", NULL };
	struct store *s = NULL;
	struct err e = { 0 };
	size_t loaded = 0, damaged = 0;
	if (*path_root() == '\0')
		root_make();
	if (size == 0)
		return 0;
	size_t place = data[0] % ARRAY_LEN(places);
	if (place == ARRAY_LEN(places) - 1)
		put_record(data + 1, size - 1);
	else
		put(places[place], data + 1, size - 1);
	if (store_open(false, &s, &e) == CB_OK) {
		struct model *m = model_new();
		if (store_load(s, m, &loaded, &damaged, &e) != CB_OK)
			abort();
		store_close(s);
		model_free(m);
	} else if (*e.text == '\0') {
		abort();
	}
	nothing_but("", in_root);
	nothing_but("/var", in_var);
	nothing_but("/var/lib", in_lib);
	nothing_but("/var/lib/cobbler", in_cobbler);
	char *lib = path_of("/var/lib");
	nftw(lib, rm, 64, FTW_DEPTH | FTW_PHYS);
	free(lib);
	return 0;
}
