/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about base/file/atomic_file.h: a file is there complete or not at all. Filesystems without O_TMPFILE or
 * RENAME_NOREPLACE are played by this program's own openat64 and renameat2, which the linker prefers to libc's; fsync
 * is watched so. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file/atomic_file.h"
#include "base/file/file.h"

static int tmpfile_errno, renameat2_errno;

int our_openat(int folder, const char *path, int flags, ...) __asm__("openat64");
int our_openat(int folder, const char *path, int flags, ...)
{
	va_list args;

	va_start(args, flags);
	mode_t mode = va_arg(args, mode_t);
	va_end(args);
	if ((flags & O_TMPFILE) == O_TMPFILE && tmpfile_errno) {
		errno = tmpfile_errno;
		return -1;
	}
	return (int)syscall(SYS_openat, folder, path, flags, mode);
}

int our_renameat2(int from_folder, const char *from, int to_folder, const char *to,
		  unsigned flags) __asm__("renameat2");
int our_renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags)
{
	if (renameat2_errno) {
		errno = renameat2_errno;
		return -1;
	}
	return (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
}

static bool folder_is_flushed;

int our_fsync(int fd) __asm__("fsync");
int our_fsync(int fd)
{
	struct stat there;

	if (fstat(fd, &there) == 0 && S_ISDIR(there.st_mode))
		folder_is_flushed = true;
	return (int)syscall(SYS_fsync, fd);
}

static char folder[64], path[128];
static struct bd_error err;

static int make_folder(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/xen-bigdisk-test-draft-XXXXXX");
	tmpfile_errno = renameat2_errno = 0;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/web01.img", folder);
	return 0;
}

/* The names in the folder, and the last of them. */
static unsigned names(char last[256])
{
	DIR *opened = opendir(folder);
	unsigned count = 0;

	assert_non_null(opened);
	for (const struct dirent *entry; (entry = readdir(opened));)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
			count++;
			if (last)
				snprintf(last, 256, "%s", entry->d_name);
		}
	closedir(opened);
	return count;
}

static int remove_folder(void **state)
{
	char name[256];

	(void)state;
	while (names(name) > 0) {
		char each[512];
		snprintf(each, sizeof(each), "%s/%s", folder, name);
		if (unlink(each) != 0)
			return -1;
	}
	return rmdir(folder);
}

static void assert_content(const char *wanted)
{
	char *text;

	if (bd_read_file(path, 4096, &text, NULL, &err) != 0)
		fail_msg("%s", err.message);
	assert_string_equal(text, wanted);
	free(text);
}

static void put(const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void open_draft(struct bd_atomic_file *draft)
{
	if (bd_atomic_file_open(path, 0600, draft, &err) != 0)
		fail_msg("%s", err.message);
	assert_int_equal(write(draft->fd, "disk", 4), 4);
}

static void publish(struct bd_atomic_file *draft)
{
	if (bd_atomic_file_sync(draft, &err) != 0 || bd_atomic_file_publish(draft, &err) != 0 ||
	    bd_atomic_file_sync_folder(draft, &err) != 0)
		fail_msg("%s", err.message);
}

static void a_published_draft_is_the_file_and_nothing_else(void **state)
{
	struct bd_atomic_file draft;
	struct stat there;

	(void)state;
	open_draft(&draft);
	publish(&draft);
	bd_atomic_file_dispose(&draft);
	assert_content("disk");
	assert_int_equal(names(NULL), 1);
	assert_int_equal(stat(path, &there), 0);
	assert_int_equal(there.st_mode & 07777, 0600);
}

static void a_draft_has_no_name_and_no_trace(void **state)
{
	struct bd_atomic_file draft;

	(void)state;
	open_draft(&draft);
	assert_int_equal(names(NULL), 0);
	bd_atomic_file_dispose(&draft);
	bd_atomic_file_dispose(&draft);
	assert_int_equal(names(NULL), 0);
	assert_int_equal(draft.fd, -1);
}

static void kill_minus_9_leaves_nothing_of_a_draft(void **state)
{
	int status;
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		struct bd_atomic_file draft;
		if (bd_atomic_file_open(path, 0600, &draft, &err) == 0 && write(draft.fd, "disk", 4) == 4)
			kill(getpid(), SIGKILL);
		_exit(1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(names(NULL), 0);
}

static void other_code_reaches_a_draft_through_its_work_path(void **state)
{
	struct bd_atomic_file draft;
	char text[5] = "";

	(void)state;
	open_draft(&draft);
	int fd = open(draft.work_path, O_RDWR);
	assert_true(fd >= 0);
	assert_int_equal(read(fd, text, 4), 4);
	assert_string_equal(text, "disk");
	close(fd);
	bd_atomic_file_dispose(&draft);
}

static void what_is_there_is_never_replaced(void **state)
{
	struct bd_atomic_file draft = BD_ATOMIC_FILE_INIT;

	(void)state;
	put("theirs");
	assert_int_equal(bd_atomic_file_open(path, 0600, &draft, &err), -1);
	assert_int_equal(err.code, EEXIST);
	assert_int_equal(draft.fd, -1);
	assert_content("theirs");
	bd_atomic_file_dispose(&draft);
}

static void a_dangling_symlink_is_something_that_is_there(void **state)
{
	struct bd_atomic_file draft = BD_ATOMIC_FILE_INIT;
	char target[160];
	struct stat there;

	(void)state;
	snprintf(target, sizeof(target), "%s/elsewhere", folder);
	assert_int_equal(symlink(target, path), 0);
	assert_int_equal(bd_atomic_file_open(path, 0600, &draft, &err), -1);
	assert_int_equal(err.code, EEXIST);
	assert_int_equal(lstat(target, &there), -1);
}

static void who_comes_second_loses_and_says_so(void **state)
{
	struct bd_atomic_file draft;

	(void)state;
	for (int fallback = 0; fallback < 3; fallback++) {
		tmpfile_errno = fallback ? EOPNOTSUPP : 0;
		renameat2_errno = fallback == 2 ? EINVAL : 0;
		open_draft(&draft);
		put("theirs");
		assert_int_equal(bd_atomic_file_publish(&draft, &err), -1);
		assert_int_equal(err.code, EEXIST);
		assert_non_null(strstr(err.message, path));
		bd_atomic_file_retract(&draft);
		bd_atomic_file_dispose(&draft);
		assert_content("theirs");
		assert_int_equal(names(NULL), 1);
		assert_int_equal(unlink(path), 0);
	}
}

static void without_o_tmpfile_a_hidden_name_is_used_and_goes_away(void **state)
{
	static const int reasons[] = { EOPNOTSUPP, EISDIR, EINVAL, ENOENT };

	(void)state;
	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++) {
		struct bd_atomic_file draft;
		char name[256];
		tmpfile_errno = reasons[i];
		open_draft(&draft);
		assert_int_equal(names(name), 1);
		assert_int_equal(name[0], '.');
		bd_atomic_file_dispose(&draft);
		assert_int_equal(names(NULL), 0);
	}
}

static void without_o_tmpfile_publishing_works_as_well(void **state)
{
	(void)state;
	tmpfile_errno = EOPNOTSUPP;
	/* the second time without RENAME_NOREPLACE too, as on NFS */
	for (int i = 0; i < 2; i++) {
		struct bd_atomic_file draft;
		renameat2_errno = i ? EINVAL : 0;
		open_draft(&draft);
		publish(&draft);
		bd_atomic_file_dispose(&draft);
		assert_content("disk");
		assert_int_equal(names(NULL), 1);
		assert_int_equal(unlink(path), 0);
	}
}

static void other_failures_of_o_tmpfile_are_failures(void **state)
{
	static const int reasons[] = { ENOSPC, EROFS, EACCES, EDQUOT, EMFILE };

	(void)state;
	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++) {
		struct bd_atomic_file draft = BD_ATOMIC_FILE_INIT;
		tmpfile_errno = reasons[i];
		assert_int_equal(bd_atomic_file_open(path, 0600, &draft, &err), -1);
		assert_int_equal(err.code, reasons[i]);
		assert_int_equal(names(NULL), 0);
	}
}

static void retracting_takes_a_published_file_away(void **state)
{
	struct bd_atomic_file draft;

	(void)state;
	open_draft(&draft);
	publish(&draft);
	folder_is_flushed = false;
	bd_atomic_file_retract(&draft);
	assert_int_equal(names(NULL), 0);
	assert_true(folder_is_flushed); /* as its publishing was */
	bd_atomic_file_retract(&draft);
	bd_atomic_file_dispose(&draft);
}

static void retracting_leaves_a_file_that_is_no_longer_ours(void **state)
{
	struct bd_atomic_file draft;

	(void)state;
	open_draft(&draft);
	publish(&draft);
	assert_int_equal(unlink(path), 0);
	put("theirs");
	bd_atomic_file_retract(&draft);
	bd_atomic_file_dispose(&draft);
	assert_content("theirs");
}

static void disposing_leaves_what_was_published(void **state)
{
	struct bd_atomic_file draft;

	(void)state;
	open_draft(&draft);
	publish(&draft);
	bd_atomic_file_dispose(&draft);
	bd_atomic_file_retract(&draft);
	assert_content("disk");
}

static void a_missing_folder_is_an_error(void **state)
{
	struct bd_atomic_file draft = BD_ATOMIC_FILE_INIT;

	(void)state;
	assert_int_equal(bd_atomic_file_open("/nonexistent/web01.img", 0600, &draft, &err), -1);
	assert_int_equal(err.code, ENOENT);
}

static void drafts_know_whether_they_share_a_folder(void **state)
{
	struct bd_atomic_file one, same, other;
	char spelled[160];

	(void)state;
	snprintf(spelled, sizeof(spelled), "%s/./web01.cfg", folder);
	open_draft(&one);
	assert_int_equal(bd_atomic_file_open(spelled, 0600, &same, &err), 0);
	assert_int_equal(bd_atomic_file_open("/tmp/xen-bigdisk-test-draft-never-published", 0600, &other, &err), 0);
	assert_true(bd_atomic_file_same_folder(&one, &same));
	assert_false(bd_atomic_file_same_folder(&one, &other));
	bd_atomic_file_dispose(&one);
	bd_atomic_file_dispose(&same);
	bd_atomic_file_dispose(&other);
}

static void publish_output(struct bd_atomic_file *draft, const char *text)
{
	assert_int_equal(bd_pwrite_all(draft->fd, text, strlen(text), 0, path, &err), 0);
	assert_int_equal(bd_atomic_file_publish(draft, &err), 0);
	bd_atomic_file_dispose(draft);
	assert_content(text);
}

static void of_two_that_write_a_new_output_both_succeed(void **state)
{
	struct bd_atomic_file one, other;

	(void)state;
	assert_int_equal(bd_atomic_file_open_output(path, 0644, &one, &err), 0);
	assert_int_equal(bd_atomic_file_open_output(path, 0644, &other, &err), 0);
	publish_output(&one, "first");
	publish_output(&other, "second");
	assert_int_equal(bd_atomic_file_open_output(path, 0644, &one, &err), 0);
	publish_output(&one, "later");
}

static void only_a_regular_file_is_replaced(void **state)
{
	struct bd_atomic_file draft = BD_ATOMIC_FILE_INIT;
	struct stat there;

	(void)state;
	assert_int_equal(bd_atomic_file_open_replacement(path, &draft, &err), -1);
	assert_int_equal(err.code, ENOENT);
	assert_int_equal(symlink("elsewhere", path), 0);
	assert_int_equal(bd_atomic_file_open_replacement(path, &draft, &err), -1);
	assert_int_equal(err.code, ELOOP);
	assert_int_equal(bd_atomic_file_open_output(path, 0644, &draft, &err), -1);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(bd_atomic_file_open_replacement(path, &draft, &err), -1);
	assert_int_equal(err.code, EINVAL);
	assert_int_equal(bd_atomic_file_open_output(path, 0644, &draft, &err), -1);
	assert_int_equal(lstat(path, &there), 0);
	assert_true(S_ISFIFO(there.st_mode));
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(a_published_draft_is_the_file_and_nothing_else),
		IN_FOLDER(a_draft_has_no_name_and_no_trace),
		IN_FOLDER(kill_minus_9_leaves_nothing_of_a_draft),
		IN_FOLDER(other_code_reaches_a_draft_through_its_work_path),
		IN_FOLDER(what_is_there_is_never_replaced),
		IN_FOLDER(a_dangling_symlink_is_something_that_is_there),
		IN_FOLDER(who_comes_second_loses_and_says_so),
		IN_FOLDER(without_o_tmpfile_a_hidden_name_is_used_and_goes_away),
		IN_FOLDER(without_o_tmpfile_publishing_works_as_well),
		IN_FOLDER(other_failures_of_o_tmpfile_are_failures),
		IN_FOLDER(retracting_takes_a_published_file_away),
		IN_FOLDER(retracting_leaves_a_file_that_is_no_longer_ours),
		IN_FOLDER(disposing_leaves_what_was_published),
		IN_FOLDER(a_missing_folder_is_an_error),
		IN_FOLDER(drafts_know_whether_they_share_a_folder),
		IN_FOLDER(of_two_that_write_a_new_output_both_succeed),
		IN_FOLDER(only_a_regular_file_is_replaced),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
