/* SPDX-License-Identifier: GPL-2.0-or-later
 * pytext.c - str() and repr() of values as Python prints them.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wctype.h>

#include "value/value.h"

static bool reads_back(double d, int prec, char buf[40])
{
	snprintf(buf, 40, "%.*e", prec - 1, d);
	return strtod(buf, NULL) == d;
}

static bool next_up_reads_back(double d, char buf[40])
{
	snprintf(buf, 40, "%.15e", d);
	char *p = strchr(buf, 'e') - 1;
	for (; p > buf && *p == '9'; p -= p[-1] == '.' ? 2 : 1)
		*p = '0';
	if (*p == '9')                                    /* 9.99...: one more digit, which is then shorter anyway */
		return false;
	(*p)++;
	return strtod(buf, NULL) == d;
}

/* Numbers with up to six decimals and 15 digits: times in microseconds, sizes. A whole number below 2^53 divided by a power of ten is
 * rounded once, so the first such quotient that is d has the shortest digits. */
static bool few_decimals(double d, char digits[32], int *exp)
{
	double power = 1;
	if (d < 1e-3 || d >= 9e9)
		return false;
	for (int decimals = 0; decimals <= 6; decimals++, power *= 10) {
		double whole = nearbyint(d * power);
		if (whole / power != d)
			continue;
		int n = snprintf(digits, 32, "%lld", (long long)whole);
		*exp = n - decimals;
		while (n > 1 && digits[n - 1] == '0')
			n--;
		digits[n] = '\0';
		return true;
	}
	return false;
}

/* Shortest digits that read back as d. digits has no point; the value is 0.DIGITS * 10^*exp. More digits read back where fewer do,
 * so the number of digits is searched by halving: times, which need 16 or 17, take two tries. */
static void shortest_digits(double d, char digits[32], int *exp)
{
	char buf[40];
	int low = 1, high = 17, prec = 16;
	if (few_decimals(d, digits, exp))
		return;
	while (low < high) {
		if (reads_back(d, prec, buf))
			high = prec;
		else
			low = prec + 1;
		prec = (low + high) / 2;
	}
	/* At a power of two the numbers below are closer than those above: the 16 digits nearest to d may not read back
	 * while the next ones up do. */
	if (low < 17 || !next_up_reads_back(d, buf))
		snprintf(buf, sizeof(buf), "%.*e", low - 1, d);
	char *e = strchr(buf, 'e');
	*exp = (int)strtol(e + 1, NULL, 10) + 1;
	size_t n = 0;
	for (char *p = buf; p < e; p++)
		if (*p != '.')
			digits[n++] = *p;
	while (n > 1 && digits[n - 1] == '0')
		n--;
	digits[n] = '\0';
}

void py_float_repr(struct strbuf *out, double d)
{
	char digits[32];
	int exp;
	if (isnan(d)) {
		sb_adds(out, "nan");
		return;
	}
	if (signbit(d))
		sb_addc(out, '-');
	d = fabs(d);
	if (isinf(d)) {
		sb_adds(out, "inf");
		return;
	}
	if (d == 0) {
		sb_adds(out, "0.0");
		return;
	}
	shortest_digits(d, digits, &exp);
	int n = (int)strlen(digits);
	if (exp > 16 || exp < -3) {                        /* float.__repr__ changes to exponents here */
		sb_addc(out, digits[0]);
		if (n > 1)
			sb_addf(out, ".%s", digits + 1);
		sb_addf(out, "e%c%02d", exp - 1 < 0 ? '-' : '+', abs(exp - 1));
	} else if (exp <= 0) {
		sb_addf(out, "0.%.*s%s", -exp, "0000", digits);
	} else if (exp >= n) {
		sb_addf(out, "%s%.*s.0", digits, exp - n, "0000000000000000");
	} else {
		sb_addf(out, "%.*s.%s", exp, digits, digits + exp);
	}
}

/* Decodes one code point of the left bytes at s, at least one; returns its length, 0 when they begin with none. */
static size_t decode(const unsigned char *s, size_t left, uint32_t *cp)
{
	if (s[0] < 0x80) {
		*cp = s[0];
		return 1;
	}
	size_t n = s[0] >= 0xF0 ? 4 : s[0] >= 0xE0 ? 3 : 2;
	if (n > left || !utf8_valid((const char *)s, n))
		return 0;
	*cp = s[0] & (0xFF >> (n + 1));
	for (size_t i = 1; i < n; i++)
		*cp = *cp << 6 | (s[i] & 0x3F);
	return n;
}

/* What repr() shows as it is: everything but controls, separators other than blank, surrogates, private use and the like. */
static bool printable(uint32_t cp)
{
	if (cp < 0x7f)
		return cp >= 0x20;
	if (cp <= 0xa0 || cp == 0xad)
		return false;
	if (cp >= 0x2000 && cp <= 0x200f)
		return false;
	if ((cp >= 0x2028 && cp <= 0x202f) || (cp >= 0x205f && cp <= 0x206f))
		return false;
	if (cp == 0x1680 || cp == 0x180e || cp == 0x3000 || cp == 0xfeff)
		return false;
	if ((cp >= 0xe000 && cp <= 0xf8ff) || (cp >= 0xfff0 && cp <= 0xfffb) || cp >= 0xe0000)
		return false;
	return true;
}

void py_str_repr(struct strbuf *out, const char *s, size_t n)
{
	char q = memchr(s, '\'', n) != NULL && memchr(s, '"', n) == NULL ? '"' : '\'';
	sb_addc(out, q);
	for (size_t i = 0; i < n; ) {
		uint32_t cp = 0;
		size_t k = decode((const unsigned char *)s + i, n - i, &cp);
		if (k == 0) {
			sb_addf(out, "\\x%02x", (unsigned char)s[i++]);
			continue;
		}
		if (cp == (unsigned char)q || cp == '\\')
			sb_addf(out, "\\%c", (char)cp);
		else if (cp == '\n' || cp == '\r' || cp == '\t')
			sb_addf(out, "\\%c", cp == '\n' ? 'n' : cp == '\r' ? 'r' : 't');
		else if (printable(cp))
			sb_add(out, s + i, k);
		else
			sb_addf(out, cp < 0x100 ? "\\x%02x" : cp < 0x10000 ? "\\u%04x" : "\\U%08x", cp);
		i += k;
	}
	sb_addc(out, q);
}

static void bytes_repr(struct strbuf *out, const char *s, size_t n)
{
	char q = memchr(s, '\'', n) != NULL && memchr(s, '"', n) == NULL ? '"' : '\'';
	sb_addf(out, "b%c", q);
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];
		if (c == (unsigned char)q || c == '\\')
			sb_addf(out, "\\%c", c);
		else if (c == '\n' || c == '\r' || c == '\t')
			sb_addf(out, "\\%c", c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
		else if (c >= 0x20 && c < 0x7f)
			sb_addc(out, (char)c);
		else
			sb_addf(out, "\\x%02x", c);
	}
	sb_addc(out, q);
}

void v_py_repr(struct strbuf *out, const struct value *v)
{
	switch (v_type(v)) {
	case V_NONE: sb_adds(out, "None"); break;
	case V_BOOL: sb_adds(out, v_truthy(v) ? "True" : "False"); break;
	case V_INT: sb_addf(out, "%lld", (long long)v_int_of(v)); break;
	case V_FLOAT: py_float_repr(out, v_float_of(v)); break;
	case V_STR: py_str_repr(out, v_cstr(v), v_len(v)); break;
	case V_BYTES: bytes_repr(out, v_cstr(v), v_len(v)); break;
	case V_LIST:
		sb_addc(out, '[');
		for (size_t i = 0; i < v_len(v); i++) {
			sb_adds(out, i > 0 ? ", " : "");
			v_py_repr(out, v_list_at(v, i));
		}
		sb_addc(out, ']');
		break;
	case V_DICT:
		sb_addc(out, '{');
		for (size_t i = 0; i < v_len(v); i++) {
			const char *k = v_dict_key(v, i);
			sb_adds(out, i > 0 ? ", " : "");
			py_str_repr(out, k, strlen(k));
			sb_adds(out, ": ");
			v_py_repr(out, v_dict_at(v, i));
		}
		sb_addc(out, '}');
		break;
	}
}

void v_py_str(struct strbuf *out, const struct value *v)
{
	if (v_type(v) == V_STR)
		sb_add(out, v_cstr(v), v_len(v));
	else
		v_py_repr(out, v);
}
