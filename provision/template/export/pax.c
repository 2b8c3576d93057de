/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets libarchive up for archives that tar(1) and this program read back without loss. */
#include "template/export/pax.h"

#include <stdlib.h>
#include <string.h>

#include "template/export/content.h"

int bd_pax_fail(const struct bd_pax *pax, struct bd_error *err)
{
	return bd_export_fail(pax->la, pax->archive, err);
}

void bd_pax_dispose(struct bd_pax *pax)
{
	bd_archive_dispose_entry(&pax->entry);
	bd_archive_dispose_write(&pax->archive);
	if (pax->locale) {
		uselocale(pax->locale_before);
		freelocale(pax->locale);
	}
	pax->locale = (locale_t)0;
}

static int add_filter(const struct bd_pax *pax, const char *compression, struct bd_error *err)
{
	const struct bd_archive_functions *la = pax->la;
	struct archive *archive = pax->archive;
	int r;

	if (!strcmp(compression, "none"))
		r = la->write_add_filter_none(archive);
	else if (!strcmp(compression, "gzip"))
		r = la->write_add_filter_gzip(archive);
	else if (!strcmp(compression, "xz"))
		r = la->write_add_filter_xz(archive);
	else if (!strcmp(compression, "zstd"))
		r = la->write_add_filter_zstd(archive);
	else
		return bd_usage(err, "the compression must be one of none, gzip, xz, zstd, not '%s'", compression);
	/* The time in gzip's header would make each export another file. */
	if (r == ARCHIVE_OK && !strcmp(compression, "gzip"))
		r = la->write_set_filter_option(archive, "gzip", "timestamp", NULL);
	/* ARCHIVE_WARN: another program does the compression. */
	return r < ARCHIVE_WARN ? bd_pax_fail(pax, err) : 0;
}

/* Names that are UTF-8 go into the tarball as that, all others as the bytes that they are; libarchive finds out which
 * is which by the locale. */
int bd_pax_begin(struct bd_pax *pax, int out_fd, const char *compression, struct bd_error *err)
{
	if (bd_archive_load(&pax->la, err) != 0)
		return -1;
	const struct bd_archive_functions *la = pax->la;
	pax->locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	if (pax->locale)
		pax->locale_before = uselocale(pax->locale);
	pax->archive = la->write_new();
	pax->entry = la->entry_new();
	if (!pax->archive || !pax->entry)
		return bd_no_memory(err);
	if (add_filter(pax, compression, err) < 0)
		return -1;
	if (la->write_set_format_pax(pax->archive) != ARCHIVE_OK ||
	    la->write_set_format_option(pax->archive, "pax", "xattrheader", "SCHILY") != ARCHIVE_OK ||
	    /* Into a pipe too: zstd(1) refuses zeros behind the compressed data. */
	    la->write_set_bytes_in_last_block(pax->archive, 1) != ARCHIVE_OK ||
	    la->write_open_fd(pax->archive, out_fd) != ARCHIVE_OK)
		return bd_pax_fail(pax, err);
	return 0;
}

int bd_pax_header(struct bd_pax *pax, struct bd_error *err)
{
	/* ARCHIVE_WARN: a name is not UTF-8. */
	return pax->la->write_header(pax->archive, pax->entry) < ARCHIVE_WARN ? bd_pax_fail(pax, err) : 0;
}

int bd_pax_finish(struct bd_pax *pax, struct bd_error *err)
{
	return pax->la->write_close(pax->archive) == ARCHIVE_OK ? 0 : bd_pax_fail(pax, err);
}
