/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tries out a template as `new` without options would use it, before it is published. */
#include "ops/template/fit.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "ext3/ext3.h"
#include "guest/bootcfg.h"
#include "guest/identity.h"
#include "guest/kernel_hooks.h"
#include "recipes/embedded.h"
#include "rootfs/overlay.h"
#include "rootfs/sealed_root.h"

#define GRUB_CFG_BYTES_MAX (1u << 20)

/* What every guest gets, one without a network too: the options of `new` add to this, and take nothing away. */
static int lay_over(const struct bd_sealed *sealed, const struct bd_system *system, struct bd_tree *tree,
		    struct bd_error *err)
{
	const struct bd_identity identity = { .xenstore_put = bd_embedded_text("xenstore-put") };
	struct bd_identity_result result;
	struct bd_guest guest = { .type = BD_GUEST_PV };
	const char *kernel = *system->kernel_path ? system->kernel_path : NULL;
	const char *initramfs = *system->initramfs_path ? system->initramfs_path : NULL;
	const struct bd_root_reader root = bd_sealed_root_reader(sealed);
	const struct bd_overlay overlay = { .root = &root, .tree = tree };
	bool hooked;

	if (bd_guest_set_name(&guest, "guest", err) != 0)
		return -1;
	if (!system->own_grub_cfg &&
	    (bd_bootcfg_add(&guest, kernel, initramfs, 0, tree, err) != 0 ||
	     bd_kernel_hooks_add(bd_embedded_text("boot-entries"), &overlay, &hooked, err) != 0))
		return -1;
	return bd_identity_apply(&identity, &guest, system, sealed, tree, &result, err);
}

/* The kernel of a line "linux PATH ARGUMENTS". False: it is another line. */
static bool take_kernel(const char *line, char path_out[PATH_MAX])
{
	char word[16];

	return sscanf(line, " %15s %4095s", word, path_out) == 2 &&
	       (strcmp(word, "linux") == 0 || strcmp(word, "linux16") == 0) && path_out[0] == '/';
}

/* Whether it is not there by this path, but in /boot: as paths are where /boot is a filesystem of its own. */
static bool is_in_boot(const struct bd_root_reader *root, const char *path)
{
	char in_boot[sizeof("/boot") + PATH_MAX];
	bool there = true, there_in_boot = false;
	struct bd_error ignored = BD_ERROR_INIT;

	snprintf(in_boot, sizeof(in_boot), "/boot%s", path);
	return bd_root_exists(root, path, &there, &ignored) == 0 && !there &&
	       bd_root_exists(root, in_boot, &there_in_boot, &ignored) == 0 && there_in_boot;
}

/* The files of a separate /boot, which are part of the root filesystem here, with a grub.cfg that is kept. */
static void warn_about_paths(const struct bd_sealed *sealed)
{
	const struct bd_root_reader root = bd_sealed_root_reader(sealed);
	struct bd_error ignored = BD_ERROR_INIT;
	BD_FREE char *text = NULL;
	char path[PATH_MAX], *rest = NULL;

	if (root.read_file(root.source, "/boot/grub/grub.cfg", GRUB_CFG_BYTES_MAX, &text, NULL, &ignored) != 0 ||
	    !text)
		return;
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		if (take_kernel(line, path) && is_in_boot(&root, path)) {
			bd_warn("its own /boot/grub/grub.cfg, which is kept, names the kernel %s, which is in /boot here: "
				"no guest boots by it until its paths begin with /boot",
				path);
			return;
		}
}

int bd_template_check_fit(const struct bd_sealed *sealed, const struct bd_system *system, struct bd_error *err)
{
	BD_DISPOSE(bd_tree_dispose) struct bd_tree tree = { 0 };
	struct bd_error reason = BD_ERROR_INIT;

	if (system->own_grub_cfg)
		warn_about_paths(sealed);
	if (lay_over(sealed, system, &tree, &reason) == 0 && bd_ext3_check_files(sealed, &tree, &reason) == 0)
		return 0;
	if (reason.kind == BD_KIND_CANCELED || reason.code == ENOMEM) {
		*err = reason;
		return -1;
	}
	/* Not the code: that /lost+found is in the way is no reason to say that the template exists. */
	return bd_fail(err, EINVAL, "not usable for a guest: %s", reason.message);
}
