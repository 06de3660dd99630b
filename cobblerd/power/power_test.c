/* SPDX-License-Identifier: GPL-2.0-or-later
 * power_test.c - what a fence agent is given on its standard input, how its answers are understood, and what is tried again. The agent is a
 * script that writes down its input and answers as the test says.
 */
#include "core/testkit.h"

#include <sys/stat.h>

#include "power/power.h"

static int setup(void **state)
{
	(void)state;
	assert_int_equal(root_make(state), 0);
	open_core();
	return 0;
}

/* fence_dummy keeps its input, adds a line to "calls" and does what *answer* says. */
static void agent(const char *answer)
{
	char *script = xasprintf("#!/bin/sh\ncat >%s/input\necho x >>%s/calls\n%s\n", root, root, answer);
	char *path = xasprintf("%s/usr/sbin/fence_dummy", root), *calls = xasprintf("%s/calls", root);
	put_file("/usr/sbin/fence_dummy", script);
	assert_int_equal(chmod(path, 0755), 0);
	unlink(calls);
	free(calls);
	free(path);
	free(script);
}

static char *content(const char *name)
{
	char *path CLEANUP(free_ptr) = xasprintf("%s/%s", root, name);
	struct strbuf b = { 0 };
	if (file_read(AT_FDCWD, path, 1u << 16, &b, NULL) != CB_OK)
		sb_adds(&b, "");
	return sb_take(&b);
}

static int power(const char *fields, const char *op, bool *on, struct err *e)
{
	struct value *d = NULL;
	char *json CLEANUP(free_ptr) = xasprintf("{\"name\":\"sys\",\"uid\":\"1\",\"profile\":\"p\"%s}", fields);
	CLEANUP(item_unrefp) struct item *it = NULL;
	assert_int_equal(json_parse(json, strlen(json), &d, e), CB_OK);
	assert_int_equal(item_from_disk(ITEM_SYSTEM, d, &it, e), CB_OK);
	v_unref(d);
	return power_system(&core, NULL, it, op, on, e);
}

#define DUMMY ",\"power_type\":\"dummy\""

/* compat: power_manager.py - the agent's options in this order, the empty ones left out; power_options may be several lines. */
static void agents_input(void **state)
{
	(void)state;
	struct err e;
	bool on = false;
	agent("exit 0");
	assert_int_equal(power(DUMMY ",\"power_address\":\"bmc1\",\"power_user\":\"u; reboot\",\"power_pass\":\"$(id)\",\"power_id\":\"7\","
		"\"power_identity_file\":\"/k\",\"power_options\":\"lanplus=1\\ncipher=3\"", "on", &on, &e), CB_OK);
	char *input CLEANUP(free_ptr) = content("input");
	assert_string_equal(input, "action=on\nip=bmc1\nusername=u; reboot\nplug=7\npassword=$(id)\nidentity-file=/k\nlanplus=1\n"
		"cipher=3\n");
	assert_int_equal(power(DUMMY, "off", &on, &e), CB_OK);
	char *bare CLEANUP(free_ptr) = content("input");
	assert_string_equal(bare, "action=off\n");
}

static void status_is_understood(void **state)
{
	(void)state;
	static const struct { const char *answer; int rc; bool on; } cases[] = {
		{ "echo Status: ON", CB_OK, true }, { "echo Status: OFF; exit 2", CB_OK, false }, { "echo status: on", CB_OK, true },
		{ "echo noise; echo 'chassis power = off'", CB_OK, false }, { "echo Status: maybe", CB_EPARSE, false },
		{ "echo xStatus: ON", CB_EPARSE, false }, { "exit 0", CB_EPARSE, false },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err e;
		bool on = !cases[i].on;
		agent(cases[i].answer);
		int rc = power(DUMMY, "status", &on, &e);
		if (rc != cases[i].rc || (rc == CB_OK && on != cases[i].on))
			fail_msg("%s: %d, %d", cases[i].answer, rc, on);
		if (rc != CB_OK)
			assert_non_null(strstr(e.text, "was not understood"));
	}
}

/* Flaky boards are asked again. */
static void tried_again(void **state)
{
	(void)state;
	struct err e;
	bool on = false;
	char *answer CLEANUP(free_ptr) = xasprintf("[ $(wc -l <%s/calls) -ge 2 ]", root);
	agent(answer);
	assert_int_equal(power(DUMMY, "on", &on, &e), CB_OK);
	char *calls CLEANUP(free_ptr) = content("calls");
	assert_string_equal(calls, "x\nx\n");
}

static void refused(void **state)
{
	(void)state;
	static const struct { const char *fields, *op, *says; } cases[] = {
		{ "", "on", "no power type set for system" },
		{ ",\"power_type\":\"no_such\"", "on", "there is no /usr/sbin/fence_no_such" },
		{ DUMMY, "explode", "invalid power operation 'explode', expected on/off/status/reboot" },
		{ DUMMY ",\"power_user\":\"a\\naction=off\"", "on", "power_user of sys has a line break in it" },
	};
	agent("exit 0");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err e = { .text = "" };
		bool on = false;
		if (power(cases[i].fields, cases[i].op, &on, &e) == CB_OK || strstr(e.text, cases[i].says) == NULL)
			fail_msg("%s %s: %s", cases[i].fields, cases[i].op, e.text);
	}
	char *calls CLEANUP(free_ptr) = content("calls");
	assert_string_equal(calls, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(agents_input, setup, teardown),
		cmocka_unit_test_setup_teardown(status_is_understood, setup, teardown),
		cmocka_unit_test_setup_teardown(tried_again, setup, teardown),
		cmocka_unit_test_setup_teardown(refused, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
