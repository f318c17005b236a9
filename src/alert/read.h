/* SPDX-License-Identifier: MIT */
/* From a configuration to a policy. */
#ifndef ALERT_READ_H
#define ALERT_READ_H

#include "alert/rule.h"
#include "config/node.h"
#include "plugin/descriptor.h"

struct policy_source {
	const struct node *thresholds; /* a mapping; NULL: there is none */
	int64_t cooldown_ns;	       /* for rules that name none */
	bool hub;    /* other hosts are heard: host.silent is a rule */
	bool others; /* plugins are loaded that bring fields which nobody
		      * declared */
	/* The plugin of that name, if one is installed; NULL otherwise. */
	const struct plugin *(*find)(void *arg, const char *name);
	void *arg;
};

/*
 * Adds the rules to p, whose listeners are there already: who is not named is
 * told by all of them.  Mistakes and notes go to d; p is fit for use if there
 * were no mistakes, and for policy_free in any case.
 */
void policy_read(
    struct policy *p, const struct policy_source *s, struct diags *d);

#endif
