/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recreates a config for a disk image without one. */
#ifndef BD_OPS_GUEST_RECOVERED_IMAGE_H
#define BD_OPS_GUEST_RECOVERED_IMAGE_H

#include "base/err.h"

/* The text of a config for a disk image (an absolute path), with what is known of its guest from inside it: its name is
 * that of the file, its MAC address and UUID are those that `new` wrote into it, or else new ones. EINVAL: the file has no
 * name that a guest can have, or it is no disk. The caller frees. */
int recovered_image_text(const char *image, char **text_out, struct bd_error *err);

#endif
