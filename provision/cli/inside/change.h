/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the commands that change files inside images have in common. */
#ifndef BD_CLI_INSIDE_CHANGE_H
#define BD_CLI_INSIDE_CHANGE_H

#include "base/err.h"
#include "cli/command.h"
#include "inside/change/change.h"
#include "ops/inside/change.h"

/* For the descriptions. */
#define INSIDE_CHANGE_TEXT \
	"\n\nGUEST:/path is a path on the first disk of a guest, IMAGE:/path one in a disk image or on a block device, " \
	"IMAGE@2:/path one in its second partition. Symbolic links are followed inside the image only. The filesystem is " \
	"ext2, ext3 or ext4; one with a feature that is not written is refused by its name. Nothing is mounted. The guest " \
	"must not run, and nobody else may have its image open for writing.\n\n" \
	"All changes of a command to an image are one transaction: all are made, or none. They go through the " \
	"filesystem's own journal, so that one that was interrupted, by a power failure too, is completed or dropped by " \
	"whoever opens it next: this program, e2fsck or the guest. A journal that was left to be replayed is replayed " \
	"first. Without a journal, a log beside the image does the same, and only the next change completes it."

/* For those of commands that put new files into an image. */
#define INSIDE_LABELS_TEXT \
	"\n\nWhere the image is a system that uses SELinux, new files get the label that its own policy (file_contexts) has for " \
	"their path, and files that are replaced keep theirs. matchpathcon (Debian: selinux-utils) looks the labels up; without it, a " \
	"warning says that the system labels all of its files at its next boot (/.autorelabel). In a filesystem without a policy no labels are looked up."

/* Fills the change for one argument, of which all but path is zeros. */
typedef int inside_fill_change(void *context, const char *argument, struct bd_change *change, struct bd_error *err);

/* In one transaction, in the image of argument, which errors name, with what to do. */
int inside_change_one(const char *argument, const char *dir, const struct bd_change *changes, size_t count,
		      struct bd_error *err);

/* One transaction for each image that the arguments name paths in. */
int inside_change_each(char **arguments, const char *dir, inside_fill_change *fill, void *context,
		       struct bd_error *err);

#endif
