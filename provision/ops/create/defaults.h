/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the host's defaults add to a request, below everything that was said of the guest itself.
 *
 * They never make a guest impossible that is possible without them: what it cannot have is passed over, as a gateway without
 * a static address, or what a filesystem of its own is for where the template is a whole disk. */
#ifndef BD_OPS_CREATE_DEFAULTS_H
#define BD_OPS_CREATE_DEFAULTS_H

#include "base/err.h"
#include "fleet/host_defaults.h"
#include "guest/create_request.h"

/* Zeroed: there are none. */
struct create_defaults {
	const struct bd_host_defaults *host; /* borrowed; lasts as long as the request */
	uint64_t used; /* a bit for each field whose value is the host's */
	/* Owned: why a value of the host is not used; NULL: it is, or another was given. */
	char *passed_over[BD_FIELD_COUNT];
	struct bd_error
		template_problem; /* why the template that the host names cannot be opened; code 0: there is none */
};

void create_defaults_dispose(struct create_defaults *defaults); /* idempotent */

/* Sets the fields that the request has not, but for the keys that were canceled (bd_fleet_guest). The request is filled
 * otherwise. */
int create_defaults_apply(struct create_defaults *defaults, uint64_t canceled, struct bd_create_request *request,
			  struct bd_error *err);

/* Fails where the template that the defaults name cannot be opened, with the field: before a guest is made of it. */
int create_defaults_check_template(const struct create_defaults *defaults, struct bd_error *err);

/* As create_defaults_apply, of a copy, whose network is its own; all else is as in its source. is_mini: what the source is made from;
 * keeps_ip6: the source's static IPv6 address has to be replaced by what is given. */
int create_defaults_apply_to_copy(struct create_defaults *defaults, bool is_mini, bool keeps_ip6,
				  struct bd_create_request *request, struct bd_error *err);

static inline bool create_defaults_has(const struct create_defaults *defaults, int field)
{
	return field > BD_FIELD_NONE && field < BD_FIELD_COUNT && (defaults->used >> field & 1);
}

/* What the file says of the field; NULL: nothing. */
const struct bd_fleet_setting *create_defaults_find(const struct create_defaults *defaults, int field);

/* Puts place and key in the file before an error about a field whose value is from there, and the field is NONE then. Any
 * other stays as it is, but that of a disk which is too small for what the host adds says so. Returns -1. */
int create_defaults_blame(const struct create_defaults *defaults, struct bd_error *err);

#endif
