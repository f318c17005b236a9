/* SPDX-License-Identifier: MIT */
/* A writer with a spool, on a disk that fails as the test says
 * (fake_store.h). */
#include "test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "chance.h"
#include "fake_clock.h"
#include "fake_store.h"
#include "peer.h"

static int
begin(void **state)
{
	fake_disk_init();
	return peer_begin(state);
}

static int
end(void **state)
{
	const int rc = peer_end(state);

	fake_disk_fini();
	return rc;
}

static struct writer_options
keeping(enum promise promise)
{
	return (struct writer_options){ .room = 1 << 20,
		.drain_ns = 10 * NS_PER_S,
		.keep = { .promise = promise,
		    .max_size = 64 << 20,
		    .max_age_ns = 86400 * NS_PER_S } };
}

static struct writer *
start_with(const struct writer_options *options)
{
	return peer_writer_at(0, options, "/spool/peer.db");
}

static struct writer *
start(enum promise promise)
{
	const struct writer_options options = keeping(promise);

	return start_with(&options);
}

static void
deaf(bool is)
{
	pthread_mutex_lock(&peer.lock);
	peer.deaf = is;
	pthread_mutex_unlock(&peer.lock);
}

/* --- conditions ---------------------------------------------------------- */

static bool
is_ok(void *w)
{
	return peer_stats(w).spool.state == KEEPER_OK;
}

static bool
is_degraded(void *w)
{
	return peer_stats(w).spool.state == KEEPER_DEGRADED;
}

static bool
is_written(void *w)
{
	return peer_stats(w).spool.lists >= 4;
}

static bool
is_empty(void *w)
{
	return peer_stats(w).lists == 0;
}

/* Until all is delivered, what an earlier life left too. */
static void
await_empty(struct writer *w)
{
	peer_await_passing(NS_PER_S, is_ok, w);
	peer_await_passing(NS_PER_S, is_empty, w);
}

static bool
has_no_rows(void *unused)
{
	(void)unused;
	return fake_disk_rows() == 0;
}

static bool
adds_up(const struct writer_stats *s)
{
	return s->entered == s->sent + s->lists + s->dropped_full +
				 s->dropped_age + s->dropped_refused +
				 s->dropped_too_large + s->dropped_corrupt +
				 s->dropped_drain;
}

/* --- ordinary days ------------------------------------------------------- */

static void
what_is_delivered_within_a_second_is_not_written(void **state)
{
	struct writer *w = start(SURVIVE_CRASH);
	size_t n = 8;

	(void)state;
	peer_await(is_ok, w);
	peer_put(w, 1, 8); /* two full batches */
	peer_await(peer_has_got, &n);
	assert_int_equal(writer_settle(w, INT64_MAX / 2), 0);
	fake_clock_advance(30 * NS_PER_S);
	assert_int_equal(fake_disk.commits, 0);
	peer_stop(w);
	peer_check_got(1, 8);
}

static void
what_has_waited_for_a_second_is_on_disk(void **state)
{
	struct writer *w = start(SURVIVE_CRASH);

	(void)state;
	deaf(true);
	peer_await(is_ok, w);
	peer_put(w, 1, 4); /* in hand, and tried again and again */
	peer_put(w, 5, 3);
	fake_clock_advance(NS_PER_S);
	peer_await(is_written, w);
	assert_int_equal(peer_stats(w).spool.lists, 7);
	fake_disk_save();
	deaf(false);
	await_empty(w);
	peer_await_passing(NS_PER_S, has_no_rows, NULL);
	peer_stop(w);
	peer_check_got(1, 7);

	peer.got.n = 0; /* another life, after a kill */
	fake_disk_restore();
	w = start(SURVIVE_CRASH);
	await_empty(w);
	peer_check_got(1, 7);
	assert_int_equal(peer_stats(w).entered, 7);
	peer_put(w, 8, 4);
	await_empty(w);
	assert_int_equal(peer.calls.v[peer.calls.n - 1].seq, 1); /* anew */
	peer_stop(w);
}

static void
a_clean_end_is_gone_on_from_with_the_same_numbers(void **state)
{
	struct writer_options options = keeping(SURVIVE_EXIT);
	struct writer *w;
	size_t once = 1;
	char id[33];

	(void)state;
	options.drain_ns = 0;
	w = start_with(&options);
	deaf(true);
	peer_await(is_ok, w);
	peer_put(w, 1, 6);
	peer_await(peer_was_called, &once);
	fake_clock_advance(100 * NS_PER_S);
	assert_int_equal(fake_disk_rows(), 0); /* nothing before the end */
	peer_stop(w);
	assert_true(fake_disk_rows() > 0);
	memcpy(id, peer.queue, sizeof(id));

	deaf(false);
	w = start_with(&options);
	peer_put(w, 7, 2);
	await_empty(w);
	peer_check_got(1, 8);
	for (size_t i = 0; i < peer.calls.n; i++)
		assert_int_equal(peer.calls.v[i].seq, peer.calls.v[i].first);
	assert_string_equal(peer.queue, id);
	peer_stop(w);
}

static void
a_disk_that_was_copied_begins_numbers_anew(void **state)
{
	const struct writer_options options = keeping(SURVIVE_EXIT);
	struct writer *w = start_with(&options);
	char id[33];

	(void)state;
	peer_put(w, 1, 4);
	await_empty(w);
	peer_stop(w);
	memcpy(id, peer.queue, sizeof(id));

	fake_disk.machine = "web-1";
	w = start_with(&options);
	peer_put(w, 5, 4);
	await_empty(w);
	peer_stop(w);
	assert_string_not_equal(peer.queue, id);
	assert_int_equal(peer.calls.v[peer.calls.n - 1].seq, 1);
	peer_check_got(1, 8);
}

static void
what_is_left_of_a_row_is_all_that_a_later_life_finds(void **state)
{
	static const int answers[] = { FETTLE_DELIVERED, FETTLE_DELIVERED,
		FETTLE_RETRY, FETTLE_RETRY, FETTLE_RETRY };
	struct writer_options options = keeping(SURVIVE_EXIT);
	struct writer *w;
	size_t once = 1, four = 4;

	(void)state;
	options.drain_ns = 0;
	deaf(true);
	w = start_with(&options);
	peer_await(is_ok, w);
	peer_put(w, 1, 11); /* a row of what is in hand, one of 7 */
	peer_await(peer_was_called, &once);
	peer_stop(w);
	deaf(false);

	peer.calls.n = 0;
	peer_script(answers, 5);
	w = start_with(&options);
	peer_await_passing(NS_PER_S, peer_was_called, &four);
	peer_stop(w);
	peer_check_got(1, 8);

	peer_script(answers, 2);
	w = start_with(&options);
	await_empty(w);
	assert_int_equal(peer_stats(w).entered, 3);
	assert_int_equal(peer_stats(w).sent, 3);
	assert_int_equal(peer_stats(w).dropped_corrupt, 0);
	peer_check_got(1, 11);
	peer_stop(w);
}

static void
more_than_memory_holds_waits_on_disk(void **state)
{
	struct writer_options options = keeping(SURVIVE_CRASH);
	struct writer_stats s;
	struct writer *w;

	(void)state;
	options.room = 4000;
	w = start_with(&options);
	deaf(true);
	peer_await(is_ok, w);
	for (int64_t i = 1; i <= 300; i += 2) {
		peer_put(w, i, 2);
		assert_int_equal(writer_sync(w, INT64_MAX / 2), 0);
	}
	s = peer_stats(w);
	assert_true(s.disk > 200);
	assert_true(s.bytes <= s.room);
	assert_int_equal(s.dropped_full, 0);
	deaf(false);
	await_empty(w);
	peer_check_got(1, 300);
	peer_stop(w);
}

static void
who_waits_for_the_disk_does_not_wait_for_a_second(void **state)
{
	struct writer *w = start(SURVIVE_POWER);

	(void)state;
	deaf(true);
	peer_await(is_ok, w);
	peer_put(w, 1, 3);
	assert_int_equal(writer_sync(w, INT64_MAX / 2), 0);
	assert_int_equal(peer_stats(w).spool.lists, 3);
	deaf(false);
	peer_stop(w);
	w = start(SURVIVE_NONE);
	peer_put(w, 4, 3);
	assert_int_equal(writer_sync(w, 0), 0); /* nothing is promised */
	peer_stop(w);
}

static void
what_is_too_old_is_dropped_and_counted(void **state)
{
	struct writer *w = start(SURVIVE_CRASH);

	(void)state;
	deaf(true);
	peer_await(is_ok, w);
	peer_put(w, 1, 4);
	assert_int_equal(writer_sync(w, INT64_MAX / 2), 0);
	fake_disk_save();
	deaf(false);
	peer_stop(w);
	fake_disk_restore();
	fake_clock_advance(2 * 86400 * NS_PER_S);
	deaf(true);
	peer.opens_that_fail = 1000; /* it is not taken out */
	w = start(SURVIVE_CRASH);
	await_empty(w);
	assert_int_equal(peer_stats(w).dropped_age, 4);
	assert_int_equal(peer_stats(w).entered, 4);
	peer_stop(w);
}

static void
damaged_on_disk(void (*damage)(void))
{
	struct writer *w = start(SURVIVE_CRASH);
	struct writer_stats s;

	deaf(true);
	peer_await(is_ok, w);
	for (int64_t i = 1; i <= 30; i += 3) {
		peer_put(w, i, 3);
		assert_int_equal(writer_sync(w, INT64_MAX / 2), 0);
	}
	fake_disk_save();
	deaf(false);
	peer_stop(w);
	peer.got.n = 0;
	fake_disk_restore();
	damage();
	w = start(SURVIVE_CRASH);
	await_empty(w);
	s = peer_stats(w);
	assert_int_equal(s.entered, 30);
	assert_true(s.dropped_corrupt >= 3 && s.dropped_corrupt <= 4);
	assert_int_equal(s.sent + s.dropped_corrupt, 30);
	peer_stop(w);
}

static void
what_was_damaged_on_disk_is_counted_and_the_rest_delivered(void **state)
{
	(void)state;
	damaged_on_disk(fake_disk_damage);
}

static void
what_cannot_be_read_is_counted_by_the_numbers_around_it(void **state)
{
	(void)state;
	damaged_on_disk(fake_disk_ruin);
}

/* --- a disk that fails --------------------------------------------------- */

static void
without_a_disk_it_goes_on_in_memory_and_heals_within_a_minute(void **state)
{
	struct writer *w;
	size_t n = 8;

	(void)state;
	fake_disk.open_fails = -EROFS;
	w = start(SURVIVE_CRASH);
	peer_await(is_degraded, w);
	assert_non_null(strstr(peer_stats(w).spool.why, "Read-only"));
	peer_put(w, 1, 8);
	peer_await(peer_has_got, &n);
	deaf(true);
	peer_put(w, 9, 3);
	assert_int_equal(writer_sync(w, INT64_MAX / 2), -EIO);
	fake_disk.open_fails = 0;
	fake_clock_advance(60 * NS_PER_S);
	peer_await(is_ok, w);
	assert_int_equal(peer_stats(w).spool.why[0], '\0');
	assert_int_equal(writer_sync(w, INT64_MAX / 2), 0);
	assert_true(fake_disk_rows() > 0);
	deaf(false);
	await_empty(w);
	peer_check_got(1, 11);
	peer_stop(w);
}

static void
a_commit_that_fails_loses_nothing_whether_it_happened_or_not(void **state)
{
	for (int hidden = 0; hidden < 2; hidden++) {
		struct writer *w = start(SURVIVE_CRASH);

		deaf(true);
		peer_await(is_ok, w);
		peer_put(w, 1, 6);
		assert_int_equal(writer_sync(w, INT64_MAX / 2), 0);
		peer_put(w, 7, 3);
		fake_disk.hidden = hidden;
		fake_disk.commit_fails = -ENOSPC;
		assert_int_equal(writer_sync(w, INT64_MAX / 2), -EIO);
		assert_true(is_degraded(w));
		peer_put(w, 10, 3);
		fake_clock_advance(60 * NS_PER_S); /* it still fails */
		fake_disk.commit_fails = 0;
		writer_flush(w);
		peer_await(is_ok, w);
		fake_disk_save();
		deaf(false);
		await_empty(w);
		peer_check_got(1, 12);
		peer_stop(w);
		peer.got.n = 0;
		fake_disk_restore(); /* killed after it healed */
		w = start(SURVIVE_CRASH);
		await_empty(w);
		peer_check_got(1, 12);
		peer_stop(w);
		end(state);
		begin(state);
	}
}

static void
a_file_that_was_deleted_costs_what_was_only_there(void **state)
{
	struct writer_options options = keeping(SURVIVE_CRASH);
	struct writer_stats s;
	struct writer *w;
	uint64_t lost;

	(void)state;
	options.room = 4000;
	w = start_with(&options);
	deaf(true);
	peer_await(is_ok, w);
	for (int64_t i = 1; i <= 100; i++) {
		peer_put(w, i, 1);
		assert_int_equal(writer_sync(w, INT64_MAX / 2), 0);
	}
	s = peer_stats(w);
	assert_true(s.disk > 50);
	fake_disk.gone = true;
	peer_put(w, 101, 1);
	assert_int_equal(writer_sync(w, INT64_MAX / 2), -EIO);
	writer_flush(w);
	peer_await(is_ok, w);
	deaf(false);
	await_empty(w);
	lost = peer_stats(w).dropped_corrupt;
	assert_true(lost >= s.disk && lost <= s.disk + 1);
	assert_int_equal(peer_stats(w).sent, 101 - lost);
	peer_stop(w);
}

static void
damage_that_is_found_costs_what_was_only_there_and_no_minute(void **state)
{
	struct writer *w = start(SURVIVE_CRASH);

	(void)state;
	deaf(true);
	peer_await(is_ok, w);
	peer_put(w, 1, 3);
	assert_int_equal(writer_sync(w, INT64_MAX / 2), 0);
	fake_disk.damaged = true; /* found as it is written */
	peer_put(w, 4, 3);
	writer_sync(w, INT64_MAX / 2); /* or it is well again already */
	peer_await(is_ok, w);
	assert_int_equal(writer_sync(w, INT64_MAX / 2), 0);
	assert_int_equal(fake_disk.opens, 2);
	fake_disk_save();
	deaf(false);
	await_empty(w);
	peer_check_got(1, 6);
	peer_stop(w);

	fake_disk_restore();
	fake_disk.damaged = true; /* found as it is read */
	w = start(SURVIVE_CRASH);
	peer_await(is_ok, w);
	assert_int_equal(peer_stats(w).entered, 0);
	peer_stop(w);
}

static void
damage_that_is_found_at_the_end_costs_what_was_only_there(void **state)
{
	struct writer_options options = keeping(SURVIVE_EXIT);
	struct writer *w;

	(void)state;
	options.drain_ns = 0;
	w = start_with(&options);
	deaf(true);
	peer_await(is_ok, w);
	peer_put(w, 1, 6);
	fake_disk.damaged = true;
	peer_stop(w);
	deaf(false);
	w = start_with(&options);
	await_empty(w);
	peer_check_got(1, 6);
	peer_stop(w);
}

/* Lists 1 to 20 are refused. */
static void
make_letters(struct writer *w)
{
	peer_await(is_ok, w);
	peer.at_most = 0;
	for (int i = 0; i < 20; i++) {
		peer_script((const int[]){ FETTLE_REFUSED }, 1);
		peer_put(w, i + 1, 1);
		writer_flush(w);
		assert_int_equal(writer_settle(w, INT64_MAX / 2), 0);
	}
	assert_int_equal(peer_stats(w).dropped_refused, 20);
}

static void
dead_letters_are_kept_from_life_to_life(void **state)
{
	struct writer *w = start(SURVIVE_CRASH);
	json_t *dead;

	(void)state;
	make_letters(w);
	peer_stop(w);
	w = start(SURVIVE_CRASH);
	peer_await(is_ok, w);
	dead = writer_dead(w);
	assert_int_equal(json_array_size(dead), 16);
	for (size_t i = 0; i < 16; i++)
		assert_int_equal(json_integer_value(json_object_get(
				     json_array_get(dead, i), "number")),
		    i + 5);
	json_decref(dead);
	peer_stop(w);
}

/* Of 16 letters, which take far more than that, the newest stay, and there is
 * room for what waits: whether they come now or were there before. */
static void
dead_letters_leave_room_for_what_waits(void **state)
{
	struct writer_options small = keeping(SURVIVE_CRASH);

	small.keep.max_size = 3500;
	for (int before = 0; before < 2; before++) {
		struct writer *w = before ? start(SURVIVE_CRASH) : NULL;
		json_t *dead;

		if (before) {
			make_letters(w);
			peer_stop(w);
		}
		fake_disk.room = small.keep.max_size;
		w = start_with(&small);
		if (!before)
			make_letters(w);
		peer_await(is_ok, w);
		deaf(true);
		peer_put(w, 21, 4);
		assert_int_equal(writer_sync(w, INT64_MAX / 2), 0);
		deaf(false);
		await_empty(w);
		assert_int_equal(peer_stats(w).dropped_full, 0);
		peer_stop(w);
		w = start_with(&small);
		peer_await(is_ok, w);
		dead = writer_dead(w);
		assert_in_range(json_array_size(dead), 1, 15);
		assert_int_equal(
		    json_integer_value(json_object_get(
			json_array_get(dead, json_array_size(dead) - 1),
			"number")),
		    20);
		json_decref(dead);
		peer_stop(w);
		end(state);
		begin(state);
	}
}

/* --- changes ------------------------------------------------------------- */

static void
a_spool_may_come_later_and_its_promise_may_change(void **state)
{
	struct writer_options options = keeping(SURVIVE_NONE);
	struct writer *w = start_with(&options);
	struct fettle_ctx *next;

	(void)state;
	deaf(true);
	peer_put(w, 1, 6);
	for (int p = SURVIVE_CRASH; p <= SURVIVE_POWER; p++) {
		options.keep.promise = (enum promise)p;
		next = peer_instance(0);
		writer_replace(w, next, &options);
		writer_settle_open(w, INT64_MAX / 2);
		instance_unref(next);
		peer_await(is_ok, w);
		assert_int_equal(peer_stats(w).spool.promise, p);
		assert_int_equal(writer_sync(w, INT64_MAX / 2), 0);
		assert_int_equal(peer_stats(w).spool.lists, 6);
	}
	deaf(false);
	await_empty(w);
	peer_check_got(1, 6);
	peer_stop(w);
}

static bool
was_opened(void *times)
{
	return fake_disk.opens >= *(int *)times;
}

/* Under the lock, so its thread cannot come to the first before the last. */
static void
set_often(struct keeper *k, const struct keeper_options *options, int times)
{
	pthread_mutex_lock(k->lock);
	while (times-- > 0)
		keeper_set(k, options);
	pthread_mutex_unlock(k->lock);
}

static void
a_change_counts_though_it_is_said_again_before_it_was_made(void **state)
{
	pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	pthread_cond_t wake = PTHREAD_COND_INITIALIZER,
		       changed = PTHREAD_COND_INITIALIZER;
	struct keeper_options options = keeping(SURVIVE_CRASH).keep;
	struct queue queue;
	struct dead dead = { 0 };
	struct keeper k = { .lock = &lock,
		.wake = &wake,
		.changed = &changed,
		.queue = &queue,
		.dead = &dead };
	int times = 1;

	(void)state;
	queue_init(&queue, 1 << 20);
	keeper_init(&k, "alone", "/spool/alone.db");
	set_often(&k, &options, 1);
	peer_await(was_opened, &times);
	options.promise = SURVIVE_POWER;
	set_often(&k, &options, 2);
	times = 2;
	peer_await(was_opened, &times);
	pthread_mutex_lock(&lock);
	keeper_end(&k);
	pthread_mutex_unlock(&lock);
	keeper_fini(&k);
	queue_fini(&queue);
}

/* --- whatever happens ---------------------------------------------------- */

static void
make_trouble(uint64_t *seed)
{
	switch (chance_of(seed, 12)) {
	case 0:
		fake_disk.commit_fails = chance_of(seed, 2) ? -ENOSPC : -EIO;
		fake_disk.hidden = chance_of(seed, 2);
		break;
	case 1:
		fake_disk.open_fails = -EACCES;
		break;
	case 2:
		fake_disk.gone = true;
		break;
	case 3:
		deaf(true);
		break;
	case 4:
	case 5:
		deaf(false);
		break;
	default:
		fake_disk.commit_fails = 0;
		fake_disk.open_fails = 0;
	}
}

/* Each number at most once; those that are missing were counted. */
static void
check_got(const struct writer_stats *s, int64_t last)
{
	unsigned char *seen = xcalloc((size_t)last + 1, 1);

	assert_int_equal(peer.got.n, s->sent);
	for (size_t i = 0; i < peer.got.n; i++) {
		assert_int_equal(seen[peer.got.v[i]], 0);
		seen[peer.got.v[i]] = 1;
	}
	assert_int_equal(s->entered, last);
	free(seen);
}

static void
play(uint64_t seed)
{
	struct writer_options options = keeping(SURVIVE_CRASH);
	struct writer_stats s;
	struct writer *w;
	int64_t next = 1;

	options.room = 6000;
	w = start_with(&options);
	for (int step = 0; step < 150; step++) {
		const size_t n = 1 + chance_of(&seed, 9);

		peer_put(w, next, n);
		next += (int64_t)n;
		if (chance_of(&seed, 6) == 0)
			make_trouble(&seed);
		if (chance_of(&seed, 4) == 0)
			writer_sync(w, clock_mono());
		if (chance_of(&seed, 3) == 0)
			fake_clock_advance(
			    (int64_t)chance_of(&seed, 3000) * NS_PER_MS);
		if (chance_of(&seed, 10) == 0)
			writer_flush(w);
		s = peer_stats(w);
		assert_true(adds_up(&s));
	}
	fake_disk.commit_fails = fake_disk.open_fails = 0;
	deaf(false);
	writer_flush(w);
	await_empty(w);
	s = peer_stats(w);
	assert_true(adds_up(&s));
	check_got(&s, next - 1);
	peer_stop(w);
}

static void
nothing_is_sent_twice_and_the_numbers_add_up_whatever_fails(void **state)
{
	for (uint64_t seed = 1; seed <= 20; seed++) {
		play(seed);
		end(state);
		begin(state);
	}
}

#define SPOOL_TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SPOOL_TEST(what_is_delivered_within_a_second_is_not_written),
		SPOOL_TEST(what_has_waited_for_a_second_is_on_disk),
		SPOOL_TEST(a_clean_end_is_gone_on_from_with_the_same_numbers),
		SPOOL_TEST(a_disk_that_was_copied_begins_numbers_anew),
		SPOOL_TEST(
		    what_is_left_of_a_row_is_all_that_a_later_life_finds),
		SPOOL_TEST(more_than_memory_holds_waits_on_disk),
		SPOOL_TEST(who_waits_for_the_disk_does_not_wait_for_a_second),
		SPOOL_TEST(what_is_too_old_is_dropped_and_counted),
		SPOOL_TEST(
		    what_was_damaged_on_disk_is_counted_and_the_rest_delivered),
		SPOOL_TEST(
		    what_cannot_be_read_is_counted_by_the_numbers_around_it),
		SPOOL_TEST(
		    without_a_disk_it_goes_on_in_memory_and_heals_within_a_minute),
		SPOOL_TEST(
		    a_commit_that_fails_loses_nothing_whether_it_happened_or_not),
		SPOOL_TEST(a_file_that_was_deleted_costs_what_was_only_there),
		SPOOL_TEST(
		    damage_that_is_found_costs_what_was_only_there_and_no_minute),
		SPOOL_TEST(
		    damage_that_is_found_at_the_end_costs_what_was_only_there),
		SPOOL_TEST(dead_letters_are_kept_from_life_to_life),
		SPOOL_TEST(dead_letters_leave_room_for_what_waits),
		SPOOL_TEST(a_spool_may_come_later_and_its_promise_may_change),
		SPOOL_TEST(
		    a_change_counts_though_it_is_said_again_before_it_was_made),
		SPOOL_TEST(
		    nothing_is_sent_twice_and_the_numbers_add_up_whatever_fails),
	};

	return cmocka_run_group_tests_name("writer_spool", tests, NULL, NULL);
}
