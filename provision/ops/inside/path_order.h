/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The order in which the files of an image come: each directory before what is in it, names by their bytes. */
#ifndef BD_OPS_INSIDE_PATH_ORDER_H
#define BD_OPS_INSIDE_PATH_ORDER_H

/* As strcmp, but a slash is less than every other byte: "/a/b" is before "/a-b". */
static inline int path_order(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	if (*a == *b)
		return 0;
	unsigned one = !*a	   ? 0
		       : *a == '/' ? 1
				   : 2u + (unsigned char)*a,
		 other = !*b	     ? 0
			 : *b == '/' ? 1
				     : 2u + (unsigned char)*b;
	return one < other ? -1 : 1;
}

#endif
