/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs libblkid in a child, and puts into words what it found. */
#include "inside/probe.h"

#include <blkid/blkid.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/printable.h"
#include "base/text.h"
#include "disk/partitions.h"
#include "filestream/frame_reader.h"
#include "inside/blank.h"

#define MEMORY_BYTES (UINT64_C(256) << 20)
#define IDLE_CPU_S 60u
#define SIGNATURES_MAX 64
#define TEXT_SIZE 512

/* Frames beside BD_FRAME_END and BD_FRAME_ERROR (filestream/frame.h). */
enum probe_frame {
	/* text: type, "": of a partition table; usage, label, UUID; kind of the partition table. */
	PROBE_FRAME_SIGNATURE = 100,
	PROBE_FRAME_KNOWN, /* 32: whether it is */
};

/* --- the child ---------------------------------------------------------------------------------------------------- */

struct probing {
	int (*send)(struct probing *probing, struct bd_frame_writer *writer, struct bd_error *err);
	int fd;
	blkid_probe probe; /* NULL: libblkid cannot access it */
};

static void free_probe(blkid_probe *probe)
{
	if (*probe)
		blkid_free_probe(*probe);
	*probe = NULL;
}

static const char *value_of(blkid_probe probe, const char *name)
{
	const char *value;

	return blkid_probe_lookup_value(probe, name, &value, NULL) == 0 ? value : NULL;
}

static void send_signature(blkid_probe probe, struct bd_frame_writer *writer)
{
	static const char *const names[] = { "TYPE", "USAGE", "LABEL", "UUID", "PTTYPE" };

	bd_frame_begin(writer, (enum bd_frame_kind)PROBE_FRAME_SIGNATURE);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		bd_frame_put_text(writer, value_of(probe, names[i]));
	bd_frame_end(writer);
}

/* What libblkid asks the system about a device, its size, and whether it is a whole disk, of which md's superblocks at the end
 * may be those of its last partition. Of what is on it, nothing is read yet. */
static void prepare_signatures(void *context)
{
	struct probing *probing = context;

	/* Where the sandbox puts it, too. */
	if (dup2(probing->fd, STDIN_FILENO) < 0)
		return;
	probing->probe = blkid_new_probe();
	if (probing->probe && blkid_probe_set_device(probing->probe, STDIN_FILENO, 0, 0) == 0)
		blkid_probe_is_wholedisk(probing->probe);
	else
		free_probe(&probing->probe);
}

static int send_signatures(struct probing *probing, struct bd_frame_writer *writer, struct bd_error *err)
{
	int rc;

	if (!probing->probe)
		return bd_fail(err, EIO, "libblkid cannot access it");
	blkid_probe_enable_superblocks(probing->probe, 1);
	/* A damaged checksum does not make it nothing. */
	blkid_probe_set_superblocks_flags(probing->probe,
					  BLKID_SUBLKS_DEFAULT | BLKID_SUBLKS_USAGE | BLKID_SUBLKS_BADCSUM);
	blkid_probe_enable_partitions(probing->probe, 1);
	blkid_probe_set_partitions_flags(probing->probe, BLKID_PARTS_FORCE_GPT);

	/* One by one: what was a disk of this and is one of that has the marks of both. */
	while ((rc = blkid_do_probe(probing->probe)) == 0)
		send_signature(probing->probe, writer);
	return rc < 0 ? bd_fail(err, EIO, "libblkid cannot read it") : 0;
}

static int send_known(struct probing *probing, struct bd_frame_writer *writer, struct bd_error *err)
{
	char type[32];
	off_t end = lseek(probing->fd, 0, SEEK_END);

	if (end < 0)
		return bd_fail_errno(err, "cannot determine its size");
	bd_partition_type(probing->fd, 0, (uint64_t)end, type);
	bd_frame_begin(writer, (enum bd_frame_kind)PROBE_FRAME_KNOWN);
	bd_frame_put32(writer, *type != '\0');
	bd_frame_end(writer);
	return 0;
}

static void work(void *context, int input_fd, int output_fd)
{
	struct probing *probing = context;
	struct bd_frame_writer writer;
	struct bd_error err = BD_ERROR_INIT;

	if (!bd_frame_writer_init(&writer, output_fd))
		_exit(1);
	probing->fd = input_fd;
	if (probing->send(probing, &writer, &err) == 0)
		bd_frame_end_stream(&writer, 0);
	else
		bd_frame_error(&writer, BD_FRAME_ERROR, &err);
	bd_frame_flush(&writer);
	free(writer.buffer);
	free_probe(&probing->probe);
}

/* --- its parent --------------------------------------------------------------------------------------------------- */

struct answer {
	char text[TEXT_SIZE];
	unsigned signatures;
	bool is_known;
};

/* What is no filesystem to libblkid, or would be called by a name that says little. */
static const struct {
	const char *type, *words;
} known_types[] = {
	{ "LVM2_member", "is an LVM physical volume" },	  { "LVM1_member", "is an LVM physical volume" },
	{ "linux_raid_member", "is part of an md RAID" }, { "crypto_LUKS", "is encrypted with LUKS" },
	{ "zfs_member", "is part of a ZFS pool" },	  { "swap", "is swap space" },
	{ "BitLocker", "is encrypted with BitLocker" },	  { "bcache", "is part of a bcache" },
	{ "drbd", "is part of a DRBD device" },		  { "ceph_bluestore", "is part of a Ceph store" },
};

static const char *article(const char *word)
{
	return strchr("aeiouAEIOU", word[0]) ? "an" : "a";
}

/* Labels are whatever somebody wrote there, and all of it may be the words of a child that something took over. */
struct signature {
	char type[64], usage[32], label[256], uuid[65], table[64];
};

static void take_text(struct bd_frame_body *body, char *out, size_t size)
{
	BD_FREE char *clean = bd_printable(bd_frame_get_text(body));

	bd_copy_text(out, size, clean ? clean : "");
}

static void describe_superblock(const struct signature *found, char text[TEXT_SIZE])
{
	char known[128] = "", named[512] = "";

	for (size_t i = 0; i < sizeof(known_types) / sizeof(*known_types); i++)
		if (strcmp(found->type, known_types[i].type) == 0)
			snprintf(known, sizeof(known), "%s", known_types[i].words);
	if (!known[0] && strcmp(found->usage, "filesystem") == 0)
		snprintf(known, sizeof(known), "has %s %s filesystem", article(found->type), found->type);
	else if (!known[0])
		snprintf(known, sizeof(known), "has the signature of %s", found->type);
	if (found->label[0])
		snprintf(named, sizeof(named), " labelled \"%s\"", found->label);
	if (found->uuid[0])
		snprintf(named + strlen(named), sizeof(named) - strlen(named), " (UUID %s)", found->uuid);
	bd_text_append(text, TEXT_SIZE, " and ", "%s%s", known, named);
}

static int take_signature(struct bd_frame_body *body, struct answer *answer, struct bd_error *err)
{
	struct signature found;

	take_text(body, found.type, sizeof(found.type));
	take_text(body, found.usage, sizeof(found.usage));
	take_text(body, found.label, sizeof(found.label));
	take_text(body, found.uuid, sizeof(found.uuid));
	take_text(body, found.table, sizeof(found.table));
	if (body->bad || ++answer->signatures > SIGNATURES_MAX)
		return bd_frame_fail_protocol(err);
	if (found.type[0])
		describe_superblock(&found, answer->text);
	else if (found.table[0])
		bd_text_append(answer->text, TEXT_SIZE, " and ", "has a partition table (%s)", found.table);
	return 1;
}

/* 1: there is more to come. */
static int take_frame(struct bd_frame *frame, struct answer *answer, struct bd_error *err)
{
	switch (frame->kind) {
	case BD_FRAME_END:
		return 0;
	case BD_FRAME_ERROR:
		return bd_frame_take_error(frame, err);
	case PROBE_FRAME_SIGNATURE:
		return take_signature(&frame->body, answer, err);
	case PROBE_FRAME_KNOWN:
		answer->is_known = bd_frame_get32(&frame->body);
		return frame->body.bad ? bd_frame_fail_protocol(err) : 1;
	default:
		return bd_frame_fail_protocol(err);
	}
}

static int ask(struct probing *probing, void (*prepare)(void *), struct answer *answer, struct bd_error *err)
{
	BD_DISPOSE(bd_frame_reader_dispose) struct bd_frame_reader reader = BD_FRAME_READER_INIT;
	const struct bd_sandbox_job job = { .input_fd = probing->fd,
					    .prepare = prepare,
					    .work = work,
					    .context = probing,
					    .memory_bytes = MEMORY_BYTES,
					    .idle_cpu_s = IDLE_CPU_S };
	struct bd_frame frame;
	int r = bd_frame_reader_start(&reader, &job, err) == 0 ? 1 : -1;

	while (r == 1)
		r = bd_frame_reader_next(&reader, &frame, err) != 0 ? -1 : take_frame(&frame, answer, err);
	return r != 0 ? -1 : bd_frame_reader_finish(&reader, err);
}

/* "has an ext4 filesystem labelled \"data\"", "is swap space and has a partition table (dos)"; "": nothing is recognised. */
static int describe(int fd, char text_out[TEXT_SIZE], struct bd_error *err)
{
	struct probing probing = { .send = send_signatures, .fd = fd };
	struct answer answer = { 0 };

	if (ask(&probing, prepare_signatures, &answer, err) != 0)
		return -1;
	memcpy(text_out, answer.text, sizeof(answer.text));
	return 0;
}

int bd_probe_check_empty(int fd, const char *path, struct bd_error *err)
{
	char content[TEXT_SIZE];
	bool is_blank = false;

	if (describe(fd, content, err) != 0 || (!content[0] && bd_disk_is_blank(fd, &is_blank, err) != 0))
		return bd_wrap(err, "cannot determine what is on %s", path);
	if (content[0])
		return bd_exists(err, "%s %s, and was not changed", path, content);
	return is_blank ? 0 : bd_exists(err, "%s has data on it that is not recognised, and was not changed", path);
}

int bd_probe_is_known(int fd, bool *known_out, struct bd_error *err)
{
	struct probing probing = { .send = send_known, .fd = fd };
	struct answer answer = { 0 };

	if (ask(&probing, NULL, &answer, err) != 0)
		return -1;
	*known_out = answer.is_known;
	return 0;
}
