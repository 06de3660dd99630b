/* SPDX-License-Identifier: GPL-2.0-or-later
 * detect.c - signatures against a tree of names. compat: scan_signatures, distro_adder and learn_arch_from_tree
 * of 3.3.7; what differs is said where it differs. Names are walked in byte order, where Python takes the order of the
 * file system.
 */
#include "import/detect.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "import/limits.h"
#include "import/mediainfo.h"
#include "import/naming.h"
#include "import/rx.h"
#include "model/signatures.h"

struct detect {
	const struct tree *t;
	const struct wanted *w;
	struct report *r;
	char breed[32], version[64];
	struct value *sig;           /* owned */
	char *how;                   /* owned */
};

static char *join(const char *dir, const char *name)
{
	return *dir != '\0' ? xasprintf("%s/%s", dir, name) : xstrdup(name);
}

/* The expression of a signature; NULL when there is none or it is broken (which is said once, here). */
static struct rx *expr(
	struct detect *d, const struct value *sig, const char *key, const char *breed, const char *version)
{
	struct rx *rx = NULL;
	struct err e;
	const char *text = v_dict_cstr(sig, key, "");
	if (*text == '\0')
		return NULL;
	if (rx_compile(text, &rx, &e) != CB_OK)
		report_log(d->r, "WARNING signature %s/%s, %s: %s", breed, version, key, e.text);
	return rx;
}

struct line_match { struct rx *rx; };

static bool match_line(void *arg, const char *line, size_t n)
{
	return rx_match(((struct line_match *)arg)->rx, line, n);
}

/* True when some name of the tree matches, and one of its lines where the signature wants that. */
static bool version_matches(struct detect *d, struct rx *file, struct rx *line)
{
	for (size_t i = 0; i < d->t->ndirs; i++) {
		const struct tdir *dir = &d->t->dirs[i];
		for (size_t j = 0; j < dir->n; j++) {
			const char *name = dir->names[j].name;
			if (!rx_match(file, name, strlen(name)))
				continue;
			if (line == NULL)
				return true;
			struct line_match m = { line };
			char *path = join(dir->path, name);
			bool hit = dir->names[j].kind != 'd' && each_line(d->t, path, match_line, &m);
			free_ptr(&path);
			if (hit)
				return true;
		}
	}
	return false;
}

static bool has_marker(const struct tree *t, const struct value *sig)
{
	const struct value *markers = signature_list(sig, "signatures");
	for (size_t i = 0; i < v_len(markers); i++)
		if (v_is(v_list_at(markers, i), V_STR) && tree_exists(t, v_cstr(v_list_at(markers, i))))
			return true;
	return false;
}

static bool signature_matches(struct detect *d, const char *breed, const char *version, const struct value *sig)
{
	if (!has_marker(d->t, sig))
		return false;
	struct rx *file = expr(d, sig, "version_file", breed, version), *line = NULL;
	bool wants_line = *v_dict_cstr(sig, "version_file_regex", "") != '\0', hit = false;
	if (wants_line)
		line = expr(d, sig, "version_file_regex", breed, version);
	if (file != NULL && (line != NULL || !wants_line))
		hit = version_matches(d, file, line);
	if ((file != NULL && rx_gave_up(file)) || (line != NULL && rx_gave_up(line)))
		report_log(d->r, "WARNING signature %s/%s: an expression took too many steps and was given up", breed,
			version);
	rx_free(file);
	rx_free(line);
	return hit;
}

static bool settle(struct detect *d, const char *breed, const char *version, char *how)
{
	if (strlen(breed) >= sizeof(d->breed) || strlen(version) >= sizeof(d->version)) {
		free_ptr(&how);
		return false;
	}
	memmove(d->breed, breed, strlen(breed) + 1);
	memmove(d->version, version, strlen(version) + 1);
	d->sig = signature_find(breed, version);
	d->how = how;
	return true;
}

static bool match_all(struct detect *d, const struct value *all)
{
	const struct value *breeds = v_dict_get(all, "breeds");
	for (size_t i = 0; i < v_len(breeds); i++) {
		const char *breed = v_dict_key(breeds, i);
		const struct value *versions = v_dict_at(breeds, i);
		if (*d->w->breed != '\0' && !str_eq(d->w->breed, breed))
			continue;
		for (size_t j = 0; j < v_len(versions); j++) {
			const char *version = v_dict_key(versions, j);
			if (*d->w->os_version != '\0' && !str_eq(d->w->os_version, version))
				continue;
			if (signature_matches(d, breed, version, v_dict_at(versions, j)))
				return settle(d, breed, version, xstrdup("signature"));
		}
	}
	return false;
}

/* All of the site's signatures before any of ours: what the site knows is called as the site calls it. */
static bool by_signature(struct detect *d)
{
	struct value *shown = signatures_get(), *own = signatures_builtin();
	bool found = match_all(d, shown) || (own != shown && match_all(d, own));
	v_unref(shown);
	v_unref(own);
	return found;
}

static void warn_unread(const struct detect *d)
{
	if (d->t->reads != NULL && d->t->reads->spent)
		report_log(d->r, "WARNING it has so many or so large files that could tell what it is that not all were read");
}

/* When no signature fits: the medium's own words, as long as they do not contradict the operator; then the operator's
 * word alone. */
static int by_words(struct detect *d, struct err *e)
{
	char breed[32] = "", version[64] = "";
	char *how = NULL;
	bool told = identify_media(d->t, breed, version, &how);
	bool agrees = told && (*d->w->breed == '\0' || str_eq(d->w->breed, breed)) &&
		      (*d->w->os_version == '\0' || str_eq(d->w->os_version, version));
	if (agrees) {
		report_log(d->r, "INFO no signature fits; %s", how);
		return settle(d, breed, version, how) ? CB_OK
						      : err_set(e, CB_EINVAL, "breed or os_version is too long");
	}
	if (*d->w->breed != '\0' && *d->w->os_version != '\0' && (!told || str_eq(d->w->breed, breed))) {
		report_log(d->r, "WARNING no signature fits; taken as %s/%s, as given", d->w->breed, d->w->os_version);
		free_ptr(&how);
		return settle(d, d->w->breed, d->w->os_version, xstrdup("as given")) ? CB_OK
			: err_set(e, CB_EINVAL, "breed or os_version is too long");
	}
	if (d->t->reads != NULL && d->t->reads->spent)
		err_set(e, CB_ELIMIT,
			"%s was not recognised by the files that were read: there are too many, or they are too large. Say what it is with "
			"--breed, --os-version and --arch", d->w->shown);
	else if (told)
		err_set(e, CB_ENOENT,
			"No signature matched in %s: it looks like %s/%s (%s), which is not of the given breed "
			"\"%s\"%s%s%s",
			d->w->shown, breed, version, how, d->w->breed,
			*d->w->os_version != '\0' ? " and os_version \"" : "", d->w->os_version,
			*d->w->os_version != '\0' ? "\"" : "");
	else
		err_set(e, CB_ENOENT,
			"No signature matched in %s. Looked for: %s. To import it all the same, say what it is with "
			"--breed "
			"and --os-version",
			d->w->shown, identify_marks);
	free_ptr(&how);
	return e->code;
}

/* ---- architectures, from names of kernel packages ---- */

static void found_arch(struct value *found, const char *arch)
{
	if (!v_list_has_str(found, arch))
		v_list_push(found, v_str(arch));
}

/* supported_arches, longest names first (ppc64le before ppc64). */
static int by_length(const void *a, const void *b)
{
	size_t x = strlen(*(const char *const *)a), y = strlen(*(const char *const *)b);
	return x < y ? 1 : x > y ? -1 : 0;
}

struct arch_scan { struct rx *line; const char **valid; size_t nvalid; struct value *found; };

static bool arch_line(void *arg, const char *line, size_t n)
{
	struct arch_scan *s = arg;
	const char *g;
	size_t k;
	if (!rx_match(s->line, line, n))
		return false;
	for (size_t i = 0; i < rx_groups(s->line); i++)
		for (size_t j = 0; rx_group(s->line, i, &g, &k) && j < s->nvalid; j++)
			if (strlen(s->valid[j]) == k && strncasecmp(g, s->valid[j], k) == 0)
				found_arch(s->found, s->valid[j]);
	return v_len(s->found) == s->nvalid;
}

static void arch_name(struct arch_scan *s, const char *name)
{
	static const char *const more[] = { "i686", "amd64" };
	for (size_t i = 0; i < s->nvalid; i++) {
		if (strstr(name, s->valid[i]) != NULL) {
			found_arch(s->found, s->valid[i]);
			break;
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(more); i++) {
		if (strstr(name, more[i]) != NULL) {
			found_arch(s->found, more[i]);
			break;
		}
	}
}

/* The names as Cobbler has them: amd64 becomes x86_64 and moves to the end, as in learn_arch_from_tree. */
static struct value *cobbler_archs(const struct value *found)
{
	static const char *const moved[][2] = { { "amd64", "x86_64" }, { "i686", "i386" }, { "i586", "i386" },
		{ "x86", "i386" }, { "arm64", "aarch64" }, { "ARM64", "aarch64" }, { "armhfp", "arm" },
		{ "armhf", "arm" } };
	struct value *out = v_list();
	for (size_t i = 0; i < v_len(found); i++) {
		bool keep = true;
		for (size_t j = 0; j < ARRAY_LEN(moved); j++)
			keep = keep && !v_str_is(v_list_at(found, i), moved[j][0]);
		if (keep && info_arch(v_cstr(v_list_at(found, i))) != NULL)
			found_arch(out, v_cstr(v_list_at(found, i)));
	}
	for (size_t j = 0; j < ARRAY_LEN(moved); j++)
		if (v_list_has_str(found, moved[j][0]))
			found_arch(out, moved[j][1]);
	return out;
}

static struct value *learn_archs(struct detect *d)
{
	struct rx *file = expr(d, d->sig, "kernel_arch", d->breed, d->version);
	bool wants_line = *v_dict_cstr(d->sig, "kernel_arch_regex", "") != '\0';
	const struct value *valid = signature_list(d->sig, "supported_arches");
	struct arch_scan s = {
		.found = v_list(), .nvalid = v_len(valid), .valid = xcalloc(v_len(valid) + 1, sizeof(char *))
	};
	s.line = wants_line ? expr(d, d->sig, "kernel_arch_regex", d->breed, d->version) : NULL;
	for (size_t i = 0; i < s.nvalid; i++)
		s.valid[i] = v_cstr(v_list_at(valid, i));
	if (s.nvalid > 1)
		qsort(s.valid, s.nvalid, sizeof(*s.valid), by_length);
	for (size_t i = 0; file != NULL && i < d->t->ndirs; i++) {
		const struct tdir *dir = &d->t->dirs[i];
		for (size_t j = 0; j < dir->n; j++) {
			const char *name = dir->names[j].name;
			if (!rx_match(file, name, strlen(name)))
				continue;
			if (!wants_line) {
				arch_name(&s, name);
			} else if (s.line != NULL && dir->names[j].kind != 'd') {
				char *path = join(dir->path, name);
				each_line(d->t, path, arch_line, &s);
				free_ptr(&path);
			}
		}
	}
	struct value *out = cobbler_archs(s.found);
	v_unref(s.found);
	free_ptr(&s.valid);
	rx_free(file);
	rx_free(s.line);
	return out;
}

/* ---- kernel and initrd pairs ---- */

static void push_pair(struct value *kernels, const char *dir, const char *kernel, const char *initrd)
{
	struct value *k = v_dict();
	char *kp = join(dir, kernel), *rp = join(dir, initrd);
	v_dict_set(k, "dir", v_str(dir));
	v_dict_set(k, "kernel", v_str(kp));
	v_dict_set(k, "initrd", v_str(rp));
	v_list_push(kernels, k);
	free_ptr(&kp);
	free_ptr(&rp);
}

static void pairs_in(const struct tdir *dir, struct rx *kernel_rx, struct rx *initrd_rx, struct value *kernels)
{
	const char *kernel[2] = { NULL, NULL },
		   *initrd[2] = { NULL, NULL }; /* [1]: the PAE ones, never mixed with the others */
	for (size_t i = 0; i < dir->n && v_len(kernels) < IMPORT_MAX_KERNELS; i++) {
		const char *name = dir->names[i].name;
		bool pae = strstr(name, "PAE") != NULL;
		if (dir->names[i].kind == 'd')
			continue;      /* Python would take a directory for a kernel, and fail on it */
		if (rx_match(initrd_rx, name, strlen(name)))
			initrd[pae] = name;
		if (rx_match(kernel_rx, name, strlen(name)))
			kernel[pae] = name;
		for (int p = 0; p < 2; p++) {
			if (initrd[p] == NULL || kernel[p] == NULL || str_eq(initrd[p], kernel[p]))
				continue;
			push_pair(kernels, dir->path, kernel[p], initrd[p]);
			initrd[p] = kernel[p] = NULL;
			break;
		}
	}
}

/* All machines see the menu that a kernel is in, and templates know more than a medium may tell. */
static bool is_plain(struct report *r, const char *path)
{
	bool plain = import_plain_path(path + (*path == '@'));
	if (!plain)
		report_log(r, "WARNING %s is passed over: its name has characters that mean something in boot menus and templates", path);
	return plain;
}

/* Takes kernels; returns owned. */
static struct value *plain_kernels(struct report *r, struct value *kernels)
{
	struct value *plain = v_list();
	for (size_t i = 0; i < v_len(kernels); i++) {
		const struct value *k = v_list_at(kernels, i);
		if (is_plain(r, v_dict_cstr(k, "kernel", "")) && is_plain(r, v_dict_cstr(k, "initrd", "")))
			v_list_push(plain, v_ref(k));
	}
	v_unref(kernels);
	return plain;
}

static struct value *find_kernels(struct detect *d, struct value *boot_files)
{
	struct value *kernels = v_list();
	struct rx *kernel = expr(d, d->sig, "kernel_file", d->breed, d->version);
	struct rx *initrd = expr(d, d->sig, "initrd_file", d->breed, d->version);
	bool isolinux = v_dict_bool(d->sig, "isolinux_ok", false);
	for (size_t i = 0; kernel != NULL && initrd != NULL && i < d->t->ndirs; i++)
		if (isolinux || strstr(d->t->dirs[i].path, "isolinux") == NULL)
			pairs_in(&d->t->dirs[i], kernel, initrd, kernels);
	rx_free(kernel);
	rx_free(initrd);
	if (v_len(kernels) == 0)
		usual_kernels(d->t, d->breed, kernels, boot_files);
	kernels = plain_kernels(d->r, kernels);
	if (str_eq(d->breed, "debian") && str_starts(v_dict_cstr(v_list_at(kernels, 0), "dir", ""), "install."))
		report_log(d->r,
			"INFO should the installer ask for a CD: the initrd of CDs is made so; the one of the netboot "
			"files, of the same release, fetches everything over the network");
	return kernels;
}

/* Each kernel's architectures: what the packages say holds for all of them (as in 3.3.7); else what each kernel itself
 * tells; else the signature's, if it knows just one. */
static int give_archs(struct detect *d, struct value *archs, struct value *kernels, struct err *e)
{
	const struct value *valid = signature_list(d->sig, "supported_arches");
	bool learned = v_len(archs) > 0;
	if (learned && *d->w->arch != '\0' && !v_list_has_str(archs, d->w->arch))
		return err_set(e, CB_EINVAL, "Given arch (%s) not found on imported tree %s", d->w->arch, d->w->shown);
	if (v_len(archs) > 1)
		report_log(d->r, "WARNING - Warning : Multiple archs found");
	for (size_t i = 0; i < v_len(kernels); i++) {
		const struct value *k = v_list_at(kernels, i);
		struct value *own = v_copy(archs), *with = v_copy(k);
		const char *guess = NULL;
		if (!learned)
			guess = *d->w->arch != '\0' ? d->w->arch : guess_arch(d->t, v_dict_cstr(k, "kernel", ""));
		if (!learned && guess == NULL && v_len(valid) == 1)
			guess = info_arch(v_cstr(v_list_at(valid, 0)));
		if (guess != NULL)
			found_arch(own, guess);
		if (v_len(own) == 0)
			report_log(d->r,
				"ERROR No arch could be detected in %s/%s, and none was specified via the --arch "
				"option",
				d->w->shown, v_dict_cstr(k, "dir", ""));
		v_dict_set(with, "archs", own);
		v_list_set(kernels, i, with);
	}
	return CB_OK;
}

/* ---- package repositories of the medium ---- */

static const char *comps_of(const struct tree *t, const char *dir, const char *master)
{
	char *path = join(dir, master);
	const struct tdir *m = tree_dir(t, path);
	const char *found = NULL;
	for (size_t i = 0; m != NULL && found == NULL && i < m->n; i++)
		if (fnmatch("*comps*.xml", m->names[i].name, 0) == 0)
			found = m->names[i].name;
	free_ptr(&path);
	return found;
}

static struct value *find_repos(const struct tree *t, struct report *rep)
{
	struct value *repos = v_list();
	for (size_t i = 0; i < t->ndirs && v_len(repos) < IMPORT_MAX_REPOS; i++) {
		const struct tdir *dir = &t->dirs[i];
		const char *master = tdir_name(dir, "repodata") != NULL ? "repodata"
				     : tdir_name(dir, "base") != NULL   ? "base"
									: NULL;
		const char *comps = master != NULL ? comps_of(t, dir->path, master) : NULL;
		if (comps == NULL || !is_plain(rep, dir->path))
			continue;
		struct value *r = v_dict();
		v_dict_set(r, "dir", v_str(dir->path));
		v_dict_set(r, "master", v_str(master));
		v_dict_set(r, "comps", v_str(comps));
		v_list_push(repos, r);
	}
	return repos;
}

/* Names of boot files are the signature's; the few that lie elsewhere come from usual_kernels. */
static void sig_boot_files(struct detect *d, struct value *boot_files)
{
	const struct value *names = signature_list(d->sig, "boot_files");
	for (size_t i = 0; i < v_len(names); i++)
		if (v_dict_get(boot_files, v_cstr(v_list_at(names, i))) == NULL)
			v_dict_set(boot_files, v_cstr(v_list_at(names, i)), v_ref(v_list_at(names, i)));
}

int detect_media(const struct tree *t, const struct wanted *w, struct report *r, struct value **ret, struct err *e)
{
	struct detect d = { .t = t, .w = w, .r = r };
	int rc = by_signature(&d) ? CB_OK : by_words(&d, e);
	struct value *boot_files = v_dict(), *archs = NULL, *kernels = NULL;
	if (rc == CB_OK) {
		kernels = find_kernels(&d, boot_files);
		archs = learn_archs(&d);
		sig_boot_files(&d, boot_files);
		rc = give_archs(&d, archs, kernels, e);
	}
	warn_unread(&d);
	if (rc == CB_OK && v_len(kernels) == 0)
		rc = err_set(e, CB_ENOENT,
			"No distros imported: %s is %s/%s (%s), but no kernel with an initrd was found in it", w->shown,
			d.breed, d.version, d.how);
	if (rc == CB_OK) {
		struct value *v = v_dict();
		v_dict_set(v, "breed", v_str(d.breed));
		v_dict_set(v, "os_version", v_str(d.version));
		v_dict_set(v, "how", v_str(d.how));
		v_dict_set(v, "archs", v_ref(archs));
		v_dict_set(v, "kernels", v_ref(kernels));
		v_dict_set(v, "repos", find_repos(t, r));
		v_dict_set(v, "boot_files", v_ref(boot_files));
		*ret = v;
	}
	v_unref(archs);
	v_unref(kernels);
	v_unref(boot_files);
	v_unref(d.sig);
	free_ptr(&d.how);
	return rc;
}
