# make            build/cobblerd build/cobbler build/render-cases (release)
# make check      unit tests and fuzz corpora, under ASan and UBSan
# make check-fast the same without sanitizers
# make compat     black-box tests against the running daemon (root: network namespaces, QEMU)
# make lint fuzz bench install clean
# By hand, each tells how at its head: tools/soak (many clients for long), tools/fuzz-diff-api, tools/fuzz-diff-templates (beside Python)
# SAN=1 builds with ASan and UBSan into build/san/, SAN=thread with ThreadSanitizer into build/tsan/; tests run it with COBBLERD=...

CC      ?= gcc
SAN     ?=
WERROR  ?=
FLAVOUR := $(if $(filter thread,$(SAN)),tsan,$(if $(SAN),san,rel))
OUT     := build/$(FLAVOUR)
PKGS    := libmicrohttpd libarchive yaml-0.1 expat gmp libpcre2-8 libseccomp libsystemd libudfread

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings -Wpointer-arith \
	-Wvla -Wundef -Wformat=2 -Wimplicit-fallthrough $(if $(WERROR),-Werror)
OPT_rel := -O2 -g -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fPIE
OPT_san := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined -fPIE
OPT_tsan := -O1 -g -fno-omit-frame-pointer -fsanitize=thread -fPIE
LDF_rel := -pie -Wl,-z,relro,-z,now
LDF_san := -pie -fsanitize=address,undefined
LDF_tsan := -pie -fsanitize=thread
CFLAGS  ?=
ALL_CFLAGS := -std=gnu17 $(WARN) $(OPT_$(FLAVOUR)) -D_GNU_SOURCE -Icobblerd -I. $(shell pkg-config --cflags $(PKGS)) $(CFLAGS)
# The inner loops of every render: a twentieth faster so (bench/templates).
$(addprefix build/rel/obj/snippets/engine/,jinja_exec.o cheetah_exec.o eval.o iter.o): ALL_CFLAGS += -O3
$(addprefix %/,base/curl.o auth/ldap.o windows/libs.o): ALL_CFLAGS += $(shell tools/sonames)
# What "cobbler version" shows: when the source was committed (a package's: SOURCE_DATE_EPOCH) and when it was built.
date_of  = $(shell LC_ALL=C date -u -d @$(1) '+%a %b %e %H:%M:%S %Y')
COMMIT  := $(or $(shell git log -1 --format=%ct 2>/dev/null),$(SOURCE_DATE_EPOCH))
$(addprefix %/,base/version.o): ALL_CFLAGS += -DBUILD_DATE='"$(call date_of,$(or $(SOURCE_DATE_EPOCH),$(shell date +%s)))"' \
	$(if $(COMMIT),-DSOURCE_DATE='"$(call date_of,$(COMMIT)) +0000"')
LIBS    := $(shell pkg-config --libs $(PKGS)) -lpam -lcrypt -lcrypto -lz -lpthread -lm
# The client library brings libcurl along by itself.
CLI_LIBS := $(filter-out -lcurl,$(shell xmlrpc-c-config client --libs 2>/dev/null))

ROOMS   := $(sort $(wildcard cobblerd/*/ import/ snippets/engine/ triggers/ triggers/shipped/))
ALLSRC  := $(foreach r,$(ROOMS),$(wildcard $(r)*.c))
LIBSRC  := $(filter-out %_test.c %_fuzz.c,$(ALLSRC))
TESTSRC := $(filter %_test.c,$(ALLSRC)) $(wildcard cli/*_test.c)
FUZZSRC := $(filter %_fuzz.c,$(ALLSRC))
CLISRC  := $(filter-out %_test.c,$(wildcard cli/*.c))
obj      = $(patsubst %.c,$(OUT)/obj/%.o,$(1))
TESTS   := $(patsubst %.c,$(OUT)/test/%,$(TESTSRC))
REPLAYS := $(patsubst %.c,$(OUT)/replay/%,$(FUZZSRC))

PROGS   := $(OUT)/cobblerd $(OUT)/cobbler $(OUT)/render-cases

all: $(PROGS)
ifeq ($(FLAVOUR),rel)
	@for p in $(notdir $(PROGS)); do ln -sf rel/$$p build/$$p; done
	@for p in settings passwd ext-nodes; do ln -sf cobbler build/cobbler-$$p; done
endif

LIBRARY := $(shell find snippets/library -type f ! -name README.md 2>/dev/null)
$(OUT)/gen/library.c: tools/embed $(LIBRARY) $(shell find snippets/library -type d)
	@mkdir -p $(@D)
	@tools/embed snippets/library > $@
$(OUT)/obj/gen/library.o: $(OUT)/gen/library.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(OUT)/libcobbler.a: $(call obj,$(LIBSRC)) $(OUT)/obj/gen/library.o
	@rm -f $@; ar qcs $@ $^
# The whole library, so that two rooms that define the same name are an error and not a matter of luck.
$(OUT)/cobblerd: $(call obj,cobblerd/main.c) $(OUT)/libcobbler.a
	$(CC) $(LDF_$(FLAVOUR)) -o $@ $< -Wl,--whole-archive $(OUT)/libcobbler.a -Wl,--no-whole-archive $(LIBS)
$(OUT)/cobbler: $(call obj,$(CLISRC)) $(OUT)/libcobbler.a
	$(CC) $(LDF_$(FLAVOUR)) -o $@ $^ $(CLI_LIBS) $(LIBS)
$(OUT)/render-cases: $(call obj,tools/render_cases.c tools/render_store.c) $(OUT)/libcobbler.a
	$(CC) $(LDF_$(FLAVOUR)) -o $@ $^ $(LIBS)
$(OUT)/test/%: $(OUT)/obj/%.o $(OUT)/libcobbler.a
	@mkdir -p $(@D)
	$(CC) $(LDF_$(FLAVOUR)) -o $@ $< $(filter-out $(OUT)/obj/cli/main.o,$(if $(findstring test/cli/,$@),$(call obj,$(CLISRC)))) $(OUT)/libcobbler.a -lcmocka $(if $(findstring test/cli/,$@),$(CLI_LIBS)) $(LIBS)
$(filter $(OUT)/test/cli/%,$(TESTS)): $(filter-out $(OUT)/obj/cli/main.o,$(call obj,$(CLISRC)))
$(OUT)/replay/%: $(OUT)/obj/%.o $(OUT)/obj/tools/fuzz_replay.o $(OUT)/libcobbler.a
	@mkdir -p $(@D)
	$(CC) $(LDF_$(FLAVOUR)) -o $@ $< $(OUT)/obj/tools/fuzz_replay.o $(OUT)/libcobbler.a $(LIBS)
$(OUT)/bench/%: $(OUT)/obj/bench/%.o $(OUT)/libcobbler.a
	@mkdir -p $(@D)
	$(CC) $(LDF_$(FLAVOUR)) -o $@ $^ $(LIBS)
$(OUT)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<
.PRECIOUS: $(OUT)/obj/%.o

# T=pattern runs only the tests whose path matches.
check:
	+@$(MAKE) --no-print-directory SAN=1 run-tests
check-fast: run-tests
run-tests: $(TESTS) $(REPLAYS)
	@tools/run_tests $(OUT) "$(T)"

# One libFuzzer target per *_fuzz.c: make fuzz [T=name] [SECS=60]
fuzz:
	@tools/fuzz "$(T)" "$(or $(SECS),60)"
lint:
	@tools/lint
bench: all
	@bench/run $(T)
compat: all
	@compat-tests/run $(T)
demo: all
	@tools/demo $(ARGS)

include packaging/install.mk

clean:
	rm -rf build

-include $(shell find $(OUT) -name '*.d' 2>/dev/null)
.PHONY: all check check-fast run-tests fuzz lint bench compat demo clean
