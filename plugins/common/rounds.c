/* SPDX-License-Identifier: MIT */
#include "rounds.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	FIELDS_FIRST = 8,
	KEY_MAX = 1024,
	MISSED_MAX = 3, /* rounds until a field is forgotten */
	PATIENCE_INTERVALS = 6,
};

#define PATIENCE_NS INT64_C(600000000000)
#define TWICE_NS INT64_C(100000000)

struct round_field {
	struct fettle_field pub; /* name: below */
	uint64_t sum;		 /* of a counter that adds */
	unsigned missed;	 /* rounds in a row */
	char name[ROUNDS_NAME];
};

struct round_thing {
	struct lookup_entry entry; /* heard of: the last value, monotonic */
	struct rounds *rounds;
	int64_t time_ns;     /* of the round, or of the one that was posted */
	int64_t interval_ns; /* as it was last said */
	bool settled;	     /* a round was posted: the fields are known */
	bool waits;	     /* to be posted: the list and out are in use */
	uint32_t n, cap, n_fresh;
	uint32_t next; /* where the next value is looked for first */
	struct round_field **fields;
	struct fettle_value *values; /* kind 0: not in this round */
	struct fettle_value *out;
	struct fettle_list list;
	char key[]; /* host, plugin, instance, each with its NUL */
};

/* --- posting ------------------------------------------------------------- */

void
rounds_flush(struct rounds *r)
{
	const struct fettle_list *lists[ROUNDS_PENDING];

	if (r->n_pending == 0)
		return;
	for (size_t i = 0; i < r->n_pending; i++) {
		lists[i] = &r->pending[i]->list;
		r->pending[i]->waits = false;
	}
	r->post(r->arg, lists, r->n_pending);
	r->n_pending = 0;
}

/* The fields of a list that waits must stay as they are. */
static void
let_go(struct rounds *r, const struct round_thing *t)
{
	if (t->waits)
		rounds_flush(r);
}

static void
forget_missed(struct round_thing *t)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < t->n; i++) {
		if (t->fields[i]->missed >= MISSED_MAX) {
			free(t->fields[i]);
			t->rounds->n_fields--;
			continue;
		}
		t->fields[kept] = t->fields[i];
		t->values[kept++] = t->values[i];
	}
	t->n = kept;
	t->next = 0;
}

/* The round is over: it waits to be posted. */
static void
end_round(struct rounds *r, struct round_thing *t)
{
	bool forget = false;

	let_go(r, t);
	for (uint32_t i = 0; i < t->n; i++) {
		struct round_field *f = t->fields[i];

		f->missed = t->values[i].kind != 0 ? 0 : f->missed + 1;
		forget |= f->missed >= MISSED_MAX;
	}
	if (forget)
		forget_missed(t);
	memcpy(t->out, t->values, t->n * sizeof(*t->out));
	memset(t->values, 0, t->n * sizeof(*t->values));
	t->list.time_ns = t->time_ns;
	t->list.interval_ns = t->interval_ns;
	t->list.fields = (const struct fettle_field *const *)t->fields;
	t->list.values = t->out;
	t->list.n = t->n;
	t->n_fresh = 0;
	t->next = 0;
	t->settled = true;
	t->waits = true;
	r->pending[r->n_pending++] = t;
	if (r->n_pending == ROUNDS_PENDING)
		rounds_flush(r);
}

/* --- things -------------------------------------------------------------- */

static void
thing_end(struct lookup_entry *e)
{
	struct round_thing *t = (struct round_thing *)e;

	for (uint32_t i = 0; i < t->n; i++)
		free(t->fields[i]);
	t->rounds->n_fields -= t->n;
	free(t->fields);
	free(t->values);
	free(t->out);
	free(t);
}

static size_t
put_text(char *to, size_t room, const char *text)
{
	const size_t len = strlen(text != NULL ? text : "") + 1;

	if (len > room)
		return 0;
	memcpy(to, text != NULL ? text : "", len);
	return len;
}

/* 0: too long. */
static size_t
make_key(const struct rounds_value *v, char key[KEY_MAX])
{
	const char *const texts[] = { v->host, v->plugin, v->instance };
	size_t len = 0;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		const size_t n = put_text(key + len, KEY_MAX - len, texts[i]);

		if (n == 0)
			return 0;
		len += n;
	}
	return len;
}

static struct round_thing *
thing_new(struct rounds *r, const char *key, size_t len)
{
	struct round_thing *t = calloc(1, sizeof(*t) + len);
	const char *at;

	if (t == NULL)
		return NULL;
	t->rounds = r;
	memcpy(t->key, key, len);
	t->entry.key = t->key;
	t->entry.key_len = len;
	at = t->key;
	t->list.size = sizeof(t->list);
	t->list.host = *at != '\0' ? at : NULL;
	at += strlen(at) + 1;
	t->list.plugin = at;
	at += strlen(at) + 1;
	t->list.instance = *at != '\0' ? at : NULL;
	return t;
}

/* The thing of a value, made if it is new; NULL: there is no room. */
static struct round_thing *
thing_of(struct rounds *r, const struct rounds_value *v)
{
	char key[KEY_MAX];
	const size_t len = make_key(v, key);
	struct round_thing *t;

	if (len == 0)
		return NULL;
	if (r->last != NULL && r->last->entry.key_len == len &&
	    memcmp(r->last->key, key, len) == 0)
		return r->last;
	t = (struct round_thing *)lookup_find(&r->things, key, len);
	if (t == NULL) {
		t = r->things.n < r->most ? thing_new(r, key, len) : NULL;
		if (t == NULL || lookup_add(&r->things, &t->entry) != 0)
			return NULL;
	}
	return r->last = t;
}

/* --- fields -------------------------------------------------------------- */

static bool
grow(struct round_thing *t)
{
	const uint32_t cap = t->cap > 0 ? 2 * t->cap : FIELDS_FIRST;
	struct round_field **fields =
	    reallocarray(t->fields, cap, sizeof(struct round_field *));
	struct fettle_value *values, *out;

	if (fields != NULL)
		t->fields = fields;
	values = reallocarray(t->values, cap, sizeof(*values));
	if (values != NULL)
		t->values = values;
	out = reallocarray(t->out, cap, sizeof(*out));
	if (out != NULL)
		t->out = out;
	if (fields == NULL || values == NULL || out == NULL)
		return false;
	t->cap = cap;
	return true;
}

static bool
is_full(const struct rounds *r, const struct round_thing *t)
{
	return t->n == ROUNDS_FIELDS ||
	       r->n_fields >= ROUNDS_SPARE + ROUNDS_SHARE * r->most;
}

/* Its place, t->n if there is no room. */
static uint32_t
add_field(struct rounds *r, struct round_thing *t, const char *name,
    enum fettle_kind kind)
{
	const size_t len = strnlen(name, ROUNDS_NAME);
	struct round_field *f;

	let_go(r, t);
	if (len == 0 || len == ROUNDS_NAME || is_full(r, t) ||
	    (t->n == t->cap && !grow(t)))
		return t->n;
	f = calloc(1, sizeof(*f));
	if (f == NULL)
		return t->n;
	memcpy(f->name, name, len);
	f->pub = (struct fettle_field){ f->name, kind, FETTLE_NUMBER, NULL };
	f->missed = 1;
	t->fields[t->n] = f;
	t->values[t->n] = (struct fettle_value){ 0 };
	r->n_fields++;
	return t->n++;
}

static uint32_t
find_field(const struct round_thing *t, const char *name)
{
	for (uint32_t i = 0; i < t->n; i++) {
		const uint32_t at =
		    t->next + i < t->n ? t->next + i : t->next + i - t->n;

		if (strcmp(t->fields[at]->name, name) == 0)
			return at;
	}
	return t->n;
}

/* --- taking -------------------------------------------------------------- */

static struct fettle_value
value_of(struct round_field *f, const struct rounds_value *v)
{
	if (!v->adds || v->value.kind != FETTLE_COUNTER)
		return v->value;
	f->sum += v->value.count;
	return fettle_count(f->sum);
}

/* What belongs to a moment before the round is a list of its own. */
static void
post_late(struct rounds *r, struct round_thing *t, struct round_field *f,
    const struct rounds_value *v)
{
	const struct fettle_field *const fields[] = { &f->pub };
	const struct fettle_value value = value_of(f, v);
	struct fettle_list list = t->list;
	const struct fettle_list *const lists[] = { &list };

	list.time_ns = v->time_ns;
	list.interval_ns = v->interval_ns;
	list.fields = fields;
	list.values = &value;
	list.n = 1;
	rounds_flush(r);
	r->post(r->arg, lists, 1);
}

/* Whether the round, or the one that was posted, has a value of the field. */
static bool
has_come(const struct round_thing *t, uint32_t at)
{
	return t->n_fresh > 0 ? t->values[at].kind != 0
			      : t->fields[at]->missed == 0;
}

enum place { IN_ROUND, IN_NEXT, IN_PAST, TWICE };

static enum place
place_of(
    const struct round_thing *t, uint32_t at, const struct rounds_value *v)
{
	const int64_t half = v->interval_ns / 2;

	if (t->n_fresh == 0 && !t->settled)
		return IN_NEXT;
	if (v->time_ns < t->time_ns - half)
		return IN_PAST;
	if (v->time_ns >= t->time_ns + half)
		return IN_NEXT;
	if (!has_come(t, at))
		return t->n_fresh > 0 ? IN_ROUND : IN_PAST;
	/* more often than was said, or two that share a name */
	return v->time_ns >= t->time_ns + TWICE_NS ? IN_NEXT : TWICE;
}

static void
begin_round(
    struct rounds *r, struct round_thing *t, const struct rounds_value *v)
{
	if (t->n_fresh > 0)
		end_round(r, t);
	t->time_ns = v->time_ns;
	t->interval_ns = v->interval_ns;
}

static void
put_value(struct rounds *r, struct round_thing *t, uint32_t at,
    const struct rounds_value *v)
{
	t->values[at] = value_of(t->fields[at], v);
	t->next = at + 1 < t->n ? at + 1 : 0;
	if (++t->n_fresh == t->n && t->settled)
		end_round(r, t);
}

/* The place of its field, made if it is new; t->n: it cannot be taken. */
static uint32_t
field_of(struct rounds *r, struct round_thing *t, const struct rounds_value *v)
{
	uint32_t at = find_field(t, v->field);

	if (at == t->n)
		at = add_field(r, t, v->field, v->value.kind);
	if (at < t->n && t->fields[at]->pub.kind != v->value.kind)
		return t->n;
	return at;
}

void
rounds_add(struct rounds *r, const struct rounds_value *v, int64_t now_ns)
{
	struct round_thing *t = thing_of(r, v);
	uint32_t at = 0;

	if (t == NULL || (at = field_of(r, t, v)) == t->n) {
		r->dropped++;
		return;
	}
	t->entry.heard_ns = now_ns;
	switch (place_of(t, at, v)) {
	case IN_NEXT:
		begin_round(r, t, v);
		/* what was forgotten with the round has moved the others */
		at = field_of(r, t, v);
		if (at < t->n)
			put_value(r, t, at, v);
		break;
	case IN_ROUND:
		put_value(r, t, at, v);
		break;
	case IN_PAST:
		post_late(r, t, t->fields[at], v);
		break;
	case TWICE:
		r->dropped++;
		break;
	}
}

/* --- life ---------------------------------------------------------------- */

/* How long a round waits for what it lacks. */
static int64_t
patience(const struct round_thing *t)
{
	return t->interval_ns < PATIENCE_NS / PATIENCE_INTERVALS
		   ? t->interval_ns * PATIENCE_INTERVALS
		   : PATIENCE_NS;
}

void
rounds_tick(struct rounds *r, int64_t now_ns, int64_t forget_ns)
{
	for (size_t i = 0; i < r->things.cap; i++) {
		struct round_thing *t =
		    (struct round_thing *)r->things.slots[i];

		if (t != NULL && t->n_fresh > 0 &&
		    now_ns - t->entry.heard_ns > patience(t))
			end_round(r, t);
	}
	rounds_flush(r);
	r->last = NULL;
	lookup_forget(&r->things, forget_ns);
}

int
rounds_init(struct rounds *r, size_t most, uint64_t seed,
    void (*post)(void *, const struct fettle_list *const *, size_t), void *arg)
{
	*r = (struct rounds){ .most = most, .post = post, .arg = arg };
	return lookup_init(&r->things, seed, thing_end);
}

void
rounds_fini(struct rounds *r)
{
	lookup_fini(&r->things);
	*r = (struct rounds){ .most = 0 };
}
