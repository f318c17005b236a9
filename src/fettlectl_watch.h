/* SPDX-License-Identifier: MIT */
/* values --watch: the same again, for as long as somebody looks. */
#ifndef FETTLECTL_WATCH_H
#define FETTLECTL_WATCH_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

/* Prints the answer: on a terminal in place of the one before and no more
 * than fits, elsewhere after it. */
void watch_show(void (*show)(FILE *out, const json_t *answer, bool colour),
    const json_t *answer, bool terminal, bool colour);

/* Sleeps until something new can be expected. */
void watch_pause(const json_t *answer);

#endif
