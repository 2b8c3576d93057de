/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An io_manager by which libext2fs writes a new, sparse file: it keeps metadata blocks in memory, writes them once, in
 * order and in large pieces, and never writes a block of zeros where the file still has a hole.
 *
 * Call order: ext2fs_initialize (which opens the channel), bd_sparse_io_begin, libext2fs calls and
 * bd_sparse_io_write_data in any order, ext2fs_flush2, bd_sparse_io_finish. Closing without finish drops what is
 * still in memory. Nothing is fsynced. Errors are errno values or libext2fs codes.
 */
#ifndef BD_EXT3_WRITER_SPARSE_IO_H
#define BD_EXT3_WRITER_SPARSE_IO_H

#include <stdbool.h>
#include <stdint.h>

#include <ext2fs/ext2fs.h>

io_manager bd_sparse_io_manager(void);

/* Before the first read or write. offset_bytes: where the filesystem begins in the file. is_clone: the file has the
 * content of a similar filesystem instead of zeros. */
void bd_sparse_io_begin(io_channel channel, uint64_t offset_bytes, uint32_t block_size, bool is_clone);

/* File content for blocks that no metadata was ever written to and that are written once. It goes to the file
 * without staying in memory; neighbours are joined into one write. */
errcode_t bd_sparse_io_write_data(io_channel channel, uint64_t block, uint32_t count, const void *data);

/* Writes all that is in memory. */
errcode_t bd_sparse_io_finish(io_channel channel);

#endif
