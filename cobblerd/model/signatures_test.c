/* SPDX-License-Identifier: GPL-2.0-or-later
 * signatures_test.c - the table is sound, a site's file takes precedence, validation words its refusals as 3.3.7 does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "model/signatures.h"
#include "model/signatures_table.h"
#include "value/json.h"

static void must_compile(const struct value *v)
{
	int code = 0;
	size_t at = 0;
	if (!v_is(v, V_STR))
		return;
	pcre2_code *re = pcre2_compile((PCRE2_SPTR)v_cstr(v), PCRE2_ZERO_TERMINATED, PCRE2_ANCHORED, &code, &at, NULL);
	if (re == NULL)
		fail_msg("\"%s\" does not compile: error %d at %zu", v_cstr(v), code, at);
	pcre2_code_free(re);
}

static void test_every_row_is_shown_and_compiles(void **state)
{
	(void)state;
	struct value *all = signatures_builtin();
	const struct value *breeds = v_dict_get(all, "breeds");
	size_t n = 0;
	assert_int_equal(v_len(breeds), sig_nbreeds);
	for (size_t i = 0; i < v_len(breeds); i++) {
		const struct value *versions = v_dict_at(breeds, i);
		n += v_len(versions);
		for (size_t j = 0; j < v_len(versions); j++) {
			const struct value *s = v_dict_at(versions, j);
			static const char *const exprs[] = { "version_file", "version_file_regex", "kernel_arch",
							     "kernel_arch_regex", "kernel_file", "initrd_file" };
			for (size_t k = 0; k < ARRAY_LEN(exprs); k++)
				must_compile(v_dict_get(s, exprs[k]));
			assert_true(v_is(v_dict_get(s, "signatures"), V_LIST));
			assert_true(v_is(v_dict_get(s, "boot_files"), V_LIST));
			assert_true(v_len(v_dict_get(s, "supported_arches")) > 0);
		}
	}
	assert_int_equal(n, sig_nrows);      /* no name twice, no row of an unknown breed */
	v_unref(all);
}

static void test_rows_expand(void **state)
{
	(void)state;
	struct value *s = signature_find("debian", "bookworm"), *l = signature_find("suse", "opensuse15.4");
	struct value *w = signature_find("windows", "11");
	assert_non_null(strstr(v_cstr(v_dict_get(s, "version_file_regex")), "Codename: bookworm"));
	assert_true(v_list_has_str(v_dict_get(l, "signatures"), ""));
	assert_int_equal(v_len(v_dict_get(v_dict_get(w, "boot_loaders"), "x86_64")), 3);
	assert_int_equal(v_len(v_dict_get(v_dict_get(w, "boot_loaders"), "aarch64")), 0);
	assert_null(signature_find("debian", "nope"));
	v_unref(s);
	v_unref(l);
	v_unref(w);
}

static void use_site(const char *json)
{
	struct err e;
	struct value *v = NULL;
	assert_int_equal(json_parse(json, strlen(json), &v, &e), CB_OK);
	assert_int_equal(signatures_set(v, &e), CB_OK);
}

#define SITE                                                                                                           \
	"{\"breeds\":{\"redhat\":{\"rhel4\":{\"supported_arches\":[\"i386\",\"ia64\"]},\"rhel5\":{\"supported_"        \
	"arches\":[\"i386\"],"                                                                                         \
	"\"boot_loaders\":{\"i386\":[\"pxe\"]}}},\"unix\":{}}}"

static void test_site_file_is_what_clients_see(void **state)
{
	(void)state;
	use_site(SITE);
	struct value *b = signatures_breeds(), *v = signatures_os_versions("redhat"), *a = signatures_archs();
	struct value *all = signatures_os_versions(NULL), *none = signatures_os_versions("bogus");
	assert_int_equal(v_len(b), 2);
	assert_int_equal(v_len(v), 2);
	assert_int_equal(v_len(a), 2);
	assert_int_equal(v_len(all), 2);
	assert_int_equal(v_len(none), 0);
	struct value *l = signatures_boot_loaders("redhat", "rhel5", "i386"),
		     *d = signatures_boot_loaders("x", "y", "aarch64");
	assert_int_equal(v_len(l), 1);
	assert_int_equal(v_len(d), 1);
	struct value *m = signatures_merged();
	assert_non_null(v_dict_get(v_dict_get(v_dict_get(m, "breeds"), "redhat"), "rhel10"));
	assert_non_null(v_dict_get(v_dict_get(m, "breeds"), "debian"));
	struct value *done[] = { b, v, a, all, none, l, d, m };
	for (size_t i = 0; i < ARRAY_LEN(done); i++)
		v_unref(done[i]);
	struct err e;
	assert_int_equal(signatures_set(NULL, &e), CB_OK);
}

static void test_validation(void **state)
{
	(void)state;
	struct err e;
	struct value *v = NULL;
	use_site(SITE);
	assert_int_equal(signatures_check_breed("RedHat", &v, &e), CB_OK);
	assert_string_equal(v_cstr(v), "redhat");
	v_unref(v);
	assert_int_equal(signatures_check_breed("", &v, &e), CB_OK);
	v_unref(v);
	assert_int_equal(signatures_check_breed("nope", &v, &e), CB_EINVAL);
	assert_string_equal(e.cls, "ValueError");
	assert_string_equal(e.text,
		"Invalid value for breed (\"nope\"). Must be one of redhat, unix, different breeds have different "
		"levels of support!");
	assert_int_equal(signatures_check_os_version("nope", "redhat", &v, &e), CB_EINVAL);
	assert_string_equal(e.text, "os_version for breed \"redhat\" must be one of rhel4, rhel5, given was \"nope\"");
	/* what only our own table knows is accepted beside an old site's file */
	assert_int_equal(signatures_check_os_version("RHEL10", "redhat", &v, &e), CB_OK);
	assert_string_equal(v_cstr(v), "rhel10");
	v_unref(v);
	assert_int_equal(signatures_check_os_version("bookworm", "debian", &v, &e), CB_OK);
	v_unref(v);
	assert_int_equal(signatures_check_os_version("rhel4", "RedHat", &v, &e), CB_EINVAL);
	assert_int_equal(signatures_check_os_version("rhel4", "", &v, &e), CB_OK);
	assert_string_equal(v_cstr(v), "");
	v_unref(v);
	assert_int_equal(signatures_set(NULL, &e), CB_OK);
}

static void test_malformed_files_leave_the_old_snapshot(void **state)
{
	(void)state;
	static const char *const bad[] = { "[]", "{}", "{\"breeds\":[]}", "{\"breeds\":{\"a\":1}}",
		"{\"breeds\":{\"a\":{\"b\":[]}}}", "{" };
	struct err e;
	use_site(SITE);
	char path[] = "/tmp/signatures-test-XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_int_equal(ftruncate(fd, 0), 0);
		assert_int_equal(pwrite(fd, bad[i], strlen(bad[i]), 0), (ssize_t)strlen(bad[i]));
		assert_int_not_equal(signatures_load(path, &e), CB_OK);
		assert_non_null(strstr(e.text, path));
		struct value *b = signatures_breeds();
		assert_int_equal(v_len(b), 2);
		v_unref(b);
	}
	close(fd);
	unlink(path);
	assert_int_equal(signatures_load(path, &e), CB_OK);      /* absent: our own table */
	struct value *b = signatures_breeds();
	assert_int_equal(v_len(b), sig_nbreeds);
	v_unref(b);
}

static void test_a_site_learns_what_it_needs_to_go_back(void **state)
{
	(void)state;
	struct err e;
	char path[] = "/tmp/signatures-test-XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, SITE, sizeof(SITE) - 1), (ssize_t)sizeof(SITE) - 1);
	close(fd);
	assert_int_equal(signatures_load(path, &e), CB_OK);
	assert_int_equal(signatures_teach_site(path, "redhat", "rhel4", &e), CB_OK);
	assert_int_equal(signatures_teach_site(path, "debian", "bookworm", &e), CB_OK);
	assert_int_equal(signatures_set(NULL, &e), CB_OK);
	assert_int_equal(signatures_load(path, &e), CB_OK);
	struct value *b = signatures_breeds(), *r = signatures_os_versions("redhat"),
		     *d = signatures_os_versions("debian");
	assert_int_equal(v_len(b), 3);
	assert_int_equal(v_len(r), 2);
	assert_true(v_list_has_str(d, "bookworm"));
	v_unref(b);
	v_unref(r);
	v_unref(d);
	unlink(path);
	assert_int_equal(signatures_set(NULL, &e), CB_OK);
	assert_int_equal(signatures_teach_site(path, "debian", "bookworm", &e), CB_OK);
	assert_int_equal(access(path, F_OK), -1);      /* no file is made where there was none */
}

static const char *site_path = "../shared/golden/site/var/lib/cobbler/distro_signatures.json";

/* Every release of 3.3.7's own file is known to our table by the same name, with the same defaults for what import
 * creates. */
static void test_covers_a_recorded_site(void **state)
{
	(void)state;
	static const char *const same[] = { "default_autoinstall", "kernel_options", "boot_files", "isolinux_ok" };
	struct err e;
	if (access(site_path, R_OK) != 0) {
		print_message("SKIP: %s is not there\n", site_path);
		skip();
	}
	struct value *mine = signatures_builtin();
	assert_int_equal(signatures_load(site_path, &e), CB_OK);
	struct value *theirs = signatures_get();
	const struct value *breeds = v_dict_get(theirs, "breeds");
	for (size_t i = 0; i < v_len(breeds); i++) {
		const char *breed = v_dict_key(breeds, i);
		const struct value *versions = v_dict_at(breeds, i),
				   *own = v_dict_get(v_dict_get(mine, "breeds"), breed);
		assert_non_null(own);
		for (size_t j = 0; j < v_len(versions); j++) {
			const struct value *t = v_dict_at(versions, j), *o = v_dict_get(own, v_dict_key(versions, j));
			if (o == NULL)
				fail_msg("%s/%s is missing", breed, v_dict_key(versions, j));
			for (size_t k = 0; k < ARRAY_LEN(same); k++)
				if (v_dict_get(t, same[k]) != NULL &&
					!v_equal(v_dict_get(t, same[k]), v_dict_get(o, same[k])))
					fail_msg("%s/%s: %s differs", breed, v_dict_key(versions, j), same[k]);
			const struct value *a = v_dict_get(t, "supported_arches"),
					   *b = v_dict_get(o, "supported_arches");
			for (size_t k = 0; k < v_len(a); k++)
				if (!v_list_has_str(b, v_cstr(v_list_at(a, k))))
					fail_msg("%s/%s: arch %s is missing", breed, v_dict_key(versions, j),
						v_cstr(v_list_at(a, k)));
		}
	}
	v_unref(mine);
	v_unref(theirs);
	assert_int_equal(signatures_set(NULL, &e), CB_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_row_is_shown_and_compiles),
		cmocka_unit_test(test_rows_expand),
		cmocka_unit_test(test_site_file_is_what_clients_see),
		cmocka_unit_test(test_validation),
		cmocka_unit_test(test_malformed_files_leave_the_old_snapshot),
		cmocka_unit_test(test_a_site_learns_what_it_needs_to_go_back),
		cmocka_unit_test(test_covers_a_recorded_site),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
