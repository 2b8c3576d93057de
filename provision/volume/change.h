/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes, changes and removes logical volumes. Each is one command of LVM, which does it as a whole. Which volumes are ours, and what they
 * are, is in their tags, which outlive us. */
#ifndef BD_VOLUME_CHANGE_H
#define BD_VOLUME_CHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "volume/place.h"

#define BD_VOLUME_TAG "xen-bigdisk" /* a guest's disk, which goes with the guest */
#define BD_VOLUME_TAG_ELSEWHERE "xen-bigdisk.elsewhere" /* its config is not in the system's folder */
#define BD_VOLUME_TAG_UNFINISHED "xen-bigdisk.unfinished" /* until all of it is there, and what it is for */
#define BD_VOLUME_TAG_PREPARED "xen-bigdisk.prepared" /* a template's prepared image; of it the next three */
#define BD_VOLUME_TAG_TEMPLATE "xen-bigdisk.template=" /* its name */
#define BD_VOLUME_TAG_TREE "xen-bigdisk.tree=" /* its checksum */
#define BD_VOLUME_TAG_LAYOUT "xen-bigdisk.layout=" /* struct bd_base_layout: two numbers with a "/" between them */
#define BD_VOLUME_TAG_SIZE 128

#define BD_VOLUME_TAGS_MAX 5

struct bd_volume_spec {
	const char *group, *name;
	const char *pool; /* a thin pool of the group; NULL: none */
	const char *
		origin; /* a thin volume of the group that it is to be a snapshot of, instead of pool and size; NULL: none */
	uint64_t size_bytes; /* rounded up to whole extents */
	const char *tags[BD_VOLUME_TAGS_MAX]; /* up to the first NULL */
};

/* It is active, and its first 4 KiB are zeros. Signatures that are found in it are wiped. */
int bd_volume_create(const struct bd_volume_spec *spec, struct bd_error *err);
/* Also an inactive one. Errors also where something has it open. */
int bd_volume_remove(const char *group, const char *name, struct bd_error *err);
int bd_volume_rename(const char *group, const char *name, const char *new_name, struct bd_error *err);
/* Takes the tag "unfinished" away. */
int bd_volume_finish(const char *group, const char *name, struct bd_error *err);
/* The same, gives it another tag, and the volume is read-only and inactive afterwards, also when dom0 boots again. */
int bd_volume_seal(const char *group, const char *name, const char *tag, struct bd_error *err);
/* ranges: of free physical extents that it gets, as bd_volume_find_ranges gives them; NULL: any. */
int bd_volume_extend(const char *group, const char *name, uint64_t size_bytes, const char *ranges,
		     struct bd_error *err);

#endif
