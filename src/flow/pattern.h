/* SPDX-License-Identifier: MIT */
/*
 * [HOST:]PLUGIN[[INSTANCE]][{TAGS}][.FIELD], with `*' and `?' inside each
 * part: which series are meant.  The host ends at the first `:' before a `['
 * or a `{', the instance at the last `]'; `\' takes the next character as it
 * is.
 */
#ifndef FLOW_PATTERN_H
#define FLOW_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "flow/series.h"

struct pattern;

/* NULL and why where text is no pattern. */
struct pattern *pattern_parse(const char *text, char *why, size_t len);
/* The same, and at which byte of the text it is wrong, from 0. */
struct pattern *pattern_parse_at(
    const char *text, size_t *at, char *why, size_t len);
void pattern_free(struct pattern *p);

/* Whether the series has fields that are meant.  A plugin alone means all of
 * it; with a field but without brackets, only what has no instance. */
bool pattern_match(const struct pattern *p, const struct series *s);
bool pattern_match_field(const struct pattern *p, const char *field);

/* The field part as it was written, or NULL. */
const char *pattern_field(const struct pattern *p);
const char *pattern_plugin(const struct pattern *p);
/* The only plugin, the only instance that it may mean; NULL: there may be
 * others. */
const char *pattern_one_plugin(const struct pattern *p);
const char *pattern_one_instance(const struct pattern *p);

/*
 * Which of two says more: above 0 a, below 0 b, 0 neither.  Part by part,
 * host, plugin, instance, tags, field: a name says more than a pattern, a
 * pattern more the more characters of its own it has, anything more than
 * nothing.
 */
int pattern_compare(const struct pattern *a, const struct pattern *b);
/* Whether there may be a field of a series that both mean. */
bool pattern_overlap(const struct pattern *a, const struct pattern *b);

/* Appends a text with a backslash before each of the characters that would
 * mean something where it stands in a pattern. */
void pattern_quote(struct buf *to, const char *text, const char *special);

#endif
