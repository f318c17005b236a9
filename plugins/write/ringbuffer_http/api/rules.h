/* SPDX-License-Identifier: MIT */
/* What the daemon's rules say of series and of hosts.  All of it is empty
 * where the daemon says nothing of alerts. */
#ifndef HUB_API_RULES_H
#define HUB_API_RULES_H

#include "put.h"

struct rules;

/* The caller's; NULL is good for all below. */
struct rules *rules_ask(struct hub *hub);
void rules_free(struct rules *r);

/* Appends the limits of a series, objects with commas between them. */
void rules_put(
    const struct rules *r, const struct past_series *s, struct text *to);
/* The worst state of a host's alerts: "ok", "warning", "failure", "no-data".
 * Lent as long as r. */
const char *rules_state(const struct rules *r, const char *host);

#endif
