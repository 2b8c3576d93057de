/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds out which filesystem a path is on, and asks that. */
#include "ops/clone/mounted.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/text.h"
#include "disk/mbr.h"
#include "inside/mounts/device_name.h"
#include "rootfs/fstab_line.h"

#define FSTAB_BYTES_MAX ((size_t)1 << 20)
#define FSTAB_DEVICE_SIZE 300

/* What a filesystem is called in the first field. Of a disk behind the first, which is number 0 here, that is no device's name: after
 * the next start it may be another disk's. */
static bool is_named(const struct clone_job *job, const struct clone_further *further, const char *name)
{
	struct bd_partition partition = { .number = further->partition };
	const struct bd_partitions partitions = { .items = &partition, .count = 1 };
	size_t index;

	bd_format_uuid(further->root.uuid, partition.uuid);
	snprintf(partition.label, sizeof(partition.label), "%s", further->root.label);
	if (further->partition && job->disk.signature)
		bd_mbr_partition_uuid(job->disk.signature, further->partition, partition.partition_uuid);
	return bd_device_name_find(&partitions, name, "", &index) == BD_DEVICE_FOUND;
}

static int take_line(struct clone_job *job, const struct bd_fstab_line *line, struct bd_error *err)
{
	char path[PATH_MAX], device[FSTAB_DEVICE_SIZE];

	if (!bd_fstab_is_entry(line) || !bd_fstab_mount_point(line, path, sizeof(path)) || !path[1] ||
	    !bd_fstab_decode(&line->fields[BD_FSTAB_DEVICE], device, sizeof(device)))
		return 0;
	for (size_t i = 0; i < BD_GUEST_MOUNTS_MAX; i++) {
		struct clone_further *further = &job->further[i];
		if (!further->has_filesystem || further->mount || !is_named(job, further, device))
			continue;
		further->mount = strdup(path);
		if (!further->mount)
			return bd_no_memory(err);
		job->new.guest.disks.items[i].mount = further->mount;
	}
	return 0;
}

int clone_mounted_open(struct clone_job *job, const struct bd_root_reader *root, struct clone_mounted *mounted_out,
		       struct bd_error *err)
{
	struct clone_mounted mounted = { .job = job, .root = *root };
	BD_FREE char *fstab = NULL;
	struct bd_fstab_line line;

	if (root->read_file(root->source, "/etc/fstab", FSTAB_BYTES_MAX, &fstab, NULL, err) != 0)
		return -1;
	for (const char *at = fstab; at && bd_fstab_next_line(&at, &line);)
		if (take_line(job, &line, err) != 0)
			return -1;
	for (size_t i = 0; i < BD_GUEST_MOUNTS_MAX; i++)
		if (job->further[i].mount)
			mounted.further[i] = bd_inside_root_reader(&job->further[i].root);
	*mounted_out = mounted;
	return 0;
}

/* The innermost of the mount points that the path is on or below; "": the root. inside_out: the path in that filesystem. */
static const struct bd_root_reader *pick(const struct clone_mounted *mounted, const char *path,
					 const char **mount_out, const char **inside_out)
{
	const struct bd_root_reader *found = &mounted->root;
	size_t length = 0;

	*mount_out = "";
	for (size_t i = 0; i < BD_GUEST_MOUNTS_MAX; i++) {
		const char *mount = mounted->job->further[i].mount;
		if (!mount || strlen(mount) <= length || (strcmp(path, mount) != 0 && !bd_path_is_below(path, mount)))
			continue;
		length = strlen(mount);
		found = &mounted->further[i];
		*mount_out = mount;
	}
	*inside_out = path[length] ? path + length : "/";
	return found;
}

static int look(const void *source, const char *path, bool follow, struct bd_root_facts *facts_out,
		struct bd_error *err)
{
	const char *mount, *inside;
	const struct bd_root_reader *reader = pick(source, path, &mount, &inside);

	return reader->look(reader->source, inside, follow, facts_out, err);
}

static int resolve_parents(const void *source, const char *path, char **path_out, struct bd_error *err)
{
	const char *mount, *inside;
	const struct bd_root_reader *reader = pick(source, path, &mount, &inside);
	BD_FREE char *resolved = NULL;

	if (reader->resolve_parents(reader->source, inside, &resolved, err) != 0)
		return -1;
	return bd_text_format(path_out, err, "%s%s", mount, *mount && !resolved[1] ? "" : resolved);
}

static int read_file(const void *source, const char *path, size_t limit_bytes, char **data_out,
		     size_t *size_bytes_out, struct bd_error *err)
{
	const char *mount, *inside;
	const struct bd_root_reader *reader = pick(source, path, &mount, &inside);

	return reader->read_file(reader->source, inside, limit_bytes, data_out, size_bytes_out, err);
}

static int read_label(const void *source, const char *path, void **value_out, size_t *size_bytes_out,
		      struct bd_error *err)
{
	const char *mount, *inside;
	const struct bd_root_reader *reader = pick(source, path, &mount, &inside);

	return reader->read_label(reader->source, inside, value_out, size_bytes_out, err);
}

static int read_link(const void *source, const char *path, char **target_out, struct bd_error *err)
{
	const char *mount, *inside;
	const struct bd_root_reader *reader = pick(source, path, &mount, &inside);

	return reader->read_link(reader->source, inside, target_out, err);
}

static int list(const void *source, const char *path, bd_root_visit visit, void *context, struct bd_error *err)
{
	const char *mount, *inside;
	const struct bd_root_reader *reader = pick(source, path, &mount, &inside);

	return reader->list(reader->source, inside, visit, context, err);
}

struct bd_root_reader clone_mounted_reader(const struct clone_mounted *mounted)
{
	return (struct bd_root_reader){ .source = mounted,
					.look = look,
					.resolve_parents = resolve_parents,
					.read_file = read_file,
					.read_label = read_label,
					.read_link = read_link,
					.list = list };
}

int clone_mounted_split(struct clone_job *job, struct bd_error *err)
{
	size_t mounted[BD_GUEST_MOUNTS_MAX];

	for (size_t i = bd_guest_disks_mounted(&job->new.guest.disks, mounted); i > 0; i--) {
		struct clone_further *disk = &job->further[mounted[i - 1]];
		if (bd_tree_take_below(&job->tree, disk->mount, &disk->tree, err) != 0)
			return -1;
	}
	return 0;
}
