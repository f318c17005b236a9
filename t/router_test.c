/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "chance.h"
#include "flow/router.h"
#include "interned.h"

/* A writer that notes what it is handed. */
struct noter {
	struct sink sink; /* first: found from its address */
	struct buf got;	  /* plugin and number of each list */
	struct batch *last;
	int batches;
};

static struct router router;

static void
note(struct sink *sink, struct batch *b)
{
	struct noter *n = (struct noter *)(void *)sink;

	for (uint32_t i = 0; i < b->n; i++)
		buf_printf(&n->got, "%s%d ", b->pubs[i]->plugin,
		    (int)lists_number(b->pubs[i]));
	n->last = b;
	n->batches++;
}

static int
begin(void **state)
{
	router_init(&router);
	return interned_begin(state);
}

static int
end(void **state)
{
	router_fini(&router);
	return interned_end(state);
}

static struct pattern *
pattern(const char *text)
{
	char why[100];
	struct pattern *p = pattern_parse(text, why, sizeof(why));

	assert_non_null(p);
	return p;
}

static void
put(struct batch *b)
{
	pthread_mutex_lock(&router.lock);
	router_put(&router, b);
	pthread_mutex_unlock(&router.lock);
}

/* What the noter was handed since the last time. */
static void
check(struct noter *n, const char *got)
{
	assert_string_equal(n->got.data != NULL ? n->got.data : "", got);
	buf_clear(&n->got);
	n->batches = 0;
}

/* One batch with a list each of a0, b0, ... by the letters. */
static struct batch *
batch_of(const char *plugins)
{
	const struct fettle_value zero = { FETTLE_GAUGE, { .real = 0 } };
	struct batch_origin origin = lists_origin();
	const struct fettle_list *pointers[20];
	struct fettle_list lists[20];
	char names[20][2];
	struct taken taken;
	size_t n = 0;

	for (; plugins[n] != '\0'; n++) {
		names[n][0] = plugins[n];
		names[n][1] = '\0';
		lists[n] = lists_one(names[n], "0", &zero);
		pointers[n] = &lists[n];
	}
	return batch_build(&table, &origin, pointers, n, &taken);
}

static void
put_all(const char *plugins)
{
	struct batch *b = batch_of(plugins);

	put(b);
	assert_int_equal(b->refs, 1); /* who wants more takes one */
	batch_unref(b);
}

static void
without_patterns_a_writer_gets_everything(void **state)
{
	struct noter n = { .sink = { note } };
	const struct route route = { &n.sink, NULL, 0 };
	struct batch *b;

	(void)state;
	put_all("ab"); /* to nobody */
	router_set(&router, &route, 1);
	b = batch_of("ab");
	put(b);
	assert_ptr_equal(n.last, b); /* the batch itself */
	batch_unref(b);
	check(&n, "a0 b0 ");
	router_set(&router, NULL, 0);
	put_all("ab");
	check(&n, "");
	buf_free(&n.got);
}

static void
a_writer_gets_what_any_of_its_patterns_means(void **state)
{
	struct noter x = { .sink = { note } }, y = { .sink = { note } };
	struct pattern *const a[] = { pattern("a") }, *const bc[] = {
		pattern("b"), pattern("c")
	};
	const struct route routes[] = { { &x.sink, a, 1 },
		{ &y.sink, bc, 2 } };

	(void)state;
	router_set(&router, routes, 2);
	put_all("abcd");
	check(&x, "a0 ");
	check(&y, "b0 c0 ");
	put_all("cab");
	check(&x, "a0 ");
	check(&y, "c0 b0 "); /* in their order */
	put_all("d");
	assert_int_equal(x.batches + y.batches, 0);
	put_all("bcb");
	assert_int_equal(x.batches, 0);
	check(&y, "b0 c0 b0 ");
	pattern_free(a[0]);
	pattern_free(bc[0]);
	pattern_free(bc[1]);
	buf_free(&x.got);
	buf_free(&y.got);
}

static void
another_set_of_routes_holds_at_once(void **state)
{
	struct noter x = { .sink = { note } }, y = { .sink = { note } };
	struct pattern *const a[] = { pattern("a") }, *const b[] = { pattern(
							  "b") };
	const struct route first[] = { { &x.sink, a, 1 }, { &y.sink, b, 1 } },
			   second[] = { { &y.sink, a, 1 } };

	(void)state;
	router_set(&router, first, 2);
	put_all("ab");
	check(&x, "a0 ");
	check(&y, "b0 ");
	router_set(&router, second, 1);
	put_all("ab");
	check(&x, "");
	check(&y, "a0 ");
	router_set(&router, first, 2);
	put_all("ab");
	check(&x, "a0 ");
	check(&y, "b0 ");
	pattern_free(a[0]);
	pattern_free(b[0]);
	buf_free(&x.got);
	buf_free(&y.got);
}

static void
so_many_writers_each_get_their_own(void **state)
{
	struct noter noters[SINKS_MAX] = { 0 };
	struct route routes[SINKS_MAX];
	struct pattern *patterns[SINKS_MAX];
	char text[32];

	(void)state;
	for (unsigned i = 0; i < SINKS_MAX; i++) {
		snprintf(text, sizeof(text), "p[%u]", i);
		patterns[i] = pattern(text);
		noters[i].sink.put = note;
		routes[i] = (struct route){ &noters[i].sink, &patterns[i], 1 };
	}
	router_set(&router, routes, SINKS_MAX);
	for (int64_t first = 0; first < SINKS_MAX; first += 8) {
		struct batch *b = lists_batch(&table, "p", first, 9);

		put(b);
		batch_unref(b);
	}
	for (int i = 0; i < SINKS_MAX; i++) {
		/* each eighth is in two batches */
		snprintf(text, sizeof(text), "p%d p%d ", i, i);
		if (i % 8 != 0 || i == 0)
			*(strchr(text, ' ') + 1) = '\0';
		check(&noters[i], text);
		buf_free(&noters[i].got);
		pattern_free(patterns[i]);
	}
}

/* --- against a naive model ----------------------------------------------- */

static void
route_by_chance(struct noter *noters, struct pattern *const *patterns,
    size_t *wants, uint64_t *seed)
{
	struct route routes[4];

	for (size_t i = 0; i < 4; i++) {
		wants[i] = chance_of(seed, 6); /* a to e, or all */
		routes[i] = (struct route){ &noters[i].sink,
			&patterns[wants[i]], wants[i] < 5 };
	}
	router_set(&router, routes, 4);
}

static void
every_list_goes_where_it_is_wanted_and_nowhere_else(void **state)
{
	struct pattern *patterns[6] = { 0 };
	struct noter noters[4] = { 0 };
	struct buf expected = { 0 };
	uint64_t seed = 1;
	size_t wants[4];

	(void)state;
	for (size_t i = 0; i < 5; i++)
		patterns[i] = pattern((const char[]){ (char)('a' + i), 0 });
	for (size_t i = 0; i < 4; i++)
		noters[i].sink.put = note;
	for (int n = 0; n < 1000; n++) {
		char plugins[13] = "";

		if (n % 10 == 0)
			route_by_chance(noters, patterns, wants, &seed);
		plugins[0] = 'a';
		for (size_t i = chance_of(&seed, 12) + 1; i-- > 0;)
			plugins[i] = (char)('a' + chance_of(&seed, 5));
		put_all(plugins);
		for (size_t i = 0; i < 4; i++) {
			buf_clear(&expected);
			for (const char *p = plugins; *p != '\0'; p++)
				if (wants[i] == 5 ||
				    *p == (char)('a' + wants[i]))
					buf_printf(&expected, "%c0 ", *p);
			check(&noters[i], expected.data);
		}
	}
	for (size_t i = 0; i < 5; i++)
		pattern_free(patterns[i]);
	for (size_t i = 0; i < 4; i++)
		buf_free(&noters[i].got);
	buf_free(&expected);
}

#define ROUTER_TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ROUTER_TEST(without_patterns_a_writer_gets_everything),
		ROUTER_TEST(a_writer_gets_what_any_of_its_patterns_means),
		ROUTER_TEST(another_set_of_routes_holds_at_once),
		ROUTER_TEST(so_many_writers_each_get_their_own),
		ROUTER_TEST(
		    every_list_goes_where_it_is_wanted_and_nowhere_else),
	};

	return cmocka_run_group_tests_name("router", tests, NULL, NULL);
}
