/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The order of a check: open all disks, look at each, judge, repair, and look again until nothing is left to repair. */
#include "ops/check/check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/file/file.h"
#include "disk/redo.h"
#include "ops/check/check_boot.h"
#include "ops/check/check_cfg.h"
#include "ops/check/check_disk.h"
#include "ops/check/check_fsck.h"
#include "ops/check/check_layout.h"
#include "ops/check/check_lines.h"
#include "ops/check/repair.h"
#include "ops/guest/names.h"
#include "ops/image/whole.h"
#include "xlcfg/disks.h"
#include "xlcfg/read.h"

#define PASSES_MAX 32 /* each repairs something that no other has tried to */

struct check {
	const struct check_request *request;
	struct check_result *result;
	struct bd_cfg cfg;
	bool has_cfg;
	char *cfg_text;
	struct image_place *places; /* of result->disk_count; fd is -1 where there is no disk */
	struct findings outside; /* findings about what is not on a disk */
};

void check_result_dispose(struct check_result *result)
{
	for (size_t i = 0; i < result->disk_count; i++) {
		free(result->images[i]);
		for (size_t j = 0; result->lines && j < result->lines[i].count; j++)
			free(result->lines[i].items[j]);
		if (result->lines)
			free(result->lines[i].items);
	}
	free(result->images);
	free(result->lines);
	free(result->guest);
	findings_dispose(&result->findings);
	*result = (struct check_result){ 0 };
}

static void check_dispose(struct check *check)
{
	for (size_t i = 0; check->places && i < check->result->disk_count; i++)
		image_place_dispose(&check->places[i]);
	free(check->places);
	free(check->cfg_text);
	bd_cfg_dispose(&check->cfg);
	findings_dispose(&check->outside);
}

static void check_disk_dispose(struct check_disk *disk)
{
	bd_survey_dispose(&disk->survey);
	bd_examine_dispose(&disk->examine);
	free(disk->fscks);
	disk->fscks = NULL;
}

/* --- which disks -------------------------------------------------------------------------------------------------- */

/* The place is moved. */
static int add_disk(struct check *check, const char *image, struct image_place *place, struct bd_error *err)
{
	struct check_result *result = check->result;
	size_t count = result->disk_count;
	BD_FREE char *copy = strdup(image);

	if (!copy)
		return bd_no_memory(err);
	if (bd_array_grow(result->images, count, err) != 0 || bd_array_grow(check->places, count, err) != 0)
		return -1;
	result->images[count] = bd_take_ptr(copy);
	check->places[count] = *place;
	*place = (struct image_place)IMAGE_PLACE_INIT;
	result->disk_count++;
	return 0;
}

static int add_missing(struct check *check, const char *image, struct bd_error *err)
{
	struct image_place none = IMAGE_PLACE_INIT;

	check->outside.disk = check->result->disk_count;
	return finding_advise(findings_add(&check->outside, "disk-missing", FINDING_PROBLEM, 0, err,
					   "the config names the disk %s, which does not exist", image),
			      err, "restore it, or correct the config") != 0
		       ? -1
		       : add_disk(check, image, &none, err);
}

/* Beside the first one, and not CDs and other disks that the guest does not write to. */
static int open_others(struct check *check, struct bd_error *err)
{
	for (size_t i = 1; i < check->cfg.disk_count; i++) {
		BD_DISPOSE(image_place_dispose) struct image_place place = IMAGE_PLACE_INIT;
		const char *image = check->cfg.disks[i];
		if (!bd_xlcfg_writes_disk(check->cfg_text, image))
			continue;
		if (image_whole_open_any(image, check->request->dir, &place, err) != 0) {
			if (err->kind != BD_KIND_NOT_FOUND || add_missing(check, image, err) != 0)
				return -1;
		} else if (add_disk(check, image, &place, err) != 0) {
			return -1;
		}
	}
	return 0;
}

static int read_cfg(struct check *check, const char *path, struct bd_error *err)
{
	if (bd_cfg_read(path, &check->cfg, err) != 0 ||
	    bd_read_file(path, BD_CFG_LIMIT_BYTES, &check->cfg_text, NULL, err) != 0)
		return -1;
	check->has_cfg = true;
	check->result->guest = strdup(check->cfg.name ? check->cfg.name : "");
	return check->result->guest ? check_cfg_files(&check->cfg, &check->outside, err) : bd_no_memory(err);
}

/* The error stays where the text names no guest whose disk is missing. */
static int open_missing(struct check *check, struct bd_error *err)
{
	BD_DISPOSE(bd_cfg_dispose) struct bd_cfg cfg = { 0 };
	struct bd_error ignored = BD_ERROR_INIT;

	if (err->kind != BD_KIND_NOT_FOUND || strchr(check->request->place, '/') ||
	    guest_open(check->request->place, check->request->dir, &cfg, &ignored) != 0 || !cfg.disk_count)
		return -1;
	return read_cfg(check, cfg.path, err) != 0 || add_missing(check, check->cfg.disks[0], err) != 0 ||
			       open_others(check, err) != 0
		       ? -1
		       : 0;
}

static int open_all(struct check *check, struct bd_error *err)
{
	BD_DISPOSE(image_place_dispose) struct image_place place = IMAGE_PLACE_INIT;

	if (image_whole_open_any(check->request->place, check->request->dir, &place, err) != 0)
		return open_missing(check, err);
	bool is_guest = place.guest, is_one = place.partition;
	check->result->is_running = place.is_running;
	if (is_guest && read_cfg(check, place.cfg_path, err) != 0)
		return -1;
	BD_FREE char *image = strdup(place.image);
	if (!image)
		return bd_no_memory(err);
	if (add_disk(check, image, &place, err) != 0)
		return -1;
	return is_guest && !is_one ? open_others(check, err) : 0;
}

/* Before a lock, which completes it. */
static int look_for_change(struct check *check, size_t at, struct bd_error *err)
{
	BD_FREE char *path = NULL;
	bool there;

	if (bd_redo_path(check->places[at].image, "redo", &path, err) != 0 ||
	    bd_path_is_there(path, &there, err) != 0)
		return -1;
	if (!there)
		return 0;
	check->outside.disk = at;
	struct finding *finding = findings_add(&check->outside, "change-interrupted", FINDING_PROBLEM, 0, err,
					       "a change to this disk was interrupted, and is half done");
	if (finding) {
		finding->repair = FINDING_REPAIR_CHANGE;
		finding->corrected = check->request->repair;
	}
	return finding_advise(finding, err, "complete it: run the interrupted command again");
}

static int prepare(struct check *check, struct bd_error *err)
{
	for (size_t i = 0; i < check->result->disk_count; i++)
		if (check->places[i].fd >= 0 &&
		    (look_for_change(check, i, err) != 0 ||
		     (check->request->repair && image_place_lock(&check->places[i], err) != 0)))
			return -1;
	return 0;
}

/* --- a pass over all of them -------------------------------------------------------------------------------------- */

static int look(const struct check *check, size_t at, struct check_disk *disk, bool *is_raw_out,
		struct findings *findings, struct bd_error *err)
{
	const struct bd_survey_request request = { .partition = check->places[at].partition };

	*disk = (struct check_disk){ .place = &check->places[at],
				     .cfg = check->has_cfg ? &check->cfg : NULL,
				     .cfg_text = check->cfg_text,
				     .target = check->result->images[at],
				     .is_first = at == 0,
				     .is_running = check->result->is_running };
	findings->disk = at;
	*is_raw_out = false;
	if (disk->place->fd < 0)
		return 0;
	if (check_cfg_format(disk->place, disk->cfg, check->cfg_text, is_raw_out, findings, err) != 0)
		return -1;
	if (!*is_raw_out)
		return 0;
	if (bd_survey_image(disk->place->fd, &request, &disk->survey, err) != 0 ||
	    bd_examine_image(disk->place->fd, &disk->survey, &disk->examine, err) != 0)
		return bd_wrap(err, "%s", disk->place->image);
	disk->is_known = true;
	return check_fsck_run(disk, err);
}

static int judge(const struct check_disk *disks, size_t count, size_t at, struct findings *findings,
		 struct bd_error *err)
{
	findings->disk = at;
	return check_table(&disks[at], findings, err) != 0 || check_superblocks(&disks[at], findings, err) != 0 ||
			       check_fsck_judge(&disks[at], findings, err) != 0 ||
			       check_boot_sector(&disks[at], findings, err) != 0 ||
			       check_boot_entries(disks, count, at, findings, err) != 0
		       ? -1
		       : 0;
}

static int take_line(void *context, char *line, struct bd_error *err)
{
	struct check_lines *lines = context;

	if (bd_array_grow(lines->items, lines->count, err) != 0) {
		free(line);
		return -1;
	}
	lines->items[lines->count++] = line;
	return 0;
}

/* As they are after the last pass. */
static int describe(const struct check_disk *disk, struct check_lines *lines, struct bd_error *err)
{
	for (size_t i = 0; i < lines->count; i++)
		free(lines->items[i]);
	free(lines->items);
	*lines = (struct check_lines){ 0 };
	return check_describe(disk, take_line, lines, err);
}

/* One that changes what other findings are about ends the pass. */
static bool needs_another_look(const struct finding *finding)
{
	return finding->repair == FINDING_REPAIR_MAGIC || finding->repair == FINDING_REPAIR_ENTRY ||
	       finding->repair == FINDING_REPAIR_GPT || finding->repair == FINDING_REPAIR_PROTECTIVE_MBR ||
	       finding->repair == FINDING_REPAIR_FSCK_COPY;
}

/* found: of this pass; the same are in the result. */
static int repair(struct check *check, const struct check_disk *disks, const struct findings *found,
		  bool *repaired_out, struct bd_error *err)
{
	*repaired_out = false;
	for (size_t i = 0; i < found->count; i++) {
		struct finding *known = findings_find(&check->result->findings, &found->items[i]);
		bool repaired;
		if (!known || known->tried)
			continue;
		known->tried = true;
		if (repair_finding(&disks[known->disk], &found->items[i], &repaired, err) != 0)
			return -1;
		*repaired_out |= repaired;
		if (repaired && needs_another_look(known))
			return 0;
	}
	return 0;
}

static void mark_corrected(struct findings *all, const struct findings *left)
{
	for (size_t i = 0; i < all->count; i++)
		all->items[i].corrected = !findings_find(left, &all->items[i]);
}

static int examine(struct check *check, struct check_disk *disks, bool *again_out, struct bd_error *err)
{
	BD_DISPOSE(findings_dispose) struct findings found = { 0 };
	struct check_result *result = check->result;
	size_t count = result->disk_count;
	BD_FREE bool *is_raw = calloc(count, sizeof(*is_raw));

	if (!is_raw)
		return bd_no_memory(err);
	for (size_t i = 0; i < count; i++)
		if (look(check, i, &disks[i], &is_raw[i], &found, err) != 0)
			return -1;
	for (size_t i = 0; i < count; i++)
		if (is_raw[i] &&
		    (judge(disks, count, i, &found, err) != 0 || describe(&disks[i], &result->lines[i], err) != 0))
			return -1;
	found.disk = 0;
	if (check_cfg_root(disks, count, &found, err) != 0)
		return -1;
	*again_out = false;
	if (findings_merge(&result->findings, &found, err) != 0)
		return -1;
	mark_corrected(&result->findings, &found);
	return check->request->repair ? repair(check, disks, &found, again_out, err) : 0;
}

static int run_passes(struct check *check, struct bd_error *err)
{
	size_t count = check->result->disk_count;
	bool again = true;

	check->result->lines = calloc(count, sizeof(*check->result->lines));
	if (!check->result->lines)
		return bd_no_memory(err);
	for (int i = 0; again && i < PASSES_MAX; i++) {
		BD_FREE struct check_disk *disks = calloc(count, sizeof(*disks));
		if (!disks)
			return bd_no_memory(err);
		int r = examine(check, disks, &again, err);
		for (size_t j = 0; j < count; j++)
			check_disk_dispose(&disks[j]);
		if (r != 0)
			return -1;
	}
	return findings_merge(&check->result->findings, &check->outside, err);
}

int image_check(const struct check_request *request, struct check_result *result_out, struct bd_error *err)
{
	BD_DISPOSE(check_result_dispose) struct check_result result = { 0 };
	BD_DISPOSE(check_dispose) struct check check = { .request = request, .result = &result };

	if (open_all(&check, err) != 0 || prepare(&check, err) != 0 || run_passes(&check, err) != 0)
		return -1;
	/* It needs the places, which go by the number of disks. */
	check_dispose(&check);
	check.places = NULL;
	check.cfg_text = NULL;
	*result_out = bd_take_struct(result);
	return 0;
}

size_t check_count(const struct check_result *result, enum finding_level level)
{
	size_t count = 0;

	for (size_t i = 0; i < result->findings.count; i++)
		count += result->findings.items[i].level == level && !result->findings.items[i].corrected;
	return count;
}

size_t check_corrected(const struct check_result *result)
{
	size_t count = 0;

	for (size_t i = 0; i < result->findings.count; i++)
		count += result->findings.items[i].corrected;
	return count;
}
