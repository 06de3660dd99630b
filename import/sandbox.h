/* SPDX-License-Identifier: GPL-2.0-or-later
 * sandbox.h - what the importing child may still do once it has opened what it needs: read the source, write the
 * target, talk to its parent. Works without privileges; what the kernel does not offer is left out and said.
 */
#ifndef IMPORT_SANDBOX_H
#define IMPORT_SANDBOX_H

#include "base/err.h"
#include "import/report.h"

/* source, target: directories (or the source file); -1 when there is none. mapped: bytes of address space the image
 * takes. */
int import_confine(
	int source, int target, uint64_t mapped, uint64_t max_file, struct report *r, struct err *e) MUST_CHECK;

#endif
