/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The warning, which says the same of files that are put into a new filesystem and into one that is there. */
#include "selinux/autorelabel.h"

#include "base/log.h"

void bd_selinux_warn_of_autorelabel(const char *who, const struct bd_error *cause)
{
	bd_warn("what is new in %s has no SELinux labels yet (%s): it labels all of its files when it boots (" BD_SELINUX_AUTORELABEL
		"), and reboots",
		who, cause->message);
}
