/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Formats settings and their sources. */
#include "cli/settings.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/printable.h"
#include "base/text.h"
#include "fleet/fields.h"
#include "guest/network_spec.h"
#include "ops/host/host.h"

static void put_size(FILE *out, uint64_t bytes)
{
	char size[32];

	bd_format_size(bytes, size, sizeof(size));
	fputs(size, out);
}

static void put_texts(FILE *out, const struct bd_texts *texts)
{
	for (size_t i = 0; i < texts->count; i++)
		fprintf(out, "%s%s", i ? ", " : "", texts->items[i]);
}

/* Further disks, or partitions of the first: as they would be asked for. */
static void put_disks(FILE *out, const struct bd_guest_disk *items, size_t count, bool are_partitions)
{
	for (size_t i = 0; i < count; i++) {
		fputs(i ? ", " : "", out);
		if (are_partitions)
			fprintf(out, "%s=", items[i].mount);
		put_size(out, items[i].size_bytes);
		if (!are_partitions && items[i].mount)
			fprintf(out, ":%s", items[i].mount);
	}
}

static void put_disk_field(FILE *out, enum bd_field field, const struct settings *settings)
{
	const struct create_job *job = settings->job;
	const struct bd_region *swap;

	switch (field) {
	case BD_FIELD_SIZE:
		put_size(out, job->plan.disk_bytes);
		return;
	case BD_FIELD_DEVICE:
		fputs(settings->request->device ? settings->request->device : "", out);
		return;
	case BD_FIELD_LVM:
		fprintf(out, "%s%s%s", job->volume.group, *job->volume.pool ? "/" : "", job->volume.pool);
		return;
	case BD_FIELD_SWAP:
		swap = bd_plan_find(&job->plan, BD_REGION_SWAP);
		if (swap)
			put_size(out, bd_region_bytes(swap));
		return;
	case BD_FIELD_DISKS:
		put_disks(out, job->guest.disks.items, job->guest.disks.count, false);
		return;
	case BD_FIELD_MOUNTS:
		put_disks(out, &job->guest.disks.items[BD_FURTHER_DISKS_MAX], job->guest.disks.partition_count, true);
		return;
	case BD_FIELD_LAYOUT:
		fputs(job->is_whole_disk ? "" : bd_layout_name(job->plan.layout), out);
		return;
	case BD_FIELD_BOOT_SECTOR:
		fputs(job->is_whole_disk ? "" : bd_boot_sector_name(job->boot_sector), out);
		return;
	case BD_FIELD_FS:
		fputs(job->is_whole_disk ? "" : bd_fs_type_name(job->guest.fs_type), out);
		return;
	default:
		return;
	}
}

static void put_networks(FILE *out, const struct bd_networks *networks)
{
	char text[BD_NETWORK_SPEC_SIZE];

	for (size_t i = 1; i < networks->count; i++) {
		bd_network_spec_format(&networks->items[i], text);
		fprintf(out, "%sbridge=%s,%s", i > 1 ? "; " : "", networks->items[i].bridge, text);
	}
}

static void put_network_field(FILE *out, enum bd_field field, const struct settings *settings)
{
	const struct bd_network *network = bd_networks_first(&settings->job->guest.networks);
	char text[BD_ADDRESSES_TEXT_SIZE], mac[BD_MAC_TEXT_SIZE], dns[BD_DNS_TEXT_SIZE];

	if (field == BD_FIELD_NETWORK) {
		fputs(network ? "" : "false", out);
		return;
	}
	if (!network)
		return;
	switch (field) {
	case BD_FIELD_BRIDGE:
		fputs(network->bridge, out);
		return;
	case BD_FIELD_MAC:
		bd_mac_format(network->mac, mac);
		fputs(settings->request->networks[0].has_mac ? mac : "", out); /* else it is drawn for the guest */
		return;
	case BD_FIELD_IP:
		bd_network_format_ip(network, text);
		fputs(text, out);
		return;
	case BD_FIELD_GATEWAY:
		fputs(network->gateway, out);
		return;
	case BD_FIELD_IP6:
		bd_network_format_ip6(network, text);
		fputs(text, out);
		return;
	case BD_FIELD_GATEWAY6:
		fputs(network->gateway6, out);
		return;
	case BD_FIELD_NET:
		put_networks(out, &settings->job->guest.networks);
		return;
	case BD_FIELD_DNS:
		bd_network_format_dns(network, dns);
		fputs(dns, out);
		return;
	default:
		return;
	}
}

static void put_text(FILE *out, const char *text)
{
	fputs(text ? text : "", out);
}

static void put_guest_field(FILE *out, enum bd_field field, const struct settings *settings)
{
	const struct bd_create_request *request = settings->request;
	const struct bd_guest *guest = &settings->job->guest;

	switch (field) {
	case BD_FIELD_TEMPLATE:
		put_text(out, settings->job->template);
		return;
	case BD_FIELD_TYPE:
		put_text(out, bd_guest_type_name(guest->type));
		return;
	case BD_FIELD_BOOT:
		put_text(out, bd_guest_boot_name(guest->boot));
		return;
	case BD_FIELD_MEMORY:
		put_size(out, guest->memory_mib << 20);
		return;
	case BD_FIELD_VCPUS:
		fprintf(out, "%" PRIu32, guest->vcpus);
		return;
	case BD_FIELD_SSH_KEYS:
		put_texts(out, &request->ssh_keys);
		return;
	case BD_FIELD_USER:
		put_text(out, request->user);
		return;
	case BD_FIELD_ROOT_PASSWORD_HASH:
		put_text(out, request->root_password_hash || request->root_password_hash_file
				      ? "set"
				      : NULL); /* it is nobody's to read */
		return;
	case BD_FIELD_ROOT_PASSWORD_FILE:
		put_text(out, request->root_password_file);
		return;
	case BD_FIELD_FILES:
		put_texts(out, &request->files);
		return;
	case BD_FIELD_APPEND:
		put_text(out, request->append);
		return;
	case BD_FIELD_USER_DATA:
		put_text(out, request->user_data);
		return;
	case BD_FIELD_RUN_ONCE:
		put_text(out, request->run_once);
		return;
	default:
		return;
	}
}

/* "": the guest has none. The caller frees; NULL: no memory. */
static char *value_of(enum bd_field field, const struct settings *settings)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	if (field <= BD_FIELD_FS)
		put_disk_field(out, field, settings);
	else if (field >= BD_FIELD_NETWORK && field <= BD_FIELD_DNS)
		put_network_field(out, field, settings);
	else
		put_guest_field(out, field, settings);
	return fclose(out) == 0 ? text : NULL;
}

/* Of a value that was neither given nor is the host's. */
static const char *source_of_other(enum bd_field field, const struct settings *settings)
{
	const struct create_job *job = settings->job;
	char bridge[16];

	if (job->is_whole_disk && (field == BD_FIELD_TYPE || field == BD_FIELD_BOOT ||
				   (field == BD_FIELD_SIZE && !settings->request->device)))
		return "template";
	if (field == BD_FIELD_SIZE && settings->request->device)
		return "device";
	if (field == BD_FIELD_BRIDGE && bd_host_default_bridge(bridge))
		return "xl.conf";
	return "built-in";
}

static const char *source_of(enum bd_field field, const struct settings *settings)
{
	const struct bd_create_request *request = settings->request;

	if (create_defaults_has(settings->defaults, field))
		return "defaults";
	if (bd_create_request_has(request, field) ||
	    (bd_create_request_has(request, BD_FIELD_NET) && bd_create_request_first_has(request, field)))
		return "command line";
	return source_of_other(field, settings);
}

struct row {
	const char *key, *source;
	const char *value; /* NULL: passed_over */
	const char *passed_over;
	const struct bd_fleet_setting *setting; /* of the host's file, where that is the source; else NULL */
};

typedef int put_row(void *context, const struct row *row, const char *path, struct bd_error *err);

static int put_field(const struct settings *settings, const char *key, enum bd_field field, put_row *put,
		     void *context, struct bd_error *err)
{
	const struct create_defaults *defaults = settings->defaults;
	BD_FREE char *value = value_of(field, settings);
	struct row row = { .key = key, .source = source_of(field, settings), .value = value };
	const struct bd_fleet_setting *setting = create_defaults_find(defaults, field);
	const char *path = setting ? defaults->host->path : NULL;

	if (!value)
		return bd_no_memory(err);
	if (create_defaults_has(defaults, field))
		row.setting = setting;
	if (*value && put(context, &row, path, err) != 0)
		return -1;
	if (!defaults->passed_over[field])
		return 0;
	row = (struct row){
		.key = key, .source = "defaults", .passed_over = defaults->passed_over[field], .setting = setting
	};
	return put(context, &row, path, err);
}

static int put_rows(const struct settings *settings, put_row *put, void *context, struct bd_error *err)
{
	for (enum bd_fleet_key_index i = 0; i < BD_FLEET_KEY_COUNT; i++)
		if (bd_fleet_field(i) != BD_FIELD_NONE &&
		    put_field(settings, bd_fleet_keys[i].name, bd_fleet_field(i), put, context, err) != 0)
			return -1;
	return 0;
}

static int print_row(void *context, const struct row *row, const char *path, struct bd_error *err)
{
	BD_FREE char *place = NULL;

	(void)context;
	if (row->setting && bd_text_format(&place, err, "%s:%u", path, row->setting->node->line) != 0)
		return -1;
	if (row->passed_over)
		bd_print(stdout, "  %-18s - (%s: %s)\n", row->key, place, row->passed_over);
	else
		bd_print(stdout, "  %-18s %s (%s)\n", row->key, row->value, place ? place : row->source);
	return 0;
}

int settings_print(const struct settings *settings, struct bd_error *err)
{
	bd_print(stdout, "Settings\n");
	if (put_rows(settings, print_row, NULL, err) != 0)
		return -1;
	bd_print(stdout, "\n");
	return 0;
}

static int put_json_row(void *context, const struct row *row, const char *path, struct bd_error *err)
{
	struct bd_json *json = context;

	(void)err;
	bd_json_open_object(json, NULL);
	bd_json_string(json, "key", row->key);
	if (row->value)
		bd_json_string(json, "value", row->value);
	bd_json_string(json, "source", row->source);
	if (row->setting) {
		bd_json_string(json, "file", path);
		bd_json_uint(json, "line", row->setting->node->line);
	}
	if (row->passed_over)
		bd_json_string(json, "passed_over", row->passed_over);
	bd_json_close_object(json);
	return 0;
}

int settings_put_json(struct bd_json *json, const struct settings *settings, struct bd_error *err)
{
	bd_json_open_array(json, "settings");
	if (put_rows(settings, put_json_row, json, err) != 0)
		return -1;
	bd_json_close_array(json);
	return 0;
}
