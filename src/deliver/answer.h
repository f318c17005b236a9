/* SPDX-License-Identifier: MIT */
/*
 * What an answer of a writer means, the same for all of them: what becomes of
 * the lists it was given, how many it is given next, and when.  Pure.
 */
#ifndef DELIVER_ANSWER_H
#define DELIVER_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "deliver/queue.h"

/* Of one writer, from call to call. */
struct attempts {
	size_t most;	   /* lists a call may take */
	size_t chunk;	   /* lists that the next one takes: halved while
			    * something in them is not taken */
	uint64_t failures; /* in a row */
};

struct verdict {
	size_t dealt;	/* lists that are dealt with: all of them, or none */
	size_t refused; /* of these, not taken */
	enum fate fate; /* of the refused */
	bool retry;
	bool refresh;	 /* read secrets again, first */
	int64_t wait_ns; /* before it is tried again */
};

void attempts_init(struct attempts *a, size_t most);

/* n lists were answered by one of enum fettle_answer, of which the writer has
 * named `named' as bad and wants to be left alone for after_s.  random is any
 * number: see retry.h. */
struct verdict answer_weigh(struct attempts *a, int answer, size_t n,
    size_t named, double after_s, uint32_t random);

#endif
