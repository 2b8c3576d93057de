/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The disks of a guest that is brought among those of the program: they get the names that `new` would give them, NAME.img and
 * NAME_disk2.img and so on, by their places in the config.
 *
 * A disk that moves within its filesystem gets its new name beside the old one, a hard link, and loses the old one after the config
 * with the new name is there; to another filesystem it is copied. So at each moment there is a config whose disks are there. */
#ifndef BD_OPS_ADOPT_DISKS_H
#define BD_OPS_ADOPT_DISKS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "ops/adopt/disk.h"
#include "xlcfg/read.h"

enum adopt_way {
	ADOPT_DISKS_STAY,
	ADOPT_DISKS_MOVE,
	ADOPT_DISKS_COPY, /* the guest itself is copied: the old one stays as it is */
};

struct adopt_disks {
	enum adopt_way way;
	struct adopt_disk *items; /* as many as the config names, in its order; owned */
	size_t count;
};

void adopt_disks_dispose(struct adopt_disks *disks); /* idempotent */

/* Which of the disks of cfg, whose text is given, go where; folder: of the images, absolute. disks_out->way is set before.
 * ENOTSUP: a disk cannot be copied. */
int adopt_disks_decide(const struct bd_cfg *cfg, const char *text, const char *name, const char *folder,
		       struct adopt_disks *disks_out, struct bd_error *err);

/* The text of the config with the new paths in it, in the place of *text. */
int adopt_disks_replace(const struct adopt_disks *disks, char **text, struct bd_error *err);
/* What is read again has those disks. */
bool adopt_disks_are_in(const struct adopt_disks *disks, const struct bd_cfg *cfg);

/* A run that was cut short has published a config with these disks (cfg), of which some move: none of them can be told from its old
 * one, or the old one is gone. */
int adopt_disks_are_moved(const struct adopt_disks *disks, const struct bd_cfg *cfg, bool *moved_out,
			  struct bd_error *err);

/* All that can be known before. BD_KIND_EXISTS, BD_KIND_IN_USE, BD_KIND_NO_ROOM. */
int adopt_disks_check(const struct adopt_disks *disks, struct bd_error *err);

/* Gives all of them their new places, beside the old ones, on the disk. On failure, adopt_disks_retract takes back what was done. */
int adopt_disks_place(struct adopt_disks *disks, struct bd_error *err);
void adopt_disks_retract(struct adopt_disks *disks);
/* Once the config is there: the old places of those that move are given up. */
int adopt_disks_finish(struct adopt_disks *disks, struct bd_error *err);

#endif
