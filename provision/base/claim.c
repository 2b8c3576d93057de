/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bind(2) to an abstract address (unix(7)) succeeds for one process only. */
#include "base/claim.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/cleanup.h"
#include "base/hash.h"

/* Two spellings of one folder are one claim. */
static int resolve(const char *path, char resolved_out[PATH_MAX], struct bd_error *err)
{
	char folder[PATH_MAX], real[PATH_MAX];
	const char *slash = strrchr(path, '/');

	snprintf(folder, sizeof(folder), "%.*s/", slash ? (int)(slash - path) : 1, slash ? path : ".");
	if (!realpath(folder, real))
		return bd_fail_errno(err, "cannot find the folder %s", folder);
	int n = snprintf(resolved_out, PATH_MAX, "%s/%s", real, slash ? slash + 1 : path);
	return n < PATH_MAX ? 0 : bd_fail(err, ENAMETOOLONG, "the path %s is too long", path);
}

int bd_claim(const char *path, int *claim_fd_out, struct bd_error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char resolved[PATH_MAX];

	if (resolve(path, resolved, err) != 0)
		return -1;
	/* An address has room for 107 bytes only. */
	uint64_t hash = bd_hash(BD_HASH_INIT, resolved, strlen(resolved));
	int n = snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "xen-bigdisk/%016llx",
			 (unsigned long long)hash);

	BD_CLOSE int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return bd_fail_errno(err, "cannot make a socket");
	socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n);
	if (bind(fd, (const struct sockaddr *)&address, length) != 0) {
		if (errno == EADDRINUSE)
			return bd_in_use(err, "another xen-bigdisk is at work on %s right now", path);
		return bd_fail_errno(err, "cannot claim %s", path);
	}
	*claim_fd_out = bd_take_fd(&fd);
	return 0;
}
