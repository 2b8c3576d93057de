/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A toolstack plugin without a Xen: writes down how it is called, and behaves as it is told.
 *
 * XEN_BIGDISK_TOOLSTACK=build/tests/fake-toolstack.so makes the program load it; it then stands for a running
 * hypervisor of the release in $FAKE_TOOLSTACK_XEN ("4.17").
 *
 * $FAKE_TOOLSTACK_LOG: a file; each call appends one line:
 *   describe cfg=PATH
 *   create cfg=PATH paused=0 monitor=1 cfg_bytes=123
 *   create shows the boot loader
 *   open | close | list
 *   wait uuid=XXXXXXXX-... for=ready|kernel|gone timeout_ms=N
 *   shutdown domid=N how=poweroff|reboot
 *   destroy domid=N
 *   console domid=N
 *   machine
 *   attach domid=N cfg=PATH
 * ("hotplug=xen" is behind the line of create or attach where Xen's hotplug scripts are wanted)
 *   devices domid=N
 *   guest_data domid=N key=KEY
 *   recover domid=N
 *   set_memory domid=N kib=N
 *   set_vcpus domid=N vcpus=N
 *   wait_change uuid=XXXXXXXX-... timeout_ms=N
 *
 * $FAKE_TOOLSTACK_STATE: a file that keeps the domains between processes, several of them at once; without one they
 * live as long as the process. A line is "DOMID UUID NAME". Domains are 0, "Domain-0", and the created ones from 7 on,
 * with the name and uuid of their cfg. As with Xen, a reboot gives a domain a new domid.
 *
 * $FAKE_TOOLSTACK_MEMORY_KIB: what machine() has for new guests [8 GiB, of 16].
 * $FAKE_TOOLSTACK_IMAGES: the folder in which each domain has its disk, NAME.img, as recover() tells it; none: it tells of
 * no disk.
 * $FAKE_TOOLSTACK_IPV4: what each guest says of its address [10.0.H.L: the domid is H * 256 + L].
 *
 * $FAKE_TOOLSTACK_DEVICES: what devices() tells of each guest, in words: "vbd:NAME:PATH" (with ":r" behind it: read only),
 * "vif:MAC:BRIDGE", "KIND:NUMBER" [it cannot be told].
 * $FAKE_TOOLSTACK_MAX: "KIB VCPUS", what each guest was started with [it is not known]. set_memory and set_vcpus change what it has, up
 * to that, as list() tells it (other processes know of it where there is $FAKE_TOOLSTACK_STATE).
 *
 * $FAKE_TOOLSTACK_MODE, words separated by commas; those of create, wait, shutdown and destroy can be limited to one
 * guest: "create-fails=web03".
 *   no-xen            open, create and list: ENODEV
 *   not-root          open, create and list: EPERM
 *   shut-down         list: guests have shut down and are kept; with "=NAME" this one, which a wait does not see where
 *                     the NAME is that of one that rename-restart keeps
 *   dying             list: guests are dying; with "=NAME" this one
 *   domain-exists     create: EEXIST
 *   create-fails      create: EIO, "cannot create the domain NAME: bootloader failed"
 *   create-no-memory  create: ENOSPC
 *   runs-bigdisk      create: as libxl would, runs the boot loader xen-bigdisk-boot by PATH; fails as create-fails where there is none
 *   create-hangs      create: waits for cancel_fd, then BD_ECANCELED
 *   create-warns      create: logs a warning first
 *   create-slow       create: takes 200 ms
 *   dies-at-once      create: works, but the domain is gone when the call returns
 *   wait-times-out    wait: TIMEOUT, at once
 *   wait-crashed      wait: CRASHED
 *   wait-crash-kept   wait: CRASHED, and as with rename-restart the domain is NAME-20260102T030405Z from then on, and
 *                     another one runs as NAME
 *   wait-died         wait: DIED
 *   wait-hangs        wait: until cancel_fd (BD_ECANCELED) or the timeout
 *   shutdown-refused  shutdown: ENOTSUP
 *   shutdown-ignored  shutdown: works, but the domain goes on running; waiting for its end times out
 *   shutdown-late     shutdown: the first call of a process is ETIMEDOUT, the next one works
 *   paused            list: the domain is so
 *   no-monitor        list: the guest's monitor is gone, until attach() gives it one; till then one that powers off or
 *                     reboots stays where it is, shut down (which takes $FAKE_TOOLSTACK_STATE); with a monitor, what
 *                     has shut down goes away
 *   foreign           list: another toolstack made the domain; attach: ENOTSUP
 *   foreign-stuck     as foreign; one that powers off or reboots stays where it is
 *   attach-fails      attach: EIO
 *   attach-late       attach: EEXIST, another process was quicker
 *   restricts         restricts_bootloader: yes, as a libxl of 4.17 with the fixes for XSA-443, or any newer one
 *   guest-mute        guest_data: nothing
 *   destroy-fails     destroy: EIO
 *   no-memory         set_memory: ENOSPC
 *   vcpus-fail        set_vcpus: EIO
 *   no-vif-bigdisk    hotplug: interfaces by Xen's own script
 *   console-fails     console: EIO
 *   bad-config        describe: EINVAL
 * Otherwise everything works, and a wait for a domain's end is one; describe gives {"fake": "PATH"}; console prints
 * "fake console" and exits with 0.
 *
 * $FAKE_TOOLSTACK_ABI, $FAKE_TOOLSTACK_SIZE: what it claims to be, for the loader's tests. 0 as size: no table at all.
 */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/hash.h"
#include "toolstack/toolstack.h"

#define FIRST_DOMID 7u
#define DOMAINS 2048
#define SLOW_MS 200

struct domain {
	unsigned domid;
	char uuid[37];
	char name[64];
};

struct bd_toolstack {
	const struct bd_toolstack_host *host;
};

/* The domains of a process without $FAKE_TOOLSTACK_STATE. */
static struct domain kept[DOMAINS];
static size_t kept_count;

__attribute__((visibility("default"))) bd_toolstack_entry_fn bd_toolstack_entry;

/* The word is among the modes, by itself or, where there is a name, as WORD=NAME. */
static bool mode_of(const char *word, const char *name)
{
	char limited[256];
	snprintf(limited, sizeof(limited), "%s=%s", word, name ? name : "");
	for (const char *at = getenv("FAKE_TOOLSTACK_MODE"); at && *at;) {
		size_t length = strcspn(at, ",");
		if ((length == strlen(word) && !strncmp(at, word, length)) ||
		    (name && length == strlen(limited) && !strncmp(at, limited, length)))
			return true;
		at += length;
		at += *at == ',';
	}
	return false;
}

static bool mode(const char *word)
{
	return mode_of(word, NULL);
}

__attribute__((format(printf, 1, 2))) static void note(const char *format, ...)
{
	const char *path = getenv("FAKE_TOOLSTACK_LOG");
	FILE *log = path ? fopen(path, "ae") : NULL;
	if (!log)
		return;
	va_list args;
	va_start(args, format);
	vfprintf(log, format, args);
	va_end(args);
	fputc('\n', log);
	fclose(log);
}

__attribute__((format(printf, 3, 4))) static int fail(struct bd_error *err, int code, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	err->field = 0;
	err->code = code;
	err->kind = code == EEXIST	   ? BD_KIND_EXISTS
		    : code == ENOSPC	   ? BD_KIND_NO_ROOM
		    : code == ENODEV	   ? BD_KIND_NO_HYPERVISOR
		    : code == BD_ECANCELED ? BD_KIND_CANCELED
					   : BD_KIND_FAILED;
	vsnprintf(err->message, sizeof(err->message), format, args);
	va_end(args);
	return -1;
}

/* Facts of single domains that outlive the process: a line in $FAKE_TOOLSTACK_STATE.facts. */
static bool fact(const char *what, unsigned domid, bool add)
{
	const char *state = getenv("FAKE_TOOLSTACK_STATE");
	char path[4096], line[64], wanted[64];
	bool found = false;
	snprintf(path, sizeof(path), "%s.facts", state ? state : "/nonexistent/state");
	snprintf(wanted, sizeof(wanted), "%s %u\n", what, domid);
	FILE *facts = fopen(path, add ? "a+e" : "re");
	while (facts && fgets(line, sizeof(line), facts))
		found |= !strcmp(line, wanted);
	if (facts && add && !found)
		fputs(wanted, facts);
	if (facts)
		fclose(facts);
	return found;
}

/* Numbers of single domains, likewise: a line in $FAKE_TOOLSTACK_STATE.numbers, of which the last counts; 0: as of any. */
static void keep_number(const char *what, unsigned domid, uint64_t number)
{
	const char *state = getenv("FAKE_TOOLSTACK_STATE");
	char path[4096];
	snprintf(path, sizeof(path), "%s.numbers", state ? state : "/nonexistent/state");
	FILE *numbers = fopen(path, "ae");
	if (!numbers)
		return;
	fprintf(numbers, "%s %u %" PRIu64 "\n", what, domid, number);
	fclose(numbers);
}

static uint64_t number_of(const char *what, unsigned domid, uint64_t otherwise)
{
	const char *state = getenv("FAKE_TOOLSTACK_STATE");
	char path[4096], word[32];
	uint64_t number, found = 0;
	unsigned whose;
	snprintf(path, sizeof(path), "%s.numbers", state ? state : "/nonexistent/state");
	FILE *numbers = fopen(path, "re");
	while (numbers && fscanf(numbers, "%31s %u %" SCNu64, word, &whose, &number) == 3)
		if (whose == domid && !strcmp(word, what))
			found = number;
	if (numbers)
		fclose(numbers);
	return found ? found : otherwise;
}

static bool lacks_monitor(unsigned domid, const char *name)
{
	return mode_of("no-monitor", name) && !fact("attached", domid, false);
}

static bool is_stuck(unsigned domid, const char *name)
{
	return lacks_monitor(domid, name) || mode_of("foreign-stuck", name);
}

/* All domains at one moment. Between world_open and world_close no other process changes them. */
struct world {
	FILE *file; /* NULL: they are kept in this process */
	size_t count;
	struct domain domains[DOMAINS];
};

static void world_open(struct world *world)
{
	const char *path = getenv("FAKE_TOOLSTACK_STATE");
	struct domain *domains = world->domains;
	int fd = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666) : -1;
	world->file = fd >= 0 ? fdopen(fd, "r+") : NULL;
	world->count = 0;
	if (!world->file) {
		memcpy(domains, kept, sizeof(kept));
		world->count = kept_count;
		return;
	}
	while (flock(fd, LOCK_EX) != 0 && errno == EINTR)
		;
	while (world->count < DOMAINS && fscanf(world->file, "%u %36s %63s", &domains[world->count].domid,
						domains[world->count].uuid, domains[world->count].name) == 3)
		world->count++;
}

static void world_close(struct world *world)
{
	if (world->file)
		fclose(world->file);
}

static void world_store(struct world *world)
{
	if (!world->file) {
		memcpy(kept, world->domains, sizeof(kept));
		kept_count = world->count;
		return;
	}
	rewind(world->file);
	for (size_t i = 0; i < world->count; i++)
		fprintf(world->file, "%u %s %s\n", world->domains[i].domid, world->domains[i].uuid,
			world->domains[i].name);
	fflush(world->file);
	if (ftruncate(fileno(world->file), ftell(world->file)) != 0)
		abort();
}

static unsigned free_domid(const struct world *world)
{
	unsigned domid = FIRST_DOMID;
	for (size_t i = 0; i < world->count; i++)
		if (world->domains[i].domid >= domid)
			domid = world->domains[i].domid + 1;
	return domid;
}

static bool is_kept(const struct domain *domain)
{
	return mode_of("shut-down", domain->name) &&
	       (fnmatch("*" BD_TOOLSTACK_KEPT_TO_MINUTE, domain->name, 0) == 0 ||
		fnmatch("*" BD_TOOLSTACK_KEPT_TO_SECOND, domain->name, 0) == 0);
}

/* Of a domain's name; "" where there is none of that domid, or, if uuid is not NULL, of that uuid, but for kept ones. */
static void find_name(unsigned domid, const char *uuid, char name_out[64])
{
	struct world world;
	*name_out = '\0';
	world_open(&world);
	for (size_t i = 0; i < world.count; i++)
		if (uuid ? !strcmp(world.domains[i].uuid, uuid) && !is_kept(&world.domains[i])
			 : world.domains[i].domid == domid)
			strcpy(name_out, world.domains[i].name);
	world_close(&world);
}

static void remove_domain(unsigned domid)
{
	struct world world;
	size_t left = 0;
	world_open(&world);
	for (size_t i = 0; i < world.count; i++)
		if (world.domains[i].domid != domid)
			world.domains[left++] = world.domains[i];
	world.count = left;
	world_store(&world);
	world_close(&world);
}

static void reboot_domain(unsigned domid)
{
	struct world world;
	world_open(&world);
	for (size_t i = 0; i < world.count; i++)
		if (world.domains[i].domid == domid)
			world.domains[i].domid = free_domid(&world);
	world_store(&world);
	world_close(&world);
}

static void crash_and_keep(const char *name)
{
	struct world world;
	world_open(&world);
	for (size_t i = 0; i < world.count; i++) {
		struct domain *dead = &world.domains[i], born = *dead;
		if (strcmp(dead->name, name) != 0 || world.count == DOMAINS)
			continue;
		snprintf(dead->name, sizeof(dead->name), "%.40s-20260102T030405Z", name);
		born.domid = free_domid(&world);
		world.domains[world.count++] = born;
		break;
	}
	world_store(&world);
	world_close(&world);
}

/* `key = "value"` at the start of a line of the cfg. */
static void cfg_value(const char *cfg_path, const char *key, char *value_out, size_t size)
{
	char line[1024], name[64], value[256];
	FILE *cfg = fopen(cfg_path, "re");
	*value_out = '\0';
	while (cfg && fgets(line, sizeof(line), cfg))
		if (sscanf(line, " %63[a-z_] = %*1[\"']%255[^\"']", name, value) == 2 && !strcmp(name, key))
			snprintf(value_out, size, "%.*s", (int)size - 1, value);
	if (cfg)
		fclose(cfg);
}

/* 1: the user wants to stop; 0: the time is up. */
static int wait_for_cancel(const struct bd_toolstack_host *host, int timeout_ms)
{
	struct pollfd cancel = { .fd = host->cancel_fd, .events = POLLIN };
	return poll(&cancel, 1, timeout_ms) > 0;
}

static int fake_describe(const struct bd_toolstack_host *host, const char *cfg_path,
			 void (*emit)(void *context, const char *text, size_t size_bytes), void *context,
			 struct bd_error *err)
{
	(void)host;
	note("describe cfg=%s", cfg_path);
	if (access(cfg_path, R_OK))
		return fail(err, errno, "cannot open %s: %s", cfg_path, strerror(errno));
	if (mode("bad-config"))
		return fail(err, EINVAL, "%s:3: memory = 0: must be from 1 to 1073741824", cfg_path);
	emit(context, "{\"fake\": \"", 10);
	emit(context, cfg_path, strlen(cfg_path));
	emit(context, "\"}\n", 3);
	return 0;
}

/* That it can be run at all is enough. */
static bool runs(const char *program)
{
	int status = -1;
	pid_t child = fork();

	if (child == 0) {
		int null = open("/dev/null", O_RDWR);
		dup2(null, 1);
		dup2(null, 2);
		execlp(program, program, "--help", (char *)NULL);
		_exit(127);
	}
	return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) != 127;
}

static int fail_create(const struct bd_toolstack_host *host, const char *name, struct bd_error *err)
{
	if (mode("no-xen"))
		return fail(err, ENODEV, "no Xen is running here, or this is not its dom0");
	if (mode("not-root"))
		return fail(err, EPERM, "only root can access Xen");
	if (mode_of("create-warns", name))
		host->log(host->context, BD_TOOLSTACK_LOG_WARNING, "cannot write the log: No such file or directory");
	if (mode_of("domain-exists", name))
		return fail(err, EEXIST, "a domain named %s already exists (domid 3)", name);
	if (mode_of("create-slow", name) && wait_for_cancel(host, SLOW_MS))
		return fail(err, BD_ECANCELED, "stopped");
	if (mode_of("create-fails", name) || (mode("runs-bigdisk") && !runs("xen-bigdisk-boot")))
		return fail(err, EIO, "cannot create the domain %s: bootloader failed", name);
	if (mode_of("create-no-memory", name))
		return fail(err, ENOSPC, "the guest needs 256 MiB and Xen has 12 MiB free");
	if (mode_of("create-hangs", name)) {
		wait_for_cancel(host, -1);
		return fail(err, BD_ECANCELED, "stopped");
	}
	return 0;
}

static int add_domain(struct world *world, struct domain *born, struct bd_error *err)
{
	for (size_t i = 0; i < world->count; i++)
		if (!strcmp(world->domains[i].name, born->name))
			return fail(err, EEXIST, "a domain named %s already exists (domid %u)", born->name,
				    world->domains[i].domid);
	if (world->count == DOMAINS)
		return fail(err, ENOMEM, "the fake toolstack has no room for more domains than %d", DOMAINS);
	born->domid = free_domid(world);
	if (!mode_of("dies-at-once", born->name)) {
		world->domains[world->count++] = *born;
		world_store(world);
		/* A number may have been an earlier one's. */
		if (number_of("memory", born->domid, 0))
			keep_number("memory", born->domid, 0);
		if (number_of("vcpus", born->domid, 0))
			keep_number("vcpus", born->domid, 0);
	}
	return 0;
}

/* As of a PV guest with a disk, where memory is not taken from dom0. */
static const enum bd_toolstack_stage stages[] = { BD_TOOLSTACK_STAGE_BOOTLOADER, BD_TOOLSTACK_STAGE_DOMAIN,
						  BD_TOOLSTACK_STAGE_DISKS, BD_TOOLSTACK_STAGE_UNPAUSE };

static int fake_create(const struct bd_toolstack_host *host, const struct bd_toolstack_create *request,
		       uint32_t *domid_out, struct bd_error *err)
{
	struct world world;
	struct domain born = { 0 };
	FILE *cfg = fopen(request->cfg_path, "re");
	if (!cfg)
		return fail(err, errno, "cannot open %s: %s", request->cfg_path, strerror(errno));
	fseek(cfg, 0, SEEK_END);
	note("create cfg=%s paused=%d monitor=%d cfg_bytes=%ld%s", request->cfg_path, !!request->start_paused,
	     !request->without_monitor, ftell(cfg), host->xens_hotplug ? " hotplug=xen" : "");
	fclose(cfg);
	cfg_value(request->cfg_path, "name", born.name, sizeof(born.name));
	cfg_value(request->cfg_path, "uuid", born.uuid, sizeof(born.uuid));
	if (request->shows_boot_loader)
		note("create shows the boot loader");
	for (size_t i = 0; host->stage && i < sizeof(stages) / sizeof(stages[0]); i++)
		host->stage(host->context, stages[i]);
	if (fail_create(host, born.name, err))
		return -1;
	world_open(&world);
	int r = add_domain(&world, &born, err);
	world_close(&world);
	if (r == 0)
		*domid_out = born.domid;
	return r;
}

static int fake_open(const struct bd_toolstack_host *host, struct bd_toolstack **toolstack_out, struct bd_error *err)
{
	note("open");
	if (mode("no-xen"))
		return fail(err, ENODEV, "no Xen is running here, or this is not its dom0");
	if (mode("not-root"))
		return fail(err, EPERM, "only root can access Xen");
	struct bd_toolstack *toolstack = calloc(1, sizeof(*toolstack));
	if (!toolstack)
		return fail(err, ENOMEM, "out of memory");
	toolstack->host = host;
	*toolstack_out = toolstack;
	return 0;
}

static void fake_close(struct bd_toolstack *toolstack)
{
	note("close");
	free(toolstack);
}

static void fill(const struct domain *from, struct bd_toolstack_domain *domain_out)
{
	*domain_out = (struct bd_toolstack_domain){
		.struct_size = sizeof(*domain_out),
		.domid = from->domid,
		.state = BD_TOOLSTACK_RUNNING,
		.memory_kib = 262144,
		.vcpus = 1,
		.cpu_time_ns = 1000000,
		.monitor = BD_TOOLSTACK_MONITOR_RUNS,
	};
	const char *maximum = getenv("FAKE_TOOLSTACK_MAX");
	if (from->domid && maximum &&
	    sscanf(maximum, "%" SCNu64 " %" SCNu32, &domain_out->memory_max_kib, &domain_out->vcpus_max) == 2) {
		domain_out->memory_kib = domain_out->memory_max_kib;
		domain_out->vcpus = domain_out->vcpus_max;
	}
	domain_out->memory_kib = number_of("memory", from->domid, domain_out->memory_kib);
	domain_out->vcpus = (uint32_t)number_of("vcpus", from->domid, domain_out->vcpus);
	if (from->domid == 0 || mode_of("foreign", from->name) || mode_of("foreign-stuck", from->name))
		domain_out->monitor = BD_TOOLSTACK_MONITOR_FOREIGN;
	else if (lacks_monitor(from->domid, from->name))
		domain_out->monitor = BD_TOOLSTACK_MONITOR_NONE;
	if (fact("shut-down", from->domid, false))
		domain_out->state = BD_TOOLSTACK_SHUTDOWN;
	snprintf(domain_out->name, sizeof(domain_out->name), "%s", from->name);
	if (from->domid && mode_of("paused", from->name))
		domain_out->state = BD_TOOLSTACK_PAUSED;
	if (from->domid && mode_of("shut-down", from->name))
		domain_out->state = BD_TOOLSTACK_SHUTDOWN;
	if (from->domid && mode_of("dying", from->name))
		domain_out->state = BD_TOOLSTACK_DYING;
	const char *at = from->uuid;
	for (size_t i = 0; i < 16 && *at; i++, at += 2) {
		at += *at == '-';
		sscanf(at, "%2hhx", &domain_out->uuid[i]);
	}
}

static int fake_list(struct bd_toolstack *toolstack,
		     int (*each)(void *context, const struct bd_toolstack_domain *domain), void *context,
		     struct bd_error *err)
{
	static const struct domain dom0 = { 0, "00000000-0000-0000-0000-000000000000", "Domain-0" };
	struct world world;
	struct bd_toolstack_domain domain;
	(void)toolstack;
	(void)err;
	note("list");
	fill(&dom0, &domain);
	int stop = each(context, &domain);
	world_open(&world);
	world_close(&world);
	for (size_t i = 0; i < world.count && !stop; i++) {
		fill(&world.domains[i], &domain);
		stop = each(context, &domain);
	}
	return 0;
}

/* Told when the domains or their facts change: by what is written in the folder of $FAKE_TOOLSTACK_STATE. Without one this
 * process alone can change them, and it waits. -1 then, which poll(2) leaves out. */
static int watch_world(void)
{
	const char *path = getenv("FAKE_TOOLSTACK_STATE"), *slash = path ? strrchr(path, '/') : NULL;
	char folder[4096];
	int fd = path ? inotify_init1(IN_CLOEXEC | IN_NONBLOCK) : -1;
	snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - path) + 1 : 2, slash ? path : "./");
	/* Looking changes nothing, and does not wake the one who looks. */
	if (path && inotify_add_watch(fd, folder, IN_MODIFY | IN_CREATE) < 0)
		abort();
	return fd;
}

static double now_s(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* 1: the user wants to stop; 0: something has changed, or the time is up. */
static int wait_for_news(const struct bd_toolstack_host *host, int world_fd, double end_s)
{
	char news[4096];
	double left_ms = (end_s - now_s()) * 1000;
	struct pollfd fds[2] = { { .fd = world_fd, .events = POLLIN }, { .fd = host->cancel_fd, .events = POLLIN } };
	poll(fds, 2, left_ms > 0 ? (int)left_ms + 1 : 0);
	while (world_fd >= 0 && read(world_fd, news, sizeof(news)) > 0)
		;
	return fds[1].revents != 0;
}

/* Until no domain has the uuid. */
static int wait_for_end(const struct bd_toolstack_host *host, const char *uuid, unsigned timeout_ms,
			enum bd_toolstack_wait_result *result_out, struct bd_error *err)
{
	double end_s = now_s() + timeout_ms / 1000.0;
	int world_fd = watch_world(), stop = 0;
	char name[64];
	for (bool over = false; !over && !stop;) {
		find_name(0, uuid, name);
		*result_out = *name ? BD_TOOLSTACK_WAIT_TIMEOUT : BD_TOOLSTACK_WAIT_DONE;
		over = !*name || now_s() >= end_s;
		stop = !over && wait_for_news(host, world_fd, end_s);
	}
	if (world_fd >= 0)
		close(world_fd);
	return stop ? fail(err, BD_ECANCELED, "stopped") : 0;
}

static void uuid_text(const uint8_t uuid[16], char text_out[37])
{
	for (int i = 0; i < 16; i++)
		text_out += sprintf(text_out, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", uuid[i]);
}

static uint64_t sight_of(const uint8_t uuid[16])
{
	uint64_t sight = BD_HASH_INIT;
	struct world world;
	world_open(&world);
	world_close(&world);
	for (size_t i = 0; i < world.count; i++) {
		struct bd_toolstack_domain domain;
		fill(&world.domains[i], &domain);
		if (memcmp(domain.uuid, uuid, 16) != 0)
			continue;
		sight = bd_hash(sight, &domain.domid, sizeof(domain.domid));
		sight = bd_hash(sight, &domain.state, sizeof(domain.state));
	}
	return sight;
}

static int fake_wait_change(struct bd_toolstack *toolstack, const uint8_t uuid[16], uint64_t *seen,
			    unsigned timeout_ms, struct bd_error *err)
{
	double end_s = now_s() + timeout_ms / 1000.0;
	int world_fd = watch_world(), stop = 0;
	char text[37];
	uuid_text(uuid, text);
	note("wait_change uuid=%s timeout_ms=%u", text, timeout_ms);
	for (bool over = false; !over && !stop;) {
		uint64_t sight = sight_of(uuid);
		over = sight != *seen || now_s() >= end_s;
		if (over)
			*seen = sight;
		stop = !over && wait_for_news(toolstack->host, world_fd, end_s);
	}
	if (world_fd >= 0)
		close(world_fd);
	return stop ? fail(err, BD_ECANCELED, "stopped") : 0;
}

static int fake_wait(struct bd_toolstack *toolstack, const uint8_t uuid[16], enum bd_toolstack_wait_for what,
		     unsigned timeout_ms, enum bd_toolstack_wait_result *result_out, struct bd_error *err)
{
	static const char *const names[] = { "ready", "kernel", "gone" };
	char text[37], name[64];
	uuid_text(uuid, text);
	note("wait uuid=%s for=%s timeout_ms=%u", text, names[what], timeout_ms);
	find_name(0, text, name);
	*result_out = BD_TOOLSTACK_WAIT_DONE;
	if (mode_of("wait-hangs", name)) {
		*result_out = BD_TOOLSTACK_WAIT_TIMEOUT;
		if (wait_for_cancel(toolstack->host, (int)timeout_ms))
			return fail(err, BD_ECANCELED, "stopped");
	} else if (mode_of("wait-died", name)) {
		*result_out = BD_TOOLSTACK_WAIT_DIED;
	} else if (mode_of("wait-crashed", name)) {
		*result_out = BD_TOOLSTACK_WAIT_CRASHED;
	} else if (mode_of("wait-crash-kept", name)) {
		crash_and_keep(name);
		*result_out = BD_TOOLSTACK_WAIT_CRASHED;
	} else if (mode_of("wait-times-out", name)) {
		*result_out = BD_TOOLSTACK_WAIT_TIMEOUT;
	} else if (what == BD_TOOLSTACK_WAIT_GONE) {
		return wait_for_end(toolstack->host, text, timeout_ms, result_out, err);
	}
	return 0;
}

static int fake_shutdown(struct bd_toolstack *toolstack, uint32_t domid, enum bd_toolstack_shutdown how,
			 struct bd_error *err)
{
	char name[64];
	(void)toolstack;
	note("shutdown domid=%u how=%s", domid, how == BD_TOOLSTACK_REBOOT ? "reboot" : "poweroff");
	find_name(domid, NULL, name);
	if (mode_of("shutdown-refused", name))
		return fail(err, ENOTSUP, "cannot shut down domain %u: its kernel does not respond to Xen", domid);
	static bool late;
	if (mode_of("shutdown-late", name) && !late) {
		late = true;
		return fail(err, ETIMEDOUT, "cannot shut down domain %u: it did not take note", domid);
	}
	if (mode_of("shutdown-ignored", name))
		return 0;
	if (is_stuck(domid, name))
		fact("shut-down", domid, true);
	else if (how == BD_TOOLSTACK_POWEROFF)
		remove_domain(domid);
	else
		reboot_domain(domid);
	return 0;
}

static int fake_destroy(struct bd_toolstack *toolstack, uint32_t domid, struct bd_error *err)
{
	char name[64];
	(void)toolstack;
	note("destroy domid=%u", domid);
	find_name(domid, NULL, name);
	if (mode_of("destroy-fails", name))
		return fail(err, EIO, "cannot destroy domain %u", domid);
	remove_domain(domid);
	return 0;
}

static int fake_attach(const struct bd_toolstack_host *host, uint32_t domid, const char *cfg_path,
		       struct bd_error *err)
{
	char name[64];
	note("attach domid=%u cfg=%s%s", domid, cfg_path, host->xens_hotplug ? " hotplug=xen" : "");
	find_name(domid, NULL, name);
	if (!*name)
		return fail(err, ESRCH, "there is no domain %u any more", domid);
	if (mode_of("attach-fails", name))
		return fail(err, EIO, "cannot read the config of domain %u", domid);
	if (mode_of("foreign", name) || mode_of("foreign-stuck", name))
		return fail(err, ENOTSUP, "domain %u was made by another toolstack", domid);
	bool late = mode_of("attach-late", name) || !lacks_monitor(domid, name);
	fact("attached", domid, true);
	if (fact("shut-down", domid, false))
		remove_domain(domid);
	return late ? fail(err, EEXIST, "domain %u already has a monitor", domid) : 0;
}

static void fill_device(char *word, struct bd_toolstack_device *device)
{
	char *fields[4] = { "", "", "", "" }, *rest = word;
	*device = (struct bd_toolstack_device){ .struct_size = sizeof(*device) };
	fields[0] = strsep(&rest, ":");
	snprintf(device->kind, sizeof(device->kind), "%s", fields[0]);
	if (!strcmp(fields[0], "vif") && rest) {
		unsigned char *mac = device->mac;
		sscanf(rest, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%31s", mac, mac + 1, mac + 2, mac + 3, mac + 4,
		       mac + 5, device->bridge);
		return;
	}
	for (int i = 1; i < 4 && rest; i++)
		fields[i] = strsep(&rest, ":");
	if (strcmp(fields[0], "vbd")) {
		device->number = (uint32_t)atoi(fields[1]);
		return;
	}
	snprintf(device->name, sizeof(device->name), "%s", fields[1]);
	snprintf(device->path, sizeof(device->path), "%s", fields[2]);
	device->read_only = !strcmp(fields[3], "r");
}

static int fake_devices(struct bd_toolstack *toolstack, uint32_t domid,
			int (*each)(void *context, const struct bd_toolstack_device *device), void *context,
			struct bd_error *err)
{
	const char *words = getenv("FAKE_TOOLSTACK_DEVICES");
	char copy[4096], *rest = copy;
	(void)toolstack;
	note("devices domid=%u", domid);
	if (!words)
		return fail(err, EIO, "the fake toolstack was told nothing of devices");
	snprintf(copy, sizeof(copy), "%s", words ? words : "");
	for (char *word; (word = strsep(&rest, " "));) {
		struct bd_toolstack_device device;
		if (!*word)
			continue;
		fill_device(word, &device);
		if (each(context, &device))
			break;
	}
	return 0;
}

static int fake_machine(struct bd_toolstack *toolstack, struct bd_toolstack_machine *machine_out,
			struct bd_error *err)
{
	const char *memory = getenv("FAKE_TOOLSTACK_MEMORY_KIB");
	const char *release = getenv("FAKE_TOOLSTACK_XEN");
	(void)toolstack;
	(void)err;
	note("machine");
	*machine_out = (struct bd_toolstack_machine){
		.struct_size = sizeof(*machine_out),
		.total_memory_kib = 16 << 20,
		.available_memory_kib = memory ? strtoull(memory, NULL, 10) : 8 << 20,
		.cpus = 4,
	};
	snprintf(machine_out->xen_version, sizeof(machine_out->xen_version), "%s.5",
		 release && *release ? release : "4.17");
	return 0;
}

static int fake_guest_data(struct bd_toolstack *toolstack, uint32_t domid, const char *key, char *text_out,
			   size_t text_size, struct bd_error *err)
{
	const char *address = getenv("FAKE_TOOLSTACK_IPV4");
	char name[64];
	(void)toolstack;
	(void)err;
	note("guest_data domid=%u key=%s", domid, key);
	find_name(domid, NULL, name);
	snprintf(text_out, text_size, "%s", "");
	if (!*name || mode_of("guest-mute", name))
		return 0;
	if (!strcmp(key, "ready"))
		snprintf(text_out, text_size, "1");
	else if (!strcmp(key, "ipv4") && address)
		snprintf(text_out, text_size, "%s", address);
	else if (!strcmp(key, "ipv4"))
		snprintf(text_out, text_size, "10.0.%u.%u", domid / 256 % 256, domid % 256);
	return 0;
}

static int fake_recover(struct bd_toolstack *toolstack, uint32_t domid,
			void (*emit)(void *context, const char *text, size_t size_bytes), void *context,
			struct bd_error *err)
{
	const char *images = getenv("FAKE_TOOLSTACK_IMAGES");
	char name[64], text[4096];
	struct world world;
	(void)toolstack;
	note("recover domid=%u", domid);
	find_name(domid, NULL, name);
	if (!*name)
		return fail(err, ESRCH, "there is no domain %u", domid);
	int used = snprintf(text, sizeof(text), "# recovered\nname = \"%s\"\n", name);
	world_open(&world);
	world_close(&world);
	for (size_t i = 0; i < world.count; i++)
		if (world.domains[i].domid == domid)
			used += snprintf(text + used, sizeof(text) - (size_t)used, "uuid = \"%s\"\n",
					 world.domains[i].uuid);
	if (images)
		snprintf(text + used, sizeof(text) - (size_t)used, "disk = [ \"vdev=xvda, target=%s/%s.img\" ]\n",
			 images, name);
	emit(context, text, strlen(text));
	return 0;
}

static int fake_restricts_bootloader(void)
{
	const char *release = getenv("FAKE_TOOLSTACK_XEN");
	return mode("restricts") || (release && *release && strcmp(release, "4.17"));
}

/* As list() tells it. */
static int look(unsigned domid, struct bd_toolstack_domain *domain_out, struct bd_error *err)
{
	struct world world;
	bool found = false;
	world_open(&world);
	world_close(&world);
	for (size_t i = 0; i < world.count; i++)
		if (world.domains[i].domid == domid) {
			fill(&world.domains[i], domain_out);
			found = true;
		}
	return found ? 0 : fail(err, ESRCH, "there is no domain %u any more", domid);
}

static int fake_set_memory(struct bd_toolstack *toolstack, uint32_t domid, uint64_t memory_kib,
			   uint64_t *before_kib_out, struct bd_error *err)
{
	struct bd_toolstack_domain domain;
	(void)toolstack;
	note("set_memory domid=%u kib=%" PRIu64, domid, memory_kib);
	if (look(domid, &domain, err))
		return -1;
	if (mode_of("no-memory", domain.name))
		return fail(err, ENOSPC, "the guest needs 256 MiB and Xen has 12 MiB free");
	if (domain.memory_max_kib && memory_kib > domain.memory_max_kib)
		return fail(err, ERANGE, "domain %u cannot have that much memory", domid);
	keep_number("memory", domid, memory_kib);
	*before_kib_out = domain.memory_kib;
	return 0;
}

static int fake_set_vcpus(struct bd_toolstack *toolstack, uint32_t domid, uint32_t vcpus, uint32_t *before_out,
			  struct bd_error *err)
{
	struct bd_toolstack_domain domain;
	(void)toolstack;
	note("set_vcpus domid=%u vcpus=%u", domid, vcpus);
	if (look(domid, &domain, err))
		return -1;
	if (mode_of("vcpus-fail", domain.name))
		return fail(err, EIO, "cannot give domain %u %u virtual CPUs", domid, vcpus);
	if (domain.vcpus_max && vcpus > domain.vcpus_max)
		return fail(err, ERANGE, "domain %u cannot have that many virtual CPUs", domid);
	keep_number("vcpus", domid, vcpus);
	*before_out = domain.vcpus;
	return 0;
}

static int fake_console(struct bd_toolstack *toolstack, uint32_t domid, struct bd_error *err)
{
	(void)toolstack;
	note("console domid=%u", domid);
	if (mode("console-fails"))
		return fail(err, EIO, "cannot open the console of domain %u", domid);
	puts("fake console");
	exit(0);
}

static int fake_hotplug(const struct bd_toolstack_host *host, struct bd_toolstack_hotplug *hotplug_out,
			struct bd_error *err)
{
	(void)err;
	*hotplug_out = (struct bd_toolstack_hotplug){
		.struct_size = sizeof(*hotplug_out),
		.disk = "/etc/xen/scripts/block-bigdisk",
		.nic = "/etc/xen/scripts/vif-bigdisk",
	};
	if (host->xens_hotplug) {
		strcpy(hotplug_out->disk, "/etc/xen/scripts/block");
		strcpy(hotplug_out->why_xens_disk, "\"hotplug\" of the host's defaults is \"xen\"");
	}
	if (mode("no-vif-bigdisk")) {
		strcpy(hotplug_out->nic, "/etc/xen/scripts/vif-bridge");
		strcpy(hotplug_out->why_xens_nic,
		       "/etc/xen/scripts/vif-bigdisk is not installed, or may not be executed");
	}
	return 0;
}

const struct bd_toolstack_plugin *bd_toolstack_entry(void)
{
	static struct bd_toolstack_plugin plugin = {
		.name = "fake",
		.xen_version = "4.17",
		.describe = fake_describe,
		.create = fake_create,
		.attach = fake_attach,
		.devices = fake_devices,
		.open = fake_open,
		.close = fake_close,
		.list = fake_list,
		.wait = fake_wait,
		.shutdown = fake_shutdown,
		.destroy = fake_destroy,
		.console = fake_console,
		.machine = fake_machine,
		.guest_data = fake_guest_data,
		.recover = fake_recover,
		.restricts_bootloader = fake_restricts_bootloader,
		.set_memory = fake_set_memory,
		.set_vcpus = fake_set_vcpus,
		.wait_change = fake_wait_change,
		.hotplug = fake_hotplug,
	};
	const char *release = getenv("FAKE_TOOLSTACK_XEN");
	const char *abi = getenv("FAKE_TOOLSTACK_ABI");
	const char *size = getenv("FAKE_TOOLSTACK_SIZE");
	plugin.abi = abi ? (unsigned)atoi(abi) : BD_TOOLSTACK_ABI;
	plugin.struct_size = size ? (size_t)atoi(size) : sizeof(plugin);
	if (release && *release)
		plugin.xen_version = release;
	return plugin.struct_size ? &plugin : NULL;
}
