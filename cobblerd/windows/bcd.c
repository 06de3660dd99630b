/* SPDX-License-Identifier: GPL-2.0-or-later
 * bcd.c - the Boot Configuration Data of a machine that starts WinPE from the network: a boot manager with one entry, which loads an image
 * into a RAM disk.
 *
 * compat: bcdedit of sync_post_wingen in 3.3.7: the same objects, elements and bytes in the same order, in place of all objects of the
 * medium's own hive. Names of elements are their types in hexadecimal, as bcdedit.exe /v shows them.
 */
#include "windows/internal.h"

#include <errno.h>
#include <stdlib.h>

#include "windows/libs.h"

#define MANAGER "{9dea862c-5cdd-4e70-acc1-f32b344d4795}"
#define LOADER "{65c31250-afa2-11df-8045-000c29f37d88}"
#define RAMDISK "{ae5534e0-a924-466c-b836-758539a3ee3a}"

enum kind { OBJECT, BYTES, TEXT, TEXTS, IMAGE, SDI, SDI_DEVICE };

static const struct row { enum kind kind; const char *name, *data; size_t n; } rows[] = {
	{ OBJECT, MANAGER, "\x02\x00\x10\x10", 4 },
	{ BYTES, "25000004", "\0\0\0\0\0\0\0\0", 8 },                  /* timeout */
	{ TEXT, "12000004", "Windows Boot Manager", 0 },               /* description */
	{ TEXTS, "24000001", LOADER, 0 },                              /* what is shown */
	{ BYTES, "16000048", "\x01", 1 },
	{ OBJECT, LOADER, "\x03\x00\x20\x10", 4 },
	{ TEXT, "12000002", "\\windows\\system32\\winload.exe", 0 },    /* path in the image */
	{ TEXT, "12000004", "Windows PE", 0 },
	{ TEXT, "22000002", "\\Windows", 0 },                          /* its system directory */
	{ BYTES, "26000010", "\x01", 1 },                              /* detecthal */
	{ BYTES, "26000022", "\x01", 1 },                              /* winpe */
	{ IMAGE, "11000001", NULL, 0 },                                /* device, and */
	{ IMAGE, "21000001", NULL, 0 },                                /* osdevice: the image in a RAM disk */
	{ OBJECT, RAMDISK, "\x00\x00\x00\x30", 4 },
	{ TEXT, "12000004", "Ramdisk Options", 0 },
	{ SDI, "32000004", NULL, 0 },                                  /* the file of the RAM disk, and */
	{ SDI_DEVICE, "31000003", NULL, 0 },                           /* where it is: the boot device */
};

static void add_le32(struct strbuf *b, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		sb_addc(b, (char)(v >> (8 * i)));
}

/* UTF-16LE of ASCII, with its NUL. */
static void add_utf16(struct strbuf *b, const char *s)
{
	for (const char *p = s; ; p++) {
		sb_addc(b, *p);
		sb_addc(b, '\0');
		if (*p == '\0')
			return;
	}
}

static void add_path(struct strbuf *b, const char *path)
{
	char *s = xstrdup(path);
	for (char *p = s; *p != '\0'; p++)
		*p = *p == '/' ? '\\' : *p;
	add_utf16(b, s);
	free(s);
}

/* The boot device, as it is or as the place of a file. */
static void add_boot_device(struct strbuf *b)
{
	add_le32(b, 5);
	add_le32(b, 0);
	add_le32(b, 0x48);
	for (int i = 0; i < 15; i++)
		add_le32(b, 0);
}

/* A RAM disk made of a file of the boot device, with the options of the object RAMDISK. compat: 3.3.7 writes lengths of more than 255
 * with their bytes in the wrong order and one place too far; they are right here. */
static void add_image_device(struct strbuf *b, const char *path)
{
	static const unsigned char options[16] = "\xe0\x34\x55\xae\x24\xa9\x6c\x46\xb8\x36\x75\x85\x39\xa3\xee\x3a";
	uint32_t bytes = 2 * (uint32_t)strlen(path);
	sb_add(b, options, sizeof(options));
	const uint32_t words[] = { 0, 1, 126 + bytes, 0, 3, 0, 0, 0, 0, 0, 1, 86 + bytes, 5 };
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		add_le32(b, words[i]);
	add_boot_device(b);
	add_path(b, path);
}

static enum hive_type type_of(enum kind k)
{
	return k == TEXT || k == SDI ? hive_t_string : k == TEXTS ? hive_t_multiple_strings : hive_t_binary;
}

static void add_data(struct strbuf *b, const struct row *r, const char *image, const char *sdi)
{
	switch (r->kind) {
	case OBJECT:
	case BYTES: sb_add(b, r->data, r->n); break;
	case TEXT: add_utf16(b, r->data); break;
	case TEXTS: add_utf16(b, r->data); add_utf16(b, ""); break;
	case IMAGE: add_image_device(b, image); break;
	case SDI: add_path(b, sdi); break;
	case SDI_DEVICE:
		for (int i = 0; i < 4; i++)
			add_le32(b, 0);
		add_boot_device(b);
		break;
	}
}

int hive_error(struct err *e, const char *what)
{
	return errno != 0 ? err_sys(e, "%s", what) : err_set(e, CB_EPARSE, "%s: it is damaged", what);
}

static int set(hive_h *h, hive_node_h node, const char *key, enum hive_type type, struct strbuf *data, struct err *e)
{
	char name[16];
	snprintf(name, sizeof(name), "%s", key);
	const struct hive_set_value v = { .key = name, .t = type, .len = data->len, .value = data->p };
	return hive.node_set_value(h, node, &v, 0) == 0 ? CB_OK : hive_error(e, "the new BCD cannot be filled");
}

/* The node of an object's elements, or of an element. */
static int add_row(hive_h *h, hive_node_h objects, hive_node_h *elements, const struct row *r, struct strbuf *data, struct err *e)
{
	hive_node_h node;
	if (r->kind == OBJECT) {
		hive_node_h object = hive.node_add_child(h, objects, r->name);
		hive_node_h description = object != 0 ? hive.node_add_child(h, object, "Description") : 0;
		if (description == 0)
			return hive_error(e, "the new BCD gets no object");
		int rc = set(h, description, "Type", hive_t_dword, data, e);
		if (rc == CB_OK && (*elements = hive.node_add_child(h, object, "Elements")) == 0)
			rc = hive_error(e, "the new BCD gets no elements");
		return rc;
	}
	if ((node = hive.node_add_child(h, *elements, r->name)) == 0)
		return hive_error(e, "the new BCD gets no element");
	return set(h, node, "Element", type_of(r->kind), data, e);
}

static int remove_all(hive_h *h, hive_node_h objects, struct err *e)
{
	hive_node_h *all = hive.node_children(h, objects);
	int rc = all == NULL ? hive_error(e, "the objects of the medium's BCD cannot be read") : CB_OK;
	for (size_t i = 0; rc == CB_OK && all[i] != 0; i++)
		if (hive.node_delete_child(h, all[i]) != 0)
			rc = hive_error(e, "an object of the medium's BCD cannot be taken out");
	free(all);
	return rc;
}

static int fill(hive_h *h, const char *image, const char *sdi, struct err *e)
{
	hive_node_h root = hive.root(h), objects = root != 0 ? hive.node_get_child(h, root, "Objects") : 0, elements = 0;
	if (objects == 0)
		return err_set(e, CB_EPARSE, "the medium's BCD has no key \"Objects\": it is none");
	int rc = remove_all(h, objects, e);
	for (size_t i = 0; rc == CB_OK && i < ARRAY_LEN(rows); i++) {
		struct strbuf data = { 0 };
		add_data(&data, &rows[i], image, sdi);
		rc = add_row(h, objects, &elements, &rows[i], &data, e);
		sb_free(&data);
	}
	return rc;
}

int bcd_make(const char *from, const char *name, const char *image, const char *sdi, struct err *e)
{
	errno = 0;
	hive_h *h = hive.open(from, HIVEX_OPEN_WRITE);
	if (h == NULL)
		return hive_error(e, "the medium's BCD cannot be read");
	int rc = fill(h, image, sdi, e);
	if (rc == CB_OK && hive.commit(h, name, 0) != 0)
		rc = hive_error(e, "the new BCD cannot be written");
	hive.close(h);
	return rc;
}
