/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Collects files from streams and from this host. */
#include "ops/inside/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/file/temporary_file.h"
#include "base/printable.h"
#include "base/process/cancel.h"
#include "import/directory/host_file.h"
#include "ops/inside/top.h"

struct inside_spool_item {
	char *path; /* in the image; owned */
	char *name; /* relative to the spool's path; NULL: path is all; owned */
	char *first_name; /* it is one more name of that one; owned */
	char *host_path; /* its content lies here; owned */
	struct bd_file_meta meta;
	char *target;
	struct bd_xattr *xattrs; /* with the names and values behind them */
	struct bd_change_range *ranges;
	size_t range_count, range_capacity;
};

static void item_free(struct inside_spool_item *item)
{
	free(item->path);
	free(item->name);
	free(item->first_name);
	free(item->host_path);
	free(item->target);
	free(item->xattrs);
	free(item->ranges);
	free(item);
}

void inside_spool_dispose(struct inside_spool *spool)
{
	for (size_t i = 0; i < spool->count; i++)
		item_free(spool->items[i]);
	free(spool->items);
	bd_cleanup_close(&spool->fd);
	bd_first_names_dispose(&spool->links);
	*spool = (struct inside_spool)INSIDE_SPOOL_INIT;
}

/* --- items -------------------------------------------------------------------------------------------------------- */

static int copy_xattrs(const struct bd_file_meta *meta, struct inside_spool_item *item, struct bd_error *err)
{
	size_t size = meta->xattr_count * sizeof(*item->xattrs);

	if (!meta->xattr_count)
		return 0;
	for (size_t i = 0; i < meta->xattr_count; i++)
		size += strlen(meta->xattrs[i].name) + 1 + meta->xattrs[i].size_bytes;
	item->xattrs = malloc(size);
	if (!item->xattrs)
		return bd_no_memory(err);
	char *at = (char *)(item->xattrs + meta->xattr_count);
	for (size_t i = 0; i < meta->xattr_count; i++) {
		const struct bd_xattr *from = &meta->xattrs[i];
		size_t name_size = strlen(from->name) + 1;
		item->xattrs[i] = (struct bd_xattr){ at, at + name_size, from->size_bytes };
		memcpy(at, from->name, name_size);
		if (from->size_bytes)
			memcpy(at + name_size, from->value, from->size_bytes);
		at += name_size + from->size_bytes;
	}
	item->meta.xattrs = item->xattrs;
	return 0;
}

/* name: relative to the spool's path; "": that itself. */
static int add_item(struct inside_spool *spool, const char *name, const struct bd_file_meta *meta,
		    struct inside_spool_item **item_out, struct bd_error *err)
{
	if (bd_array_reserve(spool->items, spool->capacity, spool->count + 1, err) != 0)
		return -1;
	struct inside_spool_item *item = calloc(1, sizeof(*item));
	if (!item)
		return bd_no_memory(err);
	spool->items[spool->count++] = item;
	item->path = strdup(spool->path);
	item->name = *name ? strdup(name) : NULL;
	item->target = meta->target ? strdup(meta->target) : NULL;
	if (!item->path || (*name && !item->name) || (meta->target && !item->target))
		return bd_no_memory(err);
	item->meta = *meta;
	item->meta.target = item->target;
	item->meta.xattrs = NULL;
	if (spool->uid >= 0)
		item->meta.uid = (uint32_t)spool->uid;
	if (spool->gid >= 0)
		item->meta.gid = (uint32_t)spool->gid;
	*item_out = item;
	return copy_xattrs(meta, item, err);
}

/* The spool's path, and name in it. */
static int join(const struct inside_spool *spool, const char *name, char **path_out, struct bd_error *err)
{
	size_t size = strlen(spool->path);
	bool needs_slash = *name && !(size && spool->path[size - 1] == '/');

	*path_out = malloc(size + 1 + strlen(name) + 1);
	if (!*path_out)
		return bd_no_memory(err);
	stpcpy(stpcpy(stpcpy(*path_out, spool->path), needs_slash ? "/" : ""), name);
	return 0;
}

/* The contents of a directory go to the path itself, whether that is a directory already or not. */
static int make_contents(const struct inside_spool *spool, const char *name, struct inside_spool_item *item,
			 struct bd_error *err)
{
	free(item->path);
	free(item->name);
	item->name = NULL;
	return join(spool, name, &item->path, err);
}

static int add_range(struct inside_spool_item *item, uint64_t offset_bytes, uint64_t size_bytes,
		     uint64_t source_bytes, struct bd_error *err)
{
	struct bd_change_range *last = item->range_count ? &item->ranges[item->range_count - 1] : NULL;

	if (last && last->offset_bytes + last->size_bytes == offset_bytes &&
	    last->source_bytes + last->size_bytes == source_bytes) {
		last->size_bytes += size_bytes;
		return 0;
	}
	if (bd_array_reserve(item->ranges, item->range_capacity, item->range_count + 1, err) != 0)
		return -1;
	item->ranges[item->range_count++] = (struct bd_change_range){ offset_bytes, size_bytes, source_bytes };
	return 0;
}

/* --- streams ------------------------------------------------------------------------------------------------------ */

static int spool_content(struct inside_spool *spool, struct bd_file_stream *stream, struct inside_spool_item *item,
			 bd_progress_report progress, struct bd_error *err)
{
	const void *data;
	uint64_t offset;
	size_t size;
	int more;

	if (spool->fd < 0 && bd_open_temporary(&spool->fd, err) != 0)
		return -1;
	while ((more = bd_file_stream_block(stream, &data, &size, &offset, err)) > 0) {
		if (offset > item->meta.size_bytes || size > item->meta.size_bytes - offset)
			return bd_fail(err, EIO, "its content is longer than its size");
		if (bd_write_temporary(spool->fd, data, size, spool->end_bytes, err) != 0 ||
		    add_range(item, offset, size, spool->end_bytes, err) != 0)
			return -1;
		spool->end_bytes += size;
		spool->content_bytes += size;
		if (progress)
			progress(spool->content_bytes);
	}
	return more;
}

/* An archive's "./etc/motd" and "etc/motd". "..": its reader refuses them. */
static const char *skip_dots(const char *path)
{
	while (path[0] == '/' || (path[0] == '.' && (path[1] == '/' || !path[1])))
		path++;
	return path;
}

static int add_stream_item(struct inside_spool *spool, const struct bd_stream_entry *entry, const char *name,
			   bool is_contents, struct inside_spool_item **item_out, struct bd_error *err)
{
	if (add_item(spool, name, &entry->meta, item_out, err) != 0 ||
	    (is_contents && make_contents(spool, name, *item_out, err) != 0))
		return -1;
	struct inside_spool_item *item = *item_out;
	if (entry->hardlink)
		return join(spool, skip_dots(entry->hardlink), &item->first_name, err);
	if (entry->links < 2 || S_ISDIR(entry->meta.mode) || !entry->inode)
		return 0;
	return bd_first_names_visit(&spool->links, spool->streams, entry->inode, entry->links,
				    item->name ? item->name : item->path, &item->first_name, err);
}

/* cpio has the content with the last name of a file. */
static int spool_late_content(struct inside_spool *spool, struct bd_file_stream *stream,
			      const struct inside_spool_item *link, bd_progress_report progress, struct bd_error *err)
{
	for (size_t i = spool->count; i-- > 0;) {
		struct inside_spool_item *item = spool->items[i];
		if (item->first_name || strcmp(item->path, link->first_name) != 0)
			continue;
		if (item->range_count || !S_ISREG(item->meta.mode))
			return 0;
		item->meta.size_bytes = link->meta.size_bytes;
		return spool_content(spool, stream, item, progress, err);
	}
	return bd_fail(err, EINVAL, "it is one more name of %s, which is not in the archive", link->first_name);
}

static int spool_entry(struct inside_spool *spool, struct bd_file_stream *stream, const struct bd_stream_entry *entry,
		       struct inside_top *top, bool is_archive, bd_progress_report progress, struct bd_error *err)
{
	struct inside_spool_item *item;
	const char *name = skip_dots(entry->path);

	if (bd_cancel_check(err) != 0 || (!is_archive && inside_top_take(top, entry->path, &name, err) != 0))
		return -1;
	if (add_stream_item(spool, entry, name, is_archive || top->is_contents, &item, err) != 0)
		return -1;
	if (item->first_name && entry->hardlink && entry->meta.size_bytes)
		return spool_late_content(spool, stream, item, progress, err);
	if (!S_ISREG(item->meta.mode) || item->first_name)
		return 0;
	return spool_content(spool, stream, item, progress, err);
}

int inside_spool_stream(struct inside_spool *spool, struct bd_file_stream *stream, bool is_archive,
			bd_progress_report progress, struct bd_error *err)
{
	const struct bd_stream_entry *entry;
	struct inside_top top = { 0 };
	int r;

	spool->streams++;
	spool->makes_parents = is_archive;
	while ((r = bd_file_stream_next(stream, &entry, err)) == 1)
		if (spool_entry(spool, stream, entry, &top, is_archive, progress, err) != 0) {
			bd_wrap_entry(err, "", entry->path);
			r = -1;
			break;
		}
	inside_top_dispose(&top);
	return r == 0 ? 0 : -1;
}

/* --- this host ---------------------------------------------------------------------------------------------------- */

static int note_ranges(struct inside_spool *spool, struct inside_spool_item *item, int fd, struct bd_error *err)
{
	uint64_t size = item->meta.size_bytes;

	for (uint64_t at = 0; at < size;) {
		off_t begin = lseek(fd, (off_t)at, SEEK_DATA);
		if (begin < 0 && errno == ENXIO) /* a hole up to the end */
			return 0;
		off_t end = begin < 0 ? -1 : lseek(fd, begin, SEEK_HOLE);
		if (begin < 0 || end < 0) { /* its filesystem does not tell */
			begin = (off_t)at;
			end = (off_t)size;
		}
		if ((uint64_t)end > size)
			end = (off_t)size;
		if (begin >= end)
			return 0;
		if (add_range(item, (uint64_t)begin, (uint64_t)(end - begin), (uint64_t)begin, err) != 0)
			return -1;
		spool->content_bytes += (uint64_t)(end - begin);
		at = (uint64_t)end;
	}
	return 0;
}

static size_t last_component(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (size_t)(slash + 1 - path) : 0;
}

static int open_folder(const char *path, int *fd_out, struct bd_error *err)
{
	BD_FREE char *folder = last_component(path) ? strndup(path, last_component(path)) : strdup(".");

	if (!folder)
		return bd_no_memory(err);
	*fd_out = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *fd_out < 0 ? bd_fail_lookup(err, "cannot open the directory %s", folder) : 0;
}

/* is_contents: of the directory whose contents are meant, or that directory, whose name is "". */
static int add_host_file(struct inside_spool *spool, const char *host_path, const char *name, bool is_contents,
			 struct bd_error *err)
{
	BD_DISPOSE(bd_host_meta_dispose) struct bd_host_meta meta = { 0 };
	BD_CLOSE int folder_fd = -1;
	BD_CLOSE int fd = -1;
	struct inside_spool_item *item;
	const char *last = host_path + last_component(host_path);
	struct statx stat;

	if (open_folder(host_path, &folder_fd, err) != 0 || bd_host_stat(folder_fd, last, &stat, err) != 0)
		return -1;
	if (S_ISREG(stat.stx_mode) && (fd = bd_host_open(folder_fd, last, &stat, err)) < 0)
		return -1;
	if (bd_host_read_meta(folder_fd, last, fd, &stat, &meta, err) != 0 ||
	    add_item(spool, name, &meta.meta, &item, err) != 0 ||
	    (is_contents && make_contents(spool, name, item, err) != 0))
		return -1;
	if (!S_ISDIR(stat.stx_mode) && stat.stx_nlink > 1 &&
	    bd_first_names_visit(&spool->links, (uint64_t)stat.stx_dev_major << 32 | stat.stx_dev_minor, stat.stx_ino,
				 stat.stx_nlink, item->name ? item->name : item->path, &item->first_name, err) != 0)
		return -1;
	if (fd < 0 || item->first_name)
		return 0;
	item->host_path = strdup(host_path);
	return item->host_path ? note_ranges(spool, item, fd, err) : bd_no_memory(err);
}

static int walk_host(struct inside_spool *spool, FTS *walk, size_t name_at, bool is_contents, struct bd_error *err)
{
	FTSENT *at;

	for (errno = 0; (at = fts_read(walk)); errno = 0) {
		if (bd_cancel_check(err) != 0)
			return -1;
		errno = at->fts_errno;
		if (at->fts_info == FTS_DNR || at->fts_info == FTS_ERR || at->fts_info == FTS_NS)
			return bd_fail_errno(err, "cannot read %s", at->fts_path);
		if (at->fts_info == FTS_DP)
			continue;
		const char *name = at->fts_path + name_at;
		if (add_host_file(spool, at->fts_path, name + strspn(name, "/"), is_contents, err) != 0)
			return bd_wrap_entry(err, "", at->fts_path);
	}
	return errno ? bd_fail_errno(err, "cannot read the directory") : 0;
}

/* Of "dir/" and ".." the name is that of the directory itself. */
static int name_of(const char *path, char **real_out, struct bd_error *err)
{
	*real_out = realpath(path, NULL);
	return *real_out ? 0 : bd_fail_lookup(err, "cannot access %s", path);
}

static bool has_own_name(const char *path)
{
	const char *name = path + last_component(path);

	return *name && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

int inside_spool_host(struct inside_spool *spool, const char *host_path, bool recursive, struct bd_error *err)
{
	BD_FREE char *real = NULL;
	struct stat st;

	if ((recursive ? lstat : stat)(host_path, &st) != 0)
		return bd_fail_lookup(err, "cannot access %s", host_path);
	if (!recursive && S_ISDIR(st.st_mode))
		return bd_fail(err, EISDIR, "%s is a directory", host_path);
	if (!recursive && !S_ISREG(st.st_mode))
		return bd_fail(err, EINVAL, "%s is not a regular file", host_path);
	const char *name = host_path + last_component(host_path);
	bool is_contents = recursive && strcmp(name, ".") == 0;
	if ((!has_own_name(host_path) || !recursive) && name_of(host_path, &real, err) != 0)
		return -1;
	if (!recursive) /* what the link leads to, by the link's name */
		return add_host_file(spool, real, name, false, err) != 0 ? bd_wrap_entry(err, "", host_path) : 0;
	char *const roots[] = { real ? real : (char *)host_path, NULL };
	FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	if (!walk)
		return bd_fail_errno(err, "cannot read %s", host_path);
	int r = walk_host(spool, walk, is_contents ? strlen(roots[0]) : last_component(roots[0]), is_contents, err);
	fts_close(walk);
	return r;
}

/* ------------------------------------------------------------------------------------------------------------------ */

static void make_change(const struct inside_spool *spool, const struct inside_spool_item *item,
			struct bd_change *change)
{
	*change = (struct bd_change){ .kind = item->first_name ? BD_CHANGE_LINK : BD_CHANGE_PUT,
				      .path = item->path,
				      .source = item->first_name,
				      .name_in_directory = item->name,
				      .must_be_directory = spool->must_be_directory && item->name,
				      .meta = &item->meta,
				      .merge = S_ISDIR(item->meta.mode),
				      .parents = spool->makes_parents,
				      .force = true,
				      .once = !spool->makes_parents,
				      .fd = spool->fd,
				      .host_path = item->host_path,
				      .ranges = item->ranges,
				      .range_count = item->range_count,
				      .uid = -1,
				      .gid = -1 };
}

int inside_spool_changes(struct inside_spool *spool, struct bd_change **changes_out, struct bd_error *err)
{
	struct bd_change *changes = calloc(spool->count ? spool->count : 1, sizeof(*changes));

	if (!changes)
		return bd_no_memory(err);
	for (size_t i = 0; i < spool->count; i++)
		make_change(spool, spool->items[i], &changes[i]);
	*changes_out = changes;
	return 0;
}
