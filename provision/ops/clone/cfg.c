/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The config of a copy: what the source's administrator wrote is kept, what must be unique is changed in place. */
#include "ops/clone/cfg.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/parse.h"
#include "guest/network_spec.h"
#include "ops/clone/vif.h"
#include "xlcfg/edit.h"
#include "xlcfg/replace_path.h"
#include "xlcfg/quote.h"

/* Takes the new text in the place of the old one, if there is one. */
static void take_text(char **text, char **changed)
{
	if (!*changed)
		return;
	free(*text);
	*text = bd_take_ptr(*changed);
}

/* What a disk of the source is in the copy. */
static const char *new_disk(const struct clone_job *job, size_t index)
{
	if (index == 0)
		return job->new.image_path;
	return job->seed_source && index + 1 == job->source.disk_count ? job->new.seed_path
								       : job->new.disk_paths[index - 1];
}

static int replace_disks(const struct clone_job *job, char **text, struct bd_error *err)
{
	for (size_t i = 0; i < job->source.disk_count; i++) {
		BD_FREE char *changed = NULL;
		if (bd_cfg_replace_path(*text, job->source.disks[i], new_disk(job, i), &changed, err) != 0)
			return -1;
		take_text(text, &changed);
	}
	return 0;
}

static bool has_own_disks(const struct clone_job *job, const struct bd_cfg *cfg)
{
	bool own = cfg->disk_count == job->source.disk_count;

	for (size_t i = 0; own && i < cfg->disk_count; i++)
		own = strcmp(cfg->disks[i], new_disk(job, i)) == 0;
	return own;
}

/* UUIDs of the disk in a kernel command line, MAC addresses; the first line that `new` writes. */
static int replace_words(const struct clone_job *job, char **text, struct bd_error *err)
{
	struct bd_word_changes words = job->renewal.disk;
	BD_FREE char *changed = NULL, *titled = NULL;

	if (clone_vif_words(job, &words, err) != 0 || bd_words_replace(*text, &words, &changed, err) != 0)
		return -1;
	take_text(text, &changed);
	if (bd_cfg_replace_title(*text, job->source.name, job->new.guest.name, &titled, err) != 0)
		return -1;
	take_text(text, &titled);
	return 0;
}

static int edit_keys(const struct clone_job *job, char **text, struct bd_error *err)
{
	const struct bd_guest *guest = &job->new.guest;
	char uuid[BD_UUID_TEXT_SIZE], quoted_uuid[BD_UUID_TEXT_SIZE + 2], memory[24], vcpus[12];
	BD_FREE char *name = NULL, *kernel = NULL, *ramdisk = NULL, *changed = NULL;
	struct bd_cfg_change changes[6] = { { 0 } };
	size_t count = 0;

	bd_format_uuid(guest->uuid, uuid);
	snprintf(quoted_uuid, sizeof(quoted_uuid), "\"%s\"", uuid);
	snprintf(memory, sizeof(memory), "%" PRIu64, guest->memory_mib);
	snprintf(vcpus, sizeof(vcpus), "%u", guest->vcpus);
	if (bd_xlcfg_quote(guest->name, &name, err) != 0)
		return -1;
	changes[count++] = (struct bd_cfg_change){ "name", name };
	changes[count++] = (struct bd_cfg_change){ "uuid", quoted_uuid };
	if (guest->memory_mib != job->source.memory_mib)
		changes[count++] = (struct bd_cfg_change){ "memory", memory };
	if (guest->vcpus != (job->source.vcpus ? job->source.vcpus : 1))
		changes[count++] = (struct bd_cfg_change){ "vcpus", vcpus };
	if (job->copy_kernel) {
		if (bd_xlcfg_quote(job->new.kernel_path, &kernel, err) != 0)
			return -1;
		changes[count++] = (struct bd_cfg_change){ "kernel", kernel };
	}
	if (job->copy_ramdisk) {
		if (bd_xlcfg_quote(job->new.ramdisk_path, &ramdisk, err) != 0)
			return -1;
		changes[count++] = (struct bd_cfg_change){ "ramdisk", ramdisk };
	}
	if (bd_cfg_edit(*text, changes, count, &changed, err) != 0)
		return -1;
	take_text(text, &changed);
	return 0;
}

static int edit_word(char **text, const char *key, const char *old, const char *value, struct bd_error *err)
{
	BD_FREE char *changed = NULL;

	if ((!old && !value) || (old && value && strcmp(old, value) == 0))
		return 0;
	if (bd_cfg_edit_word(*text, key, value, &changed, err) != 0)
		return -1;
	take_text(text, &changed);
	return 0;
}

/* Of the interfaces behind the first. */
static int edit_network_words(const struct clone_job *job, char **text, struct bd_error *err)
{
	const struct bd_networks *networks = &job->new.guest.networks;
	char key[BD_CFG_NETWORK_KEY_SIZE], network[BD_NETWORK_SPEC_SIZE];

	for (size_t i = 1; i < BD_NETWORKS_MAX; i++) {
		bd_cfg_network_key(i, key);
		if (i < networks->count)
			bd_network_spec_format(&networks->items[i], network);
		if (edit_word(text, key, job->source.networks[i], i < networks->count ? network : NULL, err) != 0)
			return -1;
	}
	return 0;
}

/* A copy is none of the guests that a fleet's manifest names. */
static int edit_words(const struct clone_job *job, char **text, struct bd_error *err)
{
	static const struct bd_network none;
	const struct bd_network *first = bd_networks_first(&job->new.guest.networks),
				*network = first ? first : &none;
	const struct bd_cfg *source = &job->source;
	char address[BD_ADDRESSES_TEXT_SIZE], address6[BD_ADDRESSES_TEXT_SIZE], dns[BD_DNS_TEXT_SIZE];

	bd_network_format_addresses(network->addresses, network->address_count, address);
	bd_network_format_addresses(network->addresses6, network->address6_count, address6);
	bd_network_format_dns(network, dns);
	/* Not in configs that others wrote. */
	bool says_ip6 = (source->ip6 || source->address6) && first && !address6[0];
	if (edit_network_words(job, text, err) != 0)
		return -1;
	if (edit_word(text, "gateway", source->gateway, network->gateway[0] ? network->gateway : NULL, err) != 0 ||
	    edit_word(text, "gateway6", source->gateway6, network->gateway6[0] ? network->gateway6 : NULL, err) !=
		    0 ||
	    edit_word(text, "dns", source->dns, dns[0] ? dns : NULL, err) != 0)
		return -1;
	if (edit_word(text, "address", source->address, address[0] ? address : NULL, err) != 0 ||
	    edit_word(text, "ip6", source->ip6, says_ip6 ? bd_ip6_name(first->ip6) : NULL, err) != 0 ||
	    edit_word(text, "address6", source->address6, address6[0] ? address6 : NULL, err) != 0)
		return -1;
	return edit_word(text, "fleet", source->fleet, NULL, err);
}

static bool has_own_vifs(const struct clone_job *job, const struct bd_cfg *cfg)
{
	const struct bd_networks *networks = &job->new.guest.networks;

	if (cfg->vif_count != job->source.vif_count)
		return false;
	for (size_t i = 0; i < networks->count; i++)
		if (!cfg->vifs[i].has_mac || memcmp(cfg->vifs[i].mac, networks->items[i].mac, 6) != 0)
			return false;
	return clone_vif_is_own(job, cfg);
}

/* Judged by what is read again: an unusual way to write a config must not give two guests one disk. */
static int check(const struct clone_job *job, const char *text, struct bd_error *err)
{
	const struct bd_guest *guest = &job->new.guest;
	BD_DISPOSE(bd_cfg_dispose) struct bd_cfg cfg = { 0 };
	const char *wrong = NULL;

	if (bd_cfg_parse(text, &cfg, err) != 0)
		return -1;
	if (!cfg.name || strcmp(cfg.name, guest->name) != 0)
		wrong = "name";
	else if (!cfg.has_uuid || memcmp(cfg.uuid, guest->uuid, sizeof(cfg.uuid)) != 0)
		wrong = "uuid";
	else if (!has_own_disks(job, &cfg))
		wrong = "disk";
	else if (guest->networks.count && !has_own_vifs(job, &cfg))
		wrong = "vif";
	else if (job->copy_kernel && (!cfg.kernel || strcmp(cfg.kernel, job->new.kernel_path) != 0))
		wrong = "kernel";
	if (wrong)
		return bd_fail(err, ENOTSUP, "cannot change %s= in %s for the copy: write it as a plain string",
			       wrong, job->source.path);
	return 0;
}

/* What nothing can be decided about here. */
static void warn(const struct clone_job *job, const char *text)
{
	size_t configured = job->new.guest.networks.count;

	if (job->source.vif_count > configured && configured == 1)
		bd_warn("%s has several network interfaces; only the first one is configured in the copy",
			job->source.name);
	else if (job->source.vif_count > configured)
		bd_warn("%s has %zu network interfaces; only the first %zu are configured in the copy",
			job->source.name, job->source.vif_count, configured);
	if (strstr(text, "vifname="))
		bd_warn("%s and %s have the same vifname=; change one of them before both run", job->new.cfg_path,
			job->source.path);
}

int clone_cfg_text(const struct clone_job *job, char **text_out, struct bd_error *err)
{
	BD_FREE char *text = strdup(job->source_text);

	if (!text)
		return bd_no_memory(err);
	if (replace_words(job, &text, err) != 0 || clone_vif_configured(job, &text, err) != 0 ||
	    clone_vif_addresses(job, &text, err) != 0 || replace_disks(job, &text, err) != 0 ||
	    edit_keys(job, &text, err) != 0 || edit_words(job, &text, err) != 0 || check(job, text, err) != 0)
		return -1;
	warn(job, text);
	*text_out = bd_take_ptr(text);
	return 0;
}
