/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds damaged records, and those of guests whose configs were removed by other means than rm. */
#include "ops/doctor/records.h"

#include <errno.h>
#include <unistd.h>

#include "events/record.h"

struct counted {
	struct doctor *doctor;
	size_t good, bad;
};

static int look_at(void *context, const char *path, const char *cfg_path)
{
	struct counted *counted = context;

	if (!cfg_path) {
		counted->bad++;
		doctor_found(counted->doctor, "records", DOCTOR_WARNING,
			     "%s is damaged: how often its guest was started is not known", path);
		doctor_advise_command(counted->doctor, "let the count begin again", "rm -r", path);
		return 0;
	}
	if (access(cfg_path, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR)) {
		counted->good++;
		return 0;
	}
	counted->bad++;
	doctor_found(counted->doctor, "records", DOCTOR_WARNING,
		     "%s counts the starts of a guest whose config %s is gone", path, cfg_path);
	doctor_advise_command(counted->doctor, "unless the config comes back, remove it", "rm", path);
	return 0;
}

void doctor_check_records(struct doctor *doctor)
{
	struct counted counted = { .doctor = doctor };
	struct bd_error err = BD_ERROR_INIT;

	if (bd_record_each(look_at, &counted, &err) != 0) {
		if (doctor_unreadable(doctor, "records", &err))
			doctor_advise(doctor, "check the directory's permissions");
		return;
	}
	if (!counted.bad)
		doctor_found(doctor, "records", DOCTOR_OK, "starts are counted of %zu guest%s", counted.good,
			     counted.good == 1 ? "" : "s");
}
