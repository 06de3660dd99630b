/* SPDX-License-Identifier: GPL-2.0-or-later
 * core_test.c - the path of every edit: names and references together, nothing half done when the disk or the process fails.
 */
#include "base/testkit.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "core/edit.h"

static void open_core(struct core *c)
{
	struct err e;
	if (core_open(c, &e) != CB_OK)
		fail_msg("%s", e.text);
}

/* field, text pairs up to NULL */
static struct item *make(enum item_type t, const char *const *pairs)
{
	struct item *it = item_new(t);
	struct err e;
	for (; *pairs != NULL; pairs += 2)
		if (item_set_str(it, pairs[0], pairs[1], &e) != CB_OK)
			fail_msg("%s: %s", pairs[0], e.text);
	return it;
}

static void add(struct core *c, enum item_type t, const char *const *pairs)
{
	struct err e;
	struct item *it = make(t, pairs);
	if (edit_save(c, it, true, false, &e) != CB_OK)
		fail_msg("%s", e.text);
	item_unref(it);
}

#define PAIRS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void fill(struct core *c)
{
	add(c, ITEM_DISTRO, PAIRS("name", "d", "kernel", "/boot/vmlinuz", "initrd", "/boot/initrd.img"));
	add(c, ITEM_PROFILE, PAIRS("name", "p", "distro", "d"));
	add(c, ITEM_PROFILE, PAIRS("name", "sub", "parent", "p"));
	add(c, ITEM_SYSTEM, PAIRS("name", "s", "profile", "p"));
	add(c, ITEM_SYSTEM, PAIRS("name", "s2", "profile", "sub"));
}

static struct item *get(struct core *c, enum item_type t, const char *name)
{
	struct item *it = model_get(c->model, t, name);
	if (it == NULL)
		fail_msg("%s %s is not there", item_table(t)->name, name);
	return it;
}

static void assert_field(struct core *c, enum item_type t, const char *name, const char *field, const char *want)
{
	struct item *it = get(c, t, name);
	assert_string_equal(item_str(it, field), want);
	item_unref(it);
}

/* Every reference is answered. */
static void assert_no_dangling(struct core *c)
{
	for (size_t t = 0; t < ITEM_TYPES; t++) {
		struct item_list l = model_items(c->model, (enum item_type)t);
		for (size_t i = 0; i < l.n; i++) {
			enum item_type pt;
			const char *name = item_parent(l.v[i], &pt);
			struct item *parent = *name != '\0' ? model_get(c->model, pt, name) : NULL;
			if (*name != '\0' && parent == NULL)
				fail_msg("%s %s refers to the missing %s", item_table((enum item_type)t)->name, item_name(l.v[i]), name);
			item_unref(parent);
		}
		item_list_free(&l);
	}
}

/* Item files; hidden temp files of a killed process must be gone when the store was opened. */
static size_t count_files(const char *plural)
{
	char *path = xasprintf("%s/var/lib/cobbler/collections/%s", root, plural);
	DIR *d = opendir(path);
	size_t n = 0;
	assert_non_null(d);
	for (struct dirent *de; (de = readdir(d)) != NULL; ) {
		n += de->d_name[0] != '.';
		if (str_ends(de->d_name, ".tmp"))
			fail_msg("%s is left over", de->d_name);
	}
	closedir(d);
	free(path);
	return n;
}

static void test_a_rename_takes_its_references_along(void **state)
{
	struct core c;
	struct err e;
	(void)state;
	open_core(&c);
	fill(&c);
	struct item *p = get(&c, ITEM_PROFILE, "p");
	assert_int_equal(edit_rename(&c, p, "q", &e), CB_OK);
	item_unref(p);
	assert_null(model_get(c.model, ITEM_PROFILE, "p"));
	for (int again = 0; again < 2; again++) {        /* in memory, then from disk */
		assert_field(&c, ITEM_PROFILE, "sub", "parent", "q");
		assert_field(&c, ITEM_SYSTEM, "s", "profile", "q");
		assert_field(&c, ITEM_SYSTEM, "s2", "profile", "sub");
		assert_no_dangling(&c);
		assert_int_equal(count_files("profiles"), 2);
		core_close(&c);
		open_core(&c);
	}
	/* A new name by modify and save is the same. */
	struct item *d = get(&c, ITEM_DISTRO, "d"), *edited = item_edit(d);
	assert_int_equal(item_set_str(edited, "name", "d2", &e), CB_OK);
	assert_int_equal(edit_save(&c, edited, false, false, &e), CB_OK);
	item_unref(edited);
	item_unref(d);
	assert_field(&c, ITEM_PROFILE, "q", "distro", "d2");
	assert_int_equal(count_files("distros"), 1);
	/* Onto a name that is taken: refused, nothing changed. */
	struct item *s = get(&c, ITEM_SYSTEM, "s");
	assert_int_equal(edit_rename(&c, s, "s2", &e), CB_EEXIST);
	item_unref(s);
	assert_field(&c, ITEM_SYSTEM, "s2", "profile", "sub");
	assert_int_equal(count_files("systems"), 2);
	core_close(&c);
}

static void test_a_failing_disk_changes_nothing(void **state)
{
	struct core c;
	struct err e;
	(void)state;
	open_core(&c);
	fill(&c);
	/* A directory where the file of the renamed item would be. */
	char *in_the_way = xasprintf("%s/var/lib/cobbler/collections/profiles/q.json", root);
	assert_int_equal(mkdir(in_the_way, 0755), 0);
	uint64_t version = model_version(c.model);
	struct item *p = get(&c, ITEM_PROFILE, "p");
	assert_int_equal(edit_rename(&c, p, "q", &e), CB_EIO);
	item_unref(p);
	assert_int_equal(model_version(c.model), version);
	assert_field(&c, ITEM_SYSTEM, "s", "profile", "p");
	assert_int_equal(rmdir(in_the_way), 0);
	free(in_the_way);
	assert_int_equal(count_files("profiles"), 2);
	assert_int_equal(count_files("systems"), 2);
	core_close(&c);
	open_core(&c);
	assert_no_dangling(&c);
	assert_field(&c, ITEM_SYSTEM, "s", "profile", "p");
	core_close(&c);
}

static void test_removal_spares_or_takes_children(void **state)
{
	struct core c;
	struct err e;
	(void)state;
	open_core(&c);
	fill(&c);
	assert_int_equal(edit_remove(&c, ITEM_DISTRO, "d", false, false, &e), CB_ESTATE);
	assert_string_equal(e.text, "removal would orphan profile: p");
	assert_int_equal(edit_remove(&c, ITEM_PROFILE, "p", false, false, &e), CB_ESTATE);
	assert_string_equal(e.text, "removal would orphan system: s");           /* before its subprofile */
	assert_int_equal(edit_remove(&c, ITEM_DISTRO, "nope", true, false, &e), CB_ENOENT);
	assert_string_equal(e.text, "cannot delete an object that does not exist: nope");
	assert_int_equal(edit_remove(&c, ITEM_PROFILE, "sub", true, false, &e), CB_OK);
	assert_null(model_get(c.model, ITEM_SYSTEM, "s2"));
	assert_int_equal(count_files("systems"), 1);
	assert_int_equal(edit_remove(&c, ITEM_DISTRO, "d", true, false, &e), CB_OK);
	for (size_t t = 0; t < ITEM_TYPES; t++)
		assert_int_equal(model_count(c.model, (enum item_type)t), 0);
	core_close(&c);
}

/* Cobbler 3.3.7 refuses an os_version that its signature file lacks. */
static void test_a_site_learns_the_signatures_of_what_it_stores(void **state)
{
	static const char site[] = "{\"breeds\":{\"debian\":{\"buster\":{\"mine\":1}}}}";
	struct core c;
	struct strbuf b = { 0 };
	struct err e;
	(void)state;
	char *path = path_of("/var/lib/cobbler/distro_signatures.json");
	put_file("/var/lib/cobbler/distro_signatures.json", site);
	open_core(&c);
	add(&c, ITEM_DISTRO, PAIRS("name", "old", "kernel", "/boot/k", "initrd", "/boot/i", "breed", "debian", "os_version", "buster"));
	assert_int_equal(file_read(AT_FDCWD, path, 1u << 20, &b, &e), CB_OK);
	assert_string_equal(sb_str(&b), site);
	sb_truncate(&b, 0);
	add(&c, ITEM_DISTRO, PAIRS("name", "new", "kernel", "/boot/k", "initrd", "/boot/i", "breed", "debian", "os_version", "bookworm"));
	assert_int_equal(file_read(AT_FDCWD, path, 1u << 20, &b, &e), CB_OK);
	assert_non_null(strstr(sb_str(&b), "\"mine\": 1"));
	assert_non_null(strstr(sb_str(&b), "\"bookworm\": {"));
	sb_free(&b);
	free(path);
	core_close(&c);
}

static void test_what_does_not_fit_is_refused(void **state)
{
	const struct { enum item_type t; const char *const *pairs; const char *text; } rows[] = {
		{ ITEM_PROFILE, PAIRS("name", "x"), "Error with profile x - distro is required" },
		{ ITEM_SYSTEM, PAIRS("name", "x"), "Error with system x - profile or image is required" },
		{ ITEM_DISTRO, PAIRS("name", "x"), "No kernel found at \"\", tried to copy to: \"/var/www/cobbler/images/x\"" },
		{ ITEM_PROFILE, PAIRS("name", "x", "distro", "nope"), "profile \"x\" refers to the distro \"nope\", which does not exist" },
		{ ITEM_SYSTEM, PAIRS("name", "s", "profile", "p"), "An object already exists with that name. Try 'edit'?" },
	};
	struct core c;
	(void)state;
	open_core(&c);
	fill(&c);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err e;
		struct item *it = make(rows[i].t, rows[i].pairs);
		assert_int_not_equal(edit_save(&c, it, true, false, &e), CB_OK);
		assert_string_equal(e.text, rows[i].text);
		item_unref(it);
	}
	/* p below its own child */
	struct err e;
	struct item *p = get(&c, ITEM_PROFILE, "p"), *edited = item_edit(p);
	item_put(edited, "parent", v_str("sub"));
	assert_int_equal(edit_save(&c, edited, false, false, &e), CB_EINVAL);
	assert_string_equal(e.text, "profile \"p\" would be its own ancestor");
	item_unref(edited);
	item_unref(p);
	core_close(&c);
}

/* Saves and renames until it is killed; each number written means: system n is saved. */
static void edit_for_ever(int ack)
{
	struct core c;
	struct err e;
	char name[32];
	if (core_open(&c, &e) != CB_OK)
		_exit(2);
	for (unsigned n = (unsigned)model_count(c.model, ITEM_SYSTEM);; n++) {
		CLEANUP(item_unrefp) struct item *p = model_get(c.model, ITEM_PROFILE, "p"),
			*profile = p != NULL ? NULL : model_get(c.model, ITEM_PROFILE, "q");
		snprintf(name, sizeof(name), "sys%u", n);
		CLEANUP(item_unrefp) struct item *it = item_new(ITEM_SYSTEM);
		if (item_set_str(it, "name", name, &e) != CB_OK || item_set_str(it, "profile", p != NULL ? "p" : "q", &e) != CB_OK ||
			edit_save(&c, it, false, false, &e) != CB_OK || write(ack, &n, sizeof(n)) != sizeof(n))
			_exit(3);
		const struct item *now = p != NULL ? p : profile;
		if (n % 7 == 0 && edit_rename(&c, now, p != NULL ? "q" : "p", &e) != CB_OK)
			_exit(4);
	}
}

static void check_after_kill(unsigned acknowledged)
{
	struct core c;
	open_core(&c);
	assert_no_dangling(&c);
	assert_int_equal(count_files("systems"), model_count(c.model, ITEM_SYSTEM));
	assert_int_equal(count_files("profiles"), model_count(c.model, ITEM_PROFILE));
	for (unsigned n = 0; n < acknowledged; n++) {
		char name[32];
		snprintf(name, sizeof(name), "sys%u", n);
		item_unref(get(&c, ITEM_SYSTEM, name));
	}
	struct item *p = model_get(c.model, ITEM_PROFILE, "p"), *q = model_get(c.model, ITEM_PROFILE, "q");
	assert_true((p != NULL) != (q != NULL));         /* an interrupted rename leaves one name */
	item_unref(p);
	item_unref(q);
	core_close(&c);
}

static void test_kill_loses_nothing_acknowledged_and_tears_nothing(void **state)
{
	struct core c;
	unsigned acknowledged = 0;
	(void)state;
	open_core(&c);
	add(&c, ITEM_DISTRO, PAIRS("name", "d", "kernel", "/boot/vmlinuz", "initrd", "/boot/initrd.img"));
	add(&c, ITEM_PROFILE, PAIRS("name", "p", "distro", "d"));
	core_close(&c);
	for (unsigned round = 0; round < 12; round++) {
		int ack[2], status;
		unsigned n, got = 0;
		unsigned char jitter;
		assert_int_equal(pipe(ack), 0);
		pid_t pid = fork();
		assert_int_not_equal(pid, -1);
		if (pid == 0) {
			close(ack[0]);
			edit_for_ever(ack[1]);
		}
		close(ack[1]);
		random_bytes(&jitter, 1);
		while (got < 1u + jitter % 16 && read(ack[0], &n, sizeof(n)) == sizeof(n)) {
			acknowledged = n + 1;
			got++;
		}
		usleep(jitter * 10);                     /* somewhere in the next edit */
		kill(pid, SIGKILL);
		while (read(ack[0], &n, sizeof(n)) == sizeof(n))
			acknowledged = n + 1;
		close(ack[0]);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (!WIFSIGNALED(status))
			fail_msg("the editor ended by itself with status %d", WEXITSTATUS(status));
		check_after_kill(acknowledged);
	}
	char *path = xasprintf("%s/var/lib/cobbler/collections/systems/.damaged", root);
	assert_int_equal(access(path, F_OK), -1);
	free(path);
}

/* Whatever an item names: what the server keeps for itself, machines do not get. */
static void test_the_servers_own_files_are_not_served(void **state)
{
	static const struct { const char *path; bool served; } files[] = {
		{ "/srv/tftpboot/x", true }, { "/var/lib/cobbler/loaders/x", true }, { "/var/lib/cobbler/edits.journal", false },
		{ "/var/lib/cobbler/web.ss", false }, { "/var/lib/cobbler/collections/systems/x.json", false },
		{ "/etc/cobbler/users.digest", false }, { "/var/log/cobbler/cobbler.log", false } };
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct err e;
		char *path = path_of(files[i].path), *dir = xstrndup(path, (size_t)(strrchr(path, '/') - path));
		assert_int_equal(dir_make(dir, 0755, &e), CB_OK);
		assert_int_equal(file_replace(AT_FDCWD, path, "x", 1, 0600, &e), CB_OK);
		if (core_may_serve(path) != files[i].served)
			fail_msg("%s is %s", files[i].path, files[i].served ? "not served" : "served");
		free(dir);
		free(path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_rename_takes_its_references_along, root_make, root_remove),
		cmocka_unit_test_setup_teardown(test_a_failing_disk_changes_nothing, root_make, root_remove),
		cmocka_unit_test_setup_teardown(test_removal_spares_or_takes_children, root_make, root_remove),
		cmocka_unit_test_setup_teardown(test_a_site_learns_the_signatures_of_what_it_stores, root_make, root_remove),
		cmocka_unit_test_setup_teardown(test_the_servers_own_files_are_not_served, root_make, root_remove),
		cmocka_unit_test_setup_teardown(test_what_does_not_fit_is_refused, root_make, root_remove),
		cmocka_unit_test_setup_teardown(test_kill_loses_nothing_acknowledged_and_tears_nothing, root_make, root_remove),
	};
	log_init("test", LOG_LVL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
