/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fstab(5) line by line. The text is borrowed, and nothing in it is changed or copied. */
#ifndef BD_ROOTFS_FSTAB_LINE_H
#define BD_ROOTFS_FSTAB_LINE_H

#include <stdbool.h>
#include <stddef.h>

enum bd_fstab_field {
	BD_FSTAB_DEVICE,
	BD_FSTAB_MOUNT_POINT,
	BD_FSTAB_TYPE,
	BD_FSTAB_OPTIONS,
	BD_FSTAB_DUMP,
	BD_FSTAB_PASS,
	BD_FSTAB_FIELD_COUNT
};

/* A part of the text: a field, a line, an option. */
struct bd_fstab_span {
	const char *text;
	size_t size;
};

struct bd_fstab_line {
	struct bd_fstab_span whole; /* without its newline */
	struct bd_fstab_span fields[BD_FSTAB_FIELD_COUNT]; /* the missing ones are empty */
	size_t count;
};

/* False: there are no more. */
bool bd_fstab_next_line(const char **at, struct bd_fstab_line *line_out);
/* Neither empty nor a comment. */
bool bd_fstab_is_entry(const struct bd_fstab_line *line);

bool bd_fstab_is(const struct bd_fstab_span *field, const char *text);
bool bd_fstab_begins(const struct bd_fstab_span *field, const char *text);

/* The words between commas, one by one; *at is NULL at first. */
bool bd_fstab_next_option(const struct bd_fstab_span *options, const char **at, struct bd_fstab_span *option_out);
bool bd_fstab_has_option(const struct bd_fstab_line *line, const char *name);

/* A field with its escapes (\\040 is a space) and the quotes of NAME="VALUE" resolved. False: it does not fit, or has a NUL in it. */
bool bd_fstab_decode(const struct bd_fstab_span *field, char *text_out, size_t size);
/* The same of a mount point, without slashes that say nothing. False also where it is none: "none", "swap", "/a/../b". */
bool bd_fstab_mount_point(const struct bd_fstab_line *line, char *path_out, size_t size);

/* Filesystems that are on no disk, whatever stands in their first field. */
bool bd_fstab_is_virtual(const struct bd_fstab_span *type);
/* A device, or a filesystem or partition by what it is called; not one that makes itself, such as /dev/zram0. */
bool bd_fstab_names_disk(const struct bd_fstab_span *device);

#endif
