/* SPDX-License-Identifier: GPL-2.0-or-later
 * engine_test.c - both languages: what they render (the expected texts were made with the original engines), what they
 * refuse.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "snippets/engine/engine.h"
#include "value/json.h"

struct row { int line; const char *text, *want; };       /* want NULL: an error */

static const char json[] =
	"{\"host\": \"n1\", \"ram\": 2048, \"f\": 2.5, \"on\": true, \"none\": null, \"empty\": \"\", "
	"\"uni\": \"Stra\\u00dfe\", \"dns\": [\"192.0.2.1\", \"192.0.2.2\"], "
	"\"nics\": {\"en0\": {\"ip\": \"192.0.2.9\", \"mtu\": \"\"}, \"en1\": {\"ip\": \"\", "
	"\"mtu\": 9000}}, \"deep\": [[1], [2, [3]]]}";

static const struct row cheetah_rows[] = {
	{ __LINE__, "$host|${host}|$(host)|$[host]\n",
		"n1|n1|n1|n1\n" },
	{ __LINE__, "$nics.en0.ip $nics['en1'].mtu\n",
		"192.0.2.9 9000\n" },
	{ __LINE__, "a\n  #if $on\n  b\n  #end if\nc\n",
		"a\n  b\nc\n" },
	{ __LINE__, "x #if $on#y#end if# z\n",
		"x y z\n" },
	{ __LINE__, "#for $k, $v in $nics.items()\n$k=$v.ip#slurp\n;\n#end for\n",
		"en0=192.0.2.9;\nen1=;\n" },
	{ __LINE__, "#def f($a, $b='d')\n<$a $b>\n#end def\n$f(1)$f(2, b=3)",
		"<1 d>\n<2 3>\n" },
	{ __LINE__, "#set $x = $ram / 3\n$x $(7 // -2) $(-7 % 3) $(2 ** 10)\n",
		"682.6666666666666 -4 2 1024\n" },
	{ __LINE__, "#set $l = [n * 2 for n in [1, 2, 3] if n != 2]\n$l $len($l)\n",
		"[2, 6] 2\n" },
	{ __LINE__, "\\$host \\#if $5.00 $ x$\n",
		"$host #if $5.00 $ x$\n" },
	{ __LINE__, "#raw\n$host #if\n#end raw\n",
		"$host #if\n" },
	{ __LINE__, "a ## gone\n## whole\nb #* c *# d\n",
		"a \nb  d\n" },
	{ __LINE__, "#if $ram > 1000 then 'big' else 'small'#\n",
		"big\n" },
	{ __LINE__, "#unless $none\nu\n#end unless\n",
		"u\n" },
	{ __LINE__, "#try\n$(1/0)\n#except ZeroDivisionError\nz\n#end try\n",
		"z\n" },
	{ __LINE__, "#call $str\n$host\n#end call\n",
		"n1\n" },
	{ __LINE__, "#filter WebSafe\n$('<&>')\n#end filter\n",
		"&lt;&amp;&gt;\n" },
	{ __LINE__, "$uni.upper() $uni[-2:] $len($uni)\n",
		"STRASSE ße 6\n" },
	{ __LINE__, "$('%-5s|%05.1f|%x' % ($host, $f, $ram)) ${'{:>6}{!r}'.format($host, $uni)}\n",
		"n1   |002.5|800     n1'Straße'\n" },
	{ __LINE__, "$getVar('nope', 'd') $varExists('host') $varExists('nope')\n",
		"d True False\n" },
	{ __LINE__, "#import re\n#set $m = $re.match('([a-z])([0-9])', $host)\n"
		"$m.group(1) $m.groups() $re.sub('[0-9]', '<\\\\g<0>>', $host)\n",
		"n ('n', '1') n<1>\n" },
	{ __LINE__, "#silent $dns.append('x')\n$dns $none|$on|$f\n",
		"['192.0.2.1', '192.0.2.2', 'x'] |True|2.5\n" },
	{ __LINE__, "#block b\nin\n#end block\n",
		"in\n" },
	{ __LINE__, "#set global $g = 5\n#def s\n$g\n#end def\n$s",
		"5\n" },
	{ __LINE__, "$f(1)\n",
		NULL },
	{ __LINE__, "#if $on: one line\n",
		"one line\n" },
	{ __LINE__, "#import random\n#silent $random.seed('node-1')\n$random.randint(0, 59) $random.random() $random.sample(range(9), 3)\n",
		"14 0.4993045785256104 [3, 4, 0]\n" },
	{ __LINE__, "<%\nx = 1\ny = [x, 2]\n%>$y <%= x + 1 %>\n",
		"[1, 2] 2\n" },
	{ __LINE__, "$!nope.x$!host\n",
		"n1\n" },
	{__LINE__, "#for $a in $dns\n#for $b in [1,2,3]\n#if $b == 2\n#continue\n#end if\n#for $c in 'xyz'\n#if $c == 'y'\n#break\n#end "
		"if\n$b$c\n#end for\n#end for\n#end for\n",
		"1x\n3x\n1x\n3x\n"},

	{__LINE__, "#for $a in [1]\n#while True\n#for $b in [1,2]\n#break\n#end for\n$b\n#break\n#end while\n#end for\n",
		"1\n"},
	{__LINE__, "#set global $g = 1\n$g\n#set global $g = 2\n$g#def s\n#set global $g = 3\n#end def\n$s$g\n",
		"1\n2\n3\n"},
	{__LINE__, "#try\n$int('x')\n#except ValueError as e\n$type(e).__name__ $e.args[0] $isinstance(e, LookupError)\n#end try\n",
		"ValueError invalid literal for int() with base 10: 'x' False\n" },
	{__LINE__, "#try\n#try\n$int('x')\n#except ValueError\n#raise\n#end try\n#except ValueError as e\nagain $e\n#end try\n",
		"again invalid literal for int() with base 10: 'x'\n" },
	{__LINE__, "#try\n#raise KeyError('q')\n#except KeyError as e\n$e $repr(e) $e.args\n#end try\n", "'q' KeyError('q') ('q',)\n" },
	{__LINE__, "#import netaddr\n#try\n#try\n$netaddr.IPNetwork('x')\n#except ValueError\nno\n#end try\n#except "
		"netaddr.core.AddrFormatError as e\n$e\n#end try\n",
		"invalid IPNetwork x\n" },
	{__LINE__, "#from re import sub, I\n#import re\n#try\n$sub('A', 'b', 'aa', 0, I) $re.compile('(')\n#except re.error\nbad\n#end "
		"try\n", "bb bad\n" },
	{__LINE__, "#try\n$divmod(1.0, 0)\n#except ZeroDivisionError as e\n$e\n#end try\n", "float divmod()\n" },
	{__LINE__, "#try\n${'{:=+s}'.format('x')}\n#except ValueError as e\n$e\n#end try\n",
		"Sign not allowed in string format specifier\n" },
	{__LINE__, "#try\n#for $i in [1,2]\n$i\n$nope\n#end for\n#except NotFound\n#pass\n#except LookupError\ncaught $i\n#end try\n$i\n",
		"1\n1\n"},
	{__LINE__, "#def f\n#for $i in [1,2,3]\n#for $j in [1]\n#if $i == 2\n#return 'r'\n#end if\n#end for\n#end for\n#end def\n$f\n",
		"r\n"},
};
static const struct row jinja_rows[] = {
	{__LINE__, "{{ host }}|{{ none }}|{{ nope }}|{{ on }}\n", "n1|None||True"},
	{__LINE__,
		"{% for k, v in nics|dictsort %}{{ loop.index }}{{ k }}{% if not loop.last %},{% endif %}{% endfor %}",
		"1en0,2en1"},
	{__LINE__, "a {%- if on -%} b {%- endif %} c\n\n", "ab c\n"},
	{__LINE__,
		"{% macro m(a, b='d') %}[{{ a }}{{ b }}{{ caller is defined }}]{% endmacro %}{{ m(1) }}{{ m(2, b=3) }}",
		"[1dFalse][23False]"},
	{__LINE__, "{% set ns = namespace(n=0) %}{% for x in [1,2] %}{% set ns.n = ns.n + x %}{% endfor %}{{ ns.n }}",
		"3"},
	{__LINE__, "{{ dns|join('-')|upper }} {{ [3,1,2]|sort(reverse=true) }} {{ ram|filesizeformat }}",
		"192.0.2.1-192.0.2.2 [3, 2, 1] 2.0 kB"},
	{__LINE__, "{{ nics|tojson }} {{ '<a>'|e }} {{ 'a b&c'|urlencode }}",
		"{\"en0\": {\"ip\": \"192.0.2.9\", \"mtu\": \"\"}, \"en1\": {\"ip\": \"\", \"mtu\": 9000}} &lt;a&gt; "
		"a%20b%26c"},
	{__LINE__, "{% for x in deep recursive %}{{ loop(x) if x is iterable else x }}{% endfor %}", "123"},
	{__LINE__,
		"{{ 'one two three four'|wordwrap(9) }}|{{ 'one two three four'|truncate(9) }}|{{ 'x\ny'|indent(2) }}",
		"one two\nthree\nfour|one...|x\n  y"},
	{__LINE__, "{% filter upper %}x{{ host }}{% endfilter %}{% set b %}y{% endset %}{{ b }}", "XN1y"},
	{__LINE__, "{{ 7 // 2 }} {{ -2 ** 2 }} {{ 'a' ~ 1 }} {{ 1 < 2 < 3 }} {{ 5 is odd }}", "3 4 a1 True True"},
	{__LINE__, "{{ 1e16 // -3 }} {{ -7.5 // 2 }} {{ 7.5 // -2.5 }} [{{ '{:4c}'.format(65) }}] [{{ '{:^04c}'.format(65) }}]",
		"-3333333333333335.0 -4.0 -3.0 [   A] [0A00]"},
	{__LINE__, "{% raw %}{{ x }}{% endraw %}{# c #}", "{{ x }}"},
	{__LINE__, "{{ [{'n':'b','p':1},{'n':'a','p':1}]|groupby('p')|list }}",
		"[(1, [{'n': 'b', 'p': 1}, {'n': 'a', 'p': 1}])]"},
	{__LINE__, "{{ nics.en0.ip }} {{ nics['en1']['mtu'] }} {{ nics.nope }} {{ dns.0 }}",
		"192.0.2.9 9000  192.0.2.1"},
	{__LINE__, "{{ range(3)|list }} {{ dns|map('length')|list }} {{ [1,none,0]|select|list }}",
		"[0, 1, 2] [9, 9] [1]"},
	{__LINE__, "{% with a = 1 %}{{ a }}{% endwith %}{{ a }}", "1"},
	{__LINE__, "{{ [0, '', 1]|any }}{{ []|any }}{{ dns|all }}{{ [1, none]|all }}", "TrueFalseTrueFalse"},
	{__LINE__, "{{ nics|toyaml }}\n{{ dns|toyaml }} {{ 'x'|toyaml }}", "en0:\n  ip: 192.0.2.9\n  mtu: ''\nen1:\n  ip: ''\n  mtu: 9000\n"
		"- 192.0.2.1\n- 192.0.2.2 x\n..."},
	{__LINE__, "{% for a in [1,2] %}{% set b = a %}{% for c in 'xy' %}{% set a = c %}{{ a }}{{ b }}{% endfor %}{{ a }}{% endfor %}{{ "
		"b }}",
		"x1y11x2y22"},

	{__LINE__, "{% for a in [1,2] %}{% macro m() %}{{ a }}{% endmacro %}{{ m() }}{% endfor %}",
		"12"},
	{__LINE__, "{% for a in dns %}{% for b in a.split('.') if b != '0' %}{{ loop.index }}{{ b }},{% endfor %}{% endfor %}{{ loop }}",
		"1192,22,31,1192,22,32,"},
	{__LINE__, "{% set x = 1 %}{% if on %}{% set x = 2 %}{% endif %}{{ x }}{% for i in [1] %}{% set x = 9 %}{% endfor %}{{ x }}",
		"22"},
	{__LINE__, "{% for k, v in {'a': 1, 'b': 2}.items() %}{% if k == 'a' %}{{ v }}{% elif v != 1 %}{{ k }}{% else %}?{% endif %}{% "
		"else %}none{% endfor %}",
		"1b"},
	{__LINE__, "{% macro r(l) %}{% for i in l %}{% if i is iterable %}({{ r(i) }}){% else %}{{ i }}{% endif %}{% endfor %}{% endmacro "
		"%}{{ r([1,[2,[3]]]) }}",
		"1(2(3))"},
	{__LINE__, "{% for x in nope %}{{ x }}{% endfor %}{% for x in [nope] %}[{{ x }}]{% endfor %}{% if nope %}a{% elif none == 'x' "
		"%}b{% elif host != 'n1' or not on %}c{% else %}d{% endif %}",
		"[]d"},
	{__LINE__, "{% for x in [1,2] %}{{ x }}{% set host = x %}{{ host }}{% endfor %}{{ host }}",
		"1122n1"},
	{__LINE__, "{% for a, b in [(1,2),(3,4)] %}{{ a }}{{ b }}{% set a = 0 %}{{ a }}{% endfor %}{{ a }}",
		"120340"},
	{__LINE__, "{{ nope.x }}", NULL},
	{__LINE__, "{{ 'x'|nosuch }}", NULL},
};

static struct value *vars;

static int setup(void **state)
{
	struct err e = { 0 };
	(void)state;
	return json_parse(json, strlen(json), &vars, &e);
}

static int teardown(void **state)
{
	(void)state;
	v_unref(vars);
	return 0;
}

static int render(enum tpl_lang lang, const char *text, struct strbuf *out, struct err *e)
{
	struct tpl *t = NULL;
	struct tpl_job job = { .vars = vars };
	int rc = tpl_compile(lang, text, strlen(text), "t", NULL, &t, e);
	if (rc == CB_OK)
		rc = tpl_render(t, &job, out, e);
	tpl_unref(t);
	return rc;
}

static void run(enum tpl_lang lang, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct strbuf out = { 0 };
		struct err e = { 0 };
		int rc = render(lang, rows[i].text, &out, &e);
		if (rows[i].want == NULL ? rc == CB_OK : rc != CB_OK || !str_eq(sb_str(&out), rows[i].want))
			fail_msg("%s:%d: got \"%s\" (%s)", __FILE__, rows[i].line, sb_str(&out), e.text);
		sb_free(&out);
	}
}

static void test_cheetah_renders_as_the_original(void **state)
{
	(void)state;
	run(TPL_CHEETAH, cheetah_rows, ARRAY_LEN(cheetah_rows));
}
static void test_jinja_renders_as_the_original(void **state)
{
	(void)state;
	run(TPL_JINJA, jinja_rows, ARRAY_LEN(jinja_rows));
}

/* What is refused or stopped, and what the message says about it. */
static const struct { int line; enum tpl_lang lang; const char *text, *says;
} refused[] = {
	{__LINE__, TPL_CHEETAH, "#import os\n", "t:1:11: the module os cannot be imported"},
	{__LINE__, TPL_CHEETAH, "a\n$hots\n", "t:2:2: NotFound: cannot find 'hots' (did you mean host?)"},
	{__LINE__, TPL_CHEETAH, "$host.__class__", "cannot find '__class__'"},
	{__LINE__, TPL_CHEETAH, "$nics.en0.mtus", "cannot find 'mtus' while searching for 'nics.en0.mtus' (did you mean mtu?)"},
	{__LINE__, TPL_CHEETAH, "#if host == 1\nx\n#end if\n", "t:1:5: NameError: name 'host' is not defined (did you mean $host?)"},
	{__LINE__, TPL_CHEETAH, "#if $host = 1\nx\n#end if\n", "not '=' (== compares)"},
	{__LINE__, TPL_CHEETAH, "$nics.xx.mac", "'nics.xx.mac' (there are: en0"},
	{__LINE__, TPL_CHEETAH, "$nics['en9']", "KeyError: 'en9' (did you mean en0?)"},
	{__LINE__, TPL_JINJA, "{{ nics.en0.mtus.x }}", "has no attribute 'mtus' (did you mean mtu?)"},
	{__LINE__, TPL_CHEETAH, "#if $on\nx\n", "#end if was expected"},
	{__LINE__, TPL_CHEETAH, "#while True\nx\n#end while\n", "LimitError: more than"},
	{__LINE__, TPL_CHEETAH, "#def a\n$a\n#end def\n$a", "LimitError: calls nested deeper"},
	{__LINE__, TPL_CHEETAH, "$('x' * 99999999999)", "LimitError: a text is longer"},
	{__LINE__, TPL_CHEETAH, "$(2 ** 4097)", "LimitError: an integer has more than 4096 bits"},
	{__LINE__, TPL_CHEETAH, "$(1 << 5000)", "LimitError: an integer has more than 4096 bits"},
	{__LINE__, TPL_CHEETAH, "#set $x = 3\n#while True\n#set $x = $x * $x\n#end while\n", "LimitError: an integer has more than"},
	{__LINE__, TPL_CHEETAH, "$(10 ** (10 ** 30))", "LimitError: an integer has more than 4096 bits"},
	{__LINE__, TPL_CHEETAH, "$int('9' * 100000)", "LimitError: int(): a text of 100000 bytes"},
	{__LINE__, TPL_CHEETAH, "$('x' * 2 ** 64)", "OverflowError: cannot fit 'int'"},
	{__LINE__, TPL_CHEETAH, "$range(2 ** 64)", "OverflowError: Python int too large"},
	{__LINE__, TPL_JINJA, "{{ 2 ** 5000 }}", "LimitError: an integer has more than 4096 bits"},
	{__LINE__, TPL_CHEETAH, "#import re\n$re.match('(a+)+$', 'a' * 40 + 'b')", "LimitError: a regular expression"},
	{__LINE__, TPL_CHEETAH, "#include '/etc/passwd'\n", "#include is refused here"},
	{__LINE__, TPL_CHEETAH, "#capture a\n#try\nlong text\n#capture b\n$chr('a')\n#end capture\n#except KeyError\n#pass\n#end try\n"
		"#end capture\n", "TypeError"},
	{__LINE__, TPL_CHEETAH, "<% import os %>", "is refused"},
	{__LINE__, TPL_CHEETAH, "<%\nfor x in 1:\n  pass\n%>", "t:2:1: a value was expected, not 'for'"},
	{__LINE__, TPL_CHEETAH, "<% x = 1; y = 2 %>", "Python code in <% %> is refused"},
	{__LINE__, TPL_CHEETAH, "#extends base\n", "#extends is not supported"},
	{__LINE__, TPL_CHEETAH, "#super()\n", "#super is not supported"},
	{__LINE__, TPL_CHEETAH, "#transform X\n", "#transform is not supported"},
	{__LINE__, TPL_CHEETAH, "#defmacro m\nx\n#end defmacro\n", "#defmacro is not supported"},
	{__LINE__, TPL_CHEETAH, "#compiler-settings\nuseFilters = False\n#end compiler-settings\n",
		"t:2:14: the compiler setting useFilters can only be True"},
	{__LINE__, TPL_CHEETAH, "#compiler-settings\ndisabledDirectives = psp\n#end compiler-settings\n",
		"the compiler setting disabledDirectives is not supported"},
	{__LINE__, TPL_CHEETAH, "#compiler-settings\nimportSettings = /etc/passwd\n#end compiler-settings\n", "it would read a file"},
	{__LINE__, TPL_CHEETAH, "#compiler-settings\nx = python:1\n#end compiler-settings\n", "cannot be an expression of Python"},
	{__LINE__, TPL_CHEETAH, "#compiler-settings python\nx = 1\n#end compiler-settings\n", "it would run Python"},
	{__LINE__, TPL_CHEETAH, "#compiler-settings\ncommentStartToken = 12345678901234567!\n#end compiler-settings\n",
		"t:2:21: commentStartToken is longer than 16 bytes"},
	{__LINE__, TPL_CHEETAH, "#compiler-settings\ncheetahVarStartToken = x\n#end compiler-settings\n", "must not begin with a letter"},
	{__LINE__, TPL_CHEETAH, "#compiler-settings\ncheetahVarStartToken = %\n#end compiler-settings\n", "t:2:24: '%' in the value"},
	{__LINE__, TPL_CHEETAH, "#compiler-settings\nEOLSlurpToken =\n#end compiler-settings\n", "has no value (None stands for none)"},
	{__LINE__, TPL_CHEETAH, "#compiler-settings\nx = 1\n  y = 2\n#end compiler-settings\n", "t:3:3: this line is indented more"},
	{__LINE__, TPL_CHEETAH, "#compiler-settings\nx = 1\nx : 2\n#end compiler-settings\n", "the compiler setting x is given twice"},
	{__LINE__, TPL_CHEETAH, "#compiler-settings\nwords\n#end compiler-settings\n", "t:2:1: 'name = value' was expected"},
	{__LINE__, TPL_CHEETAH, "#compiler-settings\n[a]\n#end compiler-settings\n", "have no sections"},
	{__LINE__, TPL_CHEETAH, "#compiler a = b\n", "must be a text, a whole number, True, False or None"},
	{__LINE__, TPL_CHEETAH, "#compiler a 1\n", "'name = value' was expected in #compiler"},
	{__LINE__, TPL_CHEETAH, "$host\n#compiler useNameMapper = False\n", "useNameMapper is off where a text"},
	{__LINE__, TPL_CHEETAH, "#compiler directiveEndToken = '%'\n#if 1 # x\ny\n#end if\n", "a comment of Python"},
	{__LINE__, TPL_CHEETAH, "$(re.S++c')),$a# '+c')),$a)", "a text that begins with ' is not closed"},
	{__LINE__, TPL_CHEETAH, "#set $x = c'$(1'\n", "is not closed"},
	{__LINE__, TPL_CHEETAH, "#errorCatcher Echo\n$('a\\\\b' + c'$host')\n", "read twice under #errorCatcher"},
	{__LINE__, TPL_CHEETAH, "#set $x = c'a\\nb'\n", "cannot stand in a text with placeholders"},
	{__LINE__, TPL_CHEETAH, "a#* b #*", "t:1:2: the comment that begins here"},
	{__LINE__, TPL_CHEETAH, "#yield 1\n", "#yield is not supported"},
	{__LINE__, TPL_CHEETAH, "#i18n\nx\n#end i18n\n", "#i18n is not supported"},
	{__LINE__, TPL_CHEETAH, "#@static\n#def f\n#end def\n", "#@ is not supported"},
	{__LINE__, TPL_CHEETAH, "#filter $mine\nx\n#end filter\n", "#filter with an expression is not supported"},
	{__LINE__, TPL_CHEETAH, "#filter Markdown\nx\n#end filter\n", "there is no filter Markdown"},
	{__LINE__, TPL_CHEETAH, "#if 1\n", "#end if was expected"},
	{__LINE__, TPL_CHEETAH, "#if 1\n## c\n#end if\n", "t:3:1: the body that ends here is empty"},
	{__LINE__, TPL_CHEETAH, "#try\nx\n#except\n#slurp\n#end try\n", "t:5:1: the body that ends here is empty"},
	{__LINE__, TPL_CHEETAH, "#for $i in $range(3):#slurp\n", "the body that ends here is empty"},
	{__LINE__, TPL_CHEETAH, "#import time\n$time.sleep(9)", "sleep() is refused"},
	{__LINE__, TPL_CHEETAH, "#from os import path\n", "the module os cannot be imported"},
	{__LINE__, TPL_CHEETAH, "#import os.path\n", "the module os cannot be imported"},
	{__LINE__, TPL_CHEETAH, "$open('/etc/passwd')", "cannot find 'open'"},
	{__LINE__, TPL_CHEETAH, "$(eval('1'))", "cannot find 'eval'"},
	{__LINE__, TPL_CHEETAH, "$('{0.__class__}'.format($host))", "AttributeError"},
	{__LINE__, TPL_CHEETAH, "$getattr($host, '__class__')", "AttributeError"},
	{__LINE__, TPL_CHEETAH, "$(str.__subclasses__())", "cannot find '__subclasses__'"},
	{__LINE__, TPL_CHEETAH, "#include source=$host\n", "#include source= is refused here"},
	{__LINE__, TPL_CHEETAH, "#for $i in $range(9999)\n#for $j in $range(9999)\n#pass\n#end for\n#end for\n", "LimitError: more than"},
	{__LINE__, TPL_CHEETAH, "#set $l = [1]\n#while True\n#set $l = $l + $l\n#end while\n", "LimitError"},
	{__LINE__, TPL_CHEETAH, "#set $s = 'x' * 9999999\n#while True\n$s#slurp\n#end while\n", "LimitError: the output"},
	{__LINE__, TPL_JINJA, "{{ host.__class__.__mro__ }}", "UndefinedError"},
	{__LINE__, TPL_JINJA, "{% for x in range(99999999) %}{% endfor %}", "LimitError"},
	{__LINE__, TPL_JINJA, "{% if on %}", "t:1:12: {% endif %} was expected"},
	{__LINE__, TPL_JINJA, "a\n{% for x in nums %}\n{{ x }}\n",
		"t:3:8: {% endfor %} was expected before the end of the text ({% for %} begins in line 2)"},
	{__LINE__, TPL_JINJA, "\n{% if on %}{% endfor %}", "t:2:12: {% endif %} was expected for {% if %} of line 2, not {% endfor %}"},
	{__LINE__, TPL_JINJA, "{% include 'x' %}", "no loader"},
	{__LINE__, TPL_JINJA, "{{ '%9999999d' % 1 }}", "LimitError: a format is wider"},
	{__LINE__, TPL_JINJA, "{{ ''.__class__.__base__.__subclasses__() }}", "UndefinedError"},
	{__LINE__, TPL_JINJA, "{{ cycler.__init__.__globals__.os }}", "UndefinedError"},
	{__LINE__, TPL_JINJA, "{{ ('x' * 999999)|replace('x', 'y' * 999) }}", "LimitError"},
	{__LINE__, TPL_JINJA, "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "LimitError"},
	{__LINE__, TPL_JINJA, "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}", "LimitError"},
	{__LINE__, TPL_JINJA, "{{ 1|nope }}", "t:1:5: there is no filter 'nope'"},
	{__LINE__, TPL_JINJA, "{% do x %}", "there is no statement 'do'"},
	{__LINE__, TPL_JINJA, "{% break %}", "there is no statement 'break'"},
};

static void test_hostile_templates_are_refused_with_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		struct strbuf out = { 0 };
		struct err e = { 0 };
		int rc = render(refused[i].lang, refused[i].text, &out, &e);
		if (rc == CB_OK || strstr(e.text, refused[i].says) == NULL || out.len != 0)
			fail_msg("%s:%d: status %d, \"%s\"", __FILE__, refused[i].line, rc, e.text);
		sb_free(&out);
	}
}

static void test_a_number_of_any_length_is_read_or_refused(void **state)
{
	(void)state;
	for (size_t digits = 40; digits < 90; digits++) {
		char text[128] = "$(";
		struct strbuf out = { 0 };
		struct err e = { 0 };
		memset(text + 2, '1', digits);
		memcpy(text + 2 + digits, "e5)", 4);
		if (render(TPL_CHEETAH, text, &out, &e) != CB_OK)
			assert_non_null(strstr(e.text, "a number is malformed"));
		sb_free(&out);
	}
}

/* What one call walks over counts as steps: without that these take hours. */
static void test_walks_are_counted(void **state)
{
	static const char *const texts[] = {"$sum(range(10**15))", "$max(range(10**15))", "$all(range(1, 10**15))",
		"$max(x for x in range(10**15))", "$('a' in range(10**15))", "$(1 in map(str, range(10**15)))",
		"#set $s = 'x' * 4000000\n#for $i in range(10**6)\n#silent $s.count('y')\n#end for\n",
		"#set $x = (0,)\n#for $i in $range(60)\n#set $x = ($x, $x)\n#end for\n$len({$x})\n",
		"#set $x = (0,)\n#set $y = (0,)\n#for $i in $range(60)\n#set $x = ($x, $x)\n#set $y = ($y, $y)\n#end for\n$($x == $y)\n",
		"#set $t = (int,)\n#for $i in $range(60)\n#set $t = ($t, $t)\n#end for\n$isinstance('a', $t)\n",
		"#set $l = [1] * 100000\n#while True\n#silent $l.reverse()\n#end while\n",
		"#set $s = 'x' * 4000000\n#while True\n#silent $s.isalpha()\n#end while\n",
		"#set $s = 'x' * 4000000\n#while True\n#silent 'y' in $s\n#end while\n",
		"#set $s = '\u00e9' * 2000000\n#while True\n#silent $s[-1]\n#end while\n",
		"{% set ns = namespace(s=[]) %}{% for i in range(60) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ ns.s|pprint }}",
		"{% set ns = namespace(s=[]) %}{% for i in range(60) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ ns.s|tojson }}"};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct strbuf out = { 0 };
		struct err e = { 0 };
		struct tpl *t = NULL;
		struct tpl_job job = { .vars = vars, .max_steps = 100000 };
		enum tpl_lang lang = texts[i][0] == '{' ? TPL_JINJA : TPL_CHEETAH;
		if (tpl_compile(lang, texts[i], strlen(texts[i]), "t", NULL, &t, &e) != CB_OK)
			fail_msg("%s: %s", texts[i], e.text);
		if (tpl_render(t, &job, &out, &e) == CB_OK || strstr(e.text, "steps") == NULL)
			fail_msg("%s: %s", texts[i], e.text);
		tpl_unref(t);
		sb_free(&out);
	}
}

/* Work that few steps take long for ends, too. */
/* Every length of code around a loop: the list of operations grows wherever it may. */
static void test_loops_in_texts_of_any_length(void **state)
{
	(void)state;
	for (size_t n = 0; n < 300; n++) {
		struct strbuf text = { 0 }, out = { 0 }, want = { 0 };
		struct err e = { 0 };
		for (size_t i = 0; i < n; i++) {
			sb_adds(&text, "$host ");
			sb_adds(&want, "n1 ");
		}
		sb_adds(&text, "\n#for $i in [1,2]\n$i\n#end for\n");
		sb_adds(&want, "\n1\n2\n");
		assert_int_equal(render(TPL_CHEETAH, sb_str(&text), &out, &e), CB_OK);
		assert_string_equal(sb_str(&out), sb_str(&want));
		sb_free(&text);
		sb_free(&out);
		sb_free(&want);
	}
}

/* Texts that are read a second time bring names of their own, however many there are already. */
static void test_names_of_texts_that_are_read_twice(void **state)
{
	(void)state;
	for (size_t n = 0; n < 70; n++) {
		struct strbuf text = { 0 }, out = { 0 };
		struct err e = { 0 };
		sb_adds(&text, "#errorCatcher ListErrors\n");
		for (size_t i = 0; i < n; i++)
			sb_addf(&text, "#set $v%zu = 1\n", i);
		sb_adds(&text, "$getVar('a\\x41', $host)$str('b\\x42', $dns)$host\n#del v0\n#set $z = 2\n#set $y = 3\n$z$y\n");
		if (n > 0)
			assert_int_equal(render(TPL_CHEETAH, sb_str(&text), &out, &e), CB_OK);
		else
			assert_int_not_equal(render(TPL_CHEETAH, sb_str(&text), &out, &e), CB_OK);
		sb_free(&text);
		sb_free(&out);
	}
}

static void test_time_is_limited(void **state)
{
	static const struct { enum tpl_lang lang; const char *text; } rows[] = {
		{TPL_CHEETAH, "#set $l = list(range(100000))\n#while True\n#if 'x' in $l\n#pass\n#end if\n#end while\n"},
		{TPL_JINJA, "{{ ('a' * 8000000)|wordwrap(1) }}"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct strbuf out = { 0 };
		struct err e = { 0 };
		struct tpl *t = NULL;
		struct tpl_job job = { .vars = vars, .max_ms = 20 };
		assert_int_equal(tpl_compile(rows[i].lang, rows[i].text, strlen(rows[i].text), "t", NULL, &t, &e), CB_OK);
		assert_int_not_equal(tpl_render(t, &job, &out, &e), CB_OK);
		if (strstr(e.text, "LimitError: more than 20 ms") == NULL)
			fail_msg("%zu: %s", i, e.text);
		tpl_unref(t);
		sb_free(&out);
	}
}

static void test_values_are_never_read_as_templates(void **state)
{
	struct strbuf out = { 0 };
	struct err e = { 0 };
	struct value *own = v_dict(), *before = vars;
	(void)state;
	v_dict_set(own, "x", v_str("$y {{ y }} #if"));
	v_dict_set(own, "y", v_str("secret"));
	vars = own;
	assert_int_equal(render(TPL_CHEETAH, "$x\n", &out, &e), CB_OK);
	assert_string_equal(sb_str(&out), "$y {{ y }} #if\n");
	sb_truncate(&out, 0);
	assert_int_equal(render(TPL_JINJA, "{{ x }}", &out, &e), CB_OK);
	assert_string_equal(sb_str(&out), "$y {{ y }} #if");
	vars = before;
	v_unref(own);
	sb_free(&out);
}

static void test_a_render_does_not_change_its_variables(void **state)
{
	struct strbuf out = { 0 };
	struct err e = { 0 };
	(void)state;
	for (int i = 0; i < 2; i++) {
		sb_truncate(&out, 0);
		assert_int_equal(render(TPL_CHEETAH, "#silent $dns.append('x')\n$len($dns)\n", &out, &e), CB_OK);
		assert_string_equal(sb_str(&out), "3\n");
	}
	sb_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cheetah_renders_as_the_original),
		cmocka_unit_test(test_jinja_renders_as_the_original),
		cmocka_unit_test(test_hostile_templates_are_refused_with_words),
		cmocka_unit_test(test_a_number_of_any_length_is_read_or_refused),
		cmocka_unit_test(test_walks_are_counted),
		cmocka_unit_test(test_loops_in_texts_of_any_length),
		cmocka_unit_test(test_names_of_texts_that_are_read_twice),
		cmocka_unit_test(test_time_is_limited),
		cmocka_unit_test(test_values_are_never_read_as_templates),
		cmocka_unit_test(test_a_render_does_not_change_its_variables),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
