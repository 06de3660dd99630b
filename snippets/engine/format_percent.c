/* SPDX-License-Identifier: GPL-2.0-or-later
 * format_percent.c - text % values.
 */
#include <math.h>
#include <string.h>

#include "snippets/engine/bigint.h"
#include "snippets/engine/format.h"

struct pct {
	bool minus, plus, blank, zero, alt;
	bool markup;                     /* what is put in is escaped */
	int64_t width;
	int64_t prec;                    /* -1: none */
	char type;                       /* '?': none of ASCII */
	uint32_t code;                   /* its code point */
	size_t at;                       /* where it is, in characters */
};

static void pct_out(struct strbuf *b, const struct pct *p, const char *sign, const char *prefix, const char *digits)
{
	size_t len = strlen(sign) + strlen(prefix) + u8_len(digits, strlen(digits));
	size_t room = (size_t)p->width > len ? (size_t)p->width - len : 0;
	if (!p->minus && !p->zero)
		for (; room > 0; room--)
			sb_addc(b, ' ');
	sb_adds(b, sign);
	sb_adds(b, prefix);
	if (!p->minus)
		for (; room > 0; room--)
			sb_addc(b, '0');
	sb_adds(b, digits);
	for (; room > 0; room--)
		sb_addc(b, ' ');
}

static bool pct_int(struct rt *rt, const struct pct *p, struct rv v, struct strbuf *b)
{
	char digits[FMT_MAX_PREC + LIM_INT_BITS];
	int64_t i = 0;
	bool hex = p->type == 'x' || p->type == 'X' || p->type == 'o';
	if (v.t == R_UNDEF && rt->missing != NULL)
		return rt->missing(rt, &v);
	if (v.t == R_OBJ && v.u.o->ops->num != NULL && !v.u.o->ops->num(rt, v.u.o, &v))
		return false;
	if (v.t == R_FLOAT && !hex) {
		if (isnan(v.u.d) || isinf(v.u.d))
			return raise(rt, isnan(v.u.d) ? EX_VALUE : EX_OVERFLOW, "cannot convert float %s to integer",
				isnan(v.u.d) ? "NaN" : "infinity");
		if (!big_of_double(rt, v.u.d, &v))
			return false;
		i = rv_asint(v);
	} else if (rv_is_int(v)) {
		i = rv_asint(v);
	} else {
		return raise(rt, EX_TYPE,
			hex ? "%%%c format: an integer is required, not %s"
			    : "%%%c format: a real number is required, not %s",
			p->type, rv_type_name(v));
	}
	unsigned base = p->type == 'o' ? 8 : hex ? 16 : 10;
	if (v.t == R_BIG)
		fmt_big_digits(rt, digits, sizeof(digits), v, base, p->type == 'X');
	else
		fmt_int_digits(digits, sizeof(digits), i < 0 ? 0 - (uint64_t)i : (uint64_t)i, base, p->type == 'X');
	size_t n = strlen(digits);
	if (p->prec > (int64_t)n) {
		size_t more = (size_t)p->prec - n;
		memmove(digits + more, digits, n + 1);
		memset(digits, '0', more);
	}
	const char *prefix = !p->alt || !hex ? "" : p->type == 'o' ? "0o" : p->type == 'x' ? "0x" : "0X";
	pct_out(b, p, i < 0 ? "-" : p->plus ? "+" : p->blank ? " " : "", prefix, digits);
	return true;
}

static bool pct_float(struct rt *rt, const struct pct *p, struct rv v, struct strbuf *b)
{
	char digits[FMT_MAX_PREC + 400];
	if (v.t == R_UNDEF && rt->missing != NULL)
		return rt->missing(rt, &v);
	if (!rv_is_num(v))
		return raise(rt, EX_TYPE, "must be real number, not %s", rv_type_name(v));
	double d = rv_num(v);
	if (v.t == R_BIG && isinf(d))
		return raise(rt, EX_OVERFLOW, "int too large to convert to float");
	fmt_float_digits(digits, sizeof(digits), d, p->type, p->prec < 0 ? 6 : (int)p->prec, p->alt);
	pct_out(b, p, signbit(d) && !isnan(d) ? "-" : p->plus ? "+" : p->blank ? " " : "", "", digits);
	return true;
}

static bool pct_text(struct rt *rt, const struct pct *p, struct rv v, struct strbuf *b)
{
	size_t mark = rt->tmp.len;
	if (p->type == 's')
		rv_str(rt, v, &rt->tmp);
	else
		rv_repr(rt, v, &rt->tmp);
	struct rv s = rv_take(rt, mark);
	s.fl = p->type == 's' && v.t == R_STR ? v.fl : 0;
	if (p->markup && !markup_of(rt, s, false, &s))
		return false;
	if (p->type == 'a')
		s = fmt_ascii_of(rt, s);
	size_t n = s.n;
	if (p->prec >= 0)
		n = u8_off(s.u.s, s.n, (size_t)p->prec);
	fmt_pad(b, s.u.s, n, p->minus ? '<' : '>', (size_t)p->width, " ", 1);
	return rt->exc.cls == EX_NONE;
}

/* compat: Markup's wrapper has int() and float() of what it wraps, but is neither. */
static bool unwrap(struct rt *rt, const struct pct *p, struct rv *v)
{
	const struct rv none = { .t = R_UNSET };
	if (v->t == R_STR && strchr("diu", p->type) != NULL)
		return py_int_of(rt, *v, none, v);
	if (v->t == R_STR && strchr("eEfFgG", p->type) != NULL)
		return py_float_of(rt, *v, v);
	return strchr("xXoc", p->type) == NULL ||
	       raise(rt, EX_TYPE, "%%%c format: a number or character is required, not one that is escaped", p->type);
}

static bool pct_one(struct rt *rt, const struct pct *p, struct rv v, struct strbuf *b)
{
	if (p->markup && !unwrap(rt, p, &v))
		return false;
	switch (p->type) {
	case 'd': case 'i': case 'u': case 'x': case 'X': case 'o': return pct_int(rt, p, v, b);
	case 'f': case 'F': case 'e': case 'E': case 'g': case 'G': return pct_float(rt, p, v, b);
	case 's': case 'r': case 'a': return pct_text(rt, p, v, b);
	case 'c':
		if (rv_is_int(v)) {
			size_t mark = rt->tmp.len;
			if (rv_asint(v) < 0 || rv_asint(v) >= 0x110000)
				return raise(rt, EX_OVERFLOW, "%%c arg not in range(0x110000)");
			u8_put(&rt->tmp, (uint32_t)rv_asint(v));
			v = rv_take(rt, mark);
		}
		if (v.t != R_STR || u8_len(v.u.s, v.n) != 1)
			return raise(rt, EX_TYPE, "%%c requires int or char");
		fmt_pad(b, v.u.s, v.n, p->minus ? '<' : '>', (size_t)p->width, " ", 1);
		return true;
	default:
		return raise(rt, EX_VALUE, "unsupported format character '%c' (0x%x) at index %zu", p->type,
			p->code, p->at);
	}
}

struct pct_args { struct rv arg; struct rlist *tuple; uint32_t next; bool keyed; };

static bool next_arg(struct rt *rt, struct pct_args *a, struct rv *out)
{
	if (a->tuple != NULL ? a->next >= a->tuple->n : a->next > 0)
		return raise(rt, EX_TYPE, "not enough arguments for format string");
	*out = a->tuple != NULL ? a->tuple->v[a->next] : a->arg;
	a->next++;
	return true;
}

static bool pct_number(struct rt *rt, struct pct_args *a, const char *s, size_t n, size_t *i, int64_t max, int64_t *out)
{
	if (*i < n && s[*i] == '*') {
		struct rv v;
		(*i)++;
		if (!next_arg(rt, a, &v))
			return false;
		if (v.t != R_INT)
			return raise(rt, EX_TYPE, "* wants int");
		*out = v.u.i;
	} else {
		for (; *i < n && s[*i] >= '0' && s[*i] <= '9' && *out <= max; (*i)++)
			*out = *out * 10 + (s[*i] - '0');
	}
	if (*out > max || *out < -max)
		return raise(rt, EX_LIMIT, "a format is wider than %lld", (long long)max);
	return true;
}

static bool pct_spec(struct rt *rt, struct pct_args *a, const char *s, size_t n, size_t *i, struct pct *p)
{
	*p = (struct pct){ .prec = -1 };
	for (; *i < n; (*i)++) {
		if (s[*i] == '-') p->minus = true;
		else if (s[*i] == '+') p->plus = true;
		else if (s[*i] == ' ') p->blank = true;
		else if (s[*i] == '0') p->zero = true;
		else if (s[*i] == '#') p->alt = true;
		else break;
	}
	if (!pct_number(rt, a, s, n, i, FMT_MAX_WIDTH, &p->width))
		return false;
	if (p->width < 0) {
		p->minus = true;
		p->width = -p->width;
	}
	if (*i < n && s[*i] == '.') {
		(*i)++;
		p->prec = 0;
		if (!pct_number(rt, a, s, n, i, FMT_MAX_PREC, &p->prec))
			return false;
		if (p->prec < 0)
			p->prec = 0;
	}
	while (*i < n && (s[*i] == 'h' || s[*i] == 'l' || s[*i] == 'L'))
		(*i)++;
	if (*i >= n)
		return raise(rt, EX_VALUE, "incomplete format");
	size_t k;
	p->at = u8_len(s, *i);
	p->code = u8_at(s + *i, n - *i, &k);
	p->type = p->code < 127 && p->code > 30 ? (char)p->code : '?';
	*i += k;
	return true;
}

/* compat: PyMapping_Check: what has a [] of its own may stay unused. */
static bool subscriptable(struct rv v)
{
	return rv_mapping(v) || v.t == R_LIST || v.t == R_MLIST || v.t == R_RANGE || v.t == R_UNDEF;
}

bool fmt_percent(struct rt *rt, struct rv fmt, struct rv arg, struct rv *out)
{
	const char *s = fmt.u.s;
	size_t n = fmt.n, mark = rt->tmp.len;
	struct strbuf *b = &rt->tmp;
	struct pct_args a = { .arg = rv_live(rt, arg), .tuple = arg.t == R_TUPLE ? arg.u.l : NULL };
	for (size_t i = 0; i < n;) {
		const char *q = memchr(s + i, '%', n - i);
		size_t upto = q != NULL ? (size_t)(q - s) : n;
		sb_add(b, s + i, upto - i);
		i = upto + 1;
		if (q == NULL)
			break;
		struct rv v = { .t = R_UNSET };
		if (i < n && s[i] == '%') {
			sb_addc(b, '%');
			i++;
			continue;
		}
		if (i < n && s[i] == '(') {
			size_t e = ++i, depth = 1;
			for (; e < n; e++) {
				depth += s[e] == '(';
				depth -= s[e] == ')';
				if (depth == 0)
					break;
			}
			if (e >= n)
				return raise(rt, EX_VALUE, "incomplete format key");
			if (!rv_mapping(a.arg))
				return raise(rt, EX_TYPE, "format requires a mapping");
			if (!rv_getitem(rt, a.arg, rv_dup(rt, s + i, e - i), &v))
				return false;
			a.keyed = true;
			a.tuple = NULL;
			a.next = 1;                       /* compat: the dict itself is used up */
			i = e + 1;
		}
		struct pct p;
		if (!pct_spec(rt, &a, s, n, &i, &p))
			return false;
		if (v.t == R_UNSET && !next_arg(rt, &a, &v))
			return false;
		p.markup = fmt.fl & RV_MARKUP;
		if (!pct_one(rt, &p, v, b))
			return false;
	}
	bool used = a.tuple != NULL ? a.next >= a.tuple->n : a.next > 0;
	if (!used && !a.keyed && !(a.tuple == NULL && subscriptable(a.arg)))
		return raise(rt, EX_TYPE, "not all arguments converted during string formatting");
	*out = rv_take(rt, mark);
	out->fl = fmt.fl & RV_MARKUP;
	return rt->exc.cls == EX_NONE;
}
