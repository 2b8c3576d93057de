/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asks one question and reads one line. */
#include "cli/ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/printable.h"
#include "base/process/cancel.h"
#include "base/progress.h"

int bd_ask_check(bool yes, struct bd_error *err)
{
	if (!yes && (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)))
		return bd_usage(err, "not a terminal; use --yes");
	return 0;
}

/* All of the line, so that nothing of it answers the next question. */
static bool read_yes(void)
{
	BD_FREE char *answer = NULL;
	size_t size = 0;

	if (getline(&answer, &size, stdin) < 0) {
		clearerr(stdin);
		fputc('\n', stderr);
		return false;
	}
	answer[strcspn(answer, "\r\n")] = '\0';
	return strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0;
}

int bd_ask(const char *question, bool yes, struct bd_error *err)
{
	if (yes)
		return 0;
	if (bd_ask_check(yes, err) != 0)
		return -1;
	bd_progress_hide();
	bd_print(stderr, "%s [y/N] ", question);
	bool agreed = read_yes();
	if (bd_cancel_check(err) != 0)
		return -1;
	return agreed ? 0 : bd_canceled(err, "nothing was done");
}
