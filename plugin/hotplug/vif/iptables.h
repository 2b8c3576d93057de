/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether handle_iptable of Xen's vif-common.sh would add or remove rules.
 *
 * It would wherever `iptables -L -n` succeeds; whether br_netfilter is loaded and net.bridge.bridge-nf-call-iptables is on is not asked
 * by the script (its rules load br_netfilter, since they match physdev). So this asks the same program the same question, and nothing
 * is left to be known about nft or legacy tables, modules and namespaces. */
#ifndef BD_HOTPLUG_VIF_IPTABLES_H
#define BD_HOTPLUG_VIF_IPTABLES_H

#include <stdbool.h>

#include "base/err.h"

/* search_path: as PATH. Fails where the program is there and cannot be started. */
int vif_iptables_works(const char *search_path, bool *works_out, struct bd_error *err);

#endif
