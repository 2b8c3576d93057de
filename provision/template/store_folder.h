/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A template's directory while it is moved into the store or out of it; for store*.c only. */
#ifndef BD_TEMPLATE_STORE_FOLDER_H
#define BD_TEMPLATE_STORE_FOLDER_H

#include <sys/types.h>

#include "base/err.h"
#include "template/manifest.h"

#define BD_STORE_MANIFEST "manifest.json"
#define BD_STORE_TREE "tree"
#define BD_STORE_PAYLOAD "payload"
/* What a prepared image's name begins with (disk/prepared_image.h): it was made beside the template later, and goes
 * with it. */
#define BD_STORE_MASTER "master-"

#define BD_STORE_HIDDEN_SIZE (BD_TEMPLATE_NAME_SIZE + 32)

/* A folder with a hidden name. It is locked as long as its maker lives, so that a sweep lets it be: with flock(2),
 * as a folder cannot be opened for writing (base/file/byte_lock.h). */
struct bd_store_folder {
	int store_fd; /* borrowed */
	int fd;
	char name[BD_STORE_HIDDEN_SIZE]; /* "": it has been published */
};

int bd_store_folder_make(int store_fd, const char *name, mode_t mode, struct bd_store_folder *folder_out,
			 struct bd_error *err);
/* Gives it the template's name. EEXIST: the name is taken, and its owner is not touched. */
int bd_store_folder_publish(struct bd_store_folder *folder, const char *name, struct bd_error *err);
/* What is not published is gone with it; idempotent. */
void bd_store_folder_dispose(struct bd_store_folder *folder);

/* 1: removed. 0: it is not there. EINVAL: it is no template, or has other files in it too. */
int bd_store_folder_remove(int store_fd, const char *store_path, const char *name, struct bd_error *err);
/* The same without removing it: 1: it could be removed. */
int bd_store_folder_check_remove(int store_fd, const char *store_path, const char *name, struct bd_error *err);

/* Takes away hidden folders that nobody is busy with. What cannot be taken away stays. */
void bd_store_sweep(int store_fd);

#endif
