/* SPDX-License-Identifier: MIT */
/* Whether two value lists say the same, for what packs and unpacks them. */
#ifndef T_SAME_LIST_H
#define T_SAME_LIST_H

#include <math.h>
#include <string.h>

#include <fettle/plugin.h>

static inline bool
same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* To the last bit, but any number that is none is like any other. */
static inline bool
same_real(double a, double b)
{
	return memcmp(&a, &b, sizeof(a)) == 0 || (isnan(a) && isnan(b));
}

static inline bool
same_value(const struct fettle_value *a, const struct fettle_value *b)
{
	if (a->kind != b->kind || a->kind == 0)
		return a->kind == b->kind;
	return a->kind == FETTLE_COUNTER ? a->count == b->count
					 : same_real(a->real, b->real);
}

static inline bool
same_tags(const struct fettle_tag *a, size_t n, const struct fettle_tag *b,
    size_t n_b)
{
	if (n != n_b)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!same_text(a[i].key, b[i].key) ||
		    !same_text(a[i].value, b[i].value))
			return false;
	return true;
}

/* Where nobody told it: that of a gauge is its value, others are unknown. */
static inline double
rate_of(const struct fettle_list *l, size_t i)
{
	if (l->rates != NULL)
		return l->rates[i];
	return l->values[i].kind == FETTLE_GAUGE ? l->values[i].real : NAN;
}

static inline bool
same_field(const struct fettle_list *a, const struct fettle_list *b, size_t i)
{
	return same_text(a->fields[i]->name, b->fields[i]->name) &&
	       a->fields[i]->kind == b->fields[i]->kind &&
	       same_text(a->fields[i]->unit, b->fields[i]->unit) &&
	       same_value(&a->values[i], &b->values[i]) &&
	       same_real(rate_of(a, i), rate_of(b, i));
}

static inline bool
same_list(const struct fettle_list *a, const struct fettle_list *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!same_field(a, b, i))
			return false;
	return same_text(a->host, b->host) &&
	       same_text(a->plugin, b->plugin) &&
	       same_text(a->instance, b->instance) &&
	       same_text(a->instance_name, b->instance_name) &&
	       same_tags(a->tags, a->n_tags, b->tags, b->n_tags) &&
	       same_tags(a->host_tags, a->n_host_tags, b->host_tags,
		   b->n_host_tags) &&
	       a->time_ns == b->time_ns && a->interval_ns == b->interval_ns;
}

#endif
