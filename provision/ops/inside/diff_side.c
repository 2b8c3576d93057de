/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Streams of images, which are in that order, and names of templates, which are sorted. */
#include "ops/inside/diff_side.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "ops/image/place.h"
#include "ops/inside/path_order.h"
#include "ops/template/open.h"
#include "template/export/order.h"

void diff_side_dispose(struct diff_side *side)
{
	if (side->source)
		side->dispose(side->source);
	*side = (struct diff_side){ 0 };
}

/* --- images ------------------------------------------------------------------------------------------------------- */

struct image_side {
	struct image_place place;
	struct bd_file_stream *stream;
	char *top; /* the path that was asked for; NULL: nothing has come yet */
};

static void image_dispose(void *source)
{
	struct image_side *image = source;

	bd_file_stream_close(&image->stream);
	image_place_dispose(&image->place);
	free(image->top);
	free(image);
}

static int image_next(void *source, const char **path_out, const struct bd_file_meta **meta_out, struct bd_error *err)
{
	struct image_side *image = source;
	const struct bd_stream_entry *entry;
	int r = bd_file_stream_next(image->stream, &entry, err);

	if (r == 0)
		return 0;
	if (r != 1)
		return bd_wrap(err, "%s", image->place.image);
	*meta_out = &entry->meta;
	if (!image->top) {
		image->top = strdup(strcmp(entry->path, "/") == 0 ? "" : entry->path);
		*path_out = "/";
		return image->top ? 1 : bd_no_memory(err);
	}
	size_t size = strlen(image->top);
	if (strncmp(entry->path, image->top, size) != 0 || entry->path[size] != '/')
		return bd_fail(err, EINVAL, "the pattern means several files; give one path");
	*path_out = entry->path + size;
	return 1;
}

static int image_block(void *source, const void **data_out, size_t *size_out, uint64_t *offset_out,
		       struct bd_error *err)
{
	struct image_side *image = source;

	return bd_file_stream_block(image->stream, data_out, size_out, offset_out, err);
}

static void image_warn(void *source)
{
	struct image_side *image = source;

	image_place_warn(&image->place, image->stream);
}

int diff_side_image(const char *text, const char *dir, struct diff_side *side_out, struct bd_error *err)
{
	struct bd_inside_request request = { .depth = BD_INSIDE_ALL, .follow = true, .content = true };
	struct image_side *image = calloc(1, sizeof(*image));

	if (!image)
		return bd_no_memory(err);
	image->place = (struct image_place)IMAGE_PLACE_INIT;
	*side_out = (struct diff_side){ image, image_next, image_block, image_warn, image_dispose };
	if (image_place_open(text, dir, &image->place, err) == 0 &&
	    image_place_read(&image->place, &request, &image->stream, err) == 0)
		return 0;
	diff_side_dispose(side_out);
	return -1;
}

/* --- templates ---------------------------------------------------------------------------------------------------- */

struct template_name {
	char *path; /* "/etc/motd"; owned */
	uint32_t inode;
};

struct template_side {
	struct bd_template template;
	const struct bd_sealed *sealed;
	struct bd_export_order order;
	struct bd_sealed_reader reader;
	struct template_name *names;
	size_t count, next;
	struct bd_file_meta meta;
	char *target;
	struct bd_sealed_inode inode; /* the one at hand */
	size_t extent; /* of it, that comes next */
	uint64_t done; /* bytes of that extent */
	uint8_t buffer[64 << 10];
};

static void template_dispose(void *source)
{
	struct template_side *side = source;

	for (size_t i = 0; i < side->count; i++)
		free(side->names[i].path);
	free(side->names);
	free(side->target);
	bd_sealed_reader_dispose(&side->reader);
	bd_export_order_dispose(&side->order);
	bd_template_dispose(&side->template);
	free(side);
}

static int add_name(void *context, uint32_t name, uint32_t first, struct bd_error *err)
{
	struct template_side *side = context;
	BD_FREE char *path = bd_export_path(&side->order, name);
	(void)first;

	if (!path)
		return bd_no_memory(err);
	struct template_name *item = &side->names[side->count];
	if (asprintf(&item->path, "/%s", path) < 0)
		return bd_no_memory(err);
	item->inode = side->order.names[name].inode;
	side->count++;
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	return path_order(((const struct template_name *)a)->path, ((const struct template_name *)b)->path);
}

static int collect_names(struct template_side *side, struct bd_error *err)
{
	if (bd_export_order_init(&side->order, side->sealed, err) != 0)
		return -1;
	side->names = calloc(side->order.name_count + 1, sizeof(*side->names));
	if (!side->names)
		return bd_no_memory(err);
	side->names[0].path = strdup("/"); /* inode 0 */
	if (!side->names[0].path)
		return bd_no_memory(err);
	side->count = 1;
	if (bd_export_order_walk(&side->order, add_name, side, err) != 0)
		return -1;
	qsort(side->names, side->count, sizeof(*side->names), compare_names);
	return 0;
}

static int template_next(void *source, const char **path_out, const struct bd_file_meta **meta_out,
			 struct bd_error *err)
{
	struct template_side *side = source;
	struct bd_sealed_inode *inode = &side->inode;

	if (side->next == side->count)
		return 0;
	const struct template_name *name = &side->names[side->next++];
	if (bd_sealed_read_inode(&side->reader, name->inode, inode, err) != 0)
		return -1;
	free(side->target);
	side->target = NULL;
	side->extent = 0;
	side->done = 0;
	if (S_ISLNK(inode->mode)) {
		side->target = strndup(inode->target, inode->size_bytes);
		if (!side->target)
			return bd_no_memory(err);
	}
	side->meta = (struct bd_file_meta){
		.mode = inode->mode,
		.uid = inode->uid,
		.gid = inode->gid,
		.size_bytes = S_ISREG(inode->mode) ? inode->size_bytes : 0,
		.mtime_s = inode->mtime_s,
		.mtime_ns = inode->mtime_ns,
		.rdev_major = inode->rdev_major,
		.rdev_minor = inode->rdev_minor,
		.target = side->target,
		.xattrs = inode->xattrs,
		.xattr_count = inode->xattr_count,
	};
	*path_out = name->path;
	*meta_out = &side->meta;
	return 1;
}

static int template_block(void *source, const void **data_out, size_t *size_out, uint64_t *offset_out,
			  struct bd_error *err)
{
	struct template_side *side = source;
	const struct bd_sealed_inode *inode = &side->inode;

	if (side->extent == inode->extent_count)
		return 0;
	const struct bd_extent *extent = &inode->extents[side->extent];
	uint64_t begin = (uint64_t)extent->logical * BD_SEALED_BLOCK_BYTES + side->done,
		 left = (uint64_t)extent->count * BD_SEALED_BLOCK_BYTES - side->done;
	if (begin >= inode->size_bytes)
		return bd_fail(err, EINVAL, "the template's index is damaged: extents exceed the end");
	if (left > inode->size_bytes - begin)
		left = inode->size_bytes - begin;
	size_t size = left < sizeof(side->buffer) ? (size_t)left : sizeof(side->buffer);
	if (bd_pread_full(side->sealed->payload_fd, side->buffer, size,
			  extent->payload * BD_SEALED_BLOCK_BYTES + side->done) != (ssize_t)size)
		return bd_fail(err, EIO, "the template's payload is truncated");
	*data_out = side->buffer;
	*size_out = size;
	*offset_out = begin;
	side->done += size;
	if (size == left) {
		side->extent++;
		side->done = 0;
	}
	return 1;
}

static int open_template(struct template_side *side, const char *name, const char *templates, struct bd_error *err)
{
	if (bd_template_open(name, templates, &side->template, err) != 0)
		return -1;
	side->sealed = bd_template_pack(&side->template);
	if (!side->sealed)
		return bd_usage(err, "the template \"%s\" is made anew for each guest, and cannot be compared", name);
	side->reader.sealed = side->sealed;
	return collect_names(side, err);
}

int diff_side_template(const char *name, const char *templates, struct diff_side *side_out, struct bd_error *err)
{
	struct template_side *side = calloc(1, sizeof(*side));

	if (!side)
		return bd_no_memory(err);
	bd_template_init(&side->template);
	*side_out = (struct diff_side){ side, template_next, template_block, NULL, template_dispose };
	if (open_template(side, name, templates, err) == 0)
		return 0;
	diff_side_dispose(side_out);
	return -1;
}
