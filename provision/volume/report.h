/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What LVM knows of its volumes: the JSON of lvs and vgs (lvmreport(7)). Pure. */
#ifndef BD_VOLUME_REPORT_H
#define BD_VOLUME_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "volume/place.h"

/* For -o of lvs and vgs, with --reportformat json --units b --nosuffix. */
#define BD_VOLUME_COLUMNS "vg_name,lv_name,pool_lv,lv_size,lv_tags,lv_layout,zero,vg_free,vg_extent_size"
#define BD_VOLUME_GROUP_COLUMNS "vg_name,vg_free,vg_extent_size"
#define BD_VOLUME_RANGE_COLUMNS "seg_pe_ranges"

struct bd_volume {
	char group[BD_VOLUME_NAME_SIZE];
	char name[BD_VOLUME_NAME_SIZE]; /* "": the group itself */
	char pool[BD_VOLUME_NAME_SIZE]; /* that it is a thin volume of; "": it has its own extents */
	char layout[64]; /* "linear", "thin,pool", "thin,sparse" */
	uint64_t size_bytes;
	uint64_t group_free_bytes, group_extent_bytes;
	char *tags; /* separated by commas; owned */
	bool zeroes; /* of a thin pool and its volumes: new blocks are zeroed first */
};

struct bd_volumes {
	struct bd_volume *items;
	size_t count;
};

void bd_volumes_dispose(struct bd_volumes *volumes); /* idempotent; a zeroed struct will do */

/* EINVAL: it is no such report. */
int bd_volumes_parse(const char *text, size_t size_bytes, struct bd_volumes *volumes_out, struct bd_error *err);

/* The ranges of physical extents of a volume, separated by blanks ("/dev/sdb:5-9 /dev/sdc:0-3"); the caller frees. */
int bd_volume_ranges_parse(const char *text, size_t size_bytes, char **ranges_out, struct bd_error *err);

bool bd_volume_has_tag(const struct bd_volume *volume, const char *tag);
/* What is behind a tag that begins so, up to size bytes with the NUL; false: there is none. */
bool bd_volume_tag_value(const struct bd_volume *volume, const char *beginning, char *value_out, size_t size);
bool bd_volume_is_pool(const struct bd_volume *volume); /* a thin one */

#endif
