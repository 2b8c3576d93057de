/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `set`: changes an existing guest, in its config and, where that is possible, while it runs. */
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/log.h"
#include "base/printable.h"
#include "base/progress.h"
#include "base/text.h"
#include "cli/as_if_stopped.h"
#include "cli/command.h"
#include "cli/guest/advice.h"
#include "cli/set_keys.h"
#include "cli/suggest.h"
#include "guest/bootcfg.h"
#include "guest/network_spec.h"
#include "ops/guest/names.h"
#include "ops/set/set.h"

struct set_options {
	const char *dir;
	bool dry_run, as_if_stopped, json;
};

#define AT(member) offsetof(struct set_options, member)

static const struct bd_option option_table[] = {
	{ BD_OPTION_FLAG, "dry-run", NULL, "only check, and print what would be changed", AT(dry_run) },
	AS_IF_STOPPED_ROW(struct set_options),
	{ BD_OPTION_TEXT, "dir", "DIR", "directory of NAME.cfg [" BD_SYSCONFDIR "/xen]", AT(dir) },
	{ BD_OPTION_FLAG, "json", NULL, "print the result as a JSON object on stdout", AT(json) },
	{ BD_OPTION_HEADING, NULL, NULL, NULL, 0 },
};

/* --- the pairs ---------------------------------------------------------------------------------------------------- */

#define IN_DISK \
	"is in files inside the guest's disk: change it in the guest, or there (xen-bigdisk edit GUEST:/PATH) while it is " \
	"stopped; clone gives a copy other addresses"

/* What a person would look for here, and where it is instead. */
static const struct {
	const char *key, *text;
} elsewhere[] = {
	{ "ip", IN_DISK },
	{ "ip6", IN_DISK },
	{ "gateway", IN_DISK },
	{ "gateway6", IN_DISK },
	{ "dns", IN_DISK },
	{ "name", "is changed by xen-bigdisk rename" },
	{ "autostart", "is changed by xen-bigdisk autostart" },
	{ "size", "is changed by xen-bigdisk grow and shrink" },
};

static const struct set_key *find_key(const char *name, size_t length)
{
	for (const struct set_key *key = set_keys; key->name; key++)
		if (strlen(key->name) == length && memcmp(key->name, name, length) == 0)
			return key;
	return NULL;
}

static int fail_unknown(const char *pair, size_t length, struct bd_error *err)
{
	char name[32], all[192] = "";
	struct bd_suggestion suggestion = { .word = name };

	snprintf(name, sizeof(name), "%.*s", (int)length, pair);
	for (size_t i = 0; i < sizeof(elsewhere) / sizeof(*elsewhere); i++)
		if (strcmp(name, elsewhere[i].key) == 0)
			return bd_usage(err, "%s %s", name, elsewhere[i].text);
	for (const struct set_key *key = set_keys; key->name; key++) {
		bd_suggest(&suggestion, key->name);
		bd_text_append(all, sizeof(all), ", ", "%s", key->name);
	}
	if (suggestion.found)
		return bd_usage(err, "there is no key %s; did you mean %s?", name, suggestion.found);
	return bd_usage(err, "there is no key %s; it must be one of %s", name, all);
}

/* Puts the key before an error that is about a field. */
static int fail_field(struct bd_error *err)
{
	for (const struct set_key *key = set_keys; key->name; key++)
		if ((int)key->field == err->field) {
			err->field = BD_FIELD_NONE;
			return bd_wrap(err, "%s", key->name);
		}
	return -1;
}

/* pair: KEY=VALUE. As --net takes it; nothing takes it away. */
static int set_vif_value(const struct set_key *key, const char *pair, struct set_request *request,
			 struct bd_error *err)
{
	const char *value = pair + strlen(key->name) + 1;
	struct bd_network network = { .address_count = 0 };

	if (strchr(value, ','))
		return bd_usage(err, "%s: \"%s\" has a comma", key->name, value);
	if (*value && bd_network_spec_parse(pair, &network, err) != 0)
		return bd_text_begins_with(err->message, key->name) ? -1 : bd_wrap(err, "%s", key->name);
	request->vif[request->vif_count++] = (struct set_vif_value){ key->name, *value ? value : NULL };
	return 0;
}

static bool is_given(const struct set_key *key, const struct set_request *request)
{
	for (size_t i = 0; i < request->vif_count; i++)
		if (strcmp(request->vif[i].key, key->name) == 0)
			return true;
	return bd_create_request_has(&request->values, key->field);
}

static int set_value(const struct set_key *key, const char *pair, struct set_request *request, struct bd_error *err)
{
	const char *value = pair + strlen(key->name) + 1;

	if (key->field == BD_FIELD_NET)
		return set_vif_value(key, pair, request, err);
	return bd_create_request_set(&request->values, key->field, value, err) == 0 ? 0 : fail_field(err);
}

static int parse_pairs(char **pairs, struct set_request *request, struct bd_error *err)
{
	for (; *pairs; pairs++) {
		const char *equals = strchr(*pairs, '=');
		size_t length = equals ? (size_t)(equals - *pairs) : strlen(*pairs);
		const struct set_key *key = find_key(*pairs, length);
		if (!key)
			return fail_unknown(*pairs, length, err);
		if (!equals)
			return bd_usage(err, "%s has no value: %s=VALUE", key->name, key->name);
		if (is_given(key, request))
			return bd_usage(err, "%s is given twice", key->name);
		if (set_value(key, *pairs, request, err) != 0)
			return -1;
	}
	return 0;
}

/* --- the present values ------------------------------------------------------------------------------------------- */

#define KEYS_MAX 16

struct values {
	char memory[24], vcpus[16], mac[BD_MAC_TEXT_SIZE];
	const char *of[KEYS_MAX]; /* in the order of the keys; NULL: it has none */
	char *owned[KEYS_MAX];
};

static void values_dispose(struct values *values)
{
	for (size_t i = 0; i < KEYS_MAX; i++)
		free(values->owned[i]);
}

static const char *value_of(const struct bd_cfg *cfg, enum bd_field field, struct values *values)
{
	const struct bd_cfg_vif *vif = cfg->vif_count ? &cfg->vifs[0] : NULL;
	enum bd_guest_boot how;
	bool knows = bd_cfg_boot(cfg, &how);

	switch (field) {
	case BD_FIELD_MEMORY:
		snprintf(values->memory, sizeof(values->memory), "%" PRIu64 "M", cfg->memory_mib);
		return cfg->memory_mib ? values->memory : NULL;
	case BD_FIELD_VCPUS:
		snprintf(values->vcpus, sizeof(values->vcpus), "%" PRIu32, cfg->vcpus ? cfg->vcpus : 1);
		return values->vcpus;
	case BD_FIELD_TYPE:
		return cfg->type;
	case BD_FIELD_BOOT:
		return knows ? bd_guest_boot_name(how) : NULL;
	case BD_FIELD_APPEND:
		return knows && how == BD_BOOT_DIRECT && cfg->cmdline ? bd_kernel_cmdline_appended(cfg->cmdline)
								      : NULL;
	case BD_FIELD_BRIDGE:
		return vif && *vif->bridge ? vif->bridge : NULL;
	case BD_FIELD_MAC:
		if (vif && vif->has_mac)
			bd_mac_format(vif->mac, values->mac);
		return *values->mac ? values->mac : NULL;
	default:
		return NULL;
	}
}

static int fill_values(const struct bd_cfg *cfg, struct values *values, struct bd_error *err)
{
	for (size_t i = 0; set_keys[i].name; i++) {
		values->of[i] = value_of(cfg, set_keys[i].field, values);
		if (set_keys[i].field != BD_FIELD_NET || !cfg->vif_count)
			continue;
		if (bd_cfg_vif_value(&cfg->vifs[0], set_keys[i].name, &values->owned[i], err) != 0)
			return -1;
		values->of[i] = values->owned[i];
	}
	return 0;
}

static int show(const struct set_job *job, bool as_json, struct bd_error *err)
{
	BD_DISPOSE(values_dispose) struct values values = { .memory = "" };
	const struct bd_cfg *cfg = &job->cfg;

	if (fill_values(cfg, &values, err) != 0)
		return -1;
	if (!as_json) {
		for (size_t i = 0; set_keys[i].name; i++)
			if (values.of[i])
				bd_print(stdout, "%s=%s\n", set_keys[i].name, values.of[i]);
		return 0;
	}
	BD_DISPOSE(bd_json_free) struct bd_json *json = bd_json_begin();
	bd_json_string(json, "name", cfg->name);
	bd_json_string(json, "cfg", cfg->path);
	bd_json_uuid(json, "uuid", cfg->has_uuid ? cfg->uuid : NULL);
	bd_json_open_object(json, "values");
	for (size_t i = 0; set_keys[i].name; i++)
		bd_json_string(json, set_keys[i].name, values.of[i]);
	bd_json_close_object(json);
	return bd_json_finish(json, err);
}

/* --- the changes -------------------------------------------------------------------------------------------------- */

static const char *when(const struct set_job *job, const struct set_change *change)
{
	if (!job->is_alive)
		return "";
	if (change->now)
		return ", at once";
	/* xl reboots a guest of its own from what it was started with. */
	return job->domain.monitor == BD_TOOLSTACK_MONITOR_FOREIGN ? ", from its next start"
								   : ", from its next start or reboot";
}

static void print(const struct set_job *job, bool dry_run)
{
	if (!job->change_count) {
		bd_print(stdout, "%s is so already: nothing to do\n", job->cfg.name);
		return;
	}
	bd_print(stdout, "%s %s:\n", job->cfg.name, dry_run ? "would be changed" : "is changed");
	for (size_t i = 0; i < job->change_count; i++) {
		const struct set_change *change = &job->changes[i];
		bd_print(stdout, "  %-8s %s -> %s%s%s%s\n", change->key, change->from ? change->from : "none",
			 change->to ? change->to : "none", when(job, change), change->why ? ": " : "",
			 change->why ? change->why : "");
	}
}

static int print_json(const struct set_job *job, bool dry_run, struct bd_error *err)
{
	BD_DISPOSE(bd_json_free) struct bd_json *json = bd_json_begin();
	const struct bd_cfg *cfg = &job->cfg;

	bd_json_string(json, "name", cfg->name);
	bd_json_string(json, "cfg", cfg->path);
	bd_json_uuid(json, "uuid", cfg->has_uuid ? cfg->uuid : NULL);
	bd_json_string(json, "state", dry_run ? "planned" : "set");
	bd_json_bool(json, "changed", job->change_count != 0);
	if (job->is_alive)
		bd_json_uint(json, "domid", job->domain.domid);
	bd_json_open_array(json, "changes");
	for (size_t i = 0; i < job->change_count; i++) {
		const struct set_change *change = &job->changes[i];
		bd_json_open_object(json, NULL);
		bd_json_string(json, "key", change->key);
		bd_json_string(json, "from", change->from);
		bd_json_string(json, "to", change->to);
		bd_json_bool(json, "now", change->now);
		bd_json_string(json, "reason", change->why);
		bd_json_close_object(json);
	}
	bd_json_close_array(json);
	return bd_json_finish(json, err);
}

static void warn_of_fleet(const struct set_job *job)
{
	if (job->cfg.fleet && job->change_count)
		bd_warn("%s belongs to the fleet %s: fleet apply sets back what its manifest says otherwise; change it there, too",
			job->cfg.name, job->cfg.fleet);
}

static int change(const struct set_options *options, struct set_job *job, struct boot *boot,
		  const struct set_request *request, struct bd_error *err)
{
	if (set_decide(job, boot, request, err) != 0 || (!options->dry_run && set_do(job, boot, err) != 0))
		return err->field >= GUEST_REMEDY_START ? guest_advise(job->cfg.path, err) : fail_field(err);
	warn_of_fleet(job);
	if (options->json)
		return print_json(job, options->dry_run, err);
	if (bd_log_level() >= BD_LOG_INFO)
		print(job, options->dry_run);
	return 0;
}

static void dispose_request(struct set_request *request)
{
	bd_create_request_dispose(&request->values);
}

static int run_set(void *options_pointer, char **arguments, struct bd_error *err)
{
	const struct set_options *options = options_pointer;
	BD_DISPOSE(dispose_request) struct set_request request = { .as_if_stopped = options->as_if_stopped };
	BD_DISPOSE(set_job_dispose) struct set_job job = SET_JOB_INIT;
	BD_DISPOSE(boot_dispose) struct boot boot = { 0 };
	bool changes = arguments[1] != NULL;

	bd_create_request_init(&request.values);
	if (options->json)
		bd_progress_init(BD_PROGRESS_OFF);
	if (as_if_stopped_check(options->as_if_stopped, options->dry_run, err) != 0 ||
	    parse_pairs(arguments + 1, &request, err) != 0)
		return -1;
	if (options->dry_run && !changes)
		return bd_usage(err, "--dry-run: there is nothing to change; give KEY=VALUE");
	if (set_open(arguments[0], options->dir, changes && !options->dry_run, &job, err) != 0)
		return -1;
	return changes ? change(options, &job, &boot, &request, err) : show(&job, options->json, err);
}

const struct bd_command bd_command_set = {
	.name = "set",
	.arguments = "NAME|CFG [KEY=VALUE]...",
	.summary = "change a guest's memory, CPUs, boot or network",
	.description =
		"Changes the config of an existing guest, in place: comments, the order, and all other keys stay. Everything "
		"is checked before anything is written, as new checks it. Without KEY=VALUE it prints the keys with their "
		"present values.\n\n"
		"memory and vcpus of a running guest are changed at once, as xl mem-set and xl vcpu-set do, up to what it "
		"was started with (maxmem and maxvcpus, or else memory and vcpus); its kernel needs a moment to follow, and some "
		"kernels bring an added CPU online only when they are told (echo 1 >/sys/devices/system/cpu/cpuN/online, or udev). From "
		"an HVM guest that runs no CPU can be taken. What cannot be had at once, and all other keys, are in effect "
		"from the guest's next start or reboot, and that is said. If Xen does not have the memory that a running guest "
		"is to get, nothing is changed.\n\n"
		"memory=SIZE, a plain number in MiB, and vcpus=N: a lower maxmem or maxvcpus in the config goes up with "
		"them.\n\n"
		"type=pv, pvh or hvm: names of disks, and keys that only one type has, change with it. A guest that becomes "
		"hvm needs a boot sector; one that becomes pv or pvh from that boots by pygrub unless boot says otherwise.\n\n"
		"boot=pygrub, bigdisk, pvgrub or direct (for hvm guests: uefi), as --boot of new. For pygrub and pvgrub the "
		"disk needs a boot configuration with a kernel, for bigdisk something that xen-bigdisk-boot can boot. For direct, which needs the guest to be stopped, the kernel of the "
		"default entry, its initramfs and its arguments are copied out of the disk, to NAME.vmlinuz and NAME.initramfs "
		"beside it; a guest that leaves direct loses these two.\n\n"
		"append=ARGUMENTS, with boot=direct: what is added to the kernel's command line; nothing behind the equals "
		"sign takes it away. The arguments of all others are in the disk.\n\n"
		"bridge=NAME and mac=MAC of its first network interface; and, of that one too, what "
		"xl-network-configuration(5) has for it: rate, mtu, vlan, vifname, model, script, gatewaydev, backend, which "
		"nothing behind the equals sign takes away. A MAC address that the guest's own files go by is not changed. "
		"Addresses are in these files, too, and are no keys.\n\n"
		"--json prints an object with name, cfg, uuid, state (\"set\"; \"planned\" with --dry-run), changed (false: "
		"it was so already), domid (if it is running), and changes (key, from, to, now, reason: why it is not in "
		"effect at once); without KEY=VALUE name, cfg, uuid and values.",
	.examples =
		"xen-bigdisk set web01\tprint the keys and their values\n"
		"xen-bigdisk set web01 memory=1G vcpus=2\tmore memory and CPUs, at once if it may have them\n"
		"xen-bigdisk set web01 boot=bigdisk\tfrom its next start, its disk is read without privileges\n"
		"xen-bigdisk set web01 boot=pvgrub --dry-run\twhether it could boot by pvgrub, and what would change\n",
	.statuses = "3456",
	.options = option_table,
	.options_size = sizeof(struct set_options),
	.run = run_set,
};
