/* SPDX-License-Identifier: GPL-2.0-or-later
 * indexer.c - the importing child as createrepo_c: the packages of a medium are read by librpm, which is confined before it starts.
 */
#include <fcntl.h>
#include <unistd.h>

#include "base/confine.h"
#include "import/child.h"
#include "import/limits.h"

int import_indexer(const struct value *job, int out_fd, struct err *e)
{
	const struct value *words = v_dict_get(job, "argv");
	const char *argv[IMPORT_INDEX_WORDS + 1], *dir = v_dict_cstr(job, "target", "");
	size_t n = v_len(words);
	bool landlock;
	if (n == 0 || n > IMPORT_INDEX_WORDS)
		return err_set(e, CB_EINVAL, "a program of 1 to %u words was expected, not of %zu", IMPORT_INDEX_WORDS, n);
	for (size_t i = 0; i < n; i++)
		argv[i] = v_cstr(v_list_at(words, i));
	argv[n] = NULL;
	struct confine c = { .source = -1, .target = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), .removes = true,
		.memory = IMPORT_INDEX_MEMORY, .max_file = IMPORT_DETECT_BYTES, .cpu_seconds = IMPORT_CPU_SECONDS, .files = 256 };
	if (c.target < 0)
		return err_sys(e, "cannot open %s", dir);
	/* what it says is for the parent */
	if (dup2(out_fd, STDOUT_FILENO) < 0 || dup2(out_fd, STDERR_FILENO) < 0)
		return err_sys(e, "cannot pass on what %s says", argv[0]);
	int rc = confine_program(&c, &landlock, e);
	if (rc != CB_OK)
		return rc;
	execv(argv[0], (char *const *)(uintptr_t)argv);
	return err_sys(e, "cannot run %s", argv[0]);
}
