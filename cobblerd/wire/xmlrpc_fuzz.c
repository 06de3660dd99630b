/* SPDX-License-Identifier: GPL-2.0-or-later
 * xmlrpc_fuzz.c - a call that is read must survive being written and read again.
 */
#include <stdlib.h>

#include "wire/xmlrpc.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct xmlrpc_call call, again;
	struct strbuf b = { 0 };
	struct value *v;
	struct err e;
	bool fault;
	if (xmlrpc_parse_response((const char *)data, size, &v, &fault, &e) == CB_OK)
		v_unref(v);
	if (xmlrpc_parse_call((const char *)data, size, &call, &e) != CB_OK)
		return 0;
	/* Integers beyond 32 bits are read and cannot be written. */
	if (xmlrpc_write_call(&b, call.method, call.params, &e) == CB_OK) {
		if (xmlrpc_parse_call(b.p, b.len, &again, &e) != CB_OK)
			abort();
		if (v_len(again.params) != v_len(call.params))
			abort();
		v_unref(again.params);
	}
	sb_free(&b);
	v_unref(call.params);
	return 0;
}
