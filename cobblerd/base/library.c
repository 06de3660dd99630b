/* SPDX-License-Identifier: GPL-2.0-or-later
 * library.c - dlopen with a table of functions.
 */
#include "base/library.h"

#include <dlfcn.h>
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int find(const char *soname, void *library, const struct library_symbol *symbols, size_t n, struct err *e)
{
	for (size_t i = n; i-- > 0;) {
		void *p = dlsym(library, symbols[i].name);
		if (p == NULL)
			return err_set(e, CB_EIO, "the library %s has no function %s", soname, symbols[i].name);
		*symbols[i].to = p;
	}
	return CB_OK;
}

int library_open(const char *soname, const struct library_symbol *symbols, size_t n, struct err *e)
{
	int rc = CB_OK;
	pthread_mutex_lock(&lock);
	if (*symbols[0].to == NULL) {
		void *library = dlopen(soname, RTLD_NOW | RTLD_LOCAL);
		rc = library == NULL ? err_set(e, CB_EIO, "the library %s cannot be opened: %s", soname, dlerror()) :
			find(soname, library, symbols, n, e);
	}
	pthread_mutex_unlock(&lock);
	return rc;
}
