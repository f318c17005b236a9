/* SPDX-License-Identifier: MIT */
/*
 * statsd: what programs tell in the statsd protocol, by UDP or a unix socket,
 * with tags as DogStatsD writes them.  What comes between two reads the
 * receiver's thread adds up in the table; read submits it.
 *
 * A line without an instance says what became of the lines themselves.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "common/receiver.h"
#include "table.h"

enum {
	PERCENTILES_MAX = 16,
	STATSD_FIELDS_MAX = 5 + PERCENTILES_MAX,
};

struct percentile {
	char name[16]; /* p99_9 */
	double percent;
	struct fettle_field field;
};

struct statsd {
	struct fettle_strings listen;
	const char *socket;
	int64_t series, samples;
	struct fettle_strings percentiles;
	struct fettle_duration forget;
	/* made by open */
	struct receiver receiver;
	pthread_mutex_t lock;
	struct statsd_table table; /* guarded by lock */
	uint64_t datagrams;	   /* guarded by lock */
	struct percentile percentile[PERCENTILES_MAX];
	int64_t last_ns; /* monotonic: the last read */
	bool full;	 /* and the log was told */
};

static const struct fettle_option statsd_options[] = {
	{ "listen", "127.0.0.1:8125",
	    "Addresses for datagrams by UDP: 127.0.0.1:8125, [::1]:8125, "
	    "*:8125; [] for none. Whoever can reach one can send.",
	    FETTLE_T_STRINGS, offsetof(struct statsd, listen), 0,
	    RECEIVER_ADDRESSES, NULL, { NULL, 0, 0 }, 0 },
	FETTLE_OPTION(struct statsd, socket, "",
	    "Path of a unix datagram socket, open to every local user."),
	FETTLE_RANGE(struct statsd, series, "10000",
	    "How many names, told apart by their tags, are taken.", 1, 1e6),
	FETTLE_RANGE(struct statsd, samples, "1000",
	    "Of how many samples of a timer between two reads percentiles "
	    "are made; of more, so many are chosen by chance.",
	    1, 1e6),
	FETTLE_RANGE(struct statsd, percentiles, "[50, 90, 95, 99]",
	    "Percentiles of timers: 99.9 becomes the field p99_9.", 0,
	    PERCENTILES_MAX),
	FETTLE_RANGE(struct statsd, forget, "1h",
	    "After what time without a line a name is forgotten.", 1, 31536e3),
};

enum {
	SELF_LINES,
	SELF_DATAGRAMS,
	SELF_MALFORMED,
	SELF_OTHER,
	SELF_CONFLICTS,
	SELF_DROPPED,
	SELF_LOST,
	SELF_SERIES,
	SELF_N
};

static const struct fettle_field statsd_fields[] = {
	[SELF_LINES] = { "lines", FETTLE_COUNTER, FETTLE_NUMBER,
	    "Lines that came." },
	[SELF_DATAGRAMS] = { "datagrams", FETTLE_COUNTER, FETTLE_NUMBER,
	    "Datagrams that came." },
	[SELF_MALFORMED] = { "malformed", FETTLE_COUNTER, FETTLE_NUMBER,
	    "Lines that are none of the protocol." },
	[SELF_OTHER] = { "other", FETTLE_COUNTER, FETTLE_NUMBER,
	    "Events and service checks of DogStatsD, which are not kept." },
	[SELF_CONFLICTS] = { "conflicts", FETTLE_COUNTER, FETTLE_NUMBER,
	    "Lines of another type than their name had before." },
	[SELF_DROPPED] = { "dropped", FETTLE_COUNTER, FETTLE_NUMBER,
	    "Lines of new names over the limit, members of sets over theirs, "
	    "and numbers too large to be added up." },
	[SELF_LOST] = { "lost", FETTLE_COUNTER, FETTLE_NUMBER,
	    "Datagrams that the kernel had no room for." },
	[SELF_SERIES] = { "series", FETTLE_GAUGE, FETTLE_NUMBER,
	    "Names that are known, told apart by their tags." },
};

static const struct fettle_field field_count = { "count", FETTLE_TOTAL,
	FETTLE_NUMBER, "Events since the name was first heard of." };
static const struct fettle_field field_rate = { "rate", FETTLE_GAUGE,
	FETTLE_NUMBER, "Events a second since the last read." };
static const struct fettle_field field_value = { "value", FETTLE_GAUGE,
	FETTLE_NUMBER,
	"A gauge as it was last told; how many different "
	"members a set had since the last read." };
static const struct fettle_field field_min = { "min", FETTLE_GAUGE,
	FETTLE_NUMBER, "The least sample, as it was told." };
static const struct fettle_field field_max = { "max", FETTLE_GAUGE,
	FETTLE_NUMBER, "The greatest sample." };
static const struct fettle_field field_mean = { "mean", FETTLE_GAUGE,
	FETTLE_NUMBER, "The mean of all samples." };

/* --- a list for each name ------------------------------------------------ */

struct row {
	const struct fettle_field *fields[STATSD_FIELDS_MAX];
	struct fettle_value values[STATSD_FIELDS_MAX];
	size_t n;
};

static void
add(struct row *row, const struct fettle_field *field, double number)
{
	row->fields[row->n] = field;
	row->values[row->n++] = field->kind == FETTLE_TOTAL
				    ? fettle_total(number)
				    : fettle_gauge(number);
}

static void
add_events(struct row *row, const struct statsd_entry *e, double elapsed_s)
{
	add(row, &field_count, e->total);
	if (elapsed_s > 0)
		add(row, &field_rate, (e->total - e->before) / elapsed_s);
}

static void
add_samples(struct row *row, struct statsd *self, struct statsd_timer *t)
{
	if (t->n == 0)
		return;
	add(row, &field_min, t->min);
	add(row, &field_max, t->max);
	add(row, &field_mean, t->sum / t->weight);
	statsd_timer_sort(t);
	for (size_t i = 0; i < self->percentiles.n; i++)
		add(row, &self->percentile[i].field,
		    statsd_percentile(t, self->percentile[i].percent));
}

static int
submit(struct fettle_ctx *ctx, struct statsd_entry *e, double elapsed_s)
{
	struct row row = { .n = 0 };
	struct fettle_list list = { .size = sizeof(list),
		.instance = e->entry.key,
		.tags = e->tags,
		.n_tags = e->n_tags,
		.fields = row.fields,
		.values = row.values };

	switch (e->type) {
	case STATSD_COUNTER:
		add_events(&row, e, elapsed_s);
		break;
	case STATSD_TIMER:
		add_events(&row, e, elapsed_s);
		add_samples(&row, fettle_self(ctx), &e->timer);
		break;
	case STATSD_GAUGE:
		add(&row, &field_value, e->value);
		break;
	case STATSD_SET:
		add(&row, &field_value, (double)e->set.n);
		break;
	}
	list.n = row.n;
	return fettle_submit_list(ctx, &list);
}

static int
submit_self(struct fettle_ctx *ctx, const struct statsd *self)
{
	const struct statsd_table *t = &self->table;
	struct fettle_value v[SELF_N];

	v[SELF_LINES] = fettle_count(t->lines);
	v[SELF_DATAGRAMS] = fettle_count(self->datagrams);
	v[SELF_MALFORMED] = fettle_count(t->malformed);
	v[SELF_OTHER] = fettle_count(t->other);
	v[SELF_CONFLICTS] = fettle_count(t->conflicts);
	v[SELF_DROPPED] = fettle_count(t->dropped);
	v[SELF_LOST] = fettle_count(receiver_lost(&self->receiver));
	v[SELF_SERIES] = fettle_gauge((double)t->names.n);
	return receiver_submit(ctx, "statsd", statsd_fields, v, SELF_N);
}

static void
say_full(struct fettle_ctx *ctx, struct statsd *self)
{
	const bool full = self->table.names.n >= self->table.most;

	if (full && !self->full)
		fettle_log(ctx, LOG_WARNING,
		    "%zu names are known: no new ones are taken",
		    self->table.names.n);
	self->full = full;
}

static int
statsd_read(struct fettle_ctx *ctx)
{
	struct statsd *self = fettle_self(ctx);
	struct statsd_table *t = &self->table;
	const int64_t now = fettle_now(ctx);
	const double elapsed_s =
	    self->last_ns > 0 ? (double)(now - self->last_ns) / 1e9 : 0;
	int rc = 0;

	pthread_mutex_lock(&self->lock);
	for (size_t i = 0; i < t->names.cap && rc == 0; i++)
		if (t->names.slots[i] != NULL)
			rc = submit(ctx,
			    (struct statsd_entry *)t->names.slots[i],
			    elapsed_s);
	if (rc == 0)
		rc = submit_self(ctx, self);
	say_full(ctx, self);
	statsd_table_next(t, now - self->forget.ns);
	pthread_mutex_unlock(&self->lock);
	self->last_ns = now;
	return rc;
}

/* --- what comes ---------------------------------------------------------- */

/* How much of it is lines: the last of one that was cut is not whole. */
static size_t
whole(const struct datagram *d)
{
	const uint8_t *newline;

	if (!d->cut)
		return d->len;
	newline = memrchr(d->data, '\n', d->len);
	return newline != NULL ? (size_t)(newline - d->data) : 0;
}

static void
take(void *arg, const struct datagram *v, size_t n)
{
	struct statsd *self = arg;
	const int64_t now = fettle_now(self->receiver.ctx);

	pthread_mutex_lock(&self->lock);
	self->datagrams += n;
	for (size_t i = 0; i < n; i++) {
		statsd_table_take(
		    &self->table, (const char *)v[i].data, whole(&v[i]), now);
		self->table.lines += v[i].cut;
		self->table.malformed += v[i].cut;
	}
	pthread_mutex_unlock(&self->lock);
}

/* --- opening ------------------------------------------------------------- */

/* Whether it is called as one before it. */
static bool
is_there(const struct percentile *p, const struct percentile *first)
{
	for (; first < p; first++)
		if (strcmp(first->name, p->name) == 0)
			return true;
	return false;
}

static int
make_percentile(struct fettle_ctx *ctx, struct percentile *p, const char *text)
{
	const struct statsd *self = fettle_self(ctx);
	const struct statsd_text number = { text, strlen(text) };
	bool sign;

	if (strspn(text, "0123456789.") != number.len ||
	    !statsd_number(number, &p->percent, &sign) || p->percent > 100 ||
	    number.len > sizeof(p->name) - 2)
		return fettle_fail(ctx, EINVAL,
		    "'%s' is no percentile: a number from 0 to 100", text);
	snprintf(p->name, sizeof(p->name), "p%s", text);
	for (char *s = p->name; *s != '\0'; s++)
		if (*s == '.')
			*s = '_';
	if (is_there(p, self->percentile))
		return fettle_fail(
		    ctx, EINVAL, "the percentile '%s' is there twice", text);
	p->field = (struct fettle_field){ p->name, FETTLE_GAUGE, FETTLE_NUMBER,
		"What this share of the samples, in percent, does not "
		"exceed." };
	return 0;
}

static void
release(struct statsd *self)
{
	statsd_table_fini(&self->table);
	pthread_mutex_destroy(&self->lock);
}

static int
start(struct fettle_ctx *ctx, struct statsd *self)
{
	int rc;

	if (statsd_table_init(&self->table, (size_t)self->series,
		(size_t)self->samples, lookup_seed()) < 0)
		return fettle_fail(ctx, ENOMEM, "table");
	pthread_mutex_init(&self->lock, NULL);
	self->receiver = (struct receiver){ .take = take,
		.arg = self,
		.examples = "127.0.0.1:8125, [::1]:8125, *:8125" };
	rc = receiver_open(&self->receiver, ctx, &self->listen, self->socket);
	if (rc != 0)
		release(self);
	return rc;
}

static int
statsd_open(struct fettle_ctx *ctx)
{
	struct statsd *self = fettle_self(ctx);
	int rc = 0;

	if (self->listen.n == 0 && self->socket == NULL)
		return fettle_fail(ctx, EINVAL,
		    "there is neither an address to listen on nor a socket");
	for (size_t i = 0; i < self->percentiles.n && rc == 0; i++)
		rc = make_percentile(
		    ctx, &self->percentile[i], self->percentiles.v[i]);
	self->last_ns = fettle_now(ctx);
	return rc == 0 ? start(ctx, self) : rc;
}

static void
statsd_close(struct fettle_ctx *ctx)
{
	struct statsd *self = fettle_self(ctx);

	receiver_close(&self->receiver);
	release(self);
}

FETTLE_PLUGIN(statsd) = {
	FETTLE_ABI,
	.summary = "What programs tell in the statsd protocol.",
	.instance_name = "name",
	.fields = FETTLE_FIELDS(statsd_fields),
	.options = FETTLE_OPTIONS(statsd_options),
	.self_size = sizeof(struct statsd),
	.flags = FETTLE_DYNAMIC,
	.open = statsd_open,
	.read = statsd_read,
	.close = statsd_close,
};
