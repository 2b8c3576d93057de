/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts about events/: the records of guests, and the entries for the journal. */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "events/event.h"
#include "events/journal.h"
#include "events/record.h"

static char folder[64], state[128], cfg[128], other[128];
static struct bd_error err;

static void make_file(const char *path)
{
	BD_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
}

static int make_folder(void **context)
{
	(void)context;
	strcpy(folder, "/tmp/xen-bigdisk-test-events-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(state, sizeof(state), "%s/state", folder);
	snprintf(cfg, sizeof(cfg), "%s/web01.cfg", folder);
	snprintf(other, sizeof(other), "%s/web02.cfg", folder);
	make_file(cfg);
	return setenv("XEN_BIGDISK_STATE", state, 1);
}

/* Records are removed by the tests; the folder and its lock are not each record's. */
static int remove_folder(void **context)
{
	char path[160];

	(void)context;
	snprintf(path, sizeof(path), "%s/.lock", state);
	unlink(path);
	unlink(cfg);
	unlink(other);
	if (rmdir(state) != 0 && access(state, F_OK) == 0)
		return -1;
	return rmdir(folder);
}

static void start(void *context, struct bd_record *record)
{
	record->counts[BD_RECORD_STARTS]++;
	record->last_start_s = 1700000000;
	record->stage_count = 2;
	strcpy(record->stages[0].name, "domain");
	record->stages[0].seconds = 0.25;
	strcpy(record->stages[1].name, "guest");
	record->stages[1].seconds = 1.5;
	(void)context;
}

static uint64_t starts_of(const char *path)
{
	struct bd_record record;

	assert_int_equal(bd_record_read(path, &record, &err), 0);
	return record.counts[BD_RECORD_STARTS];
}

static int count_record(void *context, const char *path, const char *cfg_path)
{
	(void)path;
	(void)cfg_path;
	++*(size_t *)context;
	return 0;
}

static size_t count_records(void)
{
	size_t count = 0;

	assert_int_equal(bd_record_each(count_record, &count, &err), 0);
	return count;
}

static void a_guest_that_was_never_started_has_none(void **context)
{
	struct bd_record record;

	(void)context;
	assert_int_equal(bd_record_read(cfg, &record, &err), 0);
	assert_int_equal(record.counts[BD_RECORD_STARTS], 0);
	assert_int_equal(record.last_start_s, 0);
	assert_int_equal(count_records(), 0);
}

static void what_is_counted_is_read_again(void **context)
{
	struct bd_record record;

	(void)context;
	bd_record_change(cfg, true, start, NULL);
	bd_record_change(cfg, true, start, NULL);
	bd_record_count(cfg, BD_RECORD_CRASHES);
	assert_int_equal(bd_record_read(cfg, &record, &err), 0);
	assert_int_equal(record.counts[BD_RECORD_STARTS], 2);
	assert_int_equal(record.counts[BD_RECORD_CRASHES], 1);
	assert_int_equal(record.counts[BD_RECORD_REBOOTS], 0);
	assert_int_equal(record.last_start_s, 1700000000);
	assert_int_equal(record.stage_count, 2);
	assert_string_equal(record.stages[1].name, "guest");
	assert_true(record.stages[1].seconds == 1.5);
	assert_int_equal(count_records(), 1);
	bd_record_remove(cfg);
	assert_int_equal(count_records(), 0);
}

static void a_monitor_makes_no_record_of_a_guest_that_was_removed(void **context)
{
	(void)context;
	bd_record_change(cfg, true, start, NULL);
	bd_record_remove(cfg);
	bd_record_count(cfg, BD_RECORD_POWEROFFS);
	bd_record_change(cfg, false, start, NULL);
	assert_int_equal(count_records(), 0);
}

static void it_goes_with_the_guest_to_another_name(void **context)
{
	(void)context;
	bd_record_change(cfg, true, start, NULL);
	bd_record_move(cfg, other);
	assert_int_equal(starts_of(cfg), 0);
	assert_int_equal(starts_of(other), 1);
	assert_int_equal(count_records(), 1);
	/* A rename that was cut short is done again. */
	bd_record_move(cfg, other);
	assert_int_equal(starts_of(other), 1);
	bd_record_remove(other);
}

static void two_spellings_of_a_path_are_one_guest(void **context)
{
	char spelled[PATH_MAX], link[160];

	(void)context;
	snprintf(spelled, sizeof(spelled), "%s/./../%s/web01.cfg", folder, strrchr(folder, '/') + 1);
	snprintf(link, sizeof(link), "%s/link.cfg", folder);
	assert_int_equal(symlink("web01.cfg", link), 0);
	bd_record_change(spelled, true, start, NULL);
	assert_int_equal(starts_of(cfg), 1);
	assert_int_equal(starts_of(link), 1);
	unlink(link);
	/* Its config is gone by then. */
	unlink(cfg);
	bd_record_remove(cfg);
	assert_int_equal(count_records(), 0);
}

static void find_record(char path_out[PATH_MAX])
{
	BD_CLOSEDIR DIR *entries = opendir(state);

	assert_non_null(entries);
	path_out[0] = '\0';
	for (const struct dirent *entry; (entry = readdir(entries));)
		if (strncmp(entry->d_name, "web01.cfg-", 10) == 0)
			snprintf(path_out, PATH_MAX, "%s/%s", state, entry->d_name);
	assert_int_equal(access(path_out, R_OK), 0);
}

static void write_record_file(const char *path, const char *text)
{
	FILE *out = fopen(path, "we");

	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	assert_int_equal(fclose(out), 0);
}

static void a_damaged_record_is_an_error_and_the_next_start_replaces_it(void **context)
{
	static const char *const heads[] = { "", "\n\n\n", "xen-bigdisk record 1\n",
					     "xen-bigdisk record 9\ncfg /x\nstarts 5\nlast_start 1\n" };
	static const char *const lines[] = {
		"",
		"starts 4\n", /* cut short */
		"last_start 1\nstage a 1",
		"starts -7\nlast_start 1\n",
		"starts\tx\nstarts \nlast_start 1\n",
		"starts 4 4\nlast_start 1\n",
		"crashes x\nlast_start 1\n",
		"starts 99999999999999999999\nlast_start 1\n",
		"last_start 9223372036854775808\n",
		"last_start 1\nstage domain -1\n",
		"last_start 1\nstage domain inf\n",
		"last_start 1\nstage domain nan\n",
		"last_start 1\nstage \"} 2\n",
		"last_start 1\nstage a 1\nstage b 1\nstage a 1\n",
	};
	const size_t head_count = sizeof(heads) / sizeof(*heads), line_count = sizeof(lines) / sizeof(*lines);
	char path[PATH_MAX], text[2 * PATH_MAX];
	struct bd_record record;

	(void)context;
	bd_record_change(cfg, true, start, NULL);
	find_record(path);
	for (size_t i = 0; i < head_count + line_count; i++) {
		snprintf(text, sizeof(text), "xen-bigdisk record 1\ncfg %s\n%s", cfg,
			 i < head_count ? "" : lines[i - head_count]);
		write_record_file(path, i < head_count ? heads[i] : text);
		assert_int_equal(bd_record_read(cfg, &record, &err), -1);
		assert_int_equal(err.code, EBADMSG);
		assert_int_equal(record.counts[BD_RECORD_STARTS], 0);
		assert_int_equal(record.stage_count, 0);
		bd_record_count(cfg, BD_RECORD_REBOOTS);
		assert_int_equal(bd_record_read(cfg, &record, &err), -1);
		assert_int_equal(count_records(), 1);
		bd_record_change(cfg, true, start, NULL);
		assert_int_equal(starts_of(cfg), 1);
	}
	bd_record_remove(cfg);
}

static void a_record_of_another_config_counts_as_none(void **context)
{
	char path[PATH_MAX];

	(void)context;
	bd_record_change(cfg, true, start, NULL);
	find_record(path);
	write_record_file(path, "xen-bigdisk record 1\ncfg /elsewhere.cfg\nstarts 5\nlast_start 1\n");
	assert_int_equal(starts_of(cfg), 0);
	bd_record_remove(cfg);
}

static void what_is_no_regular_file_cannot_be_read_and_is_not_replaced(void **context)
{
	struct bd_record record;
	char path[PATH_MAX];
	struct stat there;

	(void)context;
	bd_record_change(cfg, true, start, NULL);
	find_record(path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("elsewhere", path), 0);
	assert_int_equal(bd_record_read(cfg, &record, &err), -1);
	assert_int_equal(err.code, EINVAL);
	bd_record_change(cfg, true, start, NULL);
	assert_int_equal(lstat(path, &there), 0);
	assert_true(S_ISLNK(there.st_mode));
	bd_record_remove(cfg);
}

static void lines_of_a_newer_version_are_passed_over(void **context)
{
	char path[PATH_MAX], text[2 * PATH_MAX];
	struct bd_record record;

	(void)context;
	bd_record_change(cfg, true, start, NULL);
	find_record(path);
	snprintf(text, sizeof(text),
		 "xen-bigdisk record 1\ncfg %s\nmigrations x\nword\n\nstarts 4\nlast_start 9\nstage unpause 0.5\n",
		 cfg);
	write_record_file(path, text);
	assert_int_equal(bd_record_read(cfg, &record, &err), 0);
	assert_int_equal(record.counts[BD_RECORD_STARTS], 4);
	assert_int_equal(record.counts[BD_RECORD_CRASHES], 0);
	assert_int_equal(record.last_start_s, 9);
	assert_int_equal(record.stage_count, 1);
	assert_string_equal(record.stages[0].name, "unpause");
	bd_record_remove(cfg);
}

static void where_it_cannot_be_written_nothing_fails(void **context)
{
	(void)context;
	assert_int_equal(setenv("XEN_BIGDISK_STATE", "/proc/nowhere", 1), 0);
	bd_record_change(cfg, true, start, NULL);
	assert_int_equal(starts_of(cfg), 0);
	assert_int_equal(setenv("XEN_BIGDISK_STATE", "relative", 1), 0);
	bd_record_change(cfg, true, start, NULL);
	assert_int_equal(starts_of(cfg), 0);
	bd_record_remove(cfg);
	bd_record_move(cfg, other);
	assert_int_equal(setenv("XEN_BIGDISK_STATE", state, 1), 0);
}

static void an_entry_has_its_fields_a_line_each(void **context)
{
	const struct bd_journal_field fields[] = { { "MESSAGE", "web01 was started" },
						   { "XEN_BIGDISK_DOMID", NULL },
						   { "PRIORITY", "6" } };
	char text[BD_JOURNAL_SIZE];
	static const char wanted[] = "MESSAGE=web01 was started\nPRIORITY=6\n";

	(void)context;
	assert_int_equal(bd_journal_encode(fields, 3, text), strlen(wanted));
	assert_memory_equal(text, wanted, strlen(wanted));
}

/* systemd.io/JOURNAL_NATIVE_PROTOCOL: NAME, a newline, the length in 64 bits, little-endian, the value, a newline. */
static void a_value_of_several_lines_is_no_field_more(void **context)
{
	const struct bd_journal_field fields[] = { { "MESSAGE", "a\nPRIORITY=0\n" } };
	char text[BD_JOURNAL_SIZE];

	(void)context;
	assert_int_equal(bd_journal_encode(fields, 1, text), 8 + 8 + 13 + 1);
	assert_memory_equal(text, "MESSAGE\n", 8);
	assert_int_equal(get_le64((uint8_t *)text + 8), 13);
	assert_memory_equal(text + 16, "a\nPRIORITY=0\n\n", 14);
}

static void a_field_that_has_no_room_is_left_out(void **context)
{
	static char large[BD_JOURNAL_SIZE];
	const struct bd_journal_field fields[] = { { "MESSAGE", large }, { "PRIORITY", "6" } };
	char text[BD_JOURNAL_SIZE];

	(void)context;
	memset(large, 'x', sizeof(large) - 1);
	assert_int_equal(bd_journal_encode(fields, 2, text), strlen("PRIORITY=6\n"));
}

static int listen_at(char path[128])
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(path, 128, "%s/journal", folder);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(setenv("XEN_BIGDISK_JOURNAL", path, 1), 0);
	return fd;
}

static void an_event_is_told_with_what_went_wrong(void **context)
{
	char path[128], text[BD_JOURNAL_SIZE + 1];

	(void)context;
	BD_CLOSE int fd = listen_at(path);
	bd_no_room(&err, "no memory");
	bd_event_set_command("start");
	bd_event(
		&(struct bd_event){
			.kind = "start-failed", .guest = "web01", .cfg_path = "/etc/xen/web01.cfg", .failure = &err },
		"%s was not started: %s", "web01", err.message);
	ssize_t got = recv(fd, text, sizeof(text) - 1, 0);
	assert_true(got > 0);
	text[got] = '\0';
	assert_string_equal(
		text, "MESSAGE=web01 was not started: no memory\nPRIORITY=3\nSYSLOG_IDENTIFIER=xen-bigdisk\n"
		      "XEN_BIGDISK_EVENT=start-failed\nXEN_BIGDISK_GUEST=web01\n"
		      "XEN_BIGDISK_CFG=/etc/xen/web01.cfg\nXEN_BIGDISK_COMMAND=start\nXEN_BIGDISK_EXIT_STATUS=6\n");
	unlink(path);
}

/* More than any socket takes: nobody reads. */
static void a_journal_that_is_behind_is_not_waited_for(void **context)
{
	char path[128];

	(void)context;
	BD_CLOSE int fd = listen_at(path);
	for (int i = 0; i < 20000; i++)
		bd_event(&(struct bd_event){ .kind = "started" }, "number %d", i);
	unlink(path);
	/* Nobody listens. */
	bd_event(&(struct bd_event){ .kind = "started" }, "x");
	unsetenv("XEN_BIGDISK_JOURNAL");
	assert_int_equal(setenv("XEN_BIGDISK_JOURNAL", "", 1), 0);
	bd_event(&(struct bd_event){ .kind = "started" }, "x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_guest_that_was_never_started_has_none, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(what_is_counted_is_read_again, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(a_monitor_makes_no_record_of_a_guest_that_was_removed, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(it_goes_with_the_guest_to_another_name, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(two_spellings_of_a_path_are_one_guest, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(a_damaged_record_is_an_error_and_the_next_start_replaces_it,
						make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(a_record_of_another_config_counts_as_none, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(what_is_no_regular_file_cannot_be_read_and_is_not_replaced,
						make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(lines_of_a_newer_version_are_passed_over, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(where_it_cannot_be_written_nothing_fails, make_folder, remove_folder),
		cmocka_unit_test(an_entry_has_its_fields_a_line_each),
		cmocka_unit_test(a_value_of_several_lines_is_no_field_more),
		cmocka_unit_test(a_field_that_has_no_room_is_left_out),
		cmocka_unit_test_setup_teardown(an_event_is_told_with_what_went_wrong, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(a_journal_that_is_behind_is_not_waited_for, make_folder,
						remove_folder),
	};

	return cmocka_run_group_tests_name("events", tests, NULL, NULL);
}
