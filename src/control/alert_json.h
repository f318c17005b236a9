/* SPDX-License-Identifier: MIT */
/*
 * Alerts as the control protocol gives them; fettlectl(1) documents the
 * members.  Pure: what is given is lent, what is returned is the caller's.
 * Numbers that are not known and times that are not are null.
 */
#ifndef CONTROL_ALERT_JSON_H
#define CONTROL_ALERT_JSON_H

#include <jansson.h>

#include "alert/engine.h"
#include "alert/history.h"

/* In the order in which people want to read. */
enum alert_state {
	ALERT_OK,
	ALERT_PENDING, /* it breaches a limit, but not for long enough */
	ALERT_NO_DATA,
	ALERT_WARNING,
	ALERT_FAILURE,
	ALERT_STATES
};

enum alert_state alert_state(const struct alert_view *v);
const char *alert_state_name(enum alert_state s);

/* r: the rule it is of; NULL: nobody knows it. */
json_t *alert_json(const struct alert_view *v, const struct rule *r);

/* What is left of an alert that is watched no longer: somebody is to be told
 * so. */
json_t *alert_json_closed(const struct row_view *v);

/* What happened, with a sentence that says it. */
json_t *alert_event_json(const struct history_event *e);

/* What one receiver knows, what it is owed, and what holds that back. */
json_t *alert_row_json(const struct row_view *v, const struct engine *e);

json_t *alert_silence_json(const struct silence_view *v);

/* What is configured. */
json_t *alert_rule_json(const struct rule *r);

#endif
