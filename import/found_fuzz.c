/* SPDX-License-Identifier: GPL-2.0-or-later
 * found_fuzz.c - any line of the importing child as its finding: of what is accepted no path leads out of the tree.
 */
#include <stdlib.h>
#include <string.h>

#include "import/internal.h"
#include "value/json.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void stays_inside(const char *p)
{
	p += *p == '@';
	if (*p == '/' || str_eq(p, "..") || str_starts(p, "../") || strstr(p, "/../") != NULL || str_ends(p, "/.."))
		abort();
}

static void look(const struct value *f)
{
	const struct value *kernels = v_dict_get(f, "kernels"), *repos = v_dict_get(f, "repos"), *boot = v_dict_get(f, "boot_files");
	for (size_t i = 0; i < v_len(kernels); i++) {
		stays_inside(v_dict_cstr(v_list_at(kernels, i), "kernel", ""));
		stays_inside(v_dict_cstr(v_list_at(kernels, i), "initrd", ""));
	}
	for (size_t i = 0; i < v_len(repos); i++)
		stays_inside(v_dict_cstr(v_list_at(repos, i), "dir", ""));
	for (size_t i = 0; i < v_len(boot); i++) {
		stays_inside(v_dict_key(boot, i));
		stays_inside(v_cstr(v_dict_at(boot, i)));
	}
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct value *v = NULL;
	struct err e = { 0 };
	if (json_parse((const char *)data, size, &v, &e) != CB_OK)
		return 0;
	int rc = import_check_found(v, &e);
	if (rc == CB_OK)
		look(v);
	else if (*e.text == '\0')
		abort();
	v_unref(v);
	return 0;
}
