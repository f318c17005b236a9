/* SPDX-License-Identifier: MIT */
#include <endian.h>
#include <errno.h>
#include <stdio.h>

#include "base/crc32c.h"
#include "flow/pack.h"
#include "flow/packed.h"

/* Where it is in the chunk.  After the first thing that cannot be, which it
 * keeps, it is at the end, and all it reads is 0. */
struct reader {
	const unsigned char *p, *end;
	const char *wrong;
	struct arena *arena;
	int version;
};

struct tagset {
	const struct fettle_tag *v;
	size_t n;
};

struct layout {
	const struct fettle_field *const *v;
	size_t n;
};

/* What all lists of a group say. */
struct group {
	const char *host, *plugin, *instance_name;
	const struct tagset *host_tags;
	const struct layout *layout;
};

/* Tables of the chunk, each with a zeroed entry at its place 0. */
struct tables {
	const char **texts;
	struct tagset *tagsets;
	struct layout *layouts;
	struct group *groups;
	struct pack_via *vias;
	size_t n_texts, n_tagsets, n_layouts, n_groups, n_vias;
};

static void
go_wrong(struct reader *r, const char *what)
{
	if (r->wrong == NULL)
		r->wrong = what;
	r->p = r->end;
}

/* --- numbers ------------------------------------------------------------- */

static size_t
left(const struct reader *r)
{
	return (size_t)(r->end - r->p);
}

static uint64_t
integer(struct reader *r)
{
	uint64_t n = 0;

	for (unsigned shift = 0; r->p < r->end && shift < 64; shift += 7) {
		const unsigned char byte = *r->p++;

		if (shift == 63 && byte > 1)
			break;
		n |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return n;
	}
	go_wrong(r, "an integer without an end");
	return 0;
}

/* How many of something there are that take `least' bytes at least. */
static size_t
how_many(struct reader *r, size_t least)
{
	const uint64_t n = integer(r);

	if (n > left(r) / least) {
		go_wrong(r, "more announced than there is");
		return 0;
	}
	return (size_t)n;
}

/* A place in a table of n entries; 0: none. */
static size_t
place(struct reader *r, size_t n)
{
	const uint64_t at = integer(r);

	if (at > n) {
		go_wrong(r, "a reference to what is not there");
		return 0;
	}
	return (size_t)at;
}

/* The same where there must be one. */
static size_t
place_of_one(struct reader *r, size_t n)
{
	const size_t at = place(r, n);

	if (at == 0)
		go_wrong(r, "a reference to nothing");
	return at;
}

static uint64_t
whole(struct reader *r)
{
	uint64_t bits;

	if (left(r) < sizeof(bits)) {
		go_wrong(r, "half a number");
		return 0;
	}
	memcpy(&bits, r->p, sizeof(bits));
	r->p += sizeof(bits);
	return le64toh(bits);
}

static struct fettle_value
value(struct reader *r, enum fettle_kind kind)
{
	const uint64_t n = integer(r);
	struct fettle_value v = { .kind = kind };

	if (n == NUMBER_NONE)
		v.kind = 0;
	else if (kind == FETTLE_COUNTER)
		v.count = n == NUMBER_WHOLE ? whole(r) : n - NUMBER_SHORT;
	else
		v.real = n == NUMBER_WHOLE ? real_of(whole(r))
					   : (double)unfold(n - NUMBER_SHORT);
	return v;
}

static double
rate(struct reader *r, const struct fettle_value *v)
{
	const uint64_t n = integer(r);

	if (n == NUMBER_NONE)
		return rate_untold(v);
	return n == NUMBER_WHOLE ? real_of(whole(r))
				 : (double)unfold(n - NUMBER_SHORT);
}

/* --- tables -------------------------------------------------------------- */

/* Zeroed, and one more for none. */
static void *
entries(struct reader *r, size_t n, size_t size)
{
	return memset(
	    arena_alloc(r->arena, (n + 1) * size), 0, (n + 1) * size);
}

static void
read_texts(struct reader *r, struct tables *t)
{
	const size_t n = how_many(r, 1), len = how_many(r, 1);
	char *all = arena_alloc(r->arena, len + 1), *p = all;

	memcpy(all, r->p, len);
	all[len] = '\0';
	r->p += len;
	t->texts = entries(r, n, sizeof(*t->texts));
	for (; t->n_texts < n && p < all + len; p += strlen(p) + 1)
		t->texts[++t->n_texts] = p;
	if (t->n_texts < n || p != all + len)
		go_wrong(r, "texts that do not end where they should");
}

static const char *
text(struct reader *r, const struct tables *t)
{
	return t->texts[place(r, t->n_texts)];
}

static const char *
text_of_one(struct reader *r, const struct tables *t)
{
	return t->texts[place_of_one(r, t->n_texts)];
}

static void
read_tagsets(struct reader *r, struct tables *t)
{
	const size_t n = how_many(r, 3);

	t->tagsets = entries(r, n, sizeof(*t->tagsets));
	while (t->n_tagsets < n) {
		struct tagset *set = &t->tagsets[++t->n_tagsets];
		struct fettle_tag *tags;

		set->n = how_many(r, 2);
		set->v = tags = arena_alloc(r->arena, set->n * sizeof(*tags));
		for (size_t i = 0; i < set->n; i++) {
			tags[i].key = text_of_one(r, t);
			tags[i].value = text_of_one(r, t);
		}
	}
}

static void
read_field(
    struct reader *r, const struct tables *t, struct fettle_field *field)
{
	const char *name = text_of_one(r, t);
	const uint64_t kind = integer(r);

	if (kind < FETTLE_GAUGE || kind > FETTLE_TOTAL)
		go_wrong(r, "a kind that is none");
	*field = (struct fettle_field){ .name = name,
		.kind = (enum fettle_kind)kind,
		.unit = text_of_one(r, t) };
}

static void
read_layouts(struct reader *r, struct tables *t)
{
	const size_t n = how_many(r, 4);

	t->layouts = entries(r, n, sizeof(*t->layouts));
	while (t->n_layouts < n) {
		struct layout *l = &t->layouts[++t->n_layouts];
		const struct fettle_field **pointers;
		struct fettle_field *fields;

		l->n = how_many(r, 3);
		if (l->n == 0)
			go_wrong(r, "a layout without fields");
		fields = arena_alloc(r->arena, l->n * sizeof(*fields));
		pointers = arena_alloc(r->arena, l->n * sizeof(*pointers));
		l->v = pointers;
		for (size_t i = 0; i < l->n; i++) {
			read_field(r, t, &fields[i]);
			pointers[i] = &fields[i];
		}
	}
}

static void
read_groups(struct reader *r, struct tables *t)
{
	const size_t n = how_many(r, 5);

	t->groups = entries(r, n, sizeof(*t->groups));
	while (t->n_groups < n) {
		struct group *g = &t->groups[++t->n_groups];

		g->host = text(r, t);
		g->plugin = text(r, t);
		g->instance_name = text(r, t);
		g->host_tags = &t->tagsets[place(r, t->n_tagsets)];
		g->layout = &t->layouts[place_of_one(r, t->n_layouts)];
	}
}

static void
read_vias(struct reader *r, struct tables *t)
{
	const size_t n = r->version >= PACKED_VERSION_VIA ? how_many(r, 2) : 0;

	t->vias = entries(r, n, sizeof(*t->vias));
	while (t->n_vias < n) {
		struct pack_via *via = &t->vias[++t->n_vias];
		const char **queues;

		via->n = how_many(r, 1);
		queues = arena_alloc(r->arena, via->n * sizeof(*queues));
		via->queues = queues;
		for (size_t i = 0; i < via->n; i++)
			queues[i] = text_of_one(r, t);
	}
}

/* --- lists --------------------------------------------------------------- */

static void
read_numbers(struct reader *r, struct fettle_list *l, bool with_rates)
{
	struct fettle_value *values;
	double *rates;

	/* what is announced is there: a byte a value at least */
	if (l->n > left(r)) {
		go_wrong(r, "fewer values than fields");
		l->n = 0;
	}
	l->values = values = arena_alloc(r->arena, l->n * sizeof(*values));
	l->rates = rates = arena_alloc(r->arena, l->n * sizeof(*rates));
	for (size_t i = 0; i < l->n; i++)
		values[i] = value(r, l->fields[i]->kind);
	for (size_t i = 0; i < l->n; i++)
		rates[i] =
		    with_rates ? rate(r, &values[i]) : rate_untold(&values[i]);
}

static int64_t
step(struct reader *r, int64_t *before)
{
	const uint64_t by = (uint64_t)unfold(integer(r));

	return *before = (int64_t)((uint64_t)*before + by);
}

/* before: its times are those of the list before. */
static void
read_list(struct reader *r, const struct tables *t, struct fettle_list *l,
    const struct pack_via **via, struct fettle_list *before)
{
	const uint64_t flags = integer(r);
	const struct group *g = &t->groups[place_of_one(r, t->n_groups)];
	const struct tagset *tags = &t->tagsets[0];

	if (flags > LIST_FLAGS)
		go_wrong(r, "flags that mean nothing");
	if (r->wrong != NULL)
		return;
	*l = (struct fettle_list){ .size = sizeof(*l),
		.host = g->host,
		.plugin = g->plugin,
		.instance_name = g->instance_name,
		.host_tags = g->host_tags->v,
		.n_host_tags = g->host_tags->n,
		.fields = g->layout->v,
		.n = g->layout->n };
	l->time_ns = step(r, &before->time_ns);
	l->instance = flags & LIST_INSTANCE ? text_of_one(r, t) : NULL;
	if (flags & LIST_TAGS)
		tags = &t->tagsets[place_of_one(r, t->n_tagsets)];
	l->tags = tags->v;
	l->n_tags = tags->n;
	if (flags & LIST_INTERVAL)
		step(r, &before->interval_ns);
	l->interval_ns = before->interval_ns;
	*via = flags & LIST_VIA ? &t->vias[place_of_one(r, t->n_vias)] : NULL;
	read_numbers(r, l, flags & LIST_RATES);
}

static void
read_lists(
    struct reader *r, const struct tables *t, struct unpacked *out, size_t n)
{
	const struct fettle_list **pointers;
	const struct pack_via **via;
	struct fettle_list *lists, before = { 0 };

	if (n > left(r) / LIST_BYTES_MIN) {
		go_wrong(r, "fewer lists than announced");
		return;
	}
	lists = arena_alloc(r->arena, n * sizeof(*lists));
	pointers = arena_alloc(r->arena, n * sizeof(*pointers));
	via = arena_alloc(r->arena, n * sizeof(*via));
	for (; out->n < n && r->wrong == NULL; out->n++) {
		pointers[out->n] = &lists[out->n];
		read_list(r, t, &lists[out->n], &via[out->n], &before);
	}
	if (r->p != r->end)
		go_wrong(r, "more than the lists that were announced");
	out->lists = pointers;
	out->via = via;
}

/* --- chunks -------------------------------------------------------------- */

size_t
pack_count(const void *data, size_t len)
{
	uint32_t n;

	if (len < PACKED_HEAD)
		return 0;
	memcpy(&n, (const char *)data + PACKED_N_AT, sizeof(n));
	return le32toh(n);
}

static bool
sum_is_right(const unsigned char *chunk, size_t len)
{
	uint32_t sum;

	memcpy(&sum, chunk + PACKED_SUM_AT, sizeof(sum));
	return le32toh(sum) == crc32c(crc32c(0, chunk, PACKED_SUM_AT),
				   chunk + PACKED_N_AT, len - PACKED_N_AT);
}

static int
check_head(const unsigned char *chunk, size_t len, char *why, size_t size)
{
	if (len < PACKED_HEAD || len > PACK_BYTES_MAX) {
		snprintf(why, size, "%zu bytes are no chunk", len);
		return -EBADMSG;
	}
	if (!sum_is_right(chunk, len)) {
		snprintf(why, size, "the checksum is wrong");
		return -EBADMSG;
	}
	if (chunk[0] < PACKED_VERSION_FIRST || chunk[0] > PACK_VERSION) {
		snprintf(why, size, "version %d, which is not read", chunk[0]);
		return -EPROTO;
	}
	return 0;
}

int
unpack(
    const void *data, size_t len, struct unpacked *out, char *why, size_t size)
{
	const unsigned char *chunk = data;
	struct tables t = { 0 };
	struct reader r;
	int err;

	memset(out, 0, sizeof(*out));
	err = check_head(chunk, len, why, size);
	if (err < 0)
		return err;
	r = (struct reader){ .p = chunk + PACKED_HEAD,
		.end = chunk + len,
		.arena = &out->arena,
		.version = chunk[0] };
	read_texts(&r, &t);
	read_tagsets(&r, &t);
	read_layouts(&r, &t);
	read_groups(&r, &t);
	read_vias(&r, &t);
	read_lists(&r, &t, out, pack_count(data, len));
	if (r.wrong == NULL)
		return 0;
	snprintf(why, size, "%s", r.wrong);
	unpacked_free(out);
	return -EBADMSG;
}

void
unpacked_free(struct unpacked *u)
{
	arena_free(&u->arena);
	memset(u, 0, sizeof(*u));
}
