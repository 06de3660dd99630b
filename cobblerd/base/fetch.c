/* SPDX-License-Identifier: GPL-2.0-or-later
 * fetch.c - HTTP and FTP requests by libcurl.
 */
#include "base/fetch.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/curl.h"
#include "base/file.h"
#include "base/show.h"

#define CONNECT_TIMEOUT_S 20L
#define REDIRECTS_MAX 5L
#define STALL_S 60L

struct transfer {
	const struct fetch *f;
	struct strbuf *out;
	struct fetch_file *file;
	uint64_t got;
	int64_t began;                /* ms */
	bool too_long, too_slow;
	int failed;
};

static size_t on_data(char *p, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	size_t len = size * n;
	if (len > t->f->max - t->got) {
		t->too_long = true;
		return 0;
	}
	t->got += len;
	if (t->out != NULL)
		sb_add(t->out, p, len);
	else if (write_all(t->f->fd, p, len) != 0)
		t->failed = errno;
	return t->failed == 0 ? len : 0;
}

/* The entity tag of the last answer: those of redirections come before it. */
static size_t on_header(char *p, size_t size, size_t n, void *arg)
{
	struct fetch_file *file = ((struct transfer *)arg)->file;
	size_t len = size * n, from = 5;
	if (len > 5 && strncasecmp(p, "HTTP/", 5) == 0)
		file->etag[0] = '\0';
	if (len <= 5 || strncasecmp(p, "etag:", 5) != 0)
		return len;
	while (from < len && (p[from] == ' ' || p[from] == '\t'))
		from++;
	size_t k = 0;
	while (from + k < len && (unsigned char)p[from + k] > 0x20 && (unsigned char)p[from + k] < 0x7f)
		k++;
	if (k < sizeof(file->etag)) {
		memcpy(file->etag, p + from, k);
		file->etag[k] = '\0';
	}
	return len;
}

/* Where clouds keep the secrets of their machines. */
static bool is_link_local(const struct sockaddr *a)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	if (a->sa_family == AF_INET) {
		memcpy(&v4, a, sizeof(v4));
		return (ntohl(v4.sin_addr.s_addr) & 0xffff0000u) == 0xa9fe0000u;
	}
	if (a->sa_family != AF_INET6)
		return false;
	memcpy(&v6, a, sizeof(v6));
	if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr))
		return v6.sin6_addr.s6_addr[12] == 169 && v6.sin6_addr.s6_addr[13] == 254;
	return IN6_IS_ADDR_LINKLOCAL(&v6.sin6_addr);
}

static curl_socket_t on_socket(void *arg UNUSED, curlsocktype purpose UNUSED, struct curl_sockaddr *a)
{
	return is_link_local(&a->addr) ? CURL_SOCKET_BAD : socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

static int on_progress(void *arg, curl_off_t total, curl_off_t now, curl_off_t up_total UNUSED, curl_off_t up UNUSED)
{
	struct transfer *t = arg;
	double s = (double)(clock_mono_ms() - t->began) / 1000;
	t->too_slow = t->file != NULL && s > FETCH_HOPE_S && total > 0 && (double)now * (double)t->f->timeout_s < (double)total * s;
	if (t->too_slow)
		return 1;
	return t->f->cancelled != NULL && t->f->cancelled(t->f->arg);
}

/* False: this libcurl cannot be held to protocols (before 7.85). */
static bool set_options(CURL *c, const struct fetch *f, struct transfer *t, char *words)
{
	const char *protocols = strncasecmp(f->url, "https://", 8) == 0 ? "https" : strncasecmp(f->url, "ftp://", 6) == 0 ? "ftp" :
		"http,https";
	curl.easy_setopt(c, CURLOPT_URL, f->url);
	if (curl.easy_setopt(c, CURLOPT_PROTOCOLS_STR, protocols) != CURLE_OK ||
			curl.easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, protocols) != CURLE_OK)
		return false;
	curl.easy_setopt(c, CURLOPT_FOLLOWLOCATION, f->body == NULL ? 1L : 0L);
	curl.easy_setopt(c, CURLOPT_MAXREDIRS, REDIRECTS_MAX);
	curl.easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
	curl.easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
	curl.easy_setopt(c, CURLOPT_PROXY, f->proxy != NULL ? f->proxy : "");
	curl.easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl.easy_setopt(c, CURLOPT_TIMEOUT, f->timeout_s);
	curl.easy_setopt(c, CURLOPT_CONNECTTIMEOUT, CONNECT_TIMEOUT_S);
	curl.easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, f->min_speed > 0 ? f->min_speed : 1L);
	curl.easy_setopt(c, CURLOPT_LOW_SPEED_TIME, f->min_speed > 0 ? FETCH_SLOW_S : STALL_S);
	curl.easy_setopt(c, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)f->max);      /* what is announced to be larger is not begun */
	curl.easy_setopt(c, CURLOPT_USERAGENT, "cobblerd");
	curl.easy_setopt(c, CURLOPT_WRITEFUNCTION, on_data);
	curl.easy_setopt(c, CURLOPT_WRITEDATA, t);
	curl.easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
	curl.easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl.easy_setopt(c, CURLOPT_XFERINFODATA, t);
	curl.easy_setopt(c, CURLOPT_ERRORBUFFER, words);
	return true;
}

static void set_file_options(CURL *c, const struct fetch *f, struct transfer *t)
{
	curl.easy_setopt(c, CURLOPT_FAILONERROR, 1L);      /* what comes with an error is no file */
	curl.easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
	curl.easy_setopt(c, CURLOPT_HEADERDATA, t);
	curl.easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, on_socket);
	curl.easy_setopt(c, CURLOPT_FILETIME, 1L);
	if (f->modified != 0) {
		curl.easy_setopt(c, CURLOPT_TIMECONDITION, (long)CURL_TIMECOND_IFMODSINCE);
		curl.easy_setopt(c, CURLOPT_TIMEVALUE_LARGE, (curl_off_t)f->modified);
	}
}

/* In words; CB_OK when the request as such went well. */
static int outcome(const struct transfer *t, CURLcode code, const char *shown, const char *words, struct err *e)
{
	if (t->too_long || code == CURLE_FILESIZE_EXCEEDED)
		return err_set(e, CB_ELIMIT, "%s: the answer is larger than %llu bytes", shown, (unsigned long long)t->f->max);
	if (t->failed != 0)
		return err_set(e, CB_ELIMIT, "%s: what it answers cannot be written: %s", shown, strerror(t->failed));
	if (t->too_slow)
		return err_set(e, CB_EBUSY, "%s: too slow: all of it would take longer than %ld s", shown, t->f->timeout_s);
	if (code == CURLE_ABORTED_BY_CALLBACK)
		return err_set(e, CB_ESTATE, "cancelled");
	if (code == CURLE_OK)
		return CB_OK;
	bool unreachable = code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_OPERATION_TIMEDOUT;
	return err_set(e, unreachable ? CB_EBUSY : CB_EIO, "%s: %s", shown, *words != '\0' ? words : curl.easy_strerror(code));
}

/* headers: owned by the caller. */
static int perform(const struct fetch *f, struct transfer *t, struct curl_slist *headers, long *status, struct err *e)
{
	char words[CURL_ERROR_SIZE] = "";
	struct strbuf shown CLEANUP(sb_free) = { 0 };
	curl_off_t modified = -1;
	long unmet = 0;
	show_word(&shown, f->url);
	CURL *c = curl.easy_init();
	if (c == NULL)
		return err_set(e, CB_EIO, "libcurl cannot be started");
	if (!set_options(c, f, t, words)) {
		curl.easy_cleanup(c);
		return err_set(e, CB_EIO, "this libcurl is too old: 7.85 or later is needed");
	}
	if (t->file != NULL)
		set_file_options(c, f, t);
	else
		curl.easy_setopt(c, CURLOPT_ACCEPT_ENCODING, "");
	if (headers != NULL)
		curl.easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	if (f->body != NULL) {
		curl.easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)f->body_len);
		curl.easy_setopt(c, CURLOPT_POSTFIELDS, f->body);
	}
	t->began = clock_mono_ms();
	CURLcode code = curl.easy_perform(c);
	curl.easy_getinfo(c, CURLINFO_RESPONSE_CODE, status);
	if (t->file != NULL) {
		curl.easy_getinfo(c, CURLINFO_FILETIME_T, &modified);
		curl.easy_getinfo(c, CURLINFO_CONDITION_UNMET, &unmet);
		t->file->modified = modified > 0 ? (time_t)modified : 0;
		/* who was not asked whether it is cannot say so */
		t->file->unchanged = (headers != NULL || f->modified != 0) && (unmet != 0 || *status == 304);
	}
	curl.easy_cleanup(c);
	return outcome(t, code, sb_str(&shown), words, e);
}

static int bad_scheme(const struct fetch *f, struct err *e)
{
	struct strbuf shown CLEANUP(sb_free) = { 0 };
	show_word(&shown, f->url);
	return err_set(e, CB_EINVAL, "\"%.200s\" is not an http:// or https:// address", sb_str(&shown));
}

static bool is_http(const char *url)
{
	return strncasecmp(url, "http://", 7) == 0 || strncasecmp(url, "https://", 8) == 0;
}

int fetch_url(const struct fetch *f, struct strbuf *ret, struct err *e)
{
	struct transfer t = { .f = f, .out = ret };
	struct curl_slist *headers = NULL;
	long status = 0;
	if (!is_http(f->url))
		return bad_scheme(f, e);
	if (curl_open(e) != CB_OK)
		return e->code;
	if (f->body != NULL) {
		char *type CLEANUP(free_ptr) = xasprintf("Content-Type: %s", f->content_type);
		headers = curl.slist_append(curl.slist_append(NULL, type), "Expect:");
	}
	int rc = perform(f, &t, headers, &status, e);
	curl.slist_free_all(headers);
	if (rc != CB_OK || status == 200)
		return rc;
	struct strbuf shown CLEANUP(sb_free) = { 0 };
	show_word(&shown, f->url);
	return err_set(e, CB_EIO, "%s: the server answers with status %ld", sb_str(&shown), status);
}

int fetch_file(const struct fetch *f, struct fetch_file *ret, struct err *e)
{
	struct fetch_file file = { 0 };
	struct transfer t = { .f = f, .file = &file };
	struct curl_slist *headers = NULL;
	long status = 0;
	bool http = is_http(f->url);
	if (!http && strncasecmp(f->url, "ftp://", 6) != 0)
		return bad_scheme(f, e);
	if (curl_open(e) != CB_OK)
		return e->code;
	if (http && f->etag != NULL && *f->etag != '\0') {
		char *tag CLEANUP(free_ptr) = xasprintf("If-None-Match: %s", f->etag);
		headers = curl.slist_append(NULL, tag);
	}
	int rc = perform(f, &t, headers, &status, e);
	curl.slist_free_all(headers);
	if (rc == CB_OK && http && !file.unchanged && status != 200) {
		struct strbuf shown CLEANUP(sb_free) = { 0 };
		show_word(&shown, f->url);
		rc = err_set(e, CB_EIO, "%s: the server answers with status %ld", sb_str(&shown), status);
	}
	if (rc == CB_OK)
		*ret = file;
	return rc;
}
