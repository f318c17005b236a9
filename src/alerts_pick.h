/* SPDX-License-Identifier: MIT */
/*
 * Which alerts an answer is about: those that are meant, the worst first, no
 * more than somebody would read, as the objects of control/alert_json.h.
 */
#ifndef ALERTS_PICK_H
#define ALERTS_PICK_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "alert/desk.h"
#include "control/alert_json.h"

struct pick {
	/* which; both NULL: all of them */
	const struct pattern *pattern;
	const char *rule; /* or of that rule */
	bool ok;	  /* those as well that never were anything else */
	bool rows;	  /* with what each receiver knows */
	size_t most;

	/* what came of it */
	json_t *alerts;
	size_t count[ALERT_STATES]; /* of all that are meant */
	size_t left_out;
};

/* The caller owns p->alerts. */
void pick_alerts(struct pick *p, struct desk *d);

/* How many were meant. */
size_t pick_total(const struct pick *p);

/* {"failure": 1, ...} of all that were meant; the caller's. */
json_t *pick_counts(const struct pick *p);

#endif
