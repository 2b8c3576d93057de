/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decides bridge and MAC address. */
#include "ops/set/network.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "guest/vif_keys.h"
#include "ops/host/host.h"
#include "ops/set/known_mac.h"
#include "toolstack/loader.h"
#include "xlcfg/vif.h"

/* A script of its own may have another idea of what bridge= is. */
static bool has_script(const struct set_job *job, const struct set_request *request)
{
	for (size_t i = 0; i < request->vif_count; i++)
		if (strcmp(request->vif[i].key, "script") == 0)
			return request->vif[i].value != NULL;
	return bd_vif_keys_find(job->cfg.vifs[0].spec, "script", NULL);
}

static int edit(struct set_job *job, const uint8_t *mac, const char *bridge, struct bd_error *err)
{
	char *changed;

	if (bd_cfg_edit_vif(job->new_text, 0, mac, bridge, &changed, err) != 0)
		return -1;
	bd_text_replace(&job->new_text, changed);
	return 0;
}

static int decide_bridge(struct set_job *job, const struct set_request *request, struct bd_error *err)
{
	const char *bridge = request->values.networks[0].bridge;
	const char *old = job->cfg.vifs[0].bridge;
	struct bd_xen_version xen;
	struct bd_error ignored;

	if (strcmp(old, bridge) == 0)
		return 0;
	/* Elsewhere it may be made for another host. */
	if (!has_script(job, request) && bd_xen_running(&xen, &ignored) == 0 &&
	    bd_host_check_bridge(bridge, err) != 0)
		return -1;
	return set_job_add(job, "bridge", *old ? old : NULL, bridge, NULL, err) != 0 ? -1
										     : edit(job, NULL, bridge, err);
}

/* A guest that goes by its address would start without its network. */
static int check_files(const struct set_job *job, const uint8_t old[6], struct bd_error *err)
{
	struct bd_error why = BD_ERROR_INIT;
	char path[PATH_MAX], text[BD_MAC_TEXT_SIZE];
	bool knows;

	if (guest_knows_mac(&job->cfg, old, &knows, path, &why) != 0)
		return bd_fail_as(err, &why,
				  "it cannot be told whether the guest's own files go by the address that it has: %s",
				  why.message);
	if (!knows)
		return 0;
	bd_mac_format(old, text);
	return bd_fail(err, EINVAL,
		       "the guest's own %s goes by %s, and it would start without its network; change it there first",
		       path, text);
}

static int decide_mac(struct set_job *job, const uint8_t mac[6], struct bd_error *err)
{
	const struct bd_cfg_vif *vif = &job->cfg.vifs[0];
	char from[BD_MAC_TEXT_SIZE], to[BD_MAC_TEXT_SIZE];

	if (vif->has_mac && memcmp(vif->mac, mac, sizeof(vif->mac)) == 0)
		return 0;
	bd_mac_format(mac, to);
	for (size_t i = 1; i < job->cfg.vif_count; i++)
		if (job->cfg.vifs[i].has_mac && memcmp(job->cfg.vifs[i].mac, mac, sizeof(vif->mac)) == 0)
			return bd_usage(err, "%s is the address of another interface of %s", to, job->cfg.name);
	if (vif->has_mac && check_files(job, vif->mac, err) != 0)
		return -1;
	if (vif->has_mac)
		bd_mac_format(vif->mac, from);
	return set_job_add(job, "mac", vif->has_mac ? from : NULL, to, NULL, err) != 0 ? -1
										       : edit(job, mac, NULL, err);
}

static int check_vlan(const struct set_job *job, const struct set_request *request, struct bd_error *err)
{
	struct bd_network network = { .address_count = 0 };
	const struct bd_networks networks = { .items = &network, .count = 1 };

	strcpy(network.bridge, bd_create_request_has(&request->values, BD_FIELD_BRIDGE)
				       ? request->values.networks[0].bridge
				       : job->cfg.vifs[0].bridge);
	for (size_t i = 0; i < request->vif_count; i++)
		if (request->vif[i].value && strcmp(request->vif[i].key, "vlan") == 0)
			snprintf(network.vif, sizeof(network.vif), "vlan=%s%s", request->vif[i].value,
				 has_script(job, request) ? ", script=its-own" : "");
	return bd_host_check_vlans(&networks, err);
}

static int decide_value(struct set_job *job, const struct set_vif_value *value, struct bd_error *err)
{
	BD_FREE char *old = NULL;
	char *changed;

	if (bd_cfg_vif_value(&job->cfg.vifs[0], value->key, &old, err) != 0)
		return -1;
	if (bd_text_is_same(old, value->value))
		return 0;
	if (set_job_add(job, value->key, old, value->value, NULL, err) != 0 ||
	    bd_cfg_edit_vif_key(job->new_text, 0, value->key, value->value, &changed, err) != 0)
		return -1;
	bd_text_replace(&job->new_text, changed);
	return 0;
}

int set_network_decide(struct set_job *job, const struct set_request *request, struct bd_error *err)
{
	const struct bd_create_request *values = &request->values;
	bool has_bridge = bd_create_request_has(values, BD_FIELD_BRIDGE);
	bool has_mac = bd_create_request_has(values, BD_FIELD_MAC);

	if ((has_bridge || has_mac || request->vif_count) && !job->cfg.vif_count) {
		bd_usage_field(err,
			       has_bridge ? BD_FIELD_BRIDGE
			       : has_mac  ? BD_FIELD_MAC
					  : BD_FIELD_NONE,
			       "%s has no network interface", job->cfg.name);
		return has_bridge || has_mac ? -1 : bd_wrap(err, "%s", request->vif[0].key);
	}
	if (has_bridge && decide_bridge(job, request, err) != 0)
		return bd_set_field(err, BD_FIELD_BRIDGE);
	if (has_mac && decide_mac(job, values->networks[0].mac, err) != 0)
		return bd_set_field(err, BD_FIELD_MAC);
	if (request->vif_count && check_vlan(job, request, err) != 0)
		return bd_wrap(err, "vlan");
	for (size_t i = 0; i < request->vif_count; i++)
		if (decide_value(job, &request->vif[i], err) != 0)
			return bd_wrap(err, "%s", request->vif[i].key);
	return 0;
}
