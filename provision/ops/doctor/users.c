/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds the users of a file for `doctor`: domains, whatever their configs say, and loop devices. */
#include "ops/doctor/users.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file/file.h"
#include "base/shell_word.h"
#include "disk/use/holder.h"

/* Of a process of this host nothing is as good as the domains' own word. */
void doctor_read_users(struct doctor *doctor)
{
	struct bd_error not_told;

	bd_loops_read(&doctor->loops);
	if (doctor->domains.known &&
	    recovered_read(&doctor->boot, &doctor->domains, &doctor->recovered, &not_told) != 0)
		doctor->domains_unasked = true;
}

const struct bd_cfg *doctor_user_of(const struct doctor *doctor, const struct stat *file, uint32_t *domid_out)
{
	const struct recovered *recovered = &doctor->recovered;

	for (size_t i = 0; i < recovered->count; i++) {
		const struct bd_cfg *cfg = &recovered->cfgs[i];
		bool uses = bd_path_leads_to(cfg->kernel, file) || bd_path_leads_to(cfg->ramdisk, file);
		for (size_t disk = 0; disk < cfg->disk_count; disk++)
			uses |= bd_path_leads_to(cfg->disks[disk], file);
		*domid_out = recovered->domids[i];
		if (uses)
			return cfg;
	}
	return NULL;
}

bool doctor_knows_users(const struct doctor *doctor)
{
	return !doctor->has_xen || (doctor->domains.known && !doctor->domains_unasked);
}

/* The file's name is what the driver keeps, with a word behind it once that is gone. */
static const struct bd_loop *find_deleted(const struct doctor *doctor, const char *path)
{
	size_t length = strlen(path);

	for (size_t i = 0; i < doctor->loops.count; i++) {
		const char *file = doctor->loops.items[i].file;
		if (strncmp(file, path, length) == 0 && strcmp(file + length, " (deleted)") == 0)
			return &doctor->loops.items[i];
	}
	return NULL;
}

bool doctor_advise_deleted(struct doctor *doctor, const struct bd_cfg *cfg, const char *path)
{
	const struct bd_toolstack_domain *domain = domains_find(&doctor->domains, cfg);
	const struct bd_loop *loop = find_deleted(doctor, path);
	BD_FREE char *word = bd_shell_word(path);

	if (!loop)
		return false;
	if (domain)
		doctor_advise(
			doctor,
			"it was deleted while domain %u uses it; its content is in %s until the domain ends: xl "
			"pause %u; "
			"cp --sparse=always %s %s; then stop the guest (xl destroy %u: what it had not written is "
			"lost) "
			"and start it again",
			domain->domid, loop->path, domain->domid, loop->path, word ? word : "FILE", domain->domid);
	else
		doctor_advise(doctor, "it was deleted; its content is still in %s: cp --sparse=always %s %s",
			      loop->path, loop->path, word ? word : "FILE");
	return true;
}

static bool is_named(const struct doctor *doctor, const struct bd_loop *loop)
{
	struct stat file = { .st_dev = loop->device, .st_ino = loop->inode };
	size_t folder = strlen(doctor->image_dir);

	for (size_t i = 0; i < doctor->cfgs.count; i++)
		for (size_t disk = 0; disk < doctor->cfgs.items[i].disk_count; disk++)
			if (bd_path_leads_to(doctor->cfgs.items[i].disks[disk], &file))
				return true;
	return strncmp(loop->file, doctor->image_dir, folder) == 0 && loop->file[folder] == '/';
}

size_t doctor_report_loops(struct doctor *doctor, const char *check)
{
	size_t count = 0;

	for (size_t i = 0; doctor_knows_users(doctor) && i < doctor->loops.count; i++) {
		const struct bd_loop *loop = &doctor->loops.items[i];
		const struct stat file = { .st_dev = loop->device, .st_ino = loop->inode };
		uint32_t domid;
		if (!is_named(doctor, loop) || strstr(loop->file, " (deleted)") ||
		    doctor_user_of(doctor, &file, &domid) || bd_loop_is_taken(loop))
			continue;
		doctor_found(
			doctor, check, DOCTOR_WARNING,
			"%s holds %s, but no domain uses it and it is not mounted, as after a hotplug script that "
			"timed out%s",
			loop->path, loop->file,
			loop->is_read_only ? "" : ": rm, rename and clone report the disk as in use");
		doctor_advise(doctor, "detach it: losetup -d %s", loop->path);
		count++;
	}
	return count;
}
