# Man pages and `make install`. PREFIX is /usr; DESTDIR stages a package. As root without DESTDIR the account and the
# directories are made at once, and systemd is told about the unit.
PREFIX      ?= /usr
SYSCONFDIR  ?= /etc
UNITDIR     ?= $(PREFIX)/lib/systemd/system
SYSUSERSDIR ?= $(PREFIX)/lib/sysusers.d
TMPFILESDIR ?= $(PREFIX)/lib/tmpfiles.d
MANDIR      ?= $(PREFIX)/share/man
BASHDIR     ?= $(PREFIX)/share/bash-completion/completions

VERSION := $(shell sed -n 's/^.define COBBLERD_VERSION "\(.*\)"/\1/p' cobblerd/base/version.h)
# Of the sources, as in "cobbler version".
MANDATE := $(shell date -u -d @$(or $(COMMIT),$(shell date +%s)) +%F)
MAN     := $(patsubst docs/%.in,$(OUT)/man/%,$(wildcard docs/*.[1-8].in))

man: $(MAN)
$(OUT)/man/commands.roff: $(OUT)/cobbler
	@mkdir -p $(@D)
	$(OUT)/cobbler __man >$@
$(OUT)/man/%: docs/%.in $(OUT)/man/commands.roff
	sed -e 's/@VERSION@/$(VERSION)/' -e 's/@DATE@/$(MANDATE)/' -e '/^@COMMANDS@$$/{' -e 'r $(OUT)/man/commands.roff' -e d -e '}' $< >$@

INSTALL := install -D
DATA    := $(INSTALL) -m 0644
install: all man
	$(INSTALL) -m 0755 $(OUT)/cobblerd $(DESTDIR)$(PREFIX)/sbin/cobblerd
	$(INSTALL) -m 0755 $(OUT)/cobbler $(DESTDIR)$(PREFIX)/bin/cobbler
	$(INSTALL) -m 0755 $(OUT)/render-cases $(DESTDIR)$(PREFIX)/bin/cobbler-render
	for p in cobbler-settings cobbler-passwd cobbler-ext-nodes; do ln -sf cobbler $(DESTDIR)$(PREFIX)/bin/$$p || exit 1; done
	sed 's|/usr/sbin/|$(PREFIX)/sbin/|' packaging/cobblerd.service >$(OUT)/cobblerd.service
	$(DATA) $(OUT)/cobblerd.service $(DESTDIR)$(UNITDIR)/cobblerd.service
	$(DATA) packaging/cobbler.sysusers $(DESTDIR)$(SYSUSERSDIR)/cobbler.conf
	$(DATA) packaging/cobbler.tmpfiles $(DESTDIR)$(TMPFILESDIR)/cobbler.conf
	$(DATA) packaging/cobbler.logrotate $(DESTDIR)$(SYSCONFDIR)/logrotate.d/cobbler
	$(DATA) packaging/cobbler.bash-completion $(DESTDIR)$(BASHDIR)/cobbler
	cd snippets/library && find . -type f ! -name README.md -exec $(DATA) {} $(abspath $(DESTDIR))$(PREFIX)/share/cobbler/library/{} \;
	for m in $(MAN); do $(DATA) $$m $(DESTDIR)$(MANDIR)/man$${m##*.}/$${m##*/} || exit 1; done
	if [ -z "$(DESTDIR)" ] && [ "$$(id -u)" = 0 ]; then \
		{ command -v systemd-sysusers >/dev/null || { echo "no systemd here: create the user cobbler yourself"; exit 0; }; } && \
		systemd-sysusers $(SYSUSERSDIR)/cobbler.conf && systemd-tmpfiles --create $(TMPFILESDIR)/cobbler.conf && \
		{ [ ! -d /run/systemd/system ] || systemctl daemon-reload; }; fi
.PHONY: man install
