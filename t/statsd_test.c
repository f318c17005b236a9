/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "fake_ctx.h"
#include "read/statsd/parse.h"
#include "read/statsd/table.h"

#define SECOND INT64_C(1000000000)

FETTLE_API extern const struct fettle_plugin statsd_LTX_fettle_plugin;
static const struct fettle_plugin *const plugin = &statsd_LTX_fettle_plugin;

/* --- lines --------------------------------------------------------------- */

static enum statsd_verdict
parse(const char *text, struct statsd_line *line)
{
	return statsd_parse(text, strlen(text), line);
}

static void
assert_text(struct statsd_text text, const char *expected)
{
	assert_int_equal(text.len, strlen(expected));
	assert_memory_equal(text.s, expected, text.len);
}

static void
a_line_is_taken_apart(void **state)
{
	struct statsd_line l;
	struct statsd_text value;

	(void)state;
	assert_int_equal(
	    parse("page.views:1:2|c|@0.1|#b:2,a:x:y,lone|c:ci-1", &l),
	    STATSD_METRIC);
	assert_text(l.name, "page.views");
	assert_int_equal(l.type, STATSD_COUNTER);
	assert_true(l.rate == 0.1);
	assert_int_equal(l.n_tags, 3);
	assert_text(l.tags[0].key, "a");
	assert_text(l.tags[0].value, "x:y");
	assert_text(l.tags[1].key, "b");
	assert_text(l.tags[1].value, "2");
	assert_text(l.tags[2].key, "lone");
	assert_text(l.tags[2].value, "true");
	assert_true(statsd_value(&l, &value));
	assert_text(value, "1");
	assert_true(statsd_value(&l, &value));
	assert_text(value, "2");
	assert_false(statsd_value(&l, &value));
}

static void
every_type_is_known(void **state)
{
	static const struct {
		const char *line;
		enum statsd_type type;
	} known[] = { { "a:1|c", STATSD_COUNTER }, { "a:1|m", STATSD_COUNTER },
		{ "a:1|g", STATSD_GAUGE }, { "a:1|ms", STATSD_TIMER },
		{ "a:1|h", STATSD_TIMER }, { "a:1|d", STATSD_TIMER },
		{ "a:joe|s", STATSD_SET } };
	struct statsd_line l;

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		assert_int_equal(parse(known[i].line, &l), STATSD_METRIC);
		assert_int_equal(l.type, known[i].type);
	}
	assert_int_equal(parse("_e{5,4}:title|text", &l), STATSD_OTHER);
	assert_int_equal(parse("_sc|app.ok|0", &l), STATSD_OTHER);
}

static void
what_is_no_line_is_malformed(void **state)
{
	static const char *const bad[] = { "", "a", "a:", "a:1", "a:1|",
		":1|c", "a:|c", "a:1|x", "a:1|cc", "a|b:1|c", "a:1|c|@0",
		"a:1|c|@1.5", "a:1|c|@-1", "a:1|c|@x", "a:1|c|#k\001:v",
		"a:1|c|#:v", "a:1|c|#a b:v" };
	struct statsd_line l;
	char name[300];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (parse(bad[i], &l) != STATSD_MALFORMED)
			fail_msg("'%s' is taken for a line", bad[i]);
	memset(name, 'a', sizeof(name));
	memcpy(name + 256, ":1|c", 5);
	assert_int_equal(parse(name, &l), STATSD_MALFORMED);
	assert_int_equal(parse(name + 1, &l), STATSD_METRIC);
}

static void
a_line_has_sixteen_tags_at_most(void **state)
{
	struct statsd_line l;
	char text[256] = "a:1|c|#";

	(void)state;
	for (int i = 0; i < 16; i++)
		sprintf(text + strlen(text), "k%d:v,", i);
	assert_int_equal(parse(text, &l), STATSD_METRIC);
	assert_int_equal(l.n_tags, 16);
	strcat(text, "k3:again");
	assert_int_equal(parse(text, &l), STATSD_METRIC);
	assert_int_equal(l.n_tags, 16);
	for (size_t i = 0; i < l.n_tags; i++)
		assert_text(l.tags[i].value,
		    memcmp(l.tags[i].key.s, "k3", l.tags[i].key.len) == 0
			? "again"
			: "v");
	strcat(text, ",k16:v");
	assert_int_equal(parse(text, &l), STATSD_MALFORMED);
}

static void
numbers_are_read_as_strtod_reads_them(void **state)
{
	static const char *const good[] = { "0", "7", "-7", "+7", "0.1", ".5",
		"5.", "123456789012345", "999999999999999.9", "0.000000000001",
		"1e3", "1.5E-7", "-2.25e+10", "179769313486231570000" };
	static const char *const bad[] = { "", "-", "+", ".", "-.", "1e",
		"1e999", "nan", "inf", "0x10", "1 ", " 1", "1,5", "--1", "-+1",
		"1.2.3", "1-2" };
	double number;
	bool sign;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		assert_true(statsd_number(
		    (struct statsd_text){ good[i], strlen(good[i]) }, &number,
		    &sign));
		assert_true(number == strtod(good[i], NULL));
		assert_int_equal(sign, good[i][0] == '-' || good[i][0] == '+');
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (statsd_number(
			(struct statsd_text){ bad[i], strlen(bad[i]) },
			&number, &sign))
			fail_msg("'%s' is taken for a number", bad[i]);
}

/* --- the table ----------------------------------------------------------- */

static void
take(struct statsd_table *t, const char *text, int64_t now)
{
	/* on the heap and without a NUL: what reads on is found */
	char *copy = malloc(strlen(text));

	memcpy(copy, text, strlen(text));
	statsd_table_take(t, copy, strlen(text), now);
	free(copy);
}

static struct statsd_entry *
entry(const struct statsd_table *t, const char *name)
{
	for (size_t i = 0; i < t->names.cap; i++)
		if (t->names.slots[i] != NULL &&
		    strcmp(t->names.slots[i]->key, name) == 0)
			return (struct statsd_entry *)t->names.slots[i];
	return NULL;
}

static void
a_datagram_is_lines(void **state)
{
	struct statsd_table t;

	(void)state;
	statsd_table_init(&t, 100, 10, 1);
	take(&t, "a:1|c\nb:2|g\r\n\n\nc:3|c", 1);
	assert_int_equal(t.lines, 3);
	assert_int_equal(t.malformed, 0);
	assert_true(entry(&t, "a")->total == 1);
	assert_true(entry(&t, "b")->value == 2);
	assert_true(entry(&t, "c")->total == 3);
	statsd_table_fini(&t);
}

static void
a_line_with_one_bad_value_counts_for_nothing(void **state)
{
	struct statsd_table t;

	(void)state;
	statsd_table_init(&t, 100, 10, 1);
	take(&t, "a:1:x:3|c\na:1:2|c", 1);
	assert_int_equal(t.malformed, 1);
	assert_true(entry(&t, "a")->total == 3);
	statsd_table_fini(&t);
}

static void
tags_in_any_order_are_the_same_tags(void **state)
{
	struct statsd_table t;

	(void)state;
	statsd_table_init(&t, 100, 10, 1);
	take(&t, "a:1|c|#x:1,y:2\na:1|c|#y:2,x:1\na:1|c|#x:1\na:1|c", 1);
	assert_int_equal(t.names.n, 3);
	statsd_table_fini(&t);
}

static void
a_name_keeps_its_first_type(void **state)
{
	struct statsd_table t;

	(void)state;
	statsd_table_init(&t, 100, 10, 1);
	take(&t, "a:1|c\na:5|g\na:2|c", 1);
	assert_int_equal(t.conflicts, 1);
	assert_true(entry(&t, "a")->total == 3);
	statsd_table_fini(&t);
}

static void
names_over_the_limit_are_counted_and_old_ones_make_room(void **state)
{
	struct statsd_table t;
	char line[32];

	(void)state;
	statsd_table_init(&t, 1000, 10, 1);
	for (int i = 0; i < 1500; i++) {
		snprintf(line, sizeof(line), "n%d:1|c", i);
		take(&t, line, i < 700 ? 1 : 2);
	}
	assert_int_equal(t.names.n, 1000);
	assert_int_equal(t.dropped, 500);
	take(&t, "n0:1|c", 3);
	statsd_table_next(&t, 2);
	assert_int_equal(t.names.n, 301);
	assert_non_null(entry(&t, "n0"));
	assert_null(entry(&t, "n1"));
	assert_non_null(entry(&t, "n999"));
	statsd_table_fini(&t);
}

static void
a_nul_in_a_name_makes_no_second_name_of_it(void **state)
{
	static const char bad[] = "a\0b:1|c";
	struct statsd_table t;

	(void)state;
	statsd_table_init(&t, 100, 10, 1);
	statsd_table_take(&t, bad, sizeof(bad) - 1, 1);
	assert_int_equal(t.malformed, 1);
	assert_int_equal(t.names.n, 0);
	statsd_table_fini(&t);
}

static void
percentiles_of_all_samples_are_exact(void **state)
{
	struct statsd_table t;
	struct statsd_timer *timer;
	char line[32];

	(void)state;
	statsd_table_init(&t, 100, 1000, 1);
	for (int i = 100; i > 0; i--) {
		snprintf(line, sizeof(line), "a:%d|ms", i);
		take(&t, line, 1);
	}
	timer = &entry(&t, "a")->timer;
	statsd_timer_sort(timer);
	assert_true(statsd_percentile(timer, 0) == 1);
	assert_true(statsd_percentile(timer, 50) == 50);
	assert_true(statsd_percentile(timer, 99) == 99);
	assert_true(statsd_percentile(timer, 99.9) == 100);
	assert_true(statsd_percentile(timer, 100) == 100);
	statsd_table_fini(&t);
}

/* 100 000 samples from 0 to 999 in order, of which 1000 are kept: the median
 * of those is within 5 standard deviations (16 of 1000 each). */
static void
of_too_many_samples_each_has_the_same_chance(void **state)
{
	struct statsd_table t;
	struct statsd_timer *timer;
	char line[32];

	(void)state;
	statsd_table_init(&t, 100, 1000, 1);
	for (int i = 0; i < 100000; i++) {
		snprintf(line, sizeof(line), "a:%d|ms", i / 100);
		take(&t, line, 1);
	}
	timer = &entry(&t, "a")->timer;
	assert_int_equal(timer->n, 1000);
	assert_true(timer->min == 0 && timer->max == 999);
	assert_true(fabs(timer->sum / timer->weight - 499.5) < 1e-6);
	statsd_timer_sort(timer);
	assert_true(fabs(statsd_percentile(timer, 50) - 500) < 80);
	statsd_table_fini(&t);
}

/* Whoever can send would take away what all others count. */
static void
no_number_is_so_large_that_others_are_lost(void **state)
{
	struct statsd_table t;

	(void)state;
	statsd_table_init(&t, 100, 10, 1);
	take(&t, "c:1|c\nc:1e308|c|@0.01\nc:2|c", 1);
	assert_true(entry(&t, "c")->total == 3);
	take(&t, "g:1e308|g\ng:+1e308|g\ng:-1|g", 1);
	assert_true(entry(&t, "g")->value == 1e308);
	take(&t, "t:7|ms\nt:7|ms|@1e-320", 1);
	assert_true(entry(&t, "t")->total == 1);
	assert_int_equal(entry(&t, "t")->timer.n, 1);
	assert_int_equal(t.dropped, 3);
	assert_int_equal(t.malformed, 0);
	statsd_table_fini(&t);
}

static void
a_set_counts_what_differs_and_is_bounded(void **state)
{
	struct statsd_table t;
	char line[32];

	(void)state;
	statsd_table_init(&t, 100, 10, 1);
	take(&t, "s:a|s\ns:b:c|s\ns:a|s\ns:|s", 1);
	assert_int_equal(entry(&t, "s")->set.n, 2);
	assert_int_equal(t.malformed, 1);
	for (int i = 0; i < STATSD_MEMBERS_MAX + 10; i++) {
		snprintf(line, sizeof(line), "s:%d|s", i);
		take(&t, line, 1);
	}
	assert_int_equal(entry(&t, "s")->set.n, STATSD_MEMBERS_MAX);
	assert_int_equal(t.dropped, 12);
	statsd_table_next(&t, 0);
	assert_int_equal(entry(&t, "s")->set.n, 0);
	statsd_table_fini(&t);
}

/* Or ten thousand names that are used at once take gigabytes, */
static void
sets_are_bounded_together(void **state)
{
	struct statsd_table t;

	(void)state;
	statsd_table_init(&t, 100, 10, 1);
	take(&t, "a:1|s\na:2|s\na:1|s\nz:1|s", 1);
	assert_int_equal(t.members, 3);
	t.members = STATSD_MEMBERS_ALL - 1; /* of others */
	take(&t, "a:3|s\nz:2|s\na:1|s", 1);
	assert_int_equal(entry(&t, "a")->set.n, 3);
	assert_int_equal(entry(&t, "z")->set.n, 1);
	assert_int_equal(t.dropped, 1);
	statsd_table_next(&t, 0);
	take(&t, "z:2|s", 1);
	assert_int_equal(entry(&t, "z")->set.n, 1);
	assert_int_equal(t.dropped, 1);
	statsd_table_fini(&t);
}

/* or used one after the other. */
static void
a_set_gives_back_what_a_burst_needed(void **state)
{
	struct statsd_table t;
	char line[32];

	(void)state;
	statsd_table_init(&t, 100, 10, 1);
	for (int i = 0; i < 1000; i++) {
		snprintf(line, sizeof(line), "s:%d|s", i);
		take(&t, line, 1);
	}
	statsd_table_next(&t, 0);
	assert_int_equal(entry(&t, "s")->set.cap, 2048); /* may be again */
	take(&t, "s:a|s", 1);
	statsd_table_next(&t, 0);
	assert_int_equal(entry(&t, "s")->set.cap, 0);
	take(&t, "s:a|s\ns:b|s", 1);
	assert_int_equal(entry(&t, "s")->set.n, 2);
	statsd_table_fini(&t);
}

/* --- the plugin ---------------------------------------------------------- */

static struct fettle_ctx *
start(const char *options)
{
	struct fettle_ctx *ctx = fake_new(plugin, "statsd", options);

	ctx->now = 100 * SECOND;
	if (plugin->open(ctx) != 0)
		fail_msg("%s", ctx->reason);
	return ctx;
}

/* The thread that receives looks at the clock as well. */
static void
pass(struct fettle_ctx *ctx, int64_t ns)
{
	__atomic_fetch_add(&ctx->now, ns, __ATOMIC_RELAXED);
}

static void
stop(struct fettle_ctx *ctx)
{
	plugin->close(ctx);
	fake_free(ctx);
}

static void
send_unix(const char *path, const char *text)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	strcpy(sun.sun_path, path);
	assert_int_equal(sendto(fd, text, strlen(text), 0,
			     (struct sockaddr *)&sun, sizeof(sun)),
	    strlen(text));
	close(fd);
}

/* Reads until that many datagrams have been taken. */
static void
read_after(struct fettle_ctx *ctx, double datagrams, int64_t elapsed)
{
	pass(ctx, elapsed);
	for (;;) {
		fake_clear(ctx);
		assert_int_equal(plugin->read(ctx), 0);
		if (fake_value(ctx, NULL, "datagrams") >= datagrams)
			return;
		sched_yield();
	}
}

static void
what_is_sent_is_read(void **state)
{
	char path[64] = "/tmp/fettle-statsd-XXXXXX", options[128];
	struct fettle_ctx *ctx;
	struct stat st;

	(void)state;
	assert_non_null(mkdtemp(path));
	snprintf(options, sizeof(options),
	    "listen: [\"127.0.0.1:0\"]\nsocket: %s/s\n", path);
	ctx = start(options);
	strcat(path, "/s");
	send_unix(path,
	    "hits:3|c|@0.5|#country:de\nload:4|g\nt:10:20:30|ms\nwho:joe|s\n"
	    "broken");
	read_after(ctx, 1, 0);
	/* gauges stay, counters keep their sum */
	assert_true(fake_value(ctx, "hits", "count") == 6);
	assert_true(fake_value(ctx, "load", "value") == 4);
	assert_true(fake_value(ctx, "t", "count") == 3);
	assert_true(fake_value(ctx, NULL, "malformed") == 1);
	assert_string_equal(fake_find(ctx, "hits")->tags[0].key, "country");
	assert_string_equal(fake_find(ctx, "hits")->tags[0].value, "de");
	send_unix(path, "hits:1|c|#country:de\nload:-1|g\nt:5|ms\nwho:a|s");
	read_after(ctx, 2, 10 * SECOND);
	assert_true(fake_value(ctx, "hits", "count") == 7);
	assert_true(fake_value(ctx, "load", "value") == 3);
	assert_true(fake_value(ctx, "t", "count") == 4);
	stop(ctx);
	assert_int_equal(stat(path, &st), -1); /* it is gone */
	*strrchr(path, '/') = '\0';
	rmdir(path);
}

/* A unix socket takes datagrams that are longer than any of UDP. */
static void
a_line_that_was_cut_is_not_taken(void **state)
{
	enum { ROOM = 65536 };
	char path[64] = "/tmp/fettle-statsd-XXXXXX", options[128];
	char *text = test_calloc(ROOM + 64, 1);
	struct fettle_ctx *ctx;

	(void)state;
	assert_non_null(mkdtemp(path));
	snprintf(options, sizeof(options), "listen: []\nsocket: %s/s\n", path);
	ctx = start(options);
	strcat(path, "/s");
	memset(text, '\n', ROOM);
	memcpy(text, "whole:1|c", 9);
	strcpy(text + ROOM - 10, "cut:1|c|#a:b"); /* cut behind #a */
	send_unix(path, text);
	read_after(ctx, 1, 0);
	assert_non_null(fake_find(ctx, "whole"));
	assert_null(fake_find(ctx, "cut"));
	assert_true(fake_value(ctx, NULL, "lines") == 2);
	assert_true(fake_value(ctx, NULL, "malformed") == 1);
	stop(ctx);
	*strrchr(path, '/') = '\0';
	rmdir(path);
	test_free(text);
}

static void
what_came_since_the_last_read_is_a_rate(void **state)
{
	char path[64] = "/tmp/fettle-statsd-XXXXXX", options[128];
	struct fettle_ctx *ctx;

	(void)state;
	assert_non_null(mkdtemp(path));
	snprintf(options, sizeof(options),
	    "listen: []\npercentiles: [50, 99.9]\nsocket: %s/s\n", path);
	ctx = start(options);
	strcat(path, "/s");
	send_unix(path, "hits:5|c\nt:10:20:30|ms\nfew:10|ms|@0.25\nfew:20|ms\n"
			"who:joe|s\nwho:ann|s");
	while (fake_find(ctx, "hits") == NULL) {
		fake_clear(ctx);
		pass(ctx, 10 * SECOND);
		assert_int_equal(plugin->read(ctx), 0);
		sched_yield();
	}
	assert_true(fake_value(ctx, "hits", "rate") == 0.5);
	assert_true(fake_value(ctx, "t", "rate") == 0.3);
	assert_true(fake_value(ctx, "t", "min") == 10);
	assert_true(fake_value(ctx, "t", "max") == 30);
	assert_true(fake_value(ctx, "t", "mean") == 20);
	assert_true(fake_value(ctx, "few", "mean") == 12);
	assert_true(fake_value(ctx, "t", "p50") == 20);
	assert_true(fake_value(ctx, "t", "p99_9") == 30);
	assert_true(fake_value(ctx, "who", "value") == 2);
	fake_clear(ctx);
	pass(ctx, 10 * SECOND);
	assert_int_equal(plugin->read(ctx), 0);
	assert_true(fake_value(ctx, "hits", "rate") == 0);
	assert_int_equal(fake_find(ctx, "t")->n, 2); /* no samples */
	assert_true(fake_value(ctx, "who", "value") == 0);
	pass(ctx, 3601 * SECOND);
	assert_int_equal(plugin->read(ctx), 0);
	fake_clear(ctx);
	assert_int_equal(plugin->read(ctx), 0);
	assert_null(fake_find(ctx, "hits"));
	stop(ctx);
	*strrchr(path, '/') = '\0';
	rmdir(path);
}

/* Or the one would be taken for the other, and its counters for resets. */
static void
sections_say_which_of_them_is_told_of(void **state)
{
	static const struct {
		const char *label;
		size_t n_tags;
	} sections[] = { { "statsd", 0 }, { "clients", 1 } };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct fettle_ctx *ctx = fake_new(
		    plugin, sections[i].label, "listen: [\"127.0.0.1:0\"]");
		const struct fake_list *own;

		assert_int_equal(plugin->open(ctx), 0);
		assert_int_equal(plugin->read(ctx), 0);
		own = fake_find(ctx, NULL);
		assert_non_null(own);
		assert_int_equal(own->n_tags, sections[i].n_tags);
		if (own->n_tags > 0) {
			assert_string_equal(own->tags[0].key, "section");
			assert_string_equal(own->tags[0].value, "clients");
		}
		stop(ctx);
	}
}

static void
check_in_the_way(const char *options, const char *path)
{
	struct fettle_ctx *ctx = fake_new(plugin, "statsd", options);

	assert_int_equal(plugin->open(ctx), -EADDRINUSE);
	assert_non_null(strstr(ctx->reason, path));
	fake_free(ctx);
}

static void
only_a_socket_that_nobody_has_any_more_is_no_obstacle(void **state)
{
	char path[] = "/tmp/fettle-statsd-XXXXXX", options[128], s[40];
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	FILE *f;
	int fd;

	(void)state;
	assert_non_null(mkdtemp(path));
	snprintf(s, sizeof(s), "%s/s", path);
	snprintf(options, sizeof(options), "listen: []\nsocket: %s\n", s);
	strcpy(sun.sun_path, s);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	check_in_the_way(options, s);
	send_unix(s, "still:1|c"); /* to who has it */
	close(fd);
	stop(start(options));
	f = fopen(s, "w");
	fclose(f);
	check_in_the_way(options, s);
	unlink(s);
	rmdir(path);
}

static void
options_that_make_no_sense_are_refused(void **state)
{
	static const struct {
		const char *options, *reason;
	} bad[] = { { "listen: []", "neither" },
		{ "listen: [nowhere]", "'nowhere' is no address" },
		{ "percentiles: [x]", "'x' is no percentile" },
		{ "percentiles: [101]", "'101' is no percentile" },
		{ "percentiles: [-1]", "'-1' is no percentile" },
		{ "percentiles: [1e-1]", "'1e-1' is no percentile" },
		{ "percentiles: [50, 90, 50]", "'50' is there twice" } };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct fettle_ctx *ctx =
		    fake_new(plugin, "statsd", bad[i].options);

		assert_int_equal(plugin->open(ctx), -EINVAL);
		if (strstr(ctx->reason, bad[i].reason) == NULL)
			fail_msg("%s", ctx->reason);
		fake_free(ctx);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_taken_apart),
		cmocka_unit_test(every_type_is_known),
		cmocka_unit_test(what_is_no_line_is_malformed),
		cmocka_unit_test(a_line_has_sixteen_tags_at_most),
		cmocka_unit_test(numbers_are_read_as_strtod_reads_them),
		cmocka_unit_test(a_datagram_is_lines),
		cmocka_unit_test(a_line_with_one_bad_value_counts_for_nothing),
		cmocka_unit_test(tags_in_any_order_are_the_same_tags),
		cmocka_unit_test(a_name_keeps_its_first_type),
		cmocka_unit_test(
		    names_over_the_limit_are_counted_and_old_ones_make_room),
		cmocka_unit_test(a_nul_in_a_name_makes_no_second_name_of_it),
		cmocka_unit_test(percentiles_of_all_samples_are_exact),
		cmocka_unit_test(of_too_many_samples_each_has_the_same_chance),
		cmocka_unit_test(no_number_is_so_large_that_others_are_lost),
		cmocka_unit_test(a_set_counts_what_differs_and_is_bounded),
		cmocka_unit_test(sets_are_bounded_together),
		cmocka_unit_test(a_set_gives_back_what_a_burst_needed),
		cmocka_unit_test(what_is_sent_is_read),
		cmocka_unit_test(a_line_that_was_cut_is_not_taken),
		cmocka_unit_test(what_came_since_the_last_read_is_a_rate),
		cmocka_unit_test(sections_say_which_of_them_is_told_of),
		cmocka_unit_test(
		    only_a_socket_that_nobody_has_any_more_is_no_obstacle),
		cmocka_unit_test(options_that_make_no_sense_are_refused),
	};

	return cmocka_run_group_tests_name("statsd", tests, NULL, NULL);
}
