/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The usual limits. */
#include "ops/doctor/limits.h"

/* What a guest gets when nothing is said. */
#define GUEST_MEMORY_BYTES (UINT64_C(512) << 20)
/* Hardly a guest runs with less. */
#define LEAST_MEMORY_BYTES (UINT64_C(64) << 20)
/* With less than this not even an empty disk is made. */
#define LEAST_ROOM_BYTES (UINT64_C(64) << 20)

void doctor_limits_complete(struct doctor_limits *limits)
{
	uint64_t *warning = &limits->memory_warning_bytes, *critical = &limits->memory_critical_bytes;

	if (!*critical)
		*critical = LEAST_MEMORY_BYTES;
	if (!*warning)
		*warning = *critical > GUEST_MEMORY_BYTES ? *critical : GUEST_MEMORY_BYTES;
	if (!limits->space_critical_bytes)
		limits->space_critical_bytes = LEAST_ROOM_BYTES;
}
