# SPDX-License-Identifier: GPL-2.0-or-later
"""Random templates of both languages over one set of variables: what fuzz-diff-templates renders here and there.

A generator's body() is one template; LOADER holds the texts that it may include. Much of what is written fails in the original: ours
has to fail there too. What nobody can compare (chance, the time of day, addresses of objects) is written as a question with one answer.
"""
import re

VARS = {
    "host": "node-7", "fqdn": "node-7.lab.example", "os": "suse15", "kopts": {"console": "ttyS1", "splash": None, "ip": ["dhcp", "static"]},
    "dns": ["192.0.2.1", "192.0.2.2"], "nics": {
        "en0": {"mac": "52:54:00:AA:00:01", "ip": "192.0.2.7", "mask": "255.255.255.0", "static": True, "mtu": 1500},
        "en1": {"mac": "", "ip": "", "mask": "", "static": False, "mtu": ""}},
    "ram": 4096, "size": 7.25, "zero": 0, "minus": -3, "flag": True, "off": False, "nothing": None, "blank": "", "text": "Stra\u00dfe \u20ac 5",
    "lines": "one\ntwo\n\nthree", "quoted": "it's \"so\"", "nums": [5, 2, 9, 2], "mix": [1, "b", None, False, 3.5], "deep": [[1, [2]], {"k": "v"}],
    "recs": [{"n": "a", "p": 10, "on": True}, {"n": "B", "p": 2, "on": False}, {"n": "c", "p": 2, "on": True}], "path": "/srv/x y/z&1=2",
    "html": "<b>x</b> & 'y'", "num": "42", "pct": "100%", "empty_list": [], "empty_dict": {}, "big": 9007199254740993, "tiny": 1.5e-7,
    "link": "see http://lab.example/a?b=c and www.example.org, (mailto:x@y.example)", "para": "The quick-brown fox\tjumps over\n  a lazy_dog's back; twice.",
    "uni": "\u0130\u01c5\u00b5 \u4e2d\u6587 \u00e9t\u00e9", "words": "b A c a B", "kv": "a=1 b=\"two 2\" c", "addr": "10.1.2.77/22", "addr6": "2001:db8::a:0:1/64",
}
STRINGS = ["host", "fqdn", "os", "text", "lines", "quoted", "blank", "path", "html", "num", "pct", "link", "para", "uni", "words", "kv"]
REGEXES = ["[0-9]+", "(\\\\w+)-(\\\\d)", "^.", "\\\\s+", "(?P<k>[a-z]+)=(?P<v>\\\\S*)", "o|e", "(a)|(b)", "[^a-z ]", "\\\\b", "x*", "(.)\\\\1", "(?i)[A-C]", "\\\\.", "$", "(?<=o)d", "\\\\d{2,}?", "e(?!s)"]
NETS = ["$addr", "$addr6", "'192.0.2.1'", "'10.0.0.0/8'", "'172.16.9.9/255.255.240.0'", "'192.0.2.8/31'", "'192.0.2.8/32'", "'::1'", "'fe80::1/10'", "'10.0.0'", "'10'", "$fqdn",
        "'1.2.3.4/33'", "'224.0.0.251'", "'::ffff:192.0.2.1'", "'0.0.0.0/0'", "$nics.en0.ip", "'%s/%s' % ($nics.en0.ip, $nics.en0.mask)", "''", "'240.0.0.1/4'", "'169.254.3.4/16'"]
STRFTIME = ["%Y-%m-%d", "%H:%M:%S", "%a %b %d", "%j %U", "%y%%", "%I %p", "%A, %B", "plain", "%e|%k"]
LOADER_JINJA = {
    "inc": "[{{ host }}/{{ i|default('no i') }}/{{ t|default('no t') }}]\n", "loops": "{% for d in dns %}{{ loop.index }}{{ d }}{% if not loop.last %},{% endif %}{% endfor %}",
    "mac": "{% macro tag(x, y='d') %}<{{ x }}:{{ y }}:{{ host }}:{{ t|default('-') }}>{% endmacro %}{% set v = 3 %}{% set _hidden = 4 %}{% macro two() %}{{ tag('in') }}{{ caller() if caller }}{% endmacro %}",
    "base": "head {% block title %}base title{% endblock %}\n{% block main %}base main {{ host }}{% block inner %}in{% endblock %}{% endblock %}\n{% block empty %}{% endblock %}foot\n",
    "middle": "{% extends 'base' %}{% block main %}middle({{ super() }}){% endblock %}{% set t = 'middle' %}", "broken": "{% if %}", "fails": "before {{ 1 // 0 }}", "nested": "n{% include 'inc' %}n",
}
LOADER_CHEETAH = {"inc": "[$host/$varExists('i')/$varExists('g')]\n", "loops": "#for $d in $dns\n  $d#slurp\n#end for\n\n", "sets": "#set global $g = 'from inc'\n#set $local_t = 2\n$g $local_t\n",
                  "broken": "#if\n", "fails": "before $(1 // 0)", "nested": "n#include 'inc'\nn"}


class Gen:
    """Grammar shared by both languages; v() writes a variable."""

    def __init__(self, rnd):
        self.r = rnd
        self.depth = 0

    def pick(self, *options):
        f = self.r.choice(options)
        return f() if callable(f) else f

    def strvar(self):
        return self.v(self.r.choice(STRINGS))

    def intvar(self):
        return self.v(self.r.choice(["ram", "zero", "minus", "big"] if self.r.random() < .1 else ["ram", "zero", "minus"]))

    def anyvar(self):
        return self.v(self.r.choice(list(VARS)))

    def lit(self):
        return self.r.choice(["'a'", '"-"', "'.'", "''", "' '", "'node'", "'\\n'", "'\\t%'", "'e'", "'ss'", "'=' ", "'\u00e9'", "'o'"])

    def percent_spec(self):
        """A conversion that takes anything."""
        return "%%%s%s%s%s" % (self.r.choice(["", "", "-", "0", "+", " ", "#"]), self.r.choice(["", "", "3", "8"]), self.r.choice(["", "", ".2", ".0"]), self.r.choice("sssrradxXoeEgGfFic%"))

    def format_spec(self, number):
        align = self.r.choice(["", "", "<", ">", "^", "=", "*<", "_^"])
        return "%s%s%s%s%s%s%s" % (align, self.r.choice(["", "", "+", "-", " "]), self.r.choice(["", "", "", "#"]), self.r.choice(["", "", "0"]), self.r.choice(["", "6", "12"]),
                                   self.r.choice(["", "", ",", "_"]) + self.r.choice(["", "", ".3", ".0"]), self.r.choice(["", "d", "x", "X", "o", "b", "e", "g", "f", "%", "n", "c"] if number else ["", "s", "s", "d"]))

    def s(self):
        if self.depth > 3:
            return self.pick(self.strvar, self.lit)
        self.depth += 1
        try:
            return self.pick(
                self.strvar, self.strvar, self.lit,
                lambda: "%s.%s()" % (self.strvar(), self.r.choice(["upper", "lower", "title", "capitalize", "strip", "swapcase", "rstrip", "lstrip", "casefold", "expandtabs"])),
                lambda: "%s.replace(%s, %s%s)" % (self.strvar(), self.lit(), self.lit(), self.r.choice(["", "", ", 1", ", -1", ", 0"])),
                lambda: "%s.%sstrip(%s)" % (self.strvar(), self.r.choice(["", "l", "r"]), self.lit()),
                lambda: "%s[%s]" % (self.strvar(), self.slice()),
                lambda: "(%s + %s)" % (self.s(), self.s()),
                lambda: "(%s * %d)" % (self.lit(), self.r.randint(-1, 4)),
                lambda: "'%s' %% %s" % (self.r.choice(["%s", "%5s|", "%-6s|", "%.3s", "%r", "<%s>", "%a", "%%"]), self.atom()),
                lambda: "'%s' %% %s" % (self.percent_spec(), self.pick(self.num, self.num, self.atom, self.s)),
                lambda: "'%s %s' %% (%s, %s)" % (self.percent_spec(), self.percent_spec(), self.num(), self.atom()),
                lambda: "'%%(a)%s %%(b)s' %% {'a': %s, 'b': %s}" % (self.r.choice(["s", "d", "5.1f", "r"]), self.num(), self.atom()),
                lambda: "'%s' %% %s" % (self.r.choice(["%d", "%04d", "%+d", "%x", "%5.1f", "%e", "%g", "%o", "% d"]), self.num()),
                lambda: "'%s'.format(%s, %s)" % (self.r.choice(["{}-{}", "{1}{0}", "{0!r:>8}{1}", "{:<5}|{:^7}|", "{:.2}{}", "{0}{}", "{2}", "{{{}}}", "{!a}", "{0:{1}}"]), self.s(), self.s()),
                lambda: "'{:%s}'.format(%s)" % (self.format_spec(True), self.num()), lambda: "'{:%s}'.format(%s)" % (self.format_spec(False), self.s()),
                lambda: "'{0[0]}{0[%d]}'.format(%s)" % (self.r.randint(0, 3), self.lst()), lambda: "'{a[console]}{b}'.format(a=%s, b=%s)" % (self.v("kopts"), self.num()),
                lambda: "%s.join(%s)" % (self.lit(), self.pick(self.v("dns"), "%s.split(%s)" % (self.strvar(), self.lit()), self.lst)),
                lambda: "%s.%ssplit(%s%s)[%d]" % (self.strvar(), self.r.choice(["", "", "r"]), self.lit(), self.r.choice(["", "", ", 1"]), self.r.randint(-2, 1)),
                lambda: "(%s if %s else %s)" % (self.s(), self.b(), self.s()),
                lambda: "%s.%s(%d%s)" % (self.strvar(), self.r.choice(["center", "ljust", "rjust"]), self.r.randint(0, 14), self.r.choice(["", "", ", '*'"])), lambda: "%s.zfill(%d)" % (self.strvar(), self.r.randint(0, 24)),
                lambda: "%s.%spartition(%s)[%d]" % (self.strvar(), self.r.choice(["", "r"]), self.lit(), self.r.randint(0, 2)),
                lambda: "%s.%s(%s)" % (self.strvar(), self.r.choice(["removeprefix", "removesuffix"]), self.lit()),
                lambda: "%s['%s']" % (self.v("kopts"), self.r.choice(["console", "ip", "splash"])))
        finally:
            self.depth -= 1

    def atom(self):
        return self.pick(self.anyvar, self.strvar, self.intvar, lambda: "(%s)" % self.num(), lambda: "(%s)" % self.lst())

    def num(self):
        if self.depth > 3:
            return self.pick(self.intvar, lambda: str(self.r.randint(0, 99)))
        self.depth += 1
        try:
            return self.pick(
                self.intvar, self.intvar, lambda: str(self.r.randint(0, 300)), lambda: "%.2f" % self.r.uniform(0, 9), self.v("size"), self.v("tiny"), self.large if self.r.random() < .5 else self.intvar,
                lambda: self.r.choice(["0x1f", "0o17", "0b101", "1_000", "1e3", "1e16", "1.", ".5", "2e-7", "123456789.123456789", "0.1"]),
                lambda: "(%s %s %s)" % (self.num(), self.r.choice(["+", "-", "*", "//", "%", "/"]), self.num()),
                lambda: "-%s" % self.intvar(), lambda: "%s.%s(%s)" % (self.strvar(), self.r.choice(["count", "find", "rfind", "index"]), self.lit()),
                lambda: "%s.find(%s, %d)" % (self.strvar(), self.lit(), self.r.randint(-3, 4)), lambda: "%s[%d]" % (self.v("nums"), self.r.randint(-4, 3)),
                lambda: "(%d ** %d)" % (self.r.randint(0, 9), self.r.randint(0, 6)), lambda: "(%s ** %s)" % (self.v("size"), self.r.choice(["2", "-1", "0.5"])))
        finally:
            self.depth -= 1

    def large(self):
        """Around and beyond 64 bits."""
        r = self.r
        if self.depth > 2 or r.random() < .4:
            return r.choice(["(2 ** %d)" % r.randint(60, 140), "(2 ** 63)", "(-2 ** 63)", "(2 ** 64 - 1)", "9223372036854775807", "9223372036854775808", "(-9223372036854775808)", "%d" % r.getrandbits(r.choice([62, 65, 90, 128, 300])), "0x%x" % r.getrandbits(80), "(10 ** %d)" % r.randint(17, 40), "(%s ** 3)" % self.v("big"), "int('%d')" % r.getrandbits(100)])
        self.depth += 1
        try:
            return self.pick(lambda: "(%s %s %s)" % (self.large(), r.choice(["+", "-", "*", "//", "%", "/", "&", "|", "^"]), self.pick(self.large, self.intvar, lambda: str(r.randint(-9, 999)))), lambda: "(%s %s %d)" % (self.large(), r.choice(["<<", ">>"]), r.randint(0, 90)),
                             lambda: "-%s" % self.large(), lambda: "(%s %s %s)" % (self.intvar(), r.choice(["+", "-", "*", "//", "%", "/"]), self.large()), lambda: "(%s * %s)" % (self.large(), r.choice(["1.5", "0.1", "2e10"])), lambda: "(%s ** %d)" % (self.large(), r.randint(0, 4)))
        finally:
            self.depth -= 1

    def large_use(self):
        r = self.r
        return "%s" % self.pick(
            lambda: "%s(%s)" % (r.choice(["abs", "str", "repr", "hex", "oct", "bin", "float", "int", "bool", "round", "type"]), self.large()), lambda: "round(%s, %d)" % (self.large(), r.randint(-30, 3)), lambda: "divmod(%s, %s)" % (self.large(), self.pick(self.large, self.intvar)),
            lambda: "pow(%s, %d, %s)" % (self.large(), r.randint(-1, 300), self.pick(self.large, lambda: str(r.randint(-50, 50)))), lambda: "(%s %s %s)" % (self.large(), r.choice(["<", "==", ">=", "!=", ">"]), self.pick(self.large, lambda: "float(%s)" % self.large(), lambda: "2.0 ** %d" % r.randint(60, 70), self.num)),
            lambda: "'%s' %% %s" % (self.percent_spec(), self.large()), lambda: "'{:%s}'.format(%s)" % (self.format_spec(True), self.large()), lambda: "sorted([%s, %s, 3, 1e30, -4.5])" % (self.large(), self.large()), lambda: "sum([%s, %s])" % (self.large(), self.num()), lambda: "(~%s)" % self.large(),
            lambda: "int(%s)" % r.choice(["1e30", "-3.7e22", "'%x', 16" % r.getrandbits(99), "'-%d'" % r.getrandbits(99), "'zz%s', 36" % ("y" * r.randint(1, 30)), "'1_%d'" % r.getrandbits(80), "9.3e18", "-9.223372036854775808e18"]), lambda: "(%s).%s()" % (self.large(), r.choice(["bit_length", "bit_count"])), lambda: "%s if %s else 0" % (self.large(), self.large()),
            lambda: "max(%s, %s, %s)" % (self.large(), self.num(), self.large()), lambda: "{%s: 1, %s: 2}" % (self.large(), self.pick(self.large, lambda: "2.0 ** 64")), lambda: "(%s in [%s, 2 ** 64])" % (self.large(), self.large()), lambda: "isinstance(%s, (int, str))" % self.large())

    def slice(self):
        n = self.r.randint(-5, 6)
        return self.pick("%d" % self.r.randint(-2, 2), "%d:" % n, ":%d" % n, "::-1", "1:%d" % n, "::2", "%d:%d:2" % (self.r.randint(-3, 3), n), "%d:%d:-%d" % (n, self.r.randint(-3, 3), self.r.randint(1, 2)))

    def lst(self):
        return self.pick(self.v("dns"), self.v("nums"), self.v("mix"), self.v("recs"), self.v("deep"), lambda: "[%s, %s]" % (self.atom(), self.atom()),
                         lambda: "%s.split()" % self.strvar(), lambda: "(%s + %s)" % (self.v("nums"), self.v("dns")), lambda: "%s[%s]" % (self.v("nums"), self.slice()[:1] + ":"),
                         lambda: "%s.splitlines(%s)" % (self.v("lines"), self.r.choice(["", "", "True"])), lambda: "[]", lambda: "(%s * %d)" % (self.v("nums"), self.r.randint(0, 2)),
                         lambda: "(%s,)" % self.atom(), lambda: "%s[%s]" % (self.v("mix"), self.slice() if self.r.random() < .9 else "'x'"), lambda: "%s.split(%s, %d)" % (self.strvar(), self.lit(), self.r.randint(-1, 2)))

    def b(self):
        if self.depth > 3:
            return self.pick(self.v("flag"), self.v("off"), self.anyvar)
        self.depth += 1
        try:
            return self.pick(
                self.v("flag"), self.v("off"), self.anyvar,
                lambda: "%s %s %s" % (self.num(), self.r.choice(["<", ">", "==", "!=", "<=", ">="]), self.num()),
                lambda: "%s %s %s" % (self.s(), self.r.choice(["==", "!=", "<", ">="]), self.s()),
                lambda: "%s %s %s" % (self.lst(), self.r.choice(["==", "!=", "<", ">"]), self.lst()), lambda: "%s == %s" % (self.anyvar(), self.anyvar()),
                lambda: "%s %s %s" % (self.s(), self.r.choice(["in", "not in"]), self.pick(self.strvar, self.v("dns"), self.v("kopts"), self.v("mix"))),
                lambda: "not %s" % self.pick(self.anyvar, lambda: "(%s)" % self.b()), lambda: "(%s and %s)" % (self.b(), self.b()),
                lambda: "(%s or %s)" % (self.b(), self.b()), lambda: "1 < %s < 5000" % self.intvar(),
                lambda: "%s.%s(%s)" % (self.strvar(), self.r.choice(["startswith", "endswith"]), self.pick(self.lit, lambda: "('n', 's')")),
                lambda: "%s.%s()" % (self.strvar(), self.r.choice(["isdigit", "isalpha", "isupper", "islower", "isspace", "isalnum", "istitle", "isascii", "isdecimal", "isidentifier", "isprintable"])))
        finally:
            self.depth -= 1

    def expr(self):
        return self.pick(self.s, self.s, self.num, self.b, self.lst, self.atom)

    def word(self):
        return self.r.choice(["%packages", "part / --size=1", "# note", "x#y", "$9.99", "{ }", "a\\b", "#", "100%", "  two", "\ttab", "echo \"hi\"", "end", "<a>", "@@x@@", "", "~",
                              "${", "$(", "%%", "{{", "#!/bin/sh", "a.b", ".x", "[1]", "(y)", "$", "\\", "é", "#1", "s/\\$//", "$?", "$$", "\"", "'"] if self.r.random() < .5 else ["plain", "x y", "--opt=1"])

    def body(self, n=None):
        return "".join(self.piece() for _ in range(n if n is not None else self.r.randint(1, 4)))

    def eol(self):
        return self.r.choice(["\n", "\n", "\n", " ", ""])


class Cheetah(Gen):
    def v(self, name):
        return "$" + name

    def ind(self):
        return self.r.choice(["", "", "", "  ", "\t"])

    def template(self):
        t = self.body(self.r.randint(1, 5))
        if self.r.random() < .12:
            t = "#errorCatcher ListErrors\n" + t
        elif self.r.random() < .03:
            t = "#errorCatcher %s\n%s" % (self.r.choice(["Echo", "BigEcho"]), t)
        if self.r.random() < .15:
            t = self.settings(t)
        return t.replace("\n", "\r\n") if self.r.random() < .02 else t

    def settings(self, t):
        """The template with other tokens, and what makes them that."""
        pick = self.r.choice
        start = pick(["#", "#", "%", "@", "::", "{%", "<", "~", "^", "..", "\u00a7", "%%", "//"])
        multi, multi_end = pick([("#*", "*#"), ("/*", "*/"), ("<!--", "-->"), (start + "*", "*" + start), ("(*", "*)")])
        kept = {"cheetahVarStartToken": pick(["$", "$", "@", "@@", "~", "%", "!", "|", "\u00a7", "^^", "&", "$$", "*", "-", "#"]), "directiveStartToken": start,
                "directiveEndToken": pick([start if start not in ("..", "{%") else ">", start if start not in ("..", "{%") else "%}", "#", "%}", ";", ">", "::", "\u00a7", ":", "%>"]), "commentStartToken": pick(["##", start * 2, start * 2, "//", "--", ";", "#"]),
                "multiLineCommentStartToken": multi, "multiLineCommentEndToken": multi_end, "EOLSlurpToken": pick(["#", start, start, "None", "^", "\u00a7", "&", "="])}
        flags = {"allowWhitespaceAfterDirectiveStartToken": .2, "gobbleWhitespaceAroundMultiLineComments": .2, "useAutocalling": .2, "useSearchList": .03, "useNameMapper": .03, "useStackFrames": .1, "nopeSetting": .1, "useFilters": .02,
                 "includeRawExprInFilterArgs": .05, "alwaysFilterNone": .02, "outputRowColComments": .05, "PSPStartToken": .03, "useErrorCatcher": .05}
        lines = ["%s%s%s" % (k, pick([" = ", "=", ": ", " : "]), v if self.r.random() < .02 else v.replace("%", "%%")) for k, v in kept.items() if v != "$" and self.r.random() < .85]
        lines += ["%s = %s" % (k, pick(["True", "False", "false", "TRUE", "0", "1", "None", "no"] if k not in ("useFilters", "alwaysFilterNone", "useAutocalling") else ["True", "1", "False"] if k == "useAutocalling" else ["True", "1"])) for k, chance in flags.items() if self.r.random() < chance]
        lines += [pick(["; comment", "# comment", "", "directiveStartToken = ##", "no value", "x = "])] if self.r.random() < .05 else []
        self.r.shuffle(lines)
        dent = pick(["", "", "  ", "\t"])
        head = "%s#compiler-settings%s\n%s\n%s#end compiler-settings%s\n" % (self.ind(), pick(["", "", " ", "#", " words here"]), "\n".join(dent + s for s in lines), self.ind(), pick(["", "", "#"]))
        if self.r.random() < .1:
            head = "".join("#compiler %s = %r%s\n" % (k, v, pick(["", "#"])) for k, v in [pick(list(kept.items()))])
            k = head.split()[1]
            kept = {n: v if n == k else d for (n, v), d in zip(kept.items(), ["$", "#", "#", "##", "#*", "*#", "#"])}

        def token(m):
            s = m.group(0)
            return kept[{"$": "cheetahVarStartToken", "##": "commentStartToken", "#*": "multiLineCommentStartToken", "*#": "multiLineCommentEndToken"}.get(s) or (
                "directiveStartToken" if re.match("[a-zA-Z@]", m.string[m.end():m.end() + 1]) else pick(["EOLSlurpToken", "directiveEndToken"]) if m.string[m.end():m.end() + 1] in "\n" else "directiveEndToken")]

        def translated(s):
            return s if self.r.random() < .05 else re.sub(r"\$|##|#\*|\*#|#", token, s)
        tail = self.body(1) if self.r.random() < .2 else ""
        if tail:
            tail = translated(pick(["#compiler-settings reset\n", "#compiler-settings reset#", "#compiler reset\n"])) + tail
        return (self.body(1) if self.r.random() < .2 else "") + head + translated(t) + tail

    def block(self, head, body, end):
        i = self.ind()
        return "%s#%s%s\n%s\n%s#%s%s\n" % (i, head, self.r.choice(["", "", ":", "#"]) if "'" not in head else "", body, i, end, self.r.choice(["", "", " ", "#"]))

    def f(self):
        """A call of a built-in function."""
        return self.pick(
            lambda: "str(%s)" % self.expr(), lambda: "len(%s)" % self.pick(self.lst, self.s), lambda: "sorted(%s%s)" % (self.pick("$nums", "$dns", "$kopts", "$words", "$words.split()"), self.r.choice(["", ", reverse=True", ", key=lambda x: str(x).lower()", ", key=str"])),
            lambda: "int(%s)" % self.pick("$num", "$size", "'7'", "$text", "'0x1f', 16", "' 12 '", "'1_0'", self.num), lambda: "float(%s)" % self.pick("$num", "'1e3'", "$host", "'inf'", self.num),
            lambda: "%s(%s)" % (self.r.choice(["max", "min"]), self.pick("$nums", "$dns", "1, 2.5", "$mix", "$words.split(), key=len", "[], default=3", "$empty_list")), lambda: "sum(%s)" % self.pick("$nums", "$nums, 1", "[x for x in $nums]", "$dns"),
            lambda: "range(%s)" % self.pick("3", "1, 4", "9, 0, -3", "0"), lambda: "list(%s)" % self.pick("range(3)", "$kopts", "$host", "enumerate($dns)", "zip($nums, $dns)", "reversed($nums)", "map(str, $nums)", "filter(None, $mix)", "$kopts.items()", "enumerate($dns, 1)"),
            lambda: "dict(%s)" % self.pick("a=1", "$kopts, z=2", "zip($words.split(), $nums)", "[('a', 1)]", "$kopts.items()"), lambda: "tuple(%s)" % self.lst(), lambda: "sorted(set(%s))" % self.pick("$nums", "$words.split()", "$dns"),
            lambda: "bool(%s)" % self.atom(), lambda: "repr(%s)" % self.expr(), lambda: "abs(%s)" % self.num(), lambda: "round(%s%s)" % (self.num(), self.r.choice(["", ", 1", ", -2"])), lambda: "divmod(%s, %s)" % (self.num(), self.num()), lambda: "hash(%s)" % self.pick(self.intvar, self.large, lambda: str(self.r.randint(-3, 99)), lambda: "[]", lambda: "float(%s)" % self.intvar()), lambda: "ascii(%s)" % self.expr(), lambda: "type(%s).__name__" % self.atom(),
            lambda: "isinstance(%s, %s)" % (self.atom(), self.r.choice(["str", "int", "list", "dict", "(str, list)", "bool", "float"])), lambda: "%s(%s)" % (self.r.choice(["hex", "oct", "bin"]), self.num()), lambda: "chr(%s)" % self.r.choice(["$ram", "65", "8364", "1114112", "$minus", "'a'"]), lambda: "ord('%s')" % self.r.choice("aZ\u00e9"),
            lambda: "any(%s)" % self.lst(), lambda: "all(%s)" % self.lst(), lambda: "'%s' in dir" % "x" if self.r.random() < .05 else "type(%s) == %s" % (self.atom(), self.r.choice(["str", "int", "list"])), lambda: "pow(%s, 2)" % self.num(), lambda: "hasattr(%s, '%s')" % (self.atom(), self.r.choice(["keys", "lower", "nope"])),
            lambda: "', '.join([%s for x in %s%s])" % (self.r.choice(["str(x)", "'<%s>' % x", "repr(x)"]), self.lst(), self.r.choice(["", " if x", " if x != 2"])), lambda: "{x: %s for x in $words.split()}" % self.r.choice(["1", "x.lower()", "len(x)"]),
            lambda: "[(a, b) for a in $nums for b in $dns if a > %d]" % self.r.randint(1, 6), lambda: "(lambda a, b=2: a + b)(%s)" % self.num(), self.starred, lambda: "sum(x for x in $nums)", lambda: "next(iter(%s))" % self.lst(), lambda: "format(%s, '%s')" % (self.num(), self.format_spec(True)), self.large_use, self.large_use)

    def starred(self):
        params, body = self.r.choice([("*a", "a"), ("**k", "sorted(k.items())"), ("a, *b", "a, b"), ("a, *b, c=3, **d", "a, b, c, d"), ("a=1, *b, **c", "a, b, c"), ("a, b", "b, a")])
        args = self.r.choice(["", "1", "*$nums", "**$kopts", "1, *$dns", "1, 2, c=4", "a=5", "*$nums, *$dns", "1, **{'c': 7}", "*$empty_list, **$empty_dict", "b=1, a=2", "*$num", "1, a=2", "*range(%d)" % self.r.randint(0, 4)])
        return "(lambda %s: (%s))(%s)" % (params, body, args)

    def method(self):
        """Methods of lists and dicts, those that change them too."""
        return self.pick(
            lambda: "#set $l = list($nums)\n#silent $l.%s\n$l\n" % self.r.choice(["append(7)", "extend($dns)", "insert(1, 'x')", "pop()", "pop(0)", "remove(2)", "remove(77)", "reverse()", "sort()", "sort(reverse=True)", "clear()", "sort(key=lambda x: -x)", "pop(9)", "insert(-9, 0)", "extend('ab')"]),
            lambda: "$nums.%s$nums.index(%d)\n" % (self.r.choice(["count(2)", "copy()", "index(9)"]), self.r.choice([5, 9, 77])),
            lambda: "#set $m = dict($kopts)\n#silent $m.%s\n$m\n" % self.r.choice(["pop('console')", "pop('zz')", "pop('zz', 1)", "setdefault('q', []).append(1)", "update({'console': 2})", "update(a=1)", "clear()", "popitem()", "get('x')", "update([('k', 'v')])"]),
            lambda: "$kopts.%s %s\n" % (self.r.choice(["keys()", "values()", "items()", "get('console')", "get('zz', 'd')", "has_key('x')", "copy()", "console.upper", "nope", "console.nope"]), self.word()),
            lambda: "#set $a, $b = %s\n$a-$b\n" % self.pick("$dns", "(1, 2)", "$nums", "$host.split('-')"), lambda: "#set $nums[0] = 'z'\n$nums\n", lambda: "#del $nums[0]\n$nums\n", lambda: "#set $l = $nums\n#set $l += [1]\n$l $nums\n",
            lambda: "#set $s = set($nums)\n$sorted($s.%s)\n" % self.r.choice(["union([1])", "intersection([2, 5])", "difference([2])"]), lambda: "#set $x = %s\n#set $x %s= %s\n$x\n" % (self.num(), self.r.choice(["+", "-", "*", "//", "%"]), self.num()),
            lambda: "#set $x.y = 1\n" if self.r.random() < .1 else "$nics.items()[0]\n" if self.r.random() < .1 else "$list($nics.keys())\n")

    def modules(self):
        rx = self.r.choice(REGEXES)
        return self.pick(
            lambda: "#import re\n$re.sub('%s', '%s', %s%s)\n" % (rx, self.r.choice(["N", "<\\\\g<0>>", "", "\\\\1", "\\\\2-\\\\1"]), self.strvar(), self.r.choice(["", "", ", 1", ", count=2"])), lambda: "#import re\n$re.findall('%s', %s)\n" % (rx, self.strvar()),
            lambda: "#import re\n#set $m = $re.%s('%s', %s)\n#if $m\n$m.group() $m.groups() $m.span() $m.groupdict() $m.start()\n#else\nno\n#end if\n" % (self.r.choice(["search", "match", "fullmatch"]), rx, self.strvar()),
            lambda: "#from re import %s\n$split('%s', %s%s)\n" % (self.r.choice(["split", "split", "split, sub", "nope"]), rx, self.strvar(), self.r.choice(["", ", 1"])),
            lambda: "#import re\n#set $p = $re.compile('%s'%s)\n$p.pattern $p.sub('_', %s) $p.findall(%s)\n#for $m in $p.finditer(%s)\n$m.start():$m.group()#slurp\n#end for\n\n" % (rx, self.r.choice(["", ", re.I", ", re.M", ", re.S | re.I"]), *("$" + self.r.choice(["host", "lines", "para", "words", "kv", "html"]) for _ in range(3))),
            lambda: "#import re\n$re.escape(%s) $re.subn('%s', '.', %s)\n" % (self.strvar(), rx, self.strvar()), lambda: "#import re\n#def up(m)#$m.group().upper()#end def#$re.sub('%s', lambda m: m.group(0).upper(), %s)\n" % (rx, self.strvar()),
            lambda: "#import time\n$time.strftime('%s', $time.gmtime(%s))\n" % (self.r.choice(STRFTIME), self.num()), lambda: "#import time\n#set $t = $time.gmtime(%d)\n$t.tm_year $t[1] $t.tm_mday $t.tm_wday $t.tm_yday $t.tm_isdst $len($t) $time.asctime($t)\n" % self.r.randint(0, 2000000000),
            lambda: "#import time\n$(time.time() > 1000) $int($time.mktime($time.localtime(86400))) $time.ctime(%d) $time.gmtime(%d)\n" % (self.r.randint(0, 10 ** 9), self.r.randint(0, 10 ** 9)), lambda: "#from time import strftime, gmtime\n$strftime('%s', $gmtime(0))\n" % self.r.choice(STRFTIME),
            lambda: "#import random\n$(1 <= random.randint(1, 5) <= 5) $(random.choice($dns) in $dns) $len($random.sample($nums, 2)) $(0 <= random.random() < 1) $(random.randrange(0, 9, 3) % 3) $len($random.choices($dns, k=3))\n",
            lambda: "#import random\n#set $l = list($nums)\n#silent $random.shuffle($l)\n$sorted($l) $(1 <= random.uniform(1, 2) <= 2)\n", lambda: "#import random\n#silent $random.seed(%s)\n$random.random() $random.randint(%d, 99) $random.sample(%s, 2) $random.choice($dns) $random.choices($nums, k=2)\n" % (self.pick(self.strvar, self.intvar), self.r.randint(-9, 99), self.lst()),
            lambda: "#import random\n#silent $random.seed(%d)\n$random.randint(0, %d) $random.getrandbits(%d) $random.randrange(%d, %d, %d)\n" % tuple(self.r.getrandbits(self.r.choice([9, 60, 64, 70, 200])) * self.r.choice([1, 1, -1]) if k != 2 else self.r.randint(0, 300) for k in range(6)),
            lambda: "#import random\n$random.choice(%s)\n" % self.r.choice(["[]", "5", "['x']"]),
            self.netaddr, self.netaddr, lambda: "#import %s\n" % self.r.choice(["re as r\n$r.sub('a', 'b', 'aa')", "nope_module", "re, time\n$time.tzname.count(1)"]))

    def ipset(self):
        """Sets of a few addresses that meet; their networks have no host bits."""
        r = self.r

        def item():
            p = r.randint(20, 32)
            return r.choice(["'10.0.%d.0/%d'" % (r.randint(0, 3), r.randint(24, 26)), "'10.0.%d.%d/%d'" % (r.randint(0, 3) >> max(0, 24 - p) << max(0, 24 - p), r.randint(0, 255) >> (32 - max(p, 24)) << (32 - max(p, 24)), p), "'10.0.0.%d'" % r.randint(0, 255), "netaddr.IPRange('10.0.0.%d', '10.0.1.9')" % r.randint(0, 255),
                             "'::%x'" % r.randint(0, 9), "'2001:db8::/%d'" % r.randint(32, 64), str(r.randint(0, 300)), "'10.0.3.0/24'"])

        def some():
            return "netaddr.IPSet(%s)" % r.choice(["[%s]" % ", ".join(item() for _ in range(r.randint(0, 5))), "netaddr.IPNetwork('10.0.1.7/25')", "netaddr.IPRange('10.0.0.3', '10.0.2.4')", "netaddr.IPSet(['10.0.0.0/23'])"])
        return self.pick(
            lambda: "$(%s %s %s)\n" % (some(), r.choice(["|", "&", "-", "^", "==", "!=", "<", "<=", ">", ">="]), some()), lambda: "$(%s in %s) $bool(%s)\n" % (item(), some(), some()),
            lambda: "#set $s = %s\n#silent $s.%s\n$s $s.size $len($s.iter_cidrs())\n" % (some(), r.choice(["add(%s)", "remove(%s)", "update([%s])", "add(%s)", "remove(%s)"]) % item()), lambda: "$(%s).%s(%s)\n" % (some(), r.choice(["isdisjoint", "issubset", "issuperset", "union", "intersection", "difference", "symmetric_difference"]), some()),
            lambda: "#set $s = %s\n$s.iscontiguous() $s.copy() $list($s.iter_ipranges())\n#for $c in $s.iter_cidrs()\n$c #slurp\n#end for\n\n" % some(), lambda: "$list(netaddr.IPSet(['10.0.0.%d/30', '10.0.0.%d']))\n" % (r.randint(0, 60) * 4, r.randint(0, 255)), lambda: "#set $s = %s\n$s.iprange()\n" % some())

    def netaddr(self):
        n, m = self.r.choice(NETS), self.r.choice(NETS)
        return "#import netaddr\n" + self.pick(
            lambda: "#set $n = $netaddr.IPNetwork(%s)\n$n.%s\n" % (n, " $n.".join(self.r.sample(["ip", "network", "netmask", "broadcast", "hostmask", "prefixlen", "size", "cidr", "version", "first", "last", "value", "is_private()", "is_loopback()", "is_multicast()",
                                                                                                "is_link_local()", "is_reserved()", "is_unicast()", "next()", "previous()"], 4))),
            lambda: "#set $n = $netaddr.IPAddress(%s)\n$n.%s\n" % (n, " $n.".join(self.r.sample(["version", "value", "words", "bin", "bits()", "reverse_dns", "is_private()", "is_loopback()", "is_netmask()", "is_hostmask()", "netmask_bits()", "is_multicast()", "is_link_local()", "is_reserved()",
                                                                                                "is_unicast()", "is_ipv4_mapped()", "ipv6()", "format()"], 4))),
            lambda: "$netaddr.IPNetwork(%s)[%d] $repr($netaddr.IPNetwork(%s))\n" % (n, self.r.randint(-3, 300), m), lambda: "$(netaddr.IPAddress(%s) in netaddr.IPNetwork(%s)) $(netaddr.IPNetwork(%s) in netaddr.IPNetwork(%s))\n" % (n, m, n, m),
            lambda: "$(netaddr.IPAddress(%s) + %d) $int($netaddr.IPAddress(%s)) $repr($netaddr.IPAddress(%s))\n" % (n, self.r.randint(-300, 300), m, n), lambda: "$(netaddr.IPAddress(%s) %s netaddr.IPAddress(%s)) $(netaddr.IPAddress(%s) & netaddr.IPAddress(%s))\n" % (n, self.r.choice(["<", "==", ">=", "!="]), m, n, m),
            self.ipset, lambda: "$netaddr.cidr_exclude(%s, %s)\n" % (n, m), lambda: "$list($netaddr.IPNetwork('192.0.2.8/29').%s)\n" % self.r.choice(["iter_hosts()", "subnet(30)", "subnet(31, 2)", "supernet(27)"]), lambda: "#for $a in $netaddr.IPNetwork('10.1.1.%d/%d')\n$a #slurp\n#end for\n\n" % (self.r.randint(0, 255), self.r.randint(28, 32)),
            lambda: "$netaddr.%s(%s)\n" % (self.r.choice(["valid_ipv4", "valid_ipv6", "valid_mac"]), self.pick(n, m, "$nics.en0.mac", "'00-11-22-33-44-55'", "'001122334455'", "'0011.2233.4455'", "'x'", "'1.2'")),
            lambda: "$netaddr.cidr_merge([%s, %s]) $netaddr.all_matching_cidrs('10.0.0.1', ['10.0.0.0/8', %s])\n" % (n, m, m), lambda: "$netaddr.EUI(%s) $netaddr.EUI('52-54-00-aa-00-01').%s\n" % (self.pick("$nics.en0.mac", "'001122334455'", "'x'"), self.r.choice(["value", "bits()", "words", "version", "ei"])),
            lambda: "$list($netaddr.iter_iprange('10.0.0.%d', '10.0.0.9'))\n" % self.r.randint(3, 9), lambda: "#set $r = $netaddr.IPRange('10.0.0.2', '10.0.0.%d')\n$r $r.size $r.cidrs() $list($r)[:2]\n" % self.r.randint(1, 9), lambda: "$netaddr.IPNetwork('%d.0.0.1/%d').%s\n" % (self.r.randint(0, 255), self.r.randint(0, 34), self.r.choice(["cidr", "netmask", "broadcast"])))

    def source(self):
        """A text that is made here and included."""
        raw = self.r.choice(["", "", "", " raw"])
        return self.pick(
            lambda: "#set $src = \"\"\"%s\"\"\"\n#include%s source=$src\n" % (self.body(1).replace("\\", "").replace("\"\"\"", "").strip('"'), raw), lambda: "#set $src = %r\n#include%s source=$src\n#include%s source = $src\n" % (self.body(1), raw, raw),
            lambda: "#include%s source=%s\n" % (raw, self.s()), lambda: "a #include%s source=%s # b\n" % (raw, self.pick("$host", "$lines", "'$host $' + 'os'", "$nums", "$ram", "''")),
            lambda: "#set $i = 3\n#set global $g = 4\n#for $x in ['$g', '$i', '#set global $g = 5\\n$g', '$host']\n#include%s source=$x\n#end for\n$g\n" % raw,
            lambda: "#set $rec = '#if $varExists(\"once\")\\ndone\\n#else\\n#set global $once = 1\\n#include source=$getVar(\"self_text\")\\n#end if\\n'\n#set global $self_text = $rec\n#include source=$rec\n")

    def rare(self):
        """Directives that answer files seldom have."""
        return self.pick(
            lambda: "#attr $at%d = %s\n$at0\n" % (self.r.randint(0, 1), self.lit()), lambda: "#assert %s\n" % self.b(), lambda: "#raise %s\n" % self.r.choice(["ValueError('x')", "KeyError", "Exception('stop ' + $host)"]),
            lambda: "#try\n$nope.x\n#except NotFound\nnf\n#finally\nfin\n#end try\n", lambda: "#try\n%s\n#except %s, $err\n$err\n#end try\n" % (self.body(1), self.r.choice(["ValueError", "Exception"])), lambda: "#try\n%s\n#except %s as e\n$e\n#end try\n" % (self.body(1), self.r.choice(["ValueError", "Exception", "(TypeError, KeyError)"])),
            self.source, lambda: "#include '%s'\n" % self.r.choice(list(LOADER_CHEETAH)), lambda: "#include raw '%s'\n" % self.r.choice(["inc", "loops"]), lambda: "#include $os\n" if self.r.random() < .1 else "#include 'i' + 'nc'\n", lambda: "x #include 'inc'# y\n",
            lambda: "#call %s\n#arg a\n%s#end arg\n#end call\n" % (self.r.choice(["$str", "$len", "$self.f0"]), self.word() + "\n"), lambda: "#call $str # $host #end call#%s" % self.eol(), lambda: "#def va($t, *a, **k)\n[$t.strip()] $a $k\n#end def\n#call $va %s\n%s\n#end call\n" % (self.r.choice(["1, 2", "*$nums", "**$kopts", "x=1", "1, *$dns, **$kopts"]), self.word()), lambda: "#filter %s\n$html $nothing $quoted\n#end filter\n" % self.r.choice(["WebSafe", "None", "Strip", "MaxLen", "StripSqueeze"]),
            lambda: "${%s, %s=%s}\n" % (self.r.choice(["html", "text", "$host"]), self.r.choice(["maxlen", "width"]), self.r.randint(1, 5)), lambda: "#filter MaxLen\n${text, maxlen=3}|${html,maxlen=2}\n#end filter\n", lambda: "#silent $setVar('x', 1)\n" if self.r.random() < .2 else "#return\n" if self.r.random() < .2 else "#cache\nc\n#end cache\n",
            lambda: "#def d($x, *a, **k)\n$x $a $k\n#end def\n$d(1, 2, z=3) $d(%s)\n" % self.r.choice(["", "1", "*$nums", "**$kopts", "x=1"]), lambda: "#def outer\n#def inner($q)\n($q)\n#end def\n$inner(2)#slurp\n#end def\n$outer\n", lambda: "#def r($n)\n#return $n * 2\n#end def\n$r(%s)\n" % self.atom(),
            lambda: "#while %s\nonce\n#break\n#end while\n" % self.b(), lambda: "#for $x in %s\n#if $x\n#continue\n#end if\n$x\n#end for\n$x\n" % self.lst(), lambda: "#for $a, $b in %s\n$a=$b\n#end for\n" % self.pick("$kopts.items()", "zip($nums, $dns)", "enumerate($words.split())", "$nums", "$deep"),
            lambda: "#if $flag#yes#else#no#end if#%s" % self.eol(), lambda: "#for $i in $nums# $i #end for#%s" % self.eol(), lambda: "#set $q = \"\"\"multi\nline\"\"\"\n$q\n", lambda: "${getVar('nope', None)}$getVar('nope')\n" if self.r.random() < .3 else "$getVar('host')$hasVar('host')\n",
            lambda: "#set $c = c%s\n$c\n" % self.r.choice(["'$host-x'", "\"a $nics.en0.ip b\"", "'${host.upper()} $(1 + 2)$nums[0]'", "'x'", "''", "'$nope'", "'\\\\$host \\\\n'", "'$ 5 $!host $5'", "'$kopts.console' + 'y'", "'$str(5)$len($nums)|'", "\"$nothing ${ host }\""]), lambda: "$str(c'<$host>') #if c'$ram' == '4096' then c'a$zero' else 'b'#\n", lambda: "#silent [$x for $x in $nums]\n", lambda: "#echo '%s' + $host#\n" % self.word().replace("'", "").replace("\\", "").replace("#", ""), lambda: "$host.upper().lower $host.split('-')[0].upper$host[0]$host[1:3]\n", lambda: "${host[0]}${nics['en0'].ip}$nics['en0'].ip.split('.')[-1]${', '.join($dns)}\n",
            lambda: "$nums[0]$nums[%d]$dns[0].split('.')[%d]\n" % (self.r.randint(-5, 5), self.r.randint(-5, 5)), lambda: "$host.$os $host. $host.. $host- $host_ $host/x $host: ${host}x$(host)\n", lambda: "$[$nums] $[1, 2]$(1,)$( 1 + 1 )${ host }\n", lambda: "$recs[0].n$recs[1]['p']$recs[-1].on$recs[0].zz\n",
            lambda: "#unless %s then 1 else 2#\n" % self.b() if self.r.random() < .1 else "#if not %s\na\n#else if %s\nb\n#else\nc\n#end if\n" % (self.b(), self.b()), lambda: "#pass\n", lambda: "#for $i in []\n#pass\n#end for\n", lambda: "$self.getVar('host')\n",
            lambda: "#encoding utf-8\n" if self.r.random() < .3 else "$str.upper('abc')$dict.fromkeys(['a'])\n" if self.r.random() < .3 else "#<%= 1 %>\n", lambda: "<%% x = %s %%><%%= x %%>\n" % self.r.randint(0, 9), lambda: "<%%= %s %%>%s" % (self.r.choice(["1 + 1", "'a' * 3", "None", "[1, None]"]), self.eol()))

    def piece(self):
        if self.depth > 4:
            return self.word() + self.eol()
        self.depth += 1
        try:
            return self.pick(
                lambda: self.word() + self.eol(), lambda: self.word() + self.eol(), self.method, self.modules, self.modules, self.rare, self.rare, self.rare,
                lambda: "$(%s)%s" % (self.f(), self.eol()), lambda: "$%s%s" % (self.f(), self.eol()), lambda: "#set $t = %s\n$t|\n" % self.f(), lambda: "#if %s\n%s\n#end if\n" % (self.f(), self.word()),
                lambda: "$" + self.r.choice(list(VARS)) + self.eol(), lambda: "${" + self.r.choice(list(VARS)) + "}" + self.eol(), lambda: "$" + self.r.choice(list(VARS)) + self.word() + self.eol(),
                lambda: "$(" + self.expr() + ")" + self.eol(), lambda: "$(%s)\n" % self.s(), lambda: "$(%s)%s\n" % (self.s(), self.word()),
                lambda: "$nics.en0.%s%s" % (self.r.choice(["ip", "mac", "mac.lower()", "mtu", "nope", "keys()", "get('ip')"]), self.eol()),
                lambda: "$nics['en0']['ip']%s%s" % (self.r.choice(["", "", self.word()]), self.eol()), lambda: "$host.upper$os.replace('s', $host)%s" % self.eol(),
                lambda: self.block("if " + self.b(), self.body(), "end if"),
                lambda: "#if %s\n%s\n#else\n%s\n#end if\n" % (self.b(), self.body(1), self.body(1)),
                lambda: "#if %s\n%s#elif %s\n%s\n#else\n%s\n#end if\n" % (self.b(), self.word() + "\n", self.b(), self.body(1), self.body(1)),
                lambda: self.block("unless (%s)" % self.b(), self.body(), "end unless"),
                lambda: self.block("for $i in %s" % self.lst(), "$i" + self.body(1), "end for"),
                lambda: "#for $k, $w in $nics.items()\n$k $w.ip $w['mtu']\n#end for\n",
                lambda: "#for $i in $range(%d)\n#if $i == 1\n#continue\n#end if\n#if $i == 3\n#break\n#end if\n$i,#slurp\n#end for\n" % self.r.randint(0, 6),
                lambda: "#set $t = %s\n$t|${t}%s" % (self.expr(), self.eol()), lambda: "#set global $g = %s\n$g%s" % (self.expr(), self.eol()),
                lambda: "#set $n = 0\n#while $n < %d\n$n #slurp\n#set $n += 1\n#end while\n" % self.r.randint(1, 3),
                lambda: "#set $acc = []\n#for $q in %s\n#silent $acc.append($q)\n#end for\n$len($acc) $acc\n" % self.lst(),
                lambda: "#def f%d($a, $b=%s)\n<$a $b>\n#end def\n" % (self.r.randint(0, 3), self.lit()),
                lambda: "#def g(a)#$a!#end def#$g(%s)%s" % (self.s(), self.eol()),
                lambda: "#def h($a='x'): [$a]\n$h $h(%s)%s" % (self.atom(), self.eol()),
                lambda: "#block b%d\n%s\n#end block\n" % (self.r.randint(0, 99999), self.body(1)),
                lambda: "#raw\n$x #if {{ %s\n#end raw\n" % self.word(), lambda: "## %s\n" % self.word(), lambda: "%s ## gone\n" % self.word(),
                lambda: "#* multi\n %s *#%s" % (self.word().replace("*", ""), self.eol()), lambda: "#echo %s%s" % (self.expr(), self.r.choice(["\n", "#"])),
                lambda: "#silent %s\n" % self.expr(), lambda: "#try\n%s\n#except%s\noops\n#end try\n" % (self.body(1), self.r.choice(["", " ZeroDivisionError", " (IndexError, KeyError)"])),
                lambda: "#if %s then %s else %s#" % (self.b(), self.s(), self.s()), lambda: "$varExists('%s') $getVar('%s', 7)%s" % (self.r.choice(["host", "nope", "nics.en0", "nics.no"]), self.r.choice(["ram", "zip"]), self.eol()),
                lambda: "$str(%s)$len(%s) $sorted(%s)%s" % (self.num(), self.lst(), self.pick("$nums", "$dns", "$kopts"), self.eol()),
                lambda: "$int(%s) $max(%s) $sum($nums) $min($dns)%s" % (self.pick("$num", "$size", "'7'", "$text"), self.pick("$nums", "$dns"), self.eol()),
                lambda: "$([x * 2 for x in $nums if x > 2]) $(', '.join([str(x) for x in $mix]))\n",
                lambda: "#set $d = {'a': %s, 'b': [%s]}\n$d $d.a $d['b'][0]\n#set $d['c'] = 1\n$d.keys() $d.get('z', %s)\n#del $d['a']\n$d\n" % (self.atom(), self.num(), self.lit()),
                lambda: "#call $str\n%s\n#end call\n" % self.word(), lambda: "#filter WebSafe\n$html $quoted\n#end filter\n", lambda: "\\$host \\#if \\\\n%s" % self.eol(),
                lambda: "$undefined_%s%s" % (self.r.choice("ab"), self.eol()) if self.r.random() < 0.1 else "-", lambda: "$!missing.x$!host%s" % self.eol(),
                lambda: "#repeat %d\nz\n#end repeat\n" % self.r.randint(0, 3), lambda: "#capture cap\n%s\n#end capture\n[$cap]" % self.body(1),
                lambda: "#if %s: %s\n" % (self.b(), self.word().replace("#", "")), lambda: "#stop\n" if self.r.random() < 0.1 else "")
        finally:
            self.depth -= 1


FILTERS = ["abs", "capitalize", "center(9)", "count", "default('d')", "d('x', true)", "dictsort", "e", "filesizeformat", "first", "float", "forceescape",
           "int", "int(7)", "items|list", "join('-')", "last", "length", "list", "lower", "map('upper')|list", "map(attribute='n')|join(',')", "max", "min",
           "reject('none')|list", "replace('e','3')", "reverse|list", "round", "round(1)", "round(1,'ceil')", "select|list", "select('string')|list",
           "selectattr('on')|map(attribute='n')|list", "rejectattr('p','gt',5)|list", "slice(2)|list", "batch(2)|list", "batch(3,'-')|list", "sort", "sort(reverse=true)",
           "sort(attribute='p,n')|map(attribute='n')|list", "string", "striptags", "sum", "title", "tojson", "tojson(2)", "trim", "truncate(6)", "truncate(9,true,'~')",
           "unique|list", "upper", "urlencode", "wordcount", "wordwrap(7)", "xmlattr", "indent(2)", "indent(3,true,true)", "groupby('p')|list", "format(1)", "attr('x')",
           "safe", "unique(true)|list", "min(attribute='p')", "max(case_sensitive=true)", "trim('n')", "default", "length|string", "sum(attribute='p')",
           "wordwrap(3)", "wordwrap(12,false)", "wordwrap(9,true,'/')", "wordwrap(20,break_on_hyphens=false)", "urlize", "urlize(12)", "urlize(nofollow=true)", "urlize(target='_x')", "urlize(rel='a b')", "urlize(extra_schemes=['mailto:'])", "escape|upper", "reverse",
           "int(base=16)", "int(0, 8)", "float('x')", "round(-1)", "round(2,'floor')", "round(method='nope')", "map('int')|list", "map('default', 'q')|list", "map(attribute='n', default='?')|list", "map('replace', 'a', 'b')|list", "select('odd')|list", "select('in', [2, 'b'])|list",
           "selectattr('n','eq','a')|list", "selectattr('zz','defined')|list", "rejectattr('on')|list", "join(', ', attribute='n')", "sort(case_sensitive=true)", "sort(attribute='n')|list", "dictsort(by='value')", "dictsort(reverse=true)", "dictsort(true)", "groupby('n', default='z')|list", "groupby('on')|map('first')|list",
           "unique(attribute='p')|list", "max(attribute='n')", "slice(3,'x')|list", "batch(1)|map('join')|list", "truncate(8, leeway=0)", "truncate(20, false, '..', 2)", "indent('>>')", "indent(width=1, first=true)", "center(3)", "center(20)", "filesizeformat(true)", "xmlattr(false)", "tojson(indent=1)", "tojson|safe",
           "replace('o','0',1)", "string|length", "first|default('none')", "last|upper", "list|last", "trim|title", "lower|capitalize", "title|swapcase", "e|e", "safe|e", "striptags|wordcount", "format('a', 'b')", "format(a=1)", "sum(start=10)", "sum(attribute='p', start=1)", "join|length", "length > 3", "nope_filter",
           "count + 1", "map|list", "map('nope')|list", "select('nope')|list", "batch|list", "string|urlencode", "list|tojson", "dictsort|urlencode", "items|sort", "tojson(2)|indent(4)", "attr('upper')|string|length > 0", "round|int", "float|round(3)|string", "upper|lower is lower"]
TESTS = ["defined", "undefined", "none", "string", "number", "integer", "float", "boolean", "mapping", "sequence", "iterable", "odd", "even", "divisibleby 3", "lower", "upper",
         "true", "false", "callable", "eq 5", "ne('a')", "gt 1", "in [1, 2]", "sameas none", "escaped", "not defined", "not none", "filter", "test", "lt 3", "ge(2)", "le 'm'", "equalto 'x'", "not in 'abc'", "divisibleby(0)", "nope_test", "lessthan 3", "sameas(true)"]


class Jinja(Gen):
    def v(self, name):
        return name

    def template(self):
        t = self.body(self.r.randint(1, 5))
        if self.r.random() < .06:
            t = "{%% extends %s %%}%s{%% block %s %%}%s{%% endblock %%}" % (self.r.choice(["'base'", "'middle'", "'middle' if flag else 'base'", "'nope'"]), self.r.choice(["", t]), self.r.choice(["main", "title", "inner", "empty", "other"]), self.r.choice(["new", "{{ super() }}+", t, "{{ self.title() }}"]))
        return t.replace("\n", "\r\n") if self.r.random() < .02 else t

    def tag(self, s):
        return "{%%%s %s %s%%}" % (self.r.choice(["", "", "", "-", "+"]), s, self.r.choice(["", "", "", "-", "+"]))

    def out(self, e):
        return "{{%s %s %s}}" % (self.r.choice(["", "", "", "-"]), e, self.r.choice(["", "", "", "-"]))

    def filtered(self):
        return self.pick(self.anyvar, self.anyvar, self.strvar, lambda: "(%s)" % self.expr()) + "".join("|" + self.r.choice(FILTERS) for _ in range(self.r.choice([1, 1, 1, 2])))

    def expr(self):
        return self.pick(super().expr, super().expr, lambda: "%s|%s" % (self.large(), self.r.choice(["abs", "int", "float", "string", "round", "round(-3)", "tojson", "filesizeformat", "pprint", "list|length", "is number", "default(1)", "round(1, 'ceil')", "format", "max", "upper"])), lambda: "%s is %s" % (self.large(), self.r.choice(["odd", "even", "divisibleby 3", "number", "integer", "float", "string", "gt 5", "eq 3", "sameas 1"])), lambda: "%s %s %s" % (self.large(), self.r.choice(["+", "*", "//", "%", "<", "==", "~", "/"]), self.num()), lambda: "%s is %s" % (self.pick(self.anyvar, self.num), self.r.choice(TESTS)), self.filtered, self.filtered, self.filtered,
                         lambda: "%s ~ %s" % (self.atom(), self.atom()), lambda: "nics.en0.%s" % self.r.choice(["ip", "mac|lower", "nope", "keys()|list"]),
                         lambda: "nics[%s]" % self.r.choice(["'en1']['ip'", "'zz'", "host"]), lambda: "recs[%d].%s" % (self.r.randint(-1, 3), self.r.choice(["n", "p", "zz"])),
                         lambda: "%s if %s" % (self.s(), self.b()), lambda: "range(%d)|list" % self.r.randint(0, 4), lambda: "dict(a=%s, b=2)" % self.atom(),
                         lambda: "(%s, %s)" % (self.atom(), self.atom()), lambda: "{'k': %s}" % self.atom(), lambda: "missing_%s" % self.r.choice("ab"),
                         lambda: "%s is %s %s %s is %s" % (self.anyvar(), self.r.choice(TESTS), self.r.choice(["and", "or"]), self.anyvar(), self.r.choice(TESTS)), lambda: "not %s is %s" % (self.anyvar(), self.r.choice(TESTS)),
                         lambda: "-%s|abs" % self.intvar(), lambda: "%s|abs ** 2" % self.intvar(), lambda: "%s + %s|length" % (self.intvar(), self.strvar()), lambda: "missing.%s" % self.r.choice(["x", "x.y", "x|default('z')", "x is defined"]), lambda: "host.%s" % self.r.choice(["0", "zz", "upper()", "nope()"]),
                         lambda: "kopts.%s" % self.r.choice(["console", "items()|list", "get('x', 5)", "zz", "keys()|list|length", "pop('console')", "update({'a': 1})"]), lambda: "nums.%s" % self.r.choice(["0", "append(1)", "index(9)", "zz", "pop()", "count(2)"]), lambda: "[%s, *nums]" % self.num() if self.r.random() < .1 else "nums[%s]" % self.slice(),
                         lambda: "%s|tojson|%s" % (self.anyvar(), self.r.choice(["length", "safe", "upper"])), lambda: "'a' 'b' ~ 1", lambda: "1 if %s else %s if %s" % (self.b(), self.num(), self.b()))

    def module(self):
        """Other templates and what they define."""
        ctx = self.r.choice(["", "", " with context", " without context"])
        return self.pick(
            lambda: self.tag("include '%s'%s" % (self.r.choice(["inc", "loops", "nested"]), self.r.choice(["", "", " with context", " ignore missing"]))), lambda: self.tag("include %s" % self.r.choice(["['nope', 'inc']", "'nope' ignore missing", "'nope'", "['nope'] ignore missing", "'broken'", "'fails'", "host"])),
            lambda: self.tag("import 'mac' as m" + ctx) + "{{ m.tag(%s) }}{{ m.v }}{{ m.nope }}{{ m._hidden }}" % self.atom(), lambda: self.tag("from 'mac' import %s%s" % (self.r.choice(["tag", "tag as tg, v", "nope", "two, tag"]), ctx)) + "{{ tag is defined and tag(1, y=%s) }}{{ tg is defined and tg(2) }}{{ v }}" % self.s(),
            lambda: self.tag("from 'mac' import two" + ctx) + "{% call two() %}c{{ host }}{% endcall %}{{ two() }}")

    def rare(self):
        return self.pick(
            lambda: "{% macro mm(a, b=a) %}{{ a }}{{ b }}{{ kwargs }}{{ varargs }}{% endmacro %}{{ mm(1) }}{{ mm(1, 2, 3) }}{{ mm(z=" + self.num() + ") }}" + self.r.choice(["{{ mm.name }}{{ mm.arguments }}{{ mm.catch_kwargs }}{{ mm.caller }}", "{{ mm() }}"]),
            lambda: "{% macro c2(x) %}{{ caller(x, 2) }}{% endmacro %}{% call(a, b=3) c2('q') %}{{ a }}{{ b }}{{ host }}{% endcall %}", lambda: self.tag("for a, b in %s" % self.pick("kopts.items()", "nics|dictsort", "nums", "recs|groupby('p')", "[(1, 2), (3, 4)]")) + "{{ a }}:{{ b }} " + self.tag("endfor"),
            lambda: self.tag("for x in nums if x > %d" % self.r.randint(0, 9)) + "{{ loop.index0 }}{{ loop.revindex }}{{ loop.nextitem }}{{ loop.depth0 }}{{ loop.length }}" + self.tag("else") + "E" + self.tag("endfor"), lambda: self.tag("for x in range(3)") + "{% set outer = loop %}" + self.tag("for y in 'ab'") + "{{ outer.index }}{{ loop.index }}{{ x }}{{ y }} " + self.tag("endfor") + self.tag("endfor"),
            lambda: self.tag("set a, b = %s" % self.pick("dns", "(1, 2)", "nums", "host.split('-')")) + "{{ a }}{{ b }}", lambda: self.tag("set q | %s" % self.r.choice(["upper", "trim|length", "indent(1)", "nope"])) + self.body(1) + self.tag("endset") + "{{ q }}", lambda: self.tag("set ns = namespace(%s)" % self.r.choice(["", "x=1, y=[]", "kopts"])) + "{% set ns.z = 4 %}{{ ns.x }}{{ ns.z }}{{ ns.console }}",
            lambda: "{% autoescape " + self.r.choice(["true", "false", "flag"]) + " %}{{ html }}{{ html|safe }}{{ html|e }}{{ ('<' ~ html)|upper }}{{ [html] }}{% endautoescape %}", lambda: "{% autoescape true %}" + self.out(self.filtered()) + self.out(self.expr()) + "{% endautoescape %}", lambda: self.tag("with") + "{% set in_with = 1 %}{{ in_with }}" + self.tag("endwith") + "{{ in_with }}",
            lambda: "{% raw -%}  {% if %} {{ x {%- endraw %}" + self.word(), lambda: "{%% block s%d scoped %%}{{ i }}{{ host }}{%% endblock %%}" % self.r.randint(0, 9999), lambda: "{% block r" + str(self.r.randint(0, 9999)) + " required %}{% endblock %}" if self.r.random() < .1 else "{{ cycler('a', 'b').next() }}",
            lambda: "{% for x in dns %}{% include 'inc' %}{{ x }}{% endfor %}", lambda: self.tag("for i in nums") + "{% include 'nested' %}" + self.tag("endfor"), lambda: "{% do nums.append(1) %}" if self.r.random() < .2 else "{% break %}" if self.r.random() < .2 else "{{ undefined_fn() }}" if self.r.random() < .3 else "{{ dict(kopts, **{'a': 1}) }}",
            lambda: "{{ '%s' }}" % self.r.choice(["a\\nb", "\\\\", "\\'", "\\x41", "\u00e9", "\\u00e9", "\\N{DASH}", "a{{b", "%}", "\\q"]), lambda: "{{ %s }}" % self.r.choice(["1_000", "0x1F", "0b11", "1e3", "1.5e-3", "'a' 'b'", "none", "None", "True", "[1, 2,]", "{1: 2}", "()", "(1,)", "{}", "1 // 0", "-2 ** 2", "2 ** 3 ** 2", "not not 1", "1 < 2 < 3", "'x' * 3", "'%s-%s' % (1, 'b')", "'a' in 'abc' in ['abc']", "1 is odd == true"]),
            lambda: "{{ %s|pprint }}" % self.anyvar(), lambda: "{{ joiner()() }}{{ range(2, 9, 3)|list }}{{ range(9)[2:4]|list }}{{ range(3)|last }}", lambda: "{# a {{ x }} {% if %} #}" + self.word(), lambda: "{% filter " + self.r.choice([f for f in FILTERS if "random" not in f]).split(" ")[0] + " %}" + self.word() + " {{ host }}{% endfilter %}")

    def piece(self):
        if self.depth > 4:
            return self.word() + self.eol()
        self.depth += 1
        try:
            return self.pick(
                lambda: self.word().replace("{{", "{") + self.eol(), lambda: self.out(self.expr()) + self.eol(), lambda: self.out(self.expr()) + self.eol(), self.module, self.rare, self.rare, self.rare,
                lambda: self.out(self.filtered()) + self.eol(), lambda: self.out(self.filtered()) + self.eol(), lambda: self.out(self.filtered()) + self.eol(),
                lambda: self.tag("if " + self.b()) + self.body() + self.tag("endif"), lambda: self.out("nics.en0.items" if self.r.random() < .1 else "nics.en0.ip"),
                lambda: self.tag("if " + self.b()) + self.body(1) + self.tag("elif " + self.b()) + self.body(1) + self.tag("else") + self.body(1) + self.tag("endif"),
                lambda: self.tag("for x in " + self.pick(self.lst, "kopts", "nics|dictsort", "text", "missing_a", self.filtered)) + self.r.choice(["{{ x }}", "{{ loop.index }}/{{ loop.length }}:{{ x }}{{ ',' if not loop.last }}", "{{ loop.cycle('a','b') }}{{ loop.revindex0 }}", "{{ loop.previtem }}{{ loop.changed(x) }}"]) + self.body(1) + self.tag("else") + "none" + self.tag("endfor"),
                lambda: self.tag("for r in recs if r.on") + "{{ r.n }}{{ loop.first }}" + self.tag("endfor"),
                lambda: self.tag("for k, w in nics.items()") + "{{ k }}={{ w.ip }} " + self.tag("endfor"),
                lambda: self.tag("for q in deep recursive") + "{% if q is iterable and q is not string and q is not mapping %}<{{ loop(q) }}>{% else %}{{ q }}{{ loop.depth }}{% endif %}" + self.tag("endfor"),
                lambda: self.tag("set t = " + self.expr()) + "{{ t }}", lambda: self.tag("set t") + self.body(1) + self.tag("endset") + "[{{ t }}]{{ t|upper }}",
                lambda: self.tag("set ns = namespace(a=1)") + "{% for i in nums %}{% set ns.a = ns.a + i %}{% endfor %}{{ ns.a }}",
                lambda: self.tag("macro m(a, b=%s, c)" % self.lit() if self.r.random() < .05 else "macro m(a, b=%s)" % self.lit()) + "({{ a }};{{ b }}{{ varargs if %s else '' }})" % self.r.choice(["false", "true"]) + self.tag("endmacro") + "{{ m(%s) }}{{ m(1, b=%s) }}" % (self.atom(), self.s()),
                lambda: "{% macro w() %}<{{ caller() }}>{% endmacro %}{% call w() %}" + self.body(1) + "{% endcall %}",
                lambda: self.tag("with a = %s, b = 3" % self.atom()) + "{{ a }}{{ b }}" + self.tag("endwith") + "{{ a }}",
                lambda: self.tag("filter " + self.r.choice(["upper", "indent(2)", "replace('a','b')", "trim"])) + self.body(1) + self.tag("endfilter"),
                lambda: "{# %s #}" % self.word().replace("#", ""), lambda: "{#- c -#}", lambda: "{% raw %}{{ x }}{% endraw %}",
                lambda: self.tag("block b%d" % self.r.randint(0, 99999)) + self.body(1) + self.tag("endblock"),
                lambda: self.tag("set j = joiner('|')") + "{% for x in nums %}{{ j() }}{{ x }}{% endfor %}", lambda: "{% set c = cycler('x','y') %}{{ c.next() }}{{ c.next() }}{{ c.current }}",
                lambda: self.tag("for g in recs|groupby('p')") + "{{ g.grouper }}:{{ g.list|map(attribute='n')|join }};" + self.tag("endfor"),
                lambda: self.tag("if false") + "{% set zz = 1 %}" + self.tag("endif") + "{{ zz }}", lambda: "{% for x in nums %}{% set y = x %}{% endfor %}{{ y }}",
                lambda: "{{ %s.%s }}" % (self.strvar(), self.r.choice(["upper()", "nope", "split('.')|length", "format(1)"])))
        finally:
            self.depth -= 1


# Environments of Jinja; the first is the usual one.
ENVIRONMENTS = [{}, {}, {}, {"trim_blocks": True}, {"lstrip_blocks": True}, {"trim_blocks": True, "lstrip_blocks": True}, {"keep_trailing_newline": True}, {"autoescape": True}]
