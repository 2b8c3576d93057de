/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about how the plugin runs a guest's boot loader: which guests' it runs, the command line (as libxl's
 * make_bootloader_args has it), the answer (as its parse_bootloader_result reads it), the files, and the run itself, with
 * scripts of this test's as boot loaders. No hypervisor is needed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <libxl.h>

#include "base/cleanup.h"
#include "libxl/bootloader/answer.h"
#include "libxl/bootloader/command.h"
#include "libxl/bootloader/early.h"
#include "libxl/bootloader/files.h"
#include "libxl/bootloader/run.h"

static struct bd_error err;
static char folder[] = "/tmp/test_libxl_bootloader.XXXXXX";
static char path_buffer[4][256];

static const char *in_folder(const char *name)
{
	static unsigned next;
	char *path = path_buffer[next++ % 4];

	snprintf(path, sizeof(path_buffer[0]), "%s/%s", folder, name);
	return path;
}

static void write_file(const char *path, const char *text, mode_t mode)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, mode), 0);
}

/* --- the command line ------------------------------------------------------------------------------------------ */

static const struct bd_bootloader_call plain_call = { .program = "/usr/lib/xen-4.17/bin/pygrub",
						      .disk = "/srv/web01.img",
						      .output = "/run/web01.out",
						      .directory = "/run/web01.d" };

/* The arguments, a blank between two. */
static void check_command(const libxl_domain_build_info *info, const struct bd_bootloader_call *call,
			  const char *wanted)
{
	char line[1024] = "";
	char **argv = NULL;

	assert_int_equal(bd_bootloader_command(info, call, &argv, &err), 0);
	for (char **item = argv; *item; item++)
		snprintf(line + strlen(line), sizeof(line) - strlen(line), "%s%s", item == argv ? "" : " ", *item);
	assert_string_equal(line, wanted);
	bd_bootloader_command_free(&argv);
	bd_bootloader_command_free(&argv);
}

static void the_command_line_is_that_of_libxl(void **state)
{
	char *own[] = { (char *)"--entry=1", (char *)"-d", NULL };
	libxl_domain_build_info info;
	struct bd_bootloader_call call = plain_call;

	(void)state;
	libxl_domain_build_info_init(&info);
	check_command(&info, &call,
		      "/usr/lib/xen-4.17/bin/pygrub --output=/run/web01.out --output-format=simple0 "
		      "--output-directory=/run/web01.d /srv/web01.img");
	info.kernel = (char *)"/vmlinuz";
	info.ramdisk = (char *)"/initrd.img";
	info.cmdline = (char *)"root=/dev/xvda1 ro";
	info.bootloader_args = own;
	call.restricted = true;
	call.uid = 432751;
	check_command(
		&info, &call,
		"/usr/lib/xen-4.17/bin/pygrub --kernel=/vmlinuz --ramdisk=/initrd.img --args=root=/dev/xvda1 ro "
		"--runas=432751 --quiet --output=/run/web01.out --output-format=simple0 "
		"--output-directory=/run/web01.d --entry=1 -d /srv/web01.img");
	/* An empty command line is none. */
	info.kernel = info.ramdisk = NULL;
	info.cmdline = (char *)"";
	info.bootloader_args = NULL;
	call.restricted = false;
	check_command(&info, &call,
		      "/usr/lib/xen-4.17/bin/pygrub --output=/run/web01.out --output-format=simple0 "
		      "--output-directory=/run/web01.d /srv/web01.img");
}

static void a_program_is_looked_for_where_libxl_looks(void **state)
{
	const char *const folders[] = { "/nonexistent", folder, NULL };
	char path[PATH_MAX];

	(void)state;
	write_file(in_folder("ourgrub"), "#!/bin/sh\n", 0755);
	write_file(in_folder("notes"), "", 0644);
	assert_true(bd_bootloader_program("ourgrub", folders, path));
	assert_string_equal(path, in_folder("ourgrub"));
	/* In Xen's folder first, then by PATH. */
	assert_true(bd_bootloader_program("sh", folders, path));
	assert_non_null(strstr(path, "bin/sh"));
	write_file(in_folder("sh"), "#!/bin/sh\n", 0755);
	assert_true(bd_bootloader_program("sh", folders, path));
	assert_string_equal(path, in_folder("sh"));
	/* A path is one. */
	assert_true(bd_bootloader_program("/bin/sh", folders, path));
	assert_string_equal(path, "/bin/sh");
	assert_false(bd_bootloader_program("/nonexistent/sh", folders, path));
	assert_false(bd_bootloader_program("nonesuch", folders, path));
	assert_false(bd_bootloader_program("notes", folders, path));
}

/* --- the answer ------------------------------------------------------------------------------------------------ */

static char warnings[1024];

static void warn(void *context, const char *line)
{
	(void)context;
	snprintf(warnings + strlen(warnings), sizeof(warnings) - strlen(warnings), "%s\n", line);
}

static int parse(const char *text, size_t size, struct bd_bootloader_answer *answer)
{
	*warnings = '\0';
	return bd_bootloader_answer_parse(text, size, warn, NULL, answer, &err);
}

#define PARSE(text, answer) parse((text), sizeof(text) - 1, (answer))

static void an_answer_names_kernel_ramdisk_and_command_line(void **state)
{
	BD_DISPOSE(bd_bootloader_answer_dispose) struct bd_bootloader_answer answer = { 0 };

	(void)state;
	assert_int_equal(PARSE("kernel /d/k\0ramdisk /d/r\0args root=/dev/xvda1 ro quiet\0", &answer), 0);
	assert_string_equal(answer.kernel, "/d/k");
	assert_string_equal(answer.ramdisk, "/d/r");
	assert_string_equal(answer.cmdline, "root=/dev/xvda1 ro quiet");
	assert_string_equal(warnings, "");
}

static void an_answer_may_lack_all_but_the_kernel(void **state)
{
	BD_DISPOSE(bd_bootloader_answer_dispose) struct bd_bootloader_answer answer = { 0 };

	(void)state;
	/* The last NUL may be missing, and white space is of any kind. */
	assert_int_equal(PARSE("\0kernel\t \n/d/k", &answer), 0);
	assert_string_equal(answer.kernel, "/d/k");
	assert_null(answer.ramdisk);
	assert_null(answer.cmdline);
	assert_string_equal(warnings, "");
	assert_int_equal(PARSE("args ro\0", &answer), -1);
	assert_string_equal(err.message, "the boot loader found no kernel");
	assert_int_equal(PARSE("", &answer), -1);
}

static void of_two_items_the_last_holds_and_an_unknown_one_is_told(void **state)
{
	BD_DISPOSE(bd_bootloader_answer_dispose) struct bd_bootloader_answer answer = { 0 };

	(void)state;
	assert_int_equal(PARSE("kernel /a\0kernel /b\0kernels /c\0linux\n/d\0args\0", &answer), 0);
	assert_string_equal(answer.kernel, "/b");
	assert_null(answer.cmdline);
	assert_non_null(strstr(warnings, "an unknown item: \"kernels /c\""));
	assert_non_null(strstr(warnings, "an unknown item: \"linux?/d\""));
	assert_non_null(strstr(warnings, "an unknown item: \"args\""));
}

static void an_item_of_two_path_max_is_passed_over(void **state)
{
	BD_DISPOSE(bd_bootloader_answer_dispose) struct bd_bootloader_answer answer = { 0 };
	const size_t limit = BD_BOOTLOADER_ITEM_LIMIT;
	char *text = malloc(2 * limit + 16);

	(void)state;
	assert_int_equal(limit, 8192);
	/* With its NUL the first is as long as may be, the second one byte longer. */
	memcpy(text, "kernel /k", 10);
	memset(text + 10, 'a', limit - 1);
	memcpy(text + 10, "args ", 5);
	text[10 + limit - 1] = '\0';
	memset(text + 10 + limit, 'b', limit);
	memcpy(text + 10 + limit, "args ", 5);
	assert_int_equal(parse(text, 10 + 2 * limit, &answer), 0);
	assert_int_equal(strlen(answer.cmdline), limit - 1 - strlen("args "));
	assert_int_equal(answer.cmdline[0], 'a');
	assert_non_null(strstr(warnings, "an item that is too long: \"args bbbb"));
	assert_true(strlen(warnings) < 300);
	free(text);
}

/* --- the files ------------------------------------------------------------------------------------------------- */

static void its_files_are_for_root_only_and_replace_what_a_killed_run_left(void **state)
{
	struct bd_bootloader_files files;
	struct stat there;
	char deep[PATH_MAX + 16];

	(void)state;
	assert_int_equal(bd_bootloader_files_make(folder, "web01", &files, &err), 0);
	assert_int_equal(stat(files.directory, &there), 0);
	assert_int_equal(there.st_mode & 07777, 0700);
	assert_int_equal(stat(files.output, &there), 0);
	assert_int_equal(there.st_mode & 07777, 0600);
	snprintf(deep, sizeof(deep), "%s/sub", files.directory);
	assert_int_equal(mkdir(deep, 0700), 0);
	snprintf(deep, sizeof(deep), "%s/sub/kernel", files.directory);
	write_file(deep, "old", 0600);
	assert_int_equal(bd_bootloader_files_make(folder, "web01", &files, &err), 0);
	assert_int_equal(access(deep, F_OK), -1);
	bd_bootloader_files_remove(&files);
	bd_bootloader_files_remove(&files);
	assert_int_equal(access(in_folder("xen-bigdisk-bootloader.web01.d"), F_OK), -1);
	assert_int_equal(access(in_folder("xen-bigdisk-bootloader.web01.out"), F_OK), -1);
	assert_int_equal(bd_bootloader_files_make("/nonexistent", "web01", &files, &err), -1);
	assert_non_null(strstr(err.message, "cannot create /nonexistent/xen-bigdisk-bootloader.web01.d"));
}

static void a_file_of_the_answer_is_opened_and_has_no_name_any_more(void **state)
{
	struct bd_bootloader_files files;
	char path[PATH_MAX + 16], text[8] = "";
	int fd = -1;

	(void)state;
	assert_int_equal(bd_bootloader_files_make(folder, "web01", &files, &err), 0);
	snprintf(path, sizeof(path), "%s/kernel", files.directory);
	write_file(path, "image", 0600);
	assert_int_equal(bd_bootloader_files_take(&files, path, true, &fd, &err), 0);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(read(fd, text, sizeof(text)), 5);
	assert_string_equal(text, "image");
	close(fd);
	bd_bootloader_files_remove(&files);
}

/* libxl would map and remove whatever a restricted boot loader names. */
static void a_restricted_one_can_name_a_file_in_its_directory_only(void **state)
{
	struct bd_bootloader_files files;
	char path[PATH_MAX + 32];
	const char *other = in_folder("other");
	int fd = -1;

	(void)state;
	assert_int_equal(bd_bootloader_files_make(folder, "web01", &files, &err), 0);
	write_file(other, "not yours", 0600);
	assert_int_equal(bd_bootloader_files_take(&files, other, true, &fd, &err), -1);
	assert_non_null(strstr(err.message, "which is not in"));
	snprintf(path, sizeof(path), "%s/../other", files.directory);
	assert_int_equal(bd_bootloader_files_take(&files, path, true, &fd, &err), -1);
	snprintf(path, sizeof(path), "%s/link", files.directory);
	assert_int_equal(symlink(other, path), 0);
	assert_int_equal(bd_bootloader_files_take(&files, path, true, &fd, &err), -1);
	snprintf(path, sizeof(path), "%s/pipe", files.directory);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(bd_bootloader_files_take(&files, path, true, &fd, &err), -1);
	assert_non_null(strstr(err.message, "which is no regular file"));
	assert_int_equal(access(other, F_OK), 0);
	assert_int_equal(fd, -1);
	/* With privileges it may name any. */
	assert_int_equal(bd_bootloader_files_take(&files, other, false, &fd, &err), 0);
	close(fd);
	bd_bootloader_files_remove(&files);
}

static void an_answer_without_end_is_refused(void **state)
{
	struct bd_bootloader_files files;
	char *text = NULL;
	size_t size;

	(void)state;
	assert_int_equal(bd_bootloader_files_make(folder, "web01", &files, &err), 0);
	write_file(files.output, "kernel /k", 0600);
	assert_int_equal(bd_bootloader_files_answer(&files, &text, &size, &err), 0);
	assert_int_equal(size, 9);
	assert_string_equal(text, "kernel /k");
	free(text);
	assert_int_equal(truncate(files.output, BD_BOOTLOADER_ANSWER_LIMIT + 1), 0);
	assert_int_equal(bd_bootloader_files_answer(&files, &text, &size, &err), -1);
	assert_int_equal(err.code, EFBIG);
	bd_bootloader_files_remove(&files);
}

/* --- the run --------------------------------------------------------------------------------------------------- */

static char log_text[8192];

/* Runs a script; log_text is what it has written. */
static int run_script(const char *script, struct bd_bootloader_run *run)
{
	const char *path = in_folder("script");
	char *argv[] = { (char *)path, (char *)"--quiet", NULL };
	int fd = open(in_folder("log"), O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);

	write_file(path, script, 0755);
	run->argv = argv;
	run->log_fd = fd;
	int r = bd_bootloader_run(run, &err);
	ssize_t got = pread(fd, log_text, sizeof(log_text) - 1, 0);
	log_text[got > 0 ? got : 0] = '\0';
	close(fd);
	return r;
}

#define RUN_INIT \
	{ \
		.stop_fd = -1, .screen_fd = -1 \
	}

static void it_has_a_terminal_and_what_it_writes_is_logged(void **state)
{
	struct bd_bootloader_run run = RUN_INIT;

	(void)state;
	run.rows = 50;
	run.columns = 132;
	assert_int_equal(run_script("#!/bin/sh\n"
				    "test -t 0 && test -t 1 && test -t 2 && echo \"terminal $TERM $1\"\n"
				    "stty size; echo to stderr >&2; ls /proc/self/fd | tr '\\n' ' '\n",
				    &run),
			 0);
	/* Raw: a line ends with a newline only. 3 is ls's own. */
	assert_string_equal(log_text, "terminal vt100 --quiet\n50 132\nto stderr\n0 1 2 3 ");
}

static void its_end_is_told_as_what_it_is(void **state)
{
	struct bd_bootloader_run run = RUN_INIT;

	(void)state;
	assert_int_equal(run_script("#!/bin/sh\necho no kernel here; exit 3\n", &run), -1);
	assert_string_equal(err.message, "the boot loader failed with status 3");
	assert_string_equal(log_text, "no kernel here\n");
	assert_int_equal(run_script("#!/bin/sh\nkill -SEGV $$\n", &run), -1);
	assert_non_null(strstr(err.message, "was ended by signal 11, Segmentation fault"));
	assert_int_equal(run_script("#!/nonexistent\n", &run), -1);
	assert_non_null(strstr(log_text, "cannot execute"));
}

static void what_it_leaves_running_is_ended_with_it(void **state)
{
	struct bd_bootloader_run run = RUN_INIT;
	pid_t left;

	(void)state;
	assert_int_equal(run_script("#!/bin/sh\ntrap '' HUP TERM\nsleep 1000 & echo $!\n", &run), 0);
	left = (pid_t)atoi(log_text);
	assert_true(left > 1);
	/* It is init's to wait for: at most a zombie. */
	for (int i = 0; i < 1000 && kill(left, 0) == 0; i++) {
		char path[64], line[256] = "";
		snprintf(path, sizeof(path), "/proc/%d/stat", (int)left);
		FILE *stat_file = fopen(path, "r");
		if (stat_file && fgets(line, sizeof(line), stat_file) && strstr(line, ") Z")) {
			fclose(stat_file);
			return;
		}
		if (stat_file)
			fclose(stat_file);
		usleep(10000);
	}
	assert_int_equal(kill(left, 0), -1);
}

static void it_can_be_stopped(void **state)
{
	struct bd_bootloader_run run = RUN_INIT;
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	close(ends[1]); /* hung up before it begins */
	run.stop_fd = ends[0];
	assert_int_equal(run_script("#!/bin/sh\nexec sleep 1000\n", &run), -1);
	assert_int_equal(err.code, BD_ECANCELED);
	assert_int_equal(err.kind, BD_KIND_CANCELED);
	close(ends[0]);
}

static void it_is_killed_when_its_time_is_up(void **state)
{
	struct bd_bootloader_run run = RUN_INIT;

	(void)state;
	run.timeout_s = 1;
	assert_int_equal(
		run_script("#!/bin/sh\ntrap '' TERM HUP INT\necho begun\nwhile :; do sleep 1000; done\n", &run), -1);
	assert_int_equal(err.code, ETIMEDOUT);
	assert_non_null(strstr(err.message, "did not end within 1 s"));
}

static void its_log_is_bounded(void **state)
{
	struct bd_bootloader_run run = RUN_INIT;
	struct stat there;

	(void)state;
	assert_int_equal(run_script("#!/bin/sh\nhead -c 2000000 /dev/zero\n", &run), 0);
	assert_int_equal(stat(in_folder("log"), &there), 0);
	assert_int_equal(there.st_size, BD_BOOTLOADER_LOG_LIMIT);
}

/* The other side of the screen, in a process of its own: types an answer to what it is asked. */
static pid_t type_at(int fd, int other_fd, const char *keys)
{
	pid_t child = fork();

	if (child != 0)
		return child;
	close(other_fd);
	char text[64] = "";
	size_t size = 0;
	while (!strstr(text, "which?")) {
		ssize_t got = recv(fd, text + size, sizeof(text) - 1 - size, 0);
		if (got <= 0)
			_exit(1);
		size += (size_t)got;
	}
	if (send(fd, keys, strlen(keys), 0) != (ssize_t)strlen(keys))
		_exit(2);
	/* Until it is over. */
	while (recv(fd, text, sizeof(text), 0) > 0)
		;
	_exit(0);
}

static void a_menu_is_shown_and_typed_at(void **state)
{
	struct bd_bootloader_run run = RUN_INIT;
	int pair[2], status = 0;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	pid_t typist = type_at(pair[1], pair[0], "2\n");
	close(pair[1]);
	run.screen_fd = pair[0];
	assert_int_equal(run_script("#!/bin/sh\nprintf 'which? '; read -r answer; echo \"entry $answer\"\n", &run),
			 0);
	assert_string_equal(log_text, "which? entry 2\n");
	close(pair[0]);
	assert_int_equal(waitpid(typist, &status, 0), typist);
	assert_int_equal(status, 0);
}

static void a_screen_that_is_gone_is_no_hindrance(void **state)
{
	struct bd_bootloader_run run = RUN_INIT;
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	close(pair[1]);
	run.screen_fd = pair[0];
	assert_int_equal(run_script("#!/bin/sh\nhead -c 100000 /dev/zero; printf done\n", &run), 0);
	close(pair[0]);
}

/* --- whose it is ----------------------------------------------------------------------------------------------- */

/* The config of a PV guest with one disk; text is a literal, so nothing is freed. */
static bool is_early(libxl_device_disk *disk, libxl_domain_type type, const char *bootloader, int disks)
{
	libxl_domain_config config;

	libxl_domain_config_init(&config);
	config.c_info.type = type;
	config.b_info.bootloader = (char *)bootloader;
	config.disks = disk;
	config.num_disks = disks;
	return bd_bootloader_is_early(&config);
}

static libxl_device_disk raw_disk(const char *path)
{
	libxl_device_disk disk;

	libxl_device_disk_init(&disk);
	disk.format = LIBXL_DISK_FORMAT_RAW;
	disk.pdev_path = (char *)path;
	return disk;
}

static void what_libxl_hands_through_is_ours_to_boot(void **state)
{
	const char *path = in_folder("disk.img");
	libxl_device_disk disk = raw_disk(path);

	(void)state;
	write_file(path, "", 0600);
	assert_true(is_early(&disk, LIBXL_DOMAIN_TYPE_PV, "/bin/sh", 1));
	assert_true(is_early(&disk, LIBXL_DOMAIN_TYPE_PVH, "sh", 1));
	assert_false(is_early(&disk, LIBXL_DOMAIN_TYPE_HVM, "/bin/sh", 1));
	assert_false(is_early(&disk, LIBXL_DOMAIN_TYPE_PV, NULL, 1));
	assert_false(is_early(&disk, LIBXL_DOMAIN_TYPE_PV, "/nonexistent/sh", 1));
	assert_false(is_early(NULL, LIBXL_DOMAIN_TYPE_PV, "/bin/sh", 0));
}

static void other_disks_are_left_to_libxl(void **state)
{
	const char *path = in_folder("disk.img");
	libxl_device_disk disk;

	(void)state;
	write_file(path, "", 0600);
	disk = raw_disk(path);
	disk.script = (char *)"block-iscsi";
	assert_false(is_early(&disk, LIBXL_DOMAIN_TYPE_PV, "/bin/sh", 1));
	disk = raw_disk(path);
	disk.backend_domname = (char *)"storage";
	assert_false(is_early(&disk, LIBXL_DOMAIN_TYPE_PV, "/bin/sh", 1));
	disk = raw_disk(path);
	disk.format = LIBXL_DISK_FORMAT_QCOW2;
	assert_false(is_early(&disk, LIBXL_DOMAIN_TYPE_PV, "/bin/sh", 1));
	disk = raw_disk(path);
	disk.is_cdrom = 1;
	assert_false(is_early(&disk, LIBXL_DOMAIN_TYPE_PV, "/bin/sh", 1));
	disk = raw_disk("/nonexistent/disk.img");
	assert_false(is_early(&disk, LIBXL_DOMAIN_TYPE_PV, "/bin/sh", 1));
	disk = raw_disk(folder);
	assert_false(is_early(&disk, LIBXL_DOMAIN_TYPE_PV, "/bin/sh", 1));
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	struct bd_bootloader_files files = { .output = "" };

	(void)state;
	snprintf(files.directory, sizeof(files.directory), "%s", folder);
	bd_bootloader_files_remove(&files);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_command_line_is_that_of_libxl),
		cmocka_unit_test(a_program_is_looked_for_where_libxl_looks),
		cmocka_unit_test(an_answer_names_kernel_ramdisk_and_command_line),
		cmocka_unit_test(an_answer_may_lack_all_but_the_kernel),
		cmocka_unit_test(of_two_items_the_last_holds_and_an_unknown_one_is_told),
		cmocka_unit_test(an_item_of_two_path_max_is_passed_over),
		cmocka_unit_test(its_files_are_for_root_only_and_replace_what_a_killed_run_left),
		cmocka_unit_test(a_file_of_the_answer_is_opened_and_has_no_name_any_more),
		cmocka_unit_test(a_restricted_one_can_name_a_file_in_its_directory_only),
		cmocka_unit_test(an_answer_without_end_is_refused),
		cmocka_unit_test(it_has_a_terminal_and_what_it_writes_is_logged),
		cmocka_unit_test(its_end_is_told_as_what_it_is),
		cmocka_unit_test(what_it_leaves_running_is_ended_with_it),
		cmocka_unit_test(it_can_be_stopped),
		cmocka_unit_test(it_is_killed_when_its_time_is_up),
		cmocka_unit_test(its_log_is_bounded),
		cmocka_unit_test(a_menu_is_shown_and_typed_at),
		cmocka_unit_test(a_screen_that_is_gone_is_no_hindrance),
		cmocka_unit_test(what_libxl_hands_through_is_ours_to_boot),
		cmocka_unit_test(other_disks_are_left_to_libxl),
	};
	return cmocka_run_group_tests_name("the plugin's boot loaders", tests, make_folder, remove_folder);
}
