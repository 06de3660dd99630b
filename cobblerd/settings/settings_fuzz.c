/* SPDX-License-Identifier: GPL-2.0-or-later
 * settings_fuzz.c - the input as settings.yaml, as cobblerd.yaml and as modules.conf. What is accepted has the type of its row, and is
 * accepted again.
 */
#include <stdlib.h>

#include "base/log.h"
#include "settings/settings_private.h"
#include "settings/settings_table.h"
#include "value/yaml.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void try_yaml(const char *p, size_t n)
{
	struct value *file, *again, *daemon;
	struct err e;
	struct value *known = settings_defaults(), *unknown = v_dict();
	if (yaml_parse(p, n, &file, &e) == CB_OK) {
		if (v_is(file, V_DICT) && settings_apply("fuzz", file, known, unknown, &e) == CB_OK) {
			again = settings_defaults();
			if (v_len(known) != settings_count || settings_apply("again", known, again, unknown, &e) != CB_OK ||
				!v_equal(known, again))
				abort();
			v_unref(again);
		}
		if (v_is(file, V_DICT) && daemon_config(file, "/srv/www", &daemon, &e) == CB_OK) {
			if (daemon_config(daemon, "/srv/www", &again, &e) != CB_OK || !v_equal(daemon, again))
				abort();
			v_unref(again);
			v_unref(daemon);
		}
		v_unref(file);
	}
	v_unref(known);
	v_unref(unknown);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	log_init("fuzz", LOG_LVL_ERROR);
	try_yaml((const char *)data, size);
	char *text = xstrndup((const char *)data, size);
	v_unref(settings_parse_ini(text));
	free(text);
	return 0;
}
