/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Takes paths apart. */
#include "bootmenu/grub/entry_path.h"

#include <stdlib.h>

size_t bd_grub_path_part(const char *path, const char **rest_out)
{
	size_t length = 0;

	for (; path[length]; length++) {
		if (path[length] != '>')
			continue;
		if (path[length + 1] != '>')
			break;
		length++;
	}
	*rest_out = path[length] ? path + length + 1 : NULL;
	return length;
}

bool bd_grub_path_names(const char *part, size_t length, const char *name)
{
	if (!name)
		return false;
	for (size_t i = 0; i < length; i++, name++) {
		if (*name != part[i])
			return false;
		i += part[i] == '>';
	}
	return !*name;
}

bool bd_grub_path_number(const char *part, size_t length, size_t count, size_t *number_out)
{
	char *end;

	if (length == 0 || *part < '0' || *part > '9')
		return false;
	size_t number = strtoul(part, &end, 0);
	while (end < part + length && (*end == ' ' || *end == '\t'))
		end++;
	if (end != part + length || number >= count)
		return false;
	*number_out = number;
	return true;
}
