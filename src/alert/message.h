/* SPDX-License-Identifier: MIT */
/*
 * What is to be said to one receiver: everything a text can be made of,
 * copied, so that any thread may read it while the engine goes on.
 */
#ifndef ALERT_MESSAGE_H
#define ALERT_MESSAGE_H

#include <fettle/plugin.h>

#include "alert/ledger.h"
#include "base/arena.h"

struct message_item {
	const char *rule;   /* its identity */
	const char *text;   /* its `message', or NULL */
	const char *series; /* as people write it */
	const char *host;   /* "": of the hub itself */
	const char *plugin, *field, *unit;
	const char *instance; /* or NULL */
	const struct fettle_tag *tags;
	size_t n_tags;
	enum kind kind;
	struct truth truth; /* what is stated */
	struct truth seen;  /* what the receiver will believe */
	struct truth was;   /* what it believed before */
	enum closing closing;
	uint32_t changes;    /* since its last message */
	uint64_t incident;   /* of the alert, from 1; 0: none yet */
	uint32_t event;	     /* of the row; the same at every attempt */
	uint32_t mark;	     /* the same as well, and another one where
			      * incidents and events were numbered anew */
	double number;	     /* the last one; NaN: none */
	double limit, worst; /* NaN: none */
	int64_t since_ns;    /* wall clock; 0: unknown */
	int64_t changed_ns;  /* wall clock: when it became so; 0: unknown */
	int64_t remind_ns;   /* wall clock of the next reminder; 0: none */
	uint32_t firing;     /* of a silent host: alerts above ok there */
};

struct message {
	uint64_t serial; /* to be given back with the answer */
	const char *receiver;
	size_t n; /* one alert, or several folded together, worst first */
	struct message_item *items;
	struct arena arena; /* all the rest of it */
};

void message_free(struct message *m);

#endif
