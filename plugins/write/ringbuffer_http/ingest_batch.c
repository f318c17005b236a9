/* SPDX-License-Identifier: MIT */
/* A batch: field lists once, value lists as rows.  What the document says of
 * host, tags and interval may come behind its rows, and is put in last. */
#include "group.h"

#include <string.h>

#include "when.h"

enum {
	PLUGIN_MAX_BYTES = 32,
	INTERVAL_MAX_S = 366 * 86400,
	QUEUE_DIGITS = 32,
	VIA_MAX = 16, /* hubs one behind the other */
};

/* --- members of both ----------------------------------------------------- */

static void
take_host(struct parse *p, void *to)
{
	parse_name(p, &((struct batch_in *)to)->host, NAME_MAX_BYTES);
}

static void
take_tags(struct parse *p, void *to)
{
	struct batch_in *b = to;

	parse_tags(p, &b->tags, &b->n_tags);
}

static void
take_interval(struct parse *p, void *to)
{
	struct reader_number n;

	if (!parse_number(p, &n))
		return;
	if (n.real < 0 || n.real > INTERVAL_MAX_S)
		parse_wrong(p, "seconds from 0 to a year are expected");
	else if (n.real > 0)
		((struct batch_in *)to)->interval_ns = when_number(&n);
}

/* --- groups -------------------------------------------------------------- */

static void
take_plugin(struct parse *p, void *to)
{
	struct group *g = to;

	if (!parse_name(p, &g->plugin, PLUGIN_MAX_BYTES))
		return;
	if (g->plugin[0] < 'a' || g->plugin[0] > 'z' ||
	    strspn(g->plugin, "abcdefghijklmnopqrstuvwxyz0123456789_") !=
		strlen(g->plugin))
		parse_wrong(p, "a name of a-z 0-9 _ is expected");
}

static void
take_instance_name(struct parse *p, void *to)
{
	struct group *g = to;

	if (reader_peek(&p->r) == READER_NULL)
		reader_skip(&p->r);
	else if (parse_name(p, &g->instance_name, WORD_MAX_BYTES) &&
		 !group_is_word(g->instance_name))
		parse_wrong(p, "a name of A-Z a-z 0-9 _ is expected");
}

/* take_host and the like find their struct at its beginning. */
_Static_assert(offsetof(struct group, of) == 0, "of is first");

static const struct parse_member group_v[] = {
	{ "plugin", true, take_plugin },
	{ "instance_name", false, take_instance_name },
	{ "host", false, take_host },
	{ "tags", false, take_tags },
	{ "interval", false, take_interval },
	{ "fields", true, group_fields },
	{ "rows", true, group_rows },
};
static const struct parse_members group_members = PARSE_MEMBERS(group_v);

static void
take_group(struct parse *p)
{
	struct group g = { .plugin = NULL };
	const size_t from = p->in->n;

	parse_object(p, &group_members, &g);
	group_end(p, &g);
	for (size_t i = from; i < p->in->n; i++) {
		struct fettle_list *l = p->in->lists[i];

		l->plugin = g.plugin;
		l->instance_name = g.instance_name;
		l->host = g.of.host;
		l->host_tags = g.of.tags;
		l->n_host_tags = g.of.n_tags;
		l->interval_ns = g.of.interval_ns;
	}
}

static void
take_groups(struct parse *p, void *to)
{
	(void)to;
	if (!parse_enter(p, READER_ARRAY))
		return;
	parse_push_index(p);
	for (size_t i = 0; reader_next(&p->r); i++) {
		parse_index(p, i);
		take_group(p);
	}
	parse_pop(p);
}

/* --- the document -------------------------------------------------------- */

static void
take_version(struct parse *p, void *to)
{
	struct reader_number n;

	(void)to;
	if (parse_number(p, &n) && !(n.whole && n.integer == 1))
		parse_wrong(p, "only version 1 is known");
}

static bool
take_id(struct parse *p, const char **id)
{
	if (!parse_name(p, id, WORD_MAX_BYTES))
		return false;
	if (strspn(*id, "0123456789abcdef") == QUEUE_DIGITS &&
	    (*id)[QUEUE_DIGITS] == '\0')
		return true;
	parse_wrong(p, "32 hexadecimal digits are expected");
	return false;
}

static void
take_queue(struct parse *p, void *to)
{
	(void)to;
	take_id(p, &p->in->queue);
}

static void
take_seq(struct parse *p, void *to)
{
	struct reader_number n;

	(void)to;
	if (!parse_number(p, &n))
		return;
	if (!n.whole || n.integer < 0) {
		parse_wrong(p, "a whole number from 0 is expected");
		return;
	}
	p->in->seq = (uint64_t)n.integer;
	p->in->has_seq = true;
}

static void
take_sent(struct parse *p, void *to)
{
	struct reader_number n;

	(void)to;
	if (parse_number(p, &n))
		p->in->sent_ns = when_number(&n);
}

static void
take_via(struct parse *p, void *to)
{
	const char **ids;
	size_t i = 0;

	(void)to;
	if (!parse_enter(p, READER_ARRAY))
		return;
	ids = parse_alloc(p, VIA_MAX * sizeof *ids);
	parse_push_index(p);
	for (; ids != NULL && reader_next(&p->r); i++) {
		parse_index(p, i);
		if (i < VIA_MAX)
			take_id(p, &ids[i]);
		else
			parse_reject(p, "it went through too many hubs");
	}
	parse_pop(p);
	p->in->via = ids;
	p->in->n_via = i;
}

static void
take_sender_host(struct parse *p, void *to)
{
	parse_name(p, &((struct ingest_sender *)to)->host, NAME_MAX_BYTES);
}

static void
take_sender_version(struct parse *p, void *to)
{
	parse_name(p, &((struct ingest_sender *)to)->version, NAME_MAX_BYTES);
}

static const struct parse_member sender_v[] = {
	{ "host", true, take_sender_host },
	{ "version", true, take_sender_version },
};
static const struct parse_members sender_members = PARSE_MEMBERS(sender_v);

static void
take_sender(struct parse *p, void *to)
{
	(void)to;
	parse_object(p, &sender_members, &p->in->sender);
}

static const struct parse_member batch_v[] = {
	{ "v", true, take_version },
	{ "queue", false, take_queue },
	{ "seq", false, take_seq },
	{ "sent", false, take_sent },
	{ "via", false, take_via },
	{ "sender", false, take_sender },
	{ "host", false, take_host },
	{ "tags", false, take_tags },
	{ "interval", false, take_interval },
	{ "plugins", true, take_groups },
};
const struct parse_members batch_members = PARSE_MEMBERS(batch_v);

/* They have kept their places for the sake of the numbers. */
static void
leave_out_empty(struct ingest *in)
{
	size_t kept = 0;

	for (size_t i = 0; i < in->n; i++)
		if (group_has_value(in->lists[i]))
			in->lists[kept++] = in->lists[i];
	in->n = kept;
}

void
batch_in_end(struct parse *p, const struct batch_in *b)
{
	bool orphan = false;

	if (p->in->empty > 0 && (p->in->queue == NULL || !p->in->has_seq))
		leave_out_empty(p->in);

	for (size_t i = 0; i < p->in->n; i++) {
		struct fettle_list *l = p->in->lists[i];

		if (l->interval_ns == 0)
			l->interval_ns = b->interval_ns;
		if (l->host != NULL)
			continue;
		orphan |= b->host == NULL;
		l->host = b->host;
		if (l->host_tags != NULL)
			continue;
		l->host_tags = b->tags;
		l->n_host_tags = b->n_tags;
	}
	if (orphan && p->r.what == NULL) {
		parse_push(p, "host");
		parse_wrong(p, "is missing");
		parse_pop(p);
	}
}
