/* SPDX-License-Identifier: GPL-2.0-or-later
 * format.c - Python's format specifications and str.format().
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "snippets/engine/bigint.h"
#include "snippets/engine/format.h"
#include "snippets/engine/rt.h"

void fmt_pad(struct strbuf *b, const char *s, size_t n, char align, size_t width, const char *fill, size_t nfill)
{
	size_t have = u8_len(s, n), left = 0, right = 0;
	if (width > have) {
		size_t room = width - have;
		left = align == '<' ? 0 : align == '^' ? room / 2 : room;
		right = room - left;
	}
	for (size_t i = 0; i < left; i++)
		sb_add(b, fill, nfill);
	sb_add(b, s, n);
	for (size_t i = 0; i < right; i++)
		sb_add(b, fill, nfill);
}

static void group_digits(char *digits, size_t cap, char sep, size_t every)
{
	char out[2 * LIM_INT_BITS];
	size_t n = strlen(digits), o = 0;
	for (size_t i = 0; i < n && o + 2 < sizeof(out); i++) {
		if (i != 0 && (n - i) % every == 0)
			out[o++] = sep;
		out[o++] = digits[i];
	}
	out[o] = '\0';
	if (o < cap)
		memcpy(digits, out, o + 1);
}

void fmt_int_digits(char *out, size_t cap, uint64_t u, unsigned base, bool upper)
{
	char tmp[72];
	size_t n = 0;
	do {
		unsigned d = (unsigned)(u % base);
		tmp[n++] = (char)(d < 10 ? '0' + d : (upper ? 'A' : 'a') + d - 10);
		u /= base;
	} while (u != 0);
	size_t o = 0;
	while (n > 0 && o + 1 < cap)
		out[o++] = tmp[--n];
	out[o] = '\0';
}

/* Digits of a float without its sign, as C's printf does it but with Python's exponents and "nan"/"inf". */
void fmt_float_digits(char *out, size_t cap, double d, char type, int prec, bool alt)
{
	char f[16];
	d = fabs(d);
	if (isnan(d) || isinf(d)) {
		snprintf(out, cap, "%s", isnan(d) ? (type == 'F' || type == 'E' || type == 'G' ? "NAN" : "nan")
						  : (type == 'F' || type == 'E' || type == 'G' ? "INF" : "inf"));
		return;
	}
	snprintf(f, sizeof(f), "%%%s.*%c", alt ? "#" : "", type);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(out, cap, f, prec, d);
#pragma GCC diagnostic pop
}

/* ascii(): what is beyond ASCII in s as an escape. */
struct rv fmt_ascii_of(struct rt *rt, struct rv s)
{
	size_t mark = rt->tmp.len, k;
	for (size_t i = 0; i < s.n; i += k) {
		uint32_t cp = u8_at(s.u.s + i, s.n - i, &k);
		if (cp < 0x80)
			sb_addc(&rt->tmp, (char)cp);
		else
			sb_addf(&rt->tmp, cp < 0x100 ? "\\x%02x" : cp < 0x10000 ? "\\u%04x" : "\\U%08x", cp);
	}
	return rv_take(rt, mark);
}

/* -- format specifications: [[fill]align][sign][#][0][width][,_][.prec][type] -- */

struct spec {
	const char *fill;
	size_t nfill;
	char align, sign;
	bool alt, zero;
	bool no_minus_zero;              /* 'z' */
	char comma;
	size_t width;
	int prec;
	char type;
};

static bool is_align(char c) { return c == '<' || c == '>' || c == '^' || c == '='; }

static bool spec_parse(struct rt *rt, const char *s, size_t n, struct spec *sp)
{
	*sp = (struct spec){ .fill = " ", .nfill = 1, .prec = -1 };
	size_t i = 0, k = 0;
	if (n > 0)
		u8_at(s, n, &k);
	if (n > k && k > 0 && is_align(s[k])) {
		sp->fill = s;
		sp->nfill = k;
		sp->align = s[k];
		i = k + 1;
	} else if (n > 0 && is_align(s[0])) {
		sp->align = s[i++];
	}
	if (i < n && (s[i] == '+' || s[i] == '-' || s[i] == ' '))
		sp->sign = s[i++];
	if (i < n && s[i] == 'z') {
		sp->no_minus_zero = true;
		i++;
	}
	if (i < n && s[i] == '#') {
		sp->alt = true;
		i++;
	}
	if (i < n && s[i] == '0') {
		sp->zero = true;
		i++;
	}
	for (; i < n && s[i] >= '0' && s[i] <= '9'; i++)
		if ((sp->width = sp->width * 10 + (size_t)(s[i] - '0')) > FMT_MAX_WIDTH)
			return raise(rt, EX_LIMIT, "a format is wider than %d", FMT_MAX_WIDTH);
	if (i < n && (s[i] == ',' || s[i] == '_'))
		sp->comma = s[i++];
	if (i < n && s[i] == '.') {
		if (++i >= n || s[i] < '0' || s[i] > '9')
			return raise(rt, EX_VALUE, "Format specifier missing precision");
		for (sp->prec = 0; i < n && s[i] >= '0' && s[i] <= '9'; i++)
			if ((sp->prec = sp->prec * 10 + (s[i] - '0')) > FMT_MAX_PREC)
				return raise(rt, EX_LIMIT, "a format is more precise than %d", FMT_MAX_PREC);
	}
	if (i < n)
		sp->type = s[i++];
	if (i < n)
		return raise(rt, EX_VALUE, "Invalid format specifier '%.*s'", (int)n, s);
	return true;
}

/* Zeros in front of digits that have separators get them too; a separator is never the first: "0,001" for width 4. */
static void grouped_zeros(struct strbuf *b, const struct spec *sp, const char *digits, size_t len)
{
	bool words = sp->type != 0 && strchr("boxX", sp->type) != NULL;
	size_t every = words ? 4 : 3, run = strspn(digits, words ? "0123456789abcdefABCDEF" : "0123456789");
	char front[FMT_MAX_WIDTH / 64 + 64];
	size_t n = sizeof(front);
	for (bool sep; len < sp->width && n > 2; len++) {
		sep = run == every;
		front[--n] = sep ? sp->comma : '0';
		run = sep ? 0 : run + 1;
		if (sep && len + 1 == sp->width)
			front[--n] = '0';
	}
	for (; len < sp->width; len++)                    /* wider than anybody writes: plain zeros */
		sb_addc(b, '0');
	sb_add(b, front + n, sizeof(front) - n);
	sb_adds(b, digits);
}

/* sign, prefix and digits with padding between or around them. */
static void spec_out(struct strbuf *b, const struct spec *sp, const char *sign, const char *prefix, const char *digits)
{
	char align = sp->align != 0 ? sp->align : sp->zero ? '=' : '>';
	const char *fill = sp->align == 0 && sp->zero                                           ? "0"
			   : sp->zero && sp->fill[0] == ' ' && sp->nfill == 1 && sp->align != 0 ? "0"
												: sp->fill;
	size_t nfill = fill[0] == '0' ? 1 : sp->nfill;
	size_t len = strlen(sign) + strlen(prefix) + strlen(digits);
	if (align != '=') {
		char all[2 * LIM_INT_BITS];
		snprintf(all, sizeof(all), "%s%s%s", sign, prefix, digits);
		fmt_pad(b, all, strlen(all), align, sp->width, fill, nfill);
		return;
	}
	sb_adds(b, sign);
	sb_adds(b, prefix);
	if (sp->comma != 0 && fill[0] == '0' && nfill == 1) {
		grouped_zeros(b, sp, digits, len);
		return;
	}
	for (; len < sp->width; len++)
		sb_add(b, fill, nfill);
	sb_adds(b, digits);
}

void fmt_big_digits(struct rt *rt, char *out, size_t cap, struct rv v, unsigned base, bool upper)
{
	const char *s = big_text(rt, v, (int)base);
	snprintf(out, cap, "%s", s + (*s == '-'));
	for (char *p = out; upper && *p != '\0'; p++)
		*p = *p >= 'a' && *p <= 'z' ? (char)(*p - 32) : *p;
}

/* compat: parse_internal_render_format_spec: which types take ',' and '_' between digits. */
static bool spec_separator(struct rt *rt, const struct spec *sp, char dflt)
{
	char type = sp->type != 0 ? sp->type : dflt;
	if (sp->comma == 0 || type == 0 || strchr("defgEFG%", type) != NULL ||
		(sp->comma == '_' && strchr("boxX", type) != NULL))
		return true;
	return raise(rt, EX_VALUE, "Cannot specify '%c' with '%c'.", sp->comma, type);
}

static bool bad_code(struct rt *rt, char type, struct rv v)
{
	return raise(rt, EX_VALUE, "Unknown format code '%c' for object of type '%s'", type, rv_type_name(v));
}

static bool spec_int(struct rt *rt, const struct spec *sp, struct rv v, struct strbuf *b)
{
	char digits[2 * LIM_INT_BITS];
	int64_t i = rv_asint(v);
	if (sp->prec >= 0)
		return raise(rt, EX_VALUE, "Precision not allowed in integer format specifier");
	if (sp->no_minus_zero)
		return raise(rt, EX_VALUE, "Negative zero coercion (z) not allowed in integer format specifier");
	if (sp->type == 'c') {
		size_t mark = rt->tmp.len;
		if (sp->sign != 0 || sp->alt)
			return raise(rt, EX_VALUE, "%s not allowed with integer format specifier 'c'",
				sp->sign != 0 ? "Sign" : "Alternate form (#)");
		if (i < 0 || i > 0x10ffff)
			return raise(rt, EX_OVERFLOW, "%%c arg not in range(0x110000)");
		u8_put(&rt->tmp, (uint32_t)i);
		struct rv c = rv_take(rt, mark);
		bool zeros = sp->zero && sp->fill[0] == ' ' && sp->nfill == 1;
		fmt_pad(b, c.u.s, c.n, zeros && sp->align == 0 ? '>' : sp->align != 0 ? sp->align : '>', sp->width, zeros ? "0" : sp->fill,
			zeros ? 1 : sp->nfill);
		return true;
	}
	unsigned base = sp->type == 'b' ? 2 : sp->type == 'o' ? 8 : sp->type == 'x' || sp->type == 'X' ? 16 : 10;
	if (v.t == R_BIG)
		fmt_big_digits(rt, digits, sizeof(digits), v, base, sp->type == 'X');
	else
		fmt_int_digits(digits, sizeof(digits), i < 0 ? 0 - (uint64_t)i : (uint64_t)i, base, sp->type == 'X');
	if (sp->comma != 0)
		group_digits(digits, sizeof(digits), sp->comma, base == 10 ? 3 : 4);
	const char *prefix = !sp->alt || base == 10 ? ""
			     : base == 2            ? "0b"
			     : base == 8            ? "0o"
			     : sp->type == 'x'      ? "0x"
						    : "0X";
	spec_out(b, sp, i < 0 ? "-" : sp->sign == '+' ? "+" : sp->sign == ' ' ? " " : "", prefix, digits);
	return true;
}

static void general_float(char *out, size_t cap, double d, int prec, bool alt)
{
	/* like 'g' with the shortest digits when no precision is given, but always a digit after the point */
	if (prec < 0) {
		struct strbuf t = { 0 };
		py_float_repr(&t, fabs(d));
		size_t whole = strspn(sb_str(&t), "0123456789");
		bool point = alt && sb_str(&t)[whole] == 'e';              /* '#': a point where repr() has none */
		snprintf(out, cap, "%.*s%s%s", (int)whole, sb_str(&t), point ? "." : "", sb_str(&t) + whole);
		sb_free(&t);
		return;
	}
	fmt_float_digits(out, cap, d, 'g', prec == 0 ? 1 : prec, alt);
	if (strpbrk(out, "en") == NULL) {
		size_t n = strlen(out), whole = strcspn(out, ".");
		if (whole == n)
			snprintf(out + n, cap - n, ".0");
		if ((strtod(out, NULL) >= 1 || d == 0) && whole >= (size_t)(prec == 0 ? 1 : prec))
			fmt_float_digits(out, cap, d, 'e', prec > 0 ? prec - 1 : 0, alt);
	}
}

/* Whether digits, up to an exponent, are all 0. */
static bool zero_digits(const char *s) { return s[strspn(s, "0.,_")] == '\0' || strchr("eE%", s[strspn(s, "0.,_")]) != NULL; }

static bool spec_float(struct rt *rt, const struct spec *sp, struct rv v, struct strbuf *b)
{
	char digits[FMT_MAX_PREC + 500];
	double d = rv_num(v);
	char type = sp->type;
	if (v.t == R_BIG && isinf(d))
		return raise(rt, EX_OVERFLOW, "int too large to convert to float");
	if (type != 0 && strchr("eEfFgG%n", type) == NULL)
		return bad_code(rt, type, v);
	if (type == 0)
		general_float(digits, sizeof(digits), d, sp->prec, sp->alt);
	else
		fmt_float_digits(digits, sizeof(digits) - 2, type == '%' ? d * 100 : d,
			type == '%'   ? 'f'
			: type == 'n' ? 'g'
				      : type,
			sp->prec < 0 ? 6 : sp->prec, sp->alt);
	if (sp->comma != 0) {
		char whole[FMT_MAX_PREC + 500], *tail = digits + strspn(digits, "0123456789");
		snprintf(whole, sizeof(whole), "%.*s", (int)(tail - digits), digits);
		group_digits(whole, sizeof(whole), sp->comma, 3);
		struct strbuf t = { 0 };
		sb_addf(&t, "%s%s", whole, tail);
		snprintf(digits, sizeof(digits), "%s", sb_str(&t));
		sb_free(&t);
	}
	if (type == '%')
		snprintf(digits + strlen(digits), 2, "%%");
	bool minus = signbit(d) && !isnan(d) && !(sp->no_minus_zero && isfinite(d) && zero_digits(digits));
	spec_out(b, sp, minus ? "-" : sp->sign == '+' ? "+" : sp->sign == ' ' ? " " : "", "", digits);
	return true;
}

bool fmt_spec(struct rt *rt, struct rv v, const char *s, size_t n, struct strbuf *b)
{
	struct spec sp;
	if (n == 0) {
		rv_str(rt, v, b);
		return rt->exc.cls == EX_NONE;
	}
	if (v.t != R_STR && !rv_is_num(v))
		return raise(rt, EX_TYPE, "unsupported format string passed to %s.__format__", rv_type_name(v));
	if (!spec_parse(rt, s, n, &sp) || !spec_separator(rt, &sp, v.t == R_STR ? 's' : v.t == R_FLOAT ? 0 : 'd'))
		return false;
	if (rv_is_num(v)) {
		if (v.t == R_FLOAT || (sp.type != 0 && strchr("eEfFgG%", sp.type) != NULL))
			return spec_float(rt, &sp, v, b);
		if (sp.type != 0 && strchr("bcdoxXn", sp.type) == NULL)
			return bad_code(rt, sp.type, v);
		return spec_int(rt, &sp, v, b);
	}
	struct rv t = rv_tostr(rt, v);
	if (sp.type != 0 && sp.type != 's')
		return bad_code(rt, sp.type, t);
	if (sp.sign != 0)
		return raise(rt, EX_VALUE, sp.sign == ' ' ? "Space not allowed in string format specifier" :
			"Sign not allowed in string format specifier");
	if (sp.no_minus_zero)
		return raise(rt, EX_VALUE, "Negative zero coercion (z) not allowed in string format specifier");
	if (sp.alt)
		return raise(rt, EX_VALUE, "Alternate form (#) not allowed in string format specifier");
	if (sp.align == '=')
		return raise(rt, EX_VALUE, "'=' alignment not allowed in string format specifier");
	size_t len = sp.prec >= 0 ? u8_off(t.u.s, t.n, (size_t)sp.prec) : t.n;
	bool zfill = sp.zero && sp.fill[0] == ' ' && sp.nfill == 1;
	fmt_pad(b, t.u.s, len, sp.align != 0 ? sp.align : '<', sp.width, zfill ? "0" : sp.fill, zfill ? 1 : sp.nfill);
	return true;
}

/* -- str.format -- */

struct fmt { struct rt *rt; const struct args *a; int64_t next; int depth; bool markup; };

static bool fmt_text(struct fmt *f, const char *s, size_t n, struct strbuf *b);

/* field: first name or number, then .attr and [key] steps */
static bool fmt_field(struct fmt *f, const char *s, size_t n, struct rv *out)
{
	struct rt *rt = f->rt;
	size_t e = 0;
	while (e < n && s[e] != '.' && s[e] != '[')
		e++;
	if (e == 0 || (s[0] >= '0' && s[0] <= '9')) {
		int64_t idx = 0;
		if (e == 0) {
			if (f->next < 0)
				return raise(rt, EX_VALUE,
					"cannot switch from manual field specification to automatic field numbering");
			idx = f->next++;
		} else {
			char num[24];
			snprintf(num, sizeof(num), "%.*s", (int)(e < 20 ? e : 20), s);
			if (!parse_int64(num, &idx))
				return raise(rt, EX_VALUE, "a field number in a format string is not one");
			if (f->next > 0)
				return raise(rt, EX_VALUE,
					"cannot switch from automatic field numbering to manual field specification");
			f->next = -1;
		}
		if (idx < 0 || idx >= f->a->n)
			return raise(rt, EX_INDEX, "Replacement index %lld out of range for positional args tuple",
				(long long)idx);
		*out = f->a->v[idx];
	} else {
		uint32_t k = 0;
		while (k < f->a->nkw && !(f->a->kw[k].n == e && memcmp(f->a->kw[k].name, s, e) == 0))
			k++;
		if (k == f->a->nkw)
			return raise(rt, EX_KEY, "'%.*s'", (int)e, s);
		*out = f->a->kw[k].v;
	}
	while (e < n) {
		bool item = s[e] == '[';
		size_t b = ++e;
		while (e < n && (item ? s[e] != ']' : s[e] != '.' && s[e] != '['))
			e++;
		struct rv key = rv_dup(rt, s + b, e - b), r = { .t = R_UNSET };
		int64_t i;
		if (item) {
			if (e >= n)
				return raise(rt, EX_VALUE, "expected '}' before end of string");
			e++;
			if (strspn(key.u.s, "0123456789") == key.n && parse_int64(key.u.s, &i))
				key = rv_int(i);          /* compat: "-1" is text */
			if (!rv_getitem(rt, *out, key, &r))
				return false;
		} else {
			if (!rv_attr(rt, *out, key.u.s, method_id(key.u.s), &r))
				return false;
			if (r.t == R_UNSET)
				return raise(rt, EX_ATTRIBUTE, "'%s' object has no attribute '%s'", rv_type_name(*out),
					key.u.s);
		}
		*out = r;
	}
	return true;
}

static bool fmt_one(struct fmt *f, const char *s, size_t n, struct strbuf *b)
{
	struct rt *rt = f->rt;
	size_t e = 0;
	char conv = 0;
	struct rv v;
	for (bool in = false; e < n && (in || (s[e] != ':' && s[e] != '!')); e++)
		in = s[e] == '[' || (in && s[e] != ']');
	if (!fmt_field(f, s, e, &v))
		return false;
	if (e < n && s[e] == '!') {
		if (e + 1 >= n || (e + 2 < n && s[e + 2] != ':'))
			return raise(rt, EX_VALUE, "expected ':' after conversion specifier");
		conv = s[e + 1];
		e += 2;
	}
	if (conv != 0 && conv != 'r' && conv != 's' && conv != 'a')
		return raise(rt, EX_VALUE, "Unknown conversion specifier '%c'", conv);
	if (conv != 0) {
		size_t mark = rt->tmp.len;
		if (conv == 's')
			rv_str(rt, v, &rt->tmp);
		else
			rv_repr(rt, v, &rt->tmp);
		v = rv_take(rt, mark);
		if (conv == 'a')
			v = fmt_ascii_of(rt, v);
	}
	if (e < n && s[e] == ':')
		e++;
	size_t mark = rt->tmp.len;
	f->depth++;
	if (f->depth > 2)
		return raise(rt, EX_VALUE, "Max string recursion exceeded");
	if (!fmt_text(f, s + e, n - e, &rt->tmp))
		return false;
	f->depth--;
	struct rv spec = rv_take(rt, mark);
	if (f->markup && v.t == R_STR && (v.fl & RV_MARKUP) && spec.n > 0)
		return raise(rt, EX_VALUE, "Unsupported format specification for Markup.");
	mark = b->len;
	if (!fmt_spec(rt, v, spec.u.s, spec.n, b))
		return false;
	if (f->markup && !(v.t == R_STR && (v.fl & RV_MARKUP))) {
		struct rv plain = rv_take(rt, mark);
		html_escape(b, plain.u.s, plain.n);
	}
	return true;
}

static bool fmt_text(struct fmt *f, const char *s, size_t n, struct strbuf *b)
{
	struct rt *rt = f->rt;
	for (size_t i = 0; i < n;) {
		char c = s[i];
		if (c != '{' && c != '}') {
			sb_addc(b, c);
			i++;
			continue;
		}
		if (i + 1 < n && s[i + 1] == c) {
			sb_addc(b, c);
			i += 2;
			continue;
		}
		if (c == '}')
			return raise(rt, EX_VALUE, "Single '}' encountered in format string");
		size_t e = ++i, depth = 1;
		for (; e < n; e++) {
			depth += s[e] == '{';
			depth -= s[e] == '}';
			if (depth == 0)
				break;
		}
		if (e >= n)
			return raise(rt, EX_VALUE,
				i >= n ? "Single '{' encountered in format string"
				       : "expected '}' before end of string");
		if (!fmt_one(f, s + i, e - i, b))
			return false;
		i = e + 1;
	}
	return rt_tick(rt);
}

bool fmt_method(struct rt *rt, struct rv fmt, const struct args *a, struct rv *out)
{
	struct fmt f = { .rt = rt, .a = a, .markup = fmt.fl & RV_MARKUP };
	size_t mark = rt->tmp.len;
	if (!fmt_text(&f, fmt.u.s, fmt.n, &rt->tmp))
		return false;
	*out = rv_take(rt, mark);
	return rt->exc.cls == EX_NONE;
}
