/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a hotplug program writes for libxl, as long as libxl has not removed the device: a program that is late brings nothing back that
 * has gone. */
#ifndef BD_HOTPLUG_BACKEND_NODES_H
#define BD_HOTPLUG_BACKEND_NODES_H

#include "hotplug/xenstore.h"

/* backend: the folder of the device's backend, XENBUS_PATH. Writes a node anywhere; ENOENT where the backend has gone. */
int bd_backend_write(const struct bd_xenstore *store, const char *backend, const char *path, const char *value,
		     struct bd_error *err);

/* Writes hotplug-error and hotplug-status ("busy" or "error"). Where the backend has gone nothing is written, and that is no error. A long
 * text is cut. */
int bd_backend_refuse(const struct bd_xenstore *store, const char *backend, const char *status, const char *text,
		      struct bd_error *err);

#endif
