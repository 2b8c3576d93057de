/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes a pax archive entry by entry. */
#include "template/export/tar.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/printable.h"
#include "base/process/cancel.h"
#include "template/export/content.h"
#include "template/export/entry.h"
#include "template/export/order.h"
#include "template/export/pax.h"

struct tarball {
	const struct bd_sealed *sealed;
	struct bd_pax pax;
	struct bd_export_order order;
	struct bd_sealed_reader reader;
	uint8_t *buffer;
	uint32_t sockets; /* names that stay behind */
	uint64_t content_bytes; /* of the files so far */
};

static void dispose_tarball(struct tarball *tarball)
{
	bd_pax_dispose(&tarball->pax);
	bd_export_order_dispose(&tarball->order);
	bd_sealed_reader_dispose(&tarball->reader);
	free(tarball->buffer);
}

static int begin(struct tarball *tarball, int out_fd, const char *compression, struct bd_error *err)
{
	tarball->buffer = malloc(BD_EXPORT_BUFFER_BYTES);
	if (!tarball->buffer)
		return bd_no_memory(err);
	if (bd_pax_begin(&tarball->pax, out_fd, compression, err) != 0)
		return -1;
	return bd_export_order_init(&tarball->order, tarball->sealed, err);
}

/* first: the path that the file has come under already, or NULL. */
static int write_inode(struct tarball *tarball, const char *path, uint32_t index, const char *first,
		       struct bd_error *err)
{
	const struct bd_archive_functions *la = tarball->pax.la;
	struct bd_sealed_inode inode;

	if (bd_cancel_check(err) < 0 || bd_sealed_read_inode(&tarball->reader, index, &inode, err) < 0)
		return -1;
	if (S_ISSOCK(inode.mode)) {
		tarball->sockets++;
		return 0;
	}
	la->entry_clear(tarball->pax.entry);
	la->entry_set_pathname(tarball->pax.entry, path);
	if (bd_export_entry_fill(la, tarball->pax.entry, &inode, err) < 0)
		return -1;
	bool has_content = S_ISREG(inode.mode) && inode.size_bytes && !first;
	if (first) {
		la->entry_set_hardlink(tarball->pax.entry, first);
		la->entry_set_size(tarball->pax.entry, 0);
	} else if (has_content) {
		bd_export_holes(la, tarball->pax.entry, &inode);
	}
	if (bd_pax_header(&tarball->pax, err) != 0)
		return -1;
	if (!has_content)
		return 0;
	uint64_t before = tarball->content_bytes;
	tarball->content_bytes += inode.size_bytes;
	return bd_export_content(la, tarball->pax.archive, tarball->sealed, &inode, before, tarball->buffer, err);
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

	if (begin(&tarball, out_fd, compression, err) < 0 || write_inode(&tarball, ".", 0, NULL, err) < 0 ||
	    bd_export_order_walk(&tarball.order, write_name, &tarball, err) < 0)
		return -1;
	if (bd_pax_finish(&tarball.pax, err) != 0)
		return -1;
	if (tarball.sockets)
		bd_warn("%u sockets were left out: tar archives cannot store them", tarball.sockets);
	return 0;
}
