/* SPDX-License-Identifier: GPL-2.0-or-later
 * settings_table.h - the rows of settings.yaml. Inside settings/ only.
 */
#ifndef SETTINGS_SETTINGS_TABLE_H
#define SETTINGS_SETTINGS_TABLE_H

#include "base/util.h"

enum setting_type { SET_BOOL, SET_INT, SET_FLOAT, SET_STR, SET_LIST, SET_DICT };

struct setting {
	const char *name;
	enum setting_type type;
	const char *dflt;          /* JSON */
};

extern const struct setting settings_table[];
extern const size_t settings_count;

#endif
