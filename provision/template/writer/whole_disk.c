/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The payload becomes the disk, the index its checksums. */
#include "template/writer/whole_disk.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "template/field.h"
#include "template/writer/state.h"

#define BLOCK_BYTES 4096

int bd_sealed_writer_take_disk(struct bd_sealed_writer *writer, int fd, const struct bd_manifest_disk *disk,
			       void (*progress)(uint64_t bytes_done), struct bd_error *err)
{
	writer->has_disk = true;
	writer->disk_facts = *disk;
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
	manifest->tree.size_bytes = size;
	manifest->payload.size_bytes = writer->disk_facts.size_bytes;
	manifest->payload_bytes = writer->disk.data_bytes;
	manifest->block_bytes = BLOCK_BYTES;
	return 0;
}
