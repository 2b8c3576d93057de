/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands in advice name the guest by the path of its config, which is valid in any directory. */
#include "cli/guest/advice.h"

#include "ops/guest/names.h"

int guest_advise(const char *cfg_path, struct bd_error *err)
{
	static const char *const commands[] = {
		[GUEST_REMEDY_START] = "start",
		[GUEST_REMEDY_STOP] = "stop",
		[GUEST_REMEDY_DESTROY] = "stop --force",
		[GUEST_REMEDY_DESTROY_AND_START] = "stop --force",
	};
	int remedy = err->field;

	if (remedy < GUEST_REMEDY_START)
		return -1;
	bd_fail_as(err, err, "%s: xen-bigdisk %s %s", err->message, commands[remedy], cfg_path);
	if (remedy == GUEST_REMEDY_DESTROY_AND_START)
		bd_fail_as(err, err, "%s && xen-bigdisk start %s", err->message, cfg_path);
	return bd_set_field(err, BD_FIELD_NONE);
}
