/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line: what libxl passes to a boot loader (tools/libs/light/libxl_bootloader.c of Xen 4.17 to 4.22, make_bootloader_args),
 * and the options of pygrub (tools/pygrub/src/pygrub), with the same meaning; the folder's README.md lists them. Limits of our own
 * are options, too: what is in the environment changes nothing. */
#ifndef BD_BOOTLOADER_OPTIONS_H
#define BD_BOOTLOADER_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "bootloader/answer.h"
#include "bootloader/reading/request.h"

#define BD_XLBOOT_DIRECTORY "/run/xen/xen-bigdisk-boot" /* where files go that nobody has said a directory for */

/* Limits are on CPU time, as a dom0 may be busy or slow; in all, nothing takes longer than so many times as much. */
#define BD_XLBOOT_WALL_FACTOR 6

/* Whether there is a menu, on a terminal. */
enum bd_xlboot_menu {
	BD_XLBOOT_MENU_ALWAYS,
	/* Where the terminal has a size: libxl makes one of 0x0 for each boot loader, be there anybody to look at it or not, and xl's console
	 * client, which does not say how large its own is, comes a second later (xl_vmcontrol.c, autoconnect_console). */
	BD_XLBOOT_MENU_WATCHED,
	BD_XLBOOT_MENU_NEVER,
};

/* Texts are borrowed from argv; NULL: not given. */
struct bd_xlboot_options {
	const char *disk; /* or, with is_config, a file of boot configuration */
	const char *kernel, *ramdisk; /* paths on the disk */
	const char *arguments; /* with kernel, all of them; else, what is added to those of the entry */
	const char *entry; /* a title, or a number from 0 on */
	const char *run_as; /* of a user or its number */
	const char *output; /* NULL: standard output */
	const char *output_directory;
	enum bd_answer_format format;
	enum bd_xlboot_menu menu; /* the last one of -i, -q, --menu and --entry decides */
	bool list_entries, not_really, is_config, debug, json;
	bool help, version; /* nothing else is to be done, and nothing else has been checked */
	bool has_offset;
	uint64_t offset_bytes; /* of the filesystem in the disk: no partition table is looked at */
	uint64_t file_bytes_max; /* of the kernel, and of the initrds together */
	uint64_t memory_bytes_max; /* that the reading child may take */
	enum bd_unpacking unpacking;
	/* Of CPU time that reading may take; six times as long in all, but for what people take. */
	unsigned seconds_max;
};

/* What follows "--" is the disk. BD_KIND_USAGE: the message names the option; it is one line. */
int bd_xlboot_options_parse(int argc, char **argv, struct bd_xlboot_options *options_out, struct bd_error *err);

void bd_xlboot_options_help(FILE *out);

#endif
