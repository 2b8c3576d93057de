/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Goes through two trees side by side. */
#include "ops/inside/diff.h"

#include <string.h>
#include <sys/stat.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/process/cancel.h"
#include "base/progress.h"
#include "ops/image/place.h"
#include "ops/inside/diff_side.h"
#include "ops/inside/path_order.h"
#include "xlcfg/read.h"

/* Content is read up to here, and what is left of the block. */
struct cursor {
	struct diff_side *side;
	const uint8_t *data;
	size_t left; /* bytes of data; 0: the next block has to be fetched */
	uint64_t offset; /* of data */
	bool ended;
};

struct half {
	struct diff_side side;
	const char *path; /* NULL: there is no more */
	const struct bd_file_meta *meta;
};

struct comparing {
	const struct inside_diff *diff;
	struct half from, to;
	uint64_t done_bytes;
	bool different;
};

static void comparing_dispose(struct comparing *comparing)
{
	diff_side_dispose(&comparing->from.side);
	diff_side_dispose(&comparing->to.side);
}

/* --- content ------------------------------------------------------------------------------------------------------ */

static int fetch(struct cursor *cursor, struct bd_error *err)
{
	const void *data;

	while (!cursor->left && !cursor->ended) {
		int r = cursor->side->block(cursor->side->source, &data, &cursor->left, &cursor->offset, err);
		if (r < 0)
			return -1;
		cursor->ended = r == 0;
		cursor->data = r == 0 ? NULL : data;
		if (r == 0)
			cursor->left = 0;
	}
	return 0;
}

static void advance(struct cursor *cursor, size_t size)
{
	cursor->data += size;
	cursor->offset += size;
	cursor->left -= size;
}

/* Of what one has where the other has a hole: up to where the other goes on. */
static bool skip_zeros(struct cursor *cursor, const struct cursor *other)
{
	uint64_t until = other->ended ? UINT64_MAX : other->offset;
	size_t size = until - cursor->offset < cursor->left ? (size_t)(until - cursor->offset) : cursor->left;
	bool zeros = bd_all_zero(cursor->data, size);

	advance(cursor, size);
	return zeros;
}

static int compare_content(struct comparing *comparing, bool *same_out, struct bd_error *err)
{
	struct cursor one = { .side = &comparing->from.side }, other = { .side = &comparing->to.side };

	*same_out = true;
	while (*same_out) {
		if (bd_cancel_check(err) != 0 || fetch(&one, err) != 0 || fetch(&other, err) != 0)
			return -1;
		if (one.ended && other.ended)
			return 0;
		if (other.ended || (!one.ended && one.offset < other.offset)) {
			*same_out = skip_zeros(&one, &other);
		} else if (one.ended || other.offset < one.offset) {
			*same_out = skip_zeros(&other, &one);
		} else {
			size_t size = one.left < other.left ? one.left : other.left;
			*same_out = memcmp(one.data, other.data, size) == 0;
			advance(&one, size);
			advance(&other, size);
			comparing->done_bytes += size;
			bd_progress_update(comparing->done_bytes);
		}
	}
	return 0;
}

/* --- files -------------------------------------------------------------------------------------------------------- */

static const struct bd_xattr *find_xattr(const struct bd_file_meta *meta, const char *name)
{
	for (size_t i = 0; i < meta->xattr_count; i++)
		if (strcmp(meta->xattrs[i].name, name) == 0)
			return &meta->xattrs[i];
	return NULL;
}

static bool same_attributes(const struct bd_file_meta *one, const struct bd_file_meta *other)
{
	if (one->xattr_count != other->xattr_count)
		return false;
	for (size_t i = 0; i < one->xattr_count; i++) {
		const struct bd_xattr *mine = &one->xattrs[i], *theirs = find_xattr(other, mine->name);
		if (!theirs || mine->size_bytes != theirs->size_bytes ||
		    (mine->size_bytes && memcmp(mine->value, theirs->value, mine->size_bytes) != 0))
			return false;
	}
	return true;
}

/* What depends on the type. */
static int compare_kind(struct comparing *comparing, unsigned *bits_out, struct bd_error *err)
{
	const struct bd_file_meta *from = comparing->from.meta, *to = comparing->to.meta;
	bool same;

	*bits_out = 0;
	switch (from->mode & S_IFMT) {
	case S_IFREG:
		same = from->size_bytes == to->size_bytes;
		if (same && compare_content(comparing, &same, err) != 0)
			return -1;
		*bits_out = same ? 0 : INSIDE_DIFF_CONTENT;
		return 0;
	case S_IFLNK:
		*bits_out = strcmp(from->target, to->target) == 0 ? 0 : INSIDE_DIFF_TARGET;
		return 0;
	case S_IFCHR:
	case S_IFBLK:
		same = from->rdev_major == to->rdev_major && from->rdev_minor == to->rdev_minor;
		*bits_out = same ? 0 : INSIDE_DIFF_DEVICE;
		return 0;
	default:
		return 0;
	}
}

static int compare_files(struct comparing *comparing, unsigned *bits_out, struct bd_error *err)
{
	const struct bd_file_meta *from = comparing->from.meta, *to = comparing->to.meta;
	unsigned kind_bits;

	*bits_out = INSIDE_DIFF_TYPE;
	if ((from->mode & S_IFMT) != (to->mode & S_IFMT))
		return 0;
	unsigned bits = 0;
	if (!S_ISLNK(from->mode) && (from->mode & 07777) != (to->mode & 07777))
		bits |= INSIDE_DIFF_MODE;
	if (from->uid != to->uid || from->gid != to->gid)
		bits |= INSIDE_DIFF_OWNER;
	if (!same_attributes(from, to))
		bits |= INSIDE_DIFF_ATTRIBUTES;
	if (comparing->diff->times && (from->mtime_s != to->mtime_s || from->mtime_ns != to->mtime_ns))
		bits |= INSIDE_DIFF_TIME;
	if (compare_kind(comparing, &kind_bits, err) != 0)
		return -1;
	*bits_out = bits | kind_bits;
	return 0;
}

/* --- trees -------------------------------------------------------------------------------------------------------- */

static int step(struct half *half, struct bd_error *err)
{
	int r = half->side.next(half->side.source, &half->path, &half->meta, err);

	if (r == 0)
		half->path = NULL;
	return r < 0 ? -1 : 0;
}

/* Made by mke2fs, and not by who made the tree. What e2fsck has put there is not. */
static bool is_lost_and_found(const char *path)
{
	return strcmp(path, "/lost+found") == 0;
}

static int report(struct comparing *comparing, const struct inside_difference *difference, struct bd_error *err)
{
	if (is_lost_and_found(difference->path))
		return 0;
	comparing->different = true;
	return comparing->diff->take(comparing->diff->context, difference, err);
}

static int compare_step(struct comparing *comparing, struct bd_error *err)
{
	struct half *from = &comparing->from, *to = &comparing->to;
	int order = !from->path ? 1 : !to->path ? -1 : path_order(from->path, to->path);
	struct inside_difference difference = { .path = order <= 0 ? from->path : to->path,
						.from = order <= 0 ? from->meta : NULL,
						.to = order >= 0 ? to->meta : NULL };

	if (order == 0 && compare_files(comparing, &difference.bits, err) != 0)
		return -1;
	if ((order != 0 || difference.bits) && report(comparing, &difference, err) != 0)
		return -1;
	if (order <= 0 && step(from, err) != 0)
		return -1;
	return order >= 0 ? step(to, err) : 0;
}

/* The template that the guest of the second side was made from, as its config has it. */
static int open_template(const struct inside_diff *diff, struct diff_side *side_out, struct bd_error *err)
{
	BD_DISPOSE(image_place_dispose) struct image_place place = IMAGE_PLACE_INIT;
	BD_DISPOSE(bd_cfg_dispose) struct bd_cfg cfg = { 0 };

	if (diff->template)
		return diff_side_template(diff->template, diff->templates, side_out, err);
	if (image_place_open(diff->to, diff->dir, &place, err) != 0 ||
	    (place.cfg_path && bd_cfg_read(place.cfg_path, &cfg, err) != 0))
		return -1;
	if (!cfg.template)
		return bd_not_found(err, "it is not known from which template %s was made", place.image);
	return diff_side_template(cfg.template, diff->templates, side_out, err);
}

int inside_diff(const struct inside_diff *diff, bool *different_out, struct bd_error *err)
{
	BD_DISPOSE(comparing_dispose) struct comparing comparing = { .diff = diff };
	struct half *from = &comparing.from, *to = &comparing.to;

	if ((diff->from ? diff_side_image(diff->from, diff->dir, &from->side, err)
			: open_template(diff, &from->side, err)) != 0 ||
	    diff_side_image(diff->to, diff->dir, &to->side, err) != 0)
		return -1;
	bd_progress_stage("comparing", 0);
	if (step(from, err) != 0 || step(to, err) != 0)
		return -1;
	while (from->path || to->path)
		if (compare_step(&comparing, err) != 0)
			return -1;
	if (from->side.warn)
		from->side.warn(from->side.source);
	to->side.warn(to->side.source);
	*different_out = comparing.different;
	return 0;
}
