/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Creates files from the entries of a stream. */
#include "ops/inside/copy_out.h"

#include <errno.h>
#include <fcntl.h>
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
#include "ops/inside/top.h"
#include "rootfs/posix_acl.h"

#define WRITE_BACK_BYTES (16u << 20)

struct directory_to_finish {
	char *name; /* relative to the base */
	mode_t mode;
	struct timespec times[2];
};

void inside_copy_out_dispose(struct inside_copy_out *out)
{
	bd_cleanup_close(&out->parent_fd);
	bd_cleanup_close(&out->base_fd);
	free(out->first_name);
	free(out->parent);
	for (size_t i = 0; i < out->directory_count; i++)
		free(out->directories[i].name);
	free(out->directories);
	bd_first_names_dispose(&out->links);
	*out = (struct inside_copy_out)INSIDE_COPY_OUT_INIT;
}

int inside_copy_out_open(struct inside_copy_out *out, const char *destination, bool recursive, bool several,
			 struct bd_error *err)
{
	struct stat st;

	out->recursive = recursive;
	bool exists = stat(destination, &st) == 0;
	if (exists && S_ISDIR(st.st_mode)) {
		out->base_fd = open(destination, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		return out->base_fd < 0 ? bd_fail_errno(err, "cannot open the directory %s", destination) : 0;
	}
	/* cp(1) writes into /dev/stdout and the like; a file in its place is what nobody wants. What a recursive copy has for a
	 * device itself is seen later. */
	if (exists && !S_ISREG(st.st_mode) && (!recursive || (lstat(destination, &st) == 0 && S_ISLNK(st.st_mode))))
		return bd_exists(err, "%s is not a regular file and is not replaced", destination);
	size_t size = strlen(destination);
	if (several || (size && destination[size - 1] == '/'))
		return bd_fail(err, ENOTDIR, "%s is not a directory", destination);
	const char *slash = strrchr(destination, '/');
	BD_FREE char *parent = slash ? strndup(destination, (size_t)(slash + 1 - destination)) : strdup(".");
	out->first_name = strdup(slash ? slash + 1 : destination);
	if (!parent || !out->first_name)
		return bd_no_memory(err);
	out->base_fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return out->base_fd < 0 ? bd_fail_lookup(err, "cannot open the directory %s", parent) : 0;
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
		const char *rest = top->is_root ? name : strchr(name, '/');
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
static int put_meta(struct inside_copy_out *out, const char *name, const struct bd_file_meta *meta, bool with_mode,
		    struct bd_error *err)
{
	char at[64 + NAME_MAX];
	struct timespec times[2];

	snprintf(at, sizeof(at), "/proc/self/fd/%d/%s", out->parent_fd, name);
	times_of(meta, times);
	if (keeps_owner() && fchownat(out->parent_fd, name, meta->uid, meta->gid, AT_SYMLINK_NOFOLLOW) != 0)
		return bd_fail_errno(err, "cannot set its owner");
	if (remove_acls(at, meta, err) != 0 || put_xattrs(out, at, meta, err) != 0)
		return -1;
	if (with_mode && !S_ISLNK(meta->mode) && fchmodat(out->parent_fd, name, mode_of(meta), 0) != 0)
		return bd_fail_errno(err, "cannot set its mode");
	if (utimensat(out->parent_fd, name, times, AT_SYMLINK_NOFOLLOW) != 0)
		return bd_fail_errno(err, "cannot set its times");
	return 0;
}

/* --- files -------------------------------------------------------------------------------------------------------- */

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
	if (more < 0)
		return -1;
	return ftruncate(fd, (off_t)size_bytes) == 0 ? 0 : bd_fail_errno(err, "cannot set its size");
}

static void temporary_name(const struct inside_copy_out *out, char name_out[64])
{
	snprintf(name_out, 64, ".xen-bigdisk-cp-%ld-%llu", (long)getpid(), (unsigned long long)out->files);
}

/* Under another name, until all of it is there. */
static int make_file(struct inside_copy_out *out, struct bd_file_stream *stream, const char *temporary,
		     const struct bd_stream_entry *entry, struct bd_error *err)
{
	const struct bd_file_meta *meta = &entry->meta;

	switch (meta->mode & S_IFMT) {
	case S_IFREG: {
		BD_CLOSE int fd = openat(out->parent_fd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd < 0)
			return bd_fail_errno(err, "cannot create it");
		return write_content(out, stream, fd, meta->size_bytes, err);
	}
	case S_IFLNK:
		return symlinkat(meta->target, out->parent_fd, temporary) == 0
			       ? 0
			       : bd_fail_errno(err, "cannot create the symbolic link");
	default:
		return mknodat(out->parent_fd, temporary, (meta->mode & S_IFMT) | 0600,
			       makedev(meta->rdev_major, meta->rdev_minor)) == 0
			       ? 0
			       : bd_fail_errno(err, "cannot create the device, FIFO or socket");
	}
}

static int put_file(struct inside_copy_out *out, struct bd_file_stream *stream, const char *last,
		    const struct bd_stream_entry *entry, struct bd_error *err)
{
	char temporary[64];
	struct stat st;

	/* A device or FIFO of the host is not what a file was to be copied over. */
	if (S_ISREG(entry->meta.mode) && fstatat(out->parent_fd, last, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode) || S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)))
		return bd_exists(err,
				 "it already exists as a device, FIFO or socket, which is not replaced by a file");
	temporary_name(out, temporary);
	int r = make_file(out, stream, temporary, entry, err);
	if (r == 0)
		r = put_meta(out, temporary, &entry->meta, true, err);
	if (r == 0 && renameat(out->parent_fd, temporary, out->parent_fd, last) != 0)
		r = bd_fail_errno(err, "cannot give it its name");
	if (r != 0)
		unlinkat(out->parent_fd, temporary, 0);
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
	    (errno != EEXIST || fstatat(out->parent_fd, last, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISDIR(st.st_mode)))
		return errno == EEXIST ? bd_exists(err, "it already exists and is not a directory")
				       : bd_fail_errno(err, "cannot create the directory");
	if (put_meta(out, last, meta, false, err) != 0 ||
	    bd_array_reserve(out->directories, out->directory_capacity, out->directory_count + 1, err) != 0)
		return -1;
	struct directory_to_finish *directory = &out->directories[out->directory_count];
	*directory = (struct directory_to_finish){ .name = strdup(name), .mode = mode_of(meta) };
	if (!directory->name)
		return bd_no_memory(err);
	out->directory_count++;
	times_of(meta, directory->times);
	return 0;
}

static int put_entry(struct inside_copy_out *out, struct bd_file_stream *stream, const char *name,
		     const struct bd_stream_entry *entry, struct bd_error *err)
{
	BD_FREE char *first = NULL;
	const char *last;

	if (S_ISDIR(entry->meta.mode) && !*name) /* what is in the root directory goes into one that exists */
		return 0;
	if (!out->recursive && !S_ISREG(entry->meta.mode))
		return S_ISDIR(entry->meta.mode) ? bd_fail(err, EISDIR, "it is a directory")
						 : bd_fail(err, EINVAL, "it is not a regular file");
	if (open_parent(out, name, &last, err) != 0)
		return -1;
	if (S_ISDIR(entry->meta.mode))
		return put_directory(out, name, last, &entry->meta, err);
	if (entry->links > 1 && entry->inode &&
	    bd_first_names_visit(&out->links, out->streams, entry->inode, entry->links, name, &first, err) != 0)
		return -1;
	return first ? put_hard_link(out, first, last, err) : put_file(out, stream, last, entry, err);
}

/* A pattern that matches several files needs a directory. */
static int check_several(const struct inside_copy_out *out, const struct inside_top *top, const char *path,
			 struct bd_error *err)
{
	if (out->first_name && top->path && strcmp(top->path, path) == 0 && out->files > 0)
		return bd_fail(err, ENOTDIR, "several files can only be copied to a directory that exists");
	return 0;
}

int inside_copy_out_stream(struct inside_copy_out *out, struct bd_file_stream *stream, struct bd_error *err)
{
	const struct bd_stream_entry *entry;
	struct inside_top top = { 0 };
	int r;

	out->streams++;
	while ((r = bd_file_stream_next(stream, &entry, err)) == 1) {
		BD_FREE char *name = NULL;
		if (bd_cancel_check(err) != 0 || name_of(out, &top, entry->path, &name, err) != 0 ||
		    check_several(out, &top, entry->path, err) != 0 ||
		    put_entry(out, stream, name, entry, err) != 0) {
			bd_wrap_entry(err, "", entry->path);
			r = -1;
			break;
		}
		out->files++;
	}
	inside_top_dispose(&top);
	return r == 0 ? 0 : -1;
}

int inside_copy_out_finish(struct inside_copy_out *out, struct bd_error *err)
{
	for (size_t i = out->directory_count; i-- > 0;) {
		const struct directory_to_finish *directory = &out->directories[i];
		const char *last;
		if (open_parent(out, directory->name, &last, err) != 0)
			return -1;
		if (fchmodat(out->parent_fd, last, directory->mode, 0) != 0 ||
		    utimensat(out->parent_fd, last, directory->times, AT_SYMLINK_NOFOLLOW) != 0)
			return bd_fail_errno(err, "cannot set mode and times of %s", directory->name);
	}
	return 0;
}
