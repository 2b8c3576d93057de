/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the host's defaults, and looks for what they name. */
#include "ops/doctor/defaults.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "fleet/host_defaults.h"
#include "ops/host/host.h"
#include "template/store.h"

#define CHECK "defaults"

static void report_keys(struct doctor *doctor, const struct bd_host_defaults *host)
{
	char keys[512] = "";

	for (const struct bd_fleet_key *key = bd_fleet_keys; key->name; key++)
		if (bd_host_defaults_find(host, key->name))
			bd_text_append(keys, sizeof(keys), ", ", "%s", key->name);
	doctor_found(doctor, CHECK, DOCTOR_OK, "%s sets %s for new guests", host->path, *keys ? keys : "nothing");
}

static void report_value(struct doctor *doctor, const struct bd_host_defaults *host,
			 const struct bd_fleet_setting *setting, const char *problem)
{
	doctor_found(doctor, CHECK, DOCTOR_PROBLEM, "%s:%u: \"%s\": %s", host->path, setting->node->line,
		     setting->key->name, problem);
	doctor_advise(doctor, "correct it: new guests that do not say another value cannot be created");
}

static void check_template(struct doctor *doctor, const struct bd_host_defaults *host)
{
	const struct bd_fleet_setting *setting = bd_host_defaults_find(host, "template");
	BD_DISPOSE(bd_stored_dispose) struct bd_stored stored;
	struct bd_error err = BD_ERROR_INIT;
	struct bd_store store;

	bd_stored_init(&stored);
	if (setting && !bd_template_is_built_in(setting->values[0]) &&
	    (bd_store_check_name(setting->values[0], &err) != 0 ||
	     bd_store_open(doctor->templates, &store, &err) != 0 ||
	     bd_store_get(&store, setting->values[0], &stored, &err) != 0))
		report_value(doctor, host, setting, err.message);
}

static void check_bridge(struct doctor *doctor, const struct bd_host_defaults *host)
{
	const struct bd_fleet_setting *setting = bd_host_defaults_find(host, "bridge");
	struct bd_error err = BD_ERROR_INIT;

	if (setting && bd_host_check_bridge(setting->values[0], &err) != 0)
		report_value(doctor, host, setting, err.message);
}

/* Of "HOST:GUEST", HOST. */
static void check_file(struct doctor *doctor, const struct bd_host_defaults *host,
		       const struct bd_fleet_setting *setting, const char *value)
{
	bool has_goal = strcmp(setting->key->name, "files") == 0;
	BD_FREE char *path = strndup(value, has_goal ? strcspn(value, ":") : strlen(value)), *problem = NULL;
	struct bd_error none;

	if (!path) {
		doctor->out_of_memory = true;
		return;
	}
	if (access(path, R_OK) == 0)
		return;
	if (bd_text_format(&problem, &none, "cannot read %s: %s", path, strerror(errno)) != 0)
		doctor->out_of_memory = true;
	else
		report_value(doctor, host, setting, problem);
}

static void check_files(struct doctor *doctor, const struct bd_host_defaults *host)
{
	for (const struct bd_fleet_key *key = bd_fleet_keys; key->name; key++) {
		const struct bd_fleet_setting *setting = key->is_path ? bd_host_defaults_find(host, key->name) : NULL;
		for (size_t i = 0; setting && i < setting->value_count; i++)
			check_file(doctor, host, setting, setting->values[i]);
	}
}

void doctor_check_defaults(struct doctor *doctor)
{
	BD_DISPOSE(bd_host_defaults_dispose) struct bd_host_defaults host = { 0 };
	struct bd_error err = BD_ERROR_INIT;

	if (bd_host_defaults_read(&host, &err) != 0) {
		doctor_found(doctor, CHECK, DOCTOR_PROBLEM, "%s", err.message);
		doctor_advise(doctor,
			      "correct it: until then new, clone, fleet plan and fleet apply need --no-defaults");
		return;
	}
	if (!host.is_there) {
		doctor_found(doctor, CHECK, DOCTOR_OK, "there is no %s; new guests get the built-in defaults",
			     host.path);
		return;
	}
	report_keys(doctor, &host);
	check_template(doctor, &host);
	check_bridge(doctor, &host);
	check_files(doctor, &host);
}
