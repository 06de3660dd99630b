/* SPDX-License-Identifier: GPL-2.0-or-later
 * show.c - passwords stay out of logs.
 */
#include "base/show.h"

#include <string.h>

/* Where user:password@ may begin; NULL: nowhere. */
static const char *authority(const char *word)
{
	static const char host[] = "--host=";         /* debmirror's */
	const char *scheme = strstr(word, "://");
	return str_starts(word, host) ? word + strlen(host) : scheme != NULL ? scheme + 3 : NULL;
}

/* Everything from the first colon of it to the last "@" goes, so that a password may hold whatever it likes. */
void show_word(struct strbuf *out, const char *word)
{
	const char *at = authority(word), *end = at != NULL ? strrchr(at, '@') : NULL, *colon = NULL;
	if (str_starts(word, "--passwd="))
		colon = word + strlen("--passwd"), end = word + strlen(word);
	else if (end != NULL)
		colon = memchr(at, ':', (size_t)(end - at));
	if (colon == NULL)
		sb_adds(out, word);
	else
		sb_addf(out, "%.*s***%s", (int)(colon + 1 - word), word, end);
}
