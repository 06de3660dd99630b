/* SPDX-License-Identifier: GPL-2.0-or-later
 * facts.c - what the server knows apart from items: settings, operating systems, a free MAC address.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "model/signatures.h"
#include "privileged/privileged.h"
#include "rpc/internal.h"

int rpc_get_settings(struct call *c, struct value **ret, struct err *e UNUSED)
{
	*ret = secrets_hidden(c, NULL, settings_snapshot(c->r->core->settings));
	return CB_OK;
}

static int put_settings(void *privileged, const char *path, const struct strbuf *text, struct err *e)
{
	return privileged_write(privileged, path, text, e);
}

/* setting_name, value, token. compat: 1 when it cannot be done, 0 when it was. */
int rpc_modify_setting(struct call *c, struct value **ret, struct err *e)
{
	struct value *settings CLEANUP(v_unrefp) = settings_snapshot(c->r->core->settings);
	const char *name = arg_str(c, 0);
	struct err why;
	*ret = v_int(1);
	if (!v_dict_bool(settings, "allow_dynamic_settings", false) || name == NULL || v_dict_get(settings, name) == NULL)
		return CB_OK;
	int rc = secret_written_back(name, v_dict_get(settings, name), c->arg[1], &why);
	if (rc == CB_OK)
		rc = settings_modify(c->r->core->settings, name, c->arg[1], put_settings, c->r->core->privileged, &why);
	if (rc == CB_EIO) {
		v_unref(*ret);
		*ret = NULL;
		return err_set(e, CB_EIO, "%s", why.text);
	}
	if (rc == CB_OK || rc == SAME_SECRET) {
		v_unref(*ret);
		*ret = v_int(0);
	}
	return CB_OK;
}

int rpc_get_signatures(struct call *c UNUSED, struct value **ret, struct err *e UNUSED)
{
	*ret = signatures_get();
	return CB_OK;
}

/* Takes v, a list of text; returns it sorted. */
static struct value *sorted(struct value *v)
{
	size_t n = v_len(v);
	const struct value **a = xcalloc(n + 1, sizeof(*a));
	struct value *out = v_list();
	for (size_t i = 0; i < n; i++)
		a[i] = v_list_at(v, i);
	qsort(a, n, sizeof(*a), v_compare_str);
	for (size_t i = 0; i < n; i++)
		v_list_push(out, v_ref(a[i]));
	free(a);
	v_unref(v);
	return out;
}

int rpc_valid_breeds(struct call *c UNUSED, struct value **ret, struct err *e UNUSED)
{
	*ret = sorted(signatures_breeds());
	return CB_OK;
}

int rpc_valid_versions(struct call *c UNUSED, struct value **ret, struct err *e UNUSED)
{
	*ret = sorted(signatures_os_versions(NULL));
	return CB_OK;
}

int rpc_valid_versions_for_breed(struct call *c, struct value **ret, struct err *e UNUSED)
{
	const char *breed = arg_str(c, 0);
	*ret = breed == NULL ? v_list() : sorted(signatures_os_versions(breed));
	return CB_OK;
}

int rpc_valid_archs(struct call *c UNUSED, struct value **ret, struct err *e UNUSED)
{
	*ret = sorted(signatures_archs());
	return CB_OK;
}

int rpc_random_mac(struct call *c, struct value **ret, struct err *e)
{
	static const struct { const char *prefix; unsigned char oui[3]; unsigned fourth; } kinds[] = {
		{ "vmware", { 0x00, 0x50, 0x56 }, 0x40 },
		{ "xen", { 0x00, 0x16, 0x3e }, 0x80 }, { "qemu", { 0x00, 0x16, 0x3e }, 0x80 }, { "kvm", { 0x00, 0x16, 0x3e }, 0x80 },
	};
	const char *type = arg_str(c, 0), *iface;
	for (size_t i = 0; type != NULL && i < ARRAY_LEN(kinds); i++) {
		if (!str_starts(type, kinds[i].prefix))
			continue;
		for (int tries = 0; tries < 1000; tries++) {
			struct value *mac = v_strf("%02x:%02x:%02x:%02x:%02x:%02x", kinds[i].oui[0], kinds[i].oui[1], kinds[i].oui[2],
				random_below(kinds[i].fourth), random_below(256), random_below(256));
			CLEANUP(item_unrefp) struct item *taken = model_system_by_mac(c->r->core->model, v_cstr(mac), &iface);
			if (taken == NULL) {
				*ret = mac;
				return CB_OK;
			}
			v_unref(mac);
		}
		return err_set(e, CB_ESTATE, "no free MAC address found for %s", type);
	}
	return err_set(e, CB_EINVAL, "virt mac assignment not yet supported");
}

int rpc_xmlrpc_hacks(struct call *c, struct value **ret, struct err *e UNUSED)
{
	*ret = v_ref(c->arg[0]);
	return CB_OK;
}
