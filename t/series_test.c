/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "chance.h"
#include "interned.h"

static const struct fettle_value one = { FETTLE_GAUGE, { .real = 1 } };

static void
the_same_names_are_the_same_series(void **state)
{
	struct fettle_list l = lists_one("disk", "/home", &one);
	struct series *s = get(&l);

	(void)state;
	assert_ptr_equal(get(&l), s);
	assert_string_equal(s->host->name, "here");
	assert_string_equal(s->schema->plugin, "disk");
	assert_string_equal(s->instance, "/home");
	l.host = "here";
	assert_ptr_equal(get(&l), s);
	l.plugin = "test";
	assert_ptr_not_equal(get(&l), s);
	l.plugin = NULL; /* whose it is */
	assert_string_equal(get(&l)->schema->plugin, "test");
	assert_int_equal(table.n_series, 2);
	assert_int_equal(table.n_hosts, 1);
}

static void
whatever_differs_makes_another_series(void **state)
{
	const struct fettle_tag a[] = { { "a", "1" } }, b[] = { { "b", "1" } },
				c[] = { { "a", "2" } },
				ab[] = { { "a", "1" }, { "b", "1" } };
	struct fettle_list lists[10];

	(void)state;
	for (size_t i = 0; i < 10; i++)
		lists[i] = lists_one("p", i > 2 ? "i" : NULL, &one);
	lists[1].host = "there";
	lists[2].plugin = "q";
	lists[4].instance = "j";
	lists[5].tags = a;
	lists[6].tags = b;
	lists[7].tags = c;
	lists[8].tags = ab;
	for (size_t i = 5; i < 9; i++)
		lists[i].n_tags = i == 8 ? 2 : 1;
	lists[9].instance = "i,a=1";
	for (int round = 0; round < 2; round++)
		for (size_t i = 0; i < 10; i++) /* numbers are dense */
			assert_int_equal(get(&lists[i])->number, i + 1);
}

static void
an_empty_instance_is_none(void **state)
{
	struct fettle_list l = lists_one("p", NULL, &one);
	struct series *s = get(&l);

	(void)state;
	assert_null(s->instance);
	l.instance = "";
	assert_ptr_equal(get(&l), s);
	assert_ptr_equal(get(&l), s);
}

static void
tags_are_sorted_and_each_key_is_once(void **state)
{
	const struct fettle_tag sorted[] = { { "a", "1" }, { "b", "2" },
		{ "c", "3" } },
				mixed[] = { { "c", "3" }, { "a", "1" },
					{ "b", "2" } },
				twice[] = { { "a", "1" }, { "b", "2" },
					{ "a", "1" } };
	struct fettle_list l = lists_one("p", NULL, &one);
	struct series *s;

	(void)state;
	l.tags = mixed;
	l.n_tags = 3;
	s = get(&l);
	assert_int_equal(s->n_tags, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_string_equal(s->tags[i].key, sorted[i].key);
		assert_string_equal(s->tags[i].value, sorted[i].value);
	}
	assert_ptr_equal(get(&l), s);
	l.tags = sorted;
	assert_ptr_equal(get(&l), s);
	assert_ptr_equal(get(&l), s);
	l.tags = twice;
	drops(&l, DROP_NAME);
}

static void
a_tag_has_a_key_of_its_alphabet(void **state)
{
	static const char *const bad[] = { "", "a b", "a=b", "\xc3\xa9" };
	struct fettle_tag tag = { "a-Z_0.9", "any \xc3\xa9 value" }, many[17];
	struct fettle_list l = lists_one("p", NULL, &one);
	char keys[17][4];

	(void)state;
	l.tags = &tag;
	l.n_tags = 1;
	get(&l);
	for (size_t i = 0; i < 4; i++) {
		tag.key = bad[i];
		drops(&l, DROP_NAME);
	}
	for (size_t i = 0; i < 17; i++) {
		snprintf(keys[i], sizeof(keys[i]), "%zu", i);
		many[i] = (struct fettle_tag){ keys[i], "" };
	}
	l.tags = many;
	l.n_tags = 16;
	get(&l);
	l.n_tags = 17;
	drops(&l, DROP_NAME);
}

static void
a_list_has_a_host_and_a_plugin(void **state)
{
	struct fettle_list l = lists_one("", NULL, &one);
	struct intern how = now_here();

	(void)state;
	drops(&l, DROP_NAME);
	l.plugin = "p";
	l.host = "";
	drops(&l, DROP_NAME);
	l.host = NULL;
	how.own_host = NULL;
	assert_int_equal(intern(&l, &how, NULL), DROP_NAME);
	assert_int_equal(table.n_hosts, 0);
}

/* --- against a naive model ----------------------------------------------- */

/* A name as it comes, as it is then kept, and as it is kept if it was made
 * printable before. */
static const struct {
	const char *raw, *kept, *relayed;
} pool[] = {
	{ "a", "a", "a" },
	{ "b", "b", "b" },
	{ "ab", "ab", "ab" },
	{ "/", "/", "/" },
	{ "/x\ny", "/x\\x0ay", "/x\\x0ay" },
	{ "/x\\x0ay", "/x\\x5cx0ay", "/x\\x0ay" },
	{ "/x\\x5cx0ay", "/x\\x5cx5cx0ay", "/x\\x5cx0ay" },
	{ "\\", "\\x5c", "\\x5c" },
	{ "\xff", "\\xff", "\\xff" },
	{ "caf\xc3\xa9", "caf\xc3\xa9", "caf\xc3\xa9" },
	{ "\\xZZ", "\\x5cxZZ", "\\x5cxZZ" },
	{ "q{r}[s]:.t=,", "q{r}[s]:.t=,", "q{r}[s]:.t=," },
};

enum { POOL = sizeof(pool) / sizeof(*pool), TAGS = 3 };

/* A list by numbers of the pool; a tag's key is a letter. */
struct draw {
	size_t host, plugin, instance; /* instance POOL: none */
	size_t n_tags, keys[TAGS], values[TAGS];
	bool relayed;
};

static void
draw_tags(struct draw *d, uint64_t *seed)
{
	size_t first = chance_of(seed, TAGS);

	d->n_tags = chance_of(seed, TAGS + 1);
	for (size_t i = 0; i < d->n_tags; i++) {
		d->keys[i] = (first + i) % TAGS; /* in any order */
		d->values[i] = chance_of(seed, POOL);
	}
}

static struct draw
draw_one(uint64_t *seed)
{
	struct draw d = { .host = chance_of(seed, 4),
		.plugin = chance_of(seed, 2),
		.instance = chance_of(seed, POOL + 1),
		.relayed = chance_of(seed, 2) };

	if (chance_of(seed, 3) == 0)
		draw_tags(&d, seed);
	if (chance_of(seed, 4) == 0)
		d.host = 4 + chance_of(seed, 2); /* what needs to be escaped */
	if (chance_of(seed, 4) == 0)
		d.plugin = 4 + chance_of(seed, 2);
	return d;
}

static const char *
kept(const struct draw *d, size_t name)
{
	return d->relayed ? pool[name].relayed : pool[name].kept;
}

/* What makes the series what it is, as one text. */
static void
identity(struct buf *to, const struct draw *d)
{
	buf_clear(to);
	buf_printf(to, "%s\n%s\n%s\n", kept(d, d->host), kept(d, d->plugin),
	    d->instance < POOL ? kept(d, d->instance) : "");
	for (size_t key = 0; key < TAGS; key++)
		for (size_t i = 0; i < d->n_tags; i++)
			if (d->keys[i] == key)
				buf_printf(to, "%zu\n%s\n", key,
				    kept(d, d->values[i]));
}

static struct series *
get_drawn(const struct draw *d)
{
	static const char *const keys[TAGS] = { "k", "l", "m" };
	struct fettle_list l = lists_one(pool[d->plugin].raw,
	    d->instance < POOL ? pool[d->instance].raw : NULL, &one);
	struct intern how = now_here();
	struct fettle_tag tags[TAGS];
	struct series *s;

	l.host = pool[d->host].raw;
	l.tags = tags;
	l.n_tags = d->n_tags;
	for (size_t i = 0; i < d->n_tags; i++)
		tags[i] = (struct fettle_tag){ keys[d->keys[i]],
			pool[d->values[i]].raw };
	how.relayed = d->relayed;
	assert_int_equal(intern(&l, &how, &s), DROP_NONE);
	return s;
}

enum { SERIES_MAX = 2000 };

/* The model: identities in the order in which they came. */
struct model {
	char *names[SERIES_MAX];
	size_t n;
};

/* The number that the series has, or is to get. */
static uint32_t
model_number(struct model *m, const char *name)
{
	size_t i = 0;

	while (i < m->n && strcmp(m->names[i], name) != 0)
		i++;
	assert_true(i < SERIES_MAX);
	if (i == m->n)
		m->names[m->n++] = strdup(name);
	return (uint32_t)i + 1;
}

static void
play_history(uint64_t seed, struct model *m)
{
	const uint64_t said = seed;
	struct draw cycle[40];
	struct buf name = { 0 };

	/* most hosts say the same again and again, with small changes */
	for (size_t i = 0; i < 40; i++)
		cycle[i] = draw_one(&seed);
	for (size_t n = 0; n < 3000; n++) {
		struct draw *d = &cycle[n % 40];
		const struct series *s;

		if (chance_of(&seed, 20) == 0)
			*d = draw_one(&seed);
		if (chance_of(&seed, 20) == 0)
			d = &cycle[chance_of(&seed, 40)];
		s = get_drawn(d);
		identity(&name, d);
		if (s->number != model_number(m, name.data))
			fail_msg("seed %llu, list %zu: %u for %s",
			    (unsigned long long)said, n, s->number, name.data);
		assert_string_equal(s->host->name, kept(d, d->host));
	}
	assert_int_equal(table.n_series, m->n);
	buf_free(&name);
}

static void
a_series_is_found_whatever_was_seen_before_it(void **state)
{
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct model m = { .n = 0 };

		play_history(seed, &m);
		for (size_t i = 0; i < m.n; i++)
			free(m.names[i]);
		interned_end(state);
		interned_begin(state);
	}
}

static void
two_names_never_become_one(void **state)
{
	struct fettle_list a = lists_one("p", "/x\ny", &one),
			   b = lists_one("p", "/x\\x0ay", &one);
	struct intern relayed = now_here();
	struct series *s;

	(void)state;
	assert_string_equal(get(&a)->instance, "/x\\x0ay");
	assert_string_equal(get(&b)->instance, "/x\\x5cx0ay");
	assert_ptr_not_equal(get(&a), get(&b));
	/* what another daemon made printable is that already */
	relayed.relayed = true;
	assert_int_equal(intern(&b, &relayed, &s), DROP_NONE);
	assert_ptr_equal(s, get(&a));
}

/* --- limits -------------------------------------------------------------- */

static void
hosts_are_limited(void **state)
{
	struct fettle_list l = lists_one("p", NULL, &one);
	char name[32];

	(void)state;
	l.host = name;
	for (int i = 0; i < 10; i++) {
		snprintf(name, sizeof(name), "h%d", i);
		get(&l);
	}
	snprintf(name, sizeof(name), "h10");
	drops(&l, DROP_HOSTS);
	assert_null(series_host(&table, "h10"));
	snprintf(name, sizeof(name), "h3");
	get(&l);
	assert_int_equal(table.n_hosts, 10);
}

static void
series_are_limited(void **state)
{
	struct fettle_list l = lists_one("p", NULL, &one);
	char name[32];

	(void)state;
	table.limits.series = 20;
	table.limits.series_per_host = 15;
	l.instance = name;
	for (int i = 0; i < 20; i++) {
		l.host = i < 15 ? "a" : "b";
		snprintf(name, sizeof(name), "%d", i);
		get(&l);
		if (i != 14)
			continue;
		snprintf(name, sizeof(name), "more");
		drops(&l, DROP_SERIES); /* of that host */
	}
	snprintf(name, sizeof(name), "more");
	drops(&l, DROP_SERIES); /* of all */
	snprintf(name, sizeof(name), "17");
	get(&l);
	assert_int_equal(table.n_series, 20);
	assert_int_equal(series_host(&table, "a")->n, 15);
}

static void
what_is_over_a_limit_leaves_nothing_behind(void **state)
{
	struct fettle_list l = lists_one(NULL, NULL, &one);
	struct fettle_field bad = *l.fields[0];
	const struct fettle_field *const fields[] = { &bad };
	char name[32];

	(void)state;
	table.limits.series_per_host = 1;
	get(&l);
	l.plugin = name;
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "plugin-%d", i);
		drops(&l, DROP_SERIES);
	}
	table.limits = lists_limits;
	bad.name = "no name";
	l.fields = fields;
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "plugin-%d", i);
		drops(&l, DROP_NAME);
	}
	assert_int_equal(series_host(&table, "here")->schemas.n, 1);
	assert_int_equal(table.fields.n, 1);
}

static void
names_are_limited_in_bytes_as_they_are_kept(void **state)
{
	struct fettle_list l = lists_one("p", NULL, &one);
	struct fettle_tag tag = { "k", NULL };
	char name[70];

	(void)state;
	memset(name, 'x', sizeof(name));
	name[65] = '\0';
	l.instance = name;
	drops(&l, DROP_NAME);
	l.instance = name + 1;
	get(&l);
	name[64] = '\n'; /* four bytes instead of one */
	drops(&l, DROP_NAME);
	l.instance = name + 4;
	get(&l);
	name[64] = 'x';
	l.instance = NULL;
	l.host = name;
	drops(&l, DROP_NAME);
	l.host = NULL;
	l.plugin = name;
	drops(&l, DROP_NAME);
	l.plugin = NULL;
	l.tags = &tag;
	l.n_tags = 1;
	tag.value = name;
	drops(&l, DROP_NAME);
	tag.value = name + 1;
	get(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		INTERNED_TEST(the_same_names_are_the_same_series),
		INTERNED_TEST(whatever_differs_makes_another_series),
		INTERNED_TEST(an_empty_instance_is_none),
		INTERNED_TEST(tags_are_sorted_and_each_key_is_once),
		INTERNED_TEST(a_tag_has_a_key_of_its_alphabet),
		INTERNED_TEST(a_list_has_a_host_and_a_plugin),
		INTERNED_TEST(a_series_is_found_whatever_was_seen_before_it),
		INTERNED_TEST(two_names_never_become_one),
		INTERNED_TEST(hosts_are_limited),
		INTERNED_TEST(series_are_limited),
		INTERNED_TEST(what_is_over_a_limit_leaves_nothing_behind),
		INTERNED_TEST(names_are_limited_in_bytes_as_they_are_kept),
	};

	return cmocka_run_group_tests_name("series", tests, NULL, NULL);
}
