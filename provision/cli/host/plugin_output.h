/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `doctor` finds as the output of a plugin for Nagios, Icinga and the like ("Monitoring Plugins Development Guidelines"). */
#ifndef BD_CLI_HOST_PLUGIN_OUTPUT_H
#define BD_CLI_HOST_PLUGIN_OUTPUT_H

#include "ops/doctor/doctor.h"

/* Exit statuses of plugins. */
enum plugin_status { PLUGIN_OK, PLUGIN_WARNING, PLUGIN_CRITICAL, PLUGIN_UNKNOWN };

/* Behind the fields of all other errors: an error of this field and a status ends with that. */
#define PLUGIN_FIELD 100000

/* Prints it; the status is what the plugin ends with. */
enum plugin_status plugin_output(const struct doctor *doctor);
/* Of a doctor that could not do its work. */
enum plugin_status plugin_output_failure(const struct bd_error *err);

#endif
