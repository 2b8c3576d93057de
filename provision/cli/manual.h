/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The manual pages: the overview xen-bigdisk(8), one page for each command, and xen-bigdisk-fleet(5), the format of
 * manifests. Everything except the sections on files and the environment comes from the tables behind --help. */
#ifndef BD_CLI_MANUAL_H
#define BD_CLI_MANUAL_H

#include <stdio.h>

#include "base/err.h"

/* page: the name of its file, "xen-bigdisk-template-import.8"; NULL: the names of all, one a line. */
int bd_manual(const char *page, FILE *out, struct bd_error *err);

#endif
