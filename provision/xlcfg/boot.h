/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a guest boots, as an xl config says it: the keys of each way (enum bd_guest_boot) with our comments on them, as they are
 * written into a new config, told from one that is there, and changed in it. Pure.
 *
 * Another way to boot is added here: to bd_xlcfg_put_boot and its comments, to bd_cfg_boot, and, with its name, to
 * guest/description.c. */
#ifndef BD_XLCFG_BOOT_H
#define BD_XLCFG_BOOT_H

#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"
#include "guest/description.h"
#include "xlcfg/read.h"

/* Borrowed; which of them a way to boot needs is in xlcfg/write.h. */
struct bd_xlcfg_boot {
	enum bd_guest_boot how;
	bool restrict_bootloader; /* BD_BOOT_PYGRUB: it runs without privileges */
	const char *kernel, *ramdisk, *cmdline;
};

/* Writes the lines of a new config. EINVAL: a control character in one of the texts. */
int bd_xlcfg_put_boot(FILE *out, const struct bd_xlcfg_boot *boot, struct bd_error *err);

/* The way that a config has, whoever wrote it; false: none of ours, such as another boot loader, or an HVM guest with a kernel
 * of dom0. */
bool bd_cfg_boot(const struct bd_cfg *cfg, enum bd_guest_boot *how_out);

/* Makes a config boot in another way: the keys of all others and our comments on them go, and the lines of the new one stand
 * in the place of the first. was_hvm: the config is one of an HVM guest now, whose keys for firmware and screen go with a way
 * that is not for HVM guests, and stay otherwise. The caller frees. EINVAL: as bd_cfg_parse. */
int bd_cfg_edit_boot(const char *text, bool was_hvm, const struct bd_xlcfg_boot *boot, char **text_out,
		     struct bd_error *err);

#endif
