/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel modules by name: which ones must be loaded, and in which order, according to the kernel's modules.dep.
 *
 * Formats: modules.dep(5), and modules.builtin in the kernel's Documentation/kbuild/kbuild.rst. libkmod cannot be
 * used: it reads dependencies only from modules.dep.bin, and busybox' depmod, which indexes kernel packages that
 * are unpacked but not installed (kernel_fetch.c), does not write that file. */
#ifndef BD_RECIPES_MODULES_H
#define BD_RECIPES_MODULES_H

#include <stddef.h>

#include "base/err.h"

/* One line of modules.dep. The strings lie in the index's text. */
struct bd_module {
	const char *path; /* below the folder: "kernel/fs/ext4/ext4.ko.xz" */
	const char *needs; /* the rest of the line: paths with blanks between them */
};

struct bd_module_index {
	char *folder; /* /lib/modules/VERSION */
	char *text, *builtin; /* modules.dep, its separators turned to NULs; modules.builtin */
	struct bd_module *modules;
	size_t count;
};

/* Modules in the order in which they load. The index must outlive it. */
struct bd_module_list {
	const struct bd_module **modules;
	size_t count;
};

enum bd_module_state { BD_MODULE_ABSENT, BD_MODULE_BUILTIN, BD_MODULE_LOADABLE };

void bd_module_index_dispose(struct bd_module_index *index); /* idempotent */
void bd_module_list_dispose(struct bd_module_list *list); /* idempotent */

/* Reads the folder's modules.dep (and modules.builtin, which may be missing). */
int bd_module_index_open(const char *folder, struct bd_module_index *index_out, struct bd_error *err);

/* Adds the module called name ("-" and "_" are the same) to the list, behind everything that it needs, unless it
 * is there. state_out: how the kernel has it; ABSENT and BUILTIN add nothing and are no errors. */
int bd_module_list_add(struct bd_module_list *list, const struct bd_module_index *index, const char *name,
		       enum bd_module_state *state_out, struct bd_error *err);

/* The module itself, decompressed when the file is a .ko.gz, .ko.xz or .ko.zst; the caller frees. */
int bd_module_read(const struct bd_module_index *index, const struct bd_module *module, void **data_out,
		   size_t *size_bytes_out, struct bd_error *err);

/* The length of a module's path without ".gz", ".xz" or ".zst". */
size_t bd_module_plain_length(const char *path);

#endif
