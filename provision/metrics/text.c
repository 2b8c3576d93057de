/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes metrics as text into memory. */
#include "metrics/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/printable.h"

void bd_metrics_dispose(struct bd_metrics *metrics)
{
	free(metrics->text);
	*metrics = (struct bd_metrics){ 0 };
}

static void put(struct bd_metrics *metrics, const char *text, size_t length)
{
	struct bd_error err;

	if (metrics->out_of_memory ||
	    bd_array_reserve(metrics->text, metrics->room, metrics->used + length + 1, &err) != 0) {
		metrics->out_of_memory = true;
		return;
	}
	memcpy(metrics->text + metrics->used, text, length);
	metrics->used += length;
	metrics->text[metrics->used] = '\0';
}

static void put_text(struct bd_metrics *metrics, const char *text)
{
	put(metrics, text, strlen(text));
}

static bool is_control(const char *text, size_t length)
{
	const unsigned char *at = (const unsigned char *)text;

	return length == 1 ? *at < ' ' || *at == 0x7f : length == 2 && at[0] == 0xc2 && at[1] < 0xa0;
}

/* As what put_value makes of a byte. */
static bool is_escape(const char *text)
{
	static const char digits[] = "0123456789abcdef";

	return text[0] == '\\' && text[1] == 'x' && text[2] && strchr(digits, text[2]) && text[3] &&
	       strchr(digits, text[3]);
}

/* No two values become one: what looks like an escape has its backslash escaped. */
static void put_value(struct bd_metrics *metrics, const char *value)
{
	char byte[8];

	while (*value) {
		size_t length = bd_utf8_length(value);
		if (is_escape(value))
			put_text(metrics, "\\\\x5c");
		else if (*value == '\\' || *value == '"' || *value == '\n')
			put_text(metrics, *value == '\\' ? "\\\\" : *value == '"' ? "\\\"" : "\\n");
		else if (length && !is_control(value, length))
			put(metrics, value, length);
		else {
			length = 1;
			snprintf(byte, sizeof(byte), "\\\\x%02x", (unsigned char)*value);
			put_text(metrics, byte);
		}
		value += length;
	}
}

void bd_metrics_family(struct bd_metrics *metrics, enum bd_metric_type type, const char *name, const char *help)
{
	metrics->name = name;
	put_text(metrics, "# HELP ");
	put_text(metrics, name);
	put_text(metrics, " ");
	put_text(metrics, help);
	put_text(metrics, "\n# TYPE ");
	put_text(metrics, name);
	put_text(metrics, type == BD_METRIC_COUNTER ? " counter\n" : " gauge\n");
}

static void put_head(struct bd_metrics *metrics, const struct bd_metric_label *labels)
{
	put_text(metrics, metrics->name);
	for (size_t i = 0; labels && labels[i].name; i++) {
		put_text(metrics, i ? "," : "{");
		put_text(metrics, labels[i].name);
		put_text(metrics, "=\"");
		put_value(metrics, labels[i].value ? labels[i].value : "");
		put_text(metrics, "\"");
	}
	put_text(metrics, labels && labels[0].name ? "} " : " ");
}

void bd_metrics_uint(struct bd_metrics *metrics, const struct bd_metric_label *labels, uint64_t value)
{
	char text[32];

	put_head(metrics, labels);
	snprintf(text, sizeof(text), "%" PRIu64 "\n", value);
	put_text(metrics, text);
}

void bd_metrics_double(struct bd_metrics *metrics, const struct bd_metric_label *labels, double value)
{
	char text[64];

	put_head(metrics, labels);
	snprintf(text, sizeof(text), "%.12g\n", value);
	put_text(metrics, isnan(value) ? "NaN\n" : isinf(value) ? (value > 0 ? "+Inf\n" : "-Inf\n") : text);
}

int bd_metrics_finish(struct bd_metrics *metrics, char **text_out, struct bd_error *err)
{
	if (metrics->out_of_memory || !metrics->text)
		return bd_no_memory(err);
	*text_out = metrics->text;
	*metrics = (struct bd_metrics){ 0 };
	return 0;
}
