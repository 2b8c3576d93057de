/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The picture as a whole: its frame, its title and its colours. */
#include "cli/image/map_svg.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/printable.h"
#include "base/text.h"
#include "cli/image/map_svg_disk.h"
#include "cli/image/map_svg_filesystem.h"
#include "cli/image/svg.h"
#include "cli/image/words.h"

#define WIDTH 960
#define MARGIN 36

/* Whoever shows it may be in dark mode. What knows no media queries takes the light colours, on a background of their own. Every
 * class is below .xb, so that the picture can be put into a page. */
static const char style[] =
	".xb text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans','Helvetica Neue',Arial,sans-serif;"
	"font-size:12.5px;fill:#1f2328}\n"
	".xb .bg{fill:#fff;stroke:#d0d7de}\n"
	".xb .title{font-size:22px;font-weight:600}\n.xb .h{font-size:16px;font-weight:600}\n.xb .strong{font-weight:600}\n"
	".xb .s{font-size:11.5px}\n.xb .n{font-variant-numeric:tabular-nums}\n"
	".xb .m{fill:#59636e}\n.xb .on{fill:#fff}\n.xb .bad{fill:#cf222e;font-weight:600}\n"
	".xb .rule{stroke:#d0d7de;stroke-width:.75;fill:none}\n.xb .tick{stroke:#8c959f;fill:none}\n.xb .beam{fill:#8c959f;fill-opacity:.14}\n"
	".xb .rm{fill:#cf222e}\n.xb .rb{fill:#bc4c00}\n.xb .rg{fill:#9a6700}\n.xb .rs{fill:#8250df}\n.xb .ru{fill:#d0d7de}\n"
	".xb .p0{fill:#0e7490}\n.xb .p1{fill:#0969da}\n.xb .p2{fill:#1a7f37}\n"
	".xb .hole{fill:url(#xb-hole)}\n.xb .hb{fill:#f6f8fa}\n.xb .hl{stroke:#c8d1da;fill:none}\n"
	".xb .gone{fill:url(#xb-gone)}\n.xb .gl{stroke:#ff4d4d;stroke-width:2.5;fill:none}\n"
	".xb .d0{fill:#d3eadd}\n.xb .d1{fill:#a7dcc0}\n.xb .d2{fill:#5fbf8c}\n.xb .d3{fill:#2da160}\n.xb .d4{fill:#116329}\n"
	".xb .u0{fill:#eaeef2}\n.xb .u1{fill:#cfe3f7}\n.xb .u2{fill:#9dc8ef}\n.xb .u3{fill:#5aa2e0}\n.xb .u4{fill:#1f6fc4}\n"
	".xb .u5{fill:#0a3f86}\n.xb .ut{fill:#e8a33d}\n.xb .uj{fill:#a475f9}\n.xb .ux{fill:url(#xb-gone)}\n"
	".xb g rect{shape-rendering:crispEdges}\n"
	"@media (prefers-color-scheme:dark){\n"
	".xb text{fill:#e6edf3}\n.xb .bg{fill:#0d1117;stroke:#30363d}\n.xb .m{fill:#9198a1}\n.xb .on{fill:#fff}\n.xb .bad{fill:#ff7b72}\n"
	".xb .rule{stroke:#30363d}\n.xb .tick{stroke:#656c76}\n.xb .ru{fill:#2f363e}\n"
	".xb .rm{fill:#b62324}\n.xb .rb{fill:#a8501b}\n.xb .rs{fill:#7442d1}\n.xb .p0{fill:#14718a}\n.xb .p1{fill:#1f6feb}\n"
	".xb .hb{fill:#151b23}\n.xb .hl{stroke:#323a44}\n"
	".xb .d0{fill:#143620}\n.xb .d1{fill:#14532d}\n.xb .d2{fill:#1b7a3d}\n.xb .d3{fill:#2ea043}\n.xb .d4{fill:#56d364}\n"
	".xb .u0{fill:#20262e}\n.xb .u1{fill:#17395c}\n.xb .u2{fill:#1c548a}\n.xb .u3{fill:#2a7ac4}\n.xb .u4{fill:#58a6ff}\n"
	".xb .u5{fill:#b6dcff}\n.xb .ut{fill:#d9952e}\n.xb .uj{fill:#a475f9}\n}\n";

static const char *name_of(const struct image_info *info)
{
	return info->guest ? info->guest : bd_path_last(info->image);
}

static void put_title(struct svg *svg, const struct image_info *info)
{
	const struct bd_survey *survey = &info->survey;
	uint64_t sectors = survey->size_bytes / BD_SECTOR_BYTES;
	static const char *const tables[] = { "no partition table", "MBR", "GPT" };
	const char *layout = image_layout_name(survey);
	char size[32];

	image_size_text(survey->size_bytes, size);
	svg_text(svg, svg->left, svg->y + 20, SVG_START, "title", svg_characters(svg->width - 160, 22), "%s",
		 name_of(info));
	svg_text(svg, svg->left + svg->width, svg->y + 20, SVG_END, "title", 0, "%s", size);
	svg_text(svg, svg->left, svg->y + 42, SVG_START, "m", 0,
		 "%" PRIu64 " sectors of %u bytes · %" PRIu64 " cylinder%s of %u heads and %u sectors, %" PRIu64
		 " sectors left over · %s%s%s%s",
		 sectors, BD_SECTOR_BYTES, sectors / BD_CYLINDER_SECTORS,
		 sectors / BD_CYLINDER_SECTORS == 1 ? "" : "s", BD_CHS_HEADS, BD_CHS_SECTORS,
		 sectors % BD_CYLINDER_SECTORS, tables[survey->table], layout ? ", " : "", layout ? layout : "",
		 layout ? " layout" : "");
	svg->y += 62;
}

static int put_body(struct svg *svg, const struct image_info *info, struct bd_error *err)
{
	const struct bd_survey *survey = &info->survey;
	bool any = false;

	put_title(svg, info);
	if (map_svg_disk(svg, info, err) != 0)
		return -1;
	for (size_t i = 0; i < survey->filesystem_count; i++) {
		const struct bd_survey_filesystem *filesystem = &survey->filesystems[i];
		svg->y += 22;
		if (filesystem->problem.code) {
			svg_text(svg, svg->left, svg->y + 12, SVG_START, "bad", svg_characters(svg->width, 12.5),
				 "%s", filesystem->problem.message);
			continue;
		}
		map_svg_filesystem(svg, info, filesystem);
		any = true;
	}
	if (any) {
		svg->y += 14;
		map_svg_legend(svg);
	}
	return 0;
}

static void put_document(FILE *out, const struct image_info *info, const char *body, double height)
{
	bd_print(
		out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"xb\" viewBox=\"0 0 %d %.6g\" width=\"%d\" height=\"%.6g\" "
		"role=\"img\">\n<title>",
		WIDTH, height, WIDTH, height);
	svg_put_escaped(out, name_of(info));
	bd_print(out, ": a map of the disk</title>\n<style>\n%s</style>\n", style);
	bd_print(
		out,
		"<defs><pattern id=\"xb-hole\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\">"
		"<path class=\"hb\" d=\"M0 0h6v6H0Z\"/><path class=\"hl\" d=\"M-1 1L1 -1M0 6L6 0M5 7L7 5\"/></pattern>\n"
		"<pattern id=\"xb-gone\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\">"
		"<path class=\"gl\" d=\"M-1 1L1 -1M0 8L8 0M7 9L9 7\"/></pattern></defs>\n");
	bd_print(out, "<rect class=\"bg\" x=\".5\" y=\".5\" width=\"%d\" height=\"%.6g\" rx=\"8\"/>\n", WIDTH - 1,
		 height - 1);
	fputs(body, out);
	fputs("</svg>\n", out);
}

int map_svg_make(const struct image_info *info, char **text_out, size_t *size_out, struct bd_error *err)
{
	BD_FREE char *body = NULL, *text = NULL;
	size_t body_size, size;
	FILE *out = open_memstream(&body, &body_size);
	struct svg svg = { .out = out, .left = MARGIN, .width = WIDTH - 2 * MARGIN, .y = MARGIN - 4 };

	if (!out)
		return bd_no_memory(err);
	int r = put_body(&svg, info, err);
	if (fclose(out) != 0 && r == 0)
		r = bd_no_memory(err);
	if (r != 0)
		return -1;
	out = open_memstream(&text, &size);
	if (!out)
		return bd_no_memory(err);
	put_document(out, info, body, svg.y + MARGIN - 18);
	if (fclose(out) != 0)
		return bd_no_memory(err);
	*text_out = bd_take_ptr(text);
	*size_out = size;
	return 0;
}
