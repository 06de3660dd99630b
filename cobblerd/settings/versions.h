/* SPDX-License-Identifier: GPL-2.0-or-later
 * versions.h - the releases of Cobbler whose settings files are known, and the rows of what each has in them. Inside settings/ only.
 */
#ifndef SETTINGS_VERSIONS_H
#define SETTINGS_VERSIONS_H

#include "base/util.h"

/* The releases that 3.3.7 knows, in order. V_END: none behind it. */
enum version { V285, V300, V301, V310, V311, V312, V320, V321, V330, V331, V332, V333, V334, V335, V336, V337, V_END };

/* S_FLAG: a boolean, before 3.2.1 a number instead. S_BOOL: always a boolean. S_NAMES: a list, of texts since 3.2.1.
 * S_STRS: a list of texts. */
enum version_type { S_FLAG, S_BOOL, S_INT, S_FLOAT, S_STR, S_STR_OR_NULL, S_LIST, S_NAMES, S_STRS, S_DICT };

#define REQUIRED NULL       /* a file without it is none of that release */
#define OPTIONAL ""         /* it may be missing, and stays so */
#define OF_HOST  "host"     /* it may be missing; the default is this server's, because it names files of the host */

struct version_row {
	const char *key;
	enum version since, until;      /* in the files of since and those behind it, not of until */
	enum version_type type;
	const char *dflt;               /* JSON, or one of the words above */
};

extern const char *const version_names[V_END];
extern const struct version_row version_rows[];
extern const size_t version_row_count;

#endif
