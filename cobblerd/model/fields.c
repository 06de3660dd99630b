/* SPDX-License-Identifier: GPL-2.0-or-later
 * fields.c - finding tables and rows.
 */
#include "model/field.h"

#include "base/map.h"
#include "model/fields_common.h"

const char *const choices_archs[] = {
	"i386", "x86_64", "ia64", "ppc", "ppc64", "ppc64le", "ppc64el", "s390", "s390x", "arm", "aarch64", NULL,
};

const char *const choices_virt_types[] = {
	"<<inherit>>", "qemu", "kvm", "xenpv", "xenfv", "vmware", "vmwarew", "openvz", "auto", NULL,
};

const char *const choices_disk_drivers[] = {
	"<<inherit>>", "raw", "qcow2", "qed", "vdi", "vdmk", NULL,
};

const struct item_table *const item_tables[ITEM_TYPES + 1] = {
	[ITEM_MENU] = &menu_table, [ITEM_DISTRO] = &distro_table, [ITEM_REPO] = &repo_table, [ITEM_PROFILE] = &profile_table,
	[ITEM_IMAGE] = &image_table, [ITEM_SYSTEM] = &system_table, [ITEM_MGMTCLASS] = &mgmtclass_table, [ITEM_PACKAGE] = &package_table,
	[ITEM_FILE] = &file_table, [ITEM_INTERFACE] = &network_interface_table,
};

/* Names that 2.x and 4.0 clients and files use. A row of its own (kickstart) is found before its alias. */
static const struct { const char *old, *now; } aliases[] = {
	{ "kickstart", "autoinstall" }, { "ks_meta", "autoinstall_meta" }, { "ksmeta", "autoinstall_meta" },
	{ "autoinst", "autoinstall" }, { "kopts", "kernel_options" }, { "kopts_post", "kernel_options_post" },
	{ "gpxe_enabled", "enable_ipxe" }, { "enable_gpxe", "enable_ipxe" }, { "ipxe_enabled", "enable_ipxe" },
	{ "virt_cpu", "virt_cpus" }, { "next_server", "next_server_v4" }, { "subnet", "netmask" }, { "bonding_master", "interface_master" },
	{ "bonding", "interface_type" }, { "boot_loader", "boot_loaders" }, { "dns_names", "dns_name" }, { "netboot", "netboot_enabled" },
};

const struct item_table *item_table(enum item_type t)
{
	return (unsigned)t <= ITEM_TYPES ? item_tables[t] : NULL;
}

/* name -> row + 1 for each table, built once before main: lookups are O(1). */
static struct map rows_by_name[ITEM_TYPES + 1];

static size_t row_of(size_t table, const char *name)
{
	return (size_t)(uintptr_t)map_get(&rows_by_name[table], name);
}

__attribute__((constructor(150))) static void index_rows(void)
{
	for (size_t t = 0; t < ARRAY_LEN(item_tables); t++)
		for (size_t i = 0; i < item_tables[t]->n; i++)
			map_put(&rows_by_name[t], item_tables[t]->rows[i].name, (void *)(uintptr_t)(i + 1));
	for (size_t t = 0; t < ARRAY_LEN(item_tables); t++)
		for (size_t a = 0; a < ARRAY_LEN(aliases); a++)
			if (row_of(t, aliases[a].old) == 0 && row_of(t, aliases[a].now) != 0)
				map_put(&rows_by_name[t], aliases[a].old, (void *)(uintptr_t)row_of(t, aliases[a].now));
}

__attribute__((destructor)) static void free_index(void)
{
	for (size_t t = 0; t < ARRAY_LEN(rows_by_name); t++)
		map_free(&rows_by_name[t]);
}

int field_index(const struct item_table *t, const char *name)
{
	return (int)row_of(t->type, name) - 1;
}
