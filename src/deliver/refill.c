/* SPDX-License-Identifier: MIT */
#include "deliver/refill.h"

#include <string.h>

#include "base/clock.h"

static struct batch_origin
origin(void)
{
	return (struct batch_origin){
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

static uint32_t
make(struct refill *out, struct series_table *t,
    const struct fettle_list *const *lists, size_t n,
    const struct place *place, uint64_t number)
{
	struct batch_origin o = origin();
	struct taken taken;
	struct batch *b = batch_build(t, &o, lists, n, &taken);

	if (b != NULL && taken.n < n) {
		/* nobody knows which of them those are */
		batch_unref(b);
		return 0;
	}
	if (b == NULL)
		return 0;
	set_rates(b, lists);
	vec_add(&out->made) = (struct fetched){ .batch = b, .place = *place };
	out->made.v[out->made.n - 1].place.number = number;
	return taken.n;
}

void
refill(struct refill *out, struct series_table *t, const struct spool_row *row,
    const struct unpacked *u, size_t skip)
{
	struct fettle_list *copies = xcalloc(u->n, sizeof(*copies));
	const struct fettle_list **lists = xcalloc(u->n, sizeof(*lists));
	const size_t n = u->n - skip;
	const uint64_t number = row->place.number + skip;
	size_t made = 0;

	for (size_t i = 0; i < n; i++) {
		copies[i] = *u->lists[skip + i];
		strip_tags(t, &copies[i]);
		lists[i] = &copies[i];
	}
	if (n > 0)
		made = make(out, t, lists, n, &row->place, number);
	for (size_t i = 0; i < n && made < n; i++) {
		const uint32_t one =
		    make(out, t, &lists[i], 1, &row->place, number + i);

		made += one;
		out->lost += one == 0;
		if (made + out->lost == n)
			break;
	}
	if (out->made.n > 0)
		out->made.v[out->made.n - 1].row = row->row;
	free(lists);
	free(copies);
}
