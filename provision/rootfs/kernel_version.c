/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compares the versions of kernels. */
#include "rootfs/kernel_version.h"

#include <ctype.h>
#include <string.h>

/* Where a character sorts among the non-digits of a version. The dash of "-rc1" counts as "~". */
static int rank(const char *at)
{
	char c = *at;

	if (c == '\0' || isdigit((unsigned char)c))
		return 0;
	if (c == '~' || (strncmp(at, "-rc", 3) == 0 && isdigit((unsigned char)at[3])))
		return -1;
	return isalpha((unsigned char)c) ? (unsigned char)c : (unsigned char)c + 256;
}

int bd_kernel_compare_versions(const char *a, const char *b)
{
	while (*a || *b) {
		while ((*a && !isdigit((unsigned char)*a)) || (*b && !isdigit((unsigned char)*b))) {
			if (rank(a) != rank(b))
				return rank(a) - rank(b);
			a++;
			b++;
		}
		while (*a == '0')
			a++;
		while (*b == '0')
			b++;
		int first_difference = 0;
		for (; isdigit((unsigned char)*a) && isdigit((unsigned char)*b); a++, b++)
			if (!first_difference)
				first_difference = *a - *b;
		if (isdigit((unsigned char)*a))
			return 1;
		if (isdigit((unsigned char)*b))
			return -1;
		if (first_difference)
			return first_difference;
	}
	return 0;
}
