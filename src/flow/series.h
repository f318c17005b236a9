/* SPDX-License-Identifier: MIT */
/*
 * Identities, each kept once: a table of hosts, a table of series for each
 * host.  Look-up decides more than any queue, so a series remembers which one
 * followed it last time: usually that is the next one again.
 *
 * Life: batches point to series, hosts and fields without counting them one by
 * one.  Instead every batch belongs to the era in which it was made.  What is
 * forgotten goes into the graves of the era that ends with it, and is freed
 * when no batch of that era or an earlier one is left.
 *
 * Threads: everything here takes the table's lock, but for what only the
 * dispatch thread touches (`of the dispatch thread' below).
 */
#ifndef FLOW_SERIES_H
#define FLOW_SERIES_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <fettle/plugin.h>

#include "base/vec.h"
#include "flow/fields.h"
#include "plugin/module.h"

/* Why a list was not taken; the names are what people read. */
enum drop {
	DROP_NONE,
	DROP_QUEUE,    /* no room in the dispatch queue */
	DROP_HOSTS,    /* a host over limits.hosts */
	DROP_SERIES,   /* a series over limits.series or series_per_host */
	DROP_FIELDS,   /* a field over limits.fields */
	DROP_NAME,     /* a name over limits.name, or no name */
	DROP_CONFLICT, /* a field with another kind or unit than before */
	DROP_TIME,     /* from the future, or too old */
	DROP_EMPTY,    /* without a value */
	DROP_N
};

const char *drop_name(enum drop reason);

struct limits {
	int64_t hosts, series, series_per_host, fields, name;
};

struct tagset {
	size_t n;
	struct fettle_tag v[];
};

struct cached; /* flow/cache.h */
struct filter; /* flow/filter.h */

/* host + plugin: what its fields are. */
struct schema {
	char *plugin, *instance_name;
	const struct plugin *declared; /* installed here; or NULL */
	size_t n_series;	       /* of that host and plugin */
	VEC(const struct fettle_field *) fields;
	/* Arrays of them in the orders in which lists came. */
	VEC(const struct fettle_field **) layouts;
	VEC(size_t) layout_sizes;
};

struct host;

struct series {
	uint64_t hash;
	uint32_t number;
	uint32_t n_tags;
	struct host *host;
	struct schema *schema;
	const char *instance; /* or NULL */
	const struct fettle_tag *tags;
	const struct fettle_field *const *layout; /* of its last list */
	size_t n_layout;
	struct series *follower;
	int64_t seen_ns; /* monotonic */
	bool escaped;	 /* its name has a backslash: compare the long way */
	/* of the dispatch thread */
	struct cached *cached;
	uint64_t routes, routes_made;
	void *watched; /* by the filter; NULL: not yet */
	char text[];
};

struct host {
	struct host *next; /* in its bucket */
	uint64_t hash;
	char *name;
	struct tagset *tags;
	int64_t seen_ns;      /* monotonic */
	int64_t seen_wall_ns; /* wall clock */
	bool escaped;
	struct series **slots; /* open addressing, a power of two */
	size_t n_slots, n;
	struct series *last; /* the last one that was looked up */
	VEC(struct schema *) schemas;
};

struct era;

struct series_table {
	pthread_mutex_t lock;
	struct limits limits;
	const struct modules *modules; /* declarations; may be NULL */
	struct host **buckets;
	size_t n_buckets, n_hosts, n_series;
	struct host *last_host; /* the last one that was looked up */
	uint32_t next_number;
	struct fields fields;
	struct era *era;
	uint64_t dropped[DROP_N];
	void (*forget)(struct series *); /* frees s->cached; may be NULL */
	struct filter *filter;		 /* NULL: there is none */
};

void series_init(struct series_table *t, const struct limits *limits,
    const struct modules *modules);
/* No batch may be left. */
void series_fini(struct series_table *t);

void series_lock(struct series_table *t);
void series_unlock(struct series_table *t);

/* How a list's names are to be taken. */
struct intern {
	const char *own_host;		/* for lists without a host */
	const char *plugin;		/* for lists without a plugin */
	const struct plugin *declaring; /* its declared fields may be meant by
					 * their addresses; or NULL */
	bool relayed;			/* names were made printable before */
	int64_t now_ns, now_wall_ns;
	/* of the list before: often the same again */
	const struct fettle_field *const *last_fields;
	size_t last_n;
	const struct schema *last_schema;
	const struct fettle_field *const *last_layout;
};

/*
 * The series of a list, made if it is new, and the fields as they are kept:
 * an array that lasts as long as the series, or NULL where the lists of a
 * series come in too many orders: then series_field finds each.  Under the
 * lock.
 */
enum drop series_intern(struct series_table *t, struct intern *how,
    const struct fettle_list *list, struct series **series,
    const struct fettle_field *const **layout);

/* The kept field of that name; never NULL for one that series_intern has
 * seen. */
const struct fettle_field *series_field(
    const struct series *s, const char *name);

/* Sets the tags of a host that is known or not.  Under the lock. */
enum drop series_host_tags(struct series_table *t, struct intern *how,
    const char *host, const struct fettle_tag *tags, size_t n);

/* The host of that name, or NULL.  Under the lock. */
struct host *series_host(struct series_table *t, const char *name);

/* Calls each for every series, host by host.  Under the lock. */
void series_each(struct series_table *t,
    void (*each)(void *arg, struct series *s), void *arg);

/* Counts what was dropped.  Under the lock. */
void series_dropped(struct series_table *t, enum drop reason, uint64_t n);

/* Joins the present era; under the lock.  era_leave: from anywhere, without
 * it. */
struct era *era_join(struct series_table *t);
/* One more batch of an era that has one. */
struct era *era_again(struct era *era);
void era_leave(struct era *era);

/* Forgets what was not seen for that long. */
void series_sweep(struct series_table *t, int64_t now_ns, int64_t age_ns);

#endif
