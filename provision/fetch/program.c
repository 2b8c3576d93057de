/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What skopeo, curl and gpgv have in common. */
#include "fetch/program.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/parse.h"
#include "base/process/run.h"
#include "template/field.h"

int bd_fetch_check_program(const char *name, const char *message, struct bd_error *err)
{
	char path[PATH_MAX];

	return bd_find_program(name, path, sizeof(path), err) == 0 ? 0 : bd_fail(err, ENOPKG, "%s", message);
}

bool bd_fetch_end_with(const char *path, const void *parent)
{
	(void)path;
	return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == *(const pid_t *)parent;
}

int bd_fetch_too_large(const char *what, uint64_t limit_bytes, struct bd_error *err)
{
	char size[32];

	bd_format_size(limit_bytes, size, sizeof(size));
	bd_fail(err, EFBIG, "%s has more than %s", what, size);
	return bd_set_field(err, BD_TEMPLATE_FIELD_LIMIT);
}
