/* SPDX-License-Identifier: MIT */
/*
 * What the control protocol says of alerts, for people: local time, and the
 * zone once at the top.  Pure: what time it is, is in the answer.  What it
 * contains may be of any origin: it is printed safely, and what is missing or
 * of another type is left out.
 */
#ifndef CONTROL_RENDER_ALERTS_H
#define CONTROL_RENDER_ALERTS_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

#include "base/buf.h"
#include "control/table.h"

/* The answer to `alerts'.  all: also what is pending or ok, with what
 * happened. */
void render_alerts(FILE *out, const json_t *answer, bool all, bool colour);
/* To `explain'. */
void render_explain(FILE *out, const json_t *answer, bool colour);
/* To `silences'. */
void render_silences(FILE *out, const json_t *answer, bool colour);
/* To `silence'. */
void render_silence(FILE *out, const json_t *answer, bool colour);
/* To `rules'. */
void render_rules(FILE *out, const json_t *answer, bool colour);

/* --- pieces that these share --------------------------------------------- */

/* "● failure", "◇ no data (failure)" */
void render_state(struct buf *to, const json_t *alert);
enum table_style render_state_style(const json_t *alert);
/* ">= 95.0 %" */
void render_limit(struct buf *to, double limit, bool below, const char *unit);
/* "1 failure, 3 ok", of an object of numbers by state; returns their sum. */
double render_counts(struct buf *to, const json_t *counts);
/* A line where answers are not on disk; nothing where they are. */
void render_store(FILE *out, const json_t *answer, bool colour);
/* The silence of that number, or NULL. */
const json_t *render_find_silence(const json_t *answer, const json_t *number);

#endif
