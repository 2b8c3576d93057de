/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is to be changed in a filesystem inside an image. */
#ifndef BD_INSIDE_CHANGE_REQUEST_H
#define BD_INSIDE_CHANGE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/file/mode.h"
#include "ext3/change/identity.h"
#include "rootfs/file_meta.h"

enum bd_change_kind {
	BD_CHANGE_PUT, /* a new file, directory, symbolic link (meta->target), device, FIFO or socket; it replaces what is there, but no directory */
	BD_CHANGE_CONTENT, /* a regular file that is there, also by way of a symbolic link, gets other content and keeps all else */
	BD_CHANGE_LINK, /* path: one more name of the file at source */
	BD_CHANGE_MOVE, /* source gets the name path */
	BD_CHANGE_REMOVE, /* pattern */
	BD_CHANGE_MODE, /* pattern */
	BD_CHANGE_OWNER, /* pattern */
};

/* A piece of content that is not a hole. */
struct bd_change_range {
	uint64_t offset_bytes, size_bytes; /* in the file */
	uint64_t source_bytes; /* where it begins in what the content is read from */
};

/* Paths are absolute; symbolic links in them are followed inside the filesystem, but not one that the last component
 * names. Everything is borrowed until the changes are done. */
struct bd_change {
	enum bd_change_kind kind;
	const char *path;
	/* LINK: the file that gets one more name; without a leading slash, it is relative to path as name_in_directory is.
	 * MOVE: a pattern. */
	const char *source;
	/* PUT, LINK, MOVE: where path is a directory when the changes begin, or a symbolic link to one, this name in it is meant. It
	 * may be a relative path, of a tree that is put there: "tree/dir/file"; where path is no directory, it takes the place of the
	 * first component. NULL: path itself is meant. */
	const char *name_in_directory;
	bool must_be_directory; /* path has to be such a directory */
	bool parents; /* PUT, LINK: create missing parents, as mkdir -p; an existing directory is fine, and stays as it is unless merged */
	bool recursive; /* REMOVE, MODE, OWNER */
	bool force; /* REMOVE: it is fine if there is nothing; LINK: replaces what is there */
	const struct bd_file_meta *meta; /* PUT */
	bool inherit; /* PUT: in a directory with set-group-ID, the group is that one's, and a new directory has the bit too */
	bool fresh; /* PUT: nothing may be there (BD_KIND_EXISTS) */
	bool once; /* PUT, LINK: what the same changes have put there is not replaced (BD_KIND_EXISTS) */
	bool merge; /* PUT of a directory: one that is there takes the metadata and keeps its entries */
	/* PUT of a regular file: where its content is: in data, or else in ranges of a file. Not used where it has no content. */
	const char *host_path; /* of a file on this host, which is opened when its turn comes; NULL: fd */
	int fd;
	const struct bd_change_range *ranges; /* ascending, not overlapping */
	size_t range_count;
	const void
		*data; /* CONTENT; not much of it, as it goes through the journal too. PUT: NULL: it is in ranges */
	size_t data_bytes;
	const struct bd_mode_change *mode; /* MODE */
	int64_t uid, gid; /* OWNER; -1: it stays */
};

struct bd_change_request {
	int partition; /* as in bd_inside_request */
	const struct bd_change *changes;
	size_t count;
	int64_t now; /* for timestamps that nobody gives; 0: the clock's */
	const struct bd_ext_identity
		*identity; /* what the filesystem is given after the changes; NULL: it stays what it is */
	/* Nobody uses the image yet, and it is thrown away where this fails: all is written where it belongs, without a journal or a
	 * log, and nothing is fsynced. */
	bool is_draft;
	const char *
		image; /* its path, for the log of a filesystem that has no journal, or a small one; NULL: such a one is refused */
	/* Whose root it is, for a warning: what is new gets the SELinux label that the policy in the root has for it, where its files
	 * have labels; where nobody can be asked (matchpathcon(8) is not installed, or fails), the guest is told to label all of its
	 * files, which is warned of. NULL: new files have the labels that come with them. */
	const char *labels_for;
	bool keeps_labels; /* with labels_for: a label that comes with a file counts before the policy's */
};

#endif
