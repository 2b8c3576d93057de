/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Takes a template apart at the mount points, and writes the filesystems behind them. */
#include "ops/create/mounts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/progress.h"
#include "ext3/ext3.h"
#include "guest/create_request.h"
#include "rootfs/overlay.h"
#include "rootfs/sealed_find.h"
#include "rootfs/sealed_part.h"
#include "rootfs/sealed_root.h"

void create_mounts_init(struct create_mounts *mounts)
{
	*mounts = (struct create_mounts){ 0 };
	bd_sealed_init(&mounts->root);
	for (size_t i = 0; i < BD_GUEST_MOUNTS_MAX; i++)
		bd_sealed_init(&mounts->items[i].base);
}

void create_mounts_dispose(struct create_mounts *mounts)
{
	bd_sealed_dispose(&mounts->root);
	for (size_t i = 0; i < BD_GUEST_MOUNTS_MAX; i++) {
		bd_sealed_dispose(&mounts->items[i].base);
		bd_tree_dispose(&mounts->items[i].tree);
	}
}

bool create_has_mounts(const struct create_job *job)
{
	size_t mounted[BD_GUEST_MOUNTS_MAX];

	return bd_guest_disks_mounted(&job->guest.disks, mounted) != 0;
}

uint64_t create_mounted_bytes(const struct bd_guest *guest)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < BD_GUEST_MOUNTS_MAX; i++)
		if (guest->disks.items[i].mount)
			bytes += guest->disks.items[i].size_bytes;
	return bytes;
}

/* A guest follows a symlink when it mounts, but what is found there by another name would be on another filesystem here. */
static int check_point(const struct bd_sealed *sealed, const char *path, struct bd_error *err)
{
	BD_FREE char *resolved = NULL;
	uint32_t index;

	if (bd_sealed_resolve_parents(sealed, path, &resolved, err) != 0 ||
	    bd_sealed_find(sealed, path, false, &index, err) != 0)
		return -1;
	if (strcmp(resolved, path) != 0)
		return bd_fail(err, ENOTDIR, "%s is below a symbolic link of the template; mount %s instead", path,
			       resolved);
	if (index != BD_SEALED_NONE && index >= sealed->dir_count)
		return bd_fail(err, ENOTDIR, "%s is not a directory in the template", path);
	return 0;
}

int create_mounts_add_points(const struct create_job *job, struct bd_template *template, struct bd_error *err)
{
	const struct bd_sealed *sealed = bd_template_pack(template);
	const struct bd_root_reader root = bd_sealed_root_reader(sealed);
	const struct bd_overlay overlay = { .root = sealed ? &root : NULL, .tree = &template->tree };
	size_t mounted[BD_GUEST_MOUNTS_MAX], count = bd_guest_disks_mounted(&job->guest.disks, mounted);

	for (size_t i = 0; i < count; i++) {
		const char *path = job->guest.disks.items[mounted[i]].mount;
		if ((sealed && check_point(sealed, path, err) != 0) ||
		    bd_overlay_put_dir(&overlay, path, 0755, err) != 0)
			return bd_set_field(err, bd_guest_disk_is_partition(mounted[i]) ? BD_FIELD_MOUNTS
											: BD_FIELD_DISKS);
	}
	return 0;
}

/* The directories that are mounted on, and where they are in the template. */
struct points {
	const struct bd_guest_disks *disks;
	size_t mounted[BD_GUEST_MOUNTS_MAX], count;
	uint32_t indices[BD_GUEST_MOUNTS_MAX]; /* of mounted; BD_SEALED_NONE: the template does not have it */
};

/* except: of a point that keeps its content; count: none. */
static int take_part(const struct bd_sealed *sealed, const struct points *points, size_t except,
		     struct bd_sealed *part_out, struct bd_error *err)
{
	bool is_root = except == points->count;
	uint32_t emptied[BD_GUEST_MOUNTS_MAX], split;
	struct bd_sealed_part part = { .top = is_root ? 0 : points->indices[except], .emptied = emptied };

	for (size_t i = 0; i < points->count; i++)
		if (i != except && points->indices[i] != BD_SEALED_NONE)
			emptied[part.emptied_count++] = points->indices[i];
	if (bd_sealed_take_part(sealed, &part, part_out, &split, err) != 0)
		return -1;
	if (split && !is_root)
		bd_warn("the template has hard links between what is below %s and other files (%" PRIu32
			"), which become files of their own in the guest",
			points->disks->items[points->mounted[except]].mount, split);
	return 0;
}

static int split_sealed(const struct bd_sealed *sealed, struct points *points, struct create_mounts *mounts,
			struct bd_error *err)
{
	for (size_t i = 0; i < points->count; i++)
		if (bd_sealed_find(sealed, points->disks->items[points->mounted[i]].mount, false, &points->indices[i],
				   err) != 0)
			return -1;
	for (size_t i = 0; i < points->count; i++)
		if (points->indices[i] != BD_SEALED_NONE &&
		    take_part(sealed, points, i, &mounts->items[points->mounted[i]].base, err) != 0)
			return -1;
	return take_part(sealed, points, points->count, &mounts->root, err);
}

/* The innermost come first. */
static int split_tree(struct bd_tree *tree, const struct points *points, struct create_mounts *mounts,
		      struct bd_error *err)
{
	for (size_t i = points->count; i > 0; i--) {
		size_t at = points->mounted[i - 1];
		if (bd_tree_take_below(tree, points->disks->items[at].mount, &mounts->items[at].tree, err) != 0)
			return -1;
	}
	return 0;
}

int create_mounts_split(const struct create_job *job, struct bd_template *template, struct create_mounts *mounts_out,
			struct bd_error *err)
{
	const struct bd_sealed *sealed = bd_template_pack(template);
	struct points points = { .disks = &job->guest.disks };

	points.count = bd_guest_disks_mounted(points.disks, points.mounted);
	if (!points.count)
		return 0;
	if (sealed && split_sealed(sealed, &points, mounts_out, err) != 0)
		return -1;
	return split_tree(&template->tree, &points, mounts_out, err);
}

const struct bd_sealed *create_mounts_root(const struct create_mounts *mounts, const struct bd_template *template)
{
	return mounts->root.index_fd >= 0 ? &mounts->root : bd_template_pack(template);
}

const struct bd_sealed *create_mount_base(const struct create_mount *mount)
{
	return mount->base.index_fd >= 0 ? &mount->base : NULL;
}

static int wrap(const struct create_job *job, size_t at, struct bd_error *err)
{
	const char *mount = job->guest.disks.items[at].mount;

	if (bd_guest_disk_is_partition(at))
		return bd_wrap(err, "cannot make %s: partition %d, which is mounted on %s", job->image_path,
			       bd_plan_mount(&job->plan, at - BD_FURTHER_DISKS_MAX)->partition, mount);
	return bd_wrap(err, "cannot make %s, which is mounted on %s", job->disk_paths[at], mount);
}

int create_mounts_check_fit(const struct create_job *job, const struct create_mounts *mounts, struct bd_error *err)
{
	for (size_t i = 0; i < BD_GUEST_MOUNTS_MAX; i++) {
		const struct bd_guest_disk *facts = &job->guest.disks.items[i];
		if (facts->mount &&
		    bd_ext3_check_fit(job->guest.fs_type, facts->size_bytes, create_mount_base(&mounts->items[i]),
				      &mounts->items[i].tree, err) != 0)
			return wrap(job, i, err);
	}
	return 0;
}

int create_mounts_write(const struct create_job *job, const struct create_mounts *mounts, size_t disk, int fd,
			const char *path, int64_t base_time, struct bd_error *err)
{
	const struct bd_guest_disk *facts = &job->guest.disks.items[disk];
	const struct bd_ext3_files files = { .base = create_mount_base(&mounts->items[disk]),
					     .tree = &mounts->items[disk].tree,
					     .fd = fd,
					     .base_time = base_time };
	struct bd_ext3_params params = { .type = job->guest.fs_type, .size_bytes = facts->size_bytes };

	memcpy(params.uuid, facts->uuid, sizeof(params.uuid));
	memcpy(params.hash_seed, job->hash_seed, sizeof(params.hash_seed));
	if (bd_now(&params.now, err) != 0 || bd_ext3_write(path, &params, &files, bd_progress_update, NULL, err) != 0)
		return wrap(job, disk, err);
	return 0;
}
