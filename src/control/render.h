/* SPDX-License-Identifier: MIT */
/*
 * Value lists as the control protocol gives them, for people.  What they
 * contain may be of any origin: it is printed safely, and what is missing or
 * of another type is left out.
 */
#ifndef CONTROL_RENDER_H
#define CONTROL_RENDER_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

#include "base/buf.h"

/* The array that `values' answers with: a line for each field, which says how
 * old it is if it missed three intervals.  Ages are those of clock_wall. */
void render_values(FILE *out, const json_t *values, bool colour);

/* Appends the name of a series, so that it can be used as a pattern. */
void render_series(struct buf *to, const json_t *list, const char *field);

/* Members of an object; "" and NaN where they are missing or of another type.
 * The text is lent. */
const char *render_text(const json_t *object, const char *key);
double render_number(const json_t *object, const char *key);
/* The same, 0 where it is missing. */
double render_count(const json_t *object, const char *key);

#endif
