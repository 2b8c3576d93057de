/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys of xl.cfg(5) that xl reads and this plugin does not support. */
#ifndef BD_LIBXL_CONFIG_XLKEYS_H
#define BD_LIBXL_CONFIG_XLKEYS_H

#include <stdbool.h>

/* False: xl passes over the key in silence, as a typing error or one of xm's. */
bool bd_xl_reads_key(const char *name);

#endif
