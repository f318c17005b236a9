/* SPDX-License-Identifier: MIT */
/* What the daemon says of alerts, for whoever may not read all of it. */
#ifndef HUB_API_ALERTS_H
#define HUB_API_ALERTS_H

#include <jansson.h>

#include "../may.h"

/* Leaves in an answer to `alerts' only what is of these hosts: their alerts,
 * the silences that mean one of these, and how many there are.  What is about
 * the daemon itself, where it keeps alerts too, is of its own host. */
void alerts_limit(
    struct hub *hub, const struct may_hosts *hosts, json_t *answer);

#endif
