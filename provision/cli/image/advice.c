/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands in advice name the guest or image as it was named. */
#include "cli/image/advice.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "cli/guest/advice.h"
#include "ops/image/e2fsprogs.h"
#include "ops/image/place.h"

int image_advise(const char *argument, struct bd_error *err)
{
	BD_FREE char *name = image_place_name(argument);

	if (!name)
		return -1;
	if (err->field != IMAGE_REMEDY_CHECK && err->code != EUCLEAN)
		return guest_advise(name, err);
	bd_fail_as(err, err, "%s: xen-bigdisk check %s --repair", err->message, name);
	return bd_set_field(err, BD_FIELD_NONE);
}
