/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One file of a stream, in the body of a frame (frame.h) and as a struct. */
#ifndef BD_FILESTREAM_ENTRY_H
#define BD_FILESTREAM_ENTRY_H

#include "base/err.h"
#include "filestream/frame.h"
#include "rootfs/file_meta.h"

struct bd_stream_entry {
	const char *path; /* "": it has no name that can be read */
	const char *hardlink; /* the name that it is one more of; NULL: it is a file of its own */
	struct bd_file_meta meta; /* of a hard link only the size, where its content comes along */
	uint32_t links; /* of a filesystem or cpio */
	int format; /* ARCHIVE_FORMAT_TAR and so on; 0: a filesystem */
	uint64_t inode, allocated_bytes; /* of a filesystem */
	struct bd_xattr *xattrs; /* of meta, as are these two values */
	void *acls[2];
};

/* Of the child: all but the extended attributes and ACLs, which are to follow. */
void bd_stream_meta_put(struct bd_frame_writer *writer, const struct bd_file_meta *meta);

/* Of the child. False: it was too large. */
bool bd_stream_entry_send(struct bd_frame_writer *writer, const struct bd_stream_entry *entry);

/* Strings and values are the body's. Zero *entry before, and dispose of it also when this fails. EBADMSG: the reader
 * does not say what it should. */
int bd_stream_entry_decode(struct bd_frame_body *body, struct bd_stream_entry *entry, struct bd_error *err);
void bd_stream_entry_dispose(struct bd_stream_entry *entry);

/* What ls(1) shows by a "+". */
bool bd_stream_entry_has_acl(const struct bd_stream_entry *entry);

#endif
