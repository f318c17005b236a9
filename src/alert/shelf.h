/* SPDX-License-Identifier: MIT */
/*
 * The rules of a policy by what they are for, so that whether a series is
 * meant is asked of few of them: those for its plugin and instance, those for
 * its plugin, those for any.  The policy is lent.  Zeroed is empty.
 */
#ifndef ALERT_SHELF_H
#define ALERT_SHELF_H

#include "alert/index.h"
#include "alert/rule.h"

struct board; /* rules that are for the same */

struct shelf {
	struct index by_name; /* PLUGIN, or PLUGIN, a tab, INSTANCE */
	VEC(struct board *) all;
	struct board *rest; /* for any plugin, or one that is not plain */
	VEC(size_t) found;
};

/* In place of what was in it. */
void shelf_fill(struct shelf *s, const struct policy *p);
void shelf_fini(struct shelf *s);

/* The rules that may mean a series, in the order of the policy: their places
 * there, good until the next call.  All others do not. */
const size_t *shelf_find(
    struct shelf *s, const char *plugin, const char *instance, size_t *n);

#endif
