/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the config reader share: config.c (the table of keys), values.c (keys that are one plain
 * value), guest.c and hvm.c (keys that need a thought), devices.c (disk, vif). */
#ifndef BD_LIBXL_CONFIG_READER_H
#define BD_LIBXL_CONFIG_READER_H

#include "libxl/config/config.h"
#include "libxl/config/faults.h"
#include "libxl/config/source.h"

enum {
	BD_PV = 1 << 0,
	BD_PVH = 1 << 1,
	BD_HVM = 1 << 2,
	BD_ANY = BD_PV | BD_PVH | BD_HVM,
};

struct bd_reader {
	struct bd_source source;
	const struct bd_config_env *env;
	libxl_domain_config *config;
	struct bd_faults faults;
	bool has_type; /* false: it was refused, and what depends on it is not looked at */
};

/* Around each step of the reading, so that one fault does not hide the next: see bd_faults_keep. */
static inline int bd_try(struct bd_reader *reader, int r, struct bd_error *err)
{
	return bd_faults_keep(&reader->faults, &reader->source, r, err);
}

/* A row of the table of keys. */
struct bd_key {
	const char *name;
	unsigned types; /* the guest types for which the key means something */
	int (*read)(struct bd_reader *reader, const struct bd_key *key, struct bd_error *err);
	size_t offset; /* of the value in libxl_domain_config, for the readers of values.c */
	long minimum, maximum;
};

/* values.c: each is called only when the key is used, and fails with the key's line. */
int bd_read_string(struct bd_reader *reader, const struct bd_key *key, struct bd_error *err); /* char * */
int bd_read_defbool(struct bd_reader *reader, const struct bd_key *key, struct bd_error *err); /* libxl_defbool */
int bd_read_int(struct bd_reader *reader, const struct bd_key *key, struct bd_error *err); /* int, uint32_t */
int bd_read_mib(struct bd_reader *reader, const struct bd_key *key, struct bd_error *err); /* uint64_t KiB */
int bd_read_action(struct bd_reader *reader, const struct bd_key *key, struct bd_error *err);

/* For the readers of more: *value_out stays as it is when the key is not used; EINVAL for the wrong form. */
int bd_get_string(struct bd_reader *reader, const char *key, const char **value_out, struct bd_error *err);
int bd_get_long(struct bd_reader *reader, const char *key, long minimum, long maximum, long *value_out,
		struct bd_error *err);
/* A list of strings; *count_out is 0 when the key is not used. */
int bd_get_list(struct bd_reader *reader, const char *key, XLU_ConfigList **list_out, int *count_out,
		struct bd_error *err);
/* A list of strings or one string, as two keys of xl can be written; at most one is set. */
int bd_get_list_or_string(struct bd_reader *reader, const char *key, libxl_string_list *list_out,
			  const char **string_out, struct bd_error *err);
bool bd_is_used(const struct bd_reader *reader, const char *key);
/* strdup with an error. Frees what was there. */
int bd_set_string(char **member, const char *value, struct bd_error *err);

/* guest.c, hvm.c and devices.c: run for every config, in xl's order. */
int bd_read_identity(struct bd_reader *reader, struct bd_error *err); /* type name uuid */
int bd_read_vcpus(struct bd_reader *reader, struct bd_error *err); /* vcpus maxvcpus */
int bd_read_affinity(struct bd_reader *reader, struct bd_error *err); /* cpus, and xl.conf's masks */
int bd_read_boot(struct bd_reader *reader, struct bd_error *err); /* cmdline root extra bootloader_args firmware */
int bd_read_hvm(struct bd_reader *reader, struct bd_error *err); /* serial usbdevice vga device_model_version */
int bd_read_disks(struct bd_reader *reader, struct bd_error *err);
int bd_read_vifs(struct bd_reader *reader, struct bd_error *err);

#endif
