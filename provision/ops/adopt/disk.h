/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One disk of a guest that is brought among those of the program. */
#ifndef BD_OPS_ADOPT_DISK_H
#define BD_OPS_ADOPT_DISK_H

#include <stdbool.h>

#include "base/file/atomic_file.h"

struct adopt_disk {
	char *from, *to; /* owned; to is NULL where it stays */
	const char
		*stays; /* why ("it is a block device"); NULL: nobody asked for another place, or it has it already */
	bool linked; /* `to` is one more name of `from` */
	struct bd_atomic_file draft; /* the copy */
};

#endif
