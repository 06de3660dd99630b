/* SPDX-License-Identifier: GPL-2.0-or-later
 * report.c - JSON lines on a descriptor.
 */
#include "import/report.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "import/watchdog.h"
#include "value/json.h"

#define EVERY_MS 250

void report_value(struct report *r, const char *key, struct value *v)
{
	struct strbuf b = {0};
	struct value *d = v_dict();
	v_dict_set(d, key, v);
	json_write(&b, d, JSON_ASCII);
	sb_addc(&b, '\n');
	for (size_t at = 0; r->fd >= 0 && at < b.len; ) {
		ssize_t k = write(r->fd, b.p + at, b.len - at);
		if (k < 0 && errno != EINTR)
			break;          /* the parent is gone: nobody to tell */
		at += k > 0 ? (size_t)k : 0;
	}
	v_unref(d);
	sb_free(&b);
}

void report_text(struct report *r, const char *key, const char *text)
{
	struct strbuf clean = {0};
	/* names from media need not be UTF-8, JSON must be */
	bool good = utf8_valid(text, strlen(text));
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;
		if (c < 0x20 || c == 0x7f || (c >= 0x80 && !good))
			sb_addf(&clean, "\\x%02x", c);
		else
			sb_addc(&clean, (char)c);
	}
	report_value(r, key, v_str(sb_str(&clean)));
	sb_free(&clean);
}

void report_log(struct report *r, const char *fmt, ...)
{
	struct strbuf b = {0};
	va_list ap;
	va_start(ap, fmt);
	sb_vaddf(&b, fmt, ap);
	va_end(ap);
	report_text(r, "log", sb_str(&b));
	sb_free(&b);
}

void report_progress(struct report *r)
{
	double share = r->total > 0 ? (double)r->done / (double)r->total : 0;
	struct strbuf b = {0};
	sb_addf(&b, "{\"progress\": %.4f, \"bytes\": %llu}\n", share > 1 ? 1 : share, (unsigned long long)r->done);
	if (r->fd >= 0 && write(r->fd, b.p, b.len) < 0 && errno == EPIPE)
		_exit(1);      /* the parent has gone; of other failures the next line makes up */
	sb_free(&b);
}

void report_bytes(struct report *r, uint64_t n)
{
	r->done += n;
	watchdog_beat();
	int64_t now = clock_mono_ms();
	if (now - r->last_ms < EVERY_MS)
		return;
	r->last_ms = now;
	report_progress(r);
}
