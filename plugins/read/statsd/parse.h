/* SPDX-License-Identifier: MIT */
/*
 * One line of the statsd protocol, as etsy's statsd and DogStatsD have it:
 *
 *	NAME:VALUE[:VALUE...]|TYPE[|@RATE][|#KEY:VALUE,...]
 *
 * Sections that are not known, such as |c: and |T, are passed over.  Nothing
 * is copied: what is found points into the line.  Pure.
 */
#ifndef STATSD_PARSE_H
#define STATSD_PARSE_H

#include <stdbool.h>
#include <stddef.h>

enum { STATSD_TAGS_MAX = 16, STATSD_NAME_MAX = 255 };

enum statsd_type {
	STATSD_COUNTER, /* c, m */
	STATSD_GAUGE,	/* g */
	STATSD_TIMER,	/* ms, h, d */
	STATSD_SET,	/* s */
};

struct statsd_text {
	const char *s;
	size_t len;
};

struct statsd_tag {
	struct statsd_text key, value;
};

struct statsd_line {
	struct statsd_text name;
	struct statsd_text values; /* what is left of them, with colons */
	enum statsd_type type;
	double rate; /* above 0 to 1: the share of events that was sent */
	struct statsd_tag tags[STATSD_TAGS_MAX]; /* sorted by key */
	size_t n_tags;
};

enum statsd_verdict {
	STATSD_METRIC,
	STATSD_OTHER, /* an event or a service check of DogStatsD */
	STATSD_MALFORMED,
};

enum statsd_verdict statsd_parse(
    const char *line, size_t len, struct statsd_line *out);

/* Takes the next value out of line->values.  False: there is none left. */
bool statsd_value(struct statsd_line *line, struct statsd_text *value);

/* A finite decimal number, all of the text; sign: whether it begins with one.
 */
bool statsd_number(struct statsd_text text, double *number, bool *sign);

#endif
