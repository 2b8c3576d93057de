/* SPDX-License-Identifier: GPL-2.0-or-later */
/* strdup(3) that sets an error. */
#include "libxl/config/set_string.h"

#include <stdlib.h>
#include <string.h>

int bd_set_string(char **member, const char *value, struct bd_error *err)
{
	char *copy = strdup(value);
	if (!copy)
		return bd_fail_errno(err, "cannot read the config");
	free(*member);
	*member = copy;
	return 0;
}
