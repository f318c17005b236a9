/* SPDX-License-Identifier: MIT */
/* Answers of the daemon for people, one function for each command. */
#ifndef FETTLECTL_SHOW_H
#define FETTLECTL_SHOW_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

#include "base/buf.h"

/* Clears to and writes the members that are not 0, "full 10, refused 2", of an
 * object of numbers.  Returns their sum. */
double show_reasons(struct buf *to, json_t *object);

void show_status(FILE *out, const json_t *answer, bool colour);
void show_values(FILE *out, const json_t *answer, bool colour);
void show_hosts(FILE *out, const json_t *answer, bool colour);
void show_reload(FILE *out, const json_t *answer, bool colour);
void show_spool(FILE *out, const json_t *answer, bool colour);
/* What processes answers to top, and any other answer as it came. */
void show_top(FILE *out, const json_t *answer, bool colour);
void show_ask(FILE *out, const json_t *answer, bool colour);
void show_flush(FILE *out, const json_t *answer, bool colour);

/* fettlectl_alerts.c */
/* The lines of `status' about alerts; nothing where there are none. */
void show_alerts_status(FILE *out, const json_t *alerts, bool colour);
void show_alerts(FILE *out, const json_t *answer, bool colour);
void show_all_alerts(FILE *out, const json_t *answer, bool colour);
void show_rules(FILE *out, const json_t *answer, bool colour);
void show_explain(FILE *out, const json_t *answer, bool colour);
void show_silences(FILE *out, const json_t *answer, bool colour);
void show_silence(FILE *out, const json_t *answer, bool colour);
void show_unsilence(FILE *out, const json_t *answer, bool colour);
void show_forget(FILE *out, const json_t *answer, bool colour);
void show_test(FILE *out, const json_t *answer, bool colour);

#endif
