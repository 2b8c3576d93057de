/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Elements of an SVG picture (SVG 1.1), and the text that may be in one. */
#ifndef BD_CLI_IMAGE_SVG_H
#define BD_CLI_IMAGE_SVG_H

#include <stddef.h>
#include <stdio.h>

struct svg {
	FILE *out; /* borrowed */
	double left, width; /* of what is drawn; the rest is margin */
	double y; /* where the next thing goes; each function that draws one moves it on */
};

enum svg_anchor { SVG_START, SVG_MIDDLE, SVG_END };

/* Class names are those of the picture's style sheet. A rectangle with radius 0 is sharp. */
void svg_rect(const struct svg *svg, double x, double y, double width, double height, double radius,
	      const char *class_name);
void svg_line(const struct svg *svg, double x1, double y1, double x2, double y2, const char *class_name);

/* A line of text on the baseline y, of at most so many characters (0: no limit); what is cut off is an ellipsis. Anything may be in it. */
__attribute__((format(printf, 7, 8))) void svg_text(const struct svg *svg, double x, double y, enum svg_anchor anchor,
						    const char *class_name, size_t characters, const char *format,
						    ...);

/* How many characters of that size fit into a width, on average. */
size_t svg_characters(double width, double font_size);

/* Text as content of an element: nothing in it is markup, and all of it is allowed in XML 1.0. */
void svg_put_escaped(FILE *out, const char *text);

#endif
