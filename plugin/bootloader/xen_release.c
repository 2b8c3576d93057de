/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sysfs, and the folders that distributions have the library in. */
#include "bootloader/xen_release.h"

#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/parse.h"

static unsigned read_number(const char *path)
{
	char text[32] = "";
	struct bd_error err = BD_ERROR_INIT;
	uint64_t value = 0;
	BD_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);

	ssize_t r = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (r <= 0)
		return 0;
	text[strcspn(text, "\n")] = '\0';
	return bd_parse_uint(text, NULL, 0, 65535, &value, &err) == 0 ? (unsigned)value : 0;
}

static bool read_library(const char *path, struct bd_xen_libraries *libraries_out)
{
	struct bd_error err = BD_ERROR_INIT;
	struct stat file;
	BD_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &file) != 0)
		return false;
	const struct bd_kernel_source source = bd_kernel_source_fd(fd, (uint64_t)file.st_size);
	return bd_xen_libraries_read(&source, libraries_out, &err) == 0;
}

static void read_libraries(unsigned major, unsigned minor, struct bd_xen_libraries *libraries_out)
{
	static const char *const folders[] = { "/usr/lib/*-linux-gnu", "/usr/lib64", "/usr/lib", "/usr/local/lib",
					       "/usr/lib/xen-*/lib" };
	char pattern[96];

	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders) && !libraries_out->is_known; i++) {
		glob_t found = { 0 };
		snprintf(pattern, sizeof(pattern), "%s/libxenguest.so.%u.%u", folders[i], major, minor);
		if (glob(pattern, 0, NULL, &found) == 0)
			libraries_out->is_known = read_library(found.gl_pathv[0], libraries_out);
		globfree(&found);
	}
}

void bd_xen_release_read(unsigned *major_out, unsigned *minor_out, struct bd_xen_libraries *libraries_out)
{
	*libraries_out = (struct bd_xen_libraries){ .is_known = false };
	*major_out = read_number("/sys/hypervisor/version/major");
	*minor_out = read_number("/sys/hypervisor/version/minor");
	if (*major_out)
		read_libraries(*major_out, *minor_out, libraries_out);
}
