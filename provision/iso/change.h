/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes an image by writing it anew, with what it has. */
#ifndef BD_ISO_CHANGE_H
#define BD_ISO_CHANGE_H

#include "iso/iso.h"

/* Puts an image of the volume with the same files in the place of that at path: of those in names it has as many as are there, and the
 * one called as `changed` with that text. All or nothing; reads as bd_iso_read. */
int bd_iso_replace_file(const char *path, const char *volume, const char *const *names, size_t count,
			const struct bd_iso_file *changed, int64_t now, struct bd_error *err);

#endif
