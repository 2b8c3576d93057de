/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables of endings. */
#include "import/wrap/disk_names.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "import/wrap/chunk_sum.h"

#define XVA_DIGITS 8 /* of a chunk's number */

const char *bd_wrap_plain_path(const char *path)
{
	while (!strncmp(path, "./", 2) || *path == '/')
		path += *path == '/' ? 1 : 2;
	return path;
}

static bool ends_in_any(const char *path, const char *const *endings)
{
	size_t size = strlen(path);

	for (; *endings; endings++)
		if (size > strlen(*endings) && !strcasecmp(path + size - strlen(*endings), *endings))
			return true;
	return false;
}

bool bd_wrap_may_be_disk(const char *path)
{
	static const char *const endings[] = { ".raw", ".img", ".qcow2", ".vmdk", ".vhd", ".vhdx", ".vdi", NULL };

	path = bd_wrap_plain_path(path);
	return !strchr(path, '/') && ends_in_any(path, endings);
}

bool bd_wrap_is_beside_disk(const char *path)
{
	static const char *const endings[] = { ".ovf", ".mf", ".cert", NULL };
	/* Of a box of Vagrant; "box.img" or "box-disk001.vmdk" is the disk. */
	static const char *const box[] = { "Vagrantfile", "metadata.json", "info.json", "vagrant_private_key" };

	path = bd_wrap_plain_path(path);
	for (size_t i = 0; i < sizeof(box) / sizeof(*box); i++)
		if (!strcmp(path, box[i]))
			return true;
	return ends_in_any(path, endings) || !strcmp(path, "metadata.yaml") || !strcmp(path, "templates") ||
	       !strncmp(path, "templates/", 10);
}

/* What is behind the number; NULL: there is none. */
static const char *behind_xva_number(const char *path)
{
	const char *slash = strchr(path, '/');

	return !strncmp(path, "Ref:", 4) && slash && strspn(slash + 1, "0123456789") == XVA_DIGITS
		       ? slash + 1 + XVA_DIGITS
		       : NULL;
}

bool bd_wrap_is_xva_chunk(const char *path, uint64_t *number_out)
{
	const char *behind = behind_xva_number(bd_wrap_plain_path(path));

	if (!behind || *behind)
		return false;
	*number_out = strtoull(behind - XVA_DIGITS, NULL, 10);
	return true;
}

bool bd_wrap_is_xva_chunk_sum(const char *path)
{
	const char *behind = behind_xva_number(bd_wrap_plain_path(path));
	enum bd_chunk_sum kind;

	return behind && bd_chunk_sum_by_ending(behind, &kind);
}

bool bd_wrap_is_of_xva(const char *path)
{
	path = bd_wrap_plain_path(path);
	return !strcmp(path, "ova.xml") || !strncmp(path, "Ref:", 4);
}
