/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads and writes libxl's JSON. */
#include "libxl/kept_config.h"

#include <errno.h>
#include <string.h>

#include <libxl_utils.h>

#include "base/cleanup.h"

#define USERDATA "libxl-json"

int bd_kept_config_read(const struct bd_xen *xen, uint32_t domid, libxl_domain_config *config_out,
			struct bd_error *err)
{
	BD_FREE uint8_t *data = NULL;
	int size = 0;

	if (libxl_userdata_retrieve(xen->ctx, domid, USERDATA, &data, &size) != 0 || !data || size <= 0 ||
	    data[size - 1] != '\0')
		return bd_fail(err, EIO, "cannot read what libxl keeps of domain %u", domid);
	int rc = libxl_domain_config_from_json(xen->ctx, config_out, (const char *)data);
	return rc == 0 ? 0 : bd_xen_fail(xen, rc, err, "cannot read what libxl keeps of domain %u", domid);
}

int bd_kept_config_write(const struct bd_xen *xen, uint32_t domid, libxl_domain_config *config, struct bd_error *err)
{
	BD_FREE char *json = libxl_domain_config_to_json(xen->ctx, config);

	if (!json)
		return bd_no_memory(err);
	/* With its NUL, as libxl stores it. */
	int r = libxl_userdata_store(xen->ctx, domid, USERDATA, (const uint8_t *)json, (int)strlen(json) + 1);
	return r == 0 ? 0 : bd_fail(err, EIO, "cannot store the config of domain %u: libxl's error %d", domid, r);
}
