/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads what the disk is, decides what it becomes, and writes that. */
#include "ops/renew/renew.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/progress.h"
#include "base/random.h"
#include "disk/ext_partition.h"
#include "ext3/uuid.h"
#include "guest/renew.h"
#include "inside/change/put_tree.h"
#include "inside/root.h"
#include "ops/create/decide.h"
#include "ops/create/identity.h"
#include "ops/image/whole.h"
#include "rootfs/detect.h"
#include "selinux/label_tree.h"

#define HOSTNAME_BYTES_MAX 4096u

struct renewing {
	const struct renew_request *request;
	struct image_place place;
	struct bd_partition partition;
	struct bd_inside_root root;
	struct bd_identity own;
	struct bd_renewal renewal;
	char label[17]; /* "": it stays */
	struct bd_tree tree;
	struct renew_result result;
};

void renew_result_dispose(struct renew_result *result)
{
	free(result->image);
	free(result->old_name);
	bd_networks_dispose(&result->guest.networks);
	*result = (struct renew_result){ 0 };
}

static void dispose(struct renewing *renewing)
{
	renew_result_dispose(&renewing->result);
	bd_tree_dispose(&renewing->tree);
	bd_identity_dispose(&renewing->own);
	bd_inside_root_dispose(&renewing->root);
	image_place_dispose(&renewing->place);
}

/* Each interface is known in the guest by its MAC address, which nobody else could tell. */
static int decide_networks(struct renewing *renewing, struct bd_error *err)
{
	const struct bd_create_request *request = renewing->request->identity;
	bool any = false;

	for (enum bd_field field = BD_FIELD_MAC; field <= BD_FIELD_DNS; field++)
		any |= bd_create_request_has(request, field);
	renewing->result.has_network = any;
	renewing->renewal.keeps_network = !any;
	for (size_t i = 0; any && i < request->network_count; i++)
		if (!request->networks[i].has_mac)
			return bd_usage_field(
				err, i ? BD_FIELD_NET : BD_FIELD_MAC,
				"the MAC address of interface eth%zu is needed, as its configuration goes by it", i);
	return any ? create_decide_networks(request, &renewing->own.random, &renewing->result.guest.networks, err)
		   : 0;
}

static int decide(struct renewing *renewing, struct bd_error *err)
{
	const struct bd_create_request *request = renewing->request->identity;
	struct bd_guest *guest = &renewing->result.guest;

	if (bd_guest_set_name(guest, request->name, err) != 0 ||
	    create_decide_identity(request, &renewing->own, err) != 0 || decide_networks(renewing, err) != 0)
		return -1;
	if (bd_random_fill_uuid(&renewing->own.random, "domain uuid", guest->uuid, err) != 0)
		return -1;
	return bd_random_fill_uuid(&renewing->own.random, "root filesystem uuid", guest->root_uuid, err);
}

/* A guest of this host has a config, in which the old name would stay. */
static int open_place(struct renewing *renewing, struct bd_error *err)
{
	struct image_place *place = &renewing->place;

	if (image_whole_open(renewing->request->target, NULL, place, err) != 0)
		return err->kind == BD_KIND_NOT_FOUND
			       ? bd_fail_as(err, err, "there is no file or device %s", renewing->request->target)
			       : -1;
	if (place->guest)
		return bd_usage(err, "%s is a guest of this host; give the path of a disk that belongs to none",
				place->guest);
	renewing->result.image = strdup(place->image);
	if (!renewing->result.image)
		return bd_no_memory(err);
	return image_place_lock(place, err);
}

/* What the system calls itself. */
static int read_old_name(struct renewing *renewing, const struct bd_root_reader *reader, struct bd_error *err)
{
	BD_FREE char *text = NULL;

	if (reader->read_file(reader->source, "/etc/hostname", HOSTNAME_BYTES_MAX, &text, NULL, err) != 0)
		return -1;
	const char *name = text ? text + strspn(text, " \t\r\n") : "";
	size_t length = strcspn(name, " \t\r\n");
	renewing->result.old_name = strndup(name, length);
	if (!renewing->result.old_name)
		return bd_no_memory(err);
	if (length >= BD_WORD_TEXT_SIZE || bd_hosts_is_no_name(renewing->result.old_name))
		renewing->result.old_name[0] = '\0';
	return 0;
}

static int add_uuid(struct renewing *renewing, struct bd_error *err)
{
	char from[BD_UUID_TEXT_SIZE], to[BD_UUID_TEXT_SIZE];

	if (renewing->request->only_name) {
		memcpy(renewing->result.guest.root_uuid, renewing->root.uuid, 16);
		return 0;
	}
	bd_format_uuid(renewing->root.uuid, from);
	bd_format_uuid(renewing->result.guest.root_uuid, to);
	return bd_word_changes_add(&renewing->renewal.disk, from, to, err);
}

static int fill_tree(struct renewing *renewing, struct bd_error *err)
{
	const struct bd_root_reader reader = bd_inside_root_reader(&renewing->root);
	struct renew_result *result = &renewing->result;
	struct bd_root_facts etc;
	struct bd_system system;

	if (reader.look(reader.source, "/etc", true, &etc, err) != 0)
		return -1;
	if (!S_ISDIR(etc.mode))
		return bd_fail(err, ENOTSUP, "there is no system on it: its filesystem has no /etc");
	if (read_old_name(renewing, &reader, err) != 0 || add_uuid(renewing, err) != 0 ||
	    bd_system_detect_root(&reader, &system, err) != 0)
		return -1;
	renewing->renewal.old_name = result->old_name;
	renewing->renewal.new_name = result->guest.name;
	renewing->renewal.only_name = renewing->request->only_name;
	if (bd_identity_reapply(&renewing->own, &result->guest, &renewing->renewal, &system, &reader, &renewing->tree,
				&result->identity, err) != 0)
		return -1;
	const struct bd_overlay overlay = { .root = &reader, .tree = &renewing->tree };
	if (bd_renewal_label(&renewing->renewal, renewing->root.label, &overlay, renewing->label, err) != 0)
		return -1;
	return bd_selinux_label_tree(&overlay, result->guest.name, err);
}

static int look(struct renewing *renewing, struct bd_error *err)
{
	uint64_t file_bytes;
	struct image_place *place = &renewing->place;

	if (bd_ext_partition_find(place->fd, place->partition, &renewing->partition, &file_bytes, err) != 0 ||
	    bd_inside_root_open(place->fd, renewing->partition.offset_bytes,
				file_bytes - renewing->partition.offset_bytes, &renewing->root, err) != 0 ||
	    bd_ext_partition_check_own(&renewing->partition, renewing->root.size_bytes, err) != 0)
		return -1;
	return fill_tree(renewing, err);
}

/* A copy mostly gets another address, which only who starts it knows. */
static void look_for_mac(struct renewing *renewing)
{
	struct renew_result *result = &renewing->result;
	struct bd_error ignored = BD_ERROR_INIT;

	if (!renewing->request->only_name && !result->has_network &&
	    bd_mac_file_find(renewing->place.fd, renewing->partition.number, NULL, &result->known_mac, &ignored) != 0)
		result->known_mac = (struct bd_mac_file){ .path = "" };
}

/* The tools claim a device themselves. */
static int set_uuid_by_tools(struct renewing *renewing, const uint8_t uuid[16], struct bd_error *err)
{
	struct image_place *place = &renewing->place;
	char was[BD_UUID_TEXT_SIZE];

	if (image_place_yield(place, err) != 0)
		return -1;
	int r = bd_ext3_set_uuid_by_tools(place->image, renewing->partition.offset_bytes, uuid, err);
	struct bd_error taken = BD_ERROR_INIT;
	if (image_place_claim(place, r == 0 ? err : &taken) == 0)
		return r;
	bd_format_uuid(renewing->root.uuid, was);
	if (r == 0)
		bd_fail_as(err, err, "%s; only the UUID of its filesystem, which was %s, is another one already",
			   err->message, was);
	return -1;
}

static int put_tree(struct renewing *renewing, bool by_tools, struct bd_error *err)
{
	struct bd_ext_identity identity = { .uuid = renewing->request->only_name || by_tools
							    ? NULL
							    : renewing->result.guest.root_uuid };
	struct bd_change_request request = { .partition = renewing->partition.number,
					     .identity = &identity,
					     .image = renewing->place.image };

	if (*renewing->label)
		identity.label = renewing->label;
	return bd_now(&request.now, err) == 0 ? bd_inside_put_tree(renewing->place.fd, &renewing->tree, &request, err)
					      : -1;
}

/* A UUID that its /etc/fstab does not know would keep the guest from booting. */
static int change(struct renewing *renewing, struct bd_error *err)
{
	bool by_tools = renewing->root.uuid_in_checksums && !renewing->request->only_name;
	struct bd_error failure = BD_ERROR_INIT;

	bd_progress_stage("giving it an identity of its own", 0);
	if (by_tools && set_uuid_by_tools(renewing, renewing->result.guest.root_uuid, err) != 0)
		return -1;
	if (put_tree(renewing, by_tools, err) == 0)
		return 0;
	if (by_tools && set_uuid_by_tools(renewing, renewing->root.uuid, &failure) != 0)
		return bd_fail_as(
			err, err,
			"%s; and the UUID of the filesystem, which is another one already, could not be set back: %s",
			err->message, failure.message);
	return -1;
}

static int renew(struct renewing *renewing, struct bd_error *err)
{
	if (decide(renewing, err) != 0 || open_place(renewing, err) != 0)
		return -1;
	if (look(renewing, err) != 0)
		return bd_wrap(err, "cannot give %s a new identity", renewing->place.image);
	look_for_mac(renewing);
	if (renewing->request->only_plan)
		return 0;
	if (change(renewing, err) != 0)
		return bd_wrap(err, "cannot give %s a new identity", renewing->place.image);
	bd_progress_end(0);
	return 0;
}

int image_renew(const struct renew_request *request, struct renew_result *result_out, struct bd_error *err)
{
	BD_DISPOSE(dispose)
	struct renewing renewing = { .request = request, .place = IMAGE_PLACE_INIT, .root = BD_INSIDE_ROOT_INIT };

	if (renew(&renewing, err) != 0)
		return -1;
	*result_out = renewing.result;
	renewing.result = (struct renew_result){ 0 };
	return 0;
}
