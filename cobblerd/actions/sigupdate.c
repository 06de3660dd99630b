/* SPDX-License-Identifier: GPL-2.0-or-later
 * sigupdate.c - fetches the signatures by which install media are recognised, from the setting signature_url.
 * What arrives replaces the site's file only after it was read as signatures; until then, and on every failure, the file stays.
 */
#include <fcntl.h>

#include "actions/actions.h"
#include "base/fetch.h"
#include "base/file.h"
#include "base/show.h"
#include "model/signatures.h"
#include "value/json.h"

#define SIGUPDATE_TIMEOUT_S 120

static bool cancelled(void *t)
{
	return task_cancelled(t);
}

static size_t versions_in(const struct value *signatures)
{
	const struct value *breeds = v_dict_get(signatures, "breeds");
	size_t n = 0;
	for (size_t i = 0; i < v_len(breeds); i++)
		n += v_len(v_dict_at(breeds, i));
	return n;
}

int actions_sigupdate(struct core *c, struct task *t, const struct value *options UNUSED, struct err *e)
{
	struct value *s CLEANUP(v_unrefp) = settings_snapshot(c->settings), *v CLEANUP(v_unrefp) = NULL;
	const char *url = v_dict_cstr(s, "signature_url", "");
	char *path CLEANUP(free_ptr) = path_of(v_dict_cstr(s, "signature_path", "/var/lib/cobbler/distro_signatures.json"));
	struct strbuf text CLEANUP(sb_free) = { 0 };
	struct fetch f = { .url = url, .proxy = v_dict_cstr(s, "proxy_url_ext", ""), .max = SIGNATURES_MAX,
		.timeout_s = SIGUPDATE_TIMEOUT_S, .arg = t, .cancelled = cancelled };
	if (*url == '\0')
		return err_set(e, CB_EINVAL, "the setting signature_url is empty");
	struct strbuf shown CLEANUP(sb_free) = { 0 };
	show_word(&shown, url);
	task_log(t, "fetching %s", sb_str(&shown));
	int rc = fetch_url(&f, &text, e);
	if (rc == CB_OK) {
		rc = json_parse(sb_str(&text), text.len, &v, e);
		if (rc == CB_OK)
			rc = signatures_check(v, e);
		if (rc != CB_OK)
			err_prefix(e, "%s", sb_str(&shown));
	}
	if (rc == CB_OK)
		rc = file_replace(AT_FDCWD, path, sb_str(&text), text.len, 0644, e);
	if (rc == CB_OK)
		rc = core_load_signatures(c, e);
	if (rc == CB_OK)
		task_log(t, "%s replaced: signatures of %zu releases", path, versions_in(v));
	return rc;
}
