/* SPDX-License-Identifier: GPL-2.0-or-later
 * manpage.c - the sections of cobbler(1) that follow from the tables, as man(7) source.
 */
#include "cli/cli.h"

/* Text into roff: backslashes, hyphens and a control character at the start of a line. */
static void roff(struct strbuf *out, const char *text)
{
	if (*text == '.' || *text == '\'')
		sb_adds(out, "\\&");
	for (; *text; text++) {
		if (*text == '\\')
			sb_adds(out, "\\e");
		else if (*text == '-')
			sb_adds(out, "\\-");
		else
			sb_addc(out, *text);
	}
}

static void option(struct strbuf *out, const struct opt *o)
{
	sb_adds(out, ".TP\n\\fB");
	roff(out, "--");
	roff(out, o->name);
	sb_adds(out, "\\fR");
	if (o->kind != OPT_FLAG) {
		sb_adds(out, "=\\fI");
		roff(out, o->kind == OPT_INT ? "NUMBER" : o->kind == OPT_FLOAT ? "DECIMAL" : o->choices ? "CHOICE" : "VALUE");
		sb_adds(out, "\\fR");
	}
	sb_addc(out, '\n');
	roff(out, o->help && *o->help ? o->help : "(no description)");
	for (size_t i = 0; o->choices && o->choices[i]; i++) {
		sb_adds(out, i ? ", " : ". One of: ");
		roff(out, *o->choices[i] ? o->choices[i] : "\"\"");
	}
	const struct field *f = o->field;
	if (f && f->settings_key && str_starts(f->settings_key, "default_") && !strstr(f->dflt, "<<inherit>>")) {
		sb_addf(out, ". Default: the setting %s", f->settings_key);         /* edit_new */
	} else if (f && f->dflt && !str_eq(f->dflt, "\"\"")) {
		sb_adds(out, ". Default: ");
		roff(out, f->dflt);
	}
	sb_addc(out, '\n');
}

static void options(struct strbuf *out, const struct opt_set *s)
{
	for (size_t i = 0; i < s->n; i++) {
		if (!s->v[i].hidden)
			option(out, &s->v[i]);
	}
}

static bool has(const struct opt_set *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (!s->v[i].hidden && str_eq(s->v[i].name, name))
			return true;
	return false;
}

/* The options of a command that are not among those common to several. */
static void own_options(struct strbuf *out, const struct command *cmd, int item, const struct opt_set *common)
{
	struct opt_set s = { 0 };
	bool any = false;
	command_options(cmd, item, &s);
	for (size_t i = 0; i < s.n; i++) {
		if (s.v[i].hidden || has(common, s.v[i].name))
			continue;
		sb_adds(out, any ? "" : ".RS\n");
		any = true;
		option(out, &s.v[i]);
	}
	sb_adds(out, any ? ".RE\n" : "");
	opts_free(&s);
}

static void noun_section(struct strbuf *out, const char *noun, unsigned bit, int item)
{
	struct opt_set common = { 0 };
	if (item >= 0)
		command_options(command_find(bit, "edit"), item, &common);
	sb_addf(out, ".SS \"cobbler %s\"\n", noun);
	for (size_t i = 0; i < n_commands; i++) {
		if (!(commands[i].where & bit) || commands[i].hidden)
			continue;
		sb_adds(out, ".TP\n\\fBcobbler ");
		roff(out, noun);
		sb_addc(out, ' ');
		roff(out, commands[i].name);
		sb_adds(out, "\\fR\n");
		roff(out, commands[i].help);
		sb_addc(out, '\n');
		own_options(out, &commands[i], item, &common);
	}
	if (item >= 0) {
		sb_adds(out, ".PP\nOptions of add, edit, copy, rename and find:\n");
		options(out, &common);
	}
	opts_free(&common);
}

void manpage_write(struct strbuf *out)
{
	sb_adds(out, ".SH COMMANDS\n");
	for (size_t i = 0; i < n_commands; i++) {
		const struct command *cmd = &commands[i];
		if (!(cmd->where & W_DIRECT) || cmd->hidden)
			continue;
		sb_adds(out, ".SS \"cobbler ");
		roff(out, cmd->name);
		sb_adds(out, "\"\n");
		roff(out, cmd->help);
		sb_addc(out, '\n');
		struct opt_set s = { 0 };
		command_options(cmd, -1, &s);
		options(out, &s);
		opts_free(&s);
	}
	sb_adds(out, ".SH OBJECTS\n");
	int item;
	for (size_t i = 0; noun_at(i); i++) {
		unsigned bit = noun_bit(noun_at(i), &item);
		noun_section(out, noun_at(i), bit, item);
	}
}
