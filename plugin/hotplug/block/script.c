/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Gives a guest's backend its block device, and takes it away. */
#include "hotplug/block/script.h"

#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "base/cleanup.h"
#include "hotplug/backend_nodes.h"
#include "hotplug/block/devices.h"
#include "hotplug/block/driver.h"
#include "hotplug/block/locks.h"
#include "hotplug/block/loop.h"
#include "hotplug/block/sharing.h"
#include "hotplug/block/target.h"

struct adding {
	const struct bd_xenstore *store;
	struct bd_block_backend *backend;
	const struct bd_block_host *host;
	struct bd_block_target target;
	char *busy; /* why the disk cannot be had, as it is written to hotplug-error, with its lines; NULL */
};

/* As a type that libxl gives to backends that the kernel's driver serves. */
static bool is_our_type(const char *type)
{
	return !type || strcmp(type, "phy") == 0 || strcmp(type, "file") == 0;
}

static int refuse_busy(struct adding *adding, char *text, struct bd_error *err)
{
	adding->busy = text;
	return bd_in_use(err, "%s", text);
}

static int refuse_read_only_file(struct adding *adding, struct bd_error *err)
{
	char *text;

	if (asprintf(&text,
		     "File %s is read-only, and so I will not\n"
		     "mount it read-write in a guest domain.",
		     adding->target.path) < 0)
		return bd_no_memory(err);
	return refuse_busy(adding, text, err);
}

/* What the disk is: the file, also where a loop device of it was given, or the block device. Two names of one disk are one lock. */
struct disk {
	uint64_t device, inode;
	bool is_file;
};

static int find_disk(const struct bd_block_target *target, struct disk *disk_out, struct bd_error *err)
{
	dev_t device = target->device;
	ino_t inode = target->inode;
	int is_loop =
		target->kind == BD_BLOCK_IS_DEVICE ? bd_block_loop_file(target->device, &device, &inode, err) : 0;

	if (is_loop < 0)
		return -1;
	*disk_out = (struct disk){ device, inode, target->kind == BD_BLOCK_IS_FILE || is_loop > 0 };
	return 0;
}

static int check_sharing(struct adding *adding, const struct disk *disk, struct bd_error *err)
{
	BD_DISPOSE(bd_block_devices_dispose) struct bd_block_devices devices = { 0 };
	bool is_file = adding->target.kind == BD_BLOCK_IS_FILE;
	enum bd_block_user user;
	dev_t device;
	char *text = NULL;

	if (adding->backend->mode == BD_BLOCK_FORCED)
		return 0;
	if (!is_file && bd_block_devices_add(&devices, adding->target.device, err) != 0)
		return -1;
	if (disk->is_file && bd_block_loop_find(disk->device, disk->inode, &devices, err) != 0)
		return -1;
	if (bd_block_find_user(adding->store, adding->backend, adding->host->mountinfo, &devices, &user, &device,
			       err) != 0)
		return -1;
	if (user == BD_BLOCK_NOBODY)
		return 0;
	if (bd_block_user_message(user, adding->backend->mode, adding->target.path, is_file, device, &text, err) != 0)
		return -1;
	return refuse_busy(adding, text, err);
}

/* Under the locks. 1: xenstore names a device already. */
static int give_device(struct adding *adding, struct bd_error *err)
{
	const struct bd_block_target *target = &adding->target;
	struct bd_block_answer answer = { .device = target->device, .device_path = target->path };

	return bd_block_backend_answer(adding->store, adding->backend, &answer, err);
}

static int give_file(struct adding *adding, struct bd_block_loop *loop, struct bd_error *err)
{
	const struct bd_block_target *target = &adding->target;
	bool is_writable = adding->backend->mode != BD_BLOCK_READ;

	if (bd_block_loop_attach(target->fd, target->path, is_writable, loop, err) != 0)
		return -1;
	struct bd_block_answer answer = {
		.node = loop->path,
		.device = loop->device,
		.device_path = loop->path,
		.disk_sequence = loop->disk_sequence,
		.is_file = true,
	};
	return bd_block_backend_answer(adding->store, adding->backend, &answer, err);
}

static int give(struct adding *adding, struct bd_block_loop *loop, struct bd_error *err)
{
	BD_DISPOSE(bd_block_unlock) struct bd_block_locks locks = BD_BLOCK_LOCKS_INIT;
	const struct bd_block_host *host = adding->host;
	const struct bd_block_target *target = &adding->target;
	bool is_file = target->kind == BD_BLOCK_IS_FILE;
	struct disk disk;

	if (find_disk(target, &disk, err) != 0)
		return -1;
	uint64_t key[] = { disk.device, disk.inode };
	if (bd_block_lock(host->our_locks, host->xens_locks, key, sizeof(key), host->lock_wait_ms, &locks, err) !=
		    0 ||
	    bd_block_backend_check_state(adding->store, adding->backend, is_file, err) != 0)
		return -1;
	if (is_file && adding->backend->mode == BD_BLOCK_WRITE && !target->has_write_permission)
		return refuse_read_only_file(adding, err);
	if (check_sharing(adding, &disk, err) != 0)
		return -1;
	return is_file ? give_file(adding, loop, err) : give_device(adding, err);
}

/* Until the driver has the loop device open, only this process keeps it attached. */
static int hand_to_driver(struct adding *adding, const struct bd_block_loop *loop, struct bd_error *err)
{
	enum bd_block_driver_state state;

	if (bd_block_wait_for_driver(adding->store, adding->backend, adding->host->bus, loop->device,
				     adding->host->driver_wait_ms, &state, err) != 0)
		return -1;
	if (state == BD_BLOCK_DRIVER_HAS_IT)
		return 0;
	syslog(LOG_WARNING,
	       "%s: cannot see that the kernel's driver has opened %s, which stays attached until it is removed",
	       adding->backend->path, loop->path);
	return bd_block_loop_keep(loop, err);
}

static int add(struct adding *adding, struct bd_error *err)
{
	BD_DISPOSE(bd_block_loop_dispose) struct bd_block_loop loop = BD_BLOCK_LOOP_INIT;
	struct bd_block_backend *backend = adding->backend;
	BD_FREE char *there = NULL;

	if (bd_xenstore_read(adding->store, &there, err, "%s/physical-device", backend->path) != 0)
		return -1;
	if (there) /* a second call of the same script */
		return 0;
	if (bd_block_backend_read(adding->store, backend, err) != 0 ||
	    bd_block_target_find(backend->params, &adding->target, err) != 0)
		return -1;
	if (adding->target.kind == BD_BLOCK_IS_MISSING)
		return is_our_type(backend->type) ? bd_fail(err, ENOENT, "%s does not exist.", backend->params)
						  : BD_BLOCK_NOT_OURS;
	if (adding->target.kind == BD_BLOCK_IS_OTHER)
		return bd_fail(err, ENOTBLK, "%s is not a block device.", adding->target.path);
	int result = give(adding, &loop, err);
	if (result != 0)
		return result < 0 ? -1 : 0;
	return loop.fd >= 0 ? hand_to_driver(adding, &loop, err) : 0;
}

int bd_block_add(const struct bd_xenstore *store, struct bd_block_backend *backend, const struct bd_block_host *host,
		 struct bd_error *err)
{
	struct adding adding = { .store = store, .backend = backend, .host = host, .target = { .fd = -1 } };
	struct bd_error later = BD_ERROR_INIT;

	int result = add(&adding, err);
	if (result < 0 && bd_backend_refuse(store, backend->path, adding.busy ? "busy" : "error",
					    adding.busy ? adding.busy : err->message, &later) != 0)
		syslog(LOG_ERR, "%s: %s", backend->path, later.message);
	free(adding.busy);
	bd_block_target_dispose(&adding.target);
	return result;
}

/* Decimal, as add writes it; 0 where it is not. */
static uint64_t read_sequence(const char *text)
{
	size_t digits = text ? strspn(text, "0123456789") : 0;

	return digits > 0 && digits < 20 && !text[digits] ? strtoull(text, NULL, 10) : 0;
}

int bd_block_remove(const struct bd_xenstore *store, struct bd_block_backend *backend, struct bd_error *err)
{
	BD_FREE char *node = NULL, *sequence = NULL;

	if (bd_xenstore_read(store, &node, err, "%s/node", backend->path) != 0 ||
	    bd_xenstore_read(store, &sequence, err, "%s/bigdisk-diskseq", backend->path) != 0 ||
	    bd_xenstore_read(store, &backend->type, err, "%s/type", backend->path) != 0)
		return -1;
	/* Those of other helpers have a node, too, such as /dev/nbd0. */
	if (!is_our_type(backend->type) && (!node || !bd_block_is_loop(node)))
		return BD_BLOCK_NOT_OURS;
	if (!node) /* a block device, or a disk that was never added */
		return 0;
	return bd_block_loop_detach(node, read_sequence(sequence), err);
}
