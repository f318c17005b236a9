/* SPDX-License-Identifier: MIT */
#include "deliver/deposit.h"

#include <errno.h>
#include <stdlib.h>

/* A part of what there is, for one pass: a clock that was set is no reason to
 * lose everything. */
enum { OLD_PARTS = 4 };

/* So much goes into one transaction: the log of the file grows by it. */
enum { BYTES_AT_ONCE = 48 * 1024 };

static bool
is_there(int rc)
{
	return rc == 0 || rc == -EBADMSG; /* which is a row as well */
}

static int
drop(struct deposit *d, struct spool *s, const struct spool_row *row,
    enum fate fate)
{
	const int rc = spool_drop(s, row);

	if (rc < 0)
		return rc;
	vec_add(&d->dropped) = (struct dropped_row){ *row, fate };
	/* perhaps it has only just come */
	if (d->rows.n > 0 && d->rows.v[0].row == row->row)
		vec_remove(&d->rows, 0);
	return 0;
}

/* -ENOBUFS: there is none that could be. */
static int
drop_oldest(struct deposit *d, struct spool *s)
{
	struct spool_row row;
	const int rc = spool_peek(s, 0, &row);

	if (rc == -ENOENT)
		return -ENOBUFS;
	return is_there(rc) ? drop(d, s, &row, FATE_FULL) : rc;
}

static int
drop_old(struct deposit *d, struct spool *s)
{
	const uint64_t least = s->lists - s->lists / OLD_PARTS;
	struct spool_row row;
	int rc = 0;

	if (d->max_age_ns == 0)
		return 0;
	while (s->oldest_ns != 0 && s->lists >= least &&
	       d->wall_ns - s->oldest_ns > d->max_age_ns) {
		rc = spool_peek(s, 0, &row);
		if (!is_there(rc))
			return rc;
		rc = drop(d, s, &row, FATE_AGE);
		if (rc < 0)
			return rc;
	}
	return rc;
}

/* Rows whose lists are all in memory, and come again. */
static int
purge(const struct deposit *d, struct spool *s)
{
	struct spool_row row;
	int rc;

	while (is_there(rc = spool_peek(s, d->keeps, &row))) {
		rc = spool_drop(s, &row);
		if (rc < 0)
			return rc;
	}
	return rc == -ENOENT ? 0 : rc;
}

/* Rows that may be there or not. */
static int
remove_gone(const struct deposit *d, struct spool *s)
{
	for (size_t i = 0; i < d->gone.n; i++) {
		struct spool_row row;
		int rc = spool_peek(s, d->gone.v[i] - 1, &row);

		if (is_there(rc) && row.row == d->gone.v[i])
			rc = spool_drop(s, &row);
		if (rc < 0 && rc != -EBADMSG && rc != -ENOENT)
			return rc;
	}
	return 0;
}

/* One row; *n lists from the first on are in it. */
static int
put_row(struct deposit *d, struct spool *s, const struct place *place,
    uint64_t ordinal, const struct fettle_list *const *lists,
    const struct pack_via *const *via, size_t *n)
{
	uint64_t row;
	size_t put;
	int rc;

	while ((rc = spool_put(s, place, lists, via, *n, d->wall_ns, &put,
		    &row)) == -ENOBUFS) {
		rc = drop_oldest(d, s);
		if (rc < 0)
			return rc;
	}
	if (rc == 0)
		vec_add(&d->rows) =
		    (struct saved_row){ row, ordinal, ordinal + put };
	*n = put;
	return rc == -EMSGSIZE ? 0 : rc; /* which stays in memory */
}

static int
commit(struct deposit *d, struct spool *s)
{
	int rc;

	while ((rc = spool_commit(s, &d->sent)) == -ENOBUFS) {
		rc = drop_oldest(d, s);
		if (rc < 0)
			return rc;
	}
	d->bytes = 0;
	return rc;
}

static int
put_lists(struct deposit *d, struct spool *s)
{
	const struct fettle_list *const *lists = d->parcel.lists.v;
	const struct pack_via *const *via = d->parcel.via.v;

	for (size_t i = 0; i < 2; i++) {
		struct place place = d->parcel.parts[i].place;
		uint64_t ordinal = d->parcel.parts[i].ordinal;
		size_t left = d->parcel.parts[i].n;

		while (left > 0) {
			size_t n = left;
			int rc =
			    put_row(d, s, &place, ordinal, lists, via, &n);

			d->bytes += s->scratch.len;
			if (rc == 0 && d->bytes > BYTES_AT_ONCE) {
				rc = commit(d, s);
				rc = rc == 0 ? spool_begin(s) : rc;
			}
			if (rc < 0)
				return rc;
			left -= n;
			lists += n;
			via += n;
			ordinal += n;
			place.number += n;
		}
	}
	return 0;
}

static int
put_letters(struct deposit *d, struct spool *s)
{
	int rc;

	while (d->n_letters > 0 &&
	       (rc = spool_bury(s, d->letters, d->n_letters)) != 0) {
		if (rc == -ENOBUFS)
			rc = drop_oldest(d, s);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int
deposit_make(struct deposit *d, struct spool *s)
{
	int rc = spool_begin(s);

	if (rc == 0 && d->purge)
		rc = purge(d, s);
	if (rc == 0 && d->trim > 0)
		rc = spool_ack(s, d->trim);
	if (rc == 0)
		rc = remove_gone(d, s);
	if (rc == 0)
		rc = drop_old(d, s);
	if (rc == 0)
		rc = put_letters(d, s);
	if (rc == 0)
		rc = put_lists(d, s);
	return rc == 0 ? commit(d, s) : rc;
}

void
deposit_clear(struct deposit *d)
{
	parcel_clear(&d->parcel);
	for (size_t i = 0; i < d->n_letters; i++)
		free(d->letters[i]);
	d->n_letters = 0;
	d->rows.n = 0;
	d->dropped.n = 0;
	d->gone.n = 0;
	d->trim = 0;
	d->purge = false;
}

void
deposit_fini(struct deposit *d)
{
	deposit_clear(d);
	parcel_fini(&d->parcel);
	vec_free(&d->rows);
	vec_free(&d->dropped);
	vec_free(&d->gone);
}
