/* SPDX-License-Identifier: GPL-2.0-or-later
 * mail.c - one message to one mail server.
 */
#include "actions/mail.h"

#include <string.h>

#include "base/curl.h"
#include "base/blocking.h"
#include "base/strbuf.h"

#define TIMEOUT_S 30L

struct rest { const char *p; size_t n; };

static size_t give(char *to, size_t size, size_t count, void *arg)
{
	struct rest *r = arg;
	size_t n = size * count < r->n ? size * count : r->n;
	memcpy(to, r->p, n);
	r->p += n;
	r->n -= n;
	return n;
}

/* Nothing in it may end the command that it becomes a part of. */
static int check_word(const char *what, const char *word, const char *also_not, struct err *e)
{
	bool bad = *word == '\0';
	for (const char *c = word; *c != '\0'; c++)
		bad |= (unsigned char)*c <= ' ' || *c == 0x7f || strchr(also_not, *c) != NULL;
	return bad ? err_set(e, CB_EINVAL, "\"%s\" is not %s", word, what) : CB_OK;
}

static void with_crlf(struct strbuf *out, const char *text)
{
	for (const char *end; *text != '\0'; text = *end != '\0' ? end + 1 : end) {
		size_t n = strcspn(text, "\n");
		end = text + n;
		sb_add(out, text, n > 0 && text[n - 1] == '\r' ? n - 1 : n);
		sb_adds(out, "\r\n");
	}
}

static CURLcode perform(const char *url, const char *from, struct curl_slist *to, struct rest *body, char *words)
{
	CURL *c = curl.easy_init();
	if (c == NULL)
		return CURLE_FAILED_INIT;
	curl.easy_setopt(c, CURLOPT_URL, url);
	curl.easy_setopt(c, CURLOPT_PROTOCOLS_STR, "smtp");
	curl.easy_setopt(c, CURLOPT_PROXY, "");
	curl.easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl.easy_setopt(c, CURLOPT_TIMEOUT, TIMEOUT_S);
	curl.easy_setopt(c, CURLOPT_MAIL_FROM, from);
	curl.easy_setopt(c, CURLOPT_MAIL_RCPT, to);
	curl.easy_setopt(c, CURLOPT_UPLOAD, 1L);
	curl.easy_setopt(c, CURLOPT_READFUNCTION, give);
	curl.easy_setopt(c, CURLOPT_READDATA, body);
	curl.easy_setopt(c, CURLOPT_ERRORBUFFER, words);
	blocking_begin();
	CURLcode code = curl.easy_perform(c);
	blocking_end();
	curl.easy_cleanup(c);
	return code;
}

int mail_send(const char *server, const char *from, const struct value *to, const char *text, struct err *e)
{
	struct strbuf body CLEANUP(sb_free) = { 0 };
	char words[CURL_ERROR_SIZE] = "";
	struct curl_slist *list = NULL;
	int rc = check_word("the name of a mail server", server, "/@?#<>\\", e);
	if (rc == CB_OK)
		rc = check_word("a mail address", from, "<>", e);
	for (size_t i = 0; i < v_len(to) && rc == CB_OK; i++)
		rc = check_word("a mail address", v_cstr(v_list_at(to, i)), "<>", e);
	if (rc == CB_OK)
		rc = curl_open(e);
	if (rc != CB_OK)
		return rc;
	for (size_t i = 0; i < v_len(to); i++)
		list = curl.slist_append(list, v_cstr(v_list_at(to, i)));
	with_crlf(&body, text);
	struct rest rest = { sb_str(&body), body.len };
	char *url CLEANUP(free_ptr) = xasprintf("smtp://%s", server);
	CURLcode code = perform(url, from, list, &rest, words);
	curl.slist_free_all(list);
	if (code != CURLE_OK)
		return err_set(e, CB_EIO, "mail to %s: %s", server, *words != '\0' ? words : curl.easy_strerror(code));
	return CB_OK;
}
