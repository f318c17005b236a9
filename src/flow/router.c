/* SPDX-License-Identifier: MIT */
#include "flow/router.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void
router_init(struct router *r)
{
	memset(r, 0, sizeof(*r));
	pthread_mutex_init(&r->lock, NULL);
	r->made = 1;
}

void
router_fini(struct router *r)
{
	pthread_mutex_destroy(&r->lock);
}

void
router_set(struct router *r, const struct route *routes, size_t n)
{
	assert(n <= SINKS_MAX);
	pthread_mutex_lock(&r->lock);
	if (n > 0)
		memcpy(r->routes, routes, n * sizeof(*routes));
	r->n = n;
	r->made++;
	pthread_mutex_unlock(&r->lock);
}

static bool
wants(const struct route *route, const struct series *s)
{
	if (route->n_patterns == 0)
		return true;
	for (size_t i = 0; i < route->n_patterns; i++)
		if (pattern_match(route->patterns[i], s))
			return true;
	return false;
}

static uint64_t
routes_of(const struct router *r, struct series *s)
{
	if (s->routes_made == r->made)
		return s->routes;
	s->routes = 0;
	for (size_t i = 0; i < r->n; i++)
		if (wants(&r->routes[i], s))
			s->routes |= UINT64_C(1) << i;
	s->routes_made = r->made;
	return s->routes;
}

static void
put_part(struct sink *sink, struct batch *b, uint64_t bit)
{
	unsigned char *want = xcalloc(b->n, 1);
	struct batch *part;

	for (uint32_t i = 0; i < b->n; i++)
		want[i] = (b->lists[i].series->routes & bit) != 0;
	part = batch_select(b, want);
	free(want);
	if (part != NULL)
		sink->put(sink, part);
	batch_unref(part);
}

void
router_put(struct router *r, struct batch *b)
{
	uint64_t all = UINT64_MAX, some = 0;

	for (uint32_t i = 0; i < b->n; i++) {
		const uint64_t routes = routes_of(r, b->lists[i].series);

		all &= routes;
		some |= routes;
	}
	for (size_t i = 0; i < r->n; i++) {
		const uint64_t bit = UINT64_C(1) << i;

		if (all & bit)
			r->routes[i].sink->put(r->routes[i].sink, b);
		else if (some & bit)
			put_part(r->routes[i].sink, b, bit);
	}
}
