/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads ioports, irqs, iomem, llc_colors and cpuid. */
#include "libxl/config/resources.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "libxl/config/values.h"

/* Calls read for each item; what it finds wrong is told with the key's line. */
static int read_items(struct bd_reader *reader, const char *key, XLU_ConfigList *list, int count,
		      int (*read)(struct bd_reader *reader, const char *text, int i, struct bd_error *err),
		      struct bd_error *err)
{
	for (int i = 0; i < count; i++) {
		struct bd_error why = BD_ERROR_INIT;
		if (read(reader, xlu_cfg_get_listitem(list, i), i, &why) &&
		    bd_try(reader, bd_reader_fail_item(reader, key, i + 1, &why, err), err))
			return -1;
	}
	return 0;
}

static int read_ioport(struct bd_reader *reader, const char *text, int i, struct bd_error *err)
{
	char *end;
	unsigned long first = strtoul(text, &end, 16), last = first;
	bool good = end != text;
	if (good && *end == '-') {
		const char *second = end + 1;
		last = strtoul(second, &end, 16);
		good = end != second && !*end && last >= first;
	} else if (*end) {
		bd_reader_warn(reader, "ioports", "ioports %d: \"%s\" behind the port is ignored, as xl does", i + 1,
			       end);
	}
	if (!good || first >= UINT32_MAX || last >= UINT32_MAX)
		return bd_fail(err, EINVAL, "\"%s\" is not a port or a range of ports in hexadecimal, like 2f8-2ff",
			       text);
	reader->config->b_info.ioports[i].first = (uint32_t)first;
	reader->config->b_info.ioports[i].number = (uint32_t)(last - first + 1);
	return 0;
}

static int read_irq(struct bd_reader *reader, const char *text, int i, struct bd_error *err)
{
	char *end;
	unsigned long irq = strtoul(text, &end, 10);
	if (end == text || *end || irq >= UINT32_MAX)
		return bd_fail(err, EINVAL, "\"%s\" is not the number of an interrupt", text);
	reader->config->b_info.irqs[i] = (uint32_t)irq;
	return 0;
}

static int read_iomem_range(struct bd_reader *reader, const char *text, int i, struct bd_error *err)
{
	libxl_iomem_range *range = &reader->config->b_info.iomem[i];
	int used = 0;
	libxl_iomem_range_init(range);
	int got = sscanf(text, "%" SCNx64 ",%" SCNx64 "%n@%" SCNx64 "%n", &range->start, &range->number, &used,
			 &range->gfn, &used);
	if (got < 2 || text[used])
		return bd_fail(err, EINVAL, "\"%s\" is not START,NUMBER[@GFN] in hexadecimal", text);
	return 0;
}

static int read_ioports(struct bd_reader *reader, struct bd_error *err)
{
	libxl_domain_build_info *build = &reader->config->b_info;
	XLU_ConfigList *list = NULL;
	bd_get_list(reader, "ioports", &list, &build->num_ioports);
	build->ioports = calloc((size_t)build->num_ioports + 1, sizeof(*build->ioports));
	if (!build->ioports)
		return bd_no_memory(err);
	return read_items(reader, "ioports", list, build->num_ioports, read_ioport, err);
}

static int read_irqs(struct bd_reader *reader, struct bd_error *err)
{
	libxl_domain_build_info *build = &reader->config->b_info;
	XLU_ConfigList *list = NULL;
	bd_get_list(reader, "irqs", &list, &build->num_irqs);
	build->irqs = calloc((size_t)build->num_irqs + 1, sizeof(*build->irqs));
	if (!build->irqs)
		return bd_no_memory(err);
	return read_items(reader, "irqs", list, build->num_irqs, read_irq, err);
}

static int read_iomem(struct bd_reader *reader, struct bd_error *err)
{
	libxl_domain_build_info *build = &reader->config->b_info;
	XLU_ConfigList *list = NULL;
	bd_get_list(reader, "iomem", &list, &build->num_iomem);
	build->iomem = calloc((size_t)build->num_iomem + 1, sizeof(*build->iomem));
	if (!build->iomem)
		return bd_no_memory(err);
	return read_items(reader, "iomem", list, build->num_iomem, read_iomem_range, err);
}

#ifdef LIBXL_HAVE_BUILDINFO_LLC_COLORS

/* More than any cache has; keeps a mistyped range from becoming a huge list. */
#define LLC_COLOR_LIMIT 65536u

static int read_llc_color(struct bd_reader *reader, const char *text, int i, struct bd_error *err)
{
	libxl_domain_build_info *build = &reader->config->b_info;
	uint32_t first = 0, last = 0;
	int got = sscanf(text, "%" SCNu32 "-%" SCNu32, &first, &last);
	(void)i;
	if (got == 1)
		last = first;
	if (got < 1 || last < first || last >= LLC_COLOR_LIMIT)
		return bd_fail(err, EINVAL, "\"%s\" is not a colour or a range of colours", text);
	size_t count = (size_t)build->num_llc_colors + (last - first) + 1;
	uint32_t *grown = realloc(build->llc_colors, count * sizeof(*grown));
	if (!grown)
		return bd_no_memory(err);
	build->llc_colors = grown;
	for (uint32_t color = first; color <= last; color++)
		grown[build->num_llc_colors++] = color;
	return 0;
}

static int read_llc_colors(struct bd_reader *reader, struct bd_error *err)
{
	XLU_ConfigList *list = NULL;
	int count = 0;
	bd_get_list(reader, "llc_colors", &list, &count);
	return read_items(reader, "llc_colors", list, count, read_llc_color, err);
}

#else

static int read_llc_colors(struct bd_reader *reader, struct bd_error *err)
{
	(void)reader;
	(void)err;
	return 0;
}

#endif

int bd_read_resources(struct bd_reader *reader, struct bd_error *err)
{
	return read_ioports(reader, err) || read_irqs(reader, err) || read_iomem(reader, err) ||
			       read_llc_colors(reader, err)
		       ? -1
		       : 0;
}

/* cpuid = "host,key=value,...": libxl's form. */
static int read_cpuid_flags(struct bd_reader *reader, const char *text, struct bd_error *err)
{
	BD_FREE char *copy = strdup(text);
	char *rest = NULL;
	if (!copy)
		return bd_no_memory(err);
	char *flag = strtok_r(copy, ",", &rest);
	if (flag && strcmp(flag, "host")) {
		bd_reader_warn(reader, "cpuid", "cpuid must begin with \"host\": ignored, as xl does");
		return 0;
	}
	while (flag && (flag = strtok_r(NULL, ",", &rest)))
		if (libxl_cpuid_parse_config(&reader->config->b_info.cpuid, flag))
			bd_reader_warn(reader, "cpuid",
				       "cpuid: libxl does not understand \"%s\": ignored, as xl does", flag);
	return 0;
}

/* Or a list of registers: xend's form. */
int bd_read_cpuid(struct bd_reader *reader, struct bd_error *err)
{
	const char *text = NULL;
	XLU_ConfigList *list = NULL;
	int count = 0;
	if (xlu_cfg_get_string(reader->source.xlu, "cpuid", &text, 1) == 0)
		return read_cpuid_flags(reader, text, err);
	bd_get_list(reader, "cpuid", &list, &count);
	for (int i = 0; i < count; i++) {
		text = xlu_cfg_get_listitem(list, i);
		if (libxl_cpuid_parse_config_xend(&reader->config->b_info.cpuid, text))
			bd_reader_warn(reader, "cpuid",
				       "cpuid: libxl does not understand \"%s\": ignored, as xl does", text);
	}
	return 0;
}
