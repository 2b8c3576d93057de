/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a template's sshd_config(5), with the files that it includes, says about one account that logs in by key. */
#ifndef BD_ADAPT_SSHD_CONFIG_H
#define BD_ADAPT_SSHD_CONFIG_H

#include <stdbool.h>

#include "adapt/account.h"
#include "base/err.h"
#include "rootfs/overlay.h"

#define BD_SSHD_CONFIG "/etc/ssh/sshd_config"
#define BD_SSHD_DROP_INS "/etc/ssh/sshd_config.d"

/* The texts of settings are owned; NULL: it is not set. */
struct bd_sshd_settings {
	const char *path; /* of the file that sshd reads; NULL: there is none */
	bool includes; /* for everybody, that reads what ends in .conf in BD_SSHD_DROP_INS */
	char *permit_root_login, *pubkey_authentication, *keys_files, *use_pam;
	/* As the account is concerned: whether there is such a list, and whether it is on it. */
	bool has_allow_users, in_allow_users, in_deny_users;
	bool has_allow_groups, in_allow_groups, in_deny_groups;
};

void bd_sshd_settings_dispose(struct bd_sshd_settings *settings); /* idempotent */

int bd_sshd_config_read(const struct bd_overlay *overlay, const struct bd_account *account,
			struct bd_sshd_settings *settings_out, struct bd_error *err);

/* The files of keys that HostKey lines name, one a line, in their order; the caller frees. NULL: there are no such lines, and sshd takes those
 * of its usual names. path_out: as bd_sshd_settings.path. */
int bd_sshd_config_host_keys(const struct bd_overlay *overlay, char **files_out, const char **path_out,
			     struct bd_error *err);

#endif
