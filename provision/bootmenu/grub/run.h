/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running parsed scripts (grub-core/script/execute.c): control flow, functions, expansion of words. The commands
 * themselves are somewhere else, behind a pointer. */
#ifndef BD_BOOTMENU_GRUB_RUN_H
#define BD_BOOTMENU_GRUB_RUN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "bootmenu/files.h"
#include "bootmenu/grub/limits.h"
#include "bootmenu/grub/tree.h"
#include "bootmenu/grub/variables.h"

/* What a command is to a condition: as errors are in GRUB, where 1 is what `false` gives. */
enum grub_status { GRUB_TRUE = 0, GRUB_FALSE = 1, GRUB_FAILED = 2 };

/* Words after expansion. Zeroed: none. */
struct grub_words {
	char **items; /* owned, as each of them */
	size_t count;
	size_t bytes;
};

/* Where in a word "*" and "?" are those of a pattern, not quoted. */
struct grub_pattern {
	unsigned short places[GRUB_PATTERN_MAX]; /* ascending */
	size_t count; /* more than there is room for: the word is no pattern */
};

/* $1 and so on of a function or an entry. */
struct grub_parameters {
	char *const *items; /* borrowed: what was shifted away is before them */
	size_t count;
	struct grub_words own; /* what setparams put in their place */
};

struct grub_function {
	struct grub_function *next;
	const char *name;
	const struct grub_node *commands;
};

/* By btrfs-mount-subvol: paths below the folder are those of a subvolume. */
struct grub_subvolume {
	char *folder, *path; /* owned; path: from the top of the filesystem */
};

struct grub_run;
struct grub_command;

/* Fails only where nothing can go on: a command that fails in GRUB sets *status_out. *found_out false: there is none
 * of that name. */
typedef int grub_dispatch(struct grub_run *run, char *const *words, size_t count, const struct grub_node *block,
			  bool *found_out, int *status_out, struct bd_error *err);

/* Adds the names of files that the word stands for; none where it is no pattern of files, or there are none. */
typedef int grub_match(struct grub_run *run, const char *word, const struct grub_pattern *pattern,
		       struct grub_words *names, struct bd_error *err);

struct grub_run {
	/* Set by whoever makes one; the pointers are borrowed. */
	const struct bd_bootmenu_files *files;
	const char *device;
	char *root_folder; /* owned: what is before "/boot" in the path of the grub.cfg; NULL or "": nothing */
	grub_dispatch *dispatch;
	grub_match *match;
	void *menu; /* of the commands that make entries */
	void (*warn)(struct grub_run *run, const char *source, const char *message); /* of syntax errors */

	struct grub_tree tree;
	struct grub_variables variables;
	struct grub_function *functions; /* in the tree */
	size_t function_count;
	const struct grub_word *words; /* of the command that is dispatched, before expansion */
	struct grub_parameters *parameters; /* NULL: outside of functions and entries */
	size_t loops, breaks; /* that are active; that are still to be left */
	bool is_continue; /* the innermost of those goes on */
	bool returning; /* from a function or an entry */
	bool stopped; /* by boot, exit and their like: nothing runs any more */
	int status; /* $? */
	struct grub_subvolume subvolumes[GRUB_SUBVOLUMES_MAX]; /* that are mounted */
	size_t subvolume_count;
	char asked_device[BD_BOOTMENU_DEVICE_SIZE]; /* the last one that was asked whether it has subvolumes */
	bool was_asked, asked_has_it;
	unsigned depth;
	size_t steps, steps_max, lookups, source_bytes; /* used so far */
};

void grub_run_dispose(struct grub_run *run); /* idempotent */
void grub_words_dispose(struct grub_words *words); /* idempotent */
/* A copy of the text. E2BIG: there are GRUB_WORDS_MAX, or they are too long together. */
int grub_words_add(struct grub_words *words, const char *text, struct bd_error *err);

/* E2BIG: the script has used up what it may. */
int grub_run_step(struct grub_run *run, size_t bytes, struct bd_error *err);
/* Before every call of run->files. */
int grub_run_lookup(struct grub_run *run, struct bd_error *err);

/* Appends what the words expand to. */
int grub_run_expand(struct grub_run *run, const struct grub_word *words, struct grub_words *out,
		    struct bd_error *err);

/* Commands up to the end of their list, or up to what ends it before; run->status is that of the last one. */
int grub_run_commands(struct grub_run *run, const struct grub_node *commands, struct bd_error *err);

/* With parameters, out of all loops, as a function is called. */
int grub_run_called(struct grub_run *run, const struct grub_node *commands, char *const *parameters, size_t count,
		    struct bd_error *err);

/* A whole text, line by line. A syntax error is warned of, with the name of the source, and costs its line. */
int grub_run_text(struct grub_run *run, const char *text, const char *source, struct bd_error *err);

#endif
