/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads p9 = [ ... ], vtpm = [ ... ], pvcalls = [ ... ], channel = [ ... ] and virtio = [ ... ]. */
#include "libxl/config/devices/services.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "libxl/config/devices/options.h"
#include "libxl/config/set_string.h"

#define P9(member) BD_AT(libxl_device_p9, member)

#ifdef LIBXL_HAVE_XEN_9PFS

static int finish_p9(const struct bd_reader *reader, libxl_device_p9 *p9, struct bd_error *err)
{
	if (p9->type != LIBXL_P9_TYPE_XEN_9PFSD || p9->path)
		return 0;
	if (asprintf(&p9->path, "/var/log/xen/guests/%s", reader->config->c_info.name) >= 0)
		return 0;
	p9->path = NULL;
	return bd_no_memory(err);
}

#else

static int finish_p9(const struct bd_reader *reader, const libxl_device_p9 *p9, struct bd_error *err)
{
	(void)reader;
	if (p9->path && p9->security_model && p9->tag)
		return 0;
	return bd_fail(err, EINVAL, "tag, path and security_model are all needed");
}

#endif

static int read_p9(struct bd_device *device, char *text, struct bd_error *err)
{
	static const struct bd_option options[] = {
		{ "security_model", bd_set_text, P9(security_model) },
		{ "path", bd_set_text, P9(path) },
		{ "tag", bd_set_text, P9(tag) },
		{ "backend", bd_set_text, P9(backend_domname) },
#ifdef LIBXL_HAVE_XEN_9PFS
		{ "type", bd_set_word, P9(type), .words = libxl_p9_type_string_table },
		{ "max-files", bd_set_natural, P9(max_files) },
		{ "max-open-files", bd_set_natural, P9(max_open_files) },
		{ "max-space", bd_set_natural, P9(max_space) },
		{ "auto-delete", bd_set_bool, P9(auto_delete) },
#endif
		{ .name = NULL },
	};
#ifdef LIBXL_HAVE_XEN_9PFS
	static const struct bd_option_style style = { .trims = true };
#else
	static const struct bd_option_style style = { .stops_without_value = true };
#endif
	libxl_domain_config *config = device->reader->config;
	libxl_device_p9 *p9 = BD_ADD(config->p9s, config->num_p9s, libxl_device_p9_init, err);
	device->libxl = p9;
	if (!p9 || bd_read_options(device, text, options, style, err))
		return -1;
	return finish_p9(device->reader, p9, err);
}

static int set_vtpm_uuid(const struct bd_device *device, const struct bd_option *option, const char *value,
			 struct bd_error *err)
{
	if (libxl_uuid_from_string(bd_member(device, option), value))
		return bd_fail(err, EINVAL, "\"%s\" is not a UUID", value);
	return 0;
}

static int read_vtpm(struct bd_device *device, char *text, struct bd_error *err)
{
	static const struct bd_option options[] = {
		{ "backend", bd_set_text, BD_AT(libxl_device_vtpm, backend_domname) },
		{ "uuid", set_vtpm_uuid, BD_AT(libxl_device_vtpm, uuid) },
		{ .name = NULL },
	};
	static const struct bd_option_style style = { .stops_without_value = true };
	libxl_domain_config *config = device->reader->config;
	libxl_device_vtpm *vtpm = BD_ADD_NUMBERED(config->vtpms, config->num_vtpms, libxl_device_vtpm_init, err);
	device->libxl = vtpm;
	if (!vtpm || bd_read_options(device, text, options, style, err))
		return -1;
	return vtpm->backend_domname ? 0 : bd_fail(err, EINVAL, "backend is missing");
}

static int read_pvcalls(struct bd_device *device, char *text, struct bd_error *err)
{
	static const struct bd_option options[] = {
		{ "backend", bd_set_text, BD_AT(libxl_device_pvcallsif, backend_domname) },
		{ .name = NULL },
	};
	static const struct bd_option_style style = { .stops_without_value = true };
	libxl_domain_config *config = device->reader->config;
	device->libxl = BD_ADD_NUMBERED(config->pvcallsifs, config->num_pvcallsifs, libxl_device_pvcallsif_init, err);
	return device->libxl ? bd_read_options(device, text, options, style, err) : -1;
}

/* A channel's path has its place in libxl's struct only once the connection is known to be a socket. */
struct channel {
	libxl_device_channel libxl;
	char *path;
};

static void channel_dispose(struct channel *channel)
{
	libxl_device_channel_dispose(&channel->libxl);
	free(channel->path);
}

static const libxl_enum_string_table connection_words[] = {
	{ "pty", LIBXL_CHANNEL_CONNECTION_PTY },
	{ "socket", LIBXL_CHANNEL_CONNECTION_SOCKET },
	{ NULL, 0 },
};

static int read_channel(struct bd_device *device, char *text, struct bd_error *err)
{
	static const struct bd_option options[] = {
		{ "backend", bd_set_text, BD_AT(struct channel, libxl.backend_domname) },
		{ "name", bd_set_text, BD_AT(struct channel, libxl.name) },
		{ "path", bd_set_text, BD_AT(struct channel, path) },
		{ "connection", bd_set_word, BD_AT(struct channel, libxl.connection), .words = connection_words },
		{ .name = NULL },
	};
	static const struct bd_option_style style = { .trims = true, .ignores_unknown = true };
	libxl_domain_config *config = device->reader->config;
	BD_DISPOSE(channel_dispose) struct channel channel = { 0 };
	libxl_device_channel_init(&channel.libxl);
	device->libxl = &channel;
	if (!*text)
		return bd_fail(err, EINVAL, "connection is missing: it must be pty or socket");
	if (bd_read_options(device, text, options, style, err))
		return -1;
	if (channel.libxl.connection == LIBXL_CHANNEL_CONNECTION_UNKNOWN)
		return bd_fail(err, EINVAL, "connection is missing: it must be pty or socket");
	if (channel.libxl.connection == LIBXL_CHANNEL_CONNECTION_SOCKET && !channel.path)
		return bd_fail(err, EINVAL, "connection=socket needs a path");
	libxl_device_channel *added = BD_ADD(config->channels, config->num_channels, libxl_device_channel_init, err);
	if (!added)
		return -1;
	*added = channel.libxl;
	if (added->connection == LIBXL_CHANNEL_CONNECTION_SOCKET)
		added->u.socket.path = bd_take_ptr(channel.path);
	libxl_device_channel_init(&channel.libxl);
	return 0;
}

#ifdef LIBXL_HAVE_BUILDINFO_ARCH_ARM_SVE_VL /* 4.18, as these devices */

/* "virtio,device22": the comma is the type's. */
static int join_type(char *text, char **joined_out, struct bd_error *err)
{
	static const char mark[] = "type=virtio,";
	char *type = strstr(text, mark);
	*joined_out = strdup(text);
	if (!*joined_out)
		return bd_no_memory(err);
	if (type)
		(*joined_out)[type - text + (long)strlen(mark) - 1] = ';';
	return 0;
}

static int set_virtio_type(const struct bd_device *device, const struct bd_option *option, const char *value,
			   struct bd_error *err)
{
	if (bd_set_text(device, option, value, err))
		return -1;
	char *separator = strchr(*(char **)bd_member(device, option), ';');
	if (separator)
		*separator = ',';
	return 0;
}

static int read_virtio(struct bd_device *device, char *text, struct bd_error *err)
{
	static const struct bd_option options[] = {
		{ "backend", bd_set_text, BD_AT(libxl_device_virtio, backend_domname) },
		{ "type", set_virtio_type, BD_AT(libxl_device_virtio, type) },
		{ "transport", bd_set_word, BD_AT(libxl_device_virtio, transport),
		  .words = libxl_virtio_transport_string_table },
		{ "grant_usage", bd_set_defbool, BD_AT(libxl_device_virtio, grant_usage) },
		{ .name = NULL },
	};
	static const struct bd_option_style style = { 0 };
	libxl_domain_config *config = device->reader->config;
	BD_FREE char *joined = NULL;
	device->libxl = BD_ADD_NUMBERED(config->virtios, config->num_virtios, libxl_device_virtio_init, err);
	if (!device->libxl || join_type(text, &joined, err))
		return -1;
	return bd_read_options(device, joined, options, style, err);
}

static int read_virtios(struct bd_reader *reader, struct bd_error *err)
{
	return bd_read_each(reader, "virtio", read_virtio, err);
}

#else

static int read_virtios(struct bd_reader *reader, struct bd_error *err)
{
	(void)reader;
	(void)err;
	return 0;
}

#endif

int bd_read_services(struct bd_reader *reader, struct bd_error *err)
{
	if (bd_read_each(reader, "p9", read_p9, err) || bd_read_each(reader, "vtpm", read_vtpm, err) ||
	    bd_read_each(reader, "pvcalls", read_pvcalls, err) || bd_read_each(reader, "channel", read_channel, err))
		return -1;
	return read_virtios(reader, err);
}
