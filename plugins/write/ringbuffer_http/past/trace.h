/* SPDX-License-Identifier: MIT */
/* A number of a series into its tiers. */
#ifndef PAST_TRACE_H
#define PAST_TRACE_H

#include "state.h"

/* interval in ms, above 0.  There must be room for trace_growth() bytes.  0;
 * -ENOMEM; -EALREADY: it was there before; -ESTALE: too late for every
 * tier. */
int trace_add(struct past *p, struct trace *t, int64_t time, uint32_t interval,
    double number);
size_t trace_growth(void);

/* What is of a time that the clock has not reached goes. */
void trace_drop_future(struct past *p, struct trace *t);

/* Everything that is open goes into closed chunks. */
void trace_close(struct past *p, struct trace *t);

/* What the upper tiers have less than those below them is made of these: what
 * was open when the daemon ended. */
void trace_mend(struct past *p, struct trace *t);

#endif
