/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds the root filesystem in what was imported, and refuses what is none. */
#ifndef BD_IMPORT_WRAP_ROOT_H
#define BD_IMPORT_WRAP_ROOT_H

#include "base/err.h"
#include "template/writer/writer.h"

/* A root filesystem has /etc or an init. Where the top has neither, but its only directory does (rootfs/ of LXD, root.x86_64/ of Arch
 * Linux), that directory becomes the root, which is said. Traces of a container in it are dropped. EINVAL: it is no root filesystem;
 * the message says what it looks like. what: the source, in messages. */
int bd_wrap_settle_root(struct bd_sealed_writer *writer, const char *what, struct bd_error *err);

#endif
