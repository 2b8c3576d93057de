/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An entry of an archive, as the sandboxed reader describes it (frame.h) and as the writer of the sealed form needs
 * it. */
#ifndef BD_IMPORT_ARCHIVE_ENTRY_H
#define BD_IMPORT_ARCHIVE_ENTRY_H

#include "base/err.h"
#include "import/archive/frame.h"
#include "template/writer/writer.h"

struct bd_archive_entry {
	const char *path; /* "": it has no name that can be read */
	const char *hardlink; /* the name that it is one more of; NULL: it is a file of its own */
	struct bd_file_meta meta; /* of a hard link only the size, where its content comes along */
	uint32_t links; /* cpio's count of names */
	int format; /* ARCHIVE_FORMAT_TAR and so on */
	struct bd_xattr *xattrs; /* of meta, as are these two values */
	void *acls[2];
};

/* Strings and values are the body's. Zero *entry before, and dispose of it also when this fails. EBADMSG: the reader
 * does not say what it should. */
int bd_archive_entry_decode(struct bd_frame_body *body, struct bd_archive_entry *entry, struct bd_error *err);
void bd_archive_entry_dispose(struct bd_archive_entry *entry);

#endif
