# xen-bigdisk. `make demo` and `make check` are the two commands to know; `make help` lists the others.

prefix ?= /usr/local
bindir ?= $(prefix)/bin
libdir ?= $(prefix)/lib
datadir ?= $(prefix)/share
mandir ?= $(datadir)/man
sysconfdir ?= /etc
localstatedir ?= /var
DESTDIR ?=

VERSION := 0.1.0
BUILD ?= build
CC ?= cc
PKG_CONFIG ?= pkg-config
INSTALL ?= install

# A cross root with another release's headers and libraries (the lab's plugins are built this way).
SYSROOT ?=
ifneq ($(SYSROOT),)
export PKG_CONFIG_SYSROOT_DIR := $(SYSROOT)
export PKG_CONFIG_LIBDIR := $(SYSROOT)/usr/lib/x86_64-linux-gnu/pkgconfig:$(SYSROOT)/usr/share/pkgconfig:$(SYSROOT)/usr/lib/pkgconfig
sysroot_flags := --sysroot=$(SYSROOT)
endif

warnings := -Wall -Wextra -Wshadow -Wvla -Wmissing-prototypes -Wformat=2
ifneq ($(WERROR),)
warnings += -Werror
endif
CFLAGS ?= -O2 -g
hardening := -fvisibility=hidden -fstack-protector-strong -fPIC
ifneq ($(SANITIZE),)
sanitize := -fsanitize=$(SANITIZE) -fno-omit-frame-pointer
else
hardening += -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
endif

# Resolved once and only where something is compiled, so that `make demo` starts on a machine without pkg-config.
packages := ext2fs com_err libarchive yajl
pkg_cflags = $(eval pkg_cflags := $$(shell $(PKG_CONFIG) --cflags $(packages)))$(pkg_cflags)
pkg_libs = $(eval pkg_libs := $$(shell $(PKG_CONFIG) --libs $(packages)))$(pkg_libs)
plugin_packages := xenlight xlutil xentoollog xenstore yajl
plugin_cflags = $(eval plugin_cflags := $$(shell $(PKG_CONFIG) --cflags $(plugin_packages)))$(plugin_cflags)
plugin_libs = $(eval plugin_libs := $$(shell $(PKG_CONFIG) --libs $(plugin_packages)))$(plugin_libs)
xen_release = $(eval xen_release := $$(shell $(PKG_CONFIG) --modversion xenlight | cut -d. -f1,2))$(xen_release)

defines = -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DBD_VERSION='"$(VERSION)"' -DBD_LIBDIR='"$(libdir)/xen-bigdisk"' \
	-DBD_DATADIR='"$(datadir)/xen-bigdisk"' -DBD_SYSCONFDIR='"$(sysconfdir)"' -DBD_LOCALSTATEDIR='"$(localstatedir)"'
compile = $(CC) -std=c11 $(sysroot_flags) $(CFLAGS) $(warnings) $(hardening) $(sanitize) $(defines) -Iprovision -MMD -MP
link = $(CC) $(sysroot_flags) $(CFLAGS) $(sanitize) -Wl,-z,relro,-z,now $(LDFLAGS)

rooms := base image template guest toolstack cmd
library_sources := $(foreach room,$(rooms),$(wildcard provision/$(room)/*.c))
library_objects := $(library_sources:%.c=$(BUILD)/%.o)
program_objects := $(library_objects) $(BUILD)/provision/main.o
plugin_base := provision/base/err.c
plugin_sources := $(wildcard plugin/libxl/*.c)
plugin_objects := $(plugin_sources:%.c=$(BUILD)/%.o) $(plugin_base:%.c=$(BUILD)/%.o)
unit_programs := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(wildcard tests/unit/test_*.c))
fakes := $(BUILD)/tests/fake-toolstack.so

.PHONY: all program plugin unit-tests install uninstall clean help demo check bench lab lab-run deps format
all: program plugin

program: $(BUILD)/xen-bigdisk
plugin: $(BUILD)/plugin.stamp

$(BUILD)/xen-bigdisk: $(program_objects)
	$(link) -pie -o $@ $^ $(pkg_libs) -ldl

# The file's name carries the release of the libxenlight at hand, which is known only once pkg-config can be asked.
$(BUILD)/plugin.stamp: $(plugin_objects)
	$(link) -shared -o $(BUILD)/toolstack-libxl-$(xen_release).so $^ $(plugin_libs)
	touch $@

$(BUILD)/provision/%.o: provision/%.c
	@mkdir -p $(@D)
	$(compile) $(pkg_cflags) -c -o $@ $<

$(BUILD)/plugin/%.o: plugin/%.c
	@mkdir -p $(@D)
	$(compile) $(plugin_cflags) -DHAVE_YAJL_YAJL_VERSION_H=1 -DLIBXL_API_VERSION=0x041400 -DBD_XEN_RELEASE='"$(xen_release)"' -c -o $@ $<

# One cmocka program per topic; each is linked with every room but main.
unit-tests: $(unit_programs) $(fakes)
$(BUILD)/tests/unit/%: tests/unit/%.c $(library_objects)
	@mkdir -p $(@D)
	$(compile) $(pkg_cflags) -MF $@.d -o $@ $< $(library_objects) $(pkg_libs) -lcmocka -ldl

$(fakes): tests/unit/fake-toolstack.c
	@mkdir -p $(@D)
	$(compile) -MF $@.d -shared -o $@ $<

-include $(wildcard $(patsubst %.o,%.d,$(program_objects) $(plugin_objects)) $(unit_programs:%=%.d))

clean:
	rm -rf $(BUILD)
