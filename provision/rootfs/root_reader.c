/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Functions for any root filesystem, built on its reader's functions. */
#include "rootfs/root_reader.h"

#include <errno.h>

int bd_root_read_optional(const struct bd_root_reader *root, const char *path, size_t limit_bytes, char **data_out,
			  size_t *size_bytes_out, struct bd_error *err)
{
	*data_out = NULL;
	if (root->read_file(root->source, path, limit_bytes, data_out, size_bytes_out, err) == 0)
		return 0;
	return err->code == ELOOP || err->code == EFBIG ? 0 : -1;
}

int bd_root_has_any(const struct bd_root_reader *root, const char *const *paths, bool follow, bool *there_out,
		    struct bd_error *err)
{
	struct bd_root_facts facts = { 0 };

	*there_out = false;
	for (; *paths && !*there_out; paths++) {
		if (root->look(root->source, *paths, follow, &facts, err) == 0)
			*there_out = facts.mode != 0;
		else if (err->code != ELOOP)
			return -1;
	}
	return 0;
}

int bd_root_exists(const struct bd_root_reader *root, const char *path, bool *there_out, struct bd_error *err)
{
	const char *const paths[] = { path, NULL };

	return bd_root_has_any(root, paths, true, there_out, err);
}
