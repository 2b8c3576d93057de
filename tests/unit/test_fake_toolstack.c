/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fake toolstack itself, as far as other tests build on it: several processes at once, modes of one guest, what a host
 * and a guest say of themselves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "toolstack/loader.h"

#define PROCESSES 8
#define GUESTS_EACH 20

static struct bd_loaded_toolstack loaded;
static const struct bd_toolstack_plugin *plugin;
static struct bd_error err;
static char folder[] = "/tmp/test-fake-XXXXXX";

static void log_nothing(void *context, enum bd_toolstack_log_level level, const char *line)
{
	(void)context;
	(void)level;
	(void)line;
}

static const struct bd_toolstack_host host = { .struct_size = sizeof(host), .log = log_nothing, .cancel_fd = -1 };

static void path_of(char path_out[128], const char *name)
{
	snprintf(path_out, 128, "%s/%s", folder, name);
}

static int create(const char *name, unsigned number, uint32_t *domid_out)
{
	char path[128], file_name[64];
	snprintf(file_name, sizeof(file_name), "%s.cfg", name);
	path_of(path, file_name);
	FILE *cfg = fopen(path, "w");
	if (!cfg)
		return -1;
	fprintf(cfg, "name = \"%s\"\nuuid = \"00000000-0000-0000-0000-%012u\"\n", name, number);
	fclose(cfg);
	const struct bd_toolstack_create request = { .struct_size = sizeof(request), .cfg_path = path };
	return plugin->create(&host, &request, domid_out, &err);
}

struct seen {
	unsigned count;
	uint32_t highest;
	int twice;
	char domids[4096];
};

static int see(void *context, const struct bd_toolstack_domain *domain)
{
	struct seen *seen = context;
	seen->count++;
	seen->highest = domain->domid > seen->highest ? domain->domid : seen->highest;
	seen->twice |= seen->domids[domain->domid % 4096]++;
	return 0;
}

static struct seen list(void)
{
	struct seen seen = { 0 };
	struct bd_toolstack *toolstack;
	assert_int_equal(plugin->open(&host, &toolstack, &err), 0);
	assert_int_equal(plugin->list(toolstack, see, &seen, &err), 0);
	plugin->close(toolstack);
	return seen;
}

static void several_processes_make_guests_at_once(void **state)
{
	(void)state;
	for (unsigned process = 0; process < PROCESSES; process++) {
		if (fork() != 0)
			continue;
		int failed = 0;
		for (unsigned i = 0; i < GUESTS_EACH; i++) {
			char name[32];
			uint32_t domid;
			snprintf(name, sizeof(name), "g%u-%u", process, i);
			failed |= create(name, process * 1000 + i, &domid);
		}
		_exit(failed != 0);
	}
	for (unsigned process = 0; process < PROCESSES; process++) {
		int status;
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	struct seen seen = list();
	assert_int_equal(seen.count, PROCESSES * GUESTS_EACH + 1); /* and dom0 */
	assert_int_equal(seen.highest, 7 + PROCESSES * GUESTS_EACH - 1);
	assert_false(seen.twice);
}

static void a_mode_can_be_for_one_guest(void **state)
{
	(void)state;
	uint32_t domid;
	setenv("FAKE_TOOLSTACK_MODE", "create-warns,create-fails=web03", 1);
	assert_int_equal(create("web02", 2, &domid), 0);
	assert_int_equal(create("web03", 3, &domid), -1);
	assert_int_equal(err.code, EIO);
	assert_int_equal(create("web030", 30, &domid), 0);
	setenv("FAKE_TOOLSTACK_MODE", "create-fails", 1);
	assert_int_equal(create("web04", 4, &domid), -1);
}

static void a_slow_one_takes_its_time(void **state)
{
	(void)state;
	struct timespec begin, end;
	uint32_t domid;
	setenv("FAKE_TOOLSTACK_MODE", "create-slow", 1);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	assert_int_equal(create("slow", 1, &domid), 0);
	clock_gettime(CLOCK_MONOTONIC, &end);
	assert_true((end.tv_sec - begin.tv_sec) * 1000 + (end.tv_nsec - begin.tv_nsec) / 1000000 >= 199);
}

static void a_host_and_a_guest_say_what_they_are(void **state)
{
	(void)state;
	struct bd_toolstack *toolstack;
	struct bd_toolstack_machine machine;
	uint32_t domid;
	char text[16], short_text[4];
	assert_int_equal(create("web01", 1, &domid), 0);
	setenv("FAKE_TOOLSTACK_MEMORY_KIB", "4096", 1);
	assert_int_equal(plugin->open(&host, &toolstack, &err), 0);
	assert_int_equal(plugin->machine(toolstack, &machine, &err), 0);
	assert_int_equal(machine.available_memory_kib, 4096);
	assert_string_equal(machine.xen_version, "4.17.5");
	assert_int_equal(plugin->guest_data(toolstack, domid, "ready", text, sizeof(text), &err), 0);
	assert_string_equal(text, "1");
	assert_int_equal(plugin->guest_data(toolstack, domid, "ipv4", text, sizeof(text), &err), 0);
	assert_string_equal(text, "10.0.0.7");
	assert_int_equal(plugin->guest_data(toolstack, domid, "ipv4", short_text, sizeof(short_text), &err), 0);
	assert_string_equal(short_text, "10.");
	assert_int_equal(plugin->guest_data(toolstack, domid, "colour", text, sizeof(text), &err), 0);
	assert_string_equal(text, "");
	assert_int_equal(plugin->guest_data(toolstack, 99, "ready", text, sizeof(text), &err), 0);
	assert_string_equal(text, "");
	plugin->close(toolstack);
}

static void a_reboot_gives_a_new_domid_and_a_shutdown_an_end(void **state)
{
	(void)state;
	static const uint8_t uuid[16] = { [15] = 0x01 };
	enum bd_toolstack_wait_result result;
	struct bd_toolstack *toolstack;
	uint32_t domid;
	assert_int_equal(create("web01", 1, &domid), 0);
	assert_int_equal(plugin->open(&host, &toolstack, &err), 0);
	assert_int_equal(plugin->shutdown(toolstack, domid, BD_TOOLSTACK_REBOOT, &err), 0);
	assert_int_equal(list().highest, domid + 1);
	assert_int_equal(plugin->wait(toolstack, uuid, BD_TOOLSTACK_WAIT_GONE, 20, &result, &err), 0);
	assert_int_equal(result, BD_TOOLSTACK_WAIT_TIMEOUT);
	assert_int_equal(plugin->shutdown(toolstack, domid + 1, BD_TOOLSTACK_POWEROFF, &err), 0);
	assert_int_equal(plugin->wait(toolstack, uuid, BD_TOOLSTACK_WAIT_GONE, 20, &result, &err), 0);
	assert_int_equal(result, BD_TOOLSTACK_WAIT_DONE);
	assert_int_equal(list().count, 1);
	plugin->close(toolstack);
}

static int see_last(void *context, const struct bd_toolstack_domain *domain)
{
	*(struct bd_toolstack_domain *)context = *domain;
	return 0;
}

static void a_guest_has_what_it_was_given_while_it_runs(void **state)
{
	(void)state;
	struct bd_toolstack_domain domain;
	struct bd_toolstack *toolstack;
	uint64_t before_kib;
	uint32_t domid, before;
	setenv("FAKE_TOOLSTACK_MAX", "524288 4", 1);
	assert_int_equal(create("web01", 1, &domid), 0);
	assert_int_equal(plugin->open(&host, &toolstack, &err), 0);
	assert_int_equal(plugin->set_memory(toolstack, domid, 262144, &before_kib, &err), 0);
	assert_int_equal(before_kib, 524288);
	assert_int_equal(plugin->set_vcpus(toolstack, domid, 2, &before, &err), 0);
	assert_int_equal(before, 4);
	assert_int_equal(plugin->list(toolstack, see_last, &domain, &err), 0);
	assert_int_equal(domain.memory_kib, 262144);
	assert_int_equal(domain.vcpus, 2);
	assert_int_equal(plugin->set_memory(toolstack, domid, 524289, &before_kib, &err), -1);
	assert_int_equal(err.code, ERANGE);
	assert_int_equal(plugin->set_vcpus(toolstack, domid, 5, &before, &err), -1);
	assert_int_equal(err.code, ERANGE);
	assert_int_equal(plugin->set_vcpus(toolstack, 99, 1, &before, &err), -1);
	assert_int_equal(err.code, ESRCH);
	assert_int_equal(plugin->destroy(toolstack, domid, &err), 0);
	assert_int_equal(create("web01", 1, &domid), 0);
	assert_int_equal(plugin->list(toolstack, see_last, &domain, &err), 0);
	assert_int_equal(domain.vcpus, 4);
	plugin->close(toolstack);
	unsetenv("FAKE_TOOLSTACK_MAX");
}

static const uint8_t web01[16] = { [15] = 0x01 };

/* Long after that a test has failed. */
#define LONG_MS 600000

static void a_change_of_a_guest_is_waited_for(void **state)
{
	(void)state;
	struct bd_toolstack *toolstack;
	uint64_t seen = 0, before;
	uint32_t domid, other;
	int status;
	assert_int_equal(plugin->open(&host, &toolstack, &err), 0);
	/* What is not known yet is told at once, also that there is nothing. */
	assert_int_equal(plugin->wait_change(toolstack, web01, &seen, LONG_MS, &err), 0);
	assert_true(seen != 0);
	before = seen;
	assert_int_equal(create("web02", 2, &other), 0);
	assert_int_equal(plugin->wait_change(toolstack, web01, &seen, 1, &err), 0);
	assert_true(seen == before);
	assert_int_equal(create("web01", 1, &domid), 0);
	assert_int_equal(plugin->wait_change(toolstack, web01, &seen, LONG_MS, &err), 0);
	assert_true(seen != before);
	before = seen;
	/* By another process: of another guest first, which is no change. */
	if (fork() == 0)
		_exit(plugin->destroy(toolstack, other, &err) != 0 ||
		      plugin->shutdown(toolstack, domid, BD_TOOLSTACK_REBOOT, &err) != 0);
	assert_int_equal(plugin->wait_change(toolstack, web01, &seen, LONG_MS, &err), 0);
	assert_true(seen != before);
	assert_true(wait(&status) > 0);
	assert_int_equal(status, 0);
	assert_int_equal(list().count, 2);
	plugin->close(toolstack);
}

static void shutting_down_is_a_change(void **state)
{
	(void)state;
	struct bd_toolstack *toolstack;
	uint64_t seen = 0, before;
	uint32_t domid;
	setenv("FAKE_TOOLSTACK_MODE", "foreign-stuck", 1);
	assert_int_equal(create("web01", 1, &domid), 0);
	assert_int_equal(plugin->open(&host, &toolstack, &err), 0);
	assert_int_equal(plugin->wait_change(toolstack, web01, &seen, LONG_MS, &err), 0);
	before = seen;
	if (fork() == 0)
		_exit(plugin->shutdown(toolstack, domid, BD_TOOLSTACK_POWEROFF, &err) != 0);
	assert_int_equal(plugin->wait_change(toolstack, web01, &seen, LONG_MS, &err), 0);
	assert_true(seen != before);
	assert_true(wait(NULL) > 0);
	assert_int_equal(list().count, 2);
	plugin->close(toolstack);
}

static void who_stops_does_not_wait_for_a_change(void **state)
{
	(void)state;
	struct bd_toolstack_host stopping = host;
	struct bd_toolstack *toolstack;
	uint64_t seen = 0, before;
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	stopping.cancel_fd = ends[0];
	assert_int_equal(plugin->open(&stopping, &toolstack, &err), 0);
	assert_int_equal(plugin->wait_change(toolstack, web01, &seen, LONG_MS, &err), 0);
	before = seen;
	assert_int_equal(write(ends[1], "", 1), 1);
	assert_int_equal(plugin->wait_change(toolstack, web01, &seen, LONG_MS, &err), -1);
	assert_int_equal(err.code, BD_ECANCELED);
	assert_true(seen == before);
	plugin->close(toolstack);
	close(ends[0]);
	close(ends[1]);
}

static int begin(void **state)
{
	char path[128];
	(void)state;
	path_of(path, "domains");
	unlink(path);
	path_of(path, "domains.facts");
	unlink(path);
	path_of(path, "domains");
	setenv("FAKE_TOOLSTACK_STATE", path, 1);
	unsetenv("FAKE_TOOLSTACK_MODE");
	unsetenv("FAKE_TOOLSTACK_MEMORY_KIB");
	unsetenv("FAKE_TOOLSTACK_IPV4");
	unsetenv("FAKE_TOOLSTACK_XEN");
	unsetenv("FAKE_TOOLSTACK_LOG");
	return 0;
}

/* build/tests/unit/test_fake_toolstack: the fake lies one folder up. */
static int load(void **state)
{
	char here[4096], path[4200];
	struct bd_error load_err = BD_ERROR_INIT;
	(void)state;
	ssize_t length = readlink("/proc/self/exe", here, sizeof(here) - 1);
	if (length < 0 || !mkdtemp(folder))
		return -1;
	here[length] = '\0';
	*strrchr(here, '/') = '\0';
	snprintf(path, sizeof(path), "%s/../fake-toolstack.so", here);
	setenv("XEN_BIGDISK_TOOLSTACK", path, 1);
	if (bd_toolstack_load(true, &loaded, &load_err))
		return -1;
	plugin = loaded.plugin;
	return 0;
}

static int unload(void **state)
{
	char command[128];
	(void)state;
	bd_toolstack_unload(&loaded);
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(several_processes_make_guests_at_once, begin),
		cmocka_unit_test_setup(a_mode_can_be_for_one_guest, begin),
		cmocka_unit_test_setup(a_slow_one_takes_its_time, begin),
		cmocka_unit_test_setup(a_host_and_a_guest_say_what_they_are, begin),
		cmocka_unit_test_setup(a_reboot_gives_a_new_domid_and_a_shutdown_an_end, begin),
		cmocka_unit_test_setup(a_guest_has_what_it_was_given_while_it_runs, begin),
		cmocka_unit_test_setup(a_change_of_a_guest_is_waited_for, begin),
		cmocka_unit_test_setup(shutting_down_is_a_change, begin),
		cmocka_unit_test_setup(who_stops_does_not_wait_for_a_change, begin),
	};
	return cmocka_run_group_tests(tests, load, unload);
}
