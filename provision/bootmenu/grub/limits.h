/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one reading of a grub.cfg may cost. Somebody else wrote the file: each limit is far above what grub-mkconfig
 * writes, and keeps a file that was made to hurt at a few seconds and megabytes. Beyond them there is E2BIG. */
#ifndef BD_BOOTMENU_GRUB_LIMITS_H
#define BD_BOOTMENU_GRUB_LIMITS_H

#define GRUB_SOURCE_MAX (1024 * 1024) /* bytes of a configuration file */
#define GRUB_SOURCES_MAX (4 * GRUB_SOURCE_MAX) /* bytes of all that are read, with what eval runs */
#define GRUB_TREE_MAX (32 * 1024 * 1024) /* bytes of what was parsed */
#define GRUB_NESTING_MAX 48 /* of compound commands and blocks in the text; GRUB runs about as many */
#define GRUB_DEPTH_MAX 96 /* of commands that run in commands, also by functions and source */
#define GRUB_SUBMENUS_MAX 8 /* in each other */
#define GRUB_WORD_MAX 16384 /* bytes of a word, and of a variable's value */
#define GRUB_WORDS_MAX 1024 /* of a command, after expansion */
#define GRUB_PATTERN_MAX 64 /* "*" and "?" in a word; one with more is no pattern */
#define GRUB_COMMAND_MAX 65536 /* bytes of all of them */
#define GRUB_VARIABLES_MAX 1024
#define GRUB_VARIABLES_BYTES_MAX (1024 * 1024) /* of all names and values */
#define GRUB_FUNCTIONS_MAX 256
#define GRUB_STEPS_MAX 1000000 /* a command is one, and each STEP_BYTES that it handles */
#define GRUB_STEP_BYTES 64
#define GRUB_ENTRY_STEPS_MAX 50000 /* of one entry's block */
#define GRUB_LOOKUPS_MAX 5000 /* of files and devices */
#define GRUB_SUBVOLUMES_MAX 16 /* that are mounted in folders */
#define GRUB_REGEXP_MAX 256 /* bytes of a regular expression */
#define GRUB_REGEXP_TEXT_MAX 4096 /* bytes of what it is compared with */
#define GRUB_REGEXP_REPEATS_MAX 1000 /* of all {n} in it, multiplied */
#define GRUB_BLSCFG_MAX 16 /* calls */
#define GRUB_WARNINGS_MAX 16

#endif
