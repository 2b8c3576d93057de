/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Identifies the value in a request for a template that an error is about: field in struct bd_error. */
#ifndef BD_TEMPLATE_FIELD_H
#define BD_TEMPLATE_FIELD_H

enum bd_template_field {
	BD_TEMPLATE_FIELD_NONE,
	BD_TEMPLATE_FIELD_LIMIT, /* of content */
	BD_TEMPLATE_FIELD_TAG, /* of a container image */
	BD_TEMPLATE_FIELD_PLATFORM, /* likewise */
	BD_TEMPLATE_FIELD_FORM, /* what a disk becomes */
	BD_TEMPLATE_FIELD_PROOF, /* how the source is verified; none is given */
	BD_TEMPLATE_FIELD_CHECKSUM, /* of the source */
	BD_TEMPLATE_FIELD_SIGNATURE, /* likewise */
	BD_TEMPLATE_FIELD_KEYRING, /* with the keys that may have signed */
	BD_TEMPLATE_FIELD_COUNT
};

#endif
