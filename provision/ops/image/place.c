/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a text to an open image. */
#include "ops/image/place.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file/lock.h"
#include "base/log.h"
#include "disk/ext_partition.h"
#include "disk/redo.h"
#include "disk/use/in_use.h"
#include "ops/guest/names.h"
#include "virtual_disk/magic.h"

void image_place_dispose(struct image_place *place)
{
	free(place->image);
	free(place->guest);
	free(place->cfg_path);
	bd_cleanup_close(&place->fd);
	bd_device_dispose(&place->device);
	for (size_t i = 0; i < 2; i++)
		bd_cleanup_close(&place->lock_fds[i]);
	*place = (struct image_place)IMAGE_PLACE_INIT;
}

int image_place_copy_names(const struct image_place *place, char **image_out, char **guest_out, struct bd_error *err)
{
	*image_out = strdup(place->image);
	*guest_out = place->guest ? strdup(place->guest) : NULL;
	return *image_out && (*guest_out || !place->guest) ? 0 : bd_no_memory(err);
}

const char *image_place_colon(const char *text)
{
	const char *colon = strstr(text, ":/");

	if (!colon && *text && text[strlen(text) - 1] == ':')
		colon = text + strlen(text) - 1;
	return colon && colon > text ? colon : NULL;
}

char *image_place_name(const char *text)
{
	const char *colon = image_place_colon(text);
	char *name = colon ? strndup(text, (size_t)(colon - text)) : strdup(text);
	size_t length;

	if (name) {
		bd_partition_suffix(name, &length);
		name[length] = '\0';
	}
	return name;
}

int image_place_check(const char *text, struct bd_error *err)
{
	return image_place_colon(text)
		       ? 0
		       : bd_usage(err, "\"%s\" names nothing inside an image; write GUEST:/path or IMAGE:/path",
				  text);
}

static bool is_file(const char *name)
{
	struct stat st;

	return strchr(name, '/') || (stat(name, &st) == 0 && !S_ISDIR(st.st_mode));
}

/* Most guests have no dot in their names, and most images have one. */
static int fail_no_file(const char *name, struct bd_error *err)
{
	return strpbrk(name, ".@")
		       ? bd_fail_as(err, err, "there is neither a file %s here nor a guest of that name", name)
		       : -1;
}

/* The first disk of the guest. */
static int find_disk(const char *name, const char *dir, struct image_place *place, struct bd_error *err)
{
	BD_DISPOSE(bd_cfg_dispose) struct bd_cfg cfg = { 0 };
	BD_DISPOSE(boot_dispose) struct boot boot = { 0 };
	struct bd_toolstack_domain domain;
	struct bd_error ignored = BD_ERROR_INIT;

	if (guest_open(name, dir, &cfg, err) != 0)
		return err->kind == BD_KIND_NOT_FOUND || err->code == BD_EUSAGE ? fail_no_file(name, err) : -1;
	if (!cfg.disk_count)
		return bd_fail(err, EINVAL, "%s has no disk", cfg.path);
	place->image = strdup(cfg.disks[0]);
	place->format = cfg.disk_formats[0];
	place->guest = strdup(cfg.name);
	place->cfg_path = strdup(cfg.path);
	if (!place->image || !place->guest || !place->cfg_path)
		return bd_no_memory(err);
	/* Reading does no harm, so whether it runs need not be known. */
	if (guest_domain_try(&boot, &cfg, &domain, &place->is_running, &ignored) != 0)
		place->is_running = false;
	return 0;
}

static int open_image(struct image_place *place, struct bd_error *err)
{
	struct stat st;

	/* A FIFO would wait. */
	place->fd = open(place->image, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (place->fd < 0 || fstat(place->fd, &st) != 0)
		return bd_fail_lookup(err, "cannot open %s", place->image);
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return bd_fail(err, EINVAL, "%s is neither a file nor a block device", place->image);
	return 0;
}

int image_place_open_any(const char *text, const char *dir, struct image_place *place_out, struct bd_error *err)
{
	BD_DISPOSE(image_place_dispose) struct image_place place = IMAGE_PLACE_INIT;
	size_t length;

	if (image_place_check(text, err) != 0)
		return -1;
	const char *colon = image_place_colon(text);
	BD_FREE char *name = strndup(text, (size_t)(colon - text));
	if (!name)
		return bd_no_memory(err);
	place.path = colon + 1;
	place.partition = bd_partition_suffix(name, &length);
	name[length] = '\0';
	if (!is_file(name)) {
		if (find_disk(name, dir, &place, err) != 0)
			return -1;
	} else {
		place.image = strdup(name);
		if (!place.image)
			return bd_no_memory(err);
	}
	if (open_image(&place, err) != 0)
		return -1;
	*place_out = place;
	place = (struct image_place)IMAGE_PLACE_INIT; /* its owner is the caller now */
	return 0;
}

int image_place_open(const char *text, const char *dir, struct image_place *place_out, struct bd_error *err)
{
	BD_DISPOSE(image_place_dispose) struct image_place place = IMAGE_PLACE_INIT;

	if (image_place_open_any(text, dir, &place, err) != 0 ||
	    bd_virtual_disk_check_raw(place.fd, place.image, place.format, err) != 0)
		return -1;
	*place_out = place;
	place = (struct image_place)IMAGE_PLACE_INIT; /* its owner is the caller now */
	return 0;
}

/* --- for a change ------------------------------------------------------------------------------------------------- */

static int check_stopped(const char *cfg_path, struct bd_error *err)
{
	BD_DISPOSE(bd_cfg_dispose) struct bd_cfg cfg = { 0 };
	BD_DISPOSE(boot_dispose) struct boot boot = { 0 };

	return bd_cfg_read(cfg_path, &cfg, err) != 0 ? -1 : guest_check_stopped(&boot, &cfg, err);
}

static int lock_guest(struct image_place *place, struct bd_error *err)
{
	return bd_lock(place->cfg_path, &place->lock_fds[0], err) != 0 ? -1 : check_stopped(place->cfg_path, err);
}

static int lock_image(struct image_place *place, struct bd_error *err)
{
	BD_FREE char *path = realpath(place->image, NULL);
	struct stat there;

	if (!path || fstat(place->fd, &there) != 0)
		return bd_fail_errno(err, "cannot access %s", place->image);
	if (bd_lock(path, &place->lock_fds[1], err) != 0)
		return -1;
	if (S_ISBLK(there.st_mode)) {
		if (bd_device_open(path, BD_DEVICE_WRITE, &place->device, err) != 0)
			return -1;
		bd_cleanup_close(&place->fd);
		place->fd = fcntl(place->device.fd, F_DUPFD_CLOEXEC, 0);
		return place->fd < 0 ? bd_fail_errno(err, "cannot open %s", path) : 0;
	}
	BD_CLOSE int fd = -1;
	if (bd_disk_open_to_write(place->image, place->fd, &fd, err) != 0)
		return -1;
	bd_cleanup_close(&place->fd);
	place->fd = bd_take_fd(&fd);
	return 0;
}

int image_place_lock_to_replace(struct image_place *place, struct bd_error *err)
{
	if (place->guest && lock_guest(place, err) != 0)
		return -1;
	return lock_image(place, err);
}

int image_place_lock(struct image_place *place, struct bd_error *err)
{
	if (image_place_lock_to_replace(place, err) != 0)
		return -1;
	return bd_redo_recover(place->image, place->fd, &place->completed, err);
}

int image_place_check_free(const struct image_place *place, struct bd_error *err)
{
	BD_FREE char *log = bd_redo_find(place->image);

	if (place->guest && check_stopped(place->cfg_path, err) != 0)
		return -1;
	if (bd_disk_check_free(place->fd, err) != 0)
		return bd_wrap(err, "%s", place->image);
	if (log)
		return bd_fail(
			err, EBUSY,
			"a change of %s was interrupted (%s), and the next one completes it first; what that would do "
			"cannot be told before",
			place->image, log);
	return 0;
}

static int follow_device(struct image_place *place, struct bd_error *err)
{
	return dup3(place->device.fd, place->fd, O_CLOEXEC) < 0 ? bd_fail_errno(err, "cannot open %s", place->image)
								: 0;
}

static int claim_to_read(struct image_place *place, struct bd_error *err)
{
	return bd_device_open(place->image, BD_DEVICE_READ, &place->device, err) != 0 ? -1
										      : follow_device(place, err);
}

/* What is written to while it is read is no disk that was ever there. */
int image_place_hold_still(struct image_place *place, struct bd_error *err)
{
	bool may_write = place->guest || access(place->image, W_OK) == 0;
	int read_only = 0;
	struct stat there;

	if (fstat(place->fd, &there) != 0)
		return bd_fail_errno(err, "cannot access %s", place->image);
	if (S_ISBLK(there.st_mode) && ((ioctl(place->fd, BLKROGET, &read_only) == 0 && read_only) || !may_write))
		return claim_to_read(place, err);
	if (may_write)
		return image_place_lock(place, err);
	return bd_disk_check_unused(place->fd, err) != 0 ? bd_wrap(err, "%s", place->image) : 0;
}

int image_place_yield(struct image_place *place, struct bd_error *err)
{
	if (place->device.fd < 0)
		return 0;
	return bd_device_yield(&place->device, err) != 0 ? -1 : follow_device(place, err);
}

int image_place_claim(struct image_place *place, struct bd_error *err)
{
	if (place->device.fd < 0)
		return 0;
	return bd_device_claim(&place->device, err) != 0 ? -1 : follow_device(place, err);
}

int image_place_read(const struct image_place *place, struct bd_inside_request *request,
		     struct bd_file_stream **stream_out, struct bd_error *err)
{
	request->partition = place->partition;
	request->paths = &place->path;
	request->path_count = 1;
	return bd_inside_open(place->fd, request, NULL, stream_out, err);
}

void image_place_warn(const struct image_place *place, const struct bd_file_stream *stream)
{
	uint32_t notes = bd_file_stream_notes(stream);

	if (place->is_running)
		bd_warn("%s is running: what is read from its disk may be out of date", place->guest);
	else if (notes & BD_INSIDE_NOTE_NOT_UNMOUNTED)
		bd_warn("the filesystem of %s was not unmounted cleanly: its latest changes are missing",
			place->image);
	if (notes & BD_INSIDE_NOTE_HAS_ERRORS)
		bd_warn("the filesystem of %s is marked as having errors; run e2fsck on it", place->image);
}
