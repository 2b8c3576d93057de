/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The payload becomes the disk, the index its checksums. */
#include "template/writer/whole_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "template/field.h"
#include "template/writer/state.h"

/* Only a file that was opened with O_TMPFILE can be given a name. */
static bool can_adopt(int fd, int payload_fd)
{
	struct stat own, payload;
	int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && (flags & O_TMPFILE) == O_TMPFILE && fstat(fd, &own) == 0 &&
	       fstat(payload_fd, &payload) == 0 && own.st_dev == payload.st_dev && own.st_nlink == 0 &&
	       payload.st_nlink == 0;
}

static int adopt(int fd, struct bd_summed_file *payload, struct bd_error *err)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	if (copy < 0 || fchmod(copy, 0644) != 0) {
		bd_fail_errno(err, "cannot take the disk");
		if (copy >= 0)
			close(copy);
		return -1;
	}
	close(payload->fd);
	payload->fd = copy;
	return 0;
}

int bd_sealed_writer_take_disk(struct bd_sealed_writer *writer, int fd, bool is_own,
			       const struct bd_manifest_disk *disk, const struct bd_system *system,
			       void (*progress)(uint64_t bytes_done), struct bd_error *err)
{
	writer->has_disk = true;
	writer->disk_facts = *disk;
	writer->has_disk_system = system != NULL;
	if (system)
		writer->disk_system = *system;
	if (is_own && can_adopt(fd, writer->payload.file.fd)) {
		if (adopt(fd, &writer->payload.file, err) != 0)
			return -1;
		fd = writer->payload.file.fd;
	}
	if (bd_disk_seal(fd, writer->payload.file.fd, disk->size_bytes, writer->payload.limit_bytes, progress,
			 &writer->disk, err) == 0)
		return 0;
	return err->code == EFBIG ? bd_set_field(err, BD_TEMPLATE_FIELD_LIMIT) : -1;
}

bool bd_sealed_writer_has_disk(const struct bd_sealed_writer *writer)
{
	return writer->has_disk;
}

int bd_sealed_writer_finish_disk(struct bd_sealed_writer *writer, struct bd_manifest *manifest, struct bd_error *err)
{
	BD_FREE uint8_t *text = NULL;
	size_t size;

	if (bd_disk_sums_encode(&writer->disk.sums, &text, &size, err) != 0 ||
	    bd_summed_file_open(&writer->index, writer->folder, err) != 0 ||
	    bd_summed_file_append(&writer->index, text, size, err) != 0 ||
	    bd_summed_file_finish(&writer->index, manifest->tree.blake2b, err) != 0)
		return -1;
	manifest->kind = BD_TEMPLATE_DISK;
	manifest->disk = writer->disk_facts;
	manifest->has_system = writer->has_disk_system;
	manifest->system = writer->disk_system;
	manifest->tree.size_bytes = size;
	manifest->payload.size_bytes = writer->disk_facts.size_bytes;
	manifest->payload_bytes = writer->disk.data_bytes;
	manifest->block_bytes = BD_SEALED_DISK_BLOCK_BYTES;
	return 0;
}
