/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables of names by which people and their tools tell apart what they have on their disks. */
#include "import/wrap/describe.h"

#include <stdio.h>
#include <string.h>

#include "base/printable.h"
#include "base/text.h"
#include "template/writer/top.h"

struct look {
	const char *paths[8]; /* any of them; "*" before an ending: a file at the top that ends so */
	const char *text;
};

static bool has_ending(const struct bd_sealed_writer *writer, const char *ending)
{
	struct bd_sealed_writer_entry entry = { .at = BD_SEALED_WRITER_FIRST };

	while (bd_sealed_writer_next_at_top(writer, &entry))
		if (entry.type == BD_TYPE_REGULAR && bd_text_ends_in(entry.name, ending))
			return true;
	return false;
}

static bool has_any(struct bd_sealed_writer *writer, const struct look *look)
{
	for (size_t i = 0; i < sizeof(look->paths) / sizeof(*look->paths) && look->paths[i]; i++)
		if (*look->paths[i] == '*' ? has_ending(writer, look->paths[i] + 1)
					   : bd_sealed_writer_type(writer, look->paths[i]) != BD_TYPE_NONE)
			return true;
	return false;
}

/* What is at the top, as much as there is room for. */
static void list_top(const struct bd_sealed_writer *writer, char *text, size_t size)
{
	struct bd_sealed_writer_entry entry = { .at = BD_SEALED_WRITER_FIRST };
	char shown[BD_ENTRY_NAME_SIZE];

	while (bd_sealed_writer_next_at_top(writer, &entry)) {
		bd_entry_name(entry.name, shown);
		if (strlen(text) + strlen(shown) + sizeof(", ...") > size) {
			bd_text_append(text, size, ", ", "...");
			return;
		}
		bd_text_append(text, size, ", ", "%s", shown);
	}
}

bool bd_wrap_describe(struct bd_sealed_writer *writer, char text_out[BD_DESCRIPTION_SIZE])
{
	/* The first that fits; so what is more certain comes first. */
	static const struct look looks[] = {
		{ { "casper", "live", "LiveOS", "isolinux", ".disk", "images/pxeboot", "install.amd",
		    "boot.catalog" },
		  "it is the disc of an installer or of a live system: boot a guest from it and install one, or import the "
		  "squashfs in it" },
		{ { "metadata.yaml" },
		  "it is the metadata of an LXD or Incus image: import the other part of it, such as rootfs.squashfs, "
		  "rootfs.tar.xz or disk.qcow2" },
		{ { "kernel/x86/microcode", "early_cpio" },
		  "it is an initramfs, the first stage of booting: import the root filesystem that it mounts" },
		{ { "oci-layout", "index.json", "manifest.json", "blobs" },
		  "it holds parts of a container image, but no image: export it again (docker save, podman save)" },
		{ { "ova.xml", "*.ovf" },
		  "it is an exported virtual machine without the disk: export it again, or import the disk itself" },
		{ { "*.img", "*.raw", "*.qcow2", "*.vmdk", "*.vhd", "*.vhdx", "*.vdi" },
		  "it holds disk images: import one of them" },
		{ { "*.iso" }, "it holds disc images: boot a guest from one, and install it" },
		{ { "*.tar", "*.tar.gz", "*.tar.xz", "*.tar.zst", "*.tgz", "*.squashfs", "*.wim" },
		  "it holds archives: import one of them" },
		{ { "debian-binary", "DEBIAN/control", ".PKGINFO", "meta/snap.yaml" },
		  "it is a package: import a root filesystem that it is installed in" },
		{ { ".bashrc", ".profile", ".bash_history", ".ssh", ".config", ".zshrc" },
		  "it looks like a home directory: import the root filesystem" },
		{ { "grub", "grub2", "*.cfg", "loader/entries", "extlinux" },
		  "it looks like a /boot partition: import the disk or the root filesystem" },
		{ { "EFI" }, "it looks like an EFI system partition: import the disk or the root filesystem" },
		{ { "share/doc", "lib/systemd" }, "it looks like /usr alone: import the root filesystem" },
		{ { "log", "lib/dpkg", "lib/rpm", "lib/pacman" },
		  "it looks like /var alone: import the root filesystem" },
		{ { "usr", "opt" }, "it looks like a package, or a part of a system: import the root filesystem" },
	};
	struct bd_sealed_writer_entry entry = { .at = BD_SEALED_WRITER_FIRST };
	const char *text = "";

	do
		if (!bd_sealed_writer_next_at_top(writer, &entry)) {
			snprintf(text_out, BD_DESCRIPTION_SIZE, "it is empty");
			return false;
		}
	while (!strcmp(entry.name, "lost+found"));
	for (size_t i = 0; i < sizeof(looks) / sizeof(*looks) && !*text; i++)
		if (has_any(writer, &looks[i]))
			text = looks[i].text;
	snprintf(text_out, BD_DESCRIPTION_SIZE, "%s%s (", *text ? text : "it is no root filesystem",
		 *text ? "" : ": it has neither /etc nor an init");
	size_t used = strlen(text_out);
	char list[160] = "";
	list_top(writer, list, sizeof(list));
	snprintf(text_out + used, BD_DESCRIPTION_SIZE - used, "%s%s)",
		 *text ? "neither /etc nor an init is there, but " : "in it: ", list);
	return *text;
}
