/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Maps the remedies that an operation on an image suggests to the commands that apply them. */
#ifndef BD_CLI_IMAGE_ADVICE_H
#define BD_CLI_IMAGE_ADVICE_H

#include "base/err.h"

/* Adds the command to an error that has a remedy (ops/image/e2fsprogs.h, ops/guest/names.h), or is of a filesystem that is not all in its
 * partition (disk/ext_partition.h). argument: GUEST or IMAGE, with @N and :/PATH or without. Always -1. */
int image_advise(const char *argument, struct bd_error *err);

#endif
