/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The toolstack plugin's C ABI. No libxl type is in it and no allocation crosses it: what one side allocates, that
 * side frees. libxenlight's SONAME and struct sizes change with every Xen release, so the program itself never
 * links it; it dlopens the plugin that was built for the running release (see loader.h).
 *
 * A plugin exports one symbol, BD_TOOLSTACK_ENTRY, a function that returns a pointer to a static struct
 * bd_toolstack_plugin. The loader refuses another `abi`; `struct_size` lets later versions add members at the end.
 *
 * Threads: none. One open toolstack at a time per process. create() must not be called between open() and close().
 * Errors: functions return 0 or -1; on -1 *err is set, and what kind of failure it is crosses with it.
 */
#ifndef BD_TOOLSTACK_TOOLSTACK_H
#define BD_TOOLSTACK_TOOLSTACK_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define BD_TOOLSTACK_ABI 4u
#define BD_TOOLSTACK_ENTRY "bd_toolstack_entry"

enum bd_toolstack_log_level {
	BD_TOOLSTACK_LOG_ERROR,
	BD_TOOLSTACK_LOG_WARNING,
	BD_TOOLSTACK_LOG_INFO,
	BD_TOOLSTACK_LOG_DEBUG,
};

/* The stages of create(), in the order in which they come; some guests have not all of them. */
enum bd_toolstack_stage {
	BD_TOOLSTACK_STAGE_CONFIG, /* reading the config */
	BD_TOOLSTACK_STAGE_BOOTLOADER, /* unless libxl runs it, within BD_TOOLSTACK_STAGE_DOMAIN */
	BD_TOOLSTACK_STAGE_LOCK, /* waiting for xl's lock, which is held until the domain has its memory */
	BD_TOOLSTACK_STAGE_MEMORY, /* taking memory from dom0 */
	BD_TOOLSTACK_STAGE_DOMAIN,
	BD_TOOLSTACK_STAGE_DISKS,
	BD_TOOLSTACK_STAGE_DEVICE_MODEL,
	BD_TOOLSTACK_STAGE_NETWORK,
	BD_TOOLSTACK_STAGE_UNPAUSE,
	BD_TOOLSTACK_STAGE_COUNT
};

/* What the program gives to the plugin. It must outlive every call that it is passed to. */
struct bd_toolstack_host {
	size_t struct_size;
	/* One line, without a newline. Called in the calling process only, never in the monitor. */
	void (*log)(void *context, enum bd_toolstack_log_level level, const char *line);
	void *context;
	/* Becomes readable when the user wants to stop (Ctrl-C, SIGTERM); -1: never. Not read by the plugin. */
	int cancel_fd;
	/* Folder of the monitors' logs ("/var/log/xen"); monitor log: xen-bigdisk-NAME.log */
	const char *log_dir;
	/* Non-zero: disks and network interfaces by Xen's own hotplug scripts, also where ours are installed. Heeded by create(), by
	 * the monitor that it starts, by attach() and hotplug(). */
	int xens_hotplug;
	/* A stage of create() begins, and the one before has ended; the last ends with create(). NULL: nobody wants to know. */
	void (*stage)(void *context, enum bd_toolstack_stage stage);
};

/* What on_crash="rename-restart" puts behind the name of the domain that it keeps, as patterns of fnmatch(3): the time as
 * xl gives it, to the minute, and as our plugin's monitor does, to the second. Such a domain has the guest's UUID still. */
#define BD_TOOLSTACK_KEPT_HOUR "-[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]T[0-9][0-9]"
#define BD_TOOLSTACK_KEPT_TO_MINUTE BD_TOOLSTACK_KEPT_HOUR "[0-9][0-9]Z"
#define BD_TOOLSTACK_KEPT_TO_SECOND BD_TOOLSTACK_KEPT_HOUR "[0-9][0-9][0-9][0-9]Z"

enum bd_toolstack_domain_state {
	BD_TOOLSTACK_RUNNING, /* running or blocked: alive */
	BD_TOOLSTACK_PAUSED,
	BD_TOOLSTACK_SHUTDOWN, /* has shut down, not yet destroyed */
	BD_TOOLSTACK_DYING,
};

/* Who does what on_poweroff, on_reboot and on_crash say when the guest shuts down. */
enum bd_toolstack_monitor {
	BD_TOOLSTACK_MONITOR_FOREIGN, /* another toolstack made the domain, and looks after it or does not: that is not known */
	BD_TOOLSTACK_MONITOR_RUNS, /* create()'s, or attach()'s */
	BD_TOOLSTACK_MONITOR_NONE, /* create() made the domain, and its monitor is gone: nobody does */
};

struct bd_toolstack_domain {
	size_t struct_size;
	uint32_t domid;
	uint8_t uuid[16];
	char name[256];
	enum bd_toolstack_domain_state state;
	uint64_t memory_kib;
	uint64_t memory_max_kib; /* maxmem, or memory where there is none, as it was started; 0: not known */
	uint32_t vcpus; /* online */
	uint32_t vcpus_max; /* maxvcpus, or vcpus where there is none, as it was started */
	uint64_t cpu_time_ns;
	enum bd_toolstack_monitor monitor;
};

/* A device that a domain has. Texts are cut to fit; "": it has none. */
struct bd_toolstack_device {
	size_t struct_size;
	char kind
		[16]; /* as xenstore has it: "vbd" is a disk, "vif" a network interface; "vkbd", "vfb", "pci", "9pfs" ... */
	uint32_t number; /* the device's, among those of its kind */
	/* Of a disk. */
	char name[32]; /* as the guest calls it: "xvda" */
	char path[4096]; /* of dom0: what it is kept in; "": an empty drive */
	int read_only;
	/* Of a network interface. */
	uint8_t mac[6];
	char bridge[32];
};

/* The hypervisor's side of this host. */
struct bd_toolstack_machine {
	size_t struct_size;
	char xen_version[64]; /* "4.17.5" */
	uint64_t total_memory_kib;
	/* What new guests can be given now: free memory, and what dom0 would give up where it may be ballooned. */
	uint64_t available_memory_kib;
	uint32_t cpus;
};

#define BD_TOOLSTACK_SCRIPT_SIZE 256
#define BD_TOOLSTACK_WHY_SIZE 320

/* What is run to give a guest a disk or a network interface for which its config names no script. */
struct bd_toolstack_hotplug {
	size_t struct_size;
	char disk[BD_TOOLSTACK_SCRIPT_SIZE]; /* a path: "/etc/xen/scripts/block-bigdisk" */
	char nic[BD_TOOLSTACK_SCRIPT_SIZE];
	/* Why it is none of ours; "": it is. */
	char why_xens_disk[BD_TOOLSTACK_WHY_SIZE];
	char why_xens_nic[BD_TOOLSTACK_WHY_SIZE];
};

enum bd_toolstack_wait_for {
	BD_TOOLSTACK_WAIT_READY, /* the guest's userspace wrote a non-empty data/xen-bigdisk/ready */
	BD_TOOLSTACK_WAIT_KERNEL, /* control/feature-poweroff is "1": the kernel's xenbus is up */
	BD_TOOLSTACK_WAIT_GONE, /* no domain of that UUID is left, but for what rename-restart keeps */
};

enum bd_toolstack_wait_result {
	BD_TOOLSTACK_WAIT_DONE,
	BD_TOOLSTACK_WAIT_TIMEOUT,
	BD_TOOLSTACK_WAIT_CRASHED, /* the guest shut down with reason crash while we waited */
	BD_TOOLSTACK_WAIT_DIED, /* the guest powered off or its domain vanished while we waited */
};

enum bd_toolstack_shutdown {
	BD_TOOLSTACK_POWEROFF,
	BD_TOOLSTACK_REBOOT,
};

struct bd_toolstack_create {
	size_t struct_size;
	const char *cfg_path; /* the xl config: the only description of the guest */
	int start_paused; /* leave it paused */
	int without_monitor; /* no monitor process: on_poweroff & co. are then nobody's job */
	/* Standard input and output are a terminal, on which the boot loader's menu is to be shown while it runs: in raw mode,
	 * Ctrl-] leaves the menu to itself. A boot loader that libxl runs is not shown. */
	int shows_boot_loader;
};

struct bd_toolstack; /* an open toolstack; the plugin's own */

struct bd_toolstack_plugin {
	size_t struct_size;
	unsigned abi; /* BD_TOOLSTACK_ABI */
	const char *name; /* "libxl" */
	const char *xen_version; /* the release it was built for: "4.17" */

	/* Reads and checks the config without touching a hypervisor, and emits what libxl would be given
	 * (libxl_domain_config) as JSON, in pieces, to emit(). What xl ignores is logged with its line. */
	int (*describe)(const struct bd_toolstack_host *host, const char *cfg_path,
			void (*emit)(void *context, const char *text, size_t size_bytes), void *context,
			struct bd_error *err);

	/* Makes and starts the domain of a config. Returns when it is unpaused (or paused, as asked), with a monitor
	 * process behind it that outlives the caller. On failure or cancel no domain and no process is left.
	 * EEXIST: a domain of that name or UUID is there. */
	int (*create)(const struct bd_toolstack_host *host, const struct bd_toolstack_create *request,
		      uint32_t *domid_out, struct bd_error *err);

	/* Gives a domain that create() made a monitor again where its own is gone. The guest does not notice. The config
	 * is for its next start; what is done until then follows the config that it was started with. EEXIST: it has one;
	 * ENOTSUP: another toolstack made it; ESRCH: there is no such domain. As create(): not between open() and
	 * close(). */
	int (*attach)(const struct bd_toolstack_host *host, uint32_t domid, const char *cfg_path,
		      struct bd_error *err);

	/* ENODEV: no Xen is running here; EPERM: only root may ask it. */
	int (*open)(const struct bd_toolstack_host *host, struct bd_toolstack **toolstack_out, struct bd_error *err);
	void (*close)(struct bd_toolstack *toolstack);

	/* Calls each() for every domain, dom0 included, until it returns non-zero. */
	int (*list)(struct bd_toolstack *toolstack,
		    int (*each)(void *context, const struct bd_toolstack_domain *domain), void *context,
		    struct bd_error *err);

	/* Calls each() for every device of a domain, disks first, then network interfaces, until it returns non-zero.
	 * Consoles, which every domain has, are left out. ESRCH. */
	int (*devices)(struct bd_toolstack *toolstack, uint32_t domid,
		       int (*each)(void *context, const struct bd_toolstack_device *device), void *context,
		       struct bd_error *err);

	/* Waits up to timeout_ms; follows the UUID across reboots. Ends early, with BD_ECANCELED, on cancel_fd. */
	int (*wait)(struct bd_toolstack *toolstack, const uint8_t uuid[16], enum bd_toolstack_wait_for what,
		    unsigned timeout_ms, enum bd_toolstack_wait_result *result_out, struct bd_error *err);

	/* Asks the guest, and returns when it has acknowledged (up to 60 s; ends on cancel_fd). ENOTSUP when the guest has no such control. */
	int (*shutdown)(struct bd_toolstack *toolstack, uint32_t domid, enum bd_toolstack_shutdown how,
			struct bd_error *err);
	int (*destroy)(struct bd_toolstack *toolstack, uint32_t domid, struct bd_error *err);

	/* Replaces this process by the console client; returns only on failure. */
	int (*console)(struct bd_toolstack *toolstack, uint32_t domid, struct bd_error *err);

	int (*machine)(struct bd_toolstack *toolstack, struct bd_toolstack_machine *machine_out,
		       struct bd_error *err);

	/* What the guest says of itself under data/xen-bigdisk/KEY of its part of xenstore ("ready", "ipv4"); it may say
	 * anything. Cut to fit, control characters replaced; "": nothing. */
	int (*guest_data)(struct bd_toolstack *toolstack, uint32_t domid, const char *key, char *text_out,
			  size_t text_size, struct bd_error *err);

	/* Writes an xl config for a domain that is there, from what libxl keeps of it, and emits its text in pieces: for when
	 * the domain's own config is gone. ESRCH; EPERM for dom0. */
	int (*recover)(struct bd_toolstack *toolstack, uint32_t domid,
		       void (*emit)(void *context, const char *text, size_t size_bytes), void *context,
		       struct bd_error *err);

	/* Non-zero: create() heeds bootloader_restrict = 1 of a config. Looks at the library only, not at a hypervisor. */
	int (*restricts_bootloader)(void);

	/* Gives a running domain another amount of memory, up to its memory_max_kib: its balloon driver is asked to give up
	 * or take what is the difference, which takes it a moment, and may take no more from now on. What a growing one needs
	 * is taken from dom0 as create() does. before_kib_out: what it had been asked for until now, which a further call would
	 * bring back. ENOSPC: Xen has less; ERANGE: more than its maximum; ESRCH; EPERM for dom0. */
	int (*set_memory)(struct bd_toolstack *toolstack, uint32_t domid, uint64_t memory_kib,
			  uint64_t *before_kib_out, struct bd_error *err);

	/* Tells a running domain how many virtual CPUs it is to have online, up to its vcpus_max; its kernel follows in a moment.
	 * before_out: how many there were. ENOTSUP: fewer of an HVM domain, whose device model can only add some; ERANGE, ESRCH,
	 * EPERM: as set_memory. */
	int (*set_vcpus)(struct bd_toolstack *toolstack, uint32_t domid, uint32_t vcpus, uint32_t *before_out,
			 struct bd_error *err);

	/* Which hotplug scripts create() takes. Looks at files only, not at a hypervisor. */
	int (*hotplug)(const struct bd_toolstack_host *host, struct bd_toolstack_hotplug *hotplug_out,
		       struct bd_error *err);

	/* Waits up to timeout_ms until the domains of that UUID are not what *seen tells: which there are, and the state of each,
	 * as list() has it. *seen is then what they are now, a number that means nothing else; 0 is none of them, and the call
	 * returns at once. Whoever calls list() after it, and it again before the next, misses no change. Ends early, with
	 * BD_ECANCELED, on cancel_fd. */
	int (*wait_change)(struct bd_toolstack *toolstack, const uint8_t uuid[16], uint64_t *seen,
			   unsigned timeout_ms, struct bd_error *err);
};

typedef const struct bd_toolstack_plugin *bd_toolstack_entry_fn(void);

#endif
