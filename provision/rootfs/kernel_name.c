/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of kernels, and the order of their versions. */
#include "rootfs/kernel_name.h"

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

bool bd_kernel_is_rescue(const char *version)
{
	return strncmp(version, "0-rescue", strlen("0-rescue")) == 0 || strcmp(version, "rescue") == 0;
}

bool bd_kernel_is_newer(const char *version, const char *than)
{
	bool numbered = version[0] >= '0' && version[0] <= '9';
	bool than_numbered = than[0] >= '0' && than[0] <= '9';

	if (bd_kernel_is_rescue(version) != bd_kernel_is_rescue(than))
		return bd_kernel_is_rescue(than);
	if (numbered != than_numbered)
		return numbered;
	return bd_kernel_compare_versions(version, than) > 0;
}

bool bd_kernel_is_leftover(const char *version)
{
	static const char *const ends[] = { "~", ".old", ".bak", ".orig", ".sig", ".sign", ".hmac", ".txt" };
	const char *rpm = strstr(version, ".rpm");
	size_t size = strlen(version);

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		if (size >= strlen(ends[i]) && strcmp(version + size - strlen(ends[i]), ends[i]) == 0)
			return true;
	return strstr(version, ".dpkg-") || (rpm && !strchr(rpm + 1, '.') && !strchr(rpm + 1, '-'));
}

const char *bd_kernel_version_of(const char *name)
{
	static const char *const prefixes[] = { "vmlinuz-", "kernel-", "bzImage-" };

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++)
		if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
			return name + strlen(prefixes[i]);
	return NULL;
}

const struct bd_kernel_initramfs_name bd_kernel_initramfs_names[BD_KERNEL_INITRAMFS_NAMES] = {
	{ "initrd.img-", "" },
	{ "initramfs-", ".img" },
	{ "initramfs-", "" },
	{ "initrd-", "" },
};
