/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cleanup attributes. Ownership leaves a variable only by bd_take_fd, bd_take_ptr or bd_take_struct.
 *
 * Writers close by hand and check the result; these are for the ways out that fail.
 */
#ifndef BD_BASE_CLEANUP_H
#define BD_BASE_CLEANUP_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void bd_cleanup_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void bd_cleanup_free(void *pointer)
{
	free(*(void **)pointer);
}

static inline void bd_cleanup_fclose(FILE **file)
{
	if (*file)
		fclose(*file);
}

static inline void bd_cleanup_closedir(DIR **folder)
{
	if (*folder)
		closedir(*folder);
}

#define BD_CLOSE __attribute__((cleanup(bd_cleanup_close)))
#define BD_FREE __attribute__((cleanup(bd_cleanup_free)))
#define BD_CLOSEDIR __attribute__((cleanup(bd_cleanup_closedir)))
#define BD_FCLOSE __attribute__((cleanup(bd_cleanup_fclose)))
/* For our own types with an idempotent dispose: BD_DISPOSE(bd_tree_dispose) struct bd_tree tree; */
#define BD_DISPOSE(function) __attribute__((cleanup(function)))

static inline int bd_take_fd(int *fd)
{
	int taken = *fd;
	*fd = -1;
	return taken;
}

/* p must be a lvalue of pointer type. */
#define bd_take_ptr(p) \
	__extension__({ \
		__typeof__(p) bd_taken = (p); \
		(p) = NULL; \
		bd_taken; \
	})

/* Of a struct whose dispose takes one of zeros, which is left behind. */
#define bd_take_struct(s) \
	__extension__({ \
		__typeof__(s) bd_taken = (s); \
		(s) = (__typeof__(s)){ 0 }; \
		bd_taken; \
	})

#endif
