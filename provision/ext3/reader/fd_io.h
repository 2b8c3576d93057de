/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opens an ext2, ext3 or ext4 filesystem for reading through a descriptor that is already open. It needs lseek(2) and
 * read(2) only, so a sandboxed process can do it (libext2fs' own io_manager opens a path and asks the device).
 */
#ifndef BD_EXT3_READER_FD_IO_H
#define BD_EXT3_READER_FD_IO_H

#include <ext2fs/ext2fs.h>
#include <stdint.h>

#include "base/err.h"

/* The filesystem begins at offset_bytes, and nothing behind limit_bytes is read; both count from the beginning of the
 * file. fd is borrowed until bd_ext_close; nobody else may use its offset meanwhile.
 * EIO: it reaches beyond limit_bytes. What libext2fs says of anything else (bd_fail_ext2). */
int bd_ext_open_fd(int fd, uint64_t offset_bytes, uint64_t limit_bytes, ext2_filsys *fs_out, struct bd_error *err);

/* As it is after its journal has been replayed, where it needs that: nothing is written, and nothing is left to be replayed. Where
 * the journal cannot be replayed, it is opened as it is on the disk, so that it still needs recovery, and not_replayed says why. */
int bd_ext_open_fd_replayed(int fd, uint64_t offset_bytes, uint64_t limit_bytes, ext2_filsys *fs_out,
			    struct bd_error *not_replayed, struct bd_error *err);

/* Of what was opened so, what the replay would write; fs->io still has it. NULL: there was nothing to be replayed. */
struct bd_journal;
const struct bd_journal *bd_ext_fd_journal(ext2_filsys fs);

#endif
