/* SPDX-License-Identifier: GPL-2.0-or-later
 * signatures.c - the snapshot of known breeds and versions: our table in the form of distro_signatures.json, the site's
 * file beside it, and the questions that validation and clients ask.
 */
#include "model/signatures.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "model/signatures_table.h"
#include "value/json.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct value *own;            /* our table, made once */
static struct value *site;           /* the site's file, or NULL */
static atomic_uint_fast64_t generation;

uint64_t signatures_generation(void)
{
	return atomic_load(&generation);
}

/* A list of the words of text; "-" stands for the empty word. */
static struct value *words(const char *text)
{
	struct value *l = v_list();
	while (*text != '\0') {
		size_t n = strcspn(text, " ");
		if (n == 1 && *text == '-')
			v_list_push(l, v_str(""));
		else if (n > 0)
			v_list_push(l, v_strn(text, n));
		text += n + strspn(text + n, " ");
	}
	return l;
}

/* pattern with every '%' replaced by key; NULL becomes None. */
static struct value *expand(const char *pattern, const char *key)
{
	if (pattern == NULL)
		return v_none();
	struct strbuf b = {0};
	for (const char *p = pattern; *p != '\0'; p++) {
		if (*p == '%')
			sb_adds(&b, key);
		else
			sb_addc(&b, *p);
	}
	struct value *v = v_str(sb_str(&b));
	sb_free(&b);
	return v;
}

/* "ppc64=grub x86_64=pxe+ipxe" as a dict of lists. */
static struct value *loaders_dict(const char *text)
{
	if (str_eq(text, "[]"))
		return v_list();
	struct value *d = v_dict();
	while (*text != '\0' && !str_eq(text, "{}")) {
		size_t n = strcspn(text, " "), eq = strcspn(text, "=");
		struct value *l = v_list();
		for (size_t at = eq + 1; at < n; ) {
			size_t len = strcspn(text + at, "+ ");
			v_list_push(l, v_strn(text + at, len));
			at += len + 1;
		}
		v_dict_setn(d, text, eq, l);
		text += n + strspn(text + n, " ");
	}
	return d;
}

static struct value *row_dict(const struct sig_row *r)
{
#define PICK(f) (r->f != NULL ? r->f : r->family->f)
	const struct sig_family *f = r->family;
	const char *key = r->key != NULL ? r->key : r->name;
	const char *loaders = PICK(loaders);
	struct value *d = v_dict();
	v_dict_set(d, "signatures", words(PICK(markers)));
	v_dict_set(d, "version_file", expand(PICK(version_file), key));
	v_dict_set(d, "version_file_regex", expand(PICK(version_regex), key));
	v_dict_set(d, "kernel_arch", v_str(f->arch_file));
	v_dict_set(d, "kernel_arch_regex", expand(f->arch_regex, key));
	v_dict_set(d, "supported_arches", words(PICK(arches)));
	v_dict_set(d, "supported_repo_breeds", words(f->repos));
	v_dict_set(d, "kernel_file", v_str(PICK(kernel)));
	v_dict_set(d, "initrd_file", v_str(PICK(initrd)));
	v_dict_set(d, "isolinux_ok", v_bool(f->markers != NULL && str_eq(f->markers, "VMware/RPMS")));
	v_dict_set(d, "default_autoinstall", v_str(PICK(autoinstall)));
	v_dict_set(d, "kernel_options", v_str(PICK(options) != NULL ? PICK(options) : ""));
	v_dict_set(d, "kernel_options_post", v_str(""));
	v_dict_set(d, "boot_files", words(f->boot_files != NULL ? f->boot_files : ""));
	if (loaders != NULL && *loaders != '\0')
		v_dict_set(d, "boot_loaders", loaders_dict(loaders));
	return d;
#undef PICK
}

static void make_own(void)
{
	struct value *breeds = v_dict(), *all = v_dict();
	for (size_t i = 0; i < sig_nbreeds; i++) {
		struct value *versions = v_dict();
		for (size_t j = 0; j < sig_nrows; j++)
			if (str_eq(sig_rows[j].family->breed, sig_breeds[i]))
				v_dict_set(versions, sig_rows[j].name, row_dict(&sig_rows[j]));
		v_dict_set(breeds, sig_breeds[i], versions);
	}
	v_dict_set(all, "breeds", breeds);
	own = all;
}

static const struct value *breeds_of(const struct value *all)
{
	const struct value *b = v_dict_get(all, "breeds");
	return v_is(b, V_DICT) ? b : NULL;
}

struct value *signatures_builtin(void)
{
	pthread_once(&once, make_own);
	return v_ref(own);
}

struct value *signatures_get(void)
{
	pthread_once(&once, make_own);
	pthread_mutex_lock(&lock);
	struct value *v = v_ref(site != NULL ? site : own);
	pthread_mutex_unlock(&lock);
	return v;
}

struct value *signatures_merged(void)
{
	struct value *a = signatures_get(), *b = signatures_builtin();
	struct value *breeds = v_dict(), *all = v_dict();
	const struct value *src[] = { breeds_of(a), breeds_of(b) };
	for (size_t s = 0; s < ARRAY_LEN(src); s++) {
		for (size_t i = 0; i < v_len(src[s]); i++) {
			const char *breed = v_dict_key(src[s], i);
			const struct value *have = v_dict_get(breeds, breed), *from = v_dict_at(src[s], i);
			struct value *versions = have != NULL ? v_copy(have) : v_dict();
			for (size_t j = 0; j < v_len(from); j++)
				if (v_dict_get(versions, v_dict_key(from, j)) == NULL)
					v_dict_set(versions, v_dict_key(from, j), v_ref(v_dict_at(from, j)));
			v_dict_set(breeds, breed, versions);
		}
	}
	v_dict_set(all, "breeds", breeds);
	v_unref(a);
	v_unref(b);
	return all;
}

int signatures_check(const struct value *v, struct err *e)
{
	const struct value *breeds = breeds_of(v);
	if (breeds == NULL)
		return err_set(e, CB_EINVAL, "signatures: no dictionary \"breeds\" at the top");
	for (size_t i = 0; i < v_len(breeds); i++) {
		const struct value *versions = v_dict_at(breeds, i);
		if (!v_is(versions, V_DICT))
			return err_set(e, CB_EINVAL,
				"signatures: breed \"%s\" is %s, expected a dictionary of versions",
				v_dict_key(breeds, i), v_type_name(versions));
		for (size_t j = 0; j < v_len(versions); j++)
			if (!v_is(v_dict_at(versions, j), V_DICT))
				return err_set(e, CB_EINVAL, "signatures: %s/%s is %s, expected a dictionary",
					v_dict_key(breeds, i), v_dict_key(versions, j),
					v_type_name(v_dict_at(versions, j)));
	}
	return CB_OK;
}

int signatures_set(struct value *v, struct err *e)
{
	int rc = v == NULL ? CB_OK : signatures_check(v, e);
	if (rc != CB_OK) {
		v_unref(v);
		return rc;
	}
	pthread_mutex_lock(&lock);
	atomic_fetch_add(&generation, 1);
	struct value *old = site;
	site = v;
	pthread_mutex_unlock(&lock);
	v_unref(old);
	return CB_OK;
}

int signatures_load(const char *path, struct err *e)
{
	if (path == NULL || (access(path, F_OK) != 0 && errno == ENOENT))
		return signatures_set(NULL, e);
	struct strbuf b = {0};
	struct value *v = NULL;
	int rc = file_read(AT_FDCWD, path, SIGNATURES_MAX, &b, e);
	if (rc == CB_OK) {
		rc = json_parse(sb_str(&b), b.len, &v, e);
		if (rc == CB_OK)
			rc = signatures_set(v, e);
		if (rc != CB_OK)
			err_prefix(e, "%s", path);
	}
	sb_free(&b);
	return rc;
}

static const struct value *version_in(const struct value *all, const char *breed, const char *version)
{
	return v_dict_get(v_dict_get(breeds_of(all), breed), version);
}

/* A copy of all with one version more. */
static struct value *with_version(
	const struct value *all, const char *breed, const char *version, const struct value *sig)
{
	struct value *copy = v_copy(all), *breeds = v_copy(breeds_of(all));
	const struct value *have = v_dict_get(breeds, breed);
	struct value *versions = have != NULL ? v_copy(have) : v_dict();
	v_dict_set(versions, version, v_ref(sig));
	v_dict_set(breeds, breed, versions);
	v_dict_set(copy, "breeds", breeds);
	return copy;
}

int signatures_teach_site(const char *path, const char *breed, const char *version, struct err *e)
{
	struct value *shown = signatures_get();
	const struct value *sig = version_in(own, breed, version);
	int rc = CB_OK;
	if (shown != own && sig != NULL && version_in(shown, breed, version) == NULL && access(path, F_OK) == 0) {
		struct value *more = with_version(shown, breed, version, sig);
		struct strbuf b = {0};
		json_write(&b, more, JSON_PRETTY);
		sb_addc(&b, '\n');
		rc = file_replace(AT_FDCWD, path, sb_str(&b), b.len, 0644, e);
		sb_free(&b);
		if (rc == CB_OK)
			rc = signatures_set(more, e);
		else
			v_unref(more);
	}
	v_unref(shown);
	return rc;
}

struct value *signature_find(const char *breed, const char *version)
{
	struct value *shown = signatures_get();
	const struct value *sig = version_in(shown, breed, version);
	if (sig == NULL)
		sig = version_in(own, breed, version);
	struct value *ret = sig != NULL ? v_ref(sig) : NULL;
	v_unref(shown);
	return ret;
}

const struct value *signature_list(const struct value *sig, const char *key)
{
	const struct value *v = v_dict_get(sig, key);
	return v_is(v, V_LIST) ? v : NULL;
}

struct value *signatures_breeds(void)
{
	struct value *shown = signatures_get(), *l = v_list();
	const struct value *breeds = breeds_of(shown);
	for (size_t i = 0; i < v_len(breeds); i++)
		v_list_push(l, v_str(v_dict_key(breeds, i)));
	v_unref(shown);
	return l;
}

static void push_new(struct value *l, const char *s)
{
	if (!v_list_has_str(l, s))
		v_list_push(l, v_str(s));
}

struct value *signatures_os_versions(const char *breed)
{
	struct value *shown = signatures_get(), *l = v_list();
	const struct value *breeds = breeds_of(shown);
	for (size_t i = 0; i < v_len(breeds); i++) {
		if (breed != NULL && !str_eq(breed, v_dict_key(breeds, i)))
			continue;
		const struct value *versions = v_dict_at(breeds, i);
		for (size_t j = 0; j < v_len(versions); j++)
			push_new(l, v_dict_key(versions, j));
	}
	v_unref(shown);
	return l;
}

struct value *signatures_archs(void)
{
	struct value *shown = signatures_get(), *l = v_list();
	const struct value *breeds = breeds_of(shown);
	for (size_t i = 0; i < v_len(breeds); i++) {
		const struct value *versions = v_dict_at(breeds, i);
		for (size_t j = 0; j < v_len(versions); j++) {
			const struct value *archs = signature_list(v_dict_at(versions, j), "supported_arches");
			for (size_t k = 0; k < v_len(archs); k++)
				push_new(l, v_cstr(v_list_at(archs, k)));
		}
	}
	v_unref(shown);
	return l;
}

struct value *signatures_boot_loaders(const char *breed, const char *os_version, const char *arch)
{
	static const struct { const char *arch, *loaders; } by_arch[] = {
		{ "ppc", "grub pxe" }, { "ppc64", "grub pxe" }, { "ppc64le", "grub pxe" }, { "ppc64el", "grub pxe" },
		{ "aarch64", "grub" },
	};
	struct value *sig = signature_find(breed, os_version), *ret = NULL;
	const struct value *loaders = v_dict_get(sig, "boot_loaders");
	if (v_is(loaders, V_DICT) && v_is(v_dict_get(loaders, arch), V_LIST))
		ret = v_ref(v_dict_get(loaders, arch));
	v_unref(sig);
	for (size_t i = 0; ret == NULL && i < ARRAY_LEN(by_arch); i++)
		if (str_eq(arch, by_arch[i].arch))
			ret = words(by_arch[i].loaders);
	return ret != NULL ? ret : words("grub pxe ipxe");
}

static char *lower(const char *s)
{
	char *l = xstrdup(s);
	for (char *p = l; *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p += 'a' - 'A';
	return l;
}

/* The keys of a dict, joined as the fault texts list them. */
static void join_keys(struct strbuf *b, const struct value *dict)
{
	for (size_t i = 0; i < v_len(dict); i++)
		sb_addf(b, "%s%s", i > 0 ? ", " : "", v_dict_key(dict, i));
}

/* The versions of a breed as validation lists them: the site's, or ours when the site's file has no such breed. */
static const struct value *versions_of(const struct value *shown, const char *breed)
{
	const struct value *v = v_dict_get(breeds_of(shown), breed);
	return v != NULL ? v : v_dict_get(breeds_of(own), breed);
}

int signatures_check_breed(const char *breed, struct value **ret, struct err *e)
{
	struct value *shown = signatures_get();
	char *low = lower(breed);
	int rc = CB_OK;
	if (*low == '\0' || versions_of(shown, low) != NULL) {
		*ret = v_str(low);
	} else {
		struct strbuf nicer = {0};
		join_keys(&nicer, breeds_of(shown));
		rc = err_py(e, CB_EINVAL, PY_VALUE,
			"Invalid value for breed (\"%s\"). Must be one of %s, different breeds have "
			"different levels of support!",
			low, sb_str(&nicer));
		sb_free(&nicer);
	}
	free_ptr(&low);
	v_unref(shown);
	return rc;
}

int signatures_check_os_version(const char *os_version, const char *breed, struct value **ret, struct err *e)
{
	if (*os_version == '\0' || *breed == '\0') {
		*ret = v_str("");
		return CB_OK;
	}
	struct value *clean = NULL;
	int rc = signatures_check_breed(breed, &clean, e);
	if (rc != CB_OK)
		return rc;
	bool same = v_str_is(clean, breed);
	v_unref(clean);
	if (!same)
		return err_py(e, CB_EINVAL, PY_VALUE,
			"The breed supplied to the validation function of os_version was not valid.");
	char *low = lower(os_version);
	struct value *shown = signatures_get(), *sig = signature_find(breed, low);
	if (sig != NULL) {
		*ret = v_str(low);
	} else {
		struct strbuf nicer = {0};
		join_keys(&nicer, versions_of(shown, breed));
		rc = err_py(e, CB_EINVAL, PY_VALUE, "os_version for breed \"%s\" must be one of %s, given was \"%s\"",
			breed, sb_str(&nicer), low);
		sb_free(&nicer);
	}
	v_unref(sig);
	v_unref(shown);
	free_ptr(&low);
	return rc;
}
