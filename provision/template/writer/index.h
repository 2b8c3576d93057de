/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The index of the sealed form (rootfs/sealed.h), written after all entries. */
#ifndef BD_TEMPLATE_WRITER_INDEX_H
#define BD_TEMPLATE_WRITER_INDEX_H

#include "base/err.h"
#include "template/writer/state.h"
#include "template/writer/totals.h"

int bd_sealed_writer_write_index(struct bd_sealed_writer *writer, struct bd_sealed_writer_totals *totals_out,
				 struct bd_error *err);

#endif
