/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Creates a template: its content is written, the system in it is detected, and it is published completely or not
 * at all. */
#ifndef BD_OPS_TEMPLATE_MAKE_H
#define BD_OPS_TEMPLATE_MAKE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "fetch/proof.h"
#include "import/oci/image_choice.h"
#include "rootfs/system.h"
#include "template/manifest.h"
#include "template/store.h"
#include "template/writer/writer.h"

struct bd_template_options {
	uint64_t limit_bytes; /* of content; 0: BD_TEMPLATE_LIMIT_BYTES */
	bool has_network;
	enum bd_network_kind network; /* instead of what is detected */
	bool unique_machine_id, own_grub_cfg; /* also when the template does not say so itself */
	bool shared; /* other users may read it */
	const char *description; /* NULL: none */
	enum bd_sealed_writer_form form; /* what a disk may become */
	struct bd_image_choice image; /* for bd_template_import: which container image of the source */
	struct bd_proof proof; /* for bd_template_import: how the source is verified */
	const char *source_digest; /* for the manifest; NULL: none is known */
};
#define BD_TEMPLATE_LIMIT_BYTES (UINT64_C(64) << 30)

/* Gives the writer a template's entries. */
typedef int (*bd_template_fill)(void *context, struct bd_sealed_writer *writer, struct bd_error *err);

/* "root", "disk". BD_EUSAGE: it is neither. */
int bd_template_form_parse(const char *text, enum bd_sealed_writer_form *form_out, struct bd_error *err);

/* Makes the template from what fill gives. BD_KIND_EXISTS: the name is taken; nothing of it is touched. BD_KIND_IN_USE:
 * somebody else is making it right now. EINVAL: no guest could be made from it (fit.h). source_kind and source_name: for
 * the manifest; source_kind is read when fill has returned. */
int bd_template_make(const struct bd_store *store, const char *name, const char *source_kind, const char *source_name,
		     const struct bd_template_options *options, bd_template_fill fill, void *context,
		     struct bd_manifest *manifest_out, struct bd_error *err);

/* What would be made, found out without making anything. */
struct bd_template_plan {
	char name[BD_TEMPLATE_NAME_SIZE];
	char path[PATH_MAX + BD_TEMPLATE_NAME_SIZE]; /* its folder */
	const char *source_kind; /* "archive", "recipe"; static */
};

/* Checks all of bd_template_make that can be checked before: the name, that it is free, and the folder of templates. */
int bd_template_plan_make(const struct bd_store *store, const char *name, struct bd_template_plan *plan_out,
			  struct bd_error *err);

#endif
