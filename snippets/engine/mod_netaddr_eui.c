/* SPDX-License-Identifier: GPL-2.0-or-later
 * mod_netaddr_eui.c - netaddr's EUI: MAC addresses (48 bits) and EUI-64, in the ways that vendors write them.
 */
#include <stdio.h>
#include <string.h>

#include "snippets/engine/netaddr.h"

struct mac_form { const char *name; int word; const char *sep, *fmt; };
struct eui { uint64_t v; int bits; const struct mac_form *d; };

static const struct mac_form dialects[] = {
	{ "mac_eui48", 8, "-", "%02X" }, { "mac_unix", 8, ":", "%x" }, { "mac_unix_expanded", 8, ":", "%02x" },
	{ "mac_cisco", 16, ".", "%04x" }, { "mac_bare", 48, "", "%012X" }, { "mac_pgsql", 24, ":", "%06x" },
};
static const struct mac_form eui64_base = { "eui64_base", 8, "-", "%02X" };

static const struct obj_ops eui_ops, dialect_ops;

bool netaddr_dialect(struct rt *rt, const char *name, struct rv *out)
{
	for (size_t i = 0; i < ARRAY_LEN(dialects); i++)
		if (str_eq(dialects[i].name, name))
			*out = rv_obj(rt, &dialect_ops, (void *)(uintptr_t)&dialects[i]);
	return true;
}

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Words of hexadecimal digits between one kind of separator. The forms: how many words, digits of each, separators. */
static bool parse(struct rv s, int bits, uint64_t *out)
{
	static const struct { int bits, words, least, most; const char *seps; } forms[] = {
		{ 48, 6, 1, 2, ":-" }, { 48, 3, 1, 4, ":-." }, { 48, 2, 5, 6, ":-" }, { 48, 1, 11, 12, "" },
		{ 64, 8, 1, 2, ":-" }, { 64, 4, 1, 4, ":-." }, { 64, 1, 15, 16, "" },
	};
	uint64_t word[8] = { 0 };
	int digits[8] = { 0 }, n = 1;
	char sep = '\0';
	for (uint32_t i = 0; i < s.n; i++) {
		char c = s.u.s[i];
		if (hex(c) >= 0) {
			if (++digits[n - 1] > 16)
				return false;
			word[n - 1] = word[n - 1] << 4 | (unsigned)hex(c);
		} else if ((c == ':' || c == '-' || c == '.') && (sep == '\0' || sep == c) && n < 8) {
			sep = c;
			n++;
		} else {
			return false;
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		bool ok = forms[i].bits == bits && forms[i].words == n && (sep == '\0' || strchr(forms[i].seps, sep) != NULL);
		for (int k = 0; k < n && ok; k++)
			ok = digits[k] >= forms[i].least && digits[k] <= forms[i].most;
		if (!ok)
			continue;
		*out = 0;
		for (int k = 0; k < n; k++)
			*out = (n == 1 ? 0 : *out << (bits / n)) | word[k];
		return true;
	}
	return false;
}

static void show(const struct eui *e, const struct mac_form *d, struct strbuf *b)
{
	for (int at = e->bits - d->word; at >= 0; at -= d->word) {
		unsigned long long w = e->v >> at & (d->word == 64 ? ~0ull : (1ull << d->word) - 1);
		char text[24], fmt[8];
		snprintf(fmt, sizeof(fmt), "%%%.*sll%c", (int)strlen(d->fmt) - 2, d->fmt + 1, d->fmt[strlen(d->fmt) - 1]);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(text, sizeof(text), fmt, w);
#pragma GCC diagnostic pop
		sb_addf(b, "%s%s", at + d->word < e->bits ? d->sep : "", text);
	}
}

static void str(struct rt *rt, const struct robj *o, struct strbuf *b, bool repr)
{
	const struct eui *e = o->data;
	(void)rt;
	sb_adds(b, repr ? "EUI('" : "");
	show(e, e->d, b);
	sb_adds(b, repr ? "')" : "");
}

static struct rv make(struct rt *rt, uint64_t v, int bits, const struct mac_form *d)
{
	struct eui *e = rt_alloc(rt, sizeof(*e));
	*e = (struct eui){ v, bits, d != NULL ? d : bits == 64 ? &eui64_base : &dialects[0] };
	return rv_obj(rt, &eui_ops, e);
}

static bool dialect_arg(struct rt *rt, struct rv v, const struct mac_form **d)
{
	*d = NULL;
	if (v.t == R_UNSET || v.t == R_NONE)
		return true;
	if (v.t != R_OBJ || v.u.o->ops != &dialect_ops)
		return raise(rt, EX_TYPE, "custom dialects should subclass mac_eui48!");
	*d = v.u.o->data;
	return true;
}

NA(EUI)
{
	NA_UNUSED;
	const struct mac_form *d;
	uint64_t x = 0;
	int bits = 0;
	if (!dialect_arg(rt, v[2], &d))
		return false;
	if (v[1].t != R_UNSET && v[1].t != R_NONE) {
		if (v[1].t != R_INT || (v[1].u.i != 48 && v[1].u.i != 64))
			return raise(rt, EX_VALUE, "unsupported EUI version");
		bits = (int)v[1].u.i;
	}
	if (v[0].t == R_OBJ && v[0].u.o->ops == &eui_ops) {
		const struct eui *e = v[0].u.o->data;
		*out = make(rt, e->v, e->bits, e->d);
		return true;
	}
	if (v[0].t == R_INT && v[0].u.i >= 0 && (bits != 48 || v[0].u.i < 1ll << 48)) {
		x = (uint64_t)v[0].u.i;
		bits = bits != 0 ? bits : x >> 48 == 0 ? 48 : 64;
	} else if (v[0].t == R_STR && bits != 64 && parse(v[0], 48, &x)) {
		bits = 48;
	} else if (v[0].t == R_STR && bits != 48 && parse(v[0], 64, &x)) {
		bits = 64;
	} else {
		size_t mark = rt->tmp.len;
		rv_repr(rt, v[0], &rt->tmp);
		return raise(rt, EX_VALUE, "failed to detect EUI version: %s", rv_cz(rt, rv_take(rt, mark)));
	}
	*out = make(rt, x, bits, d);
	return true;
}

NA(valid_mac)
{
	NA_UNUSED;
	uint64_t x;
	*out = rv_bool(v[0].t == R_STR && parse(v[0], 48, &x));
	return true;
}

NA(bits)
{
	NA_UNUSED;
	const struct eui *e = self.u.o->data;
	*out = na_bits(rt, e->v, e->bits, 8, v[0], "-");
	return true;
}

NA(format)
{
	NA_UNUSED;
	const struct eui *e = self.u.o->data;
	const struct mac_form *d;
	size_t mark = rt->tmp.len;
	if (!dialect_arg(rt, v[0], &d))
		return false;
	show(e, d != NULL ? d : e->bits == 64 ? &eui64_base : &dialects[0], &rt->tmp);
	*out = rv_take(rt, mark);
	return true;
}

static uint64_t as_64(const struct eui *e)
{
	return e->bits == 64 ? e->v : (e->v >> 24) << 40 | 0xfffe000000ull | (e->v & 0xffffff);
}

NA(eui64) { NA_UNUSED; *out = make(rt, as_64(self.u.o->data), 64, NULL); return true; }

NA(modified_eui64)
{
	NA_UNUSED;
	*out = make(rt, as_64(self.u.o->data) ^ 1ull << 57, 64, NULL);
	return true;
}

NA(ipv6_link_local)
{
	NA_UNUSED;
	*out = ip_addr(rt, 6, (u128)0xfe80 << 112 | (as_64(self.u.o->data) ^ 1ull << 57));
	return true;
}

static bool attr(struct rt *rt, const struct robj *o, const char *name, struct rv *out)
{
	static const struct native methods[] = {{"bits", "word_sep", 0, n_bits}, {"format", "dialect", 0, n_format},
		{"eui64", "", 0, n_eui64}, {"modified_eui64", "", 0, n_modified_eui64},
		{"ipv6_link_local", "", 0, n_ipv6_link_local}, {NULL, NULL, 0, NULL}};
	const struct eui *e = o->data;
	*out = (struct rv){ .t = R_UNSET };
	if (na_method(rt, methods, o, name, out))
		return true;
	if (str_eq(name, "version")) {
		*out = rv_int(e->bits);
	} else if (str_eq(name, "value")) {
		return ip_int(rt, e->v, out);
	} else if (str_eq(name, "words")) {
		*out = na_words(rt, e->v, e->bits, 8);
	} else if (str_eq(name, "bin")) {
		*out = na_bin(rt, e->v);
	} else if (str_eq(name, "ei")) {
		struct eui low = { e->v & (e->bits == 48 ? 0xffffffull : 0xffffffffffull), e->bits - 24, e->d };
		size_t mark = rt->tmp.len;
		show(&low, &dialects[0], &rt->tmp);
		*out = rv_take(rt, mark);
	}
	return true;
}

static bool item(struct rt *rt, const struct robj *o, struct rv key, struct rv *out)
{
	const struct eui *e = o->data;
	return rv_getitem(rt, na_words(rt, e->v, e->bits, e->d->word), key, out);
}

static int cmp(const struct robj *a, const struct robj *b)
{
	const struct eui *x = a->data, *y = b->data;
	return x->bits != y->bits ? (x->bits < y->bits ? -1 : 1) : x->v < y->v ? -1 : x->v > y->v;
}

static bool num(struct rt *rt, const struct robj *o, struct rv *out)
{
	return ip_int(rt, ((const struct eui *)o->data)->v, out);
}

static void dialect_str(struct rt *rt, const struct robj *o, struct strbuf *b, bool repr)
{
	(void)rt, (void)repr;
	sb_addf(b, "<class 'netaddr.strategy.eui48.%s'>", ((const struct mac_form *)o->data)->name);
}

static const struct obj_ops eui_ops = {.type = "EUI", .attr = attr, .str = str, .cmp = cmp, .num = num, .item = item},
			    dialect_ops = {.type = "type", .str = dialect_str};

const struct native netaddr_eui[] = {
	{"EUI", "addr version dialect", 1, n_EUI},
	{"valid_mac", "addr", 1, n_valid_mac},
	{NULL, NULL, 0, NULL},
};
