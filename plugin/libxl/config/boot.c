/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the keys that say how a guest boots and are more than one plain value. */
#include "libxl/config/boot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "libxl/config/set_string.h"
#include "libxl/config/values.h"

/* Where xl looks for the firmware of PV and PVH guests (its XENFIRMWAREDIR); Debian's, unless the build says. */
#ifndef BD_XENFIRMWAREDIR
#define BD_XENFIRMWAREDIR "/usr/lib/xen-" BD_XEN_RELEASE "/boot"
#endif

static int read_cmdline(struct bd_reader *reader, struct bd_error *err)
{
	const char *cmdline = NULL, *root = NULL, *extra = NULL;
	bd_get_string(reader, "cmdline", &cmdline);
	bd_get_string(reader, "root", &root);
	bd_get_string(reader, "extra", &extra);
	char **member = &reader->config->b_info.cmdline;
	if (cmdline) {
		if (root || extra)
			bd_reader_warn(reader, root ? "root" : "extra",
				       "root and extra are ignored, because cmdline is there");
		return bd_set_string(member, cmdline, err);
	}
	if (!root)
		return extra ? bd_set_string(member, extra, err) : 0;
	BD_FREE char *both = NULL;
	if (asprintf(&both, "root=%s%s%s", root, extra ? " " : "", extra ? extra : "") < 0)
		return bd_no_memory(err);
	return bd_set_string(member, both, err);
}

/* The old way to write bootloader_args: one string, split at blanks. */
static int split_words(const char *text, libxl_string_list *list_out, struct bd_error *err)
{
	BD_FREE char *copy = strdup(text);
	libxl_string_list words = calloc(strlen(text) / 2 + 2, sizeof(*words));
	if (!copy || !words) {
		free(words);
		return bd_no_memory(err);
	}
	*list_out = words;
	char *rest = NULL;
	for (char *word = strtok_r(copy, " \t\n", &rest); word; word = strtok_r(NULL, " \t\n", &rest))
		if (bd_set_string(words++, word, err))
			return -1;
	return 0;
}

static int read_bootloader_args(struct bd_reader *reader, struct bd_error *err)
{
	const char *text = NULL;
	libxl_string_list *list = &reader->config->b_info.bootloader_args;
	if (bd_get_list_or_string(reader, "bootloader_args", list, &text, err))
		return -1;
	if (!text)
		return 0;
	bd_reader_warn(reader, "bootloader_args",
		       "bootloader_args as a string is deprecated: write a list of arguments");
	return split_words(text, list, err);
}

/* xl takes the beginning of a word for the word. */
static int read_hvm_firmware(struct bd_reader *reader, const char *firmware, struct bd_error *err)
{
	libxl_domain_build_info *build = &reader->config->b_info;
	if (!firmware || !libxl_bios_type_from_string(firmware, &build->u.hvm.bios))
		return 0;
	size_t length = strlen(firmware);
	if (length && !strncmp(firmware, "bios", length))
		return 0;
	if (!length)
		bd_reader_warn(reader, "firmware", "firmware = \"\" is \"uefi\", as xl has it: remove it for a BIOS");
	if (!strncmp(firmware, "uefi", length)) {
		build->u.hvm.bios = LIBXL_BIOS_TYPE_OVMF;
		return 0;
	}
	return bd_set_string(&build->u.hvm.firmware, firmware, err); /* a path */
}

static int read_pv_firmware(struct bd_reader *reader, const char *firmware, struct bd_error *err)
{
	libxl_domain_build_info *build = &reader->config->b_info;
	if (!firmware)
		return 0;
	if (build->kernel)
		return bd_source_fail(&reader->source, "firmware", err,
				      "kernel and firmware cannot be used together");
	size_t length = strlen(firmware); /* as above */
	if (strncmp(firmware, "pvgrub32", length) && strncmp(firmware, "pvgrub64", length))
		return bd_source_fail(&reader->source, "firmware", err,
				      "firmware = \"%s\": must be pvgrub32 or pvgrub64 for a %s guest", firmware,
				      libxl_domain_type_to_string(reader->config->c_info.type));
	if (asprintf(&build->kernel, "%s/%s.bin", BD_XENFIRMWAREDIR, firmware) < 0)
		return bd_no_memory(err);
	return 0;
}

#ifdef LIBXL_HAVE_BOOTLOADER_RESTRICT

/* The rows of the table have read them into the members that libxl has. */
static int read_bootloader_user(struct bd_reader *reader, struct bd_bootloader_user *user, struct bd_error *err)
{
	const libxl_domain_build_info *build = &reader->config->b_info;

	user->said = !libxl_defbool_is_default(build->bootloader_restrict);
	user->restricted = user->said && libxl_defbool_val(build->bootloader_restrict);
	return build->bootloader_user ? bd_set_string(&user->user, build->bootloader_user, err) : 0;
}

#else

static int read_bootloader_user(struct bd_reader *reader, struct bd_bootloader_user *user, struct bd_error *err)
{
	long restricted = 0;

	user->said = bd_get_long(reader, "bootloader_restrict", &restricted);
	if (bd_copy_string(reader, "bootloader_user", &user->user, err))
		return -1;
	if (restricted && !bd_bootloader_can_restrict())
		return bd_source_fail(
			&reader->source, "bootloader_restrict", err,
			"bootloader_restrict needs Xen 4.18, or a libxl of Xen %s with the fixes for XSA-443",
			BD_XEN_RELEASE);
	user->restricted = restricted;
	return 0;
}

#endif

int bd_read_boot(struct bd_reader *reader, struct bd_error *err)
{
	libxl_domain_build_info *build = &reader->config->b_info;
	const char *firmware = NULL;
	BD_DISPOSE(bd_bootloader_user_dispose) struct bd_bootloader_user ignored = { 0 };
	struct bd_bootloader_user *user = reader->env->bootloader_user;
	if (bd_try(reader, read_bootloader_user(reader, user ? user : &ignored, err), err) ||
	    bd_try(reader, read_cmdline(reader, err), err) || bd_try(reader, read_bootloader_args(reader, err), err))
		return -1;
	bd_get_string(reader, "firmware", &firmware);
	if (!reader->has_type)
		return 0;
	if (reader->config->c_info.type == LIBXL_DOMAIN_TYPE_HVM)
		return read_hvm_firmware(reader, firmware, err);
	if (read_pv_firmware(reader, firmware, err))
		return -1;
	if (!build->bootloader && !build->kernel)
		return bd_fail(err, EINVAL, "%s: a %s guest needs a bootloader, a kernel or a firmware",
			       reader->source.path, libxl_domain_type_to_string(reader->config->c_info.type));
	return 0;
}
