/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists a domain's devices, and compares a domain with its config. */
#include "ops/guest/devices.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/parse.h"

void guest_devices_dispose(struct guest_devices *devices)
{
	free(devices->items);
	*devices = (struct guest_devices){ 0 };
}

static int keep(void *context, const struct bd_toolstack_device *device)
{
	struct guest_devices *devices = context;
	struct bd_error none;

	if (bd_array_grow(devices->items, devices->count, &none) != 0) {
		devices->known = false;
		return 1;
	}
	devices->items[devices->count++] = *device;
	return 0;
}

void guest_devices_read(const struct boot *boot, struct bd_toolstack *toolstack, uint32_t domid,
			struct guest_devices *devices_out)
{
	struct bd_error failure;

	*devices_out = (struct guest_devices){ .known = true };
	if (boot->toolstack.plugin->devices(toolstack, domid, keep, devices_out, &failure) != 0 ||
	    !devices_out->known)
		guest_devices_dispose(devices_out);
}

__attribute__((format(printf, 2, 3))) static void add(char text[GUEST_PENDING_SIZE], const char *format, ...)
{
	size_t used = strlen(text);
	va_list args;

	if (used)
		used += (size_t)snprintf(text + used, GUEST_PENDING_SIZE - used, ", ");
	va_start(args, format);
	if (used < GUEST_PENDING_SIZE)
		vsnprintf(text + used, GUEST_PENDING_SIZE - used, format, args);
	va_end(args);
}

/* A guest that was given less while it runs has what its config says now. */
static void compare_memory(const struct bd_cfg *cfg, const struct bd_toolstack_domain *domain, char *text)
{
	uint64_t wanted_mib = cfg->maxmem_mib ? cfg->maxmem_mib : cfg->memory_mib;
	char from[32], to[32];

	if (!wanted_mib || !domain->memory_max_kib || wanted_mib >= UINT64_MAX >> 20 ||
	    wanted_mib == domain->memory_max_kib >> 10 ||
	    (!cfg->maxmem_mib && wanted_mib == domain->memory_kib >> 10))
		return;
	bd_format_size(domain->memory_max_kib << 10, from, sizeof(from));
	bd_format_size(wanted_mib << 20, to, sizeof(to));
	add(text, "memory %s -> %s", from, to);
}

static void compare_vcpus(const struct bd_cfg *cfg, const struct bd_toolstack_domain *domain, char *text)
{
	uint64_t wanted = cfg->maxvcpus ? cfg->maxvcpus : cfg->vcpus ? cfg->vcpus : 1;

	if (domain->vcpus_max && wanted != domain->vcpus_max && (cfg->maxvcpus || wanted != domain->vcpus))
		add(text, "vcpus %" PRIu32 " -> %" PRIu64, domain->vcpus_max, wanted);
}

/* What the cfg leaves open (MAC address, bridge) is not compared. */
static bool is_same_vif(const struct bd_cfg_vif *vif, const struct bd_toolstack_device *device)
{
	return (!vif->has_mac || memcmp(vif->mac, device->mac, sizeof(vif->mac)) == 0) &&
	       (!*vif->bridge || strcmp(vif->bridge, device->bridge) == 0);
}

static void compare_network(const struct bd_cfg *cfg, const struct guest_devices *devices, char *text)
{
	size_t count = 0;
	bool same = true;

	if (!devices->known)
		return;
	for (size_t i = 0; i < devices->count; i++) {
		if (strcmp(devices->items[i].kind, "vif") != 0)
			continue;
		same &= count < cfg->vif_count && is_same_vif(&cfg->vifs[count], &devices->items[i]);
		count++;
	}
	if (!same || count != cfg->vif_count)
		add(text, "network");
}

void guest_pending(const struct bd_cfg *cfg, const struct bd_toolstack_domain *domain,
		   const struct guest_devices *devices, char text_out[GUEST_PENDING_SIZE])
{
	*text_out = '\0';
	compare_memory(cfg, domain, text_out);
	compare_vcpus(cfg, domain, text_out);
	compare_network(cfg, devices, text_out);
}
