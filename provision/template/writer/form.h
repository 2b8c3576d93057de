/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a source may become: the files of a root filesystem, or a whole disk as it is. */
#ifndef BD_TEMPLATE_WRITER_FORM_H
#define BD_TEMPLATE_WRITER_FORM_H

enum bd_sealed_writer_form { BD_SEALED_WRITER_ROOT, BD_SEALED_WRITER_DISK, BD_SEALED_WRITER_ROOT_OR_DISK };

#endif
