/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes units and services, which are enabled by their symlinks. */
#include "guest/first_boot.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "guest/create_request.h"

#define OWN_FOLDER "/usr/local/lib/xen-bigdisk"
#define UNITS "/etc/systemd/system"
#define OPENRC_RUNLEVEL "/etc/runlevels/default"
#define OPENRC_SERVICE "/etc/init.d/xen-bigdisk-ready"

static const char run_once_unit[] =
	"# Made by xen-bigdisk. The script runs once: it is removed when it has succeeded; until then each boot tries again.\n"
	"[Unit]\n"
	"Description=The script for this guest's first boot\n"
	"ConditionPathExists=" OWN_FOLDER "/run-once\n"
	"Wants=network-online.target\n"
	"After=network-online.target\n"
	"\n"
	"[Service]\n"
	"Type=oneshot\n"
	"ExecStart=" OWN_FOLDER "/run-once\n"
	"ExecStartPost=/bin/rm -f " OWN_FOLDER "/run-once\n"
	"StandardOutput=journal+console\n"
	"StandardError=journal+console\n"
	"TimeoutStartSec=infinity\n"
	"\n"
	"[Install]\n"
	"WantedBy=multi-user.target\n";

static const char ready_unit[] =
	"# Made by xen-bigdisk: tells dom0 that the guest is up.\n"
	"[Unit]\n"
	"Description=Tell dom0 that this guest is up\n"
	/* A dom0 has it too, and its xenstore is not up yet: no guest, as systemd sees it. */
	"ConditionVirtualization=xen\n"
	"ConditionPathExists=/dev/xen/xenbus\n"
	"After=systemd-user-sessions.service network.target ssh.service sshd.service\n"
	"\n"
	"[Service]\n"
	"Type=oneshot\n"
	"RemainAfterExit=yes\n"
	"TimeoutStartSec=120\n"
	"ExecStart=" OWN_FOLDER "/ready\n"
	"\n"
	"[Install]\n"
	"WantedBy=multi-user.target\n";

static const char ready_service[] =
	"#!/sbin/openrc-run\n"
	"# Made by xen-bigdisk.\n"
	"description=\"Tell dom0 that this guest is up\"\n"
	"\n"
	"depend() {\n"
	"\tafter net sshd dropbear\n"
	"}\n"
	"\n"
	"start() {\n"
	"\t[ ! -c /dev/xen/xenbus ] || " OWN_FOLDER "/ready\n"
	"}\n";

/* Up to the text of xenstore-put, which takes it from there where Xen's own program is not. */
static const char ready_script[] =
	"#!/bin/sh\n"
	"# Writes data/xen-bigdisk/ready=1 into xenstore: by Xen's own program where there is "
	"one.\n"
	"set -- data/xen-bigdisk/ready 1\n"
	"if command -v xenstore-write >/dev/null; then\n"
	"\txenstore-write \"$1\" \"$2\" && exit 0\n"
	"fi\n"
	"\n";

int bd_ready_script(const char *xenstore_put, char **text_out, struct bd_error *err)
{
	const char *body = strchr(xenstore_put, '\n'); /* behind its #! line */

	return bd_text_format(text_out, err, "%s%s", ready_script, body ? body + 1 : xenstore_put);
}

/* The unit and the symlink that `systemctl enable` would make. */
static int add_unit(const struct bd_overlay *overlay, const char *name, const char *text, struct bd_error *err)
{
	char path[128], wanted[128], target[128];

	snprintf(path, sizeof(path), UNITS "/%s", name);
	snprintf(wanted, sizeof(wanted), UNITS "/multi-user.target.wants/%s", name);
	snprintf(target, sizeof(target), UNITS "/%s", name);
	if (bd_overlay_put_text(overlay, path, 0644, text, err) != 0)
		return -1;
	return bd_overlay_put_symlink(overlay, wanted, target, err);
}

int bd_run_once_check(const char *script, const char *what, struct bd_error *err)
{
	if (strncmp(script, "#!", 2) == 0)
		return 0;
	return bd_usage(err, "%s does not begin with #! and an interpreter, such as #!/bin/sh", what);
}

int bd_run_once_add(const char *script, const struct bd_system *system, const struct bd_overlay *overlay,
		    struct bd_error *err)
{
	if (!system->systemd)
		return bd_usage_field(err, BD_FIELD_RUN_ONCE, "this needs systemd in the template, which has none");
	if (bd_overlay_put_text(overlay, OWN_FOLDER "/run-once", 0755, script, err) != 0)
		return -1;
	return add_unit(overlay, "xen-bigdisk-run-once.service", run_once_unit, err);
}

/* What `rc-update add` would make. */
static int add_openrc_service(const struct bd_overlay *overlay, struct bd_error *err)
{
	if (bd_overlay_put_text(overlay, OPENRC_SERVICE, 0755, ready_service, err) != 0)
		return -1;
	return bd_overlay_put_symlink(overlay, OPENRC_RUNLEVEL "/xen-bigdisk-ready", OPENRC_SERVICE, err);
}

int bd_ready_unit_add(const char *xenstore_put, const struct bd_system *system, const struct bd_overlay *overlay,
		      struct bd_error *err)
{
	BD_FREE char *script = NULL;
	bool openrc = false;

	if (!xenstore_put)
		return 0;
	if (!system->systemd && bd_overlay_exists(overlay, OPENRC_RUNLEVEL, &openrc, err) != 0)
		return -1;
	if (!system->systemd && !openrc)
		return 0;
	if (bd_ready_script(xenstore_put, &script, err) != 0 ||
	    bd_overlay_put_text(overlay, OWN_FOLDER "/ready", 0755, script, err) != 0)
		return -1;
	return openrc ? add_openrc_service(overlay, err)
		      : add_unit(overlay, "xen-bigdisk-ready.service", ready_unit, err);
}
