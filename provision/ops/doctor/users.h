/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds the users of a file: domains, whatever their configs say, and loop devices. */
#ifndef BD_OPS_DOCTOR_USERS_H
#define BD_OPS_DOCTOR_USERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "ops/doctor/findings.h"

void doctor_read_users(struct doctor *doctor); /* after the domains; once */
/* Where a Xen runs that cannot be asked, any file may be a guest's. */
bool doctor_knows_users(const struct doctor *doctor);
/* What the domain has that uses the file (its device and inode number count); NULL: none does. */
const struct bd_cfg *doctor_user_of(const struct doctor *doctor, const struct stat *file, uint32_t *domid_out);
/* Of a file that is not there, but still in a loop device: how to bring it back. False: there is no such device. */
bool doctor_advise_deleted(struct doctor *doctor, const struct bd_cfg *cfg, const char *path);
/* Adds a finding for each loop device on a guest's image that nobody uses; returns how many there are. */
size_t doctor_report_loops(struct doctor *doctor, const char *check);

#endif
