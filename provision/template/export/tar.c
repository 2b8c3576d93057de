/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes a pax archive entry by entry. */
#include "template/export/tar.h"

#include <locale.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/archive_library.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/printable.h"
#include "base/process/cancel.h"
#include "template/export/content.h"
#include "template/export/entry.h"
#include "template/export/order.h"

struct tarball {
	const struct bd_archive_functions *la;
	const struct bd_sealed *sealed;
	struct archive *archive;
	struct archive_entry *entry;
	struct bd_export_order order;
	struct bd_sealed_reader reader;
	uint8_t *buffer;
	locale_t locale, locale_before;
	uint32_t sockets; /* names that stay behind */
	uint64_t content_bytes; /* of the files so far */
};

static void dispose_tarball(struct tarball *tarball)
{
	bd_archive_dispose_entry(&tarball->entry);
	bd_archive_dispose_write(&tarball->archive);
	bd_export_order_dispose(&tarball->order);
	bd_sealed_reader_dispose(&tarball->reader);
	free(tarball->buffer);
	if (tarball->locale) {
		uselocale(tarball->locale_before);
		freelocale(tarball->locale);
	}
}

static int add_filter(const struct tarball *tarball, const char *compression, struct bd_error *err)
{
	const struct bd_archive_functions *la = tarball->la;
	struct archive *archive = tarball->archive;
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
	return r < ARCHIVE_WARN ? bd_export_fail(tarball->la, tarball->archive, err) : 0;
}

/* Names that are UTF-8 go into the tarball as that, all others as the bytes that they are; libarchive finds out which
 * is which by the locale. */
static int begin(struct tarball *tarball, int out_fd, const char *compression, struct bd_error *err)
{
	const struct bd_archive_functions *la = tarball->la;

	tarball->locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	if (tarball->locale)
		tarball->locale_before = uselocale(tarball->locale);
	tarball->archive = la->write_new();
	tarball->entry = la->entry_new();
	tarball->buffer = malloc(BD_EXPORT_BUFFER_BYTES);
	if (!tarball->archive || !tarball->entry || !tarball->buffer)
		return bd_no_memory(err);
	if (add_filter(tarball, compression, err) < 0)
		return -1;
	if (la->write_set_format_pax(tarball->archive) != ARCHIVE_OK ||
	    la->write_set_format_option(tarball->archive, "pax", "xattrheader", "SCHILY") != ARCHIVE_OK ||
	    la->write_open_fd(tarball->archive, out_fd) != ARCHIVE_OK)
		return bd_export_fail(tarball->la, tarball->archive, err);
	return bd_export_order_init(&tarball->order, tarball->sealed, err);
}

/* first: the path that the file has come under already, or NULL. */
static int write_inode(struct tarball *tarball, const char *path, uint32_t index, const char *first,
		       struct bd_error *err)
{
	const struct bd_archive_functions *la = tarball->la;
	struct bd_sealed_inode inode;

	if (bd_cancel_check(err) < 0 || bd_sealed_read_inode(&tarball->reader, index, &inode, err) < 0)
		return -1;
	if (S_ISSOCK(inode.mode)) {
		tarball->sockets++;
		return 0;
	}
	la->entry_clear(tarball->entry);
	la->entry_set_pathname(tarball->entry, path);
	if (bd_export_entry_fill(la, tarball->entry, &inode, err) < 0)
		return -1;
	bool has_content = S_ISREG(inode.mode) && inode.size_bytes && !first;
	if (first) {
		la->entry_set_hardlink(tarball->entry, first);
		la->entry_set_size(tarball->entry, 0);
	} else if (has_content) {
		bd_export_holes(la, tarball->entry, &inode);
	}
	/* ARCHIVE_WARN: a name is not UTF-8. */
	if (la->write_header(tarball->archive, tarball->entry) < ARCHIVE_WARN)
		return bd_export_fail(tarball->la, tarball->archive, err);
	if (!has_content)
		return 0;
	uint64_t before = tarball->content_bytes;
	tarball->content_bytes += inode.size_bytes;
	return bd_export_content(la, tarball->archive, tarball->sealed, &inode, before, tarball->buffer, err);
}

static int write_name(void *context, uint32_t name, uint32_t first, struct bd_error *err)
{
	struct tarball *tarball = context;
	BD_FREE char *path = bd_export_path(&tarball->order, name);
	BD_FREE char *first_path = first == BD_SEALED_NONE ? NULL : bd_export_path(&tarball->order, first);

	if (!path || (first != BD_SEALED_NONE && !first_path))
		return bd_no_memory(err);
	if (write_inode(tarball, path, tarball->order.names[name].inode, first_path, err) != 0)
		return bd_wrap_entry(err, "/", path);
	return 0;
}

int bd_export_tar(const struct bd_sealed *sealed, int out_fd, const char *compression, struct bd_error *err)
{
	BD_DISPOSE(dispose_tarball) struct tarball tarball = { .sealed = sealed, .reader = { .sealed = sealed } };

	if (bd_archive_load(&tarball.la, err) < 0 || begin(&tarball, out_fd, compression, err) < 0 ||
	    write_inode(&tarball, ".", 0, NULL, err) < 0 ||
	    bd_export_order_walk(&tarball.order, write_name, &tarball, err) < 0)
		return -1;
	if (tarball.la->write_close(tarball.archive) != ARCHIVE_OK)
		return bd_export_fail(tarball.la, tarball.archive, err);
	if (tarball.sockets)
		bd_warn("%u sockets were left out: tar archives cannot store them", tarball.sockets);
	return 0;
}
