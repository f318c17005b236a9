/* SPDX-License-Identifier: MIT */
/* What a courier is made of: for courier.c, which others call, courier_run.c,
 * its thread, and courier_send.c, one message. */
#ifndef ALERT_COURIER_OWN_H
#define ALERT_COURIER_OWN_H

#include "alert/courier.h"
#include "alert/desk_own.h"

enum { COURIER_WORDS = 256 };

struct courier {
	struct desk *desk;
	char *name;
	pthread_t thread;
	pthread_cond_t wake; /* its thread: look again */
	bool threadless;

	/* guarded by the desk's lock */
	struct fettle_ctx *instance, *next;
	struct courier_options options, next_options;
	int64_t asleep;	 /* until that boot time; 0: awake */
	int64_t stop_by; /* monotonic; 0: it goes on */
	bool tried, ended;
	int refs;
	struct courier_counts counts;
	uint64_t tests, tested; /* wanted, done */
	int test_answer;
	char test_words[COURIER_WORDS];

	/* of its thread */
	int64_t open_backoff, open_at;
	int64_t called;	       /* when the last call ended; monotonic */
	uint64_t failed_event; /* which failure was said already */
};

/* All of these under the lock. */

/* Its thread looks again. */
void courier_wake(struct courier *c);

/* courier_run.c */
void *courier_run(void *courier);

/* courier_send.c; both release the lock during the call of the plugin.  The
 * message is freed. */
void courier_deliver(struct courier *c, struct message *m);
/* For all who have asked so far. */
void courier_send_test(struct courier *c);
/* When the next test may leave; monotonic. */
int64_t courier_test_at(const struct courier *c);

#endif
