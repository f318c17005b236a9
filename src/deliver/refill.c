/* SPDX-License-Identifier: MIT */
#include "deliver/refill.h"

#include <string.h>

#include "base/clock.h"

/* The clock may have been set since they came: that they are from the future
 * now, or very old, is no reason to lose them. */
static struct batch_origin
origin(void)
{
	return (struct batch_origin){
		.passed = true,
		.names = { .own_host = "localhost",
		    .plugin = "spool",
		    .relayed = true,
		    .now_ns = clock_mono(),
		    .now_wall_ns = clock_wall() },
	};
}

/* Tags of a host that is known are those of now. */
static void
strip_tags(struct series_table *t, struct fettle_list *l)
{
	series_lock(t);
	if (l->n_host_tags > 0 && series_host(t, l->host) != NULL)
		l->n_host_tags = 0;
	series_unlock(t);
}

/* What they were when they came by for the first time. */
static void
set_rates(struct batch *b, const struct fettle_list *const *lists)
{
	for (uint32_t i = 0; i < b->n; i++)
		/* the batch is not shared yet: see flow/batch.h */
		memcpy((double *)(uintptr_t)b->pubs[i]->rates, lists[i]->rates,
		    lists[i]->n * sizeof(double));
}

/* Those of which something is to be made. */
struct part {
	const struct fettle_list *const *lists;
	const struct pack_via *const *via;
	size_t n;
	struct place place; /* of the first */
};

/* Makes a batch of the part, all of which took the same way. */
static uint32_t
make(struct refill *out, struct series_table *t, const struct part *p)
{
	struct batch_origin o = origin();
	const struct pack_via *via = p->via[0];
	struct taken taken;
	struct batch *b;

	if (via != NULL)
		o.via = via_new(via->queues, via->n, NULL);
	b = batch_build(t, &o, p->lists, p->n, &taken);
	via_unref(o.via);
	if (b != NULL && taken.n < p->n) {
		/* nobody knows which of them those are */
		batch_unref(b);
		return 0;
	}
	if (b == NULL)
		return 0;
	set_rates(b, p->lists);
	vec_add(&out->made) =
	    (struct fetched){ .batch = b, .place = p->place };
	return taken.n;
}

/* The same, or of each alone what can be made of it. */
static void
make_all(struct refill *out, struct series_table *t, const struct part *p)
{
	struct part one = *p;

	if (make(out, t, p) > 0)
		return;
	for (one.n = 1; one.lists < p->lists + p->n; one.place.number++) {
		out->lost += make(out, t, &one) == 0;
		one.lists++;
		one.via++;
	}
}

void
refill(struct refill *out, struct series_table *t, const struct spool_row *row,
    const struct unpacked *u, size_t skip)
{
	struct fettle_list *copies = xcalloc(u->n, sizeof(*copies));
	const struct fettle_list **lists = xcalloc(u->n, sizeof(*lists));

	for (size_t i = skip; i < u->n; i++) {
		copies[i] = *u->lists[i];
		strip_tags(t, &copies[i]);
		lists[i] = &copies[i];
	}
	for (size_t i = skip, n; i < u->n; i += n) {
		struct part p = { lists + i, u->via + i, 0, row->place };

		for (n = 1;
		     i + n < u->n && pack_via_same(u->via[i], u->via[i + n]);
		     n++)
			continue;
		p.n = n;
		p.place.number += i;
		make_all(out, t, &p);
	}
	if (out->made.n > 0)
		out->made.v[out->made.n - 1].row = row->row;
	free(lists);
	free(copies);
}
