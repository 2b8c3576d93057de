/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whiteouts of a layer (OCI image spec, layer.md): .wh.NAME takes NAME of the layers below away, .wh..wh..opq all that
 * a directory has from them. What comes in the layer itself stays, in whichever order it comes.
 */
#ifndef BD_TEMPLATE_WHITEOUT_H
#define BD_TEMPLATE_WHITEOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "template/seal.h"

struct bd_whiteouts {
	uint64_t *own; /* hash table of this layer's own paths; 0: free */
	size_t count, size; /* size: a power of two, or 0 */
};

void bd_whiteouts_init(struct bd_whiteouts *whiteouts);
void bd_whiteouts_dispose(struct bd_whiteouts *whiteouts); /* idempotent */

/* Whether the path is a whiteout (or one of the files of aufs itself), which is applied then; else it is remembered as the layer's own. 1: it is. 0: it is
 * not. ENOTSUP: a directory is made opaque when entries of the layer are in it already. */
int bd_whiteouts_take(struct bd_whiteouts *whiteouts, const char *path, struct bd_seal *seal, struct bd_error *err);

#endif
