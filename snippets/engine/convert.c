/* SPDX-License-Identifier: GPL-2.0-or-later
 * convert.c - values made from others: int(), float() and the other types that are called; and calls of every kind of callable.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "snippets/engine/bigint.h"
#include "snippets/engine/builtins.h"
#include "snippets/engine/str_methods.h"

const struct karg *kw_find(const struct args *a, const char *name)
{
	for (uint32_t i = 0; i < a->nkw; i++)
		if (strlen(name) == a->kw[i].n && memcmp(name, a->kw[i].name, a->kw[i].n) == 0)
			return &a->kw[i];
	return NULL;
}

bool int_arg(struct rt *rt, struct rv v, int64_t *out)
{
	if (v.t == R_BIG)
		return raise(rt, EX_OVERFLOW, "Python int too large to convert to C ssize_t");
	if (v.t != R_INT && v.t != R_BOOL)
		return v.t == R_UNDEF && rt->missing != NULL ? rt->missing(rt, &v)
			: raise(rt, EX_TYPE, "'%s' object cannot be interpreted as an integer", rv_type_name(v));
	*out = rv_asint(v);
	return true;
}

bool flag_arg(struct rt *rt, struct rv v, bool *out)
{
	int64_t i = 0;
	if (v.t != R_UNSET && !int_arg(rt, v, &i))
		return false;
	*out = i != 0;
	return true;
}

bool float_to_int(struct rt *rt, double d, struct rv *out)
{
	if (isnan(d) || isinf(d))
		return raise(rt, isnan(d) ? EX_VALUE : EX_OVERFLOW, "cannot convert float %s to integer",
			isnan(d) ? "NaN" : "infinity");
	if (fabs(d) >= 9.2e18)
		return big_of_double(rt, d, out);
	*out = rv_int((int64_t)d);
	return true;
}

int type_of(struct rv v)
{
	static const uint8_t ids[R_TYPES] = {
		[R_NONE] = TY_NONE,
		[R_BOOL] = TY_BOOL,
		[R_INT] = TY_INT,
		[R_BIG] = TY_INT,
		[R_FLOAT] = TY_FLOAT,
		[R_STR] = TY_STR,
		[R_LIST] = TY_LIST,
		[R_TUPLE] = TY_TUPLE,
		[R_DICT] = TY_DICT,
		[R_SET] = TY_SET,
		[R_MLIST] = TY_LIST,
		[R_MDICT] = TY_DICT,
		[R_RANGE] = TY_RANGE,
		[R_TYPE] = TY_TYPE,
	};
	if (v.t == R_OBJ && v.u.o->ops->type_id != NULL)
		return v.u.o->ops->type_id(v.u.o);
	if (v.t == R_SET && (v.fl & RV_FROZEN))
		return TY_FROZENSET;
	return ids[v.t] != 0 ? ids[v.t] : TY_OBJECT;
}

/* Not a part of rv_call(): calls within calls would have its buffer each. */
__attribute__((noinline)) static bool int_text(struct rt *rt, struct rv s, int64_t base, struct rv *out)
{
	struct rv t = str_strip(s, NULL, 0, 3);
	char buf[LIM_INT_BITS + 64];
	size_t n = 0;
	bool neg = false, ok = t.n > 0, digit = false;
	size_t i = 0;
	if (t.n >= sizeof(buf))
		return raise(rt, EX_LIMIT, "int(): a text of %u bytes: an integer has at most %d bits", t.n, LIM_INT_BITS);
	if (ok && (t.u.s[0] == '-' || t.u.s[0] == '+'))
		neg = t.u.s[i++] == '-';
	if (ok && i + 1 < t.n && t.u.s[i] == '0' && (base == 0 || base == 16 || base == 8 || base == 2)) {
		char p = (char)(t.u.s[i + 1] | 0x20);
		int64_t pb = p == 'x' ? 16 : p == 'o' ? 8 : p == 'b' ? 2 : 0;
		if (pb != 0 && (base == 0 || base == pb)) {
			base = pb;
			i += 2;
		}
	}
	bool zero_base = base == 0;
	if (base == 0)
		base = 10;
	if (neg)
		buf[n++] = '-';
	size_t start = n;
	for (; ok && i < t.n; i++) {
		if (t.u.s[i] == '_' && digit && i + 1 < t.n) {
			digit = false;
			continue;
		}
		unsigned char c = (unsigned char)(t.u.s[i] | 0x20), d = c >= 'a' && c <= 'z' ? c - 'a' + 10 :
			t.u.s[i] >= '0' && t.u.s[i] <= '9' ? (unsigned char)(t.u.s[i] - '0') : 99;
		ok = d < base;
		digit = true;
		buf[n++] = t.u.s[i];
	}
	buf[n < sizeof(buf) ? n : sizeof(buf) - 1] = '\0';
	if (ok && zero_base && n - start > 1 && buf[start] == '0')
		ok = strspn(buf + start, "0") == n - start;
	if (!ok || !digit) {
		size_t mark = rt->tmp.len;
		rv_repr(rt, s, &rt->tmp);
		struct rv r = rv_take(rt, mark);
		return raise(rt, EX_VALUE, "invalid literal for int() with base %lld: %.*s",
			(long long)(zero_base ? 0 : base), (int)(r.n < 200 ? r.n : 200), r.u.s);
	}
	__extension__ __int128 acc = 0;
	for (size_t k = start; k < n; k++) {
		unsigned char c = (unsigned char)(buf[k] | 0x20);
		acc = acc * base + (c >= 'a' ? c - 'a' + 10 : buf[k] - '0');
		if (acc > (__extension__ (__int128)1 << 64))
			break;
	}
	if (neg)
		acc = -acc;
	if (acc > INT64_MAX || acc < INT64_MIN)
		return big_parse(&rt->arena, buf, (int)base, out) ||
		       raise(rt, EX_LIMIT, "int(): an integer has more than %d bits", LIM_INT_BITS);
	*out = rv_int((int64_t)acc);
	return true;
}

bool py_int_of(struct rt *rt, struct rv v, struct rv base, struct rv *out)
{
	int64_t b = 10;
	if (base.t != R_UNSET) {
		if (!int_arg(rt, base, &b))
			return false;
		if (v.t != R_STR)
			return raise(rt, EX_TYPE, "int() can't convert non-string with explicit base");
		if (b != 0 && (b < 2 || b > 36))
			return raise(rt, EX_VALUE, "int() base must be >= 2 and <= 36, or 0");
	}
	switch ((enum rtype)v.t) {
	case R_UNSET: *out = rv_int(0); return true;
	case R_BOOL: case R_INT: *out = rv_int(rv_asint(v)); return true;
	case R_BIG: *out = v; return true;
	case R_FLOAT: return float_to_int(rt, v.u.d, out);
	case R_STR: return int_text(rt, v, b, out);
	case R_UNDEF:
		if (rt->missing != NULL)
			return rt->missing(rt, &v);
		break;
	case R_OBJ:
		if (v.u.o->ops->num != NULL)
			return v.u.o->ops->num(rt, v.u.o, out);
		break;
	default: break;
	}
	return raise(rt, EX_TYPE, "int() argument must be a string, a bytes-like object or a real number, not '%s'",
		rv_type_name(v));
}

bool py_float_of(struct rt *rt, struct rv v, struct rv *out)
{
	if (v.t == R_UNSET || rv_is_num(v)) {
		*out = rv_float(v.t == R_UNSET ? 0 : rv_num(v));
		return v.t != R_BIG || !isinf(out->u.d) || raise(rt, EX_OVERFLOW, "int too large to convert to float");
	}
	if (v.t == R_UNDEF && rt->missing != NULL)
		return rt->missing(rt, &v);
	if (v.t != R_STR)
		return raise(
			rt, EX_TYPE, "float() argument must be a string or a real number, not '%s'", rv_type_name(v));
	struct rv s = str_strip(v, NULL, 0, 3);
	const char *z = rv_cz(rt, s);
	char *end;
	double d = strtod(z, &end);
	static const char *const words[] = {
		"inf", "+inf", "-inf", "infinity", "+infinity", "-infinity", "nan", "+nan", "-nan"};
	bool ok = s.n > 0 && *end == '\0' && strspn(z, "0123456789+-.eE") == s.n;
	for (size_t i = 0; i < ARRAY_LEN(words) && !ok; i++)
		ok = strcasecmp(z, words[i]) == 0;
	if (!ok) {
		size_t mark = rt->tmp.len;
		rv_repr(rt, v, &rt->tmp);
		struct rv r = rv_take(rt, mark);
		return raise(
			rt, EX_VALUE, "could not convert string to float: %.*s", (int)(r.n < 200 ? r.n : 200), r.u.s);
	}
	*out = rv_float(d);
	return true;
}

static bool make_dict(struct rt *rt, const struct args *a, struct rv *out)
{
	struct rv d = rv_dict(rt), f, none;
	if (!rv_attr(rt, d, "update", method_id("update"), &f) || !rv_call(rt, f, a, &none))
		return false;
	*out = d;
	return true;
}

static bool call_type(struct rt *rt, int id, const struct args *a, struct rv *out)
{
	struct rv unset = { .t = R_UNSET }, x = a->n > 0 ? a->v[0] : unset;
	uint32_t most = id == TY_STR ? 3 : id == TY_INT ? 2 : 1;
	if (a->n > most && id < TY_EXC)
		return most > 1 ? raise(rt, EX_TYPE, "%s() takes at most %u arguments (%u given)", type_name(id), most, a->n)
				: raise(rt, EX_TYPE, "%s expected at most 1 argument, got %u", type_name(id), a->n);
	switch (id) {
	case TY_DICT: return make_dict(rt, a, out);
	case TY_STR:
		*out = x.t == R_UNSET ? rv_strn("", 0) : rv_tostr(rt, x);
		out->fl = 0;
		return rt->exc.cls == EX_NONE;
	case TY_INT: {
		const struct karg *b = kw_find(a, "base");
		return py_int_of(rt, x, a->n > 1 ? a->v[1] : b != NULL ? b->v : unset, out);
	}
	case TY_FLOAT: return py_float_of(rt, x, out);
	case TY_BOOL: *out = rv_bool(rv_truthy(x)); return true;
	case TY_LIST:
		*out = rv_list(rt, 0);
		return x.t == R_UNSET || rv_copy_list(rt, x, out);
	case TY_TUPLE:
		*out = rv_list(rt, 0);
		if (x.t != R_UNSET && !rv_copy_list(rt, x, out))
			return false;
		out->t = R_TUPLE;
		return true;
	case TY_SET: case TY_FROZENSET:
		*out = rv_set(rt);
		if (x.t != R_UNSET && !rv_set_of(rt, x, out))
			return false;
		out->fl = id == TY_FROZENSET ? RV_FROZEN : 0;
		return true;
	case TY_TYPE:
		*out = (struct rv){ .t = R_TYPE, .aux = (uint16_t)type_of(x) };
		return true;
	case TY_NONE: *out = rv_none(); return true;
	default: return raise(rt, EX_TYPE, "cannot create an instance of this type");
	}
}

bool rv_call(struct rt *rt, struct rv f, const struct args *a, struct rv *out)
{
	bool ok;
	if (rt->depth >= LIM_DEPTH)
		return raise(rt, EX_LIMIT, "calls nested deeper than %d", LIM_DEPTH);
	rt->depth++;
	switch ((enum rtype)f.t) {
	case R_FUNC: ok = native_call(rt, f.u.f, (struct rv){ .t = R_UNSET }, a, out); break;
	case R_METHOD:
		ok = (f.u.me->self.t == R_STR && (f.u.me->self.fl & RV_MARKUP) ? markup_call : native_call)(
			rt, f.u.me->f, f.u.me->self, a, out);
		break;
	case R_TYPE:
		if (f.aux >= TY_EXC) {
			struct rv t = a->n > 0 ? rv_tostr(rt, a->v[0]) : rv_strn("", 0);
			*out = rv_tuple(rt, (struct rv[]){ f, t }, 2);   /* what #raise takes */
			ok = true;
		} else {
			ok = call_type(rt, f.aux, a, out);
		}
		break;
	case R_DEF:
		ok = rt->call_def != NULL ? rt->call_def(rt, f.u.fd, a, out) : raise(rt, EX_TYPE, "not callable here");
		break;
	case R_OBJ:
		ok = f.u.o->ops->call != NULL ? f.u.o->ops->call(rt, f.u.o, a, out)
					      : raise(rt, EX_TYPE, "'%s' object is not callable", rv_type_name(f));
		break;
	case R_UNDEF:
		ok = rt->missing != NULL ? rt->missing(rt, &f)
					 : raise(rt, EX_TYPE, "'Undefined' object is not callable");
		break;
	default: ok = raise(rt, EX_TYPE, "'%s' object is not callable", rv_type_name(f)); break;
	}
	rt->depth--;
	return ok;
}

bool call1(struct rt *rt, struct rv f, struct rv x, struct rv *out)
{
	struct args a = { .v = &x, .n = 1 };
	return rv_call(rt, f, &a, out);
}
