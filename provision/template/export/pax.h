/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A pax archive that is being written, by libarchive. */
#ifndef BD_TEMPLATE_EXPORT_PAX_H
#define BD_TEMPLATE_EXPORT_PAX_H

#include <locale.h>

#include "base/archive_library.h"
#include "base/err.h"

struct bd_pax {
	const struct bd_archive_functions *la;
	struct archive *archive;
	struct archive_entry *entry; /* for the one at hand */
	locale_t locale, locale_before;
};

/* out_fd: borrowed. compression: "none", "gzip", "xz" or "zstd". *pax is zeroed before, and disposed of also when this fails. */
int bd_pax_begin(struct bd_pax *pax, int out_fd, const char *compression, struct bd_error *err);
void bd_pax_dispose(struct bd_pax *pax); /* idempotent */

/* The entry as it was filled; its content follows by la->write_data. */
int bd_pax_header(struct bd_pax *pax, struct bd_error *err);
int bd_pax_finish(struct bd_pax *pax, struct bd_error *err);

/* The archive's last error as ours; right after the call that failed. Returns -1. */
int bd_pax_fail(const struct bd_pax *pax, struct bd_error *err);

#endif
