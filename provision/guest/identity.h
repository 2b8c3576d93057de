/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files that make a guest itself: host name, hosts, fstab, network. Pure text, added to the guest's tree. */
#ifndef BD_GUEST_IDENTITY_H
#define BD_GUEST_IDENTITY_H

#include "base/tree.h"
#include "guest/guest.h"

int bd_identity_add(const struct bd_guest *guest, struct bd_tree *tree, struct bd_error *err);

#endif
