/* SPDX-License-Identifier: MIT */
/* What alerts_ask.c and alerts_change.c share.  JSON that is returned is the
 * caller's. */
#ifndef ALERTS_OWN_H
#define ALERTS_OWN_H

#include <stddef.h>

#include <jansson.h>

#include "alert/desk.h"
#include "base/buf.h"
#include "base/vec.h"

json_t *answer_now(void);
json_t *answer_count(size_t n);
json_t *answer_silences(struct desk *d);

/* The text of a request that must be there; NULL and an error if it is not. */
const char *request_text(
    const json_t *request, const char *key, json_t **error);
/* That text as a pattern; NULL and an error, with the place, if it is none. */
struct pattern *request_pattern(const char *text, json_t **error);

/* Names of which one may have been meant.  Zeroed is empty. */
struct names_near {
	VEC(char *) v;
	bool hosts; /* series with their hosts */
};

void near_add(struct names_near *n, const char *name);
/* Appends "; did you mean `x'?", or nothing; n is empty then. */
void near_say(struct buf *to, struct names_near *n, const char *text);

#endif
