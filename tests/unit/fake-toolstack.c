/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A toolstack plugin without a Xen: writes down how it is called, and behaves as it is told.
 *
 * XEN_BIGDISK_TOOLSTACK=build/tests/fake-toolstack.so makes the program load it; it then stands for a running
 * hypervisor of the release in $FAKE_TOOLSTACK_XEN ("4.17").
 *
 * $FAKE_TOOLSTACK_LOG: a file; each call appends one line:
 *   describe cfg=PATH
 *   create cfg=PATH paused=0 monitor=1 cfg_bytes=123
 *   open | close | list
 *   wait uuid=XXXXXXXX-... for=ready|kernel|gone timeout_ms=N
 *   shutdown domid=N how=poweroff|reboot
 *   destroy domid=N
 *   console domid=N
 *
 * $FAKE_TOOLSTACK_STATE: a file that keeps the domains between processes; without one they live as long as the
 * process. Domains are 0, "Domain-0", and the created ones from 7 on, with the name and uuid of their cfg.
 *
 * $FAKE_TOOLSTACK_MODE, words separated by commas:
 *   no-xen            open, create and list: ENODEV
 *   domain-exists     create: EEXIST
 *   create-fails      create: EIO, "cannot create the domain NAME: bootloader failed"
 *   create-no-memory  create: ENOMEM
 *   create-hangs      create: waits for cancel_fd, then BD_ECANCELED
 *   create-warns      create: logs a warning first
 *   dies-at-once      create: works, but the domain is gone when the call returns
 *   wait-times-out    wait: TIMEOUT, at once
 *   wait-crashed      wait: CRASHED
 *   wait-died         wait: DIED
 *   wait-hangs        wait: until cancel_fd (BD_ECANCELED) or the timeout
 *   shutdown-refused  shutdown: ENOTSUP
 *   destroy-fails     destroy: EIO
 *   console-fails     console: ENOENT
 *   bad-config        describe: EINVAL
 * Otherwise everything works; describe gives {"fake": "PATH"}; console prints "fake console" and exits with 0.
 *
 * $FAKE_TOOLSTACK_ABI, $FAKE_TOOLSTACK_SIZE: what it claims to be, for the loader's tests. 0 as size: no table at all.
 */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "toolstack/toolstack.h"

#define FIRST_DOMID 7u
#define DOMAINS 64

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

static bool mode(const char *word)
{
	const char *modes = getenv("FAKE_TOOLSTACK_MODE");
	size_t length = strlen(word);
	for (const char *at = modes; at && *at;) {
		size_t this_length = strcspn(at, ",");
		if (this_length == length && !strncmp(at, word, length))
			return true;
		at += this_length;
		at += *at == ',';
	}
	return false;
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

__attribute__((format(printf, 3, 4))) static int fail(struct bd_toolstack_error *err, int code, const char *format,
						      ...)
{
	va_list args;
	va_start(args, format);
	err->code = code;
	vsnprintf(err->message, sizeof(err->message), format, args);
	va_end(args);
	return -1;
}

static size_t load(struct domain *domains)
{
	const char *path = getenv("FAKE_TOOLSTACK_STATE");
	FILE *file = path ? fopen(path, "re") : NULL;
	size_t count = 0;
	if (!path) {
		memcpy(domains, kept, sizeof(kept));
		return kept_count;
	}
	while (file && count < DOMAINS &&
	       fscanf(file, "%u %36s %63s", &domains[count].domid, domains[count].uuid, domains[count].name) == 3)
		count++;
	if (file)
		fclose(file);
	return count;
}

static void store(const struct domain *domains, size_t count)
{
	const char *path = getenv("FAKE_TOOLSTACK_STATE");
	FILE *file = path ? fopen(path, "we") : NULL;
	if (!path) {
		memcpy(kept, domains, sizeof(kept));
		kept_count = count;
	}
	for (size_t i = 0; file && i < count; i++)
		fprintf(file, "%u %s %s\n", domains[i].domid, domains[i].uuid, domains[i].name);
	if (file)
		fclose(file);
}

static void remove_domain(unsigned domid)
{
	struct domain domains[DOMAINS] = { 0 };
	size_t count = load(domains), left = 0;
	for (size_t i = 0; i < count; i++)
		if (domains[i].domid != domid)
			domains[left++] = domains[i];
	store(domains, left);
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
			 struct bd_toolstack_error *err)
{
	(void)host;
	note("describe cfg=%s", cfg_path);
	if (access(cfg_path, R_OK))
		return fail(err, errno, "cannot open %s: %s", cfg_path, strerror(errno));
	if (mode("bad-config"))
		return fail(err, EINVAL, "%s:3: the key \"pci\" is not one that xen-bigdisk takes", cfg_path);
	emit(context, "{\"fake\": \"", 10);
	emit(context, cfg_path, strlen(cfg_path));
	emit(context, "\"}\n", 3);
	return 0;
}

static int fail_create(const struct bd_toolstack_host *host, const char *name, struct bd_toolstack_error *err)
{
	if (mode("no-xen"))
		return fail(err, ENODEV, "no Xen is running here, or this is not its dom0");
	if (mode("create-warns"))
		host->log(host->context, BD_TOOLSTACK_LOG_WARNING, "cannot write the log: No such file or directory");
	if (mode("domain-exists"))
		return fail(err, EEXIST, "a domain named %s is there already (domid 3)", name);
	if (mode("create-fails"))
		return fail(err, EIO, "cannot create the domain %s: bootloader failed", name);
	if (mode("create-no-memory"))
		return fail(err, ENOMEM, "the guest needs 256 MiB and Xen has 12 MiB free");
	if (mode("create-hangs")) {
		wait_for_cancel(host, -1);
		return fail(err, BD_ECANCELED, "stopped");
	}
	return 0;
}

static int fake_create(const struct bd_toolstack_host *host, const struct bd_toolstack_create *request,
		       uint32_t *domid_out, struct bd_toolstack_error *err)
{
	struct domain domains[DOMAINS] = { 0 };
	struct domain born = { .domid = FIRST_DOMID };
	size_t count = load(domains);
	FILE *cfg = fopen(request->cfg_path, "re");
	if (!cfg)
		return fail(err, errno, "cannot open %s: %s", request->cfg_path, strerror(errno));
	fseek(cfg, 0, SEEK_END);
	note("create cfg=%s paused=%d monitor=%d cfg_bytes=%ld", request->cfg_path, !!request->start_paused,
	     !request->without_monitor, ftell(cfg));
	fclose(cfg);
	cfg_value(request->cfg_path, "name", born.name, sizeof(born.name));
	cfg_value(request->cfg_path, "uuid", born.uuid, sizeof(born.uuid));
	if (fail_create(host, born.name, err))
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (!strcmp(domains[i].name, born.name))
			return fail(err, EEXIST, "a domain named %s is there already (domid %u)", born.name,
				    domains[i].domid);
		if (domains[i].domid >= born.domid)
			born.domid = domains[i].domid + 1;
	}
	if (count < DOMAINS && !mode("dies-at-once")) {
		domains[count] = born;
		store(domains, count + 1);
	}
	*domid_out = born.domid;
	return 0;
}

static int fake_open(const struct bd_toolstack_host *host, struct bd_toolstack **toolstack_out,
		     struct bd_toolstack_error *err)
{
	note("open");
	if (mode("no-xen"))
		return fail(err, ENODEV, "no Xen is running here, or this is not its dom0");
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
	};
	snprintf(domain_out->name, sizeof(domain_out->name), "%s", from->name);
	const char *at = from->uuid;
	for (size_t i = 0; i < 16 && *at; i++, at += 2) {
		at += *at == '-';
		sscanf(at, "%2hhx", &domain_out->uuid[i]);
	}
}

static int fake_list(struct bd_toolstack *toolstack,
		     int (*each)(void *context, const struct bd_toolstack_domain *domain), void *context,
		     struct bd_toolstack_error *err)
{
	static const struct domain dom0 = { 0, "00000000-0000-0000-0000-000000000000", "Domain-0" };
	struct domain domains[DOMAINS] = { 0 };
	struct bd_toolstack_domain domain;
	(void)toolstack;
	(void)err;
	note("list");
	fill(&dom0, &domain);
	int stop = each(context, &domain);
	size_t count = load(domains);
	for (size_t i = 0; i < count && !stop; i++) {
		fill(&domains[i], &domain);
		stop = each(context, &domain);
	}
	return 0;
}

static int fake_wait(struct bd_toolstack *toolstack, const uint8_t uuid[16], enum bd_toolstack_wait_for what,
		     unsigned timeout_ms, enum bd_toolstack_wait_result *result_out, struct bd_toolstack_error *err)
{
	static const char *const names[] = { "ready", "kernel", "gone" };
	char text[37], *at = text;
	for (int i = 0; i < 16; i++)
		at += sprintf(at, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", uuid[i]);
	note("wait uuid=%s for=%s timeout_ms=%u", text, names[what], timeout_ms);
	*result_out = BD_TOOLSTACK_WAIT_DONE;
	if (mode("wait-times-out"))
		*result_out = BD_TOOLSTACK_WAIT_TIMEOUT;
	if (mode("wait-crashed"))
		*result_out = BD_TOOLSTACK_WAIT_CRASHED;
	if (mode("wait-died"))
		*result_out = BD_TOOLSTACK_WAIT_DIED;
	if (mode("wait-hangs")) {
		*result_out = BD_TOOLSTACK_WAIT_TIMEOUT;
		if (wait_for_cancel(toolstack->host, (int)timeout_ms))
			return fail(err, BD_ECANCELED, "stopped");
	}
	return 0;
}

static int fake_shutdown(struct bd_toolstack *toolstack, uint32_t domid, enum bd_toolstack_shutdown how,
			 struct bd_toolstack_error *err)
{
	(void)toolstack;
	note("shutdown domid=%u how=%s", domid, how == BD_TOOLSTACK_REBOOT ? "reboot" : "poweroff");
	if (mode("shutdown-refused"))
		return fail(err, ENOTSUP, "cannot shut down domain %u: its kernel does not listen to Xen", domid);
	if (how == BD_TOOLSTACK_POWEROFF)
		remove_domain(domid);
	return 0;
}

static int fake_destroy(struct bd_toolstack *toolstack, uint32_t domid, struct bd_toolstack_error *err)
{
	(void)toolstack;
	note("destroy domid=%u", domid);
	if (mode("destroy-fails"))
		return fail(err, EIO, "cannot destroy domain %u", domid);
	remove_domain(domid);
	return 0;
}

static int fake_console(struct bd_toolstack *toolstack, uint32_t domid, struct bd_toolstack_error *err)
{
	(void)toolstack;
	note("console domid=%u", domid);
	if (mode("console-fails"))
		return fail(err, ENOENT, "cannot open the console of domain %u", domid);
	puts("fake console");
	exit(0);
}

const struct bd_toolstack_plugin *bd_toolstack_entry(void)
{
	static struct bd_toolstack_plugin plugin = {
		.name = "fake",
		.xen_version = "4.17",
		.describe = fake_describe,
		.create = fake_create,
		.open = fake_open,
		.close = fake_close,
		.list = fake_list,
		.wait = fake_wait,
		.shutdown = fake_shutdown,
		.destroy = fake_destroy,
		.console = fake_console,
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
