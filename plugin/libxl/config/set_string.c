/* SPDX-License-Identifier: GPL-2.0-or-later */
/* strdup(3) that sets an error. */
#include "libxl/config/set_string.h"

#include <stdlib.h>
#include <string.h>

int bd_set_string(char **member, const char *value, struct bd_error *err)
{
	char *copy = value ? strdup(value) : NULL;
	if (value && !copy)
		return bd_no_memory(err);
	free(*member);
	*member = copy;
	return 0;
}
