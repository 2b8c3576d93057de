/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A template's manifest.json: what it is, how large, its checksums, and the system inside. templates/manifest.schema.json
 * describes the format.
 */
#ifndef BD_TEMPLATE_MANIFEST_H
#define BD_TEMPLATE_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"
#include "rootfs/system.h"

/* 1: without a checksum of its own. 2: of a root filesystem. 3: of a whole disk. */
#define BD_MANIFEST_VERSION 3
#define BD_MANIFEST_VERSION_ROOT 2
#define BD_MANIFEST_LIMIT_BYTES (1u << 20)
#define BD_TEMPLATE_NAME_SIZE 64 /* with the NUL */

struct bd_manifest_file {
	uint64_t size_bytes;
	char blake2b
		[65]; /* BLAKE2b-256 in hex, as `b2sum -l 256` prints it; "": the payload of a whole disk has none */
};

enum bd_template_kind {
	BD_TEMPLATE_ROOT, /* a root filesystem: rootfs/sealed.h */
	BD_TEMPLATE_DISK, /* a disk as it is: template/disk/seal.h */
};

/* What a guest of a whole disk can be booted by. */
struct bd_manifest_disk {
	uint64_t size_bytes;
	char table[8]; /* "gpt", "mbr", "none" */
	char content[128]; /* what is in it, as libblkid calls it, with commas between: "vfat, xfs" */
	bool has_boot_code; /* a BIOS finds something to run in its first sector */
	bool has_efi_partition;
	bool is_windows; /* nothing but filesystems of Windows */
};

/* Whether what is on it may tell dom0 that it is up, as cloud-init does in Linux: Windows and BSD do not. */
bool bd_manifest_disk_may_report(const struct bd_manifest_disk *disk);

/* Texts from outside that are too long for their place are cut. */
struct bd_manifest {
	unsigned version; /* 0: of one that is being made, and will be the newest */
	enum bd_template_kind kind;
	char name[BD_TEMPLATE_NAME_SIZE];
	char created[32]; /* RFC 3339, UTC: "2025-01-31T12:00:00Z" */
	char description[512];
	char source_kind[16]; /* "archive", "directory", "oci", "disk", "recipe" */
	char source_name
		[512]; /* the last part of its path, "-" for standard input, a recipe's name, or a reference */
	char source_digest[144]; /* "sha256:..." of an image's manifest; "": not known */
	uint32_t inodes, directories;
	uint64_t content_bytes; /* sizes of all regular files */
	uint64_t payload_bytes; /* what of it is stored: without blocks of zeros, in whole blocks */
	uint32_t block_bytes;
	struct bd_manifest_file tree, payload;
	struct bd_system system; /* of a root, or of a disk's, where has_system */
	struct bd_manifest_disk disk; /* of a disk, which has no inodes, directories and content_bytes */
	char blake2b
		[65]; /* of the manifest's own text, with zeros for these digits; "": of version 1, which has none */
	bool has_system; /* of a disk: its root filesystem could be read */
};

/* As an object; key: NULL for a document of its own. */
void bd_manifest_put_json(struct bd_json *json, const char *key, const struct bd_manifest *manifest);

/* The text of manifest.json, with its checksum, which is noted in the manifest too; the caller frees. */
int bd_manifest_format(struct bd_manifest *manifest, char **text_out, struct bd_error *err);

/* EINVAL: not JSON, not a manifest, or damaged. ENOTSUP: of a newer version. what: names it in the message. */
int bd_manifest_parse(const char *what, const char *text, size_t size_bytes, struct bd_manifest *manifest_out,
		      struct bd_error *err);

/* SOURCE_DATE_EPOCH when it is set (BD_EUSAGE unless it is a number of seconds), else now. */
int bd_manifest_set_created(struct bd_manifest *manifest, struct bd_error *err);

#endif
