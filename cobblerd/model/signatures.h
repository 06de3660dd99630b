/* SPDX-License-Identifier: GPL-2.0-or-later
 * signatures.h - the operating systems we know: breeds, their versions, and how install media of each is recognised.
 *
 * Two sources: the site's distro_signatures.json ({"breeds": {breed: {version: {...}}}}, as Cobbler has it), and our
 * own table (signatures_table.c) in the same form. With a site's file, clients are shown exactly that file; what only
 * our table knows is still accepted and recognised, so that new releases can be imported by an old site. Without one,
 * our table is shown.
 *
 * The state is one snapshot per process, swapped whole: every function is thread-safe.
 */
#ifndef MODEL_SIGNATURES_H
#define MODEL_SIGNATURES_H

#include "base/err.h"
#include "value/value.h"

#define SIGNATURES_MAX (16u << 20)      /* bytes of a signature file */

/* Reads a site's file (a path as the system knows it: callers apply path_of); one that does not exist leaves our own
 * table alone in force and is no error. A malformed one is, and the former snapshot stays. */
int signatures_load(const char *path, struct err *e) MUST_CHECK;
/* Is v in that form? The error names the first entry that is not. */
int signatures_check(const struct value *v, struct err *e) MUST_CHECK;
/* The same from a value in that form (NULL: none). Takes v. */
int signatures_set(struct value *v, struct err *e) MUST_CHECK;

/* Copies what only our table knows about one version into the site's file (durably) and loads it again, so that Python
 * Cobbler, which refuses items whose os_version the file lacks, still starts on this site. Nothing is done where there
 * is no site's file, or it has the version. */
int signatures_teach_site(const char *path, const char *breed, const char *version, struct err *e) MUST_CHECK;

/* Another number each time that other signatures come into force. */
uint64_t signatures_generation(void);

/* What get_signatures answers; our own table alone; both as one dict, the site's entries first. Return owned,
 * immutable. */
struct value *signatures_get(void);
struct value *signatures_builtin(void);
struct value *signatures_merged(void);

/* One version's dict, the site's before ours; returns owned or NULL. */
struct value *signature_find(const char *breed, const char *version);

/* An entry of a signature that has to be a list; NULL when it is not there or is something else. Borrows. */
const struct value *signature_list(const struct value *sig, const char *key);

/* As shown to clients, in the file's order (callers sort): lists of text, owned. breed NULL: of all breeds, each once.
 */
struct value *signatures_breeds(void);
struct value *signatures_os_versions(const char *breed);
struct value *signatures_archs(void);
/* utils.get_supported_distro_boot_loaders(): from the signature, else by architecture. Returns owned list. */
struct value *signatures_boot_loaders(const char *breed, const char *os_version, const char *arch);

/* validate.validate_breed / validate_os_version of 3.3.7: "" is allowed; *ret is the lower-case text, owned. ValueError
 * with Cobbler's text otherwise. os_version with an empty breed becomes "" there, and so here. */
int signatures_check_breed(const char *breed, struct value **ret, struct err *e) MUST_CHECK;
int signatures_check_os_version(
	const char *os_version, const char *breed, struct value **ret, struct err *e) MUST_CHECK;

#endif
