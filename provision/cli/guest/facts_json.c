/* SPDX-License-Identifier: GPL-2.0-or-later */
/* null means unknown, or not applicable. */
#include "cli/guest/facts_json.h"

#include "cli/guest/made_json.h"
#include "guest/description.h"
#include "ops/guest/monitor.h"
#include "xlcfg/network.h"

static void put_uint(struct bd_json *json, const char *key, bool known, uint64_t value)
{
	if (known)
		bd_json_uint(json, key, value);
	else
		bd_json_string(json, key, NULL);
}

/* The cfg's, else the domain's; NULL: neither has one. */
static const uint8_t *uuid_of(const struct guest_facts *facts)
{
	if (facts->cfg && facts->cfg->has_uuid)
		return facts->cfg->uuid;
	return facts->domain ? facts->domain->uuid : NULL;
}

/* NULL: it does not run, or is another toolstack's. */
static const char *monitor_of(const struct bd_toolstack_domain *domain)
{
	if (guest_monitor_is_lost(domain))
		return "none";
	return domain && domain->monitor == BD_TOOLSTACK_MONITOR_RUNS ? "running" : NULL;
}

static void put_network(struct bd_json *json, const struct bd_cfg *cfg)
{
	char mac[BD_MAC_TEXT_SIZE];
	struct bd_network network;

	bd_json_open_array(json, "network");
	for (size_t i = 0; cfg && i < cfg->vif_count; i++) {
		const struct bd_cfg_vif *vif = &cfg->vifs[i];
		bd_mac_format(vif->mac, mac);
		bd_json_open_object(json, NULL);
		bd_json_string(json, "mac", vif->has_mac ? mac : NULL);
		bd_json_string(json, "bridge", *vif->bridge ? vif->bridge : NULL);
		bd_cfg_network(cfg, i, &network);
		made_json_addresses(json, &network, i ? NULL : cfg->address, i ? NULL : cfg->address6);
		bd_json_close_object(json);
	}
	bd_json_close_array(json);
}

void guest_facts_put_json(struct bd_json *json, const struct guest_facts *facts)
{
	const struct bd_cfg *cfg = facts->cfg;

	bd_json_string(json, "name", facts->name);
	bd_json_string(json, "cfg", cfg ? cfg->path : NULL);
	bd_json_uuid(json, "uuid", uuid_of(facts));
	bd_json_string(json, "state", facts->state);
	put_uint(json, "domid", facts->domain, facts->domain ? facts->domain->domid : 0);
	bd_json_string(json, "type", cfg ? cfg->type : NULL);
	bd_json_string(json, "boot", guest_facts_boot(facts));
	put_uint(json, "memory_mib", facts->memory_bytes, facts->memory_bytes >> 20);
	put_uint(json, "vcpus", facts->vcpus, facts->vcpus);
	bd_json_string(json, "image", cfg && cfg->disk_count ? cfg->disks[0] : NULL);
	put_uint(json, "size_bytes", facts->has_disk && facts->disk.has_size, facts->disk.size_bytes);
	put_uint(json, "allocated_bytes", facts->has_disk, facts->disk.allocated_bytes);
	bd_json_string(json, "layout", facts->disk.layout);
	bd_json_string(json, "address", *facts->address ? facts->address : NULL);
	bd_json_string(json, "address6", *facts->address6 ? facts->address6 : NULL);
	put_network(json, cfg);
	bd_json_string(json, "template", cfg ? cfg->template : NULL);
	bd_json_string(json, "fleet", cfg ? cfg->fleet : NULL);
	bd_json_bool(json, "autostart", facts->autostart);
	bd_json_string(json, "restart_pending", *facts->pending ? facts->pending : NULL);
	bd_json_string(json, "domain_name", facts->domain ? facts->domain->name : NULL);
	bd_json_string(json, "saved_state", facts->saved != SAVED_NOT ? facts->saved_path : NULL);
	bd_json_string(json, "monitor", monitor_of(facts->domain));
}
