/* SPDX-License-Identifier: GPL-2.0-or-later
 * sandbox.c - how far the importing child is confined.
 */
#include "import/sandbox.h"

#include "base/confine.h"
#include "import/limits.h"

int import_confine(int source, int target, uint64_t mapped, uint64_t max_file, struct report *r, struct err *e)
{
	const struct confine c = { .source = source, .target = target, .memory = IMPORT_MEMORY + mapped, .max_file = max_file,
		.cpu_seconds = IMPORT_CPU_SECONDS, .files = 256 };
	bool landlock = true;
	int rc = confine(&c, &landlock, e);
	if (rc == CB_OK && !landlock)
		report_log(r, "DEBUG this kernel offers no Landlock: the importer is confined by seccomp and limits only");
	return rc;
}
