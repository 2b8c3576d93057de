/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks for contradictions on a disk image: both headers of a GPT, superblocks and their copies, also in gaps between partitions,
 * GRUB's core.img, and the boot entries of the filesystems with their kernels. Whoever runs the guest wrote all that, so it is read
 * in a sandboxed process; what comes from there is checked here.
 */
#ifndef BD_INSIDE_EXAMINE_EXAMINE_H
#define BD_INSIDE_EXAMINE_EXAMINE_H

#include <stdbool.h>

#include "base/err.h"
#include "inside/examine/facts.h"
#include "inside/survey/facts.h"

/* fd: of the image, of which survey tells; its offset moves. */
int bd_examine_image(int fd, const struct bd_survey *survey, struct bd_examine *examine_out, struct bd_error *err);
void bd_examine_dispose(struct bd_examine *examine); /* idempotent */

/* Whether what an image boots by default is there, as far as pygrub would find it (inside/examine/boot_config.h). Its offset moves. */
int bd_examine_for_pygrub(int fd, bool *boots_out, struct bd_error *err);

#endif
