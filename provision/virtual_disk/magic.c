/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A table of magic numbers. */
#include "virtual_disk/magic.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file/file.h"
#include "virtual_disk/format.h"

const char *bd_virtual_disk_magic(const uint8_t *head, size_t size)
{
	static const struct {
		size_t at;
		const char *text;
		size_t size;
		const char *name;
	} kinds[] = {
		{ 0, "QFI\xfb\0\0\0\1", 8, "qcow" },
		{ 0, "QFI\xfb", 4, "qcow2" },
		{ 0, "QED\0", 4, "qed" },
		{ 0, "KDMV", 4, "vmdk" },
		{ 0, "COWD", 4, "vmdk" },
		{ 0, "# Disk DescriptorFile", 21, "vmdk" },
		{ 0, "vhdxfile", 8, "vhdx" },
		{ 0, "conectix", 8, "vpc" },
		{ 64, "\x7f\x10\xda\xbe", 4, "vdi" },
		{ 0, "WithoutFreeSpace", 16, "parallels" },
		{ 0, "WithouFreSpacExt", 16, "parallels" },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (size >= kinds[i].at + kinds[i].size &&
		    memcmp(head + kinds[i].at, kinds[i].text, kinds[i].size) == 0)
			return kinds[i].name;
	return NULL;
}

const char *bd_virtual_disk_name_of(int fd)
{
	uint8_t head[BD_VIRTUAL_DISK_HEAD_BYTES];
	ssize_t got = bd_pread_full(fd, head, sizeof(head), 0);
	const char *driver = got > 0 ? bd_virtual_disk_magic(head, (size_t)got) : NULL;
	enum bd_disk_format format;

	return driver && bd_disk_format_of_driver(driver, &format) ? bd_disk_format_name(format) : driver;
}

int bd_virtual_disk_check_raw(int fd, const char *path, const char *format, struct bd_error *err)
{
	struct stat there;

	if (format)
		return bd_fail(
			err, ENOTSUP,
			"the config says that %s is in %s format, and only a raw disk can be used here; convert it to raw, "
			"and set format=raw for it in the config",
			path, format);
	if (fstat(fd, &there) != 0)
		return bd_fail_errno(err, "cannot access %s", path);
	format = S_ISREG(there.st_mode) ? bd_virtual_disk_name_of(fd) : NULL;
	return format ? bd_fail(err, ENOTSUP,
				"%s is an image in %s format, and only a raw disk can be used here; convert it to raw "
				"first",
				path, format)
		      : 0;
}
