/* SPDX-License-Identifier: GPL-2.0-or-later
 * kopts.c - the kernel's command line, one row of a table for each family of operating systems.
 */
#include <ctype.h>
#include <string.h>

#include "boot/kopts.h"

/* compat: utils.dict_to_string - falsy values give the bare key; blanks inside a value bring single quotes. */
static void add_pair(struct strbuf *out, const char *key, const struct value *v)
{
	struct strbuf t = { 0 };
	v_py_str(&t, v);
	const char *s = sb_str(&t);
	size_t n = t.len;
	while (n > 0 && isspace((unsigned char)*s))
		s++, n--;
	while (n > 0 && isspace((unsigned char)s[n - 1]))
		n--;
	const char *quote = memchr(s, ' ', n) != NULL ? "'" : "";
	sb_addf(out, "%s=%s%.*s%s ", key, quote, (int)n, s, quote);
	sb_free(&t);
}

void kopts_text(struct strbuf *out, const struct value *opts)
{
	if (!v_is(opts, V_DICT)) {
		if (opts != NULL)
			v_py_str(out, opts);
		return;
	}
	for (size_t i = 0; i < v_len(opts); i++) {
		const char *key = v_dict_key(opts, i);
		const struct value *v = v_dict_at(opts, i);
		if (!v_truthy(v) || v_str_is(v, "~"))
			sb_addf(out, "%s ", key);
		else if (v_is(v, V_LIST))
			for (size_t k = 0; k < v_len(v); k++)
				add_pair(out, key, v_list_at(v, k));
		else
			add_pair(out, key, v);
	}
}

/* ---- rules of the families ---- */

static const struct value *meta_of(const struct kopts_in *in, const char *key)
{
	return v_dict_get(in->meta, key);
}

static void replace_all(struct strbuf *b, const char *from, const char *to)
{
	struct strbuf r = { 0 };
	const char *at = sb_str(b), *hit;
	while ((hit = strstr(at, from)) != NULL) {
		sb_add(&r, at, (size_t)(hit - at));
		sb_adds(&r, to);
		at = hit + strlen(from);
	}
	sb_adds(&r, at);
	sb_truncate(b, 0);
	sb_add(b, sb_str(&r), r.len);
	sb_free(&r);
}

/* b: the line so far; opts: the options alone; url: of the answer file. */
typedef void rule_fn(struct strbuf *b, const struct kopts_in *in, const char *opts, const char *url);

static void add_tree(struct strbuf *b, const struct kopts_in *in, const char *key)
{
	const struct value *tree = meta_of(in, "tree");
	if (v_truthy(tree)) {
		sb_addf(b, " %s=", key);
		v_py_str(b, tree);
	}
}

/* compat: with iPXE the loader, not the kernel, knows which device booted. */
static void ipxe_device(struct strbuf *b, const struct kopts_in *in)
{
	if (in->enable_ipxe)
		replace_all(b, "ksdevice=bootif", "ksdevice=${net0/mac}");
}

static void rule_anaconda_old(struct strbuf *b, const struct kopts_in *in, const char *opts UNUSED, const char *url)
{
	sb_addf(b, " kssendmac ks=%s", url);
	add_tree(b, in, "repo");
	ipxe_device(b, in);
}

static void rule_anaconda(struct strbuf *b, const struct kopts_in *in, const char *opts UNUSED, const char *url)
{
	sb_addf(b, " inst.ks.sendmac inst.ks=%s", url);
	add_tree(b, in, "inst.repo");
	ipxe_device(b, in);
}

static void rule_autoyast(struct strbuf *b, const struct kopts_in *in, const char *opts UNUSED, const char *url)
{
	sb_addf(b, " autoyast=%s", url);
	if (*in->mgmt_mac != '\0' && !str_starts(in->arch, "s390"))
		sb_addf(b, " netdevice=%s", in->mgmt_mac);
}

/* From 16 on SUSE installs with Agama: a live system that takes the address of its profile. */
static void rule_agama(struct strbuf *b, const struct kopts_in *in, const char *opts, const char *url)
{
	const struct value *tree = meta_of(in, "tree");
	if (v_truthy(tree) && strstr(opts, "root=live:") == NULL) {
		sb_adds(b, " root=live:");
		v_py_str(b, tree);
		sb_adds(b, "/LiveOS/squashfs.img");
	}
	if (strstr(opts, "inst.auto=") == NULL)
		sb_addf(b, " inst.auto=%s", url);
}

static void rule_debian_installer(struct strbuf *b, const struct kopts_in *in, const char *opts UNUSED, const char *url)
{
	sb_addf(b, " auto-install/enable=true priority=critical netcfg/choose_interface=auto url=%s", url);
	if (*in->mgmt_interface != '\0')
		sb_addf(b, " netcfg/choose_interface=%s", in->mgmt_interface);
}

#define CASPER "/casper/"           /* the folder of live media with kernel, ramdisk and root file system */

/* Where a live system takes its root file system from: what the site names, else the tree that the kernel is of, where our own NFS server
 * has it. A site that says so in its own options is left alone. */
static void add_live_medium(struct strbuf *b, const struct kopts_in *in, const char *opts)
{
	const struct value *iso = meta_of(in, "iso"), *nfsroot = meta_of(in, "nfsroot");
	if (strstr(opts, "ip=") == NULL)
		sb_adds(b, " ip=dhcp");
	if (strstr(opts, "nfsroot=") != NULL || strstr(opts, "url=") != NULL)
		return;
	if (v_truthy(nfsroot)) {
		sb_adds(b, " netboot=nfs nfsroot=");
		v_py_str(b, nfsroot);
	} else if (v_truthy(iso)) {
		sb_adds(b, " url=");
		v_py_str(b, iso);
	} else if (*in->nfs_kernel != '\0') {
		sb_addf(b, " netboot=nfs nfsroot=%.*s", (int)(strstr(in->nfs_kernel, CASPER) - in->nfs_kernel), in->nfs_kernel);
	}
}

/* Live media know no preseed: cloud-init fetches user-data and meta-data below a URL that must end with a slash. */
static void rule_nocloud(struct strbuf *b, const struct kopts_in *in, const char *opts, const char *url UNUSED)
{
	bool of_system = *in->system != '\0';
	if (strstr(opts, "nocloud") == NULL)
		sb_addf(b, " autoinstall ds=nocloud-net;s=http://%s/cblr/svc/op/nocloud/%s/%s/ cloud-config-url=/dev/null",
			in->http_server, of_system ? "system" : "profile", of_system ? in->system : in->profile);
}

static void rule_freebsd(struct strbuf *b, const struct kopts_in *in UNUSED, const char *opts UNUSED, const char *url)
{
	sb_addf(b, " ks=%s", url);
	replace_all(b, "ksdevice=", "interface=");
	replace_all(b, "lang=", "locale=");
	replace_all(b, "interface=bootif", "");
}

/* compat: ESXi's line is made anew from the options alone. */
static void rule_esxi(struct strbuf *b, const struct kopts_in *in UNUSED, const char *opts, const char *url)
{
	sb_truncate(b, 0);
	sb_addf(b, " ks=%s %s", url, opts);
	replace_all(b, "kssendmac", "");
	replace_all(b, "ksdevice=bootif", "");
}

static void rule_esx4(struct strbuf *b, const struct kopts_in *in UNUSED, const char *opts UNUSED, const char *url)
{
	sb_addf(b, " vmkopts=debugLogToSerial:1 mem=512M ks=%s", url);
	replace_all(b, "ksdevice=bootif", "");
}

/* compat: multiboot modules in one append line, as pxelinux's mboot.c32 wants them; nothing may follow. */
static void rule_xenserver(struct strbuf *b, const struct kopts_in *in, const char *opts UNUSED, const char *url)
{
	sb_truncate(b, 0);
	sb_addf(b, "append /images/%s/xen.gz dom0_max_vcpus=2 dom0_mem=752M com1=115200,8n1 console=com1,vga"
		" --- /images/%s/vmlinuz xencons=hvc console=hvc0 console=tty0 install answerfile=%s"
		" --- /images/%s/install.img", in->distro_name, in->distro_name, url, in->distro_name);
}

static void rule_powerkvm(struct strbuf *b, const struct kopts_in *in UNUSED, const char *opts UNUSED, const char *url)
{
	sb_addf(b, " kssendmac kvmp.inst.auto=%s", url);
}

enum how { HOW_ANY, HOW_EXACT, HOW_CONTAINS };

/* Rows are tried from the top; a breed may have several, the most special first. */
static const struct rule {
	const char *breed;
	enum how how;
	const char *versions;      /* blank-separated */
	const char *kernel;        /* must occur in the kernel's path; NULL: any */
	rule_fn *fn;
} rules[] = {
	{ "redhat", HOW_EXACT, "rhel4 rhel5 rhel6 fedora16", NULL, rule_anaconda_old },
	{ "redhat", HOW_ANY, "", NULL, rule_anaconda },
	{ "suse", HOW_EXACT, "sles16 sles16.0 sles16generic opensuse16 opensuse16.0 opensuse16generic", NULL, rule_agama },
	{ "suse", HOW_ANY, "", NULL, rule_autoyast },
	{ "ubuntu", HOW_ANY, "", CASPER, rule_nocloud },
	{ "debian", HOW_ANY, "", NULL, rule_debian_installer },
	{ "ubuntu", HOW_ANY, "", NULL, rule_debian_installer },
	{ "freebsd", HOW_ANY, "", NULL, rule_freebsd },
	{ "vmware", HOW_CONTAINS, "esxi", NULL, rule_esxi },
	{ "vmware", HOW_ANY, "", NULL, rule_esx4 },
	{ "xen", HOW_CONTAINS, "xenserver620", NULL, rule_xenserver },
	{ "powerkvm", HOW_ANY, "", NULL, rule_powerkvm },
};

static bool is_word_of(const char *words, const char *w)
{
	size_t n = strlen(w);
	for (const char *at = words; n > 0 && (at = strstr(at, w)) != NULL; at += n)
		if ((at == words || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0'))
			return true;
	return false;
}

static const struct rule *find_rule(const struct kopts_in *in)
{
	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		const struct rule *r = &rules[i];
		if (!str_eq(r->breed, in->breed) || (r->kernel != NULL && strstr(in->kernel, r->kernel) == NULL))
			continue;
		if (r->how == HOW_ANY || (r->how == HOW_EXACT && is_word_of(r->versions, in->os_version)) ||
			(r->how == HOW_CONTAINS && strstr(in->os_version, r->versions) != NULL))
			return r;
	}
	return NULL;
}

/* compat: utils.kopts_overwrite - SUSE's text mode, and the URL that switches netboot off. */
static struct value *overwrite(const struct kopts_in *in)
{
	struct value *k = v_is(in->opts, V_DICT) ? v_copy(in->opts) : v_dict();
	if (!in->has_distro || !str_eq(in->breed, "suse"))
		return k;
	bool text = v_dict_get(k, "text") != NULL, textmode = v_dict_get(k, "textmode") != NULL;
	v_dict_del(k, "text");
	if (text && !textmode) {
		struct value *one = v_list();
		v_list_push(one, v_str("1"));
		v_dict_set(k, "textmode", one);
	}
	if (*in->system != '\0' && *in->server != '\0')
		v_dict_set(k, "info", v_strf("http://%s/cblr/svc/op/nopxe/system/%s", in->server, in->system));
	return k;
}

/* Debian's installer asks for what a preseed file says too late: host name, domain, suite. */
static void add_identity(struct strbuf *b, const struct kopts_in *in)
{
	struct strbuf host = { 0 };
	const char *domain = "local.lan";
	if (*in->system == '\0') {
		for (const char *s = in->profile; *s != '\0'; s++)
			if (*s != '_')
				sb_addc(&host, *s);
	} else if (*in->hostname != '\0') {
		const char *dot = strchr(in->hostname, '.');
		sb_add(&host, in->hostname, dot != NULL ? (size_t)(dot - in->hostname) : strlen(in->hostname));
		if (dot != NULL)
			domain = dot + 1;
	} else {
		sb_adds(&host, in->system);
	}
	sb_addf(b, " hostname=%s domain=%s suite=%s", sb_str(&host), domain, in->os_version);
	sb_free(&host);
}

static bool is_url(const char *s)
{
	const char *p = s;
	while (isalpha((unsigned char)*p))
		p++;
	return str_starts(p, "://");
}

/* Returns false when nothing may follow. */
static bool add_answer_file(struct strbuf *b, const struct kopts_in *in, const char *opts, const struct rule *rule)
{
	struct strbuf url = { 0 };
	bool of_system = *in->system != '\0';
	if (rule == NULL || *in->autoinstall == '\0')
		return true;
	if (is_url(in->autoinstall))
		sb_adds(&url, in->autoinstall);
	else
		sb_addf(&url, "http://%s/cblr/svc/op/autoinstall/%s/%s", in->http_server, of_system ? "system" : "profile",
			of_system ? in->system : in->profile);
	rule->fn(b, in, opts, sb_str(&url));
	sb_free(&url);
	return rule->fn != rule_xenserver;
}

void kopts_build(struct strbuf *out, const struct kopts_in *in)
{
	struct value *k = overwrite(in);
	struct strbuf b = { 0 }, opts = { 0 };
	const struct value *initrd = v_dict_get(k, "initrd");
	if (initrd != NULL) {
		sb_addc(&b, ',');
		v_py_str(&b, initrd);
		v_dict_del(k, "initrd");
	}
	kopts_text(&opts, k);
	sb_addf(&b, " %s", sb_str(&opts));
	const struct rule *rule = in->has_distro ? find_rule(in) : NULL;
	if (rule != NULL && rule->fn == rule_nocloud)
		add_live_medium(&b, in, sb_str(&opts));
	bool more = add_answer_file(&b, in, sb_str(&opts), rule);
	if (more && in->has_distro && (str_eq(in->breed, "debian") || str_eq(in->breed, "ubuntu")) &&
		(rule == NULL || rule->fn != rule_nocloud))
		add_identity(&b, in);
	if (more && str_eq(in->arch, "arm"))
		sb_adds(&b, " fixrtc vram=48M omapfb.vram=0:24M");
	sb_add(out, sb_str(&b), b.len);
	sb_free(&b);
	sb_free(&opts);
	v_unref(k);
}

bool kopts_serial(int64_t device, int64_t baud, int64_t *line, int64_t *speed)
{
	*line = device == -1 ? 0 : device;
	*speed = baud == -1 ? 115200 : baud;
	return device > -1 || baud != -1;
}

void kopts_console(struct strbuf *out, const struct kopts_in *in)
{
	int64_t line, speed;
	if (*in->system != '\0' && str_eq(in->arch, "x86_64") &&
		kopts_serial(in->serial_device, in->serial_baud, &line, &speed))
		sb_addf(out, " console=ttyS%lld,%lld", (long long)line, (long long)speed);
}
