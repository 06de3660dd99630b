/* SPDX-License-Identifier: GPL-2.0-or-later
 * mod_time.c - Python's time module: reading the clock and printing dates. Nothing here waits: sleep is refused.
 */
#include <math.h>
#include <time.h>

#include "base/clock.h"
#include "snippets/engine/modules.h"

#define T(name)                                                                                                        \
	static bool t_##name(struct rt *rt, struct rv self, const struct rv *v, const struct args *a, struct rv *out)
#define UNUSED_ARGS (void)self, (void)a, (void)v, (void)rt

static const char *const fields[] = {
	"tm_year", "tm_mon", "tm_mday", "tm_hour", "tm_min", "tm_sec", "tm_wday", "tm_yday", "tm_isdst"};

static struct rv field(const struct tm *t, size_t i)
{
	const int vals[] = {t->tm_year + 1900, t->tm_mon + 1, t->tm_mday, t->tm_hour, t->tm_min, t->tm_sec,
		(t->tm_wday + 6) % 7, t->tm_yday + 1, t->tm_isdst};
	return rv_int(vals[i]);
}

static bool tm_attr(struct rt *rt, const struct robj *o, const char *name, struct rv *out)
{
	(void)rt;
	*out = (struct rv){ .t = R_UNSET };
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (str_eq(fields[i], name))
			*out = field(o->data, i);
	return true;
}

static bool tm_iter(struct rt *rt, const struct robj *o, struct rlist **out)
{
	struct rv l = rv_list(rt, 9);
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		rlist_push(rt, l.u.l, field(o->data, i));
	*out = l.u.l;
	return true;
}

static bool tm_item(struct rt *rt, const struct robj *o, struct rv key, struct rv *out)
{
	struct rlist *l;
	return tm_iter(rt, o, &l) && rv_getitem(rt, (struct rv){ .t = R_TUPLE, .u.l = l }, key, out);
}

static int64_t tm_len(const struct robj *o)
{
	(void)o;
	return (int64_t)ARRAY_LEN(fields);
}

static void tm_str(struct rt *rt, const struct robj *o, struct strbuf *b, bool repr)
{
	(void)repr;
	sb_adds(b, "time.struct_time(");
	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		sb_addf(b, "%s%s=", i != 0 ? ", " : "", fields[i]);
		rv_repr(rt, field(o->data, i), b);
	}
	sb_addc(b, ')');
}

static const struct obj_ops tm_ops = {
	.type = "struct_time", .attr = tm_attr, .iter = tm_iter, .len = tm_len, .item = tm_item, .str = tm_str};

static bool when(struct rt *rt, struct rv v, time_t *t)
{
	double d = 0;
	if (v.t == R_UNSET || v.t == R_NONE) {
		rt_varies(rt);
		d = clock_wall();
	} else {
		if (!rv_is_num(v))
			return raise(rt, EX_TYPE, "'%s' object cannot be interpreted as an integer", rv_type_name(v));
		d = rv_num(v);
	}
	if (!(fabs(d) < 6.7e16))                          /* years of 32 bits */
		return raise(rt, EX_OVERFLOW, "timestamp out of range");
	*t = v.t == R_INT ? (time_t)v.u.i : (time_t)floor(d);      /* a double has no room for all of an int */
	return true;
}

static bool broken_down(struct rt *rt, struct rv v, bool utc, struct tm **ret)
{
	time_t t;
	struct tm *tm = rt_alloc(rt, sizeof(*tm));
	if (v.t == R_OBJ && v.u.o->ops == &tm_ops) {
		*ret = v.u.o->data;
		return true;
	}
	if (v.t == R_TUPLE && v.u.l->n == 9) {
		int f[9];
		for (uint32_t i = 0; i < 9; i++) {
			if (v.u.l->v[i].t != R_INT || v.u.l->v[i].u.i < -1 || v.u.l->v[i].u.i > 9999)
				return raise(rt, EX_TYPE, "Tuple or struct_time argument required");
			f[i] = (int)v.u.l->v[i].u.i;
		}
		*tm = (struct tm){.tm_year = f[0] - 1900,
			.tm_mon = f[1] - 1,
			.tm_mday = f[2],
			.tm_hour = f[3],
			.tm_min = f[4],
			.tm_sec = f[5],
			.tm_wday = (f[6] + 1) % 7,
			.tm_yday = f[7] - 1,
			.tm_isdst = f[8]};
		*ret = tm;
		return true;
	}
	if (!when(rt, v, &t))
		return false;
	if ((utc ? gmtime_r(&t, tm) : localtime_r(&t, tm)) == NULL)
		return raise(rt, EX_OVERFLOW, "timestamp out of range");
	*ret = tm;
	return true;
}

T(time) { UNUSED_ARGS; rt_varies(rt); *out = rv_float(clock_wall()); return true; }
T(monotonic) { UNUSED_ARGS; rt_varies(rt); *out = rv_float((double)clock_mono_us() / 1e6); return true; }

T(time_ns)
{
	UNUSED_ARGS;
	struct timespec t;
	rt_varies(rt);
	clock_gettime(CLOCK_REALTIME, &t);
	*out = rv_int((int64_t)t.tv_sec * 1000000000 + t.tv_nsec);
	return true;
}

T(localtime)
{
	UNUSED_ARGS;
	struct tm *t;
	if (!broken_down(rt, v[0], false, &t))
		return false;
	*out = rv_obj(rt, &tm_ops, t);
	return true;
}

T(gmtime)
{
	UNUSED_ARGS;
	struct tm *t;
	if (!broken_down(rt, v[0], true, &t))
		return false;
	*out = rv_obj(rt, &tm_ops, t);
	return true;
}

T(mktime)
{
	UNUSED_ARGS;
	struct tm *t;
	if (!broken_down(rt, v[0], false, &t))
		return false;
	struct tm copy = *t;
	copy.tm_isdst = -1;
	*out = rv_float((double)mktime(&copy));
	return true;
}

T(strftime)
{
	UNUSED_ARGS;
	struct tm *t;
	char buf[4096];
	if (v[0].t != R_STR)
		return raise(rt, EX_TYPE, "strftime() argument 1 must be str, not %s", rv_type_name(v[0]));
	if (v[0].n > 500)
		return raise(rt, EX_LIMIT, "the format of strftime() is longer than 500 bytes");
	if (!broken_down(rt, v[1], false, &t))
		return false;
	/* a blank in front tells an empty result from one that does not fit */
	size_t mark = rt->tmp.len;
	sb_addc(&rt->tmp, ' ');
	sb_add(&rt->tmp, v[0].u.s, v[0].n);
	struct rv f = rv_take(rt, mark);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	size_t n = strftime(buf, sizeof(buf), f.u.s, t);
#pragma GCC diagnostic pop
	if (n == 0)
		return raise(rt, EX_LIMIT, "the result of strftime() is longer than %zu bytes", sizeof(buf));
	*out = rv_dup(rt, buf + 1, n - 1);
	return true;
}

static bool dated(struct rt *rt, struct rv v, struct rv *out)
{
	struct tm *t;
	char buf[64];
	static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char *const months[] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	if (!broken_down(rt, v, false, &t))
		return false;
	struct strbuf b = { 0 };
	sb_addf(&b, "%s %s %2d %02d:%02d:%02d %d", days[(unsigned)t->tm_wday % 7], months[(unsigned)t->tm_mon % 12],
		t->tm_mday, t->tm_hour, t->tm_min, t->tm_sec, t->tm_year + 1900);
	(void)buf;
	*out = rv_dup(rt, sb_str(&b), b.len);
	sb_free(&b);
	return true;
}

T(ctime) { UNUSED_ARGS; return dated(rt, v[0], out); }
T(asctime) { UNUSED_ARGS; return dated(rt, v[0], out); }
T(sleep) { UNUSED_ARGS; (void)out; return raise(rt, EX_RUNTIME, "time.sleep() is refused: a template must not wait"); }

static const struct native functions[] = {
	{"time", "", 0, t_time},
	{"time_ns", "", 0, t_time_ns},
	{"monotonic", "", 0, t_monotonic},
	{"perf_counter", "", 0, t_monotonic},
	{"localtime", "secs", 0, t_localtime},
	{"gmtime", "secs", 0, t_gmtime},
	{"mktime", "t", 1, t_mktime},
	{"strftime", "format t", 1, t_strftime},
	{"ctime", "secs", 0, t_ctime},
	{"asctime", "t", 0, t_asctime},
	{"sleep", "secs", 1, t_sleep},
	{NULL, NULL, 0, NULL},
};

static bool attr(struct rt *rt, const char *name, struct rv *out)
{
	(void)rt;
	tzset();
	if (str_eq(name, "timezone"))
		*out = rv_int(timezone);
	else if (str_eq(name, "daylight"))
		*out = rv_int(daylight);
	else if (str_eq(name, "tzname"))
		*out = rv_tuple(rt, (struct rv[]){ rv_cstr(tzname[0]), rv_cstr(tzname[1]) }, 2);
	return true;
}

const struct module mod_time = { .name = "time", .f = functions, .attr = attr };
