/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads vif = [ ... ] (xl-network-configuration(5)). What xl does not understand there it tells of and passes over. */
#include "libxl/config/devices/vifs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "libxl/config/devices/options.h"
#include "libxl/config/set_string.h"

static void warn(const struct bd_device *device, const char *what, const char *value)
{
	bd_reader_warn(device->reader, device->key, "%s %d: %s \"%s\"", device->key, device->number, what, value);
}

/* Numbers from 0 to ff with any character between them; other systems write hyphens. Of what is none of these xl keeps
 * what it could read; of what is too short it reads on in its memory. */
static int set_mac(const struct bd_device *device, const struct bd_option *option, const char *value,
		   struct bd_error *err)
{
	uint8_t *mac = bd_member(device, option);
	const char *at = value;
	for (size_t i = 0; i < sizeof(libxl_mac); i++) {
		char *end;
		if (!*at)
			return bd_fail(err, EINVAL, "\"%s\" is not a MAC address", value);
		unsigned long byte = strtoul(at, &end, 16);
		if (end == at || byte > 255) {
			warn(device, "this is not a MAC address; its end is ignored, as xl does:", value);
			return 0;
		}
		mac[i] = (uint8_t)byte;
		at = *end ? end + 1 : end;
	}
	return 0;
}

static int set_type(const struct bd_device *device, const struct bd_option *option, const char *value,
		    struct bd_error *err)
{
	libxl_nic_type *type = bd_member(device, option);
	(void)err;
	if (!strcmp(value, "vif"))
		*type = LIBXL_NIC_TYPE_VIF;
	else if (!strcmp(value, "ioemu"))
		*type = LIBXL_NIC_TYPE_VIF_IOEMU;
	else
		warn(device, "type must be vif or ioemu; ignored, as xl does:", value);
	return 0;
}

static int set_rate(const struct bd_device *device, const struct bd_option *option, const char *value,
		    struct bd_error *err)
{
	(void)option;
	errno = 0; /* it looks at what an earlier call may have left there */
	if (xlu_vif_parse_rate(device->reader->source.xlu, value, device->libxl))
		return bd_fail(err, EINVAL, "\"%s\" is not a rate like 10MB/s@20ms", value);
	return 0;
}

static int set_netdev(const struct bd_device *device, const struct bd_option *option, const char *value,
		      struct bd_error *err)
{
	warn(device, "netdev is deprecated: use gatewaydev for", value);
	return bd_set_text(device, option, value, err);
}

static int set_accel(const struct bd_device *device, const struct bd_option *option, const char *value,
		     struct bd_error *err)
{
	(void)option;
	(void)err;
	warn(device, "accel is not supported; ignored, as xl does:", value);
	return 0;
}

static int set_trusted(const struct bd_device *device, const struct bd_option *option, const char *value,
		       struct bd_error *err)
{
	(void)value;
	(void)err;
	libxl_defbool_set(bd_member(device, option), option->name[0] == 't');
	return 0;
}

#define AT(member) BD_AT(libxl_device_nic, member)
#define TEXT(name, member) \
	{ \
		name, bd_set_text, AT(member) \
	}

static const struct bd_option options[] = {
	{ "mac", set_mac, AT(mac) },
	{ "type", set_type, AT(nictype) },
	{ .name = "rate", .set = set_rate },
	{ "netdev", set_netdev, AT(gatewaydev) }, /* its old name */
	{ .name = "accel", .set = set_accel },
	{ "devid", bd_set_natural, AT(devid) },
	{ "mtu", bd_set_natural, AT(mtu) },
	{ "trusted", set_trusted, AT(trusted), .bare = true },
	{ "untrusted", set_trusted, AT(trusted), .bare = true },
	TEXT("bridge", bridge),
	TEXT("gatewaydev", gatewaydev),
	TEXT("ip", ip),
	TEXT("script", script),
	TEXT("backend", backend_domname),
	TEXT("vifname", ifname),
	TEXT("model", model),
#ifdef LIBXL_HAVE_XEN_9PFS /* 4.19, as this one, which has no such word */
	TEXT("vlan", vlan),
#endif
	/* COLO: a guest and its copy on another host. */
	TEXT("forwarddev", coloft_forwarddev),
	TEXT("colo_sock_mirror_id", colo_sock_mirror_id),
	TEXT("colo_sock_mirror_ip", colo_sock_mirror_ip),
	TEXT("colo_sock_mirror_port", colo_sock_mirror_port),
	TEXT("colo_sock_compare_sec_in_id", colo_sock_compare_sec_in_id),
	TEXT("colo_sock_compare_sec_in_ip", colo_sock_compare_sec_in_ip),
	TEXT("colo_sock_compare_sec_in_port", colo_sock_compare_sec_in_port),
	TEXT("colo_sock_redirector0_id", colo_sock_redirector0_id),
	TEXT("colo_sock_redirector0_ip", colo_sock_redirector0_ip),
	TEXT("colo_sock_redirector0_port", colo_sock_redirector0_port),
	TEXT("colo_sock_redirector1_id", colo_sock_redirector1_id),
	TEXT("colo_sock_redirector1_ip", colo_sock_redirector1_ip),
	TEXT("colo_sock_redirector1_port", colo_sock_redirector1_port),
	TEXT("colo_sock_redirector2_id", colo_sock_redirector2_id),
	TEXT("colo_sock_redirector2_ip", colo_sock_redirector2_ip),
	TEXT("colo_sock_redirector2_port", colo_sock_redirector2_port),
	TEXT("colo_sock_compare_pri_in_id", colo_sock_compare_pri_in_id),
	TEXT("colo_sock_compare_pri_in_ip", colo_sock_compare_pri_in_ip),
	TEXT("colo_sock_compare_pri_in_port", colo_sock_compare_pri_in_port),
	TEXT("colo_sock_compare_notify_id", colo_sock_compare_notify_id),
	TEXT("colo_sock_compare_notify_ip", colo_sock_compare_notify_ip),
	TEXT("colo_sock_compare_notify_port", colo_sock_compare_notify_port),
	TEXT("colo_filter_mirror_queue", colo_filter_mirror_queue),
	TEXT("colo_filter_mirror_outdev", colo_filter_mirror_outdev),
	TEXT("colo_filter_redirector0_queue", colo_filter_redirector0_queue),
	TEXT("colo_filter_redirector0_indev", colo_filter_redirector0_indev),
	TEXT("colo_filter_redirector0_outdev", colo_filter_redirector0_outdev),
	TEXT("colo_filter_redirector1_queue", colo_filter_redirector1_queue),
	TEXT("colo_filter_redirector1_indev", colo_filter_redirector1_indev),
	TEXT("colo_filter_redirector1_outdev", colo_filter_redirector1_outdev),
	TEXT("colo_compare_pri_in", colo_compare_pri_in),
	TEXT("colo_compare_sec_in", colo_compare_sec_in),
	TEXT("colo_compare_out", colo_compare_out),
	TEXT("colo_compare_notify_dev", colo_compare_notify_dev),
	TEXT("colo_sock_sec_redirector0_id", colo_sock_sec_redirector0_id),
	TEXT("colo_sock_sec_redirector0_ip", colo_sock_sec_redirector0_ip),
	TEXT("colo_sock_sec_redirector0_port", colo_sock_sec_redirector0_port),
	TEXT("colo_sock_sec_redirector1_id", colo_sock_sec_redirector1_id),
	TEXT("colo_sock_sec_redirector1_ip", colo_sock_sec_redirector1_ip),
	TEXT("colo_sock_sec_redirector1_port", colo_sock_sec_redirector1_port),
	TEXT("colo_filter_sec_redirector0_queue", colo_filter_sec_redirector0_queue),
	TEXT("colo_filter_sec_redirector0_indev", colo_filter_sec_redirector0_indev),
	TEXT("colo_filter_sec_redirector0_outdev", colo_filter_sec_redirector0_outdev),
	TEXT("colo_filter_sec_redirector1_queue", colo_filter_sec_redirector1_queue),
	TEXT("colo_filter_sec_redirector1_indev", colo_filter_sec_redirector1_indev),
	TEXT("colo_filter_sec_redirector1_outdev", colo_filter_sec_redirector1_outdev),
	TEXT("colo_filter_sec_rewriter0_queue", colo_filter_sec_rewriter0_queue),
	TEXT("colo_checkpoint_host", colo_checkpoint_host),
	TEXT("colo_checkpoint_port", colo_checkpoint_port),
	{ .name = NULL },
};

static int set_defaults(const struct bd_xlconf *xlconf, libxl_device_nic *nic, struct bd_error *err)
{
	if ((xlconf->vif_script && bd_set_string(&nic->script, xlconf->vif_script, err)) ||
	    (xlconf->vif_bridge && bd_set_string(&nic->bridge, xlconf->vif_bridge, err)) ||
	    (xlconf->vif_gatewaydev && bd_set_string(&nic->gatewaydev, xlconf->vif_gatewaydev, err)) ||
	    (xlconf->vif_backend && bd_set_string(&nic->backend_domname, xlconf->vif_backend, err)))
		return -1;
	return 0;
}

static int read_vif(struct bd_device *device, char *text, struct bd_error *err)
{
	static const struct bd_option_style style = { .ignores_unknown = true };
	struct bd_reader *reader = device->reader;
	libxl_device_nic *nic =
		BD_ADD_NUMBERED(reader->config->nics, reader->config->num_nics, libxl_device_nic_init, err);
	device->libxl = nic;
	if (!nic || set_defaults(reader->env->xlconf, nic, err))
		return -1;
	return bd_read_options(device, text, options, style, err);
}

int bd_read_vifs(struct bd_reader *reader, struct bd_error *err)
{
	return bd_read_each(reader, "vif", read_vif, err);
}
