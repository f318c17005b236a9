/* SPDX-License-Identifier: MIT */
/* When to try again: one policy for every writer, and for receivers.  Pure,
 * but for retry_random. */
#ifndef DELIVER_RETRY_H
#define DELIVER_RETRY_H

#include <stdint.h>

enum {
	RETRY_FIRST_S = 1,
	RETRY_MOST_S = 60,
	RETRY_AFTER_MOST_S = 600, /* what a server may ask for */
	RETRY_UNAUTHORISED_S = 60,
};

/* Any number, for the functions below. */
uint32_t retry_random(void);

/*
 * How long to wait after the n-th failure in a row (n from 1): up to 1 s, 2 s,
 * 4 s ... 60 s, anything below being as likely (random is 0 to UINT32_MAX), so
 * that many who failed together do not come back together; never less than
 * after_s, as far as that may be asked.  ns.
 */
int64_t retry_wait(uint64_t n, double after_s, uint32_t random);

/* After an answer "unauthorised": a minute, a little more or less. */
int64_t retry_unauthorised(double after_s, uint32_t random);

#endif
