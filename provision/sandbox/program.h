/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Other programs that read what is not trusted, such as e2fsck: what they may do besides.
 *
 * They read one file or device, and may write to one; both are descriptors of ours, which they open by bd_program_path. They have no
 * capabilities, gain none by executing something, can make no socket, signal nobody, change no name, owner or mode of a file, and use
 * memory within limits. Where the kernel has Landlock, they read nothing else but programs, libraries and what these need, and write
 * nothing else. Where they may have namespaces of their own (root, and others where the host lets them), all mounts are read-only,
 * there are no devices, no network, and no objects of System V's IPC. Without both, the right to write to other files is that of who
 * they are: nobody, if that can open the descriptors' files, or else their owner, or else root without capabilities, or, as the last
 * resort, root with CAP_DAC_READ_SEARCH or CAP_DAC_OVERRIDE; of who is not root, who that is. */
#ifndef BD_SANDBOX_PROGRAM_H
#define BD_SANDBOX_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/process/run.h"

struct bd_program {
	int read_fd;
	int write_fd; /* that it may write to, too; may be the same; -1: none */
	uint64_t file_bytes; /* the size up to which it may write, if that is a file */
	uint64_t memory_bytes; /* of address space; 0: as much as e2fsck may need for a file of that size */
	unsigned cpu_s; /* seconds of CPU time; 0: as many as it likes */
	/* As whom it reads where root starts it, and write_fd is -1; 0: as said above. That need not be somebody who may open the file: then
	 * it is in a user namespace with the file's owner, in which it may read what is his, and nothing else (CAP_DAC_READ_SEARCH). Where
	 * it cannot be that user, it is not run. */
	uid_t uid;
	gid_t gid;
	/* The only files that it sees are programs and libraries, and the one that it reads, which it opens as BD_MOUNTS_FILE
	 * (sandbox/mounts.h). Where that is not to be had, it is not run. It starts no other process, unless it is
	 * root, and ends with ours. */
	bool own_root;
};

#define BD_PROGRAM_PATH_SIZE 64

/* What the program is to call a descriptor. */
void bd_program_path(int fd, char path_out[BD_PROGRAM_PATH_SIZE]);

/* The same for libext2fs, of a filesystem that begins at an offset. */
void bd_program_path_at(int fd, uint64_t offset_bytes, char path_out[BD_PROGRAM_PATH_SIZE]);

/* After it has failed: programs say what they could not read by its name, which is one of /proc ("Could not open '/proc/self/fd/9':
 * Invalid argument"). Returns -1, with a message without that. */
int bd_program_fail_reading(const char *name, const char *path, struct bd_error *err);

/* For bd_run and bd_child_start_run; what is not about rights is for the caller to add. Its environment is the locale C and the usual
 * PATH. Both are borrowed. */
struct bd_run bd_program_run(const char *const *argv, const struct bd_program *program);

#endif
