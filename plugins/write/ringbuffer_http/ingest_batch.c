/* SPDX-License-Identifier: MIT */
/* A batch: field lists once, value lists as rows.  What the document says of
 * host, tags and interval may come behind its rows, and is put in last. */
#include "group.h"

#include <string.h>

#include "when.h"

enum { PLUGIN_MAX_BYTES = 32, INTERVAL_MAX_S = 366 * 86400 };

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

static void
take_queue(struct parse *p, void *to)
{
	const char *queue;

	(void)to;
	parse_name(p, &queue, WORD_MAX_BYTES);
}

static void
take_seq(struct parse *p, void *to)
{
	struct reader_number n;

	(void)to;
	if (parse_number(p, &n) && !(n.whole && n.integer >= 0))
		parse_wrong(p, "a whole number from 0 is expected");
}

static void
take_sent(struct parse *p, void *to)
{
	double sent;

	(void)to;
	parse_real(p, &sent);
}

static const struct parse_member batch_v[] = {
	{ "v", true, take_version },
	{ "queue", false, take_queue },
	{ "seq", false, take_seq },
	{ "sent", false, take_sent },
	{ "host", false, take_host },
	{ "tags", false, take_tags },
	{ "interval", false, take_interval },
	{ "plugins", true, take_groups },
};
const struct parse_members batch_members = PARSE_MEMBERS(batch_v);

void
batch_in_end(struct parse *p, const struct batch_in *b)
{
	bool orphan = false;

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
