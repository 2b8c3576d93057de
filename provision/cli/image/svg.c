/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes elements of SVG. */
#include "cli/image/svg.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/printable.h"

#define CHARACTER_WIDTH 0.56 /* of a sans-serif font's size, on average */

void svg_rect(const struct svg *svg, double x, double y, double width, double height, double radius,
	      const char *class_name)
{
	bd_print(svg->out, "<rect class=\"%s\" x=\"%.6g\" y=\"%.6g\" width=\"%.6g\" height=\"%.6g\"", class_name, x,
		 y, width, height);
	if (radius > 0)
		bd_print(svg->out, " rx=\"%.6g\"", radius);
	bd_print(svg->out, "/>\n");
}

void svg_line(const struct svg *svg, double x1, double y1, double x2, double y2, const char *class_name)
{
	bd_print(svg->out, "<path class=\"%s\" d=\"M%.6g %.6gL%.6g %.6g\"/>\n", class_name, x1, y1, x2, y2);
}

/* U+FFFE and U+FFFF are no characters of XML; what is none of UTF-8 has been replaced before. */
void svg_put_escaped(FILE *out, const char *text)
{
	BD_FREE char *clean = bd_printable(text);

	for (const char *at = clean ? clean : ""; *at; at++) {
		if (*at == '&')
			fputs("&amp;", out);
		else if (*at == '<')
			fputs("&lt;", out);
		else if (*at == '>')
			fputs("&gt;", out);
		else if (*at == '"')
			fputs("&quot;", out);
		else if (strncmp(at, "\xef\xbf\xbe", 3) == 0 || strncmp(at, "\xef\xbf\xbf", 3) == 0) {
			fputs("\xef\xbf\xbd", out); /* the replacement character */
			at += 2;
		} else {
			fputc(*at, out);
		}
	}
}

/* Leaves room for the ellipsis. */
static void cut(char *text, size_t characters)
{
	size_t count = 0;

	if (!characters || bd_printable_columns(text) <= characters)
		return;
	for (char *at = text; *at; at++)
		if (((unsigned char)*at & 0xc0) != 0x80 && count++ == characters - 1) {
			*at = '\0';
			return;
		}
}

void svg_text(const struct svg *svg, double x, double y, enum svg_anchor anchor, const char *class_name,
	      size_t characters, const char *format, ...)
{
	static const char *const anchors[] = { "", " text-anchor=\"middle\"", " text-anchor=\"end\"" };
	va_list args;

	va_start(args, format);
	BD_FREE char *clean = bd_printable_format(format, args);
	va_end(args);
	if (!clean)
		return;
	size_t columns = bd_printable_columns(clean);
	cut(clean, characters);
	bd_print(svg->out, "<text class=\"%s\" x=\"%.6g\" y=\"%.6g\"%s>", class_name, x, y, anchors[anchor]);
	svg_put_escaped(svg->out, clean);
	bd_print(svg->out, "%s</text>\n", bd_printable_columns(clean) < columns ? "…" : "");
}

size_t svg_characters(double width, double font_size)
{
	return width > 0 ? (size_t)(width / (font_size * CHARACTER_WIDTH)) : 0;
}
