/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a libxl_domain_config to a running domain: the steps of `xl create`, each of which can be stopped. */
#ifndef BD_LIBXL_BUILD_H
#define BD_LIBXL_BUILD_H

#include <stdbool.h>

#include <libxl.h>

#include "base/err.h"
#include "libxl/config/bootloader.h"
#include "libxl/config/xlconf.h"
#include "libxl/xen.h"
#include "toolstack/toolstack.h"

struct bd_build {
	const struct bd_xen *xen;
	const struct bd_xlconf *xlconf;
	const struct bd_bootloader_user *bootloader_user;
	int stop_fd; /* readable or hung up: stop; -1: never */
	bool start_paused;
	/* What takes long, or what the user may want to know; not for errors. */
	void (*tell)(void *context, enum bd_toolstack_log_level level, const char *line);
	void *context;
};

/* EEXIST: a domain of that name or UUID is there. BD_ECANCELED: stopped. On failure no domain is left. libxl
 * fills its defaults into config, which is of no use for another build. */
int bd_build(const struct bd_build *build, libxl_domain_config *config, uint32_t *domid_out, struct bd_error *err);

/* memory.c: takes xl's lock and balloons dom0 down until the guest fits, if xl would. *lock_out: -1 or an open file,
 * to be closed when the domain has its memory. */
int bd_memory_prepare(const struct bd_build *build, libxl_domain_config *config, int *lock_out, struct bd_error *err);

/* memory.c: free memory, and what bd_memory_prepare could take from dom0. */
int bd_memory_available(const struct bd_xen *xen, const struct bd_xlconf *xlconf, uint64_t *available_kib_out,
			struct bd_error *err);

/* Waits up to timeout_ms (-1: for ever) for the wish to stop; 0, or -1 with BD_ECANCELED. */
int bd_build_pause(const struct bd_build *build, int timeout_ms, struct bd_error *err);

#endif
