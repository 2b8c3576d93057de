/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compares uuid, MAC addresses and times of two configs, and keeps the mark of the new one. */
#include "xlcfg/rename_halves.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/text.h"
#include "guest/description.h"

#define MARK "user.xen-bigdisk.renamed-from" /* the last part of the old cfg's path */

static bool read_mark(const char *path, char name_out[NAME_MAX + 1])
{
	ssize_t length = getxattr(path, MARK, name_out, NAME_MAX);

	name_out[length > 0 ? length : 0] = '\0';
	return length > 0;
}

void bd_cfg_rename_mark(int new_cfg_fd, const char *old_path)
{
	const char *name = bd_path_last(old_path);

	if (fsetxattr(new_cfg_fd, MARK, name, strlen(name), 0) != 0)
		bd_debug("the new config is not marked: %s", strerror(errno));
}

void bd_cfg_rename_unmark(const char *new_path)
{
	if (removexattr(new_path, MARK) != 0 && errno != ENODATA && errno != ENOTSUP)
		bd_debug("the mark of %s is left: %s", new_path, strerror(errno));
}

static bool is_renamed_from(const struct bd_cfg *new, const struct bd_cfg *old)
{
	char name[NAME_MAX + 1];

	return read_mark(new->path, name) && strcmp(name, bd_path_last(old->path)) == 0;
}

static bool has_mac(const struct bd_cfg *cfg)
{
	return cfg->vif_count && cfg->vifs[0].has_mac;
}

static bool have_same_macs(const struct bd_cfg *one, const struct bd_cfg *other)
{
	if (!has_mac(one) || one->vif_count != other->vif_count)
		return false;
	for (size_t i = 0; i < one->vif_count; i++)
		if (one->vifs[i].has_mac != other->vifs[i].has_mac ||
		    memcmp(one->vifs[i].mac, other->vifs[i].mac, sizeof(one->vifs[i].mac)) != 0)
			return false;
	return true;
}

bool bd_cfgs_have_same_time(const struct bd_cfg *one, const struct bd_cfg *other)
{
	struct stat a, b;

	return stat(one->path, &a) == 0 && stat(other->path, &b) == 0 &&
	       bd_compare_times(&a.st_mtim, &b.st_mtim) == 0;
}

bool bd_cfgs_are_rename_halves(const struct bd_cfg *one, const struct bd_cfg *other)
{
	if (one->has_uuid || other->has_uuid)
		return one->has_uuid && other->has_uuid && memcmp(one->uuid, other->uuid, sizeof(one->uuid)) == 0;
	return (have_same_macs(one, other) && bd_cfgs_have_same_time(one, other)) || is_renamed_from(one, other) ||
	       is_renamed_from(other, one);
}

char *bd_cfg_rename_key(const struct bd_cfg *cfg)
{
	char text[BD_UUID_TEXT_SIZE], name[NAME_MAX + 1];

	if (cfg->has_uuid)
		bd_format_uuid(cfg->uuid, text);
	else if (has_mac(cfg))
		bd_mac_format(cfg->vifs[0].mac, text);
	else
		return strdup(read_mark(cfg->path, name) ? name : bd_path_last(cfg->path));
	return strdup(text);
}
