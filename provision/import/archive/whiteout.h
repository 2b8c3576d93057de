/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whiteouts of a layer (OCI image spec, layer.md): .wh.NAME takes NAME of the layers below away, .wh..wh..opq all that
 * a directory has from them. What comes in the layer itself stays, in whichever order it comes.
 */
#ifndef BD_IMPORT_ARCHIVE_WHITEOUT_H
#define BD_IMPORT_ARCHIVE_WHITEOUT_H

#include "base/err.h"
#include "template/writer/writer.h"

/* 1: the path is a whiteout, which has been applied, or one of aufs' own files, which mean nothing. 0: it is neither. */
int bd_whiteout_take(const char *path, struct bd_sealed_writer *writer, struct bd_error *err);

#endif
