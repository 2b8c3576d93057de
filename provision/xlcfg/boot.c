/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of an xl config that says how the guest boots. */
#include "xlcfg/boot.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "xlcfg/edit.h"
#include "xlcfg/lexer.h"
#include "xlcfg/quote.h"

/* Our comments, a line each: they are known again by their text when a guest is to boot in another way. */
#define PYGRUB_COMMENT "# pygrub reads /boot/grub/grub.cfg inside the image, so the guest chooses its own kernel."
#define RESTRICTED_COMMENT_1 \
	"# pygrub runs as a user who can only read the image. xl before Xen 4.18 does not support these keys:"
#define RESTRICTED_COMMENT_2 "# under `xl create` it runs as root there, unless LIBXL_BOOTLOADER_RESTRICT=1 and"
#define RESTRICTED_COMMENT_3 "# LIBXL_BOOTLOADER_USER=" BD_BOOTLOADER_USER " are in the environment."
#define BIGDISK_COMMENT_1 \
	"# xen-bigdisk-boot reads the boot configuration on the disk, without privileges, so the guest chooses its own kernel."
#define BIGDISK_COMMENT_2 \
	"# Its menu is on the console that xen-bigdisk shows of a start. With --menu=always it is also on that of `xl create -c`, but"
#define BIGDISK_COMMENT_3 "# `xl create` without -c then waits for its timeout, too. With --quiet there is no menu."
/* Of earlier versions. */
#define BIGDISK_COMMENT_OLD \
	"# Without --quiet, it waits as long as that says, with a menu on the console (xl create -c)."
#define PVGRUB_COMMENT "# GRUB itself runs inside the domain and reads /boot/grub/grub.cfg from its disk."
#define DIRECT_COMMENT_1 \
	"# Kernel and initramfs are files in dom0, extracted from the image when it was created. They do not change " \
	"when the"
#define DIRECT_COMMENT_2 "# guest upgrades its own."
#define DISK_COMMENT "# The firmware boots from the boot sector of the disk."
#define UEFI_COMMENT "# The firmware boots from the disk's EFI system partition."

static const char *const comments[] = { PYGRUB_COMMENT,	      RESTRICTED_COMMENT_1, RESTRICTED_COMMENT_2,
					RESTRICTED_COMMENT_3, BIGDISK_COMMENT_1,    BIGDISK_COMMENT_2,
					BIGDISK_COMMENT_3,    BIGDISK_COMMENT_OLD,  PVGRUB_COMMENT,
					DIRECT_COMMENT_1,     DIRECT_COMMENT_2,	    DISK_COMMENT,
					UEFI_COMMENT };

/* What else can say how a guest boots: root= and extra= are the command line of old, firmware= may be a GRUB for PV guests. */
static const char *const keys[] = { "bootloader",
				    "bootloader_args",
				    "bootloader_restrict",
				    "bootloader_user",
				    "kernel",
				    "ramdisk",
				    "cmdline",
				    "root",
				    "extra",
				    "firmware",
				    "bios",
				    "bios_path_override" };
static const char *const screen_keys[] = { "boot", "serial", "vnc", "vnclisten" };

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* What all HVM guests have: they boot from the disk, with a serial console and a screen that only dom0 sees. */
#define SCREEN_LINES "boot = \"c\"\nserial = \"pty\"\nvnc = 1\nvnclisten = \"127.0.0.1\"\n"

static int put_lines(FILE *out, const struct bd_xlcfg_boot *boot, bool with_screen, struct bd_error *err)
{
	switch (boot->how) {
	case BD_BOOT_PYGRUB:
		fputs(PYGRUB_COMMENT "\nbootloader = \"pygrub\"\nbootloader_args = [ \"--quiet\" ]\n", out);
		if (boot->restrict_bootloader)
			fputs(RESTRICTED_COMMENT_1
			      "\n" RESTRICTED_COMMENT_2 "\n" RESTRICTED_COMMENT_3
			      "\nbootloader_restrict = 1\nbootloader_user = \"" BD_BOOTLOADER_USER "\"\n",
			      out);
		return 0;
	case BD_BOOT_BIGDISK:
		fputs(BIGDISK_COMMENT_1 "\n" BIGDISK_COMMENT_2 "\n" BIGDISK_COMMENT_3
					"\nbootloader = \"" BD_BOOTLOADER_BIGDISK
					"\"\nbootloader_args = [ \"--menu=watched\" ]\n",
		      out);
		return 0;
	case BD_BOOT_PVGRUB:
		fputs(PVGRUB_COMMENT "\n", out);
		return bd_xlcfg_put_string(out, "kernel", boot->kernel, err);
	case BD_BOOT_DIRECT:
		fputs(DIRECT_COMMENT_1 "\n" DIRECT_COMMENT_2 "\n", out);
		if (bd_xlcfg_put_string(out, "kernel", boot->kernel, err) != 0 ||
		    (boot->ramdisk && bd_xlcfg_put_string(out, "ramdisk", boot->ramdisk, err) != 0))
			return -1;
		return bd_xlcfg_put_string(out, "cmdline", boot->cmdline, err);
	case BD_BOOT_DISK:
		fprintf(out, "%s\n%s", DISK_COMMENT, with_screen ? SCREEN_LINES : "");
		return 0;
	case BD_BOOT_UEFI:
		fputs(UEFI_COMMENT "\nbios = \"ovmf\"\n", out);
		if (bd_xlcfg_put_string(out, "bios_path_override", boot->kernel, err) != 0)
			return -1;
		fputs(with_screen ? SCREEN_LINES : "", out);
		return 0;
	}
	return 0;
}

static int format_lines(const struct bd_xlcfg_boot *boot, bool with_screen, char **lines_out, struct bd_error *err)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return bd_no_memory(err);
	int r = put_lines(out, boot, with_screen, err);
	if (fclose(out) != 0 && r == 0)
		r = bd_no_memory(err);
	if (r != 0) {
		free(text);
		return -1;
	}
	*lines_out = text;
	return 0;
}

int bd_xlcfg_put_boot(FILE *out, const struct bd_xlcfg_boot *boot, struct bd_error *err)
{
	return put_lines(out, boot, true, err);
}

static bool boot_of_hvm(const struct bd_cfg *cfg, enum bd_guest_boot *how_out)
{
	*how_out = cfg->bios && strcmp(cfg->bios, "ovmf") == 0 ? BD_BOOT_UEFI : BD_BOOT_DISK;
	return !cfg->kernel;
}

bool bd_cfg_boot(const struct bd_cfg *cfg, enum bd_guest_boot *how_out)
{
	if (strcmp(cfg->type, "hvm") == 0)
		return boot_of_hvm(cfg, how_out);
	if (cfg->bootloader) {
		bool is_bigdisk = strcmp(bd_path_last(cfg->bootloader), BD_BOOTLOADER_BIGDISK) == 0;
		*how_out = is_bigdisk ? BD_BOOT_BIGDISK : BD_BOOT_PYGRUB;
		return is_bigdisk || strstr(cfg->bootloader, "pygrub");
	}
	if (!cfg->kernel)
		return false;
	/* A guest may be called grub01, whose kernel is grub01.vmlinuz. */
	bool is_grub = !bd_text_ends_in(cfg->kernel, ".vmlinuz") && strstr(bd_path_last(cfg->kernel), "grub");
	*how_out = is_grub ? BD_BOOT_PVGRUB : BD_BOOT_DIRECT;
	return true;
}

/* A line that cannot be in a config that anybody wrote. */
#define PLACE "# \x01 the place of the lines on how the guest boots"

static bool is_comment_of_ours(const struct bd_cfg_statement *statement)
{
	size_t length = (size_t)(statement->end - statement->begin);

	for (size_t i = 0; statement->is_comment && i < COUNT(comments); i++)
		if (strlen(comments[i]) == length && memcmp(statement->begin, comments[i], length) == 0)
			return true;
	return false;
}

static bool is_key(const struct bd_cfg_statement *statement, bool with_screen)
{
	for (size_t i = 0; i < COUNT(keys); i++)
		if (bd_cfg_statement_is(statement, keys[i]))
			return true;
	for (size_t i = 0; with_screen && i < COUNT(screen_keys); i++)
		if (bd_cfg_statement_is(statement, screen_keys[i]))
			return true;
	return false;
}

/* NULL: something else stands before it on its line. */
static const char *begin_of_line(const char *text, const char *at)
{
	while (at > text && (at[-1] == ' ' || at[-1] == '\t'))
		at--;
	return at == text || at[-1] == '\n' ? at : NULL;
}

/* Where the first line on how the guest boots begins, else the end. */
static int mark_place(const char *text, bool with_screen, char **text_out, struct bd_error *err)
{
	struct bd_cfg_statement statement;
	struct bd_cfg_lexer lexer;
	const char *place = NULL;
	int r;

	bd_cfg_lexer_init(&lexer, text);
	while ((r = bd_cfg_next_statement(&lexer, &statement, err)) > 0)
		if (!place && (is_comment_of_ours(&statement) || is_key(&statement, with_screen)))
			place = begin_of_line(text, statement.begin);
	if (r < 0)
		return -1;
	if (!place)
		place = text + strlen(text);
	return bd_text_format(text_out, err, "%.*s%s" PLACE "\n%s", (int)(place - text), text,
			      place > text && place[-1] != '\n' ? "\n" : "", place);
}

static int remove_keys(char **text, const char *const *names, size_t count, struct bd_error *err)
{
	char *changed;

	for (size_t i = 0; i < count; i++) {
		const struct bd_cfg_change change = { .key = names[i] };
		if (bd_cfg_edit(*text, &change, 1, &changed, err) != 0)
			return -1;
		bd_text_replace(text, changed);
	}
	return 0;
}

static int remove_comments(char **text, struct bd_error *err)
{
	struct bd_cfg_statement statement;
	struct bd_cfg_lexer lexer;
	int r;

	bd_cfg_lexer_init(&lexer, *text);
	while ((r = bd_cfg_next_statement(&lexer, &statement, err)) > 0) {
		const char *begin = is_comment_of_ours(&statement) ? begin_of_line(*text, statement.begin) : NULL;
		char *changed;
		if (!begin)
			continue;
		if (bd_text_format(&changed, err, "%.*s%s", (int)(begin - *text), *text,
				   statement.end + (*statement.end == '\n')) != 0)
			return -1;
		bd_text_replace(text, changed);
		bd_cfg_lexer_init(&lexer, *text);
	}
	return r;
}

int bd_cfg_edit_boot(const char *text, bool was_hvm, const struct bd_xlcfg_boot *boot, char **text_out,
		     struct bd_error *err)
{
	bool is_hvm = boot->how == BD_BOOT_DISK || boot->how == BD_BOOT_UEFI, with_screen = was_hvm != is_hvm;
	BD_FREE char *lines = NULL, *changed = NULL;

	if (strstr(text, PLACE))
		return bd_fail(err, EINVAL, "the config has a comment with a control character");
	if (format_lines(boot, with_screen, &lines, err) != 0 || mark_place(text, with_screen, &changed, err) != 0 ||
	    remove_comments(&changed, err) != 0 || remove_keys(&changed, keys, COUNT(keys), err) != 0 ||
	    (with_screen && remove_keys(&changed, screen_keys, COUNT(screen_keys), err) != 0))
		return -1;
	const char *place = strstr(changed, PLACE);
	return bd_text_format(text_out, err, "%.*s%s%s", (int)(place - changed), changed, lines,
			      place + strlen(PLACE "\n"));
}
