/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A disk's backend as xenstore has it: what libxl wrote below XENBUS_PATH, and what a hotplug script answers there.
 *
 * docs/misc/block-scripts.txt of Xen has the nodes of both directions; tools/libs/light/libxl_disk.c writes the former.
 */
#ifndef BD_HOTPLUG_BLOCK_BACKEND_H
#define BD_HOTPLUG_BLOCK_BACKEND_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "hotplug/xenstore.h"

/* What is asked for, in the words of Xen's script: canonicalise_mode of block-common.sh. */
enum bd_block_mode {
	BD_BLOCK_READ, /* 'r': nobody else may write */
	BD_BLOCK_WRITE, /* 'w': nobody else may have it */
	BD_BLOCK_FORCED, /* 'w!': to be written to, without checks */
};

struct bd_block_backend {
	char path[BD_XENSTORE_PATH_SIZE / 2]; /* XENBUS_PATH: "backend/vbd/5/51712" */
	char all[BD_XENSTORE_PATH_SIZE / 2]; /* where all backends of this type are: "backend/vbd" */
	char bus_name[64]; /* what the kernel calls the device on its bus: "vbd-5-51712" */
	char *params; /* the file or device, as the cfg has it */
	char *type; /* "phy" or "file"; NULL: none */
	enum bd_block_mode mode;
	char *frontend_id; /* the guest's domid */
	char *frontend_vm; /* its /local/domain/ID/vm; NULL: none */
};

/* The mode that a node or a cfg has: "r", "w", "ro", "rw", "w!" ... */
enum bd_block_mode bd_block_mode(const char *text);

/* From the environment that libxl gives to a script: XENBUS_PATH, XENBUS_BASE_PATH and XENBUS_TYPE. The latter two may be NULL, and
 * are then taken from the path. Fails where the path is not of the form BASE/TYPE/DOMID/DEVID. */
int bd_block_backend_init(struct bd_block_backend *backend, const char *path, const char *base_path, const char *type,
			  struct bd_error *err);
void bd_block_backend_dispose(struct bd_block_backend *backend); /* idempotent */

/* Reads what libxl wrote. Fails where params, mode or frontend-id are missing or empty. */
int bd_block_backend_read(const struct bd_xenstore *store, struct bd_block_backend *backend, struct bd_error *err);

/* What add writes for the kernel and for libxl. */
struct bd_block_answer {
	const char *node; /* "/dev/loop3"; NULL: none is written */
	dev_t device; /* physical-device */
	const char *device_path; /* physical-device-path: "/dev/loop3", "/dev/dm-1" */
	uint64_t disk_sequence; /* bigdisk-diskseq, by which remove knows the loop device again; 0: none is written */
	bool is_file; /* the state must be InitWait, as Xen's script demands of files; else it must not be closing */
};

/* Writes all of it and hotplug-status "connected" at once, by which the kernel's driver begins. 1: there is a physical-device
 * already, and nothing was written. Fails where the backend has gone or is closing. */
int bd_block_backend_answer(const struct bd_xenstore *store, const struct bd_block_backend *backend,
			    const struct bd_block_answer *answer, struct bd_error *err);

/* Fails where the backend has gone or is closing, as bd_block_backend_answer does. */
int bd_block_backend_check_state(const struct bd_xenstore *store, const struct bd_block_backend *backend,
				 bool is_file, struct bd_error *err);

/* "7:1f", as the kernel's driver and Xen's script have it: hexadecimal, without zeros in front. */
#define BD_BLOCK_NUMBER_SIZE 24
void bd_block_format_number(dev_t device, char text_out[BD_BLOCK_NUMBER_SIZE]);
bool bd_block_parse_number(const char *text, dev_t *device_out);

#endif
