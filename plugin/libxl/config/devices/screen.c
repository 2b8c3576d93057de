/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads vfb = [ ... ], vkb = [ ... ], vdispl = [ ... ], and the keys vnc, sdl and their like outside of lists. */
#include "libxl/config/devices/screen.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libxl/config/devices/options.h"
#include "libxl/config/pairs.h"
#include "libxl/config/set_string.h"
#include "libxl/config/values.h"

/* Each framebuffer comes with a keyboard. */
static libxl_device_vfb *add_vfb(libxl_domain_config *config, struct bd_error *err)
{
	if (!BD_ADD_NUMBERED(config->vkbs, config->num_vkbs, libxl_device_vkb_init, err))
		return NULL;
	return BD_ADD_NUMBERED(config->vfbs, config->num_vfbs, libxl_device_vfb_init, err);
}

static int read_vfb(struct bd_device *device, char *text, struct bd_error *err)
{
#define AT(member) BD_AT(libxl_device_vfb, member)
	static const struct bd_option options[] = {
		{ "vnc", bd_set_defbool, AT(vnc.enable) },
		{ "vnclisten", bd_set_text, AT(vnc.listen) },
		{ "vncpasswd", bd_set_text, AT(vnc.passwd) },
		{ "vncdisplay", bd_set_int, AT(vnc.display) },
		{ "vncunused", bd_set_defbool, AT(vnc.findunused) },
		{ "keymap", bd_set_text, AT(keymap) },
		{ "sdl", bd_set_defbool, AT(sdl.enable) },
		{ "opengl", bd_set_defbool, AT(sdl.opengl) },
		{ "display", bd_set_text, AT(sdl.display) },
		{ "xauthority", bd_set_text, AT(sdl.xauthority) },
		{ .name = NULL },
	};
#undef AT
	static const struct bd_option_style style = { .ignores_unknown = true, .stops_without_value = true };
	device->libxl = add_vfb(device->reader->config, err);
	return device->libxl ? bd_read_options(device, text, options, style, err) : -1;
}

int bd_read_vfbs(struct bd_reader *reader, struct bd_error *err)
{
	return bd_read_each(reader, "vfb", read_vfb, err);
}

/* The keys outside of lists: libxl has a place for them in the framebuffer of a PV guest, and in the machine of an HVM
 * guest. */
struct screen {
	libxl_vnc_info *vnc;
	libxl_sdl_info *sdl;
	char **keymap;
};

static int fill_screen(struct bd_reader *reader, const struct screen *screen, struct bd_error *err)
{
	long display = 0;
	bd_copy_defbool(reader, "vnc", &screen->vnc->enable);
	bd_copy_defbool(reader, "vncunused", &screen->vnc->findunused);
	bd_copy_defbool(reader, "sdl", &screen->sdl->enable);
	bd_copy_defbool(reader, "opengl", &screen->sdl->opengl);
	if (bd_get_long(reader, "vncdisplay", &display))
		screen->vnc->display = (int)display;
	if (bd_copy_string(reader, "vnclisten", &screen->vnc->listen, err) ||
	    bd_copy_string(reader, "vncpasswd", &screen->vnc->passwd, err) ||
	    bd_copy_string(reader, "display", &screen->sdl->display, err) ||
	    bd_copy_string(reader, "xauthority", &screen->sdl->xauthority, err))
		return -1;
	return bd_copy_string(reader, "keymap", screen->keymap, err);
}

static int read_hvm_screen(struct bd_reader *reader, struct bd_error *err)
{
	libxl_domain_build_info *build = &reader->config->b_info;
	const libxl_vnc_info *vnc = &build->u.hvm.vnc;
	if (fill_screen(reader, &(struct screen){ &build->u.hvm.vnc, &build->u.hvm.sdl, &build->u.hvm.keymap }, err))
		return -1;
	if (vnc->listen && vnc->display && strchr(vnc->listen, ':'))
		return bd_source_fail(&reader->source, "vncdisplay", err,
				      "vnclisten and vncdisplay both set the display: keep one");
	return 0;
}

/* One line for all of them. */
static void warn_of_ignored(struct bd_reader *reader, const char *why)
{
	static const char *const keys[] = { "vnc", "vnclisten", "vncpasswd", "vncdisplay", "vncunused",
					    "sdl", "opengl",	"display",   "xauthority", "keymap" };
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (bd_is_used(reader, keys[i])) {
			bd_reader_warn(reader, keys[i], "%s and what belongs to it is ignored, as xl does: %s",
				       keys[i], why);
			return;
		}
}

static int read_pv_screen(struct bd_reader *reader, struct bd_error *err)
{
	libxl_domain_config *config = reader->config;
	long vnc = 0;
	if (config->num_vfbs) {
		warn_of_ignored(reader, "vfb is there");
		return 0;
	}
	if (!bd_get_long(reader, "vnc", &vnc) || !vnc) {
		/* That there is no screen is what vnc = 0 says. */
		if (!bd_is_used(reader, "vnc"))
			warn_of_ignored(reader, "a PV guest has a screen with vnc = 1 or vfb");
		return 0;
	}
	libxl_device_vfb *vfb = add_vfb(config, err);
	return vfb ? fill_screen(reader, &(struct screen){ &vfb->vnc, &vfb->sdl, &vfb->keymap }, err) : -1;
}

int bd_read_screen(struct bd_reader *reader, struct bd_error *err)
{
	switch (reader->config->c_info.type) {
	case LIBXL_DOMAIN_TYPE_HVM:
		return read_hvm_screen(reader, err);
	case LIBXL_DOMAIN_TYPE_PV:
		return read_pv_screen(reader, err);
	default:
		return 0;
	}
}

static int read_vkb(struct bd_device *device, char *text, struct bd_error *err)
{
#define AT(member) BD_AT(libxl_device_vkb, member)
	static const struct bd_option options[] = {
		{ "backend-type", bd_set_word, AT(backend_type), .words = libxl_vkb_backend_string_table },
		{ "backend", bd_set_text, AT(backend_domname) },
		{ "unique-id", bd_set_text, AT(unique_id) },
		{ "feature-disable-keyboard", bd_set_bool, AT(feature_disable_keyboard) },
		{ "feature-disable-pointer", bd_set_bool, AT(feature_disable_pointer) },
		{ "feature-abs-pointer", bd_set_bool, AT(feature_abs_pointer) },
		{ "feature-raw-pointer", bd_set_bool, AT(feature_raw_pointer) },
		{ "feature-multi-touch", bd_set_bool, AT(feature_multi_touch) },
		{ "multi-touch-width", bd_set_u32, AT(multi_touch_width) },
		{ "multi-touch-height", bd_set_u32, AT(multi_touch_height) },
		{ "multi-touch-num-contacts", bd_set_u32, AT(multi_touch_num_contacts) },
		{ "width", bd_set_u32, AT(width) },
		{ "height", bd_set_u32, AT(height) },
		{ .name = NULL },
	};
#undef AT
	static const struct bd_option_style style = { 0 };
	libxl_domain_config *config = device->reader->config;
	libxl_device_vkb *vkb = BD_ADD_NUMBERED(config->vkbs, config->num_vkbs, libxl_device_vkb_init, err);
	device->libxl = vkb;
	if (!vkb || bd_read_options(device, text, options, style, err))
		return -1;
	if (vkb->backend_type == LIBXL_VKB_BACKEND_UNKNOWN)
		return bd_fail(err, EINVAL, "backend-type is missing: it must be qemu or linux");
	bool has_size = vkb->multi_touch_width || vkb->multi_touch_height || vkb->multi_touch_num_contacts;
	if (vkb->feature_multi_touch && !has_size)
		return bd_fail(err, EINVAL,
			       "feature-multi-touch needs multi-touch-width, multi-touch-height and "
			       "multi-touch-num-contacts");
	vkb->feature_multi_touch = has_size;
	return 0;
}

int bd_read_vkbs(struct bd_reader *reader, struct bd_error *err)
{
	return bd_read_each(reader, "vkb", read_vkb, err);
}

/* "id0:1920x1080;id1:800x600" */
static int set_connectors(const struct bd_device *device, const struct bd_option *option, const char *value,
			  struct bd_error *err)
{
	libxl_device_vdispl *vdispl = device->libxl;
	const char *at = value;
	(void)option;
	while (*(at += strspn(at, ";"))) {
		size_t length = strcspn(at, ";");
		const char *colon = memchr(at, ':', length);
		libxl_connector_param *connector =
			BD_ADD(vdispl->connectors, vdispl->num_connectors, libxl_connector_param_init, err);
		if (!connector)
			return -1;
		if (!colon || sscanf(colon + 1, "%ux%u", &connector->width, &connector->height) != 2)
			return bd_fail(err, EINVAL, "connectors=%s: must be ID:WIDTHxHEIGHT;...", value);
		connector->unique_id = strndup(at, (size_t)(colon - at));
		if (!connector->unique_id)
			return bd_no_memory(err);
		at += length;
	}
	return 0;
}

static int read_vdispl(struct bd_device *device, char *text, struct bd_error *err)
{
	static const struct bd_option options[] = {
		{ "backend", bd_set_text, BD_AT(libxl_device_vdispl, backend_domname) },
		{ "be-alloc", bd_set_bool, BD_AT(libxl_device_vdispl, be_alloc) },
		{ .name = "connectors", .set = set_connectors },
		{ .name = NULL },
	};
	static const struct bd_option_style style = { 0 };
	libxl_domain_config *config = device->reader->config;
	libxl_device_vdispl *vdispl =
		BD_ADD_NUMBERED(config->vdispls, config->num_vdispls, libxl_device_vdispl_init, err);
	device->libxl = vdispl;
	if (!vdispl || bd_read_options(device, text, options, style, err))
		return -1;
	return vdispl->num_connectors ? 0 : bd_fail(err, EINVAL, "connectors is missing");
}

int bd_read_vdispl(struct bd_reader *reader, struct bd_error *err)
{
	return bd_read_each(reader, "vdispl", read_vdispl, err);
}
