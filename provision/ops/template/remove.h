/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Removes a template. */
#ifndef BD_OPS_TEMPLATE_REMOVE_H
#define BD_OPS_TEMPLATE_REMOVE_H

#include "base/err.h"
#include "template/store.h"

/* As bd_store_remove, and its prepared images in thin pools with it (ops/create/prepared_volume.h); those in files lie in its folder.
 * Guests that are snapshots of them keep what they have. What is left of the images is warned of. */
int bd_template_remove(const struct bd_store *store, const char *name, struct bd_error *err);

#endif
