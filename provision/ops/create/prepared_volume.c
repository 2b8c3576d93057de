/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Its name is a hash of all that it is made from, so that one that is there and finished is the right one: it is read-only, and nobody
 * else writes to it. It only saves time and space: if anything goes wrong with it, the guest is created without it. */
#include "ops/create/prepared_volume.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/checksum.h"
#include "base/cleanup.h"
#include "base/file/lock.h"
#include "base/log.h"
#include "base/process/cancel.h"
#include "base/progress.h"
#include "disk/device.h"
#include "disk/prepared_image.h"
#include "ops/create/mounts.h"
#include "ops/template/open.h"
#include "volume/change.h"
#include "volume/find.h"

#define PREFIX "xen-bigdisk-prepared-"
#define FORM 1 /* of the layout that disk/ gives, so that an older program's are not taken */
#define NAME_DIGITS 16 /* of the checksum */
#define KEPT_MAX 16 /* in a pool */

struct prepared {
	const struct create_job *job;
	const struct bd_template *template;
	int64_t base_time;
	char name[BD_VOLUME_NAME_SIZE];
};

static int choose_name(struct prepared *prepared, struct bd_error *err)
{
	const struct bd_manifest *manifest = &prepared->template->stored.manifest;
	const struct bd_plan *plan = &prepared->job->plan;
	const struct bd_region *root = bd_plan_find(plan, BD_REGION_ROOT);
	char text[512], checksum[BD_CHECKSUM_SIZE];

	snprintf(text, sizeof(text), "%d %s %s %s %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRId64, FORM,
		 manifest->tree.blake2b, manifest->payload.blake2b, bd_fs_type_name(prepared->job->guest.fs_type),
		 plan->disk_bytes, bd_region_start_bytes(root), bd_region_bytes(root), prepared->base_time);
	if (bd_checksum_data(text, strlen(text), checksum, err) != 0)
		return -1;
	snprintf(prepared->name, sizeof(prepared->name), PREFIX "%.*s", NAME_DIGITS, checksum);
	return 0;
}

static bool read_layout(const struct bd_volume *volume, struct bd_base_layout *layout_out)
{
	char value[64];

	return !bd_volume_has_tag(volume, BD_VOLUME_TAG_UNFINISHED) &&
	       bd_volume_tag_value(volume, BD_VOLUME_TAG_LAYOUT, value, sizeof(value)) &&
	       sscanf(value, "%" SCNu64 "/%" SCNu64, &layout_out->places, &layout_out->end_bytes) == 2;
}

/* The oldest makes room. */
static int drop_oldest(const struct prepared *prepared, struct bd_error *err)
{
	const struct bd_volume_place *place = &prepared->job->volume;
	BD_DISPOSE(bd_volumes_dispose) struct bd_volumes kept = { 0 };
	char selection[4 * BD_VOLUME_NAME_SIZE];

	snprintf(selection, sizeof(selection), "vg_name=\"%s\" && pool_lv=\"%s\" && tags=\"%s\"", place->group,
		 place->pool, BD_VOLUME_TAG_PREPARED);
	if (bd_volumes_find(selection, &kept, err) != 0)
		return -1;
	return kept.count < KEPT_MAX ? 0 : bd_volume_remove(place->group, kept.items[0].name, err);
}

static int write_filesystem(const struct prepared *prepared, struct bd_base_layout *layout_out, struct bd_error *err)
{
	const struct bd_region *root = bd_plan_find(&prepared->job->plan, BD_REGION_ROOT);
	const struct bd_ext3_params params = { .type = prepared->job->guest.fs_type,
					       .offset_bytes = bd_region_start_bytes(root),
					       .size_bytes = bd_prepared_image_bytes(bd_region_bytes(root)),
					       .now = prepared->base_time };
	BD_DISPOSE(bd_device_dispose) struct bd_device device = BD_DEVICE_INIT;
	struct bd_ext3_geometry geometry;
	char path[BD_VOLUME_PATH_SIZE];

	bd_volume_path(prepared->job->volume.group, prepared->name, path);
	if (bd_device_open(path, BD_DEVICE_WRITE, &device, err) != 0)
		return -1;
	const struct bd_ext3_files files = { .base = bd_template_pack(prepared->template),
					     .fd = device.fd,
					     .base_time = prepared->base_time };
	if (bd_ext3_write(device.work_path, &params, &files, bd_progress_update, &geometry, err) != 0 ||
	    bd_device_sync(&device, err) != 0)
		return -1;
	*layout_out = geometry.base;
	return 0;
}

static int fill_and_seal(const struct prepared *prepared, struct bd_base_layout *layout_out, struct bd_error *err)
{
	char tag[BD_VOLUME_TAG_SIZE];

	if (write_filesystem(prepared, layout_out, err) != 0)
		return -1;
	snprintf(tag, sizeof(tag), BD_VOLUME_TAG_LAYOUT "%" PRIu64 "/%" PRIu64, layout_out->places,
		 layout_out->end_bytes);
	return bd_volume_seal(prepared->job->volume.group, prepared->name, tag, err);
}

static int make(const struct prepared *prepared, struct bd_base_layout *layout_out, struct bd_error *err)
{
	const struct bd_volume_place *place = &prepared->job->volume;
	const struct bd_manifest *manifest = &prepared->template->stored.manifest;
	char template_tag[BD_VOLUME_TAG_SIZE], tree_tag[BD_VOLUME_TAG_SIZE];
	const struct bd_volume_spec spec = { .group = place->group,
					     .name = prepared->name,
					     .pool = place->pool,
					     .size_bytes = prepared->job->plan.disk_bytes,
					     .tags = { BD_VOLUME_TAG_PREPARED, BD_VOLUME_TAG_UNFINISHED, template_tag,
						       tree_tag } };
	struct bd_error ignored;

	snprintf(template_tag, sizeof(template_tag), BD_VOLUME_TAG_TEMPLATE "%s", prepared->template->name);
	snprintf(tree_tag, sizeof(tree_tag), BD_VOLUME_TAG_TREE "%s", manifest->tree.blake2b);
	bd_progress_stage("preparing the template for this size", manifest->payload_bytes);
	if (drop_oldest(prepared, err) != 0 || bd_volume_create(&spec, err) != 0)
		return -1;
	if (fill_and_seal(prepared, layout_out, err) == 0)
		return 0;
	bd_volume_remove(place->group, prepared->name, &ignored);
	return -1;
}

/* Another run that makes it is waited for. */
static int find_or_make(const struct prepared *prepared, struct bd_base_layout *layout_out, struct bd_error *err)
{
	const char *group = prepared->job->volume.group;
	BD_DISPOSE(bd_volumes_dispose) struct bd_volumes there = { 0 };
	BD_CLOSE int lock_fd = -1;
	char path[BD_VOLUME_PATH_SIZE];

	bd_volume_lock_path(group, prepared->name, path);
	if (bd_lock_wait(path, &lock_fd, err) != 0 || bd_volume_find(group, prepared->name, &there, err) != 0)
		return -1;
	if (there.count && read_layout(&there.items[0], layout_out))
		return 0;
	/* Of a run that was killed. */
	if (there.count && bd_volume_remove(group, prepared->name, err) != 0)
		return -1;
	return make(prepared, layout_out, err);
}

int create_prepared_volume(const struct create_job *job, const struct bd_template *template, int64_t base_time,
			   char name_out[BD_VOLUME_NAME_SIZE], struct bd_base_layout *layout_out,
			   struct bd_error *err)
{
	struct prepared prepared = { .job = job, .template = template, .base_time = base_time };
	struct bd_error failure;

	name_out[0] = '\0';
	if (!job->volume.pool[0] || !bd_template_pack(template) || create_has_mounts(job))
		return 0;
	if (choose_name(&prepared, err) != 0)
		return -1;
	if (find_or_make(&prepared, layout_out, &failure) == 0)
		strcpy(name_out, prepared.name);
	else
		bd_debug("%s has no prepared image in %s/%s: %s", template->name, job->volume.group, job->volume.pool,
			 failure.message);
	return bd_cancel_check(err);
}
