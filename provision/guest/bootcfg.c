/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of grub.cfg and menu.lst. */
#include "guest/bootcfg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/text.h"
#include "disk/mbr.h"
#include "guest/kernel_hooks.h"

#define LAST_ARGUMENT " console=hvc0"

/* The kernel itself resolves those of partitions only (its block/early-lookup.c). */
static void format_root(const struct bd_guest *guest, bool has_initramfs, char text_out[64])
{
	char uuid[BD_UUID_TEXT_SIZE];

	if (has_initramfs)
		bd_format_uuid(guest->root_uuid, uuid);
	else
		bd_mbr_partition_uuid(guest->disk_signature, 1, uuid);
	snprintf(text_out, 64, "%s=%s", has_initramfs ? "UUID" : "PARTUUID", uuid);
}

void bd_kernel_cmdline(const struct bd_guest *guest, bool has_initramfs, char text_out[BD_CMDLINE_SIZE])
{
	char root[64];

	/* The last console= becomes /dev/console where it exists: hvc0 under Xen, the serial port elsewhere. Without
	 * "quiet" each line of the boot costs an HVM guest many exits to its device model. */
	format_root(guest, has_initramfs, root);
	snprintf(text_out, BD_CMDLINE_SIZE, "root=%s ro quiet console=tty0 console=ttyS0" LAST_ARGUMENT "%s%s", root,
		 guest->append ? " " : "", guest->append ? guest->append : "");
}

const char *bd_kernel_cmdline_appended(const char *cmdline)
{
	const char *last = strstr(cmdline, LAST_ARGUMENT);
	const char *end = last ? last + strlen(LAST_ARGUMENT) : NULL;

	return !end || (*end && *end != ' ') ? NULL : end + strspn(end, " ");
}

int bd_kernel_cmdline_append(const char *cmdline, const char *append, char **text_out, struct bd_error *err)
{
	const char *old = bd_kernel_cmdline_appended(cmdline);
	size_t length = old ? (size_t)(old - cmdline) : strlen(cmdline);
	bool appends = append && *append;

	while (length && cmdline[length - 1] == ' ')
		length--;
	return bd_text_format(text_out, err, "%.*s%s%s", (int)length, cmdline, appends && length ? " " : "",
			      appends ? append : "");
}

int bd_kernel_append_check(const char *text, struct bd_error *err)
{
	if (!text[strspn(text, " ")] || strlen(text) > BD_APPEND_MAX)
		return bd_usage(err, "must be 1 to %d characters", BD_APPEND_MAX);
	for (const char *at = text; *at; at++)
		if ((unsigned char)*at < ' ' || (unsigned char)*at >= 0x7f || strchr("\"'\\`$;&|<>{}#", *at))
			return bd_usage(err,
					"has a character that boot loaders take for their own: printable ones except "
					"quotes and \\ ` $ ; & | < > { } # can be used");
	return 0;
}

/* templates/guest/boot-entries looks for the first line, and keeps what comes before the first entry. */
#define HEADER \
	"# Made by xen-bigdisk. When a kernel is installed or removed, " BD_BOOT_ENTRIES_PATH "\n" \
	"# rewrites the entries: newest kernel first, with the name and the arguments of the first entry here, so these\n" \
	"# can be edited. Without the line above, this file is left alone.\n"

static int grub_cfg(const struct bd_guest *guest, const char *kernel, const char *initramfs, char **text_out,
		    struct bd_error *err)
{
	char cmdline[BD_CMDLINE_SIZE];

	if (!kernel)
		return bd_text_format(text_out, err,
				      HEADER "# There is no kernel in this image yet.\n"
					     "set default=0\nset timeout=5\n");
	bd_kernel_cmdline(guest, initramfs != NULL, cmdline);
	return bd_text_format(
		text_out, err,
		HEADER "# Read by GRUB 2 (BIOS and HVM), pygrub and pvgrub. pygrub supports only this simple form:\n"
		       "# a quoted title, the brace on its line, one linux and one initrd, no variables.\n"
		       "set default=0\nset timeout=1\n\nmenuentry '%s' {\n\tlinux %s %s\n%s%s%s}\n",
		guest->name, kernel, cmdline, initramfs ? "\tinitrd " : "", initramfs ? initramfs : "",
		initramfs ? "\n" : "");
}

static int menu_lst_text(const struct bd_guest *guest, const char *kernel, const char *initramfs, char **text_out,
			 struct bd_error *err)
{
	char cmdline[BD_CMDLINE_SIZE];

	if (!kernel)
		return bd_text_format(text_out, err,
				      HEADER "# There is no kernel in this image yet.\ndefault 0\ntimeout 5\n");
	bd_kernel_cmdline(guest, initramfs != NULL, cmdline);
	return bd_text_format(text_out, err,
			      HEADER "default 0\ntimeout 1\n\ntitle %s\nroot (hd0,0)\nkernel %s %s\n%s%s%s",
			      guest->name, kernel, cmdline, initramfs ? "initrd " : "", initramfs ? initramfs : "",
			      initramfs ? "\n" : "");
}

int bd_bootcfg_add(const struct bd_guest *guest, const char *kernel_path, const char *initramfs_path, int menu_lst,
		   struct bd_tree *tree, struct bd_error *err)
{
	BD_FREE char *cfg = NULL, *menu = NULL;

	if (grub_cfg(guest, kernel_path, initramfs_path, &cfg, err) != 0 ||
	    menu_lst_text(guest, kernel_path, initramfs_path, &menu, err) != 0)
		return -1;
	if (bd_tree_add_dir(tree, "/boot", 0755, err) != 0 || bd_tree_add_dir(tree, "/boot/grub", 0755, err) != 0 ||
	    bd_tree_add_text(tree, "/boot/grub/grub.cfg", 0644, cfg, err) != 0)
		return -1;
	return menu_lst ? bd_tree_add_text(tree, "/boot/grub/menu.lst", 0644, menu, err) : 0;
}
