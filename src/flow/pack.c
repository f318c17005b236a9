/* SPDX-License-Identifier: MIT */
#include "flow/pack.h"

#include <assert.h>
#include <endian.h>
#include <stdlib.h>

#include "base/crc32c.h"
#include "base/vec.h"
#include "flow/hash.h"
#include "flow/packed.h"

/* Above, a number is no longer than its 64 bits are. */
#define SHORT_MAX ((UINT64_C(1) << 56) - 1)
/* Whole reals below are exact. */
#define WHOLE_MAX 0x1p53

struct entry {
	uint64_t hash;
	size_t at, len;
};

/* A table of the chunk: entries that differ. */
struct table {
	struct buf bytes; /* all of them, one after the other */
	VEC(struct entry) entries;
	uint32_t *slots; /* places of entries; 0: free */
	size_t n_slots;	 /* a power of two */
};

enum { TEXTS, TAGSETS, LAYOUTS, GROUPS, VIAS, TABLES };

/* A count a table, the bytes of the texts: at most. */
enum { COUNTS_MAX = (TABLES + 1) * INTEGER_BYTES_MAX };

/* A group as it was last met, by what its lists point to. */
struct met {
	const char *host, *plugin, *instance_name;
	const struct fettle_tag *host_tags;
	const struct fettle_field *const *fields;
	size_t n, n_host_tags;
	uint32_t place;
};

enum { MET = 64 };

struct packer {
	struct table tables[TABLES];
	struct buf lists, scratch;
	size_t n;
	int64_t time_ns, interval_ns; /* of the list before */
	struct met met[MET];
};

/* --- numbers ------------------------------------------------------------- */

static size_t
integer(char *to, uint64_t n)
{
	size_t len = 0;

	for (; n >= 0x80; n >>= 7)
		to[len++] = (char)(n | 0x80);
	to[len++] = (char)n;
	return len;
}

static void
put_integer(struct buf *b, uint64_t n)
{
	char bytes[INTEGER_BYTES_MAX];

	buf_add(b, bytes, integer(bytes, n));
}

static size_t
whole(char *to, uint64_t bits)
{
	bits = htole64(bits);
	*to = NUMBER_WHOLE;
	memcpy(to + 1, &bits, sizeof(bits));
	return 1 + sizeof(bits);
}

static size_t
count(char *to, uint64_t n)
{
	return n <= SHORT_MAX - NUMBER_SHORT ? integer(to, n + NUMBER_SHORT)
					     : whole(to, n);
}

static size_t
real(char *to, double x)
{
	/* the zero below zero is not whole: it would lose its sign */
	if (fabs(x) < WHOLE_MAX && bits_of((double)(int64_t)x) == bits_of(x))
		return integer(to, fold((int64_t)x) + NUMBER_SHORT);
	return whole(to, bits_of(x));
}

static void
put_value(struct buf *b, const struct fettle_value *v)
{
	char bytes[INTEGER_BYTES_MAX] = { NUMBER_NONE };

	if (v->kind == 0)
		buf_add(b, bytes, 1);
	else if (v->kind == FETTLE_COUNTER)
		buf_add(b, bytes, count(bytes, v->count));
	else
		buf_add(b, bytes, real(bytes, v->real));
}

static bool
goes_untold(double rate, const struct fettle_value *v)
{
	const double untold = rate_untold(v);

	return (isnan(rate) && isnan(untold)) ||
	       bits_of(rate) == bits_of(untold);
}

static void
put_rate(struct buf *b, double rate, const struct fettle_value *v)
{
	char bytes[INTEGER_BYTES_MAX] = { NUMBER_NONE };

	buf_add(b, bytes, goes_untold(rate, v) ? 1 : real(bytes, rate));
}

/* --- tables -------------------------------------------------------------- */

static void
table_grow(struct table *t)
{
	t->n_slots = t->n_slots ? 2 * t->n_slots : 64;
	free(t->slots);
	t->slots = xcalloc(t->n_slots, sizeof(*t->slots));
	for (uint32_t i = 0; i < t->entries.n; i++) {
		size_t at = t->entries.v[i].hash & (t->n_slots - 1);

		while (t->slots[at] != 0)
			at = (at + 1) & (t->n_slots - 1);
		t->slots[at] = i + 1;
	}
}

static bool
entry_is(const struct table *t, uint32_t place, uint64_t hash,
    const void *bytes, size_t len)
{
	const struct entry *e = &t->entries.v[place - 1];

	return e->hash == hash && e->len == len &&
	       memcmp(t->bytes.data + e->at, bytes, len) == 0;
}

/* The place of these bytes in the table; they are added if they are new. */
static uint32_t
place_of(struct table *t, const void *bytes, size_t len)
{
	const uint64_t hash = hash_bytes(hash_seed(), bytes, len);
	size_t at;

	if (2 * t->entries.n >= t->n_slots)
		table_grow(t);
	at = hash & (t->n_slots - 1);
	for (; t->slots[at] != 0; at = (at + 1) & (t->n_slots - 1))
		if (entry_is(t, t->slots[at], hash, bytes, len))
			return t->slots[at];
	vec_add(&t->entries) = (struct entry){ hash, t->bytes.len, len };
	buf_add(&t->bytes, bytes, len);
	return t->slots[at] = (uint32_t)t->entries.n;
}

static uint32_t
text(struct packer *p, const char *s)
{
	return s != NULL ? place_of(&p->tables[TEXTS], s, strlen(s) + 1) : 0;
}

/* The entry that was put together in the scratch. */
static uint32_t
place_of_scratch(struct packer *p, int table)
{
	return place_of(&p->tables[table], p->scratch.data, p->scratch.len);
}

static uint32_t
tagset(struct packer *p, const struct fettle_tag *tags, size_t n)
{
	if (n == 0)
		return 0;
	buf_clear(&p->scratch);
	put_integer(&p->scratch, n);
	for (size_t i = 0; i < n; i++) {
		put_integer(&p->scratch, text(p, tags[i].key));
		put_integer(&p->scratch, text(p, tags[i].value));
	}
	return place_of_scratch(p, TAGSETS);
}

static uint32_t
layout(struct packer *p, const struct fettle_list *l)
{
	buf_clear(&p->scratch);
	put_integer(&p->scratch, l->n);
	for (size_t i = 0; i < l->n; i++) {
		put_integer(&p->scratch, text(p, l->fields[i]->name));
		put_integer(&p->scratch, l->fields[i]->kind);
		put_integer(&p->scratch, text(p, l->fields[i]->unit));
	}
	return place_of_scratch(p, LAYOUTS);
}

static uint32_t
new_group(struct packer *p, const struct fettle_list *l)
{
	const uint32_t host = text(p, l->host);
	const uint32_t plugin = text(p, l->plugin);
	const uint32_t name = text(p, l->instance_name);
	const uint32_t tags = tagset(p, l->host_tags, l->n_host_tags);
	const uint32_t fields = layout(p, l);

	buf_clear(&p->scratch);
	put_integer(&p->scratch, host);
	put_integer(&p->scratch, plugin);
	put_integer(&p->scratch, name);
	put_integer(&p->scratch, tags);
	put_integer(&p->scratch, fields);
	return place_of_scratch(p, GROUPS);
}

/* What is alike points to the same, more often than not. */
static uint32_t
group(struct packer *p, const struct fettle_list *l)
{
	const struct met m = { l->host, l->plugin, l->instance_name,
		l->host_tags, l->fields, l->n, l->n_host_tags, 0 };
	struct met *met =
	    &p->met[hash_bytes(0, &m, offsetof(struct met, n)) % MET];

	if (met->place == 0 ||
	    memcmp(met, &m, offsetof(struct met, place)) != 0) {
		*met = m;
		met->place = new_group(p, l);
	}
	return met->place;
}

bool
pack_via_same(const struct pack_via *a, const struct pack_via *b)
{
	const size_t n = a != NULL ? a->n : 0;

	if (a == b)
		return true;
	if (n != (b != NULL ? b->n : 0))
		return false;
	for (size_t i = 0; i < n; i++)
		if (strcmp(a->queues[i], b->queues[i]) != 0)
			return false;
	return true;
}

static uint32_t
via_of(struct packer *p, const struct pack_via *via)
{
	if (via == NULL || via->n == 0)
		return 0;
	buf_clear(&p->scratch);
	put_integer(&p->scratch, via->n);
	for (size_t i = 0; i < via->n; i++)
		put_integer(&p->scratch, text(p, via->queues[i]));
	return place_of_scratch(p, VIAS);
}

/* --- lists --------------------------------------------------------------- */

static bool
rates_need_telling(const struct fettle_list *l)
{
	for (size_t i = 0; l->rates != NULL && i < l->n; i++)
		if (!goes_untold(l->rates[i], &l->values[i]))
			return true;
	return false;
}

static unsigned
flags_of(const struct packer *p, const struct fettle_list *l, uint32_t via)
{
	return (l->instance != NULL ? LIST_INSTANCE : 0u) |
	       (l->n_tags > 0 ? LIST_TAGS : 0u) |
	       (l->interval_ns != p->interval_ns ? LIST_INTERVAL : 0u) |
	       (rates_need_telling(l) ? LIST_RATES : 0u) |
	       (via != 0 ? LIST_VIA : 0u);
}

/* Differences go around: the sum is right again. */
static void
put_step(struct buf *b, int64_t *before, int64_t now)
{
	put_integer(b, fold((int64_t)((uint64_t)now - (uint64_t)*before)));
	*before = now;
}

static void
put_list(
    struct packer *p, const struct fettle_list *l, const struct pack_via *v)
{
	const uint32_t via = via_of(p, v);
	const unsigned flags = flags_of(p, l, via);
	struct buf *b = &p->lists;

	assert(l->n > 0);
	put_integer(b, flags);
	put_integer(b, group(p, l));
	put_step(b, &p->time_ns, l->time_ns);
	if (flags & LIST_INSTANCE)
		put_integer(b, text(p, l->instance));
	if (flags & LIST_TAGS)
		put_integer(b, tagset(p, l->tags, l->n_tags));
	if (flags & LIST_INTERVAL)
		put_step(b, &p->interval_ns, l->interval_ns);
	if (flags & LIST_VIA)
		put_integer(b, via);
	for (size_t i = 0; i < l->n; i++) {
		assert(l->values[i].kind == 0 ||
		       l->values[i].kind == l->fields[i]->kind);
		put_value(b, &l->values[i]);
	}
	for (size_t i = 0; flags & LIST_RATES && i < l->n; i++)
		put_rate(b, l->rates[i], &l->values[i]);
}

/* --- chunks -------------------------------------------------------------- */

/* How long the chunk is, but for the counts of the tables. */
static size_t
bytes_so_far(const struct packer *p)
{
	size_t len = PACKED_HEAD + p->lists.len;

	for (int i = 0; i < TABLES; i++)
		len += p->tables[i].bytes.len;
	return len;
}

/* How much of everything there was, to come back to. */
struct mark {
	size_t lists, bytes[TABLES], entries[TABLES];
};

static struct mark
mark(const struct packer *p)
{
	struct mark m = { .lists = p->lists.len };

	for (int i = 0; i < TABLES; i++) {
		m.bytes[i] = p->tables[i].bytes.len;
		m.entries[i] = p->tables[i].entries.n;
	}
	return m;
}

/* Nothing may be added after. */
static void
back_to(struct packer *p, const struct mark *m)
{
	p->lists.len = m->lists;
	for (int i = 0; i < TABLES; i++) {
		p->tables[i].bytes.len = m->bytes[i];
		p->tables[i].entries.n = m->entries[i];
	}
}

static void
put_table(struct buf *to, const struct table *t, bool with_bytes)
{
	put_integer(to, t->entries.n);
	if (with_bytes)
		put_integer(to, t->bytes.len);
	if (t->bytes.len > 0)
		buf_add(to, t->bytes.data, t->bytes.len);
}

static void
put_chunk(struct buf *to, const struct packer *p)
{
	const size_t begin = to->len;
	const uint32_t n = htole32((uint32_t)p->n);
	char head[PACKED_HEAD] = { PACK_VERSION };
	uint32_t sum;

	memcpy(head + PACKED_N_AT, &n, sizeof(n));
	buf_add(to, head, sizeof(head));
	for (int i = 0; i < TABLES; i++)
		put_table(to, &p->tables[i], i == TEXTS);
	buf_add(to, p->lists.data, p->lists.len);
	sum = crc32c(0, to->data + begin, PACKED_SUM_AT);
	sum = htole32(crc32c(sum, to->data + begin + PACKED_N_AT,
	    to->len - begin - PACKED_N_AT));
	memcpy(to->data + begin + PACKED_SUM_AT, &sum, sizeof(sum));
}

static void
packer_fini(struct packer *p)
{
	for (int i = 0; i < TABLES; i++) {
		buf_free(&p->tables[i].bytes);
		vec_free(&p->tables[i].entries);
		free(p->tables[i].slots);
	}
	buf_free(&p->lists);
	buf_free(&p->scratch);
}

size_t
pack_lists(struct buf *to, const struct fettle_list *const *lists, size_t n,
    const struct pack_via *const *via, size_t most)
{
	struct packer p = { 0 };

	assert(n > 0);
	for (; p.n < n; p.n++) {
		const struct mark before = mark(&p);

		put_list(&p, lists[p.n], via ? via[p.n] : NULL);
		if (p.n > 0 && bytes_so_far(&p) + COUNTS_MAX > most) {
			back_to(&p, &before);
			break;
		}
	}
	put_chunk(to, &p);
	n = p.n;
	packer_fini(&p);
	return n;
}
