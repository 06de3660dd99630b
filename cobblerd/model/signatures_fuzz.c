/* SPDX-License-Identifier: GPL-2.0-or-later
 * signatures_fuzz.c - any text as distro_signatures.json of a site: what is accepted answers every question about it.
 */
#include <stdlib.h>

#include "model/signatures.h"
#include "value/json.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct value *v = NULL;
	struct err e;
	if (json_parse((const char *)data, size, &v, &e) != CB_OK)
		return 0;
	if (signatures_check(v, &e) != CB_OK || signatures_set(v_ref(v), &e) != CB_OK) {
		v_unref(v);
		return 0;
	}
	v_unref(v);
	v_unref(signatures_get());
	v_unref(signatures_merged());
	v_unref(signatures_archs());
	struct value *breeds = signatures_breeds();
	for (size_t i = 0; i < v_len(breeds); i++) {
		const char *breed = v_cstr(v_list_at(breeds, i));
		struct value *versions = signatures_os_versions(breed);
		for (size_t k = 0; k < v_len(versions); k++) {
			const char *version = v_cstr(v_list_at(versions, k));
			struct value *sig = signature_find(breed, version);
			if (sig == NULL)
				abort();
			signature_list(sig, "supported_arches");
			v_unref(sig);
			v_unref(signatures_boot_loaders(breed, version, "x86_64"));
		}
		v_unref(versions);
	}
	v_unref(breeds);
	return 0;
}
