/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Creates a template from a stream: entries by path, and the content of files as it arrives. The result is in the
 * format of rootfs/sealed.h; memory grows only with the number of entries, by about 50 bytes each. */
#ifndef BD_TEMPLATE_WRITER_WRITER_H
#define BD_TEMPLATE_WRITER_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "rootfs/file_meta.h"
#include "rootfs/sealed.h"
#include "template/writer/form.h"
#include "template/writer/totals.h"

struct bd_sealed_writer;

/* folder: where unnamed temporary files are made (O_TMPFILE). limit_bytes: of content, without holes. */
int bd_sealed_writer_begin(const char *folder, uint64_t limit_bytes, struct bd_sealed_writer **writer_out,
			   struct bd_error *err);
void bd_sealed_writer_free(struct bd_sealed_writer **pointer); /* idempotent */

/* From here on what is there already is replaced (a directory by a directory keeps its entries), as layers do. Before,
 * a second entry of a path is EINVAL, but for directories, of which the last one's owner, mode and times count. */
void bd_sealed_writer_allow_replacing(struct bd_sealed_writer *writer);
/* The same, for a layer of a container image; to be called before the first entry of the first layer. Paths are then
 * taken as umoci takes them, and never lead out of the root: an absolute one begins at the root, and what lies below a
 * symlink goes where that leads to, from the root where it is absolute. */
void bd_sealed_writer_begin_layer(struct bd_sealed_writer *writer);

/* Until then, from here on: the last entry of a path counts, as it does where tar unpacks an archive that was appended to.
 * A directory with something in it does not give way to anything else. */
void bd_sealed_writer_allow_repeating(struct bd_sealed_writer *writer);
/* How many entries gave way so. first_out: the path of the first of them, for a message. */
uint64_t bd_sealed_writer_repeated(const struct bd_sealed_writer *writer, const char **first_out);

/* What an archive grows to, against what has been read of it. No root filesystem is BD_SEALED_WRITER_GROWTH_RATIO times as large as
 * its archive, zeros and holes apart, which take no room here; EFBIG beyond that and BD_SEALED_WRITER_GROWTH_FREE_BYTES. */
#define BD_SEALED_WRITER_GROWTH_RATIO 200
#define BD_SEALED_WRITER_GROWTH_FREE_BYTES (UINT64_C(256) << 20)
int bd_sealed_writer_check_growth(const struct bd_sealed_writer *writer, uint64_t source_bytes, struct bd_error *err);
/* The most content that is taken of a source of so many bytes. */
uint64_t bd_sealed_writer_content_max(const struct bd_sealed_writer *writer, uint64_t source_bytes);
/* One archive of several has come to its end. */
void bd_sealed_writer_end_source(struct bd_sealed_writer *writer, uint64_t source_bytes);
/* What is read is unpacked already, by another program, from something of so many bytes: these count, and not what is read. */
void bd_sealed_writer_set_packed(struct bd_sealed_writer *writer, uint64_t packed_bytes);
/* Whoever has set the limit himself knows what is to come. */
void bd_sealed_writer_allow_any_growth(struct bd_sealed_writer *writer);

/* path: as archives have it: "etc/passwd", "./etc/passwd", "etc/" for a directory, "." for the root. An absolute path, a
 * "..", a parent that is no directory, a name over 255 bytes: EINVAL, ENOTDIR, ENAMETOOLONG. Parents that are missing
 * are made (root:root 0755). The path may have any bytes but NUL; messages show it in a printable form. */
int bd_sealed_writer_add(struct bd_sealed_writer *writer, const char *path, const struct bd_file_meta *meta,
			 struct bd_error *err);
/* Content of the regular file that was added last, at rising offsets; what is left out, or zeros, are holes. */
int bd_sealed_writer_data(struct bd_sealed_writer *writer, uint64_t offset_bytes, const void *data, size_t size_bytes,
			  struct bd_error *err);
/* One more name for a file that is there already. EINVAL: it is not. */
int bd_sealed_writer_link(struct bd_sealed_writer *writer, const char *path, const char *target_path,
			  struct bd_error *err);
/* The same for what came before the last bd_sealed_writer_allow_replacing only: the whiteouts of a layer do not take away what
 * the layer itself brings, in whatever order it does. */
int bd_sealed_writer_whiteout(struct bd_sealed_writer *writer, const char *path, bool children_only,
			      struct bd_error *err);
/* Takes a path, and all below it, away again; fine when it is not there. children_only: the directory itself stays. */
int bd_sealed_writer_remove(struct bd_sealed_writer *writer, const char *path, bool children_only,
			    struct bd_error *err);

/* At first BD_SEALED_WRITER_ROOT. */
void bd_sealed_writer_set_form(struct bd_sealed_writer *writer, enum bd_sealed_writer_form form);
enum bd_sealed_writer_form bd_sealed_writer_form(const struct bd_sealed_writer *writer);

/* Writes the index. The sealed root is open for reading then, on the writer's unnamed files, which bd_sealed_writer_publish names. */
int bd_sealed_writer_finish(struct bd_sealed_writer *writer, struct bd_sealed *sealed_out,
			    struct bd_sealed_writer_totals *totals_out, struct bd_error *err);
/* Gives the files their names in an open folder: "tree" and "payload", their content on disk when this returns; the
 * names are once the caller has synced the folder. */
int bd_sealed_writer_publish(struct bd_sealed_writer *writer, int folder_fd, struct bd_error *err);

#endif
