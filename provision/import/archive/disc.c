/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The label is in the primary volume descriptor (ECMA-119, section 8.4); what is on it, libarchive lists. */
#include "import/archive/disc.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/printable.h"
#include "base/text.h"
#include "import/magic.h"

#define DESCRIPTOR_OFFSET 32768 /* sector 16 */
#define LABEL_OFFSET (DESCRIPTOR_OFFSET + 40)
#define LABEL_BYTES 32
#define ENTRIES_MAX 20000 /* more than any installer's disc has before its root filesystem */

/* "": it has none. */
static void read_label(const uint8_t *head, size_t size, char label_out[LABEL_BYTES + 1])
{
	size_t length = LABEL_BYTES;

	label_out[0] = '\0';
	if (size < LABEL_OFFSET + LABEL_BYTES || head[DESCRIPTOR_OFFSET] != 1)
		return;
	while (length && (head[LABEL_OFFSET + length - 1] == ' ' || !head[LABEL_OFFSET + length - 1]))
		length--;
	memcpy(label_out, head + LABEL_OFFSET, length);
	label_out[length] = '\0';
}

/* As cloud-init knows the disks that are meant for it. */
static bool is_seed(const char *label)
{
	static const char *const labels[] = { "cidata", "CIDATA", "config-2", "CONFIG-2" };

	for (size_t i = 0; i < sizeof(labels) / sizeof(*labels); i++)
		if (!strcmp(label, labels[i]))
			return true;
	return false;
}

void bd_disc_describe(const uint8_t *head, size_t size_bytes, struct bd_disc *disc_out)
{
	const char *format = bd_magic_is_disc(head, size_bytes);
	const bool is_iso = format && !strcmp(format, "ISO 9660");
	char label[LABEL_BYTES + 1] = "";

	if (is_iso)
		read_label(head, size_bytes, label);
	BD_FREE char *shown = bd_printable(label);
	disc_out->is_seed = is_seed(label);
	snprintf(disc_out->text, sizeof(disc_out->text), "it is %s %s disc image%s%.100s%s%s", is_iso ? "an" : "a",
		 format ? format : "", *label ? " labelled \"" : "", shown ? shown : "", *label ? "\"" : "",
		 disc_out->is_seed ? ", a seed for cloud-init" : "");
}

static bool is_root_image(const char *path)
{
	static const char *const endings[] = { ".squashfs", "/squashfs.img", "/rootfs.img", "/airootfs.sfs" };

	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++)
		if (bd_text_ends_in(path, endings[i]))
			return true;
	return false;
}

/* The first file that may have a root filesystem; "": none is found. What cannot be read further is not searched further. */
static void find_root_image(const struct bd_archive_functions *la, struct archive *archive,
			    char name_out[BD_ENTRY_NAME_SIZE])
{
	struct archive_entry *entry;

	name_out[0] = '\0';
	for (int i = 0; i < ENTRIES_MAX && !*name_out; i++) {
		if (la->read_next_header(archive, &entry) != ARCHIVE_OK)
			return;
		const char *path = la->entry_pathname(entry);
		if (path && is_root_image(path))
			bd_entry_name(path, name_out);
	}
}

int bd_disc_refuse(const struct bd_archive_functions *la, struct archive *archive, const struct bd_disc *disc,
		   struct bd_error *err)
{
	char name[BD_ENTRY_NAME_SIZE] = "";

	if (disc->is_seed)
		return bd_fail(err, ENOTSUP, "%s, no root filesystem: import the cloud image that it is for",
			       disc->text);
	if (archive)
		find_root_image(la, archive, name);
	if (*name)
		return bd_fail(err, ENOTSUP,
			       "%s, no root filesystem: import %s, which is in it, or install a guest from it",
			       disc->text, name);
	return bd_fail(err, ENOTSUP,
		       "%s, no root filesystem: install a guest from it, and import that one's disk; or import the "
		       "squashfs in it, where there is one",
		       disc->text);
}
