/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decides which of a system's lacks concern a guest. */
#include "ops/create/lacks.h"

static unsigned that_concern(const struct create_job *job, unsigned lacks)
{
	/* QEMU's disk is an IDE disk, too. */
	if (job->guest.type == BD_GUEST_HVM)
		lacks &= ~(BD_LACK_BIT(BD_LACK_DISK_DRIVER) | BD_LACK_BIT(BD_LACK_INITRAMFS_DRIVER));
	if (!job->guest.networks.count)
		lacks &= ~(BD_LACK_BIT(BD_LACK_NETWORK) | BD_LACK_BIT(BD_LACK_SEED_NETWORK));
	/* Then it is an error; a whole disk is booted by what is in it. */
	if ((job->start && job->guest.type != BD_GUEST_HVM && !job->is_whole_disk) ||
	    job->guest.boot == BD_BOOT_DIRECT)
		lacks &= ~BD_LACK_BIT(BD_LACK_KERNEL);
	return lacks;
}

void create_warn_of_lacks(struct create_job *job, const struct bd_system *system)
{
	job->system = *system;
	job->lacks = that_concern(job, system->lacks);
	bd_lacks_warn(system, job->lacks, job->guest.name);
}
