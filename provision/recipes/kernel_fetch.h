/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Downloads a kernel from the distribution if this machine has no usable one. */
#ifndef BD_RECIPES_KERNEL_FETCH_H
#define BD_RECIPES_KERNEL_FETCH_H

#include "base/err.h"

/* Downloads the distribution's kernel package and unpacks it, without installing it, to kernels_path/VERSION. */
int bd_kernel_fetch(const char *kernels_path, struct bd_error *err);

#endif
