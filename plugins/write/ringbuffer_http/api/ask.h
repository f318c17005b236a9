/* SPDX-License-Identifier: MIT */
/* The daemon's own answers.  Called with the hub's `use' held. */
#ifndef HUB_API_ASK_H
#define HUB_API_ASK_H

#include <jansson.h>

#include "../hub.h"
#include "common/text.h"

/* What the daemon answers to a line of the control protocol, whatever it is,
 * the caller's; NULL: nothing that could be read. */
json_t *ask_any(struct hub *hub, const char *request);
/* The same, but NULL where it refuses. */
json_t *ask_json(struct hub *hub, const char *request);

#endif
