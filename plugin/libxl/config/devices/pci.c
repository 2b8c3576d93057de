/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads pci = [ ... ] and dtdev = [ ... ]. */
#include "libxl/config/devices/pci.h"

#include <errno.h>
#include <string.h>

#include "libxl/config/devices/options.h"
#include "libxl/config/set_string.h"
#include "libxl/config/values.h"

static bool is_on(struct bd_reader *reader, const char *key)
{
	long value = 0;
	return bd_get_long(reader, key, &value) && value != 0;
}

/* What the cfg says of all devices, and each device may say otherwise. */
struct common {
	bool msitranslate, power_mgmt, permissive, seize;
	libxl_rdm_reserve_policy rdm_policy;
};

/* libxl has it for HVM guests only, xl's parser for all. */
static libxl_rdm_reserve_policy read_rdm(struct bd_reader *reader)
{
	libxl_domain_build_info *build = &reader->config->b_info;
	bool hvm = reader->config->c_info.type == LIBXL_DOMAIN_TYPE_HVM;
	libxl_rdm_reserve rdm = hvm ? build->u.hvm.rdm : (libxl_rdm_reserve){ 0 };
	const char *text = NULL;
	bd_get_string(reader, "rdm", &text);
	libxl_rdm_reserve said = rdm;
	if (text && xlu_rdm_parse(reader->source.xlu, &said, text))
		bd_reader_warn(reader, "rdm", "rdm = \"%s\" cannot be read: ignored, as xl does", text);
	else if (text)
		rdm = said;
	if (hvm)
		build->u.hvm.rdm = rdm;
	return rdm.policy;
}

static int read_device(struct bd_device *device, char *text, struct bd_error *err)
{
	struct bd_reader *reader = device->reader;
	libxl_domain_config *config = reader->config;
	const struct common *common = device->common;
	libxl_device_pci *pci = BD_ADD(config->pcidevs, config->num_pcidevs, libxl_device_pci_init, err);
	if (!pci)
		return -1;
	pci->msitranslate = common->msitranslate;
	pci->power_mgmt = common->power_mgmt;
	pci->permissive = common->permissive;
	pci->seize = common->seize;
	pci->rdm_policy = common->rdm_policy;
	if (xlu_pci_parse_spec_string(reader->source.xlu, pci, text) == 0)
		return 0;
	const char *report = bd_source_report(&reader->source);
	return bd_fail(err, EINVAL, "\"%s\" is not a PCI device like 0000:03:00.0%s%s", text, *report ? ": " : "",
		       report);
}

static int read_dtdev(struct bd_device *device, char *text, struct bd_error *err)
{
	libxl_domain_config *config = device->reader->config;
	libxl_device_dtdev *dtdev = BD_ADD(config->dtdevs, config->num_dtdevs, libxl_device_dtdev_init, err);
	return dtdev ? bd_set_string(&dtdev->path, text, err) : -1;
}

int bd_read_pci(struct bd_reader *reader, struct bd_error *err)
{
	libxl_domain_config *config = reader->config;
	const struct common common = {
		.msitranslate = is_on(reader, "pci_msitranslate"),
		.power_mgmt = is_on(reader, "pci_power_mgmt"),
		.permissive = is_on(reader, "pci_permissive"),
		.seize = is_on(reader, "pci_seize"),
		.rdm_policy = read_rdm(reader),
	};
	if (bd_read_each_with(reader, "pci", &common, read_device, err))
		return -1;
	if (config->num_pcidevs && config->c_info.type == LIBXL_DOMAIN_TYPE_PV)
		libxl_defbool_set(&config->b_info.u.pv.e820_host, true);
	return bd_read_each(reader, "dtdev", read_dtdev, err);
}
