/* SPDX-License-Identifier: GPL-2.0-or-later
 * libs.h - libhivex and libwim, opened at their first use: hive.FUNCTION, wim.FUNCTION.
 */
#ifndef WINDOWS_LIBS_H
#define WINDOWS_LIBS_H

#include <hivex.h>
#include <wimlib.h>

#include "base/err.h"

#define HIVE_FUNCTIONS(X) X(open) X(close) X(root) X(commit) X(node_children) X(node_get_child) X(node_add_child) X(node_delete_child) \
	X(node_values) X(node_set_value) X(node_set_values) X(value_key) X(value_value)
#define WIM_FUNCTIONS(X) X(global_init) X(open_wim) X(free) X(get_wim_info) X(iterate_dir_tree) X(add_tree) X(overwrite) X(create_new_wim) \
	X(export_image) X(write) X(extract_paths) X(set_print_errors) X(get_error_string)

#define HIVE_POINTER(f) __typeof__(hivex_##f) *f;
#define WIM_POINTER(f) __typeof__(wimlib_##f) *f;
struct hive_functions { HIVE_FUNCTIONS(HIVE_POINTER) };
struct wim_functions { WIM_FUNCTIONS(WIM_POINTER) };
extern struct hive_functions hive;
extern struct wim_functions wim;

/* Before the first use of hive or wim. An error names the library and the Debian package that has it. */
int hive_open_library(struct err *e) MUST_CHECK;
int wim_open_library(struct err *e) MUST_CHECK;

#endif
