/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asks the host about the file, then the sandboxed surveyor about what is in it. */
#include "ops/image/info.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "ops/image/whole.h"
#include "virtual_disk/magic.h"

void image_info_dispose(struct image_info *info)
{
	free(info->image);
	free(info->guest);
	bd_data_ranges_dispose(&info->data);
	bd_survey_dispose(&info->survey);
	*info = (struct image_info){ 0 };
}

static int look(const struct image_place *place, struct image_info *info, struct bd_error *err)
{
	struct bd_survey_request request = { .partition = place->partition };
	uint64_t size_bytes;
	struct stat st;

	if (image_size(place, &size_bytes, &info->is_device, err) != 0)
		return -1;
	if (fstat(place->fd, &st) != 0)
		return bd_fail_errno(err, "cannot access %s", place->image);
	info->allocated_bytes = info->is_device ? size_bytes : (uint64_t)st.st_blocks * S_BLKSIZE;
	if (bd_data_ranges_read(place->fd, size_bytes, &info->data, err) != 0)
		return bd_wrap(err, "%s", place->image);
	if (info->data.is_known)
		request.data = &info->data;
	return bd_survey_image(place->fd, &request, &info->survey, err) != 0 ? bd_wrap(err, "%s", place->image) : 0;
}

int image_info_read(const char *text, const char *dir, struct image_info *info_out, struct bd_error *err)
{
	BD_DISPOSE(image_place_dispose) struct image_place place = IMAGE_PLACE_INIT;
	BD_DISPOSE(image_info_dispose) struct image_info info = { 0 };

	if (image_whole_open_any(text, dir, &place, err) != 0 || look(&place, &info, err) != 0)
		return -1;
	info.is_running = place.is_running;
	const char *format = info.is_device ? NULL : bd_virtual_disk_name_of(place.fd);
	if (format)
		bd_warn("%s is an image in %s format: this is about the file itself, not about the disk in it",
			place.image, format);
	if (info.is_running)
		bd_warn("%s is running: what is read from its disk may be out of date", place.guest);
	info.image = bd_take_ptr(place.image);
	info.guest = bd_take_ptr(place.guest);
	*info_out = bd_take_struct(info);
	return 0;
}

int image_info_check(const struct image_info *info, struct bd_error *err)
{
	for (size_t i = 0; i < info->survey.filesystem_count; i++) {
		const struct bd_survey_filesystem *filesystem = &info->survey.filesystems[i];
		if (!filesystem->problem.code)
			continue;
		*err = filesystem->problem;
		if (filesystem->partition)
			bd_wrap(err, "partition %d", filesystem->partition);
		return bd_wrap(err, "%s", info->image);
	}
	return 0;
}

const char *image_layout_name(const struct bd_survey *survey)
{
	for (size_t i = 0; i < survey->region_count; i++) {
		const struct bd_survey_region *region = &survey->regions[i];
		if (region->kind != BD_SURVEY_PARTITION && region->kind != BD_SURVEY_SWAP)
			continue;
		if (region->start_bytes == BD_CHS_SECTORS * BD_SECTOR_BYTES)
			return bd_layout_name(BD_LAYOUT_CYLINDER);
		return region->start_bytes == BD_ALIGNMENT_SECTORS * BD_SECTOR_BYTES
			       ? bd_layout_name(BD_LAYOUT_ALIGNED)
			       : "other";
	}
	return NULL;
}
