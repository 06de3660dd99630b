/* SPDX-License-Identifier: GPL-2.0-or-later
 * shipped_test.c - what is shipped for events happens where its setting asks for it, and only there. With real servers: compat-tests.
 */
#include "core/testkit.h"

#include <stdatomic.h>

#include "base/clock.h"
#include "triggers/shipped/shipped.h"
#include "triggers/triggers.h"

static atomic_llong us = 1000000;

static int64_t mono(void) { return atomic_load(&us); }

/* A program that keeps the words that it gets. */
static void put_program(const char *name)
{
	char *script CLEANUP(free_ptr) = xasprintf("#!/bin/sh\ncat >/dev/null\necho \"$@\" >>%s/asked\necho ON\n", root);
	put_bytes(name, script, strlen(script), 0755);
}

static int setup(void **state)
{
	assert_int_equal(root_make(state), 0);
	char *yaml CLEANUP(free_ptr) = xasprintf("puppet_auto_setup: true\nsign_puppet_certs_automatically: true\npuppetca_path: "
		"%s/puppet\n", root);
	put_file("/etc/cobbler/settings.yaml", yaml);
	put_program("/puppet");
	put_program("/usr/sbin/fence_dummy");
	open_core();
	add(ITEM_PROFILE, "{\"name\": \"p\", \"uid\": \"1\", \"autoinstall_meta\": {\"postreboot\": \"1\"}}");
	add(ITEM_SYSTEM, "{\"name\": \"s\", \"uid\": \"2\", \"profile\": \"p\", \"hostname\": \"s.lab.test\", \"power_type\": \"dummy\"}");
	shipped_start(&core);
	clock_set_for_test(NULL, mono);
	return 0;
}

static int end(void **state)
{
	triggers_ship(NULL, 0, NULL);
	clock_set_for_test(NULL, NULL);
	return teardown(state);
}

static char *asked(void)
{
	char *path CLEANUP(free_ptr) = xasprintf("%s/asked", root);
	struct strbuf b = { 0 };
	if (file_read(AT_FDCWD, path, 1u << 16, &b, NULL) != CB_OK)
		sb_adds(&b, "");
	return sb_take(&b);
}

static void happens(const char *event, const char *type, const char *name)
{
	struct err e;
	const char *argv[] = { type, name, "?", NULL };
	if (triggers_run(event, argv, &e) != CB_OK)
		fail_msg("%s: %s", event, e.text);
}

static void test_only_what_settings_ask_for(void **state UNUSED)
{
	happens("install/pre", "system", "s");             /* remove_old_puppet_certs_automatically is off */
	happens("install/post", "profile", "p");           /* no machine */
	happens("install/post", "system", "nosuch");
	char *nothing CLEANUP(free_ptr) = asked();
	assert_string_equal(nothing, "");
	happens("install/post", "system", "s");
	char *signs CLEANUP(free_ptr) = asked();
	assert_string_equal(signs, "cert sign s.lab.test\n");
	shipped_stop();
}

static bool switched(void)
{
	struct value *events CLEANUP(v_unrefp) = tasks_events(core.tasks, "");
	for (size_t i = 0; i < v_len(events); i++)
		if (v_str_is(v_list_at(v_dict_at(events, i), 2), "complete") &&
			v_str_is(v_list_at(v_dict_at(events, i), 1), "Power management (reboot)"))
			return true;
	return false;
}

static void test_a_machine_is_switched_half_a_minute_later(void **state UNUSED)
{
	happens("install/post", "system", "s");
	atomic_fetch_add(&us, 29 * 1000000);
	for (int i = 0; i < 12; i++) {
		usleep(100000);
		assert_false(switched());
	}
	atomic_fetch_add(&us, 1100000);
	for (int i = 0; i < 600 && !switched(); i++)             /* a minute: the machine may be busy with others */
		usleep(100000);
	assert_true(switched());
	shipped_stop();
}

static void test_what_still_waits_at_the_end_is_dropped(void **state UNUSED)
{
	happens("install/post", "system", "s");
	happens("install/post", "system", "s");
	shipped_stop();
	assert_false(switched());
	happens("install/post", "system", "s");            /* and it can begin again */
	shipped_stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_only_what_settings_ask_for, setup, end),
		cmocka_unit_test_setup_teardown(test_a_machine_is_switched_half_a_minute_later, setup, end),
		cmocka_unit_test_setup_teardown(test_what_still_waits_at_the_end_is_dropped, setup, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
