/* SPDX-License-Identifier: GPL-2.0-or-later
 * fetch.c - HTTP requests by libcurl.
 */
#include "actions/fetch.h"

#include <string.h>

#include "actions/curl.h"
#include "actions/program.h"

#define CONNECT_TIMEOUT_S 20L
#define REDIRECTS_MAX 5L
#define STALL_S 60L

struct transfer { const struct fetch *f; struct strbuf *out; size_t got; bool too_long; };

static size_t on_data(char *p, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	size_t len = size * n;
	if (len > t->f->max - t->got) {
		t->too_long = true;
		return 0;
	}
	t->got += len;
	sb_add(t->out, p, len);
	return len;
}

static int on_progress(void *arg, curl_off_t total UNUSED, curl_off_t now UNUSED, curl_off_t up_total UNUSED, curl_off_t up UNUSED)
{
	const struct transfer *t = arg;
	return t->f->cancelled != NULL && t->f->cancelled(t->f->arg);
}

static void set_options(CURL *c, const struct fetch *f, struct transfer *t, char *words)
{
	const char *protocols = str_starts(f->url, "https://") ? "https" : "http,https";
	curl.easy_setopt(c, CURLOPT_URL, f->url);
	curl.easy_setopt(c, CURLOPT_PROTOCOLS_STR, protocols);
	curl.easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, protocols);
	curl.easy_setopt(c, CURLOPT_FOLLOWLOCATION, f->body == NULL ? 1L : 0L);
	curl.easy_setopt(c, CURLOPT_MAXREDIRS, REDIRECTS_MAX);
	curl.easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
	curl.easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
	curl.easy_setopt(c, CURLOPT_PROXY, f->proxy != NULL ? f->proxy : "");
	curl.easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl.easy_setopt(c, CURLOPT_TIMEOUT, f->timeout_s);
	curl.easy_setopt(c, CURLOPT_CONNECTTIMEOUT, CONNECT_TIMEOUT_S);
	curl.easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl.easy_setopt(c, CURLOPT_LOW_SPEED_TIME, STALL_S);
	curl.easy_setopt(c, CURLOPT_USERAGENT, "cobblerd");
	curl.easy_setopt(c, CURLOPT_ACCEPT_ENCODING, "");
	curl.easy_setopt(c, CURLOPT_WRITEFUNCTION, on_data);
	curl.easy_setopt(c, CURLOPT_WRITEDATA, t);
	curl.easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
	curl.easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl.easy_setopt(c, CURLOPT_XFERINFODATA, t);
	curl.easy_setopt(c, CURLOPT_ERRORBUFFER, words);
}

int fetch_url(const struct fetch *f, struct strbuf *ret, struct err *e)
{
	char words[CURL_ERROR_SIZE] = "";
	struct transfer t = { .f = f, .out = ret };
	struct curl_slist *headers = NULL;
	struct strbuf shown CLEANUP(sb_free) = { 0 };
	long status = 0;
	program_show(&shown, f->url);
	if (!str_starts(f->url, "http://") && !str_starts(f->url, "https://"))
		return err_set(e, CB_EINVAL, "\"%.200s\" is not an http:// or https:// address", sb_str(&shown));
	if (curl_open(e) != CB_OK)
		return e->code;
	CURL *c = curl.easy_init();
	if (c == NULL)
		return err_set(e, CB_EIO, "libcurl cannot be started");
	set_options(c, f, &t, words);
	if (f->body != NULL) {
		char *type CLEANUP(free_ptr) = xasprintf("Content-Type: %s", f->content_type);
		headers = curl.slist_append(curl.slist_append(NULL, type), "Expect:");
		curl.easy_setopt(c, CURLOPT_HTTPHEADER, headers);
		curl.easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)f->body_len);
		curl.easy_setopt(c, CURLOPT_POSTFIELDS, f->body);
	}
	CURLcode code = curl.easy_perform(c);
	curl.easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	curl.easy_cleanup(c);
	curl.slist_free_all(headers);
	if (t.too_long)
		return err_set(e, CB_ELIMIT, "%s: the answer is larger than %zu bytes", sb_str(&shown), f->max);
	if (code == CURLE_ABORTED_BY_CALLBACK)
		return err_set(e, CB_ESTATE, "cancelled");
	if (code != CURLE_OK)
		return err_set(e, CB_EIO, "%s: %s", sb_str(&shown), *words != '\0' ? words : curl.easy_strerror(code));
	return status == 200 ? CB_OK : err_set(e, CB_EIO, "%s: the server answers with status %ld", sb_str(&shown), status);
}
