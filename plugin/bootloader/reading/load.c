/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The order of what is sent is that of result_frame.h. */
#include "bootloader/reading/load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "bootloader/reading/file.h"
#include "bootloader/result_frame.h"
#include "kernel/bzimage.h"
#include "kernel/initrds.h"
#include "kernel/newc.h"
#include "kernel/uki.h"
#include "kernel/xen_unpacks.h"

/* A part of a file. */
struct piece {
	struct bd_boot_file_source *file; /* borrowed */
	uint64_t from_bytes, size_bytes;
	const char *newc_name; /* of an initrd, as of struct bd_bootmenu_path; borrowed */
};

#define PIECES_MAX (BD_BOOTMENU_INITRDS_MAX + 2) /* the microcode and the initrd of a unified kernel image */
_Static_assert(BD_BOOTMENU_INITRDS_MAX <= BD_NEWC_MEMBERS_MAX && BD_BOOTMENU_NEWC_NAME_MAX <= BD_NEWC_NAME_MAX,
	       "an archive has room for all of them");

struct loading {
	struct bd_boot_disk *disk;
	const struct bd_reader_request *request;
	const struct bd_bootmenu_entry *entry;
	const char *device;
	struct bd_boot_file_source kernel_file, initrd_files[BD_BOOTMENU_INITRDS_MAX]; /* owned */
	struct piece kernel, initrds[PIECES_MAX];
	size_t initrd_count;
	char *uki_arguments; /* owned; NULL: there are none */
};

static void loading_dispose(struct loading *loading)
{
	bd_boot_file_source_dispose(&loading->kernel_file);
	for (size_t i = 0; i < BD_BOOTMENU_INITRDS_MAX; i++)
		bd_boot_file_source_dispose(&loading->initrd_files[i]);
	free(loading->uki_arguments);
}

/* One in an archive that is made of it may be empty. */
static int open_file(struct loading *loading, const struct bd_bootmenu_path *path, struct bd_boot_file_source *file,
		     struct bd_error *err)
{
	const char *device = loading->device;

	/* A device that the disk has not, as where filesystems have got other UUIDs, stands for the one with the configuration, as for
	 * pygrub it always does. */
	if (path->device && bd_boot_devices_find(&loading->disk->devices, path->device))
		device = path->device;
	if (bd_boot_file_source_open(loading->disk, device, path->path, file, err) != 0)
		return -1;
	if (file->size_bytes || path->newc_name)
		return 0;
	return bd_fail(err, EIO, "%.300s on the disk is empty", path->path);
}

/* --- unified kernel images ---------------------------------------------------------------------------------------- */

static void add_section(struct loading *loading, const struct bd_uki_section *section)
{
	if (section->is_there && section->size_bytes)
		loading->initrds[loading->initrd_count++] =
			(struct piece){ &loading->kernel_file, section->offset_bytes, section->size_bytes, NULL };
}

static int take_sections(struct loading *loading, const struct bd_kernel_source *source, const struct bd_uki *uki,
			 struct bd_error *err)
{
	BD_DISPOSE(bd_uki_texts_dispose) struct bd_uki_texts texts = { NULL };
	unsigned profile = loading->entry->profile;

	if (profile >= uki->profile_count)
		return bd_fail(err, EINVAL, "%.300s has no profile %u", loading->entry->kernel.path, profile);
	if (bd_uki_texts_read(source, uki, profile, &texts, err) != 0)
		return bd_wrap(err, "%.300s", loading->entry->kernel.path);
	const struct bd_uki_section *parts = uki->profiles[profile].parts;
	loading->kernel.from_bytes = parts[BD_UKI_LINUX].offset_bytes;
	loading->kernel.size_bytes = parts[BD_UKI_LINUX].size_bytes;
	add_section(loading, &parts[BD_UKI_UCODE]);
	add_section(loading, &parts[BD_UKI_INITRD]);
	loading->uki_arguments = bd_take_ptr(texts.cmdline);
	return 0;
}

/* Also where the configuration does not say that it is one: "linux /EFI/Linux/arch.efi". */
static int look_for_sections(struct loading *loading, struct bd_error *err)
{
	struct bd_kernel_source source = bd_boot_file_source_read(&loading->kernel_file);
	const char *path = loading->entry->kernel.path;
	size_t size = strlen(path);
	struct bd_error failure = BD_ERROR_INIT;

	if (!loading->entry->is_uki && (size < 4 || strcasecmp(path + size - 4, ".efi") != 0))
		return 0;
	BD_FREE struct bd_uki *uki = malloc(sizeof(*uki));
	if (!uki)
		return bd_no_memory(err);
	if (bd_uki_read(&source, uki, &failure) == 0)
		return take_sections(loading, &source, uki, err);
	if (!loading->entry->is_uki && failure.code == ENOEXEC)
		return 0;
	*err = failure;
	return bd_wrap(err, "%.300s", path);
}

/* --- the kernel --------------------------------------------------------------------------------------------------- */

static bool is_unpacked_by_xen(const struct bd_reader_request *request, const struct bd_bzimage *image)
{
	switch (request->unpacking) {
	case BD_UNPACKING_ALWAYS:
		return image->compression == BD_COMPRESSION_UNKNOWN;
	case BD_UNPACKING_NEVER:
		return true;
	case BD_UNPACKING_AS_NEEDED:
		break;
	}
	if (image->compression == BD_COMPRESSION_NONE || image->compression == BD_COMPRESSION_UNKNOWN ||
	    !request->xen_major)
		return true;
	return bd_xen_unpacks(request->xen_major, request->xen_minor, &request->libraries, image->compression,
			      image->window_bytes) == BD_XEN_UNPACKS;
}

/* Of the kernel that has been sent. What is no bzImage goes to libxc as it is: it may be an ELF file, or something that nobody boots. */
static void tell_packing(struct loading *loading)
{
	const struct bd_kernel_source copy = bd_boot_copy_read(loading->disk, loading->kernel.size_bytes);
	struct bd_error failure = BD_ERROR_INIT;
	struct bd_bzimage image;

	if (bd_bzimage_read(&copy, &image, &failure) != 0) {
		bd_boot_disk_tell(loading->disk, BD_LOG_DEBUG, "%.300s: %s", loading->entry->kernel.path,
				  failure.message);
		return;
	}
	bd_boot_disk_tell(loading->disk, BD_LOG_DEBUG, "the kernel is %.100s, packed by %s", image.release,
			  bd_compression_name(image.compression));
	if (!is_unpacked_by_xen(loading->request, &image))
		bd_result_send_text(&loading->disk->writer, BD_RESULT_PACKED, bd_compression_name(image.compression));
}

/* --- sending ------------------------------------------------------------------------------------------------------ */

static void send_room(struct loading *loading, uint64_t size_bytes)
{
	if (size_bytes && !loading->request->without_content)
		bd_result_send_room(&loading->disk->writer, size_bytes);
}

/* All of them joined, but for what is made of their names. 0: more than there can be, which their content tells, too. */
static uint64_t initrd_bytes(const struct loading *loading)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < loading->initrd_count; i++)
		if (__builtin_add_overflow(sum, bd_initrds_padding(sum), &sum) ||
		    __builtin_add_overflow(sum, loading->initrds[i].size_bytes, &sum))
			return 0;
	return sum;
}

static int send_piece(struct loading *loading, const struct piece *piece, uint64_t at_bytes, struct bd_error *err)
{
	if (loading->request->without_content || !piece->size_bytes)
		return 0;
	return bd_boot_file_source_send(piece->file, piece->from_bytes, piece->size_bytes, at_bytes, err);
}

static int send_kernel(struct loading *loading, struct bd_error *err)
{
	bd_result_send_file(&loading->disk->writer, BD_BOOT_KERNEL, loading->entry->kernel.path);
	send_room(loading, loading->kernel.size_bytes);
	if (send_piece(loading, &loading->kernel, 0, err) != 0)
		return -1;
	if (!loading->request->without_content)
		tell_packing(loading);
	return 0;
}

/* The initrd while it is sent. */
struct initrd {
	uint64_t at_bytes;
	struct bd_newc archive; /* that GRUB would make, up to there */
};

static void send_padding(struct loading *loading, struct initrd *initrd)
{
	uint64_t missing = bd_initrds_padding(initrd->at_bytes);

	if (missing && !loading->request->without_content)
		bd_result_send_zeros(&loading->disk->writer, missing);
	initrd->at_bytes += missing;
}

static void send_made(struct loading *loading, struct initrd *initrd, const char *data, size_t size)
{
	if (!loading->request->without_content)
		bd_frame_data(&loading->disk->writer, initrd->at_bytes, data, size);
	initrd->at_bytes += size;
}

static void end_archive(struct loading *loading, struct initrd *initrd)
{
	char trailer[BD_NEWC_TRAILER_BYTES];

	if (!initrd->archive.count)
		return;
	bd_newc_end(&initrd->archive, trailer);
	send_made(loading, initrd, trailer, sizeof(trailer));
}

/* What goes before it, and it. */
static int send_initrd(struct loading *loading, struct initrd *initrd, const struct piece *piece,
		       struct bd_error *err)
{
	BD_FREE char *header = NULL;
	size_t size;

	send_padding(loading, initrd);
	if (!piece->newc_name)
		end_archive(loading, initrd);
	else if (bd_newc_add(&initrd->archive, piece->newc_name, piece->size_bytes, &header, &size, err) != 0)
		return -1;
	else
		send_made(loading, initrd, header, size);
	if (send_piece(loading, piece, initrd->at_bytes, err) != 0)
		return -1;
	initrd->at_bytes += piece->size_bytes;
	return 0;
}

static int send_initrds(struct loading *loading, struct bd_error *err)
{
	struct initrd initrd = { .at_bytes = 0 };

	if (!loading->initrd_count)
		return 0;
	bd_result_send_file(&loading->disk->writer, BD_BOOT_RAMDISK, loading->initrds[0].file->path);
	send_room(loading, initrd_bytes(loading));
	for (size_t i = 0; i < loading->initrd_count; i++)
		if (send_initrd(loading, &initrd, &loading->initrds[i], err) != 0)
			return -1;
	if (initrd.archive.count)
		send_padding(loading, &initrd);
	end_archive(loading, &initrd);
	return 0;
}

static int send_arguments(struct loading *loading, struct bd_error *err)
{
	const char *own = loading->entry->arguments ? loading->entry->arguments : "";
	const char *added = loading->request->arguments ? loading->request->arguments : "";
	BD_FREE char *text = NULL;

	if (!*own && loading->uki_arguments)
		own = loading->uki_arguments;
	if (bd_text_format(&text, err, "%s%s%s", own, *own && *added ? " " : "", added) != 0)
		return -1;
	if (strlen(text) > BD_RESULT_ARGUMENTS_MAX)
		return bd_fail(err, EFBIG, "the kernel's arguments are too long: %zu bytes", strlen(text));
	if (*text)
		bd_result_send_text(&loading->disk->writer, BD_RESULT_ARGUMENTS, text);
	return 0;
}

static int open_files(struct loading *loading, struct bd_error *err)
{
	const struct bd_bootmenu_entry *entry = loading->entry;

	if (open_file(loading, &entry->kernel, &loading->kernel_file, err) != 0)
		return -1;
	loading->kernel = (struct piece){ &loading->kernel_file, 0, loading->kernel_file.size_bytes, NULL };
	if (look_for_sections(loading, err) != 0)
		return -1;
	for (size_t i = 0; i < entry->initrd_count; i++) {
		struct bd_boot_file_source *file = &loading->initrd_files[i];
		if (open_file(loading, &entry->initrds[i], file, err) != 0)
			return -1;
		loading->initrds[loading->initrd_count++] =
			(struct piece){ file, 0, file->size_bytes, entry->initrds[i].newc_name };
	}
	return 0;
}

int bd_boot_load(struct bd_boot_disk *disk, const struct bd_reader_request *request, const char *device,
		 const struct bd_bootmenu_entry *entry, struct bd_error *err)
{
	BD_DISPOSE(loading_dispose)
	struct loading loading = { .disk = disk, .request = request, .entry = entry, .device = device };

	if (entry->obstacle || !entry->kernel.path)
		return bd_fail(err, ENOTSUP, "%.200s cannot be booted: %.255s", entry->title ? entry->title : "it",
			       entry->obstacle ? entry->obstacle : "it has no kernel");
	if (open_files(&loading, err) != 0 || send_arguments(&loading, err) != 0 || send_kernel(&loading, err) != 0)
		return -1;
	return send_initrds(&loading, err);
}
