/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Framebuffers, displays, keyboards and mice. */
#ifndef BD_LIBXL_CONFIG_DEVICES_SCREEN_H
#define BD_LIBXL_CONFIG_DEVICES_SCREEN_H

#include "libxl/config/reader.h"

int bd_read_vfbs(struct bd_reader *reader, struct bd_error *err); /* vfb */
/* vnc, sdl and what belongs to them, outside of vfb; after bd_read_vfbs */
int bd_read_screen(struct bd_reader *reader, struct bd_error *err);
int bd_read_vkbs(struct bd_reader *reader, struct bd_error *err); /* vkb; after both, as they add some */
int bd_read_vdispl(struct bd_reader *reader, struct bd_error *err); /* vdispl */

#endif
