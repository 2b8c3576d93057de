/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks Xen itself and its daemons. doctor_check_xen comes first: it finds out whether Xen is running. */
#ifndef BD_OPS_DOCTOR_XEN_H
#define BD_OPS_DOCTOR_XEN_H

#include "ops/doctor/findings.h"

/* has_xen, xen. */
doctor_check doctor_check_xen;
/* boot.toolstack; after xen. */
doctor_check doctor_check_plugin;
/* After the plugin. */
doctor_check doctor_check_hotplug;
/* answers and machine; after the plugin. */
doctor_check doctor_check_xenstored;
doctor_check doctor_check_xenconsoled;
/* After xenstored. */
doctor_check doctor_check_memory;
/* domains, recovered and loops. */
doctor_check doctor_check_domains;

#endif
