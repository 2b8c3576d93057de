/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Converts the options to a number of seconds. */
#include "cli/wait_option.h"

#include <errno.h>
#include <stdint.h>
#include <unistd.h>

#include "base/parse.h"
#include "ops/host/boot.h"
#include "ops/host/boot_domain.h"

#define LONGEST_S 86400

int wait_option_timeout(const struct wait_options *options, unsigned minimum, unsigned *seconds_out,
			struct bd_error *err)
{
	uint64_t seconds = *seconds_out;

	if (options->no_wait && (options->wait || options->timeout))
		return bd_usage(err, "--no-wait excludes --wait and --timeout");
	if (options->timeout && bd_parse_uint(options->timeout, "--timeout", minimum, LONGEST_S, &seconds, err) != 0)
		return -1;
	*seconds_out = (unsigned)seconds;
	return 0;
}

int wait_option_advise(struct bd_error *err)
{
	const struct bd_error failure = *err;

	if (failure.code != ETIMEDOUT)
		return -1;
	return bd_fail_as(err, &failure, "%s; to wait longer: --timeout SECONDS", failure.message);
}

int wait_option_boot(const struct wait_options *options, unsigned *seconds_out, struct bd_error *err)
{
	unsigned seconds = BOOT_WAIT_DEFAULT_S;

	if (wait_option_timeout(options, 1, &seconds, err) != 0)
		return -1;
	bool waits = options->wait || options->timeout || (!options->no_wait && isatty(STDOUT_FILENO));
	*seconds_out = waits ? seconds : 0;
	return 0;
}
