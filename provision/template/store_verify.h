/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Verifies that a template is unchanged since it was created: partly before each use and, on request, to its last
 * byte. */
#ifndef BD_TEMPLATE_STORE_VERIFY_H
#define BD_TEMPLATE_STORE_VERIFY_H

#include "template/store.h"

/* What is done before each use: the checksum of the index, whether its records agree with one another (bd_sealed_check) and
 * with the manifest; and, where it costs next to nothing, the content's checksum. bd_store_verify reads all content. EINVAL:
 * damaged. */
int bd_stored_check(const struct bd_stored *stored, struct bd_error *err);
#define BD_STORED_SMALL_BYTES (UINT64_C(4) << 20) /* of content; hashing so much takes some 4 ms */

/* path_out: its folder. Reads everything: checksums, and every record of the index. EINVAL: damaged, and where. */
int bd_store_verify(const struct bd_store *store, const char *name, char path_out[PATH_MAX],
		    struct bd_manifest *manifest_out, struct bd_error *err);

#endif
