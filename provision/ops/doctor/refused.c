/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The check of `doctor` for configs that `start` would refuse. */
#include "ops/doctor/refused.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/shell_word.h"
#include "ops/guest/cfg_check.h"

static void report(struct doctor *doctor, const char *path, const struct bd_error *problem)
{
	BD_FREE char *word = bd_shell_word(path);

	doctor_found(doctor, "cfgs", DOCTOR_WARNING, "xen-bigdisk start refuses %s", problem->message);
	doctor_advise(doctor,
		      "to let xen-bigdisk start it, correct it until this reports no error: xen-bigdisk config %s",
		      word ? word : "FILE");
}

void doctor_check_refused(struct doctor *doctor)
{
	const struct bd_loaded_toolstack *toolstack = &doctor->boot.toolstack;

	/* Those that cannot be parsed have been told. */
	for (size_t i = 0; toolstack->plugin && i < doctor->cfgs.count; i++) {
		const char *path = doctor->cfgs.items[i].path;
		struct bd_error problem = BD_ERROR_INIT;
		if (cfg_check(toolstack, path, &problem) != 0 && problem.code != ENOENT)
			report(doctor, path, &problem);
	}
}
