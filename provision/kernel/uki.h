/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Unified kernel images: a kernel, an initrd, a command line and what describes them, as sections of one EFI program (UAPI.5,
 * https://uapi-group.org/specifications/specs/unified_kernel_image/). The program itself and signatures are not looked at: what boots
 * by Xen has no Secure Boot. */
#ifndef BD_KERNEL_UKI_H
#define BD_KERNEL_UKI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/pe.h"
#include "kernel/stream.h"

enum bd_uki_part {
	BD_UKI_LINUX, /* a bzImage */
	BD_UKI_INITRD,
	BD_UKI_UCODE, /* an initrd that comes before all others */
	BD_UKI_CMDLINE, /* text */
	BD_UKI_OSREL, /* as os-release(5) */
	BD_UKI_UNAME, /* as "uname -r" would say it */
	BD_UKI_PROFILE, /* as os-release(5), with ID and TITLE */
	BD_UKI_PARTS
};

struct bd_uki_section {
	bool is_there; /* it may be empty all the same */
	uint64_t offset_bytes, size_bytes; /* within the file */
};

/* What one entry of the menu boots: the sections of a profile, and those of the base profile that it has none of. */
struct bd_uki_profile {
	struct bd_uki_section parts[BD_UKI_PARTS];
};

struct bd_uki {
	struct bd_uki_profile
		profiles[BD_PE_SECTIONS_MAX]; /* "@0" first, which is the default; BD_UKI_LINUX of each is there */
	size_t profile_count; /* > 0: an image without profiles has the base profile here */
};

/* ENOEXEC: it is no PE32+ image, or has no .linux section (an "addon" has none). EINVAL: damaged, as bd_pe_read says; a section is
 * there twice in one profile; or two of the sections above overlap. ENOTSUP: it is for another kind of machine than x86-64. */
int bd_uki_read(const struct bd_kernel_source *source, struct bd_uki *uki_out, struct bd_error *err);

#define BD_UKI_TEXT_MAX 4096 /* of each text, with its NUL */

/* What its sections say; each is owned, and NULL where they say nothing. It is not trusted: it is UTF-8 or not, but has no control
 * characters (where the sections have some, there are spaces). */
struct bd_uki_texts {
	/* By the rules of systemd-boot for entries of type 2 (bootspec_pick_name_version_sort_key): the first that os-release has of
	 * PRETTY_NAME, IMAGE_ID, NAME, ID; of IMAGE_VERSION, VERSION, VERSION_ID, BUILD_ID; of IMAGE_ID, ID. The Boot Loader Specification
	 * itself (UAPI.1, "Type #2") names the first and VERSION_ID. The title of a profile, or else its ID, stands in brackets behind the
	 * title, as systemd has it; where there is no os-release, the title is NULL, and a menu takes the file's name. */
	char *title, *version, *sort_key;
	char *uname;
	char *profile_id;
	char *cmdline; /* NULL: there is no section: arguments may come from elsewhere. "": there is, and it is empty */
};

/* Of profiles[profile]. E2BIG: a text is longer than BD_UKI_TEXT_MAX, or a section that has texts than 64 KiB. */
int bd_uki_texts_read(const struct bd_kernel_source *source, const struct bd_uki *uki, size_t profile,
		      struct bd_uki_texts *texts_out, struct bd_error *err);
void bd_uki_texts_dispose(struct bd_uki_texts *texts); /* idempotent */

#endif
