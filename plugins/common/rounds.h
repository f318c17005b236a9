/* SPDX-License-Identifier: MIT */
/*
 * Values that come one by one, gathered into lists.  collectd sends every type
 * of a plugin by itself, cut into packets anywhere; a value list of fettle is
 * all that was measured of one thing at one moment.
 *
 * A thing is a host, a plugin and an instance.  Its round is what was measured
 * within half an interval.  It is over, and posted as one list, when every
 * field known of the thing has come, when one comes again or is of a later
 * moment, or when nothing came for six intervals, ten minutes at most.  What a
 * round lacks has no value; what three rounds lack is forgotten.  What comes
 * after its round was posted is posted by itself.
 *
 * Not locked.  Bounded: so many things, ROUNDS_FIELDS of each, and of all
 * together ROUNDS_SHARE for each of the things there may be.
 */
#ifndef COMMON_ROUNDS_H
#define COMMON_ROUNDS_H

#include <fettle/plugin.h>

#include "common/lookup.h"

enum {
	ROUNDS_FIELDS = 256, /* of a thing */
	ROUNDS_SHARE = 32,
	ROUNDS_SPARE = 4096, /* beside these, of few things with many */
	ROUNDS_NAME = 64,    /* of a field, with its NUL */
	ROUNDS_PENDING = 64, /* lists in one post */
};

struct rounds_value {
	const char *host;     /* NULL: this one */
	const char *plugin;   /* never NULL */
	const char *instance; /* NULL or "": none */
	const char *field;    /* [A-Za-z0-9_]{1,63} */
	struct fettle_value value;
	bool adds;	     /* a counter that begins at 0 each time */
	int64_t time_ns;     /* wall clock */
	int64_t interval_ns; /* above 0 */
};

struct round_thing;

struct rounds {
	struct lookup things;
	size_t most;
	size_t n_fields;	  /* of all things */
	struct round_thing *last; /* of the value before */
	struct round_thing *pending[ROUNDS_PENDING];
	size_t n_pending;
	/* Takes lists, which are lent for the call. */
	void (*post)(void *, const struct fettle_list *const *, size_t);
	void *arg;
	/* ever: values over a bound, of another kind than before, or twice */
	uint64_t dropped;
};

/* 0 or -ENOMEM. */
int rounds_init(struct rounds *r, size_t most, uint64_t seed,
    void (*post)(void *, const struct fettle_list *const *, size_t),
    void *arg);
/* What was not posted is lost. */
void rounds_fini(struct rounds *r);

/* now_ns: monotonic. */
void rounds_add(
    struct rounds *r, const struct rounds_value *value, int64_t now_ns);
/* Ends the rounds that nothing came to for too long, and forgets things not
 * heard of since that time. */
void rounds_tick(struct rounds *r, int64_t now_ns, int64_t forget_ns);
/* Posts the lists that are complete. */
void rounds_flush(struct rounds *r);

#endif
