/* SPDX-License-Identifier: MIT */
/* What stands behind the `?' of /history. */
#ifndef HUB_QUERY_H
#define HUB_QUERY_H

#include <stdbool.h>

#include "ring.h"

/*
 * host=&since=&until=&limit=, each at most once; what is empty is not asked.
 * The query is decoded where it stands, and q->host points into it.  False,
 * and what is wrong in *why, which is lent for ever.
 */
bool query_read(char *query, struct ring_query *q, const char **why);

#endif
