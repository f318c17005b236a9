/* SPDX-License-Identifier: MIT */
/*
 * What is to be watched and who is to be told, as configured.  A policy is
 * made by whoever read the configuration, is not changed afterwards, and must
 * last as long as an engine uses it.
 */
#ifndef ALERT_RULE_H
#define ALERT_RULE_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/vec.h"
#include "config/diag.h"
#include "flow/pattern.h"

enum {
	RULE_MISSING = 3,	 /* default */
	RULE_MISSING_MAX = 1000, /* reports */
	RULE_ID_MAX = 1024,	 /* bytes */
};

/* What a number is compared with; NaN: there is no such limit. */
struct limits_of_rule {
	double warning, failure;
	double hysteresis;
	bool below;
};

struct rule {
	char *id;		 /* the pattern as written, and the name */
	char *pattern_text;	 /* NULL: of hosts, see struct policy */
	char *name;		 /* or NULL */
	struct pattern *pattern; /* of pattern_text */
	struct limits_of_rule limits;
	int64_t for_ns, clear_for_ns;
	uint32_t missing;  /* reports until no-data; 0: never */
	int64_t remind_ns; /* 0: never */
	int64_t cooldown_ns;
	VEC(char *) notify; /* names of receivers */
	char *message;	    /* or NULL */
	struct pos pos;
};

/* Somebody who is told. */
struct listener {
	char *name;
	unsigned severities; /* of alert/truth.h */
	int64_t pace_ns;     /* least time between two messages */
};

struct policy {
	VEC(struct rule *) rules;
	VEC(struct listener) listeners;
	VEC(char *) meters; /* plugins that measure the local host */
	char *local;	    /* the host that this daemon reads itself */
	struct rule *hosts; /* host.silent; NULL: this is no hub */
};

/* The identities of the two alerts about hosts. */
#define RULE_HOST_SILENT "host.silent"
#define RULE_HUB_ISOLATED "hub.isolated"

struct policy *policy_new(const char *local);
void policy_free(struct policy *p);

/*
 * A new rule with the defaults, whose texts are copied.  NULL and why where
 * the pattern is none, or it or the name is too long or has control
 * characters.
 */
struct rule *rule_new(
    const char *pattern, const char *name, char *why, size_t len);
/* The rule for hosts. */
struct rule *rule_new_hosts(void);
void rule_free(struct rule *r);
void rule_notify(struct rule *r, const char *listener);
/* What would never work: false, and why. */
bool rule_check(const struct rule *r, char *why, size_t len);

/* The name is one that a record can hold: see alert/record.h. */
void policy_listen(
    struct policy *p, const char *name, unsigned severities, int64_t pace_ns);

/* The name of a plugin; again: no matter. */
void policy_measure(struct policy *p, const char *plugin);
bool policy_meter(const struct policy *p, const char *plugin);

/* NULL: there is none. */
const struct rule *policy_rule(const struct policy *p, const char *id);
const struct listener *policy_listener(
    const struct policy *p, const char *name);

/*
 * Whether the rule counts for a field of a series: its pattern means it, and
 * no more specific rule of the same name does.
 */
bool policy_applies(const struct policy *p, const struct rule *r,
    const struct series *s, const char *field);

/* Tells of any two rules of one name that are equally specific and may both
 * mean a series: nobody could say which counts. */
void policy_check(const struct policy *p, struct diags *d);

#endif
