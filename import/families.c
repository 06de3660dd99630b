/* SPDX-License-Identifier: GPL-2.0-or-later
 * families.c - recognising media by what they say of themselves, and finding kernels and architectures without a
 * signature's help.
 */
#include "import/detect.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "import/limits.h"
#include "import/mediainfo.h"
#include "import/rx.h"
#include "model/signatures.h"

const char *const identify_marks = ".treeinfo, .discinfo (Fedora, RHEL and its kin, XCP-ng, XenServer), .disk/info, "
				   "dists/*/Release, version.info (Debian, Ubuntu), "
				   "media.1/products (SUSE), boot.cfg (VMware ESXi), sources/install.wim (Windows), "
				   "bin/freebsd-version (FreeBSD), "
				   "XS-REPOSITORY (XenServer), .cd-info (Proxmox)";

/* ---- from a product's name and version to Cobbler's breed and os_version ---- */

enum naming { MAJOR, DOTTED, SLES, DEBIAN, UBUNTU, ESXI };

static const struct product { const char *match, *breed, *prefix; enum naming naming; } products[] = {
	{ "Fedora", "redhat", "fedora", MAJOR },
	{ "Red Hat", "redhat", "rhel", MAJOR },
	{ "CentOS", "redhat", "rhel", MAJOR },
	{ "Rocky", "redhat", "rhel", MAJOR },
	{ "AlmaLinux", "redhat", "rhel", MAJOR },
	{ "Oracle", "redhat", "rhel", MAJOR },
	{ "Scientific", "redhat", "rhel", MAJOR },
	{ "EuroLinux", "redhat", "rhel", MAJOR },
	{ "MIRACLE", "redhat", "rhel", MAJOR },
	{ "Virtuozzo", "redhat", "rhel", MAJOR },
	{ "CloudLinux", "redhat", "cloudlinux", MAJOR },
	{ "Debian", "debian", "", DEBIAN },
	{ "Kali", "debian", "", DEBIAN },
	{ "Ubuntu", "ubuntu", "", UBUNTU },
	{ "Xubuntu", "ubuntu", "", UBUNTU },
	{ "Kubuntu", "ubuntu", "", UBUNTU },
	{ "Linux Mint", "ubuntu", "", UBUNTU },
	{ "openSUSE-Tumbleweed", "suse", "opensusetumbleweed", DEBIAN },
	{ "openSUSE", "suse", "opensuse", DOTTED },
	{ "Leap-Micro", "suse", "leapmicro", DOTTED },
	{ "Leap", "suse", "opensuse", DOTTED },
	{ "SLE-Micro", "suse", "slemicro", DOTTED },
	{ "SL-Micro", "suse", "slemicro", DOTTED },
	{ "SUSE Linux Micro", "suse", "slemicro", DOTTED },
	{ "SLE", "suse", "sles", SLES },
	{ "SUSE", "suse", "sles", SLES },
	{ "VMware", "vmware", "esxi", ESXI },
	{ "XCP-ng", "xen", "xcpng", MAJOR },
	{ "XenServer", "xen", "xenserver", MAJOR },
	{ "Citrix", "xen", "xenserver", MAJOR },
	{ "pve", "proxmox", "pve", MAJOR },
	{ "Proxmox", "proxmox", "pve", MAJOR },
	{ "FreeBSD", "freebsd", "freebsd", DOTTED },
};

static bool known(const char *breed, const char *version)
{
	struct value *sig = signature_find(breed, version);
	v_unref(sig);
	return sig != NULL;
}

/* The newest known version of a family that is not newer than wanted, else the newest of all. */
static bool nearest(const char *breed, const char *prefix, double want, char *out, size_t cap)
{
	struct value *all = signatures_builtin();
	const struct value *versions = v_dict_get(v_dict_get(all, "breeds"), breed);
	double best = -1, top = -1;
	const char *pick = NULL, *last = NULL;
	for (size_t i = 0; i < v_len(versions); i++) {
		const char *name = v_dict_key(versions, i);
		if (!str_starts(name, prefix))
			continue;
		char *end;
		double v = strtod(name + strlen(prefix), &end);
		if (end == name + strlen(prefix))
			v = (double)i / 1000;       /* names without numbers stand in order */
		if (v >= top) {
			top = v;
			last = name;
		}
		if (v <= want && v >= best) {
			best = v;
			pick = name;
		}
	}
	pick = pick != NULL && want > 0 ? pick : last;
	if (pick != NULL) {
		struct strbuf b = {0};
		sb_adds(&b, pick);
		memcpy(out, sb_str(&b), b.len < cap ? b.len + 1 : cap);
		out[cap - 1] = '\0';
		sb_free(&b);
	}
	v_unref(all);
	return pick != NULL;
}

static const char *debian_codename(const char *version)
{
	static const char *const by_major[] = { NULL, NULL, NULL, NULL, NULL, NULL, "squeeze", "wheezy", "jessie",
		"stretch", "buster", "bullseye", "bookworm", "trixie", "forky" };
	long n = strtol(version, NULL, 10);
	return n >= 0 && n < (long)ARRAY_LEN(by_major) ? by_major[n] : NULL;
}

/* The os_version that Cobbler would give this product; "" when its version says too little. */
static void version_name(const struct product *p, const struct mediainfo *m, struct strbuf *out)
{
	char *end;
	long major = strtol(m->version, &end, 10), minor = *end == '.' ? strtol(end + 1, NULL, 10) : 0;
	switch (p->naming) {
	case MAJOR:
		sb_addf(out, "%s%ld", p->prefix, major);
		break;
	case DOTTED:
		sb_addf(out, "%s%ld.%ld", p->prefix, major, minor);
		break;
	case SLES:
		if (major >= 16)
			sb_addf(out, "sles%ld.%ld", major, minor);
		else if (minor > 0)
			sb_addf(out, "sles%ldsp%ld", major, minor);
		else
			sb_addf(out, known(p->breed, "sles15generic") && major == 15 ? "sles%ldgeneric" : "sles%ld",
				major);
		break;
	case ESXI:
		sb_addf(out, "esxi%ld%ld", major, minor);
		break;
	case DEBIAN:
	case UBUNTU:
		if (*m->codename != '\0')
			sb_adds(out, m->codename);
		else if (p->naming == DEBIAN && debian_codename(m->version) != NULL)
			sb_adds(out, debian_codename(m->version));
		break;
	}
}

/* file: which of the medium's files said so. */
static bool name_it(const struct mediainfo *m, const char *file, char breed[32], char version[64], char **how)
{
	for (size_t i = 0; i < ARRAY_LEN(products); i++) {
		const struct product *p = &products[i];
		if (*m->product == '\0' || strncasecmp(m->product, p->match, strlen(p->match)) != 0)
			continue;
		struct strbuf name = {0};
		version_name(p, m, &name);
		bool exact = name.len > 0 && name.len < 64 && known(p->breed, sb_str(&name)), found = exact;
		if (exact)
			memcpy(version, name.p, name.len + 1);
		else
			found = nearest(p->breed, p->prefix,
				p->naming == ESXI ? strtod(m->version, NULL) * 10 : strtod(m->version, NULL), version,
				64);
		if (found) {
			memcpy(breed, p->breed, strlen(p->breed) + 1);
			const char *code = *m->codename != '\0' ? m->codename : m->version;
			*how = exact ? xasprintf("%s says %s %s", file, m->product, code)
				     : xasprintf("%s says %s %s, which is not known: treated as %s", file, m->product,
					       code, version);
		}
		sb_free(&name);
		return found;
	}
	return false;
}

/* ---- the files ---- */

static bool load(const struct tree *t, const char *path, struct strbuf *b)
{
	sb_truncate(b, 0);
	return tree_file(t, path, IMPORT_INFO_MAX, b);
}

static void discinfo(const char *p, size_t n, struct mediainfo *m)
{
	/* time stamp, then "Red Hat Enterprise Linux 9.4" or "Fedora 40" or "40", then the architecture */
	const char *nl = memchr(p, '\n', n);
	if (nl != NULL)
		info_disk(nl + 1, n - (size_t)(nl + 1 - p), m);
	else
		*m = (struct mediainfo){0};
}

static void version_info(const char *p, size_t n, struct mediainfo *m)
{
	/* of the netboot files: "Debian version:  12 (bookworm)" */
	*m = (struct mediainfo){0};
	const char *at = memmem(p, n, "Debian version:", 15), *paren;
	if (at == NULL)
		return;
	struct strbuf line = {0};
	const char *nl = memchr(at, '\n', n - (size_t)(at - p));
	sb_add(&line, at + 15, nl != NULL ? (size_t)(nl - at) - 15 : n - (size_t)(at - p) - 15);
	const char *s = sb_str(&line);
	memcpy(m->product, "Debian", 7);
	s += strspn(s, " \t");
	memcpy(m->version, s, strspn(s, "0123456789.") < 31 ? strspn(s, "0123456789.") : 31);
	paren = strchr(s, '(');
	if (paren != NULL) {
		size_t k = strspn(paren + 1, "abcdefghijklmnopqrstuvwxyz");
		memcpy(m->codename, paren + 1, k < 31 ? k : 31);
	}
	sb_free(&line);
}

static void cdinfo(const char *p, size_t n, struct mediainfo *m)
{
	info_shell(p, n, "PRODUCT", "RELEASE", m);
}

static void freebsd_version(const char *p, size_t n, struct mediainfo *m)
{
	info_shell(p, n, "PRODUCT", "USERLAND_VERSION", m);
	memcpy(m->product, *m->version != '\0' ? "FreeBSD" : "", *m->version != '\0' ? 8 : 1);
}

static void xs_repository(const char *p, size_t n, struct mediainfo *m)
{
	static const char *const keys[] = { "product=\"", "version=\"" };
	*m = (struct mediainfo){0};
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		const char *at = memmem(p, n, keys[i], 9);
		if (at == NULL)
			continue;
		at += 9;
		size_t left = n - (size_t)(at - p), k = 0;
		while (k < left && k < 31 && (unsigned char)at[k] >= 0x20 && (unsigned char)at[k] < 0x7f && at[k] != '"')
			k++;
		memcpy(i == 0 ? m->product : m->version, at, k);
	}
}

static bool wim_name(void *arg, const char *line, size_t n)
{
	struct mediainfo *m = arg;
	static const char *const names[] = { "Server 2025", "Server 2022", "Server 2019", "Server 2016", "Server 2012",
		"Server 2008", "Windows 11", "Windows 10", "Windows 8", "Windows 7" };
	for (size_t i = 0; i < ARRAY_LEN(names) && n > 5 && memcmp(line, "Name:", 5) == 0; i++) {
		if (memmem(line, n, names[i], strlen(names[i])) == NULL)
			continue;
		const char *number = strrchr(names[i], ' ') + 1;
		memcpy(m->version, number, strlen(number) + 1);
		return true;
	}
	return false;
}

static bool identify_windows(const struct tree *t, char breed[32], char version[64], char **how)
{
	static const char *const images[] = { "sources/install.wim", "sources/install.esd", "sources/install.swm" };
	for (size_t i = 0; i < ARRAY_LEN(images); i++) {
		struct mediainfo m = {0};
		if (!each_line(t, images[i], wim_name, &m))
			continue;
		memcpy(breed, "windows", 8);
		memcpy(version, m.version, strlen(m.version) + 1);
		*how = xasprintf("%s holds Windows %s", images[i], m.version);
		return true;
	}
	return false;
}

static bool identify_release(const struct tree *t, char breed[32], char version[64], char **how)
{
	for (size_t i = 0; i < t->ndirs; i++) {
		const char *dir = t->dirs[i].path;
		if (fnmatch("dists/*", dir, FNM_PATHNAME) != 0)
			continue;
		char *path = xasprintf("%s/Release", dir);
		struct strbuf b = {0};
		struct mediainfo m;
		bool found = false;
		if (load(t, path, &b)) {
			info_release(sb_str(&b), b.len, &m);
			found = name_it(&m, path, breed, version, how);
		}
		sb_free(&b);
		free_ptr(&path);
		if (found)
			return true;
	}
	return false;
}

bool identify_media(const struct tree *t, char breed[32], char version[64], char **how)
{
	static const struct {
		const char *path;
		void (*parse)(const char *p, size_t n, struct mediainfo *m);
	} files[] = {
		{ ".treeinfo", info_treeinfo },
		{ "treeinfo", info_treeinfo },
		{ ".disk/info", info_disk },
		{ ".cd-info", cdinfo },
		{ "version.info", version_info },
		{ "media.1/products", info_suse },
		{ "media.1/media", info_suse },
		{ "boot.cfg", info_bootcfg },
		{ "bin/freebsd-version", freebsd_version },
		{ "XS-REPOSITORY", xs_repository },
		{ ".discinfo", discinfo },
	};
	struct strbuf b = {0};
	bool found = false;
	for (size_t i = 0; !found && i < ARRAY_LEN(files); i++) {
		struct mediainfo m;
		if (!load(t, files[i].path, &b))
			continue;
		files[i].parse(sb_str(&b), b.len, &m);
		found = name_it(&m, files[i].path, breed, version, how);
	}
	sb_free(&b);
	return found || identify_release(t, breed, version, how) || identify_windows(t, breed, version, how);
}

/* ---- kernels by their usual places and names ---- */

static void add_kernel(struct value *kernels, const char *dir, const char *kernel, const char *initrd)
{
	struct value *d = v_dict();
	v_dict_set(d, "dir", v_str(dir));
	v_dict_set(d, "kernel", v_str(kernel));
	v_dict_set(d, "initrd", v_str(initrd));
	v_list_push(kernels, d);
}

/* The first of the space-separated paths that is a file; "" when none is. */
static char *first_file(const struct tree *t, const char *paths)
{
	while (*paths != '\0') {
		size_t n = strcspn(paths, " ");
		char *p = xstrndup(paths, n);
		if (tree_is_file(t, p))
			return p;
		free_ptr(&p);
		paths += n + strspn(paths + n, " ");
	}
	return xstrdup("");
}

/* Windows: "@wimboot" is the loader of that name in the TFTP directory, which the parent knows. */
static const struct place { const char *breed, *dir, *kernels, *initrds, *boot_files;
} places[] = {
	{ "freebsd", "", "boot/kernel/kernel",
		"boot/mfsroot.gz usr/freebsd-dist/base.txz boot/loader.efi boot/pxeboot boot/loader", "" },
	{ "xen", "boot", "boot/pxelinux/mboot.c32 boot/isolinux/mboot.c32 boot/mboot.c32 boot/vmlinuz", "boot/xen.gz",
		"xen.gz=boot/xen.gz vmlinuz=boot/vmlinuz install.img=install.img" },
	{ "vmware", "", "mboot.c32", "imgpayld.tgz b.b00 tboot.b00 boot.cfg", "" },
	{ "windows", "boot", "@wimboot", "boot/boot.sdi", "" },
};

static void add_boot_files(const struct tree *t, const char *list, struct value *boot_files)
{
	while (*list != '\0') {
		size_t n = strcspn(list, " "), eq = strcspn(list, "=");
		char *path = xstrndup(list + eq + 1, n - eq - 1);
		if (tree_is_file(t, path))
			v_dict_setn(boot_files, list, eq, v_str(path));
		free_ptr(&path);
		list += n + strspn(list + n, " ");
	}
}

static bool package(const char *name)
{
	return str_ends(name, ".deb") || str_ends(name, ".udeb") || str_ends(name, ".rpm") || str_ends(name, ".txt");
}

static void by_usual_names(const struct tree *t, bool isolinux, struct value *kernels)
{
	struct rx *kernel = NULL, *initrd = NULL;
	if (rx_compile("(vmlinu[xz]|linux(26)?|kernel|bzImage)([-_.].*)?$", &kernel, NULL) != CB_OK ||
	    rx_compile("(initrd|initramfs)[-_.0-9A-Za-z]*$", &initrd, NULL) != CB_OK)
		goto out;
	for (size_t i = 0; i < t->ndirs && v_len(kernels) < IMPORT_MAX_KERNELS; i++) {
		const struct tdir *d = &t->dirs[i];
		const char *k = NULL, *r = NULL;
		if (!isolinux && strstr(d->path, "isolinux") != NULL)
			continue;
		for (size_t j = 0; j < d->n; j++) {
			const char *name = d->names[j].name;
			if (d->names[j].kind == 'd' || package(name))
				continue;
			if (k == NULL && rx_match(kernel, name, strlen(name)))
				k = name;
			else if (r == NULL && rx_match(initrd, name, strlen(name)))
				r = name;
		}
		if (k == NULL || r == NULL)
			continue;
		char *kp = xasprintf("%s%s%s", d->path, *d->path != '\0' ? "/" : "", k);
		char *rp = xasprintf("%s%s%s", d->path, *d->path != '\0' ? "/" : "", r);
		add_kernel(kernels, d->path, kp, rp);
		free_ptr(&kp);
		free_ptr(&rp);
	}
out:
	rx_free(kernel);
	rx_free(initrd);
}

void usual_kernels(const struct tree *t, const char *breed, struct value *kernels, struct value *boot_files)
{
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		if (!str_eq(places[i].breed, breed))
			continue;
		char *k = *places[i].kernels == '@' ? xstrdup(places[i].kernels) : first_file(t, places[i].kernels);
		char *r = first_file(t, places[i].initrds);
		if (*k != '\0' && *r != '\0') {
			add_kernel(kernels, places[i].dir, k, r);
			add_boot_files(t, places[i].boot_files, boot_files);
		}
		free_ptr(&k);
		free_ptr(&r);
		return;
	}
	by_usual_names(t, false, kernels);
	if (v_len(kernels) == 0)
		by_usual_names(t, true, kernels);
}

/* ---- architecture ---- */

static const char *arch_of_path(const char *path)
{
	static const struct { const char *part, *arch;
	} names[] = {
		{ "install.amd", "x86_64" },
		{ "install.386", "i386" },
		{ "install.a64", "aarch64" },
		{ "install.ppc", "ppc64le" },
		{ "install.s390", "s390x" },
	};
	for (const char *p = path; *p != '\0'; ) {
		size_t n = strcspn(p, "/");
		char part[64] = "";
		if (n < sizeof(part)) {
			memcpy(part, p, n);
			part[n] = '\0';
			if (info_arch(part) != NULL)
				return info_arch(part);
			for (size_t i = 0; i < ARRAY_LEN(names); i++)
				if (str_eq(part, names[i].part))
					return names[i].arch;
		}
		p += n;
		p += *p == '/';
	}
	return NULL;
}

static const char *arch_of_info(const struct tree *t)
{
	static const struct {
		const char *path;
		void (*parse)(const char *p, size_t n, struct mediainfo *m);
	} files[] = {
		{ ".treeinfo", info_treeinfo },
		{ ".disk/info", info_disk },
		{ "media.1/media", info_suse },
	};
	struct strbuf b = {0};
	const char *arch = NULL;
	for (size_t i = 0; arch == NULL && i < ARRAY_LEN(files); i++) {
		struct mediainfo m;
		if (!load(t, files[i].path, &b))
			continue;
		files[i].parse(sb_str(&b), b.len, &m);
		arch = info_arch(m.arch);
	}
	for (size_t i = 0; arch == NULL && i < t->ndirs; i++) {
		struct mediainfo m;
		char *path = fnmatch("dists/*", t->dirs[i].path, FNM_PATHNAME) == 0
				     ? xasprintf("%s/Release", t->dirs[i].path)
				     : NULL;
		if (path != NULL && load(t, path, &b)) {
			info_release(sb_str(&b), b.len, &m);
			arch = info_arch(m.arch);
		}
		free_ptr(&path);
	}
	sb_free(&b);
	return arch;
}

static const char *arch_of_loader(const struct tree *t)
{
	static const struct { const char *name, *arch;
	} loaders[] = {
		{ "bootx64.efi", "x86_64" },
		{ "bootaa64.efi", "aarch64" },
		{ "bootia32.efi", "i386" },
		{ "bootarm.efi", "arm" },
	};
	for (size_t i = 0; i < t->ndirs; i++)
		for (size_t j = 0; j < t->dirs[i].n; j++)
			for (size_t k = 0; k < ARRAY_LEN(loaders); k++)
				if (strcasecmp(t->dirs[i].names[j].name, loaders[k].name) == 0)
					return loaders[k].arch;
	return NULL;
}

/* FreeBSD names its architecture in etc/motd and friends: "FreeBSD 13.0-RELEASE amd64". */
static const char *arch_of_motd(const struct tree *t)
{
	static const char *const files[] = { "etc/motd", "etc/motd.template", "usr/freebsd-dist/MANIFEST" };
	struct strbuf b = {0};
	const char *arch = NULL;
	for (size_t i = 0; arch == NULL && i < ARRAY_LEN(files); i++) {
		struct mediainfo m;
		if (load(t, files[i], &b)) {
			info_disk(sb_str(&b), b.len, &m);
			arch = info_arch(m.arch);
		}
	}
	sb_free(&b);
	return arch;
}

const char *guess_arch(const struct tree *t, const char *kernel)
{
	struct strbuf head = {0};
	const char *arch = arch_of_path(kernel);
	if (arch == NULL && tree_file(t, kernel, 4096, &head))
		arch = info_kernel_arch(head.p, head.len);
	sb_free(&head);
	if (arch == NULL)
		arch = arch_of_info(t);
	if (arch == NULL)
		arch = arch_of_motd(t);
	return arch != NULL ? arch : arch_of_loader(t);
}
