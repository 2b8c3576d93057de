/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs e2fsck and tune2fs, confined, on a filesystem inside an image. */
#include "ext3/uuid.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/process/run.h"
#include "sandbox/program.h"

int bd_ext3_set_uuid_by_tools(const char *path, uint64_t offset_bytes, const uint8_t uuid[16], struct bd_error *err)
{
	char text[BD_UUID_TEXT_SIZE], output[4096], device[BD_PROGRAM_PATH_SIZE];
	BD_CLOSE int fd = open(path, O_RDWR | O_CLOEXEC);
	struct stat there;

	if (fd < 0 || fstat(fd, &there) != 0)
		return bd_fail_errno(err, "cannot open %s", path);
	/* Of a device, which the limit is not about, it is 0. */
	const struct bd_program program = { .read_fd = fd, .write_fd = fd, .file_bytes = (uint64_t)there.st_size };
	bd_format_uuid(uuid, text);
	bd_program_path_at(fd, offset_bytes, device);
	const char *const fsck[] = { "e2fsck", "-fp", device, NULL };
	const char *const tune[] = { "tune2fs", "-U", text, device, NULL };
	struct bd_run check = bd_program_run(fsck, &program), change = bd_program_run(tune, &program);
	check.output = change.output = output;
	check.output_size = change.output_size = sizeof(output);
	check.also_good = 1; /* it has corrected something */
	/* It asks whether to go on, as this takes time on a large filesystem. */
	change.stdin_text = "y\n";
	if (bd_run(&check, err) != 0)
		return bd_wrap(err, "cannot check the filesystem, which a new UUID needs here");
	return bd_run(&change, err) == 0 ? 0 : bd_wrap(err, "cannot change the filesystem's UUID");
}
