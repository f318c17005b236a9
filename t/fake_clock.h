/* SPDX-License-Identifier: MIT */
/*
 * Time that belongs to the test: base/clock.h over two numbers that move only
 * when the test moves them.  Linked before libcore it takes the clock's place;
 * with $(fake_clock_ldflags) it takes pthread_cond_timedwait's as well, so
 * that whoever waits for a time sees it come.  Such a wait then returns
 * without cause now and then, as it always may.  From any thread.
 */
#ifndef T_FAKE_CLOCK_H
#define T_FAKE_CLOCK_H

#include <stdbool.h>

#include "base/clock.h"

/* Sets both clocks, and ends the process by SIGALRM if the test is not over
 * after two minutes of real time: a wait that nobody ends is a defect. */
void fake_clock_set(int64_t mono, int64_t wall);
/* Time goes by. */
void fake_clock_advance(int64_t ns);
/* Somebody sets the clock: only wall time changes. */
void fake_clock_step(int64_t ns);

/* Real time: whether done(arg) comes true within 30 s. */
bool fake_clock_await(bool (*done)(void *arg), void *arg);

#endif
