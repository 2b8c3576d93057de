/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What cloud-init in a root filesystem is told by its own files: whether it runs, where it looks, and whether it leaves the network to
 * the datasource. Only looks. */
#ifndef BD_ADAPT_CLOUD_INIT_CONFIG_H
#define BD_ADAPT_CLOUD_INIT_CONFIG_H

#include <stdbool.h>

#include "base/err.h"
#include "rootfs/root_reader.h"

#define BD_CLOUD_INIT_DISABLED_FILE "/etc/cloud/cloud-init.disabled"
#define BD_CLOUD_INIT_DISABLED_ARGUMENT "cloud-init=disabled"
#define BD_CLOUD_INIT_DS_IDENTIFY "/etc/cloud/ds-identify.cfg"
#define BD_CLOUD_INIT_UPGRADED_NETWORK "/var/lib/cloud/data/upgraded-network" /* then it leaves the network alone */

struct bd_cloud_init_config {
	bool is_disabled;
	bool is_without_nocloud; /* the datasources that are named do not include it */
	bool has_network; /* one is configured, or there is to be none: that counts before the datasource's */
};

/* Of /etc/cloud and of the kernel's arguments in the first entry of grub.cfg. Of its files, cloud-init takes the last in lexical order
 * that has a key. What is too large, or leads in circles, is not there. */
int bd_cloud_init_config_read(const struct bd_root_reader *root, struct bd_cloud_init_config *config_out,
			      struct bd_error *err);

/* The value of a key of ds-identify.cfg, which has lines of KEY: VALUE; NULL: it is not there. */
const char *bd_ds_identify_value(const char *text, const char *key, int *size_out);
bool bd_ds_identify_disables(const char *text); /* its policy */

#endif
