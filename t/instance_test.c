/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "captured.h"
#include "fake_clock.h"
#include "plugin/instance.h"

/* What the plugin under test does is what its state says. */
struct script {
	int answer;	  /* of the next call */
	int64_t takes_ns; /* how long it takes */
	const char *reason;
	int failed; /* as fettle_fail would leave it */
	int opened, closed, reads, writes, flushes, notices, asked;
	struct script *adopted;
};

static struct guard guard;

static int
play(struct fettle_ctx *ctx, int *count)
{
	const struct script *s = ctx->self;

	++*count;
	fake_clock_advance(s->takes_ns);
	guard_check(&guard, clock_mono()); /* as the main thread does */
	assert_int_equal(instance_is_stuck(ctx), s->takes_ns >= NS_PER_S);
	if (s->reason != NULL)
		snprintf(ctx->reason, sizeof(ctx->reason), "%s", s->reason);
	ctx->failed = s->failed;
	return s->answer;
}

static int
play_open(struct fettle_ctx *ctx)
{
	return play(ctx, &((struct script *)ctx->self)->opened);
}

static void
play_close(struct fettle_ctx *ctx)
{
	play(ctx, &((struct script *)ctx->self)->closed);
}

static int
play_read(struct fettle_ctx *ctx)
{
	return play(ctx, &((struct script *)ctx->self)->reads);
}

static int
play_write(struct fettle_ctx *ctx, const struct fettle_batch *batch)
{
	assert_int_equal(ctx->refused.n, batch->n);
	assert_int_equal(ctx->refused.v.n, 0);
	vec_add(&ctx->refused.v) = 0;
	return play(ctx, &((struct script *)ctx->self)->writes);
}

static int
play_flush(struct fettle_ctx *ctx)
{
	return play(ctx, &((struct script *)ctx->self)->flushes);
}

/* A question is what it answers. */
static int
play_ask(
    struct fettle_ctx *ctx, const char *question, char *answer, size_t size)
{
	memcpy(answer, question,
	    strlen(question) < size ? strlen(question) : size);
	return play(ctx, &((struct script *)ctx->self)->asked);
}

static int
play_notify(struct fettle_ctx *ctx, const struct fettle_notice *notice)
{
	assert_string_equal(notice->id, "id-1");
	return play(ctx, &((struct script *)ctx->self)->notices);
}

static int
play_adopt(struct fettle_ctx *ctx, void *old)
{
	((struct script *)ctx->self)->adopted = old;
	return play(ctx, &((struct script *)ctx->self)->opened);
}

static const struct fettle_field fields[] = {
	{ "x", FETTLE_GAUGE, FETTLE_NUMBER, "X." },
};

static const struct fettle_plugin reader = {
	FETTLE_ABI,
	.fields = FETTLE_FIELDS(fields),
	.self_size = sizeof(struct script),
	.open = play_open,
	.close = play_close,
	.read = play_read,
	.ask = play_ask,
};

static const struct fettle_plugin writer = {
	FETTLE_ABI,
	.self_size = sizeof(struct script),
	.open = play_open,
	.close = play_close,
	.write = play_write,
	.flush = play_flush,
	.adopt = play_adopt,
};

static const struct fettle_plugin notifier = {
	FETTLE_ABI,
	.self_size = sizeof(struct script),
	.notify = play_notify,
};

static struct plugin *plugins[3];

static int
begin(void **state)
{
	char why[100];

	plugins[0] = plugin_new("reader", &reader, why, sizeof(why));
	plugins[1] = plugin_new("writer", &writer, why, sizeof(why));
	plugins[2] = plugin_new("notifier", &notifier, why, sizeof(why));
	fake_clock_advance(1000 * NS_PER_S); /* nobody is held back */
	return guard_init(&guard) < 0 || captured_begin(state) != 0;
}

static int
end(void **state)
{
	plugin_free(plugins[0]);
	plugin_free(plugins[1]);
	plugin_free(plugins[2]);
	guard_fini(&guard);
	return captured_end(state);
}

/* One that counts as stuck after a second. */
static struct fettle_ctx *
make(struct plugin *plugin)
{
	struct fettle_ctx *i = instance_new(
	    plugin, "it", xcalloc(1, plugin->d.self_size), &guard);

	i->timeout_ns = NS_PER_S;
	return i;
}

static struct fettle_ctx *
make_open(struct plugin *plugin)
{
	struct fettle_ctx *i = make(plugin);

	assert_int_equal(instance_open(i), 0);
	return i;
}

static struct instance_stats
stats(struct fettle_ctx *i)
{
	struct instance_stats s;

	instance_stats(i, &s);
	return s;
}

static void
free_closed(struct fettle_ctx *i)
{
	instance_close(i);
	instance_unref(i);
}

static void
it_is_opened_once_and_closed_once(void **state)
{
	struct fettle_ctx *i = make(plugins[0]);
	const struct script *s = i->self;

	(void)state;
	assert_int_equal(stats(i).state, INSTANCE_OPENING);
	instance_close(i);
	assert_int_equal(s->closed, 0);
	assert_int_equal(instance_open(i), 0);
	assert_int_equal(instance_open(i), 0);
	assert_int_equal(s->opened, 1);
	assert_true(instance_is_open(i));
	assert_int_equal(stats(i).state, INSTANCE_UP);
	instance_close(i);
	instance_close(i);
	assert_int_equal(s->closed, 1);
	assert_false(instance_is_open(i));
	assert_int_equal(stats(i).state, INSTANCE_CLOSED);
	assert_string_equal(captured(), "");
	instance_unref(i);
}

static void
an_open_that_fails_leaves_it_down(void **state)
{
	struct fettle_ctx *i = make(plugins[0]);
	struct script *s = i->self;

	(void)state;
	s->answer = -ENOENT;
	assert_int_equal(instance_open(i), -ENOENT);
	assert_int_equal(instance_open(i), -ENOENT);
	assert_false(instance_is_open(i));
	assert_int_equal(stats(i).state, INSTANCE_DOWN);
	assert_string_equal(stats(i).error, "No such file or directory");
	assert_int_equal(
	    captured_count("warning it: open: No such file or directory\n"),
	    1);
	s->answer = 0;
	assert_int_equal(instance_open(i), 0);
	assert_int_equal(
	    captured_count("notice it: open works again after 2 failures\n"),
	    1);
	assert_string_equal(stats(i).error, "");
	free_closed(i);
}

static void
of_failures_the_first_and_their_end_are_said(void **state)
{
	struct fettle_ctx *i = make_open(plugins[0]);
	struct script *s = i->self;

	(void)state;
	for (int round = 1; round <= 2; round++) {
		s->answer = -EIO;
		s->reason = "disk is gone";
		for (int n = 1; n <= 5; n++) {
			assert_int_equal(instance_read(i), -EIO);
			assert_int_equal(stats(i).streak, n);
		}
		assert_int_equal(stats(i).state, INSTANCE_FAILING);
		assert_string_equal(stats(i).error, "disk is gone");
		s->answer = 0;
		s->reason = NULL;
		assert_int_equal(instance_read(i), 0);
		assert_int_equal(instance_read(i), 0);
		assert_int_equal(stats(i).state, INSTANCE_UP);
		assert_int_equal(stats(i).streak, 0);
		assert_string_equal(stats(i).error, "");
		assert_int_equal(
		    captured_count("warning it: read: disk is gone\n"), round);
		assert_int_equal(
		    captured_count(
			"notice it: read works again after 5 failures\n"),
		    round);
		assert_int_equal(captured_count("\n"), 2 * round);
	}
	assert_int_equal(stats(i).calls, 15);
	assert_int_equal(stats(i).failures, 10);
	free_closed(i);
}

static void
a_read_that_kept_an_error_fails_though_it_returns_0(void **state)
{
	struct fettle_ctx *i = make_open(plugins[0]);
	struct script *s = i->self;

	(void)state;
	s->failed = EINVAL;
	s->reason = "not what was declared";
	assert_int_equal(instance_read(i), -EINVAL);
	assert_string_equal(stats(i).error, "not what was declared");
	s->failed = 0;
	s->reason = NULL;
	s->answer = 7;
	assert_int_equal(instance_read(i), 7);
	assert_string_equal(stats(i).error, "no reason given");
	free_closed(i);
}

static void
who_asks_learns_why_and_the_state_stays(void **state)
{
	struct fettle_ctx *i = make_open(plugins[0]);
	struct script *s = i->self;
	struct instance_stats before, after;
	char answer[80] = { 0 };

	(void)state;
	s->answer = -EIO;
	s->reason = "disk is gone";
	assert_int_equal(instance_read(i), -EIO);
	before = stats(i);
	s->answer = 0;
	assert_int_equal(instance_ask(i, "{}", answer, sizeof(answer)), 0);
	assert_string_equal(answer, "{}");
	s->answer = -EINVAL;
	s->reason = "no such\nquestion \xff";
	assert_int_equal(
	    instance_ask(i, "?", answer, sizeof(answer)), -EINVAL);
	assert_string_equal(answer, "no such\\x0aquestion \\xff");
	s->reason = NULL;
	assert_int_equal(
	    instance_ask(i, "?", answer, sizeof(answer)), -EINVAL);
	assert_string_equal(answer, "Invalid argument");
	s->answer = 1;
	assert_int_equal(
	    instance_ask(i, "?", answer, sizeof(answer)), -EPROTO);
	after = stats(i);
	assert_memory_equal(&before, &after, sizeof(before));
	assert_int_equal(captured_count("\n"), 1);
	free_closed(i);
}

static void
an_answer_without_an_end_is_none(void **state)
{
	struct fettle_ctx *i = make_open(plugins[0]);
	char answer[64];

	(void)state;
	memset(answer, 'x', sizeof(answer));
	assert_int_equal(instance_ask(i,
			     "01234567890123456789012345678901"
			     "23456789012345678901234567890123",
			     answer, sizeof(answer)),
	    -EPROTO);
	assert_string_equal(answer, "its answer is none: no NUL ends it");
	free_closed(i);
}

static void
an_answer_that_is_late_is_said_to_be(void **state)
{
	struct fettle_ctx *i = make_open(plugins[0]);
	struct script *s = i->self;
	char answer[64] = { 0 };

	(void)state;
	s->takes_ns = INSTANCE_ASK_S * NS_PER_S;
	assert_int_equal(instance_ask(i, "{}", answer, sizeof(answer)), 0);
	assert_false(instance_is_stuck(i));
	assert_int_equal(
	    captured_count("notice it: ask has returned after 2.0 s, no "
			   "longer stuck\n"),
	    1);
	free_closed(i);
}

static void
to_be_closed_or_flushed_is_no_recovery(void **state)
{
	struct fettle_ctx *i = make_open(plugins[1]);
	const struct fettle_batch batch = { .size = sizeof(batch), .n = 1 };
	struct script *s = i->self;

	(void)state;
	s->answer = FETTLE_RETRY;
	assert_int_equal(instance_write(i, &batch), FETTLE_RETRY);
	s->answer = 0;
	assert_int_equal(instance_flush(i), 0);
	assert_int_equal(stats(i).state, INSTANCE_RETRYING);
	assert_int_equal(stats(i).streak, 1);
	instance_close(i);
	assert_int_equal(captured_count("works again"), 0);
	assert_int_equal(instance_flush(i), 0); /* not open: nothing */
	assert_int_equal(s->flushes, 1);
	instance_unref(i);
}

static void
a_call_past_its_deadline_is_stuck_until_it_returns(void **state)
{
	struct fettle_ctx *i = make_open(plugins[0]);
	struct script *s = i->self;

	(void)state;
	s->takes_ns = 3 * NS_PER_S;
	assert_int_equal(instance_read(i), 0); /* see play */
	assert_false(instance_is_stuck(i));
	assert_int_equal(stats(i).failures, 1);
	assert_int_equal(captured_count("error it: stuck: a call has not "
					"returned after 1.0 s"),
	    1);
	assert_int_equal(
	    captured_count("notice it: read has returned after 3.0 s, no "
			   "longer stuck\n"),
	    1);
	s->answer = -EIO;
	assert_int_equal(instance_read(i), -EIO); /* one failure, not two */
	assert_int_equal(stats(i).failures, 2);
	assert_int_equal(stats(i).streak, 1);
	s->takes_ns = NS_PER_S - 1;
	s->answer = 0;
	assert_int_equal(instance_read(i), 0);
	assert_int_equal(captured_count("stuck: "), 2);
	free_closed(i);
}

static void
it_is_known_when_calls_were_made_and_how_long_they_took(void **state)
{
	struct fettle_ctx *i = make_open(plugins[0]);
	struct script *s = i->self;
	int64_t wall;

	(void)state;
	s->takes_ns = 5 * NS_PER_MS;
	instance_read(i);
	wall = clock_wall();
	s->takes_ns = 3 * NS_PER_MS;
	instance_read(i);
	assert_int_equal(stats(i).last_wall_ns, wall);
	assert_int_equal(stats(i).last_ns, 3 * NS_PER_MS);
	assert_int_equal(stats(i).max_ns, 5 * NS_PER_MS);
	assert_int_equal(stats(i).sum_ns, 8 * NS_PER_MS);
	free_closed(i);
}

static void
check_answer(struct fettle_ctx *i, int says, int means,
    enum instance_state becomes, const char *error)
{
	const struct fettle_list *const lists[] = { NULL, NULL, NULL };
	const struct fettle_batch batch = {
		.size = sizeof(batch), .lists = lists, .n = 3
	};

	((struct script *)i->self)->answer = says;
	assert_int_equal(instance_write(i, &batch), means);
	assert_int_equal(stats(i).state, becomes);
	assert_string_equal(stats(i).error, error);
}

static void
what_a_writer_answers_is_its_state(void **state)
{
	struct fettle_ctx *i = make_open(plugins[1]);
	struct script *s = i->self;

	(void)state;
	check_answer(i, -ECONNREFUSED, FETTLE_RETRY, INSTANCE_RETRYING,
	    "Connection refused");
	check_answer(
	    i, 99, FETTLE_RETRY, INSTANCE_RETRYING, "no reason given");
	/* which is for notices only */
	check_answer(i, FETTLE_UNKNOWN, FETTLE_RETRY, INSTANCE_RETRYING,
	    "no reason given");
	s->reason = "said";
	check_answer(i, FETTLE_RETRY, FETTLE_RETRY, INSTANCE_RETRYING, "said");
	check_answer(i, FETTLE_UNAUTHORISED, FETTLE_UNAUTHORISED,
	    INSTANCE_UNAUTHORISED, "said");
	check_answer(
	    i, FETTLE_TOO_LARGE, FETTLE_TOO_LARGE, INSTANCE_RETRYING, "said");
	check_answer(
	    i, FETTLE_REFUSED, FETTLE_REFUSED, INSTANCE_RETRYING, "said");
	check_answer(i, FETTLE_DELIVERED, FETTLE_DELIVERED, INSTANCE_UP, "");
	free_closed(i);
}

static void
within_a_row_it_is_said_that_another_secret_is_wanted(void **state)
{
	struct fettle_ctx *i = make_open(plugins[1]);
	struct script *s = i->self;

	(void)state;
	s->reason = "gone";
	for (int n = 0; n < 2; n++)
		check_answer(
		    i, FETTLE_RETRY, FETTLE_RETRY, INSTANCE_RETRYING, "gone");
	s->reason = "401";
	for (int n = 0; n < 2; n++)
		check_answer(i, FETTLE_UNAUTHORISED, FETTLE_UNAUTHORISED,
		    INSTANCE_UNAUTHORISED, "401");
	assert_int_equal(captured_count("warning it: write: gone\n"), 1);
	assert_int_equal(captured_count("warning it: write: 401\n"), 1);
	assert_int_equal(captured_count("\n"), 2);
	s->reason = NULL;
	check_answer(i, FETTLE_DELIVERED, FETTLE_DELIVERED, INSTANCE_UP, "");
	assert_int_equal(captured_count("works again after 4 failures"), 1);
	free_closed(i);
}

static void
what_becomes_of_a_notice_is_known_like_that_of_a_batch(void **state)
{
	struct fettle_ctx *i = make_open(plugins[2]);
	const struct fettle_notice notice = { .size = sizeof(notice),
		.id = "id-1" };
	struct script *s = i->self;

	(void)state;
	s->answer = -ECONNREFUSED;
	assert_int_equal(instance_notify(i, &notice), FETTLE_RETRY);
	assert_int_equal(stats(i).state, INSTANCE_RETRYING);
	assert_string_equal(stats(i).error, "Connection refused");
	s->answer = FETTLE_UNAUTHORISED;
	s->reason = "HTTP 403";
	assert_int_equal(instance_notify(i, &notice), FETTLE_UNAUTHORISED);
	assert_int_equal(stats(i).state, INSTANCE_UNAUTHORISED);
	s->answer = FETTLE_UNKNOWN;
	s->reason = "no answer";
	assert_int_equal(instance_notify(i, &notice), FETTLE_UNKNOWN);
	assert_int_equal(stats(i).state, INSTANCE_RETRYING);
	s->answer = FETTLE_DELIVERED;
	s->reason = NULL;
	s->takes_ns = 2 * NS_PER_S; /* see play */
	assert_int_equal(instance_notify(i, &notice), FETTLE_DELIVERED);
	assert_int_equal(stats(i).state, INSTANCE_UP);
	assert_int_equal(
	    captured_count("error it: stuck: a call has not returned"), 1);
	assert_int_equal(s->notices, 4);
	free_closed(i);
}

static void
a_reason_from_outside_is_made_printable(void **state)
{
	struct fettle_ctx *i = make_open(plugins[0]);
	struct script *s = i->self;
	char text[300] = "server says \x1b[2J\xff\n";
	struct instance_stats seen;

	(void)state;
	for (size_t n = strlen(text); n + 2 < sizeof(text); n += 2)
		memcpy(text + n, "\xc3\xa9", 3);
	s->answer = -EIO;
	s->reason = text;
	instance_read(i);
	seen = stats(i);
	assert_memory_equal(
	    seen.error, "server says \\x1b[2J\\xff\\x0a\xc3\xa9", 29);
	assert_true(strlen(seen.error) > sizeof(seen.error) - 3);
	for (size_t n = 0, step; n < strlen(seen.error); n += step) {
		step = utf8_sequence(seen.error + n, strlen(seen.error) - n);
		assert_int_not_equal(step, 0);
	}
	assert_int_equal(captured_count("\n"), 1);
	free_closed(i);
}

static void
a_successor_takes_over_or_the_old_one_goes_on(void **state)
{
	struct fettle_ctx *old = make(plugins[1]), *next = make(plugins[1]);
	struct script *was = old->self, *s = next->self;

	(void)state;
	/* what is not open cannot be adopted */
	assert_int_equal(instance_adopt(next, old), -ENOTSUP);
	assert_int_equal(instance_open(old), 0);
	s->answer = -EBUSY;
	assert_int_equal(instance_adopt(next, old), -EBUSY);
	assert_true(instance_is_open(old));
	assert_false(instance_is_open(next));
	assert_int_equal(was->closed, 0);
	s->answer = 0;
	assert_int_equal(instance_adopt(next, old), 0);
	assert_ptr_equal(s->adopted, was);
	assert_true(instance_is_open(next));
	assert_false(instance_is_open(old));
	assert_int_equal(was->closed, 1);
	instance_unref(old);
	free_closed(next);
	/* and who cannot adopt says so */
	old = make_open(plugins[0]);
	next = make(plugins[0]);
	assert_int_equal(instance_adopt(next, old), -ENOTSUP);
	instance_unref(next);
	free_closed(old);
}

static void
count_release(void *origin)
{
	++*(int *)origin;
}

static void
the_last_to_hold_it_frees_it(void **state)
{
	struct fettle_ctx *i = make(plugins[0]);
	int released = 0;

	(void)state;
	i->origin = &released;
	i->release = count_release;
	assert_ptr_equal(instance_ref(i), i);
	instance_unref(i);
	assert_int_equal(released, 0);
	instance_unref(i);
	assert_int_equal(released, 1);
	instance_unref(NULL);
}

/* --- calls of several instances ------------------------------------------ */

static atomic_int inside, most;
static pthread_barrier_t meet;

static int
read_alone(struct fettle_ctx *ctx)
{
	const int now = 1 + atomic_fetch_add(&inside, 1);

	(void)ctx;
	if (now > most)
		most = now;
	sched_yield();
	atomic_fetch_sub(&inside, 1);
	return 0;
}

static int
read_together(struct fettle_ctx *ctx)
{
	(void)ctx;
	pthread_barrier_wait(&meet);
	return 0;
}

static void *
read_much(void *arg)
{
	for (int n = 0; n < 200; n++)
		instance_read(arg);
	return NULL;
}

static void
read_in_threads(struct fettle_plugin d)
{
	char why[100];
	struct plugin *p = plugin_new("reader", &d, why, sizeof(why));
	struct fettle_ctx *instances[3];
	pthread_t threads[3];

	for (size_t i = 0; i < 3; i++) {
		instances[i] = make(p);
		pthread_create(&threads[i], NULL, read_much, instances[i]);
	}
	for (size_t i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(stats(instances[i]).calls, 200);
		instance_unref(instances[i]);
	}
	plugin_free(p);
}

static void
calls_of_a_serial_plugin_never_overlap(void **state)
{
	struct fettle_plugin d = reader;

	(void)state;
	d.flags = FETTLE_SERIAL;
	d.read = read_alone;
	read_in_threads(d);
	assert_int_equal(most, 1);
}

static void
calls_of_others_run_at_the_same_time(void **state)
{
	struct fettle_plugin d = reader;

	(void)state;
	d.read = read_together; /* would never return alone */
	pthread_barrier_init(&meet, NULL, 3);
	read_in_threads(d);
	pthread_barrier_destroy(&meet);
}

#define INSTANCE_TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		INSTANCE_TEST(it_is_opened_once_and_closed_once),
		INSTANCE_TEST(an_open_that_fails_leaves_it_down),
		INSTANCE_TEST(of_failures_the_first_and_their_end_are_said),
		INSTANCE_TEST(
		    a_read_that_kept_an_error_fails_though_it_returns_0),
		INSTANCE_TEST(who_asks_learns_why_and_the_state_stays),
		INSTANCE_TEST(an_answer_without_an_end_is_none),
		INSTANCE_TEST(an_answer_that_is_late_is_said_to_be),
		INSTANCE_TEST(to_be_closed_or_flushed_is_no_recovery),
		INSTANCE_TEST(
		    a_call_past_its_deadline_is_stuck_until_it_returns),
		INSTANCE_TEST(
		    it_is_known_when_calls_were_made_and_how_long_they_took),
		INSTANCE_TEST(what_a_writer_answers_is_its_state),
		INSTANCE_TEST(
		    within_a_row_it_is_said_that_another_secret_is_wanted),
		INSTANCE_TEST(
		    what_becomes_of_a_notice_is_known_like_that_of_a_batch),
		INSTANCE_TEST(a_reason_from_outside_is_made_printable),
		INSTANCE_TEST(a_successor_takes_over_or_the_old_one_goes_on),
		INSTANCE_TEST(the_last_to_hold_it_frees_it),
		INSTANCE_TEST(calls_of_a_serial_plugin_never_overlap),
		INSTANCE_TEST(calls_of_others_run_at_the_same_time),
	};

	fake_clock_set(1000 * NS_PER_S, 1800000000 * NS_PER_S);
	return cmocka_run_group_tests_name("instance", tests, NULL, NULL);
}
