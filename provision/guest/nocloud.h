/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The texts of cloud-init's NoCloud datasource, for a folder in a guest (guest/cloud_init.h) and for a disk of its own, whose label is
 * BD_NOCLOUD_LABEL. Pure. */
#ifndef BD_GUEST_NOCLOUD_H
#define BD_GUEST_NOCLOUD_H

#include <stddef.h>
#include <stdio.h>

#include "guest/description.h"

#define BD_NOCLOUD_LABEL "cidata"
#define BD_NOCLOUD_FOLDER "/var/lib/cloud/seed/nocloud" /* where they are looked for in the guest itself */
#define BD_NOCLOUD_CONFIG "/etc/cloud/cloud.cfg.d/zz-xen-bigdisk.cfg" /* of ours, the last in lexical order */
#define BD_NOCLOUD_META_DATA "meta-data"
#define BD_NOCLOUD_USER_DATA "user-data"
#define BD_NOCLOUD_VENDOR_DATA "vendor-data"
#define BD_NOCLOUD_NETWORK_CONFIG "network-config"

/* An administrator's own; any bytes. */
struct bd_user_data {
	const char *text;
	size_t bytes;
};

#define BD_USER_DATA_BYTES_MAX ((size_t)16 << 20)

/* BD_EUSAGE: cloud-init would not know what it is, and ignore it. name: of the file. */
int bd_user_data_check(const struct bd_user_data *data, const char *name, struct bd_error *err);

/* What user-data says; each may be NULL. */
struct bd_nocloud_user_data {
	const char *authorized_keys; /* of root, or of user */
	const char *user; /* an account to make, which may become root */
	const char *root_password_hash;
	const char *run_once; /* the text of a script for the first boot */
	struct bd_user_data
		own; /* in addition; where the two say the same, the first one counts, and this is the second */
};

void bd_nocloud_write_meta_data(FILE *out, const struct bd_guest *guest);
/* meta_data with the line that gives the host's name, where that is old_name; the caller frees. NULL: it gives another, or none. */
int bd_nocloud_rename(const char *meta_data, const char *old_name, const char *new_name, char **text_out,
		      struct bd_error *err);

/* meta_data with this name, and as the instance uuid unless it is NULL: then it stays the one that it is. All other lines stay. The
 * caller frees. NULL: it is JSON and not lines of KEY: VALUE. */
int bd_nocloud_renew(const char *meta_data, const char *name, const uint8_t *uuid, char **text_out,
		     struct bd_error *err);

/* The list ssh_authorized_keys; of lines as in authorized_keys. */
void bd_nocloud_write_keys(FILE *out, const char *authorized_keys);

/* Of a disk: keys and password of root, and the script of the first boot. The host's name is in meta-data only, so that a copy of the guest can have
 * the same. */
void bd_nocloud_write_user_data(FILE *out, const struct bd_nocloud_user_data *data);
/* user_data with further keys in its list of them, or with another hash where it has root's as bd_nocloud_write_user_data writes it; the
 * caller frees. NULL: it has no such list or hash, and stays as it is. */
int bd_nocloud_add_keys(const char *user_data, const char *authorized_keys, char **text_out, struct bd_error *err);
int bd_nocloud_set_root_password(const char *user_data, const char *hash, char **text_out, struct bd_error *err);
/* What user-data adds to: has each boot run ready_script, the text of guest/first_boot.h, when all else is done. */
void bd_nocloud_write_vendor_data(FILE *out, const char *ready_script);
/* Version 2; nothing at all is configured where the guest has no network. */
void bd_nocloud_write_network_config(FILE *out, const struct bd_guest *guest);

#endif
