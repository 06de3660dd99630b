/* SPDX-License-Identifier: GPL-2.0-or-later
 * arity.c - what Python says when a method is called with too few or too many arguments. compat: clients see these words.
 */
#include "rpc/internal.h"

static int too_few(const struct entry *en, size_t n, struct err *e)
{
	struct strbuf b CLEANUP(sb_free) = { 0 };
	size_t missing = en->n_required - n;
	for (size_t i = n; i < en->n_required; i++) {
		if (i > n)
			sb_adds(&b, i + 1 < en->n_required ? ", " : missing > 2 ? ", and " : " and ");
		sb_addf(&b, "'%s'", en->args[i].name);
	}
	return err_py(e, CB_EINVAL, PY_TYPE, "CobblerXMLRPCInterface.%s() missing %zu required positional argument%s: %s",
		en->name, missing, missing == 1 ? "" : "s", sb_str(&b));
}

int arity_check(const struct entry *en, size_t n, struct err *e)
{
	/* Python counts self. */
	size_t most = en->n_args + 1;
	if (n < en->n_required)
		return too_few(en, n, e);
	if (n <= en->n_args)
		return CB_OK;
	if (en->n_required < en->n_args)
		return err_py(e, CB_EINVAL, PY_TYPE,
			"CobblerXMLRPCInterface.%s() takes from %zu to %zu positional arguments but %zu were given",
			en->name, en->n_required + 1, most, n + 1);
	return err_py(e, CB_EINVAL, PY_TYPE, "CobblerXMLRPCInterface.%s() takes %zu positional argument%s but %zu were given",
		en->name, most, most == 1 ? "" : "s", n + 1);
}
