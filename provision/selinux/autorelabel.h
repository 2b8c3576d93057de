/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is left to a guest: to label its files itself. */
#ifndef BD_SELINUX_AUTORELABEL_H
#define BD_SELINUX_AUTORELABEL_H

#include "base/err.h"

/* Where it is there, the system labels all of its files when it boots. */
#define BD_SELINUX_AUTORELABEL "/.autorelabel"

/* Warns that new files of a guest or an image have been left to it. cause: why nobody could be asked for their labels. */
void bd_selinux_warn_of_autorelabel(const char *who, const struct bd_error *cause);

#endif
