/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes, reads and removes the files of a run of a boot loader. */
#include "libxl/bootloader/files.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "libxl/bootloader/answer.h"

#define PATTERN "%s/xen-bigdisk-bootloader.%s%s"
/* A directory tree that is deeper is removed, too, with fewer descriptors. */
#define DESCRIPTORS 16

static int remove_one(const char *path, const struct stat *there, int type, struct FTW *place)
{
	(void)there;
	(void)type;
	(void)place;
	remove(path);
	return 0;
}

void bd_bootloader_files_remove(struct bd_bootloader_files *files)
{
	if (*files->directory)
		nftw(files->directory, remove_one, DESCRIPTORS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	if (*files->output)
		unlink(files->output);
	*files->directory = *files->output = '\0';
}

static int name_files(const char *folder, const char *name, struct bd_bootloader_files *files_out,
		      struct bd_error *err)
{
	if (snprintf(files_out->directory, PATH_MAX, PATTERN, folder, name, ".d") >= PATH_MAX ||
	    snprintf(files_out->output, PATH_MAX, PATTERN, folder, name, ".out") >= PATH_MAX)
		return bd_fail(err, ENAMETOOLONG, "the guest's name is too long for the files of its boot loader");
	return 0;
}

int bd_bootloader_files_make(const char *folder, const char *name, struct bd_bootloader_files *files_out,
			     struct bd_error *err)
{
	struct bd_bootloader_files files, left;

	if (name_files(folder, name, &files, err) != 0)
		return -1;
	left = files;
	bd_bootloader_files_remove(&left);
	if (mkdir(files.directory, 0700) != 0)
		return bd_fail_errno(err, "cannot create %s for the boot loader", files.directory);
	BD_CLOSE int output = open(files.output, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (output < 0) {
		bd_fail_errno(err, "cannot create %s for the boot loader", files.output);
		rmdir(files.directory);
		return -1;
	}
	*files_out = files;
	return 0;
}

int bd_bootloader_files_answer(const struct bd_bootloader_files *files, char **text_out, size_t *size_out,
			       struct bd_error *err)
{
	BD_FREE char *text = malloc(BD_BOOTLOADER_ANSWER_LIMIT + 1);
	BD_FCLOSE FILE *output = fopen(files->output, "re");

	if (!text)
		return bd_no_memory(err);
	if (!output)
		return bd_fail_errno(err, "cannot read the boot loader's answer %s", files->output);
	size_t size = fread(text, 1, BD_BOOTLOADER_ANSWER_LIMIT + 1, output);
	if (ferror(output))
		return bd_fail_errno(err, "cannot read the boot loader's answer %s", files->output);
	if (size > BD_BOOTLOADER_ANSWER_LIMIT)
		return bd_fail(err, EFBIG, "the boot loader's answer is too long: more than %d bytes",
			       BD_BOOTLOADER_ANSWER_LIMIT);
	text[size] = '\0';
	*text_out = bd_take_ptr(text);
	*size_out = size;
	return 0;
}

static bool is_inside(const struct bd_bootloader_files *files, const char *path)
{
	size_t length = strlen(files->directory);

	return strncmp(path, files->directory, length) == 0 && path[length] == '/' && path[length + 1] &&
	       !strchr(path + length + 1, '/');
}

int bd_bootloader_files_take(const struct bd_bootloader_files *files, const char *path, bool inside, int *fd_out,
			     struct bd_error *err)
{
	struct stat there;

	if (inside && !is_inside(files, path))
		return bd_fail(err, EPERM, "the boot loader's answer names %s, which is not in %s", path,
			       files->directory);
	BD_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | (inside ? O_NOFOLLOW : 0));
	if (fd < 0 || fstat(fd, &there) != 0)
		return bd_fail_errno(err, "cannot open %s, which the boot loader's answer names", path);
	if (!S_ISREG(there.st_mode))
		return bd_fail(err, EPERM, "the boot loader's answer names %s, which is no regular file", path);
	/* As libxl does with what a boot loader has made for it. */
	unlink(path);
	*fd_out = bd_take_fd(&fd);
	return 0;
}
