/* SPDX-License-Identifier: MIT */
#ifndef BASE_LINE_JSON_H
#define BASE_LINE_JSON_H

#include <jansson.h>

/* A text of JSON that says bytes from outside, such as a path or what a server
 * answered: they need not be UTF-8, which JSON demands.  As utf8_add_line;
 * NULL where there is no memory. */
json_t *line_json(const char *s);

#endif
