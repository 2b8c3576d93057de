/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes, keeps and removes the files that a guest boots by. */
#include "bootloader/boot_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file/file.h"

#define RANDOM_SIZE 9 /* with its NUL */
#define TRIES 100

static const struct {
	const char *prefix, *word;
} kinds[BD_BOOT_FILES] = {
	[BD_BOOT_KERNEL] = { "boot_kernel", "kernel" },
	[BD_BOOT_RAMDISK] = { "boot_ramdisk", "initrd" },
};

const char *bd_boot_file_word(enum bd_boot_file_kind kind)
{
	return kinds[kind].word;
}

/* As Python's tempfile.mkstemp() chooses names. */
static int choose_letters(char text_out[RANDOM_SIZE], struct bd_error *err)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz012345";
	uint8_t bytes[RANDOM_SIZE - 1];

	if (bd_random_bytes(bytes, sizeof(bytes), err) != 0)
		return -1;
	for (size_t i = 0; i < sizeof(bytes); i++)
		text_out[i] = letters[bytes[i] % (sizeof(letters) - 1)];
	text_out[sizeof(bytes)] = '\0';
	return 0;
}

/* 1: there is one of that name already. */
static int try_create(const char *directory, enum bd_boot_file_kind kind, struct bd_boot_file *file,
		      struct bd_error *err)
{
	char letters[RANDOM_SIZE];

	if (choose_letters(letters, err) != 0)
		return -1;
	int n = snprintf(file->path, sizeof(file->path), "%s/%s.%s", directory, kinds[kind].prefix, letters);
	if (n < 0 || (size_t)n >= sizeof(file->path))
		return bd_fail(err, ENAMETOOLONG, "the name of the directory for the %s is too long",
			       kinds[kind].word);
	file->fd = open(file->path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (file->fd >= 0)
		return 0;
	return errno == EEXIST
		       ? 1
		       : bd_fail_errno(err, "cannot make a file for the %s in %s", kinds[kind].word, directory);
}

static int check_directory(const char *directory, struct bd_error *err)
{
	struct stat file;

	if (stat(directory, &file) != 0)
		return bd_fail_errno(err, "cannot use %s for kernel and initrd", directory);
	return S_ISDIR(file.st_mode) ? 0 : bd_fail(err, ENOTDIR, "%s is not a directory", directory);
}

static int make_directory(const char *directory, struct bd_error *err)
{
	if (mkdir(directory, 0700) == 0 || errno == EEXIST)
		return 0;
	return bd_fail_errno(err, "cannot make %s", directory);
}

int bd_boot_file_create(const char *directory, const char *fallback, enum bd_boot_file_kind kind,
			struct bd_boot_file *file_out, struct bd_error *err)
{
	struct bd_boot_file file = BD_BOOT_FILE_INIT;
	const char *where = directory ? directory : fallback;

	if ((!directory && make_directory(where, err) != 0) || check_directory(where, err) != 0)
		return -1;
	for (unsigned i = 0; i < TRIES; i++) {
		int r = try_create(where, kind, &file, err);
		if (r == 0)
			*file_out = file;
		if (r <= 0)
			return r;
	}
	return bd_fail(err, EEXIST, "there are too many files in %s", where);
}

int bd_boot_file_close(struct bd_boot_file *file, struct bd_error *err)
{
	return close(bd_take_fd(&file->fd)) == 0 ? 0 : bd_fail_errno(err, "cannot write %s", file->path);
}

void bd_boot_file_keep(struct bd_boot_file *file)
{
	file->is_kept = true;
}

void bd_boot_file_dispose(struct bd_boot_file *file)
{
	bd_cleanup_close(&file->fd);
	if (*file->path && !file->is_kept)
		unlink(file->path);
	*file = (struct bd_boot_file)BD_BOOT_FILE_INIT;
}
