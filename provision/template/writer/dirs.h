/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Directories of a template under construction: their records, their contents, and removing those again. A
 * parameter `name` is the number of a directory's name where a directory is required. */
#ifndef BD_TEMPLATE_WRITER_DIRS_H
#define BD_TEMPLATE_WRITER_DIRS_H

#include "base/err.h"
#include "template/writer/state.h"

bool bd_sealed_writer_is_dir(const struct bd_sealed_writer *writer, uint32_t name);
struct bd_sealed_writer_dir *bd_sealed_writer_dir_of(const struct bd_sealed_writer *writer, uint32_t name);
void bd_sealed_writer_append_child(struct bd_sealed_writer *writer, uint32_t parent, uint32_t child);
int bd_sealed_writer_set_dir_record(struct bd_sealed_writer *writer, struct bd_sealed_writer_dir *dir,
				    struct bd_error *err);
int bd_sealed_writer_new_dir(struct bd_sealed_writer *writer, uint32_t name, struct bd_error *err);
void bd_sealed_writer_remove_below(struct bd_sealed_writer *writer, uint32_t top);
void bd_sealed_writer_remove_name(struct bd_sealed_writer *writer, uint32_t name);

#endif
