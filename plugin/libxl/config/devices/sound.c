/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads vsnd = [ [ "card, ...", "pcm, ...", "stream, ..." ], ... ]: a list for each card. */
#include "libxl/config/devices/sound.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "libxl/config/devices/options.h"
#include "libxl/config/values.h"

/* "44100;48000" */
static int set_rates(const struct bd_device *device, const struct bd_option *option, const char *value,
		     struct bd_error *err)
{
	libxl_vsnd_params *params = bd_member(device, option);
	for (const char *at = value; *(at += strspn(at, ";")); at += strcspn(at, ";")) {
		if (bd_array_grow(params->sample_rates, (size_t)params->num_sample_rates, err))
			return -1;
		params->sample_rates[params->num_sample_rates++] = (uint32_t)strtoul(at, NULL, 0);
	}
	return 0;
}

/* "s8;u8;s16_le" */
static int set_formats(const struct bd_device *device, const struct bd_option *option, const char *value,
		       struct bd_error *err)
{
	libxl_vsnd_params *params = bd_member(device, option);
	BD_FREE char *copy = strdup(value);
	char *rest = NULL;
	if (!copy)
		return bd_no_memory(err);
	for (char *word = strtok_r(copy, ";", &rest); word; word = strtok_r(NULL, ";", &rest)) {
		int format = 0;
		if (bd_parse_word(word, libxl_vsnd_pcm_format_string_table, &format, err) ||
		    bd_array_grow(params->sample_formats, (size_t)params->num_sample_formats, err))
			return -1;
		params->sample_formats[params->num_sample_formats++] = (libxl_vsnd_pcm_format)format;
	}
	return 0;
}

/* What cards, their PCM devices and the streams of these have in common. */
#define PARAMETERS(type) \
	{ "sample-rates", set_rates, BD_AT(type, params) }, { "sample-formats", set_formats, BD_AT(type, params) }, \
		{ "channels-min", bd_set_u32, BD_AT(type, params.channels_min) }, \
		{ "channels-max", bd_set_u32, BD_AT(type, params.channels_max) }, \
	{ \
		"buffer-size", bd_set_u32, BD_AT(type, params.buffer_size) \
	}

static const struct bd_option card_options[] = {
	PARAMETERS(libxl_device_vsnd),
	{ "backend", bd_set_text, BD_AT(libxl_device_vsnd, backend_domname) },
	{ "short-name", bd_set_text, BD_AT(libxl_device_vsnd, short_name) },
	{ "long-name", bd_set_text, BD_AT(libxl_device_vsnd, long_name) },
	{ .name = NULL },
};

static const struct bd_option pcm_options[] = {
	PARAMETERS(libxl_vsnd_pcm),
	{ "name", bd_set_text, BD_AT(libxl_vsnd_pcm, name) },
	{ .name = NULL },
};

static const struct bd_option stream_options[] = {
	PARAMETERS(libxl_vsnd_stream),
	{ "unique-id", bd_set_text, BD_AT(libxl_vsnd_stream, unique_id) },
	{ "type", bd_set_word, BD_AT(libxl_vsnd_stream, type), .words = libxl_vsnd_stream_type_string_table },
	{ .name = NULL },
};

static int add_pcm(libxl_device_vsnd *card, struct bd_error *err)
{
	return BD_ADD(card->pcms, card->num_vsnd_pcms, libxl_vsnd_pcm_init, err) ? 0 : -1;
}

/* A stream belongs to the last PCM device, which need not have been said. */
static void *add_stream(libxl_device_vsnd *card, struct bd_error *err)
{
	if (!card->num_vsnd_pcms && add_pcm(card, err))
		return NULL;
	libxl_vsnd_pcm *pcm = &card->pcms[card->num_vsnd_pcms - 1];
	return BD_ADD(pcm->streams, pcm->num_vsnd_streams, libxl_vsnd_stream_init, err);
}

/* The first word says what the rest is about. */
static int read_item(struct bd_device *device, libxl_device_vsnd *card, char *text, struct bd_error *err)
{
	static const struct bd_option_style style = { 0 };
	char *rest = NULL;
	char *word = strtok_r(text, ",", &rest);
	if (!word)
		return 0;
	word += strspn(word, " ");
	const struct bd_option *options = card_options;
	device->libxl = card;
	if (!strcasecmp(word, "pcm")) {
		options = pcm_options;
		device->libxl = add_pcm(card, err) ? NULL : &card->pcms[card->num_vsnd_pcms - 1];
	} else if (!strcasecmp(word, "stream")) {
		options = stream_options;
		device->libxl = add_stream(card, err);
	} else if (strcasecmp(word, "card") != 0) {
		return bd_fail(err, EINVAL, "\"%s\": must be card, pcm or stream", word);
	}
	return device->libxl ? bd_read_options(device, rest, options, style, err) : -1;
}

static int read_card(struct bd_device *device, XLU_ConfigValue *value, struct bd_error *err)
{
	libxl_domain_config *config = device->reader->config;
	XLU_ConfigList *items = NULL;
	if (xlu_cfg_value_get_list(device->reader->source.xlu, value, &items, 1))
		return bd_fail(err, EINVAL, "it must be a list: [ \"card, ...\", \"pcm, ...\", \"stream, ...\" ]");
	libxl_device_vsnd *card = BD_ADD_NUMBERED(config->vsnds, config->num_vsnds, libxl_device_vsnd_init, err);
	if (!card)
		return -1;
	const char *text;
	for (int i = 0; (text = xlu_cfg_get_listitem(items, i)); i++) {
		BD_FREE char *copy = strdup(text);
		if (!copy)
			return bd_no_memory(err);
		if (read_item(device, card, copy, err))
			return -1;
	}
	return 0;
}

int bd_read_vsnd(struct bd_reader *reader, struct bd_error *err)
{
	XLU_ConfigList *list = NULL;
	XLU_ConfigValue *value;
	if (xlu_cfg_get_list(reader->source.xlu, "vsnd", &list, NULL, 1) == EINVAL)
		bd_reader_warn(reader, "vsnd", "vsnd must be a list of lists: ignored, as xl does");
	for (int i = 0; list && (value = xlu_cfg_get_listitem2(list, i)); i++) {
		struct bd_device device = { .reader = reader, .key = "vsnd", .number = i + 1 };
		struct bd_error why = BD_ERROR_INIT;
		if (read_card(&device, value, &why))
			return bd_reader_fail_item(reader, "vsnd", i + 1, &why, err);
	}
	return 0;
}
