# SPDX-License-Identifier: GPL-2.0-only
# migcheck: conformance of the VFIO device-migration uAPI.
#
#   make run            judge the built-in reference devices
#   make test           everything: unit tests, lint, the suite, the proof
#   make vm-run         boot Debian's kernel with mtty and judge it
#   make vm-lab         the same on a kernel of its own, by group and by cdev
#   make vm-debug       the same where the kernel looks for mistakes, its requests fail, its lines are counted
#   make vm-hostile     the same with what may crash a kernel, in guests that may die
#   make vm-unload      unload the reference driver in a VM, with and without users
#   make vm-pci         bind PCI functions of a VM to VFIO and give them back
#   make vm-qemu        QEMU 7.2 migrates the v1 reference device in a guest
#   make vm-refdev      Debian's kernel with the reference device as a driver, judged
#   make vm-prove       all defects of that driver that a kernel lets through
#   make prove-socket   the proof through processes and sockets
#   make fuzz           hostile vfio-user servers for FUZZ_SECONDS
#   make fuzz-coverage  the same, and which lines of the client they reach
#   make coverage       COVERAGE.md and the lcov report
#   make install        DESTDIR= PREFIX=; make uninstall
#   make deb            a Debian package, in build/deb; make deb-test
#   make install-kselftest  DESTDIR=: into a kselftest installation
#
# KSRC=DIR takes the kselftest harness, mtty and the VM kernel from a kernel
# tree; STATIC=1 links statically; SANITIZE=1 builds with ASan and UBSan;
# CC=clang works too. BUILD=DIR is where everything goes.

ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif
CC ?= gcc
PREFIX ?= /usr/local
BUILD ?= build$(if $(SANITIZE),/sanitize)$(if $(STATIC),/static)$(if $(COVER),/cover)
export KSRC

# What is missing gets installed first, but not for cleaning.
ifeq ($(filter clean help uninstall%,$(MAKECMDGOALS)),)
DEPS := $(shell scripts/deps.sh build >&2 && echo ok)
$(if $(DEPS),,$(error migcheck needs packages that could not be installed))
KTREE := $(shell scripts/kernel-tree.sh)
$(if $(KTREE),,$(error no kernel tree with the kselftest harness))
endif

OPT ?= $(if $(SANITIZE)$(COVER),-O1,-O2) -g
CFLAGS += $(OPT) -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Wmissing-prototypes \
	  -Wno-missing-field-initializers -MMD -MP -pthread -Ilib -Ifixtures
CFLAGS += $(if $(SANITIZE),-fsanitize=address$(comma)undefined -fno-omit-frame-pointer)
CFLAGS += $(if $(COVER),--coverage -DMIGCHECK_COVERAGE)
LDFLAGS += $(if $(STATIC),-static -s) $(if $(SANITIZE),-fsanitize=address$(comma)undefined)
LDFLAGS += $(if $(COVER),--coverage)
# Each test is a process of its own: symbols are looked up once, before it forks.
LDFLAGS += -Wl,-z,now
LDLIBS += -ljson-c -lxxhash
comma := ,

CORE_SRC := $(wildcard fixtures/refdev/*.c)
LIB_SRC := $(filter-out lib/cmd/%,$(wildcard lib/*.c lib/*/*.c))
STIMULUS_SRC := $(wildcard lib/stimulus/*.c)
CMD_SRC := $(wildcard lib/cmd/*.c)
TEST_SRC := $(wildcard tests/v1/*_test.c tests/v2/*_test.c tests/order/*_test.c)
UNIT_SRC := $(wildcard tests/unit/*.c)
SERVER_SRC := $(wildcard fixtures/server/*.c)
REPLAY_SRC := $(wildcard tests/server/*.c)

objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
LIB := $(BUILD)/libmigcheck.a
STIMULI := $(BUILD)/obj/stimuli.o
TESTS := $(patsubst %.c,$(BUILD)/%,$(TEST_SRC))
UNIT := $(BUILD)/unit
REPLAY := $(BUILD)/replay_test

.PHONY: all run test unit suite prove lint coverage clean help
.PHONY: vm-run vm-lab vm-debug vm-hostile vm-refdev vm-prove vm-pci vm-qemu vm-unload
.PHONY: deb deb-test install uninstall install-kselftest uninstall-kselftest
.SECONDARY:

# The fuzzer is compiled here so that it does not rot; `make fuzz` links it.
all: $(call objects,$(wildcard tests/fuzz/*.c)) $(BUILD)/migcheck $(BUILD)/refdev-server $(TESTS) $(if $(STATIC),,$(UNIT) $(REPLAY))

run: all
	$(BUILD)/migcheck run emu:v1 emu:v2

test:
	scripts/test.sh

unit: $(UNIT)
	$(UNIT)

prove: all
	$(BUILD)/migcheck prove

lint: all
	scripts/lint.sh $(BUILD)

# What goes into a guest: the static harness and nothing else.
VM_ROOT := build/vm-root
.PHONY: vm-root
vm-root:
	$(MAKE) --no-print-directory STATIC=1 BUILD=build/static all
	rm -rf $(VM_ROOT) && mkdir -p $(VM_ROOT)
	cp -rl build/static/migcheck build/static/tests $(VM_ROOT)/
	cp scripts/bind.sh $(VM_ROOT)/

vm-run: vm-root
	scripts/deps.sh vm
	scripts/vm.sh --root $(VM_ROOT) -o build/vm -- run @1 --waivers fixtures/waivers/mtty.json

# The lab kernel lets mtty log.
LAB_WAIVERS := --waivers fixtures/waivers/mtty.json --waivers fixtures/waivers/mtty-log.json

vm-lab: vm-root
	scripts/vm-lab.sh --root $(VM_ROOT) -o build/vm-lab -- $(LAB_WAIVERS)
	scripts/vm-lab.sh --refdev --root $(VM_ROOT) -o build/vm-lab/refdev --timeout 1200 \
		--mdev v1 --mdev v1+MAPPED --mdev v2-full --mdev v2-p2p --mdev v2-stop --mdev v2-precopy

vm-debug: vm-root
	scripts/vm-debug.sh -o build/vm-debug --root $(VM_ROOT)

vm-hostile: vm-root
	scripts/deps.sh vm
	scripts/vm-hostile.sh --root $(VM_ROOT) -o build/vm-hostile --timeout 900 -- \
		run @1 --waivers fixtures/waivers/mtty-hostile.json --waivers fixtures/waivers/mtty.json
	scripts/vm-hostile.sh --refdev --root $(VM_ROOT) -o build/vm-hostile/refdev --timeout 1200 \
		--mdev v2-full --mdev v1 -- run @1 @2

# Real PCI functions of QEMU, bound and given back.
vm-pci: vm-root
	scripts/deps.sh vm
	scripts/vm-pci.sh $(VM_ROOT) build/vm-pci

# The reference driver, with and without users.
vm-unload: vm-root
	scripts/deps.sh vm
	scripts/vm-unload.sh $(VM_ROOT) build/vm-unload

vm-qemu: vm-root
	scripts/deps.sh vm
	scripts/vm-qemu.sh --root $(VM_ROOT) -o build/vm-qemu

vm-refdev: vm-root
	scripts/deps.sh vm
	scripts/vm.sh --root $(VM_ROOT) -o build/vm-refdev --timeout 1200 --module "$$(scripts/vm-kmod.sh)" \
		--mdev v1 --mdev v1+MAPPED --mdev v2-full --mdev v2-p2p --mdev v2-stop --mdev v2-precopy -- \
		run @1 @2 @3 @4 @5 @6

vm-prove: vm-root
	scripts/deps.sh vm
	scripts/vm-prove.sh --lab --root $(VM_ROOT)
	scripts/vm-prove.sh --debug --root $(VM_ROOT) -o build/vm-prove/faults 'NO_MEMORY_*'

# Hostile servers, by libFuzzer: FUZZ_SECONDS of them, findings in build/fuzz.
# fuzz-coverage says which lines of the client they reach.
FUZZ_SECONDS ?= 600
FUZZ_DIR ?= build/fuzz
FUZZ_SRC := $(wildcard tests/fuzz/*.c lib/transport/*.c lib/mig*.c) $(CORE_SRC)
FUZZ_OBJ := $(patsubst %.c,$(FUZZ_DIR)/obj/%.o,$(FUZZ_SRC))
.PHONY: fuzz fuzz-coverage prove-socket
$(FUZZ_DIR)/obj/%.o: %.c
	@mkdir -p $(@D)
	clang -g -O1 -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Wno-missing-field-initializers \
		-MMD -MP -pthread -Ilib -Ifixtures -fsanitize=fuzzer-no-link,address,undefined \
		-fno-sanitize-recover=undefined $(FUZZ_FLAGS) -c -o $@ $<

$(FUZZ_DIR)/vfio_user_fuzz: $(FUZZ_OBJ)
	clang -fsanitize=fuzzer,address,undefined $(FUZZ_FLAGS) -pthread -o $@ $^ $(LDLIBS)

fuzz: $(FUZZ_DIR)/vfio_user_fuzz
	scripts/fuzz.sh $< $(FUZZ_SECONDS)

fuzz-coverage:
	$(MAKE) --no-print-directory fuzz FUZZ_DIR=build/fuzz-coverage \
		FUZZ_FLAGS='-fprofile-instr-generate -fcoverage-mapping'

# The whole proof, each row a process behind a socket.
prove-socket: all
	$(BUILD)/migcheck prove --over vfio-user --inert fixtures/server/inert.txt

coverage: all
	scripts/coverage.sh

$(BUILD)/migcheck: $(call objects,$(CMD_SRC)) $(LIB)
	$(CC) $(LDFLAGS) -pthread -o $@ $^ $(LDLIBS)

$(BUILD)/refdev-server: $(call objects,$(SERVER_SRC)) $(LIB)
	$(CC) $(LDFLAGS) -pthread -o $@ $^ $(LDLIBS)

$(LIB): $(call objects,$(filter-out $(STIMULUS_SRC),$(LIB_SRC)) $(CORE_SRC)) $(STIMULI)
	rm -f $@ && $(AR) rcs $@ $^

# One object: nobody names a stimulus, so that an archive would leave it out.
$(STIMULI): $(call objects,$(STIMULUS_SRC))
	$(CC) -r -nostdlib -o $@ $^

# The reference core is free-standing: what links it into a kernel checks it here.
$(call objects,$(CORE_SRC)): CFLAGS += -ffreestanding

$(BUILD)/tests/%: $(BUILD)/obj/tests/%.o $(LIB)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -pthread -o $@ $^ $(LDLIBS)

$(call objects,$(TEST_SRC)): CFLAGS += -isystem $(KTREE)/tools/testing/selftests \
				       -Wno-unused-function -Wno-unused-parameter \
				       -Wno-maybe-uninitialized \
				       -Wno-missing-prototypes

$(UNIT): $(call objects,$(UNIT_SRC)) $(LIB)
	$(CC) $(LDFLAGS) -pthread -o $@ $^ -lcheck -lsubunit -lrt -lm $(LDLIBS)

$(REPLAY): $(call objects,$(REPLAY_SRC)) $(LIB)
	$(CC) $(LDFLAGS) -pthread -o $@ $^ $(LDLIBS)

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

BINDIR = $(DESTDIR)$(PREFIX)/bin
LIBEXECDIR = $(DESTDIR)$(PREFIX)/libexec/migcheck
MANDIR = $(DESTDIR)$(PREFIX)/share/man/man1
DATADIR = $(DESTDIR)$(PREFIX)/share/migcheck
BASHDIR = $(DESTDIR)$(PREFIX)/share/bash-completion/completions
ZSHDIR = $(DESTDIR)$(PREFIX)/share/zsh/site-functions
MANUALS := lib/cmd/migcheck.1 lib/cmd/migcheck-bind.1 fixtures/server/refdev-server.1

# Tests of an older version must not stay behind: the tool runs what it finds.
install: all
	rm -rf "$(LIBEXECDIR)/tests"
	for t in $(TESTS:$(BUILD)/%=%); do \
		install -D -m 755 $(BUILD)/$$t "$(LIBEXECDIR)/$$t" || exit; \
	done
	rm -rf "$(LIBEXECDIR)/report"
	install -d "$(LIBEXECDIR)/report/page"
	install -m 644 lib/report/*.py "$(LIBEXECDIR)/report"
	install -m 644 lib/report/page/*.* "$(LIBEXECDIR)/report/page"
	install -d "$(BINDIR)" "$(MANDIR)" "$(DATADIR)/waivers"
	install -m 755 $(BUILD)/migcheck $(BUILD)/refdev-server "$(BINDIR)"
	install -m 755 scripts/bind.sh "$(BINDIR)/migcheck-bind"
	install -m 644 $(MANUALS) "$(MANDIR)"
	install -m 644 fixtures/waivers/*.json "$(DATADIR)/waivers"
	install -D -m 644 lib/cmd/migcheck.bash "$(BASHDIR)/migcheck"
	install -D -m 644 lib/cmd/_migcheck "$(ZSHDIR)/_migcheck"

uninstall:
	rm -rf "$(LIBEXECDIR)" "$(DATADIR)"
	rm -f "$(BINDIR)/migcheck" "$(BINDIR)/refdev-server" "$(BINDIR)/migcheck-bind"
	rm -f "$(BASHDIR)/migcheck" "$(ZSHDIR)/_migcheck"
	rm -f $(foreach m,$(MANUALS),"$(MANDIR)/$(notdir $m)")

# Where Fedora's packages have it; Linaro's labs use /opt/kselftests/mainline.
KSFT_INSTALL_PATH ?= /usr/libexec/kselftests

install-kselftest: all
	scripts/install-kselftest.sh $(BUILD) "$(DESTDIR)" "$(KSFT_INSTALL_PATH)"

uninstall-kselftest:
	scripts/install-kselftest.sh --remove $(BUILD) "$(DESTDIR)" "$(KSFT_INSTALL_PATH)"

deb:
	scripts/deps.sh deb
	scripts/deb.sh build/deb

# Installs the package in this machine, and takes it out again.
deb-test: deb
	autopkgtest build/deb/*.deb build/deb/migcheck -- null; status=$$?; \
		apt-get -qq purge -y migcheck >/dev/null; exit $$status

clean:
	rm -rf build

help:
	@sed -n 's/^#  //p' Makefile

-include $(FUZZ_OBJ:.o=.d)
-include $(patsubst %.o,%.d,$(call objects,$(LIB_SRC) $(CORE_SRC) $(CMD_SRC) $(SERVER_SRC) $(REPLAY_SRC) $(TEST_SRC) $(UNIT_SRC)))
