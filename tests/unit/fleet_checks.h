/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Manifests for tests, from a text. */
#ifndef FLEET_CHECKS_H
#define FLEET_CHECKS_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fleet/manifest.h"

static char fleet_folder[64];
static char fleet_path[80];
static struct bd_error err;

static int make_fleet_folder(void **state)
{
	(void)state;
	strcpy(fleet_folder, "/tmp/xen-bigdisk-test-fleet-XXXXXX");
	if (!mkdtemp(fleet_folder))
		return -1;
	snprintf(fleet_path, sizeof(fleet_path), "%s/f.json", fleet_folder);
	return 0;
}

static int remove_fleet_folder(void **state)
{
	(void)state;
	unlink(fleet_path);
	return rmdir(fleet_folder);
}

static int try_fleet(const char *text, struct bd_fleet *fleet_out)
{
	FILE *file = fopen(fleet_path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
	return bd_fleet_read(fleet_path, fleet_out, &err);
}

static inline struct bd_fleet read_fleet(const char *text)
{
	struct bd_fleet fleet = { .count = 0 };

	if (try_fleet(text, &fleet) != 0)
		fail_msg("%s", err.message);
	return fleet;
}

/* The message without the folder. */
static const char *fleet_message(void)
{
	size_t length = strlen(fleet_folder);

	return strncmp(err.message, fleet_folder, length) == 0 ? err.message + length + 1 : err.message;
}

/* begin: what the message begins with. */
static inline void check_message(const char *text, const char *begin)
{
	assert_int_equal(err.code, EINVAL);
	if (strncmp(fleet_message(), begin, strlen(begin)) != 0)
		fail_msg("%s\n  is: %s\n  not: %s", text, fleet_message(), begin);
}

static inline const struct bd_fleet_guest *guest_of(const struct bd_fleet *fleet, const char *name)
{
	for (size_t i = 0; i < fleet->count; i++)
		if (strcmp(fleet->guests[i].name, name) == 0)
			return &fleet->guests[i];
	fail_msg("there is no guest %s", name);
	return NULL;
}

#endif
