/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Paths inside images, as scp(1) has them of hosts: GUEST:/path, IMAGE.img:/path, IMAGE.img@2:/path, /dev/vg/lv:/path. */
#ifndef BD_OPS_IMAGE_PLACE_H
#define BD_OPS_IMAGE_PLACE_H

#include <stdbool.h>

#include "base/err.h"
#include "disk/device.h"
#include "filestream/file_stream.h"
#include "inside/open.h"

struct image_place {
	char *image; /* of the image or device; owned */
	int partition; /* 0: the one with the root filesystem */
	const char *path; /* what is behind the colon, borrowed from the text; "": the root directory */
	char *guest; /* owned; NULL: the image was named itself */
	char *cfg_path; /* of the guest; owned */
	const char *
		format; /* that the guest's config gives it, as bd_xlcfg_disk_format has it; NULL: raw, or there is no guest */
	bool is_running; /* the guest is */
	int fd; /* open for reading; owned */
	int lock_fds[2]; /* of image_place_lock: the guest's and the image's; owned */
	struct bd_device device; /* of image_place_lock, where it is one */
	bool completed; /* image_place_lock has completed an interrupted change of the disk */
};

#define IMAGE_PLACE_INIT \
	{ \
		.fd = -1, .lock_fds = { -1, -1 }, .device = BD_DEVICE_INIT \
	}

void image_place_dispose(struct image_place *place); /* idempotent */

/* Its image and guest for a result. Owned by the caller, also on failure. */
int image_place_copy_names(const struct image_place *place, char **image_out, char **guest_out, struct bd_error *err);

/* Where the part before the path ends; NULL: the text names nothing inside an image. */
const char *image_place_colon(const char *text);

/* The guest or image that a text names, without a path and the number of a partition; the caller frees. NULL: no memory. */
char *image_place_name(const char *text);

/* BD_EUSAGE: the text names nothing inside an image: it has no ":/", and no ":" at its end, which means the root directory. */
int image_place_check(const char *text, struct bd_error *err);

/* What is before the colon is a file or a device when it has a "/" or is the name of a file here, else a guest of dir (NULL:
 * the system's folder), whose first disk is meant. text stays borrowed. Opens the image. BD_EUSAGE: as image_place_check.
 * BD_KIND_NOT_FOUND: no such guest or file. ENOTSUP: it is no raw disk. */
int image_place_open(const char *text, const char *dir, struct image_place *place_out, struct bd_error *err);

/* Also one in another format, for who knows of them. */
int image_place_open_any(const char *text, const char *dir, struct image_place *place_out, struct bd_error *err);

/* For a change: an interrupted one (disk/redo.h) is completed. From here on fd is open for writing too, and until the place is disposed of no other command of ours changes
 * the guest or the image. BD_KIND_IN_USE: the guest runs, or waits with its memory saved; or another program has the image open
 * for writing, or the device, or a loop device of the image, is mounted or a disk of a running guest. Any other error: it cannot be told. */
int image_place_lock(struct image_place *place, struct bd_error *err);

/* As image_place_lock, for who replaces all that is on it: an interrupted change is left, to be forgotten (bd_redo_discard) when what was
 * there is lost. */
int image_place_lock_to_replace(struct image_place *place, struct bd_error *err);

/* Whether image_place_lock would find it free, as far as that is to be seen without a lock; nothing is changed. BD_KIND_IN_USE: as there.
 * EBUSY: an interrupted change is to be completed first. */
int image_place_check_free(const struct image_place *place, struct bd_error *err);

/* For a copy: the same where it may be written to; else it is made sure that no other program writes to it, as to a snapshot that is
 * read-only. fd may stay open for reading only. */
int image_place_hold_still(struct image_place *place, struct bd_error *err);

/* Of one that is locked: lets a program have a device that claims it itself (disk/device.h), and takes it back. Of a file, nothing. */
int image_place_yield(struct image_place *place, struct bd_error *err);
int image_place_claim(struct image_place *place, struct bd_error *err);

/* request->partition and the paths are set here. The stream's errors name the place. */
int image_place_read(const struct image_place *place, struct bd_inside_request *request,
		     struct bd_file_stream **stream_out, struct bd_error *err);

/* Warns of what makes what was read stale or doubtful. stream: at its end. */
void image_place_warn(const struct image_place *place, const struct bd_file_stream *stream);

#endif
