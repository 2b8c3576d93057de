/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Creates files from the entries of a stream. */
#include "ops/inside/copy_out.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/log.h"
#include "base/printable.h"
#include "base/process/cancel.h"
#include "base/progress.h"
#include "base/text.h"
#include "ops/inside/top.h"
#include "rootfs/posix_acl.h"

#define WRITE_BACK_BYTES (16u << 20)

struct directory_to_finish {
	char *name; /* relative to the base */
	mode_t mode;
	struct timespec times[2];
	bool failed; /* which was reported */
};

void inside_copy_out_dispose(struct inside_copy_out *out)
{
	bd_cleanup_close(&out->parent_fd);
	bd_cleanup_close(&out->base_fd);
	bd_cleanup_close(&out->through_fd);
	free(out->through_name);
	free(out->skipped);
	free(out->first_name);
	free(out->parent);
	tdestroy(out->tops, free);
	for (size_t i = 0; i < out->directory_count; i++)
		free(out->directories[i].name);
	free(out->directories);
	bd_first_names_dispose(&out->links);
	*out = (struct inside_copy_out)INSIDE_COPY_OUT_INIT;
}

/* --- the destination ---------------------------------------------------------------------------------------------- */

/* What the user names is followed, as cp(1) and scp(1) do. */
static int look_through(struct inside_copy_out *out, const char *destination, struct bd_error *err)
{
	BD_FREE char *real = realpath(destination, NULL);
	char folder[PATH_MAX];

	if (!real)
		return bd_fail_errno(err, "cannot follow the symbolic link %s", destination);
	bd_path_folder(real, folder);
	out->through_name = strdup(bd_path_last(real));
	if (!out->through_name)
		return bd_no_memory(err);
	out->through_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return out->through_fd < 0 ? bd_fail_errno(err, "cannot open the directory %s", folder) : 0;
}

/* It is no directory. */
static int look_at_first(struct inside_copy_out *out, const char *destination, struct bd_error *err)
{
	struct stat link, st;

	if (lstat(destination, &link) != 0)
		return 0; /* what is wrong with its folder is seen when that is opened */
	bool is_link = S_ISLNK(link.st_mode);
	if (stat(destination, &st) != 0) {
		out->leads_nowhere = is_link;
		return 0;
	}
	/* cp(1) writes into /dev/stdout and the like; a file in its place is what nobody wants. What a recursive copy has for a
	 * device itself is seen later. */
	if (!S_ISREG(st.st_mode) && (!out->recursive || is_link))
		return bd_exists(err, "%s is not a regular file and is not replaced", destination);
	return is_link ? look_through(out, destination, err) : 0;
}

static int open_base(struct inside_copy_out *out, const char *destination, struct bd_error *err)
{
	char folder[PATH_MAX];

	bd_path_folder(destination, folder);
	out->first_name = strdup(bd_path_last(destination));
	if (!out->first_name)
		return bd_no_memory(err);
	out->base_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return out->base_fd < 0 ? bd_fail_lookup(err, "cannot open the directory %s", folder) : 0;
}

int inside_copy_out_open(struct inside_copy_out *out, const char *destination, bool recursive, bool several,
			 struct bd_error *err)
{
	size_t size = strlen(destination), length = size;
	struct stat st;

	out->recursive = recursive;
	int r = stat(destination, &st);
	if (r == 0 && S_ISDIR(st.st_mode)) {
		out->base_fd = open(destination, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		return out->base_fd < 0 ? bd_fail_errno(err, "cannot open the directory %s", destination) : 0;
	}
	while (length > 1 && destination[length - 1] == '/')
		length--;
	out->must_be_directory = length < size;
	/* A directory of that name can be created, but only from one. */
	if (several || (out->must_be_directory && (!recursive || errno != ENOENT)))
		return bd_fail(err, ENOTDIR, "%s is not a directory", destination);
	BD_FREE char *name = strndup(destination, length);
	if (!name)
		return bd_no_memory(err);
	return look_at_first(out, name, err) != 0 ? -1 : open_base(out, name, err);
}

/* --- names -------------------------------------------------------------------------------------------------------- */

static int name_of(const struct inside_copy_out *out, struct inside_top *top, const char *path, char **name_out,
		   struct bd_error *err)
{
	const char *name;

	if (inside_top_take(top, path, &name, err) != 0)
		return -1;
	if (!out->first_name) {
		*name_out = strdup(name);
	} else {
		const char *rest = top->is_contents ? name : strchr(name, '/');
		const char *separator = rest && *rest && *rest != '/' ? "/" : "";
		if (asprintf(name_out, "%s%s%s", out->first_name, separator, rest ? rest : "") < 0)
			*name_out = NULL;
	}
	return *name_out ? 0 : bd_no_memory(err);
}

static bool is_component(const char *name, size_t size)
{
	return size && !(size == 1 && name[0] == '.') && !(size == 2 && memcmp(name, "..", 2) == 0);
}

/* Every component is opened by itself, and must be a directory, not a symbolic link. */
static int open_parent(struct inside_copy_out *out, const char *name, const char **last_out, struct bd_error *err)
{
	const char *slash = strrchr(name, '/');
	size_t size = slash ? (size_t)(slash - name) : 0;

	*last_out = slash ? slash + 1 : name;
	if (!is_component(*last_out, strlen(*last_out)))
		return bd_fail(err, EINVAL, "its name cannot be created");
	if (out->parent && strlen(out->parent) == size && memcmp(out->parent, name, size) == 0)
		return 0;
	BD_CLOSE int fd = fcntl(out->base_fd, F_DUPFD_CLOEXEC, 0);
	for (const char *at = name; fd >= 0 && at < name + size;) {
		size_t length = strcspn(at, "/");
		BD_FREE char *component = strndup(at, length);
		if (!component)
			return bd_no_memory(err);
		if (!is_component(at, length))
			return bd_fail(err, EINVAL, "its name cannot be created");
		int next = openat(fd, component, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (next < 0)
			return bd_fail_errno(err, "cannot open the directory %s", component);
		close(fd);
		fd = next;
		at += length + 1;
	}
	if (fd < 0)
		return bd_fail_errno(err, "cannot open the directory");
	free(out->parent);
	out->parent = strndup(name, size);
	if (!out->parent)
		return bd_no_memory(err);
	bd_cleanup_close(&out->parent_fd);
	out->parent_fd = bd_take_fd(&fd);
	return 0;
}

/* --- errors ------------------------------------------------------------------------------------------------------- */

void inside_copy_out_report(struct inside_copy_out *out, const struct bd_error *err)
{
	bd_log(BD_LOG_ERROR, "%s", err->message);
	if (!out->first.code)
		out->first = *err;
}

/* What is below a directory that could not be created is not reported again. */
static bool is_skipped(const struct inside_copy_out *out, const char *name)
{
	size_t size = out->skipped ? strlen(out->skipped) : 0;

	return out->skipped && strncmp(name, out->skipped, size) == 0 && name[size] == '/';
}

static void skip_below(struct inside_copy_out *out, const char *name)
{
	free(out->skipped);
	out->skipped = strdup(name);
}

/* --- metadata ----------------------------------------------------------------------------------------------------- */

static bool keeps_owner(void)
{
	return geteuid() == 0;
}

/* Without the owner, these bits would be another one's. */
static mode_t mode_of(const struct bd_file_meta *meta)
{
	return meta->mode & (keeps_owner() ? 07777 : 0777);
}

static void warn_once(struct inside_copy_out *out, const char *what)
{
	if (!out->warned)
		bd_warn("%s cannot be kept here: %s", what, strerror(errno));
	out->warned = true;
}

/* What it has inherited from a default ACL of its directory would let in others than in the image. */
static int remove_acls(const char *at, const struct bd_file_meta *meta, struct bd_error *err)
{
	static const char *const names[] = { BD_XATTR_ACL_ACCESS, BD_XATTR_ACL_DEFAULT };

	if (S_ISLNK(meta->mode))
		return 0;
	for (size_t i = 0; i < (S_ISDIR(meta->mode) ? 2 : 1); i++)
		if (lremovexattr(at, names[i]) != 0 && errno != ENODATA && errno != ENOTSUP)
			return bd_fail_errno(err, "cannot remove the ACL that it has inherited");
	return 0;
}

/* at: by which the file is reached, without following it when it is a symbolic link. */
static int put_xattrs(struct inside_copy_out *out, const char *at, const struct bd_file_meta *meta,
		      struct bd_error *err)
{
	for (size_t i = 0; i < meta->xattr_count; i++) {
		const struct bd_xattr *xattr = &meta->xattrs[i];
		if (lsetxattr(at, xattr->name, xattr->value, xattr->size_bytes, 0) == 0)
			continue;
		if (errno != EPERM && errno != ENOTSUP && errno != EACCES)
			return bd_fail_errno(err, "cannot set its extended attribute %s", xattr->name);
		/* Another user cannot set most of them, which is to be expected. */
		if (keeps_owner() || errno == ENOTSUP)
			warn_once(out, "some extended attributes");
	}
	return 0;
}

static void times_of(const struct bd_file_meta *meta, struct timespec times_out[2])
{
	times_out[0] = (struct timespec){ meta->atime_s, (long)meta->atime_ns };
	times_out[1] = (struct timespec){ meta->mtime_s, (long)meta->mtime_ns };
}

/* The mode last, as another owner takes bits of it away. */
static int put_meta(struct inside_copy_out *out, int parent_fd, const char *name, const struct bd_file_meta *meta,
		    bool with_mode, struct bd_error *err)
{
	char at[64 + NAME_MAX];
	struct timespec times[2];

	snprintf(at, sizeof(at), "/proc/self/fd/%d/%s", parent_fd, name);
	times_of(meta, times);
	if (keeps_owner() && fchownat(parent_fd, name, meta->uid, meta->gid, AT_SYMLINK_NOFOLLOW) != 0)
		return bd_fail_errno(err, "cannot set its owner");
	if (remove_acls(at, meta, err) != 0 || put_xattrs(out, at, meta, err) != 0)
		return -1;
	if (with_mode && !S_ISLNK(meta->mode) && fchmodat(parent_fd, name, mode_of(meta), 0) != 0)
		return bd_fail_errno(err, "cannot set its mode");
	if (utimensat(parent_fd, name, times, AT_SYMLINK_NOFOLLOW) != 0)
		return bd_fail_errno(err, "cannot set its times");
	return 0;
}

/* --- files -------------------------------------------------------------------------------------------------------- */

/* 1: the rest of it cannot be read. */
static int write_content(struct inside_copy_out *out, struct bd_file_stream *stream, int fd, uint64_t size_bytes,
			 struct bd_error *err)
{
	const void *data;
	uint64_t offset, begun = 0;
	size_t size;
	int more;

	while ((more = bd_file_stream_block(stream, &data, &size, &offset, err)) > 0) {
		if (offset > size_bytes || size > size_bytes - offset)
			return bd_fail(err, EIO, "its content is longer than its size");
		if (bd_pwrite_all(fd, data, size, offset, "cannot write it", err) != 0)
			return -1;
		/* The disk can begin while the rest is read. */
		if (offset + size - begun >= WRITE_BACK_BYTES) {
			sync_file_range(fd, (off_t)begun, (off_t)(offset + size - begun), SYNC_FILE_RANGE_WRITE);
			begun = offset + size;
		}
		out->done_bytes += size;
		bd_progress_update(out->done_bytes);
	}
	if (more < 0) {
		out->stream_failed = true;
		return -1;
	}
	if (bd_file_stream_ends_early(stream))
		return 1;
	return ftruncate(fd, (off_t)size_bytes) == 0 ? 0 : bd_fail_errno(err, "cannot set its size");
}

static void temporary_name(const struct inside_copy_out *out, char name_out[64])
{
	snprintf(name_out, 64, ".xen-bigdisk-cp-%ld-%llu", (long)getpid(), (unsigned long long)out->files);
}

/* Under another name, until all of it is there. 1: as write_content. */
static int make_file(struct inside_copy_out *out, struct bd_file_stream *stream, int parent_fd, const char *temporary,
		     const struct bd_stream_entry *entry, struct bd_error *err)
{
	const struct bd_file_meta *meta = &entry->meta;

	switch (meta->mode & S_IFMT) {
	case S_IFREG: {
		BD_CLOSE int fd = openat(parent_fd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd < 0)
			return bd_fail_errno(err, "cannot create it");
		return write_content(out, stream, fd, meta->size_bytes, err);
	}
	case S_IFLNK:
		return symlinkat(meta->target, parent_fd, temporary) == 0
			       ? 0
			       : bd_fail_errno(err, "cannot create the symbolic link");
	default:
		return mknodat(parent_fd, temporary, (meta->mode & S_IFMT) | 0600,
			       makedev(meta->rdev_major, meta->rdev_minor)) == 0
			       ? 0
			       : bd_fail_errno(err, "cannot create the device, FIFO or socket");
	}
}

/* 1: as write_content; nothing was created. */
static int put_file(struct inside_copy_out *out, struct bd_file_stream *stream, int parent_fd, const char *last,
		    const struct bd_stream_entry *entry, struct bd_error *err)
{
	char temporary[64];
	struct stat st;

	/* A device or FIFO of the host is not what a file was to be copied over. */
	if (S_ISREG(entry->meta.mode) && fstatat(parent_fd, last, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode) || S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)))
		return bd_exists(err,
				 "it already exists as a device, FIFO or socket, which is not replaced by a file");
	temporary_name(out, temporary);
	int r = make_file(out, stream, parent_fd, temporary, entry, err);
	if (r == 0)
		r = put_meta(out, parent_fd, temporary, &entry->meta, true, err);
	if (r == 0 && renameat(parent_fd, temporary, parent_fd, last) != 0)
		r = bd_fail_errno(err, "cannot give it its name");
	if (r != 0)
		unlinkat(parent_fd, temporary, 0);
	return r;
}

static int put_hard_link(struct inside_copy_out *out, const char *first, const char *last, struct bd_error *err)
{
	char temporary[64];

	/* first is of our own making; its directories were opened without following a link. */
	temporary_name(out, temporary);
	if (linkat(out->base_fd, first, out->parent_fd, temporary, 0) != 0)
		return bd_fail_errno(err, "cannot create the hard link to %s", first);
	if (renameat(out->parent_fd, temporary, out->parent_fd, last) != 0) {
		bd_fail_errno(err, "cannot give it its name");
		unlinkat(out->parent_fd, temporary, 0);
		return -1;
	}
	/* Where both are names of one file already, renaming leaves both. */
	unlinkat(out->parent_fd, temporary, 0);
	return 0;
}

static int put_directory(struct inside_copy_out *out, const char *name, const char *last,
			 const struct bd_file_meta *meta, struct bd_error *err)
{
	struct stat st;

	if (mkdirat(out->parent_fd, last, 0700) != 0 &&
	    (errno != EEXIST || fstatat(out->parent_fd, last, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
	     !S_ISDIR(st.st_mode))) {
		if (errno == EEXIST)
			bd_exists(err, "it already exists and is not a directory");
		else
			bd_fail_errno(err, "cannot create the directory");
		skip_below(out, name);
		return -1;
	}
	if (bd_array_reserve(out->directories, out->directory_capacity, out->directory_count + 1, err) != 0)
		return -1;
	struct directory_to_finish *directory = &out->directories[out->directory_count];
	*directory = (struct directory_to_finish){ .name = strdup(name), .mode = mode_of(meta) };
	if (!directory->name)
		return bd_no_memory(err);
	out->directory_count++;
	times_of(meta, directory->times);
	directory->failed = put_meta(out, out->parent_fd, last, meta, false, err) != 0;
	return directory->failed ? -1 : 0;
}

/* What takes the place of the destination. */
static int check_first(const struct inside_copy_out *out, mode_t mode, struct bd_error *err)
{
	if (out->must_be_directory && !S_ISDIR(mode))
		return bd_fail(err, ENOTDIR, "%s is not a directory", out->first_name);
	if (out->leads_nowhere && S_ISREG(mode))
		return bd_exists(err, "%s is a symbolic link that leads nowhere, and is not followed",
				 out->first_name);
	return 0;
}

/* A regular file with several names is in the list of them from its first one on. */
static int put_other(struct inside_copy_out *out, struct bd_file_stream *stream, const char *name, const char *last,
		     const struct bd_stream_entry *entry, struct bd_error *err)
{
	bool has_several = entry->links > 1 && entry->inode;
	bool is_through = out->through_fd >= 0 && S_ISREG(entry->meta.mode) && strcmp(name, out->first_name) == 0;
	BD_FREE char *first = NULL;

	if (has_several &&
	    bd_first_names_visit(&out->links, out->streams, entry->inode, entry->links, name, &first, err) != 0)
		return -1;
	if (first)
		return put_hard_link(out, first, last, err);
	int r = put_file(out, stream, is_through ? out->through_fd : out->parent_fd,
			 is_through ? out->through_name : last, entry, err);
	if (r != 0 && has_several)
		bd_first_names_forget(&out->links, out->streams, entry->inode);
	return r < 0 ? -1 : 0;
}

static int compare_names(const void *one, const void *other)
{
	return strcmp(one, other);
}

/* As cp(1): of two files of one name that are to go into one directory, one would be lost. */
static int note_top(struct inside_copy_out *out, const char *name, struct bd_error *err)
{
	if (strchr(name, '/'))
		return 0;
	if (tfind(name, &out->tops, compare_names))
		return bd_exists(err, "another file of this command already has that name");
	char *copy = strdup(name);
	if (copy && tsearch(copy, &out->tops, compare_names))
		return 0;
	free(copy);
	return bd_no_memory(err);
}

static int put_entry(struct inside_copy_out *out, struct bd_file_stream *stream, const char *name,
		     const struct bd_stream_entry *entry, struct bd_error *err)
{
	const char *last;

	if (S_ISDIR(entry->meta.mode) && !*name) /* what is in the root directory goes into one that exists */
		return 0;
	if (!out->recursive && !S_ISREG(entry->meta.mode))
		return S_ISDIR(entry->meta.mode) ? bd_fail(err, EISDIR, "it is a directory")
						 : bd_fail(err, EINVAL, "it is not a regular file");
	if ((out->first_name && strcmp(name, out->first_name) == 0 && check_first(out, entry->meta.mode, err) != 0) ||
	    (!S_ISDIR(entry->meta.mode) && note_top(out, name, err) != 0))
		return -1;
	if (open_parent(out, name, &last, err) != 0)
		return -1;
	return S_ISDIR(entry->meta.mode) ? put_directory(out, name, last, &entry->meta, err)
					 : put_other(out, stream, name, last, entry, err);
}

/* A pattern that matches several files needs a directory. */
static int check_several(const struct inside_copy_out *out, const struct inside_top *top, const char *path,
			 struct bd_error *err)
{
	if (out->first_name && top->path && strcmp(top->path, path) == 0 && out->files > 0)
		return bd_fail(err, ENOTDIR, "several files can only be copied to a directory that exists");
	return 0;
}

/* -1: the stream cannot go on. */
static int take_entry(struct inside_copy_out *out, struct bd_file_stream *stream, struct inside_top *top,
		      const struct bd_stream_entry *entry, const char *image, struct bd_error *err)
{
	BD_FREE char *name = NULL;

	if (bd_cancel_check(err) != 0 || name_of(out, top, entry->path, &name, err) != 0 ||
	    check_several(out, top, entry->path, err) != 0)
		return -1;
	if (!is_skipped(out, name) && put_entry(out, stream, name, entry, err) != 0) {
		bd_wrap_entry(err, "", entry->path);
		if (out->stream_failed || err->kind == BD_KIND_CANCELED)
			return -1;
		bd_wrap(err, "%s", image);
		inside_copy_out_report(out, err);
	}
	out->files++;
	return 0;
}

int inside_copy_out_stream(struct inside_copy_out *out, struct bd_file_stream *stream, const char *image,
			   struct bd_error *err)
{
	BD_DISPOSE(inside_top_dispose) struct inside_top top = { 0 };
	const struct bd_stream_entry *entry;
	int r;

	out->streams++;
	out->stream_failed = false;
	while ((r = bd_file_stream_next(stream, &entry, err)) > 0) {
		if (r == 1 && take_entry(out, stream, &top, entry, image, err) != 0)
			return bd_wrap(err, "%s", image);
		if (r == 1)
			continue;
		bd_wrap(err, "%s", image);
		inside_copy_out_report(out, err);
	}
	return r == 0 ? 0 : bd_wrap(err, "%s", image);
}

static void finish_directory(struct inside_copy_out *out, const struct directory_to_finish *directory)
{
	struct bd_error err = BD_ERROR_INIT;
	const char *last;

	if (open_parent(out, directory->name, &last, &err) == 0) {
		if (fchmodat(out->parent_fd, last, directory->mode, 0) == 0 &&
		    utimensat(out->parent_fd, last, directory->times, AT_SYMLINK_NOFOLLOW) == 0)
			return;
		bd_fail_errno(&err, "cannot set its mode and times");
	}
	bd_wrap_entry(&err, "", directory->name);
	if (!directory->failed)
		inside_copy_out_report(out, &err);
}

int inside_copy_out_finish(struct inside_copy_out *out, struct bd_error *err)
{
	for (size_t i = out->directory_count; i-- > 0;)
		finish_directory(out, &out->directories[i]);
	if (!out->first.code)
		return 0;
	*err = out->first;
	err->message[0] = '\0';
	err->field = 0;
	return -1;
}
