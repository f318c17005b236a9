/* SPDX-License-Identifier: MIT */
/* What is old news when it comes. */
#ifndef FLOW_LATE_H
#define FLOW_LATE_H

#include <fettle/plugin.h>

/* How old a list was when it was sent, both by its sender's clock, where that
 * is more than 3 of its intervals and a minute; 0: it is not late, or nobody
 * said when it was sent. */
int64_t list_late(const struct fettle_list *l, int64_t sent_ns);

#endif
