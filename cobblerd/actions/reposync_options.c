/* SPDX-License-Identifier: GPL-2.0-or-later
 * reposync_options.c - what a repository's own fields may say to rsync, debmirror, createrepo and the environment.
 * Cobbler pasted them into a shell's command line (CVE-2017-1000469). There is no shell here, but an option can still name a command
 * (rsync --rsh, debmirror --config-file) or a file; so the options that may be used are listed, and others are refused.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "actions/reposync.h"
#include "base/file.h"

/* Names of long options without "--"; a trailing "=" permits a value. */
static const char rsync_long[] = " "
	"8-bit-output acls address= append append-verify archive block-size= bwlimit= checksum checksum-choice= chmod= compress "
	"compress-choice= compress-level= contimeout= copy-dirlinks copy-links copy-unsafe-links cvs-exclude delay-updates delete "
	"delete-after delete-before delete-delay delete-during delete-excluded dirs dry-run exclude= existing force fuzzy group "
	"hard-links human-readable ignore-errors ignore-existing ignore-times include= inplace ipv4 ipv6 itemize-changes "
	"keep-dirlinks links max-delete= max-size= min-size= modify-window= munge-links no-compress no-group no-implied-dirs "
	"no-links no-motd no-o no-g no-p no-owner no-perms no-recursive no-times no-whole-file numeric-ids old-args "
	"omit-dir-times omit-link-times one-file-system outbuf= owner partial perms port= preallocate progress protect-args "
	"prune-empty-dirs quiet recursive safe-links secluded-args size-only skip-compress= sparse stats timeout= times "
	"trust-sender update verbose whole-file xattrs info= ";
static const char rsync_short[] = "aAcCdDEgHhikKlLmnNoOpPqrRsStuUvWxXyz046";
static const char debmirror_long[] = " "
	"allow-dist-rename check-gpg checksums debug di-arch= di-dist= diff= disable-ssl-verification dry-run "
	"exclude-deb-section= exclude-field= exclude= getcontents i18n ignore-missing-release ignore-release-gpg "
	"ignore-small-errors ignore= include-field= include= keyring= limit-priority= max-batch= md5sums no-check-gpg nocleanup "
	"omit-suite-symlinks passive passwd= postcleanup precleanup progress proxy= retry-rsync-packages= rsync-batch= "
	"rsync-extra= skippackages slow-cpu state-cache-days= timeout= user= verbose ";
static const char createrepo_long[] = " "
	"changelog-limit= checksum= compatibility compress-type= content= database deltas distro= excludes= "
	"general-compress-type= keep-all-metadata max-delta-rpm-size= no-database num-deltas= pretty quiet repo= repomd-checksum= "
	"retain-old-md= retain-old-md-by-age= revision= set-timestamp-to-revision simple-md-filenames skip-stat skip-symlinks "
	"unique-md-filenames update verbose workers= xz zck cachedir= ";
static const struct { char letter; const char *name; } createrepo_letters[] = {
	{ 'c', "cachedir=" }, { 's', "checksum=" }, { 'x', "excludes=" }, { 'd', "database" }, { 'p', "pretty" }, { 'q', "quiet" },
	{ 'v', "verbose" }, { 'S', "skip-symlinks" },
};

/* Is the word in a list of words between blanks? */
static bool listed(const char *list, const char *word, size_t n)
{
	for (const char *p = list; (p = strchr(p, ' ')) != NULL && p[1] != '\0'; ) {
		p++;
		if (strcspn(p, " ") == n && memcmp(p, word, n) == 0)
			return true;
	}
	return false;
}

static int refused(const char *program, const char *option, const char *setting, struct err *e)
{
	return err_set(e, CB_EINVAL, "the option \"%.100s\" for %s is not permitted in a repository%s%s", option, program,
		setting == NULL ? "" : "; an administrator can use it in the setting ", setting == NULL ? "" : setting);
}

/* "--name" or "--name=value", the value possibly apart. */
static bool long_ok(const char *list, const char *option, bool has_value)
{
	char name[64];
	size_t n = str_starts(option, "--") ? strcspn(option + 2, "=") : 0;
	if (n == 0 || n + 2 > sizeof(name))
		return false;
	memcpy(name, option + 2, n);
	name[n] = '=';
	if (option[2 + n] == '=' || has_value)
		return listed(list, name, n + 1);
	return listed(list, name, n);
}

static int text_of(const char *what, const struct value *v, struct strbuf *out, struct err *e)
{
	if (v_is(v, V_LIST) || v_is(v, V_DICT))
		return err_set(e, CB_EINVAL, "%s has more than one value", what);
	if (v != NULL && !v_is(v, V_NONE))
		v_py_str(out, v);
	return sb_str(out)[strcspn(sb_str(out), "\n\r")] == '\0' ? CB_OK : err_set(e, CB_EINVAL, "%s contains a line break", what);
}

int options_rsync(const struct value *opts, struct argv *a, struct err *e)
{
	for (size_t i = 0; i < v_len(opts); i++) {
		const char *key = v_dict_key(opts, i);
		struct strbuf v CLEANUP(sb_free) = { 0 };
		int rc = text_of(key, v_dict_at(opts, i), &v, e);
		if (rc != CB_OK)
			return rc;
		bool letters = key[0] == '-' && key[1] != '-' && key[1] != '\0' && strspn(key + 1, rsync_short) == strlen(key + 1);
		if (letters ? v.len > 0 : !long_ok(rsync_long, key, v.len > 0))
			return refused("rsync", key, "reposync_rsync_flags", e);
		if (v.len > 0 && strchr(key, '=') == NULL)
			argv_addf(a, "%s=%s", key, v.p);
		else if (v.len == 0)
			argv_add(a, key);
		else
			return err_set(e, CB_EINVAL, "the rsync option %s has two values", key);
	}
	return CB_OK;
}

int options_debmirror(const struct value *opts, struct argv *a, struct err *e)
{
	for (size_t i = 0; i < v_len(opts); i++) {
		const char *key = v_dict_key(opts, i);
		struct strbuf v CLEANUP(sb_free) = { 0 };
		int rc = text_of(key, v_dict_at(opts, i), &v, e);
		if (rc != CB_OK)
			return rc;
		if (!long_ok(debmirror_long, key, v.len > 0) || (v.len > 0 && strchr(key, '=') != NULL))
			return refused("debmirror", key, NULL, e);
		argv_addf(a, "%s%s%s", key, v.len > 0 ? "=" : "", sb_str(&v));
	}
	return CB_OK;
}

/* The long form of a short option, "" when there is none. */
static const char *createrepo_name(char letter)
{
	for (size_t i = 0; i < ARRAY_LEN(createrepo_letters); i++)
		if (createrepo_letters[i].letter == letter)
			return createrepo_letters[i].name;
	return "";
}

static int createrepo_value(const char *name, const char *value, struct err *e)
{
	char out[PATH_MAX];
	if (*value == '-')
		return err_set(e, CB_EINVAL, "createrepo: \"%.100s\" is no value for --%.*s", value, (int)strcspn(name, "="), name);
	if (str_starts(name, "cachedir=") && (*value == '/' || !path_normalise(value, out, sizeof(out))))
		return err_set(e, CB_EINVAL, "createrepo: the cache \"%.100s\" would be outside of the repository", value);
	return CB_OK;
}

/* The row of a word, "name" or "name=" when it takes a value; NULL when there is none. */
static const char *createrepo_row(const char *w, char row[64])
{
	size_t n = strcspn(w, "=");
	if (w[0] == '-' && w[1] != '\0' && w[1] != '-' && w[2] == '\0')
		return *createrepo_name(w[1]) == '\0' ? NULL : createrepo_name(w[1]);
	if (!str_starts(w, "--") || n < 3 || n >= 62)
		return NULL;
	memcpy(row, w + 2, n - 2);
	memcpy(row + n - 2, "=", 2);
	if (listed(createrepo_long, row, n - 1))
		return row;
	row[n - 2] = '\0';
	return w[n] == '\0' && listed(createrepo_long, row, n - 2) ? row : NULL;
}

int options_createrepo(const char *flags, struct argv *a, struct err *e)
{
	struct argv words CLEANUP(argv_free) = { 0 };
	int rc = argv_add_words(&words, flags, e);
	for (size_t i = 0; i < words.n && rc == CB_OK; i++) {
		char row[64];
		const char *w = words.v[i], *name = createrepo_row(w, row), *value = strchr(w, '=');
		if (name == NULL)
			return refused("createrepo", w, "createrepo_flags", e);
		argv_add(a, w);
		if (!str_ends(name, "="))
			continue;
		if (value == NULL && i + 1 == words.n)
			return err_set(e, CB_EINVAL, "createrepo: the option %s needs a value", w);
		if (value == NULL)
			argv_add(a, words.v[++i]);
		rc = createrepo_value(name, value == NULL ? words.v[i] : value + 1, e);
	}
	return rc;
}

int options_environment(const struct value *environment, struct argv *env, struct err *e)
{
	static const char *const exact[] = { "RSYNC_PASSWORD", "RSYNC_PROXY", "LANG", "LANGUAGE", "TZ", "USER", "LOGNAME" };
	static const char *const prefix[] = { "LC_", "DNF_VAR_", "DNF", "YUM" };
	for (size_t i = 0; i < v_len(environment); i++) {
		const char *key = v_dict_key(environment, i);
		size_t n = strlen(key);
		bool ok = n > 6 && strcasecmp(key + n - 6, "_proxy") == 0;
		for (size_t k = 0; k < ARRAY_LEN(exact); k++)
			ok |= str_eq(key, exact[k]);
		for (size_t k = 0; k < ARRAY_LEN(prefix); k++)
			ok |= str_starts(key, prefix[k]);
		if (!ok || strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != n)
			return err_set(e, CB_EINVAL,
				"the environment variable \"%.100s\" is not permitted in a repository: proxies, RSYNC_PASSWORD, LANG, "
				"LC_*, TZ, DNF_VAR_* are", key);
		struct strbuf v CLEANUP(sb_free) = { 0 };
		int rc = text_of(key, v_dict_at(environment, i), &v, e);
		if (rc != CB_OK)
			return rc;
		argv_addf(env, "%s=%s", key, sb_str(&v));
	}
	return CB_OK;
}

/* Secrets and state of this server, and what is no file at all. */
static int path_ok(const char *path, struct err *e)
{
	static const char *const closed[] = { "/etc", "/var/lib/cobbler", "/var/log", "/root", "/proc", "/sys", "/dev", "/run" };
	char *real CLEANUP(free_ptr) = realpath(path, NULL);
	char *own CLEANUP(free_ptr) = path_of("/var/lib/cobbler"), *conf CLEANUP(free_ptr) = path_of("/etc");
	if (real == NULL)
		return err_sys(e, "the mirror %s", path);
	bool bad = str_eq(real, "/");
	for (size_t i = 0; i < ARRAY_LEN(closed) + 2; i++) {
		const char *dir = i < ARRAY_LEN(closed) ? closed[i] : i == ARRAY_LEN(closed) ? own : conf;
		size_t n = strlen(dir), m = strlen(real);
		/* below a closed directory, or above it */
		bad |= (m >= n && memcmp(real, dir, n) == 0 && (real[n] == '/' || real[n] == '\0')) ||
			(m < n && memcmp(real, dir, m) == 0 && dir[m] == '/');
	}
	return bad ? err_set(e, CB_EINVAL, "the mirror %s holds files of this host that are not to be published", path) : CB_OK;
}

int options_mirror(const char *mirror, const char *const *schemes, struct err *e)
{
	struct strbuf names CLEANUP(sb_free) = { 0 };
	int rc = program_text_ok("the mirror", mirror, e);
	if (rc != CB_OK)
		return rc;
	for (size_t i = 0; schemes[i] != NULL; i++) {
		const char *s = schemes[i];
		if (str_eq(s, "/") && *mirror == '/')
			return path_ok(mirror, e);
		if (str_eq(s, "file://") && str_starts(mirror, s))
			return path_ok(mirror + strlen(s), e);
		/* HOST:PATH, which rsync gives to ssh, and HOST::MODULE */
		if (str_eq(s, ":") && strstr(mirror, "://") == NULL && strchr(mirror, ':') != NULL && *mirror != ':' && *mirror != '/' &&
		    strstr(mirror, "@-") == NULL)
			return CB_OK;
		if (strstr(s, "://") != NULL && str_starts(mirror, s) && mirror[strlen(s)] != '\0' && mirror[strlen(s)] != '-')
			return CB_OK;
		sb_addf(&names, "%s%s", i > 0 ? ", " : "", str_eq(s, "/") ? "a path" : str_eq(s, ":") ? "HOST:PATH" : s);
	}
	return err_set(e, CB_EINVAL, "the mirror \"%.200s\" is not an address of this breed: expected %s", mirror, sb_str(&names));
}
