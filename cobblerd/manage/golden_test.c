/* SPDX-License-Identifier: GPL-2.0-or-later
 * golden_test.c - a full sync of recorded items with the recorded site's templates gives the recorded files, byte for
 * byte. The recordings lie beside the checkout; without them there is nothing to compare with.
 */
#include "base/testkit.h"

#include <dirent.h>
#include <ftw.h>
#include <sys/stat.h>

#include "manage/manage.h"
#include "value/json.h"
#include "value/yaml.h"

#define GOLDEN "../shared/golden"

static struct core core;
static bool have_core;

/* The settings of the recording: the site's own and what was switched on. */
static void write_settings(bool dnsmasq)
{
	static const char on[] = "{\"server\":\"192.168.1.1\",\"next_server_v4\":\"192.168.1.1\",\"manage_dhcp\":true,"
				 "\"manage_dhcp_v4\":true,"
				 "\"manage_dns\":true,\"manage_rsync\":true,\"enable_ipxe\":true,\"manage_forward_"
				 "zones\":[\"example.org\"],"
				 "\"manage_reverse_zones\":[\"192.168.1\"]}";
	struct strbuf b = { 0 }, out = { 0 };
	struct value *v = NULL, *more = NULL;
	char *path = xasprintf("%s/etc/cobbler/settings.yaml", root);
	struct err e;
	assert_int_equal(file_read(AT_FDCWD, path, 1u << 20, &b, &e), CB_OK);
	assert_int_equal(yaml_parse(b.p, b.len, &v, &e), CB_OK);
	assert_int_equal(json_parse(on, strlen(on), &more, &e), CB_OK);
	for (size_t i = 0; i < v_len(more); i++)
		v_dict_set(v, v_dict_key(more, i), v_ref(v_dict_at(more, i)));
	yaml_write(&out, v, true);
	put_file("/etc/cobbler/settings.yaml", sb_str(&out));
	if (dnsmasq) {
		static const char modules[] = "[authentication]\nmodule = authentication.configfile\n[authorization]\nmodule = "
			"authorization.allowall\n[dns]\nmodule = managers.dnsmasq\n[dhcp]\nmodule = managers.dnsmasq\n";
		put_file("/etc/cobbler/modules.conf", modules);
	}
	v_unref(v);
	v_unref(more);
	sb_free(&b);
	sb_free(&out);
	free(path);
}

/* /srv/kern of the recording stands for a folder with kernels: ours is below the root. */
static int move_kernels(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)ftw;
	if (type != FTW_F || !str_ends(path, ".json"))
		return 0;
	struct strbuf b = { 0 }, out = { 0 };
	assert_int_equal(file_read(AT_FDCWD, path, 1u << 20, &b, NULL), CB_OK);
	for (const char *s = sb_str(&b), *hit; *s != '\0'; s = hit + strlen("/srv/kern")) {
		hit = strstr(s, "/srv/kern");
		if (hit == NULL) {
			sb_adds(&out, s);
			break;
		}
		sb_add(&out, s, (size_t)(hit - s));
		sb_addf(&out, "%s/kern", root);
	}
	assert_int_equal(file_replace(AT_FDCWD, path, sb_str(&out), out.len, 0644, NULL), CB_OK);
	sb_free(&b);
	sb_free(&out);
	return 0;
}

static bool open_site(const char *which)
{
	struct err e;
	char *items = xasprintf(GOLDEN "/files/%s/var/lib/cobbler/collections", which);
	bool here = access(items, R_OK) == 0;
	if (!here) {
		print_message("SKIP: %s is not there\n", items);
		free(items);
		return false;
	}
	assert_int_equal(root_make(NULL), 0);
	copy_in(GOLDEN "/site/etc/cobbler", "/etc");
	copy_in(GOLDEN "/site/var/lib/cobbler", "/var/lib");
	copy_in(items, "/var/lib/cobbler");
	free(items);
	char *collections = xasprintf("%s/var/lib/cobbler/collections", root);
	assert_int_equal(nftw(collections, move_kernels, 8, FTW_PHYS), 0);
	free(collections);
	put_file("/kern/linux", "kernel\n");
	put_file("/kern/initrd.gz", "initrd\n");
	static const char bootcfg[] = "kernel=/b.b00\nmodules=/jumpstrt.gz --- /useropts.gz\n";
	put_file("/kern/boot.cfg", bootcfg);
	write_settings(str_eq(which, "dnsmasq"));
	if (core_open(&core, &e) != CB_OK)
		fail_msg("%s", e.text);
	have_core = true;
	return true;
}

static int teardown(void **state)
{
	(void)state;
	if (have_core)
		core_close(&core);
	have_core = false;
	if (root[0] != '\0') {
		const char *argv[] = { "rm", "-rf", "--", root, NULL };
		run(argv);
	}
	root[0] = '\0';
	return 0;
}

/* What changes with the day. */
static bool is_masked(const char *line)
{
	return strstr(line, "; Serial") != NULL || str_starts(line, "# generated from cobbler dhcp.conf") ||
		str_starts(line, "# Mon Nov 23");
}

static size_t different;

static void mismatch(const char *path, const char *why)
{
	different++;
	print_message("DIFFERENT %s: %s\n", path, why);
}

static void compare_text(const char *path, char *want, char *got)
{
	char *w = want, *g = got;
	for (size_t line = 1; *w != '\0' || *g != '\0'; line++) {
		size_t wn = strcspn(w, "\n"), gn = strcspn(g, "\n");
		char we = w[wn], ge = g[gn];
		w[wn] = '\0';
		g[gn] = '\0';
		if ((strcmp(w, g) != 0 || we != ge) && !(is_masked(w) && (is_masked(g) || str_starts(g, "# ")))) {
			char *why = xasprintf("line %zu\n  want: %s\n  got:  %s", line, w, g);
			mismatch(path, why);
			free(why);
			return;
		}
		w += wn + (we != '\0');
		g += gn + (ge != '\0');
	}
}

static void compare_file(const char *golden, const char *path)
{
	struct strbuf want = { 0 }, got = { 0 };
	char *mine = xasprintf("%s%s", root, path);
	assert_int_equal(file_read(AT_FDCWD, golden, 1u << 20, &want, NULL), CB_OK);
	if (file_read(AT_FDCWD, mine, 1u << 20, &got, NULL) != CB_OK)
		mismatch(path, "is not there");
	else
		compare_text(path, want.p != NULL ? want.p : (char[]){ "" }, got.p != NULL ? got.p : (char[]){ "" });
	sb_free(&want);
	sb_free(&got);
	free(mine);
}

static size_t compared;

static void compare_tree(const char *golden, const char *path)
{
	DIR *d = opendir(golden);
	assert_non_null(d);
	for (struct dirent *de; (de = readdir(d)) != NULL; ) {
		struct stat st;
		if (de->d_name[0] == '.')
			continue;
		char *g = xasprintf("%s/%s", golden, de->d_name), *p = xasprintf("%s/%s", path, de->d_name);
		assert_int_equal(stat(g, &st), 0);
		if (S_ISDIR(st.st_mode)) {
			compare_tree(g, p);
		} else {
			compare_file(g, p);
			compared++;
		}
		free(g);
		free(p);
	}
	closedir(d);
}

static void sync_now(void)
{
	struct err e;
	if (manage_sync(&core, NULL, NULL, &e) != CB_OK)
		fail_msg("sync: %s", e.text);
}

/* Lists in the files are in the order in which the recorded server had come to know its systems. */
static void put_in_order(const char *const *names)
{
	for (; *names != NULL; names++) {
		struct item *it = model_get(core.model, ITEM_SYSTEM, *names);
		assert_non_null(it);
		model_remove(core.model, it);
		model_publish(core.model, it, NULL);
	}
}

static void check(const char *which, const char *const *order, const char *const *files)
{
	if (!open_site(which))
		skip();
	put_in_order(order);
	different = compared = 0;
	sync_now();
	char *tree = xasprintf(GOLDEN "/files/%s/srv/tftpboot", which);
	compare_tree(tree, "/srv/tftpboot");
	free(tree);
	for (; *files != NULL; files++, compared++) {
		char *g = xasprintf(GOLDEN "/files/%s%s", which, *files);
		compare_file(g, *files);
		free(g);
	}
	print_message("%zu files compared\n", compared);
	assert_true(compared > 30);
	assert_int_equal(different, 0);
}

static void test_isc_and_bind(void **state)
{
	(void)state;
	static const char *const files[] = { "/etc/dhcp/dhcpd.conf", "/etc/bind/named.conf", "/etc/secondary.conf",
		"/etc/bind/db./example.org", "/etc/bind/db./192.168.1", "/etc/rsyncd.conf", NULL };
	static const char *const order[] = {"s-rh", "s-deb", "s-suse", "s-esx", "s-arm", "s-ppc", "s-s390", "s-win",
		"s-xenh", "s-local", "s-nomac", "s-img", NULL};
	check("isc-bind", order, files);
}

static void test_dnsmasq(void **state)
{
	(void)state;
	static const char *const files[] = {
		"/etc/dnsmasq.conf", "/etc/ethers", "/var/lib/cobbler/cobbler_hosts", "/etc/rsyncd.conf", NULL};
	static const char *const order[] = {"s-arm", "s-xenh", "s-rh", "s-nomac", "s-suse", "s-local", "s-ppc", "s-esx",
		"s-win", "s-s390", "s-deb", NULL};
	check("dnsmasq", order, files);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_isc_and_bind, teardown),
		cmocka_unit_test_teardown(test_dnsmasq, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
