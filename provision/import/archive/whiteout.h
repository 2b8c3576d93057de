/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whiteouts of a layer (OCI image spec, layer.md): .wh.NAME removes NAME of the layers below, .wh..wh..opq
 * everything that a directory has from them. Entries of the layer itself stay, whatever their order. */
#ifndef BD_IMPORT_ARCHIVE_WHITEOUT_H
#define BD_IMPORT_ARCHIVE_WHITEOUT_H

#include "base/err.h"
#include "template/writer/writer.h"

/* 1: the path is a whiteout, which has been applied, or one of aufs' own files, which mean nothing. 0: it is neither. */
int bd_whiteout_take(const char *path, struct bd_sealed_writer *writer, struct bd_error *err);

#endif
