/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads disk = [ ... ] and vif = [ ... ]. */
#include "libxl/config/devices.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "libxl/config/set_string.h"
#include "libxl/config/values.h"

int bd_read_disks(struct bd_reader *reader, struct bd_error *err)
{
	libxl_domain_config *config = reader->config;
	XLU_ConfigList *list = NULL;
	int count = 0;
	if (bd_get_list(reader, "disk", &list, &count, err))
		return -1;
	if (count == 0)
		return 0;
	config->disks = calloc((size_t)count, sizeof(*config->disks));
	if (!config->disks)
		return bd_fail_errno(err, "cannot read the disks");
	for (int i = 0; i < count; i++) {
		const char *spec = xlu_cfg_get_listitem(list, i);
		libxl_device_disk_init(&config->disks[i]);
		config->num_disks = i + 1;
		if (xlu_disk_parse(reader->source.xlu, 1, &spec, &config->disks[i])) {
			const char *report = bd_source_report(&reader->source);
			bd_source_fail(&reader->source, "disk", err, "disk %d, \"%s\":%s%s", i + 1, spec,
				       *report == ' ' ? "" : " ", *report ? report : "cannot be read");
			if (bd_try(reader, -1, err))
				return -1;
		}
	}
	return 0;
}

/* Where the value of one "key=value" of a vif goes to. */
struct vif_target {
	struct bd_reader *reader;
	libxl_device_nic *nic;
	size_t offset; /* of the member */
};

/* Fails with a message that does not yet say where. */
typedef int set_vif(const struct vif_target *target, const char *value, struct bd_error *err);

static int set_text(const struct vif_target *target, const char *value, struct bd_error *err)
{
	return bd_set_string((char **)((char *)target->nic + target->offset), value, err);
}

static int set_number(const struct vif_target *target, const char *value, struct bd_error *err)
{
	char *end;
	errno = 0;
	long number = strtol(value, &end, 10);
	if (errno || end == value || *end || number < 0 || number > INT_MAX)
		return bd_fail(err, EINVAL, "\"%s\" is not a number", value);
	*(int *)((char *)target->nic + target->offset) = (int)number;
	return 0;
}

static int set_mac(const struct vif_target *target, const char *value, struct bd_error *err)
{
	unsigned char mac[6];
	int used = 0;
	/* xl takes hyphens as well, which other systems write. */
	bool hyphens = strchr(value, '-') != NULL;
	int got = sscanf(value,
			 hyphens ? "%2hhx-%2hhx-%2hhx-%2hhx-%2hhx-%2hhx%n" : "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n",
			 &mac[0], &mac[1], &mac[2], &mac[3], &mac[4], &mac[5], &used);
	if (got != 6 || value[used] || strspn(value, "0123456789abcdefABCDEF:-") != strlen(value))
		return bd_fail(err, EINVAL, "\"%s\" is not a MAC address", value);
	memcpy(target->nic->mac, mac, sizeof(mac));
	return 0;
}

static int set_type(const struct vif_target *target, const char *value, struct bd_error *err)
{
	if (strcmp(value, "vif") && strcmp(value, "ioemu"))
		return bd_fail(err, EINVAL, "type must be vif or ioemu");
	target->nic->nictype = !strcmp(value, "vif") ? LIBXL_NIC_TYPE_VIF : LIBXL_NIC_TYPE_VIF_IOEMU;
	return 0;
}

static int set_rate(const struct vif_target *target, const char *value, struct bd_error *err)
{
	errno = 0; /* it looks at what an earlier call may have left there */
	if (xlu_vif_parse_rate(target->reader->source.xlu, value, target->nic))
		return bd_fail(err, EINVAL, "\"%s\" is not a rate like 10MB/s@20ms", value);
	return 0;
}

static const struct {
	const char *name;
	set_vif *set;
	size_t offset;
} vif_keys[] = {
	{ "mac", set_mac, 0 },
	{ "bridge", set_text, offsetof(libxl_device_nic, bridge) },
	{ "gatewaydev", set_text, offsetof(libxl_device_nic, gatewaydev) },
	{ "netdev", set_text, offsetof(libxl_device_nic, gatewaydev) }, /* its old name */
	{ "ip", set_text, offsetof(libxl_device_nic, ip) },
	{ "script", set_text, offsetof(libxl_device_nic, script) },
	{ "backend", set_text, offsetof(libxl_device_nic, backend_domname) },
	{ "vifname", set_text, offsetof(libxl_device_nic, ifname) },
	{ "model", set_text, offsetof(libxl_device_nic, model) },
	{ "type", set_type, 0 },
	{ "rate", set_rate, 0 },
	{ "devid", set_number, offsetof(libxl_device_nic, devid) },
	{ "mtu", set_number, offsetof(libxl_device_nic, mtu) },
};

static int read_vif_item(struct bd_reader *reader, libxl_device_nic *nic, char *item, struct bd_error *err)
{
	if (!strcmp(item, "trusted") || !strcmp(item, "untrusted")) {
		libxl_defbool_set(&nic->trusted, *item == 't');
		return 0;
	}
	char *equals = strchr(item, '=');
	if (!equals)
		return bd_fail(err, EINVAL, "\"%s\" is not key=value", item);
	*equals = '\0';
	for (size_t i = 0; i < sizeof(vif_keys) / sizeof(vif_keys[0]); i++)
		if (!strcmp(vif_keys[i].name, item))
			return vif_keys[i].set(&(struct vif_target){ reader, nic, vif_keys[i].offset }, equals + 1,
					       err);
	return bd_fail(err, EINVAL, "xen-bigdisk does not know the key \"%s\"", item);
}

static int set_vif_defaults(const struct bd_xlconf *xlconf, libxl_device_nic *nic, struct bd_error *err)
{
	if ((xlconf->vif_script && bd_set_string(&nic->script, xlconf->vif_script, err)) ||
	    (xlconf->vif_bridge && bd_set_string(&nic->bridge, xlconf->vif_bridge, err)) ||
	    (xlconf->vif_gatewaydev && bd_set_string(&nic->gatewaydev, xlconf->vif_gatewaydev, err)) ||
	    (xlconf->vif_backend && bd_set_string(&nic->backend_domname, xlconf->vif_backend, err)))
		return -1;
	return 0;
}

static int read_vif(struct bd_reader *reader, libxl_device_nic *nic, const char *spec, struct bd_error *err)
{
	BD_FREE char *copy = strdup(spec);
	if (!copy)
		return bd_fail_errno(err, "cannot read the vifs");
	if (set_vif_defaults(reader->env->xlconf, nic, err))
		return -1;
	char *rest = NULL;
	for (char *item = strtok_r(copy, ",", &rest); item; item = strtok_r(NULL, ",", &rest)) {
		item += strspn(item, " ");
		/* xm wrote vif = [ ' ' ] for an interface about which nothing is said. */
		if (*item && read_vif_item(reader, nic, item, err))
			return -1;
	}
	return 0;
}

int bd_read_vifs(struct bd_reader *reader, struct bd_error *err)
{
	libxl_domain_config *config = reader->config;
	XLU_ConfigList *list = NULL;
	int count = 0;
	if (bd_get_list(reader, "vif", &list, &count, err))
		return -1;
	if (count == 0)
		return 0;
	config->nics = calloc((size_t)count, sizeof(*config->nics));
	if (!config->nics)
		return bd_fail_errno(err, "cannot read the vifs");
	for (int i = 0; i < count; i++) {
		const char *spec = xlu_cfg_get_listitem(list, i);
		libxl_device_nic_init(&config->nics[i]);
		config->nics[i].devid = i;
		config->num_nics = i + 1;
		struct bd_error why = BD_ERROR_INIT;
		if (read_vif(reader, &config->nics[i], spec, &why) == 0)
			continue;
		bd_source_fail(&reader->source, "vif", err, "vif %d: %s", i + 1, why.message);
		if (bd_try(reader, -1, err))
			return -1;
	}
	return 0;
}
