/* SPDX-License-Identifier: MIT */
/* Numbers as people read them: three digits or so, and a unit that fits.
 * What is not finite is a dash. */
#ifndef BASE_HUMAN_H
#define BASE_HUMAN_H

#include "base/buf.h"

/* A value of a field with that unit: "12.3 GiB", "71.2 %", "4.20 ms", and a
 * moment as in base/when.h; with a unit per second, "bytes/s", as below. */
void human_value(struct buf *to, double value, const char *unit);

/* The same for a change per second: "1.2 MiB/s", "34.2/s". */
void human_rate(struct buf *to, double per_second, const char *unit);

/* "20.0 µs", "3.50 s", "4 min 5 s", "2 d 3 h". */
void human_duration(struct buf *to, double seconds);

/* "14 min", "3 h": what has gone by; below 0 it is "0 s". */
void human_span(struct buf *to, double seconds);

/* "3 s ago", "5 min ago"; a negative age is "in 3 s". */
void human_age(struct buf *to, double seconds);

#endif
