/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a libxl_domain_config to a running domain: the steps of `xl create`, each of which can be stopped. */
#ifndef BD_LIBXL_BUILD_H
#define BD_LIBXL_BUILD_H

#include <libxl.h>

#include "base/err.h"
#include "libxl/build_job.h"

/* EEXIST: a domain of that name or UUID is there. BD_ECANCELED: stopped. On failure no domain is left. libxl
 * fills its defaults into config, which is of no use for another build. */
int bd_build(const struct bd_build *build, libxl_domain_config *config, uint32_t *domid_out, struct bd_error *err);

#endif
