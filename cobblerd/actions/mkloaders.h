/* SPDX-License-Identifier: GPL-2.0-or-later
 * mkloaders.h - GRUB images for those that need one.
 */
#pragma once

#include "work/task.h"
#include "value/value.h"

/* Makes a GRUB image: format as grub-mkimage has it, modules from folder (an absolute path), words of the lists modules and extra
 * (extra may be NULL), at path, which is replaced at once. config: a file of commands for it to begin with, or NULL. CB_ENOENT when
 * there is no grub-mkimage. */
int grub_image(struct task *t, const char *format, const char *folder, const struct value *modules, const struct value *extra,
	const char *config, const char *path, struct err *e) MUST_CHECK;
