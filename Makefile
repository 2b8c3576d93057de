# xen-bigdisk. `make demo` and `make check` are the two commands to know; `make help` lists the others.

prefix ?= /usr/local
bindir ?= $(prefix)/bin
libdir ?= $(prefix)/lib
datadir ?= $(prefix)/share
mandir ?= $(datadir)/man
docdir ?= $(datadir)/doc/xen-bigdisk
sysconfdir ?= /etc
# Where libxl looks for hotplug scripts. A package that puts programs elsewhere has links to them there.
hotplugdir ?= $(sysconfdir)/xen/scripts
localstatedir ?= /var
bash_completions ?= $(datadir)/bash-completion/completions
# Debian's zsh looks into vendor-completions of /usr, every zsh into site-functions of its own prefix.
zsh_completions ?= $(datadir)/zsh/$(if $(filter /usr,$(prefix)),vendor-completions,site-functions)
DESTDIR ?=

VERSION := 0.1.0
BUILD ?= build
CC ?= cc
PKG_CONFIG ?= pkg-config
INSTALL ?= install

# A cross root with another release's headers and libraries (the lab's plugins are built this way).
SYSROOT ?=
ifneq ($(SYSROOT),)
# Not exported: before GNU make 4.4, $(shell) does not see what is.
PKG_CONFIG := env PKG_CONFIG_SYSROOT_DIR=$(SYSROOT) \
	PKG_CONFIG_LIBDIR=$(SYSROOT)/usr/lib/x86_64-linux-gnu/pkgconfig:$(SYSROOT)/usr/share/pkgconfig $(PKG_CONFIG)
# -B: without it gcc takes the C library of the host.
sysroot_flags := --sysroot=$(SYSROOT) -B$(SYSROOT)/usr/lib/x86_64-linux-gnu
endif

warnings := -Wall -Wextra -Wshadow -Wvla -Wmissing-prototypes -Wformat=2
ifneq ($(WERROR),)
warnings += -Werror
endif
CFLAGS ?= -O2 -g
# SMALL=1: as the packages are built, in half of the size. C needs no tables for exceptions; a debugger takes those of -g.
SMALL ?=
ifneq ($(SMALL),)
small_cflags := -Os -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables -fno-unwind-tables
small_ldflags := -Wl,--gc-sections -Wl,--as-needed -Wl,-z,pack-relative-relocs
endif
hardening := -fvisibility=hidden -fstack-protector-strong -fPIC
ifneq ($(SANITIZE),)
sanitize := -fsanitize=$(SANITIZE) -fno-omit-frame-pointer
else
hardening += -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
endif

# Resolved once and only where something is compiled, so that `make demo` starts on a machine without pkg-config.
packages := ext2fs e2p com_err yajl libacl libsodium blkid libcrypt zlib nettle
pkg_cflags = $(eval pkg_cflags := $$(shell $(PKG_CONFIG) --cflags $(packages)))$(pkg_cflags)
pkg_libs = $(eval pkg_libs := $$(shell $(PKG_CONFIG) --libs $(packages)))$(pkg_libs)
plugin_packages := xenlight xlutil xentoollog xenstore yajl libacl
plugin_cflags = $(eval plugin_cflags := $$(shell $(PKG_CONFIG) --cflags $(plugin_packages)))$(plugin_cflags)
plugin_libs = $(eval plugin_libs := $$(shell $(PKG_CONFIG) --libs $(plugin_packages)))$(plugin_libs)
xenstore_cflags = $(eval xenstore_cflags := $$(shell $(PKG_CONFIG) --cflags xenstore))$(xenstore_cflags)
# libmnl is netlink in 46 KB that every dom0 has, because ip(8) is linked with it; libnl is ten times that, for caches of no use here.
hotplug_packages := xenstore libmnl
hotplug_cflags = $(eval hotplug_cflags := $$(shell $(PKG_CONFIG) --cflags $(hotplug_packages)))$(hotplug_cflags)
hotplug_libs = $(eval hotplug_libs := $$(shell $(PKG_CONFIG) --libs $(hotplug_packages)))$(hotplug_libs)
xen_release = $(eval xen_release := $$(shell $(PKG_CONFIG) --modversion xenlight | cut -d. -f1,2))$(xen_release)

defines = -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DBD_VERSION='"$(VERSION)"' -DBD_LIBDIR='"$(libdir)/xen-bigdisk"' \
	-DBD_DATADIR='"$(datadir)/xen-bigdisk"' -DBD_DOCDIR='"$(docdir)"' \
	-DBD_SYSCONFDIR='"$(sysconfdir)"' -DBD_LOCALSTATEDIR='"$(localstatedir)"'
plugin_defines = -DHAVE_YAJL_YAJL_VERSION_H=1 -DLIBXL_API_VERSION=0x041400 -DBD_XEN_RELEASE='"$(xen_release)"'
compile = $(CC) -std=c11 $(sysroot_flags) $(CFLAGS) $(small_cflags) $(warnings) $(hardening) $(sanitize) $(defines) -Iprovision -MMD -MP
link = $(CC) $(sysroot_flags) $(CFLAGS) $(small_cflags) $(sanitize) -Wl,-z,relro,-z,now $(small_ldflags) $(LDFLAGS)

# Every folder below provision/ is a room, or a part of one.
library_sources := $(wildcard provision/*/*.c provision/*/*/*.c)
library_objects := $(library_sources:%.c=$(BUILD)/%.o)
program_objects := $(library_objects) $(BUILD)/provision/main.o
plugin_base := $(addprefix provision/base/,array.c clock.c err.c printable.c file/byte_lock.c) $(wildcard provision/events/*.c)
plugin_sources := $(wildcard plugin/libxl/*.c plugin/libxl/*/*.c plugin/libxl/*/*/*.c)
plugin_objects := $(plugin_sources:%.c=$(BUILD)/%.o) $(plugin_base:%.c=$(BUILD)/%.o)
# The boot loader for xl: what it is made of beside its main, and no more of provision/ than it needs.
boot_sources := $(filter-out plugin/bootloader/main.c,$(wildcard plugin/bootloader/*.c plugin/bootloader/*/*.c))
boot_objects := $(boot_sources:%.c=$(BUILD)/%.o)
# The hotplug programs, each of what is in plugin/hotplug/ and in its own folder there. All but libxenstore.c and their main.c needs no
# Xen, and is what the unit programs link.
hotplug_shared := $(filter-out %/libxenstore.c,$(wildcard plugin/hotplug/*.c)) \
	$(addprefix provision/base/,array.c clock.c err.c text.c file/byte_lock.c)
hotplug_parts := $(patsubst %.c,$(BUILD)/%.o,$(hotplug_shared) $(filter-out %/main.c,$(wildcard plugin/hotplug/*/*.c)))
hotplug_objects = $(patsubst %.c,$(BUILD)/%.o,$(hotplug_shared) plugin/hotplug/libxenstore.c $(wildcard plugin/hotplug/$(1)/*.c))
hotplug_programs := $(BUILD)/block-bigdisk $(BUILD)/vif-bigdisk
unit_programs := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(wildcard tests/unit/test_*.c))
fakes := $(BUILD)/tests/fake-toolstack.so

.PHONY: all program boot plugin hotplug unit-tests man completion install uninstall install-ansible uninstall-ansible clean help demo check check-slow check-ganeti check-lab check-cluster fuzz bench lab lab-run
.PHONY: deb check-deb rpm check-rpm install-ganeti uninstall-ganeti

all: program boot plugin hotplug man completion

help:
	@sed -n 's/^## //p' Makefile

## make demo               a Xen guest from nothing: on a dom0 for real, elsewhere inside the lab (real Xen under QEMU)
## make check              the tests; missing packages are installed first, as for demo
## make check-slow         tests with programs that take minutes, such as guestfish (not part of check)
## make check-ganeti       the OS definition under Ganeti itself, a cluster of three nodes in namespaces (part of check)
## make check-lab          all tests on real Xen, on both releases; check has a part of them (two hours)
## make check-cluster      a Ganeti cluster of two dom0s on real Xen (an hour on a busy machine); RELEASE as for lab
## make fuzz               libFuzzer on the parsers of what is on disks, with sanitizers; FUZZ_SECONDS=60 each (needs clang)
## make bench              speed and memory, side by side with the peers
## make lab                a shell on the lab's dom0; RELEASE=bookworm (Xen 4.17, the default) or trixie (Xen 4.20)
## make lab-run CMD='...'  one command there
## make deb                Debian packages, into build/deb/; RELEASES="bookworm trixie" builds for these instead of this machine's
## make check-deb          builds and checks them (lintian, twice the same bit for bit), installs, upgrades and purges them
## make rpm                an RPM, with what this machine has, into build/rpm/
## make check-rpm          builds it, and installs, upgrades and removes it
## make                    the programs and the toolstack plugin, into build/
## make install            DESTDIR, prefix, sysconfdir, localstatedir are respected
## make install-ansible    the Ansible collection xen_bigdisk.dom0, into datadir; likewise uninstall-ansible
## make install-ganeti     the OS definition and the storage provider for nodes of Ganeti; likewise uninstall-ganeti
## make clean              removes build/

ifeq ($(V),)
say = @echo "  $(1)";
else
say =
endif

program: $(BUILD)/xen-bigdisk
boot: $(BUILD)/xen-bigdisk-boot
plugin: $(BUILD)/plugin.stamp
hotplug: $(hotplug_programs)
man: $(BUILD)/man.stamp
completion: $(BUILD)/completion.bash $(BUILD)/completion.zsh

$(BUILD)/xen-bigdisk: $(program_objects)
	$(call say,LINK $@)$(link) -pie -o $@ $^ $(pkg_libs) -ldl

$(BUILD)/provision.a: $(library_objects)
	$(call say,AR   $@)rm -f $@ && ar rcs $@ $^

$(BUILD)/xen-bigdisk-boot: $(boot_objects) $(BUILD)/plugin/bootloader/main.o $(BUILD)/provision.a
	$(call say,LINK $@)$(link) -pie -Wl,--as-needed -o $@ $^ $(pkg_libs) -ldl

# The file's name carries the release of the libxenlight at hand, which is known only once pkg-config can be asked.
$(BUILD)/plugin.stamp: $(plugin_objects)
	$(call say,LINK $(BUILD)/toolstack-libxl-$(xen_release).so)$(link) -shared -o $(BUILD)/toolstack-libxl-$(xen_release).so $^ $(plugin_libs)
	@touch $@

$(BUILD)/block-bigdisk: $(call hotplug_objects,block)
$(BUILD)/vif-bigdisk: $(call hotplug_objects,vif)
$(hotplug_programs):
	$(call say,LINK $@)$(link) -pie -Wl,--as-needed -o $@ $^ $(hotplug_libs)

# Manual and completion are printed by the program itself, from the tables that --help is made of. A program for another
# release may not run here; they are the same there, so the lab installs none.
$(BUILD)/completion.bash $(BUILD)/completion.zsh: $(BUILD)/completion.%: $(BUILD)/xen-bigdisk
	$(call say,MAKE $@)$(if $(SYSROOT),touch $@,$< --completion $* >$@.new && mv $@.new $@)

# The pages have the date of the newest release that CHANGELOG.md names, so that the same sources give the same pages.
man_date := (date -u +%s -d "$$(grep -soE '[0-9]{4}-[0-9]{2}-[0-9]{2}' .github/CHANGELOG.md | sort | tail -n 1)")
$(BUILD)/man.stamp: $(BUILD)/xen-bigdisk plugin/bootloader/xen-bigdisk-boot.8 $(wildcard .github/CHANGELOG.md)
	@rm -rf $(BUILD)/man && mkdir -p $(BUILD)/man
	$(call say,MAKE $(BUILD)/man)$(if $(SYSROOT),,export SOURCE_DATE_EPOCH="$${SOURCE_DATE_EPOCH:-$$$(man_date)}" && \
		for page in $$($< --manual); do $< --manual $$page >$(BUILD)/man/$$page || exit; done && \
		sed "s/@VERSION@/$(VERSION)/; s/@DATE@/$$(date -u +%F -d "@$$SOURCE_DATE_EPOCH")/" plugin/bootloader/xen-bigdisk-boot.8 \
			>$(BUILD)/man/xen-bigdisk-boot.8 &&) touch $@

$(BUILD)/provision/%.o: provision/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC   $<)$(compile) $(pkg_cflags) -c -o $@ $<

$(BUILD)/plugin/bootloader/%.o: plugin/bootloader/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC   $<)$(compile) -Iplugin $(pkg_cflags) -c -o $@ $<

$(BUILD)/plugin/%.o: plugin/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC   $<)$(compile) -Iplugin $(plugin_cflags) $(plugin_defines) -c -o $@ $<

# What needs no Xen is built where there are no headers of it.
$(BUILD)/plugin/hotplug/%.o: plugin/hotplug/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC   $<)$(compile) -Iplugin $(if $(filter %/libxenstore.c,$<),$(xenstore_cflags)) -c -o $@ $<

# For clang-tidy (tests/check-tidy) and for editors (clangd --compile-commands-dir=build): an option a line.
$(BUILD)/compile_flags.txt: $(BUILD)/flags
	@printf '%s\n' -std=c11 $(warnings) $(defines) -I$(CURDIR)/provision -I$(CURDIR)/plugin $(pkg_cflags) $(plugin_cflags) \
		$(plugin_defines) >$@.new && mv $@.new $@

# Files that they take in whole, which -MMD does not see.
$(BUILD)/provision/recipes/embedded.o: $(wildcard templates/*.json templates/guest/* templates/mini/*)
$(BUILD)/provision/cli/completion.o: $(wildcard provision/cli/completion/*)
$(BUILD)/tests/unit/test_grub_cfg: $(wildcard tests/unit/data/grub/*)
$(BUILD)/tests/unit/test_bootmenu_disks: $(wildcard tests/unit/data/boot/*)

# Other flags, other objects: SANITIZE=address and prefix=/usr do not get mixed with what was built before.
flags_now := $(CC) $(CFLAGS) $(small_cflags) $(warnings) $(hardening) $(sanitize) $(defines) $(SYSROOT)
$(BUILD)/flags: force
	@mkdir -p $(@D)
	@echo '$(subst ','\'',$(flags_now))' | cmp -s - $@ || echo '$(subst ','\'',$(flags_now))' >$@
.PHONY: force

# One cmocka program per topic; each is linked with every room, and with the boot loader, but main.
unit-tests: $(unit_programs) $(fakes) plugin hotplug
$(BUILD)/tests/unit/%: tests/unit/%.c $(library_objects) $(boot_objects)
	@mkdir -p $(@D)
	$(call say,CC   $<)$(compile) -Iplugin $(pkg_cflags) -MF $@.d -o $@ $< $(library_objects) $(boot_objects) $(pkg_libs) -larchive -lcmocka -ldl

$(BUILD)/tests/unit/test_hotplug_%: tests/unit/test_hotplug_%.c $(hotplug_parts) $(library_objects)
	@mkdir -p $(@D)
	$(call say,CC   $<)$(compile) -Iplugin $(pkg_cflags) $(hotplug_cflags) -MF $@.d -o $@ $(filter %.c %.o,$^) \
		$(pkg_libs) $(hotplug_libs) -larchive -lcmocka -ldl

# What of the plugin is tested from within; the rest is, as the program has it, through its table.
$(BUILD)/tests/unit/test_libxl_%: tests/unit/test_libxl_%.c $(plugin_objects)
	@mkdir -p $(@D)
	$(call say,CC   $<)$(compile) -Iplugin $(plugin_cflags) $(plugin_defines) -MF $@.d -o $@ $(filter %.c %.o,$^) $(plugin_libs) -lcmocka

# What `make bench` measures from within.
bench_programs := $(BUILD)/tests/bench/sandbox
$(BUILD)/tests/bench/%: tests/bench/%.c $(library_objects)
	@mkdir -p $(@D)
	$(call say,CC   $<)$(compile) $(pkg_cflags) -MF $@.d -o $@ $< $(library_objects) $(pkg_libs) -ldl

# With libFuzzer's counters in the rooms that the targets are about: `make fuzz` has a build folder of its own for them.
fuzzed_objects := $(foreach room,base bootmenu kernel rootfs sandbox,$(filter $(BUILD)/provision/$(room)/%,$(library_objects)))
$(BUILD)/tests/fuzz/fuzzer: tests/fuzz/fuzzer.c tests/fuzz/targets.h $(fuzzed_objects)
	@mkdir -p $(@D)
	$(call say,CC   $<)$(compile) $(pkg_cflags) -MF $@.d -fsanitize=fuzzer -o $@ $< $(fuzzed_objects) $(pkg_libs) -larchive -ldl

$(fakes): tests/unit/fake-toolstack.c
	@mkdir -p $(@D)
	$(call say,CC   $<)$(compile) -MF $@.d -shared -o $@ $<

-include $(wildcard $(patsubst %.o,%.d,$(program_objects) $(plugin_objects) $(boot_objects) $(BUILD)/plugin/bootloader/main.o $(hotplug_parts) $(call hotplug_objects,block) $(call hotplug_objects,vif)) $(unit_programs:%=%.d) $(bench_programs:%=%.d) $(fakes:%=%.d))

# A program for another release prints no pages (above), so there may be none. The boot loader goes into bindir, because libxl looks for
# one by PATH, and users who may not start guests list what is on their disks by it.
manuals := $(wildcard $(addsuffix /README.md,$(addprefix plugin/,ansible ganeti hotplug/block hotplug/vif)))
install: all
	$(INSTALL) -d '$(DESTDIR)$(bindir)' '$(DESTDIR)$(libdir)/xen-bigdisk' '$(DESTDIR)$(mandir)/man8' \
		'$(DESTDIR)$(mandir)/man5' '$(DESTDIR)$(datadir)/xen-bigdisk' '$(DESTDIR)$(bash_completions)' '$(DESTDIR)$(zsh_completions)' \
		'$(DESTDIR)$(docdir)/templates' '$(DESTDIR)$(docdir)/xl-configs' '$(DESTDIR)$(hotplugdir)' '$(DESTDIR)$(sysconfdir)/xen' \
		'$(DESTDIR)$(localstatedir)/lib/xen/images'
	$(INSTALL) -m 755 $(BUILD)/xen-bigdisk $(BUILD)/xen-bigdisk-boot '$(DESTDIR)$(bindir)'
	$(INSTALL) -m 644 $(BUILD)/toolstack-libxl-$(xen_release).so '$(DESTDIR)$(libdir)/xen-bigdisk'
	$(INSTALL) -m 755 $(hotplug_programs) '$(DESTDIR)$(hotplugdir)'
	for section in 5 8; do for page in $(BUILD)/man/*.$$section; do \
		[ ! -f "$$page" ] || $(INSTALL) -m 644 "$$page" '$(DESTDIR)$(mandir)'/man$$section || exit; done; done
	$(INSTALL) -m 644 $(BUILD)/completion.bash '$(DESTDIR)$(bash_completions)/xen-bigdisk'
	$(INSTALL) -m 644 $(BUILD)/completion.zsh '$(DESTDIR)$(zsh_completions)/_xen-bigdisk'
	$(INSTALL) -m 644 templates/*.schema.json '$(DESTDIR)$(datadir)/xen-bigdisk'
	$(INSTALL) -m 644 README.md LICENSE $(wildcard .github/CHANGELOG.md) '$(DESTDIR)$(docdir)'
	for file in $(manuals); do $(INSTALL) -D -m 644 "$$file" '$(DESTDIR)$(docdir)'/"$$file" || exit; done
	$(INSTALL) -m 644 templates/README.md templates/*.example.json '$(DESTDIR)$(docdir)/templates'
	$(INSTALL) -m 644 xl-configs/*.cfg xl-configs/README.md '$(DESTDIR)$(docdir)/xl-configs'
	$(INSTALL) -d '$(DESTDIR)$(sysconfdir)/logrotate.d'
	sed 's,/var/,$(localstatedir)/,' .packaging/logrotate/xen-bigdisk >'$(DESTDIR)$(sysconfdir)/logrotate.d/xen-bigdisk'
	chmod 644 '$(DESTDIR)$(sysconfdir)/logrotate.d/xen-bigdisk'

# Guests, their configs and their images stay.
uninstall:
	rm -rf '$(DESTDIR)$(bindir)/xen-bigdisk' '$(DESTDIR)$(bindir)/xen-bigdisk-boot' '$(DESTDIR)$(libdir)/xen-bigdisk' \
		'$(DESTDIR)$(mandir)/man8/xen-bigdisk.8' '$(DESTDIR)$(mandir)'/man8/xen-bigdisk-*.8 \
		'$(DESTDIR)$(mandir)/man5/xen-bigdisk-fleet.5' \
		'$(DESTDIR)$(bash_completions)/xen-bigdisk' '$(DESTDIR)$(zsh_completions)/_xen-bigdisk' \
		'$(DESTDIR)$(datadir)/xen-bigdisk' '$(DESTDIR)$(docdir)' '$(DESTDIR)$(sysconfdir)/logrotate.d/xen-bigdisk' $(patsubst $(BUILD)/%,'$(DESTDIR)$(hotplugdir)/%',$(hotplug_programs))

# Ansible looks into /usr/share/ansible/collections; for another prefix, ANSIBLE_COLLECTIONS_PATH names it.
ansible_collections = $(DESTDIR)$(datadir)/ansible/collections/ansible_collections
install-ansible:
	cd plugin/ansible && for file in README.md meta/runtime.yml plugins/*/*.py; do \
		$(INSTALL) -D -m 644 "$$file" '$(ansible_collections)'/xen_bigdisk/dom0/"$$file" || exit; done
	$(INSTALL) -m 644 LICENSE '$(ansible_collections)/xen_bigdisk/dom0'
	sed 's/@VERSION@/$(VERSION)/; /^#/d' plugin/ansible/galaxy.yml.in >'$(ansible_collections)/xen_bigdisk/dom0/galaxy.yml'

uninstall-ansible:
	rm -rf '$(ansible_collections)/xen_bigdisk/dom0'
	rmdir '$(ansible_collections)/xen_bigdisk' 2>/dev/null || true # where there is no other collection of that namespace

# The OS definition and the ExtStorage provider for Ganeti's nodes, where Ganeti looks for them: /usr/local/share is no such place. The
# lists of variants and folders are config files: those that are there stay. Without the folder for logs of ExtStorage, which Debian's package
# of Ganeti does not have, Ganeti makes no disk of it.
ganetidir ?= $(if $(filter /usr,$(prefix)),$(datadir),$(libdir))/ganeti
ganeti_os := $(ganetidir)/os/xen-bigdisk
ganeti_storage := $(ganetidir)/extstorage/xen-bigdisk
ganeti_variants := $(sysconfdir)/ganeti/xen-bigdisk/variants.list
ganeti_dirs := $(sysconfdir)/ganeti/xen-bigdisk/extstorage-dirs
install-ganeti:
	$(INSTALL) -d '$(DESTDIR)$(ganeti_os)' '$(DESTDIR)$(dir $(ganeti_variants))'
	$(INSTALL) -m 755 $(addprefix plugin/ganeti/os/,create import export rename verify update-variants) '$(DESTDIR)$(ganeti_os)'
	$(INSTALL) -m 644 $(addprefix plugin/ganeti/os/,common.sh ganeti_api_version parameters.list) '$(DESTDIR)$(ganeti_os)'
	[ -e '$(DESTDIR)$(ganeti_variants)' ] || $(INSTALL) -m 644 plugin/ganeti/os/variants.list '$(DESTDIR)$(ganeti_variants)'
	ln -sf '$(ganeti_variants)' '$(DESTDIR)$(ganeti_os)/variants.list'
	$(INSTALL) -d '$(DESTDIR)$(ganeti_storage)'
	$(INSTALL) -d -m 750 '$(DESTDIR)$(localstatedir)/log/ganeti/extstorage'
	$(INSTALL) -m 755 $(addprefix plugin/ganeti/extstorage/,create attach detach remove grow setinfo snapshot verify) '$(DESTDIR)$(ganeti_storage)'
	$(INSTALL) -m 644 $(addprefix plugin/ganeti/extstorage/,common.sh parameters.list) '$(DESTDIR)$(ganeti_storage)'
	[ -e '$(DESTDIR)$(ganeti_dirs)' ] || $(INSTALL) -m 644 plugin/ganeti/extstorage/dirs.list '$(DESTDIR)$(ganeti_dirs)'
	ln -sf '$(ganeti_dirs)' '$(DESTDIR)$(ganeti_storage)/dirs.list'

uninstall-ganeti:
	rm -rf '$(DESTDIR)$(ganeti_os)' '$(DESTDIR)$(ganeti_storage)'

jobs := -j$(shell nproc 2>/dev/null || echo 1)

demo:
	@sh .ci/install-packages build run
	@$(MAKE) --no-print-directory $(jobs) all
	@tests/demo

check:
	@sh .ci/install-packages build run lab ganeti test
	@$(MAKE) --no-print-directory $(jobs) WERROR=1 all unit-tests
	@BUILD='$(BUILD)' tests/run

bench:
	@sh .ci/install-packages build run test lab ganeti bench deb
	@$(MAKE) --no-print-directory $(jobs) all $(bench_programs)
	@status=0; for part in empty templates disks fleets inside ganeti boot start packages; do BUILD='$(BUILD)' tests/bench/$$part || status=1; done; exit $$status

FUZZ_SECONDS ?= 60
FUZZ_TARGETS ?= $(notdir $(wildcard tests/fuzz/corpus/*))
fuzz:
	@$(MAKE) --no-print-directory $(jobs) BUILD='$(BUILD)/fuzz' CC=clang SANITIZE=fuzzer-no-link,address,undefined \
		CFLAGS='-O1 -g -fno-sanitize-recover=undefined' '$(BUILD)/fuzz/tests/fuzz/fuzzer'
	@status=0; for target in $(FUZZ_TARGETS); do BUILD='$(BUILD)/fuzz' tests/fuzz/run "$$target" $(FUZZ_SECONDS) || status=1; done; \
		exit $$status

RELEASE ?= bookworm
lab:
	@sh .ci/install-packages build lab
	@tests/lab/lab shell $(RELEASE)

lab-run:
	@sh .ci/install-packages build lab
	@tests/lab/lab run $(RELEASE) '$(subst ','\'',$(CMD))'

RELEASES ?=
deb:
	@sh .ci/install-packages build deb
	@.packaging/deb $(RELEASES)

check-deb:
	@sh .ci/install-packages build deb
	@.packaging/check-deb $(RELEASES)

rpm:
	@sh .ci/install-packages build rpm
	@.packaging/rpm

check-rpm:
	@sh .ci/install-packages build rpm run
	@.packaging/check-rpm

check-slow:
	@sh .ci/install-packages build run test slow
	@$(MAKE) --no-print-directory $(jobs) WERROR=1 all unit-tests
	@SLOW=1 XEN_BIGDISK='$(abspath $(BUILD))/xen-bigdisk' bats --tap --filter-tags slow tests/cli

check-ganeti:
	@sh .ci/install-packages build run ganeti
	@$(MAKE) --no-print-directory $(jobs) WERROR=1 all
	@BUILD='$(BUILD)' tests/run ganeti

check-cluster:
	@sh .ci/install-packages build lab
	@tests/lab/cluster $(RELEASE)

check-lab:
	@sh .ci/install-packages build lab images ansible
	@status=0; for release in bookworm trixie; do tests/lab/lab suite $$release all || status=1; done; \
		tests/lab/ansible bookworm || status=1; exit $$status

clean:
	rm -rf $(BUILD)
