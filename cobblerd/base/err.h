/* SPDX-License-Identifier: GPL-2.0-or-later
 * err.h - errors are values with words.
 *
 * A function that can fail for a reason a person will read returns 0 or a negative enum cb_err and fills
 * *e. Results by pointer are written only on success. Texts name the thing, the value and what was expected,
 * and never carry secrets.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/util.h"

enum cb_err {
	CB_OK = 0,
	CB_EINVAL = -1,   /* bad value from outside */
	CB_ENOENT = -2,   /* no such thing */
	CB_EEXIST = -3,   /* there is one already */
	CB_EPARSE = -4,   /* malformed input */
	CB_EIO = -5,      /* the system refused: errno text is in the message */
	CB_EPERM = -6,    /* not allowed */
	CB_ELIMIT = -7,   /* a limit of limits.h was reached */
	CB_EBUSY = -8,    /* try again later */
	CB_ESTATE = -9,   /* the model does not permit it now */
};

#define ERR_TEXT 2048

/* cls: the Python exception class that Cobbler raises for this, as clients see it in a fault
 * ("ValueError", "cobbler.cexceptions.CX", ...); a static string, never NULL after err_set*. */
struct err {
	enum cb_err code;
	const char *cls;
	char text[ERR_TEXT];
};

#define PY_CX "cobbler.cexceptions.CX"
#define PY_VALUE "ValueError"
#define PY_TYPE "TypeError"
#define PY_ATTR "AttributeError"
#define PY_KEY "KeyError"

/* Fill *e (NULL allowed) and return code. err_set uses class CX, err_sys appends strerror(errno) and is CB_EIO,
 * err_py takes the class. err_prefix puts "what: " before an existing text. */
int err_set(struct err *e, enum cb_err code, const char *fmt, ...) PRINTF_LIKE(3, 4);
int err_sys(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);
int err_py(struct err *e, enum cb_err code, const char *cls, const char *fmt, ...) PRINTF_LIKE(4, 5);
int err_prefix(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
