/* SPDX-License-Identifier: GPL-2.0-or-later
 * err.c - filling struct err.
 */
#include "base/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Cuts a text that did not fit at a character border, so that it stays valid UTF-8. */
static void end_cleanly(char *text, int wanted, size_t cap)
{
	if (wanted < 0 || (size_t)wanted < cap)
		return;
	size_t n = strlen(text);
	while (n > 0 && ((unsigned char)text[n - 1] & 0xC0) == 0x80)
		n--;
	if (n > 0 && (unsigned char)text[n - 1] >= 0xC0)
		n--;
	text[n] = '\0';
	if (!utf8_valid(text, n))
		text[0] = '\0';
}

static void fill(struct err *e, enum cb_err code, const char *cls, const char *fmt, va_list ap)
{
	e->code = code;
	e->cls = cls;
	end_cleanly(e->text, vsnprintf(e->text, sizeof(e->text), fmt, ap), sizeof(e->text));
}

int err_set(struct err *e, enum cb_err code, const char *fmt, ...)
{
	va_list ap;
	if (e == NULL)
		return code;
	va_start(ap, fmt);
	fill(e, code, PY_CX, fmt, ap);
	va_end(ap);
	return code;
}

int err_py(struct err *e, enum cb_err code, const char *cls, const char *fmt, ...)
{
	va_list ap;
	if (e == NULL)
		return code;
	va_start(ap, fmt);
	fill(e, code, cls, fmt, ap);
	va_end(ap);
	return code;
}

int err_sys(struct err *e, const char *fmt, ...)
{
	int saved = errno;
	va_list ap;
	if (e == NULL)
		return CB_EIO;
	va_start(ap, fmt);
	fill(e, CB_EIO, PY_CX, fmt, ap);
	va_end(ap);
	size_t n = strlen(e->text);
	snprintf(e->text + n, sizeof(e->text) - n, ": %s", strerror(saved));
	errno = saved;
	return CB_EIO;
}

int err_prefix(struct err *e, const char *fmt, ...)
{
	char old[ERR_TEXT], head[ERR_TEXT / 2];
	va_list ap;
	if (e == NULL)
		return CB_EINVAL;
	memcpy(old, e->text, sizeof(old));
	va_start(ap, fmt);
	end_cleanly(head, vsnprintf(head, sizeof(head), fmt, ap), sizeof(head));
	va_end(ap);
	end_cleanly(e->text, snprintf(e->text, sizeof(e->text), "%s: %s", head, old), sizeof(e->text));
	return e->code;
}
