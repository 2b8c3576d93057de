/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A request to create a guest: the values of `new`'s options, of `clone`'s, or of a manifest.
 *
 * Each value is given as text and stored parsed; an invalid one is refused at once, with the field in the error
 * (err->field). Messages do not name the field: whoever fills the request adds what its user calls it, "--ip" or
 * "ip", and its position. Texts are borrowed and must outlive the request. */
#ifndef BD_GUEST_CREATE_REQUEST_H
#define BD_GUEST_CREATE_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/texts.h"
#include "disk/grub.h"
#include "disk/plan.h"
#include "guest/description.h"
#include "guest/disks.h"
#include "volume/place.h"

/* In the order in which they are to be set: a gateway after its address, name servers after both. */
enum bd_field {
	BD_FIELD_NONE, /* an error is about no field in particular */
	BD_FIELD_SIZE,
	BD_FIELD_DEVICE,
	BD_FIELD_LVM,
	BD_FIELD_OVERWRITE, /* a flag, as are NETWORK and START: "true" or "false" */
	BD_FIELD_SWAP,
	BD_FIELD_DISKS, /* as SSH_KEYS, added to what is there; so is MOUNTS */
	BD_FIELD_MOUNTS,
	BD_FIELD_LAYOUT,
	BD_FIELD_BOOT_SECTOR,
	BD_FIELD_FS,
	BD_FIELD_TEMPLATE,
	BD_FIELD_TEMPLATES,
	BD_FIELD_TYPE,
	BD_FIELD_BOOT,
	BD_FIELD_MEMORY,
	BD_FIELD_VCPUS,
	BD_FIELD_NETWORK,
	BD_FIELD_BRIDGE,
	BD_FIELD_MAC,
	BD_FIELD_IP,
	BD_FIELD_GATEWAY,
	BD_FIELD_IP6,
	BD_FIELD_GATEWAY6,
	BD_FIELD_NET, /* an interface as in guest/network_spec.h: a further one, or the first if none of the above is given */
	BD_FIELD_DNS, /* as SSH_KEYS and FILES, added to what is there */
	BD_FIELD_SSH_KEYS,
	BD_FIELD_USER,
	BD_FIELD_ROOT_PASSWORD_HASH,
	BD_FIELD_ROOT_PASSWORD_FILE,
	BD_FIELD_ROOT_PASSWORD_HASH_FILE,
	BD_FIELD_FILES,
	BD_FIELD_APPEND,
	BD_FIELD_USER_DATA,
	BD_FIELD_RUN_ONCE,
	BD_FIELD_SEED,
	BD_FIELD_SEED_FILE,
	BD_FIELD_DIR,
	BD_FIELD_START,
	BD_FIELD_COUNT
};

struct bd_create_request {
	uint64_t given; /* a bit for each field that was set; the others have their defaults */
	const char *name; /* set by the caller */
	uint64_t size_bytes, swap_bytes; /* size_bytes is used where it was given, else the device's or the default */
	const char *size; /* as it was given, for messages; NULL: it was not */
	struct bd_guest_disks disks; /* behind the first, and partitions of that */
	char *mounts[BD_PLAN_MOUNTS_MAX]; /* of the partitions; owned */
	const char *device; /* NULL: the disk is a file, or a logical volume that is to be made */
	struct bd_volume_place volume; /* where that is made */
	bool overwrite;
	bool only_disk; /* device is a block device or a file of the size wanted, and all that is made is what is on it: `fill` */
	const char *
		seed_disk; /* with only_disk and a template of a whole disk: the file that cloud-init's seed disk becomes; or NULL */
	enum bd_layout layout;
	enum bd_boot_sector boot_sector;
	enum bd_fs_type fs_type;
	const char *template, *templates; /* templates: the folder of the templates; NULL: the system's */
	enum bd_guest_type type;
	enum bd_guest_boot boot; /* for an hvm guest, where it was given only */
	uint64_t memory_mib;
	uint32_t vcpus;
	struct bd_network networks[BD_NETWORKS_MAX]; /* without a bridge, or MAC address, where that was not given */
	size_t network_count; /* 1 until something else is said */
	struct bd_texts ssh_keys; /* files of public keys */
	const char *user; /* the account that they are for; NULL: root */
	const char *root_password_hash, *root_password_file,
		*root_password_hash_file; /* one of them; files: the first line */
	struct bd_texts files; /* each "HOST:GUEST" */
	const char *append; /* to the kernel's command line */
	const char *user_data; /* a file for cloud-init */
	const char *run_once, *seed, *seed_file; /* seed_file: the first line of it is the seed */
	const char *dir; /* image and cfg side by side; NULL: the system's folders */
	bool start, keep_failed;
	unsigned wait_s; /* until the started guest says that it is up; 0: no waiting */
	const char *fleet; /* the name of the fleet that the guest is made for; NULL: none */
};

void bd_create_request_init(struct bd_create_request *request);
void bd_create_request_dispose(struct bd_create_request *request); /* idempotent */

/* Gives a field its value. BD_EUSAGE: it is none for this field, which err->field tells. */
int bd_create_request_set(struct bd_create_request *request, enum bd_field field, const char *text,
			  struct bd_error *err);

static inline bool bd_create_request_has(const struct bd_create_request *request, enum bd_field field)
{
	return request->given >> field & 1;
}

/* The first interface has a value for this field, be it by the field itself or by BD_FIELD_NET, which can give all of one. */
bool bd_create_request_first_has(const struct bd_create_request *request, enum bd_field field);

#endif
