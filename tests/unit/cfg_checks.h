/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What tests of xlcfg/read.h share. To be included after <cmocka.h>. */
#ifndef BD_TESTS_CFG_CHECKS_H
#define BD_TESTS_CFG_CHECKS_H

#include "xlcfg/read.h"

/* Ends the test where the text is no config. */
static struct bd_cfg parsed(const char *text)
{
	struct bd_error err = BD_ERROR_INIT;
	struct bd_cfg cfg = { 0 };

	if (bd_cfg_parse(text, &cfg, &err) != 0)
		fail_msg("%s, in:\n%s", err.message, text);
	return cfg;
}

#endif
