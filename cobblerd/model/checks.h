/* SPDX-License-Identifier: GPL-2.0-or-later
 * checks.h - what Cobbler's setters do, by name, for the rows of the field tables; and the text forms of lists and dicts.
 * Every function is a check_fn (field.h): *ret is owned and written only on success.
 */
#ifndef MODEL_CHECKS_H
#define MODEL_CHECKS_H

#include "model/field.h"
#include "model/item.h"

#define INHERIT "<<inherit>>"

/* By the row's type alone. */
int check_by_type(const struct item_ctx *ctx, struct item *it, const struct field *f, const struct value *v, struct value **ret,
	struct err *e) MUST_CHECK;

/* checks.c */
check_fn check_any, check_ignored, check_name, check_int_strict, check_network_count, check_float_strict, check_bool_strict,
	check_list_strict, check_list_plain,
	check_dict_single, check_enum_listed, check_strip, check_lower, check_class_name, check_priority, check_virt_cpus, check_virt_ram,
	check_virt_file_size, check_virt_path, check_virt_bridge, check_interface_bridge, check_serial_device, check_baud_rate,
	check_mgmt_parameters, check_safe, check_power_type, check_image_file, check_repo_os_version, check_interface_type;
/* checks_net.c */
check_fn check_ip4, check_ip6, check_netmask, check_mac, check_dns_name, check_name_servers, check_search_domains, check_ip6_gateway,
	check_ip6_list;
/* checks_ref.c */
check_fn check_parent, check_distro, check_profile, check_image, check_menu, check_repos, check_boot_loaders, check_autoinstall,
	check_kernel, check_initrd, check_remote_file, check_breed, check_os_version, check_filename, check_server, check_interfaces;

/* text_forms.c: Cobbler's utils.input_* */
/* Splits like a POSIX shell without comments (Python's shlex.split). *ret: list of text, owned. ValueError "No closing quotation". */
int shlex_split(const char *s, struct value **ret, struct err *e) MUST_CHECK;
struct value *text_stripped(const struct value *v);        /* a str without white space at its ends; returns owned */
int input_list(const struct value *v, struct value **ret, struct err *e) MUST_CHECK;            /* no <<inherit>> */
int input_dict(const struct value *v, bool multiples, struct value **ret, struct err *e) MUST_CHECK;
int input_bool(const struct value *v, bool *ret, struct err *e) MUST_CHECK;
/* utils.dict_to_string: "a=1 b " - dicts as kernel command lines. Appends. Anything but a dict: its str(). */
void dict_to_string(struct strbuf *out, const struct value *dict);

bool is_inherit(const struct value *v);   /* "<<inherit>>" */
bool ipv4_valid(const char *s);           /* an address without a prefix or blanks, as inet_pton(3) takes it */
bool ipv6_valid(const char *s);

#endif
