/* SPDX-License-Identifier: MIT */
#include "ingest.h"

#include <stdlib.h>

#include "parse.h"

/* An object that may be either.  The first member that only one of them has
 * decides; what came before is passed over and read then. */
struct either {
	enum { UNDECIDED, SNAPSHOT, BATCH } kind;
	struct snapshot_in snapshot;
	struct batch_in batch;
	struct reader_mark marks[16]; /* of batch_members */
	unsigned marked, seen;
};

static void
take_undecided(
    struct parse *p, struct either *e, const struct reader_string *key)
{
	const int i = parse_find(&batch_members, key);

	if (i < 0) {
		reader_skip(&p->r);
		return;
	}
	e->marks[i] = reader_pass(&p->r);
	e->marked |= 1u << i;
}

static void
take_one(struct parse *p, struct either *e, const struct reader_string *key)
{
	if (e->kind == UNDECIDED && key->len == 1 && key->s[0] == 'v')
		e->kind = BATCH;
	else if (e->kind == UNDECIDED &&
		 parse_find(&snapshot_members, key) >= 0)
		e->kind = SNAPSHOT;
	switch (e->kind) {
	case UNDECIDED:
		take_undecided(p, e, key);
		break;
	case SNAPSHOT:
		parse_member(
		    p, &snapshot_members, key, &e->snapshot, &e->seen);
		break;
	case BATCH:
		parse_member(p, &batch_members, key, &e->batch, &e->seen);
		break;
	}
}

/* What was passed over: in a snapshot it is unknown, but JSON all the same. */
static void
take_marked(struct parse *p, struct either *e)
{
	for (unsigned i = 0; i < batch_members.n; i++) {
		struct reader_mark end;

		if (!(e->marked & 1u << i) || p->r.what != NULL)
			continue;
		end = reader_back(&p->r, e->marks[i]);
		if (e->kind == SNAPSHOT) {
			reader_skip(&p->r);
		} else {
			e->seen |= 1u << i;
			parse_push(p, batch_members.v[i].name);
			batch_members.v[i].take(p, &e->batch);
			parse_pop(p);
		}
		reader_back(&p->r, end);
	}
}

static void
take_object(struct parse *p)
{
	struct either e = { .kind = UNDECIDED };
	struct reader_string key;

	reader_object(&p->r);
	while (reader_key(&p->r, &key))
		take_one(p, &e, &key);
	if (e.kind == UNDECIDED)
		e.kind = e.marked != 0 ? BATCH : SNAPSHOT;
	take_marked(p, &e);
	if (e.kind == BATCH) {
		parse_missing(p, &batch_members, e.seen);
		batch_in_end(p, &e.batch);
	} else {
		parse_missing(p, &snapshot_members, e.seen);
		snapshot_in_end(p, &e.snapshot);
	}
}

static void
take_array(struct parse *p)
{
	reader_array(&p->r);
	parse_push_index(p);
	for (size_t i = 0; reader_next(&p->r); i++) {
		parse_index(p, i);
		snapshot_in_take(p);
	}
	parse_pop(p);
}

void
ingest_read(struct ingest *in, char *text, size_t len)
{
	struct parse p = { .in = in };

	*in = (struct ingest){ .status = 200 };
	reader_init(&p.r, text, len);
	switch (reader_peek(&p.r)) {
	case READER_OBJECT:
		take_object(&p);
		break;
	case READER_ARRAY:
		take_array(&p);
		break;
	default:
		parse_reject(&p, "an object or an array is expected");
	}
	if (!reader_done(&p.r) && in->status == 200)
		in->status = 400;
	else if (in->n_wrong > 0 && in->status == 200)
		in->status = 422;
	in->what = p.r.what;
	in->offset = p.r.offset;
	reader_fini(&p.r);
}

void
ingest_fini(struct ingest *in)
{
	region_free(&in->region);
	free(in->lists);
	in->lists = NULL;
}
