/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "chance.h"
#include "deliver/seen.h"
#include "deliver/seen_file.h"

#define A "0123456789abcdef0123456789abcdef"
#define B "ffffffffffffffffffffffffffffffff"
#define C "00000000000000000000000000000001"

static struct seen s;
static struct store *store;

static int
begin(void **state)
{
	const struct store_options o = { .kind = "seen", .version = 1 };
	struct store_found found;
	char why[128];

	(void)state;
	seen_init(&s, 1000);
	return store_open(&store, &o, &found, why, sizeof(why));
}

static int
end(void **state)
{
	(void)state;
	seen_fini(&s);
	return store_close(store, true);
}

/* Takes the n lists from seq on at a time; how many it was told to skip. */
static uint64_t
take_at(const char *queue, uint64_t seq, uint64_t n, int64_t wall_ns)
{
	const struct seen_batch b = { queue, "web-1", seq, n, 0, 0 };
	uint64_t skip;

	seen_lock(&s);
	skip = seen_skip(&s, &b);
	seen_taken(&s, &b, wall_ns);
	seen_unlock(&s);
	seen_durable(&s, &b);
	return skip;
}

static uint64_t
take(const char *queue, uint64_t seq, uint64_t n)
{
	return take_at(queue, seq, n, 1);
}

static struct seen_counts
sums(void)
{
	struct seen_counts c;
	size_t behind;

	seen_sums(&s, &c, &behind);
	return c;
}

static size_t
queues(void)
{
	struct seen_counts c;
	size_t behind;

	return seen_sums(&s, &c, &behind);
}

/* As if the process had ended here: what is in the store is all there is. */
static void
restart(bool unclean)
{
	seen_fini(&s);
	seen_init(&s, 1000);
	assert_int_equal(seen_read(&s, store, unclean), 0);
}

static void
an_id_is_32_hexadecimal_digits(void **state)
{
	(void)state;
	assert_true(seen_is_id(A));
	assert_false(seen_is_id(""));
	assert_false(seen_is_id("0123456789ABCDEF0123456789ABCDEF"));
	assert_false(seen_is_id(A "0"));
	assert_false(seen_is_id(&A[1]));
}

static void
what_follows_is_taken_whole(void **state)
{
	(void)state;
	assert_int_equal(take(A, 17000, 10), 0);
	assert_int_equal(take(A, 17010, 1), 0);
	assert_int_equal(take(B, 1, 5), 0);
	assert_int_equal(sums().lost, 0);
	assert_int_equal(sums().duplicate, 0);
	assert_int_equal(queues(), 2);
}

static void
what_comes_again_is_skipped_however_it_is_cut(void **state)
{
	(void)state;
	take(A, 1, 10);
	assert_int_equal(take(A, 1, 10), 10);
	assert_int_equal(take(A, 4, 3), 3);
	assert_int_equal(take(A, 6, 10), 5); /* 6 to 15 */
	assert_int_equal(take(A, 1, 16), 15);
	assert_int_equal(take(A, 17, 1), 0);
	assert_int_equal(sums().duplicate, 33);
	assert_int_equal(sums().lost, 0);
}

static void
a_jump_is_counted_as_lost(void **state)
{
	(void)state;
	take(A, 1, 10);
	take(A, 15, 1);
	assert_int_equal(sums().lost, 4);
	/* too late */
	assert_int_equal(take(A, 11, 2), 2);
	assert_int_equal(sums().lost, 4);
}

static void
what_was_not_taken_may_come_again(void **state)
{
	const struct seen_batch b = { A, "web-1", 5, 5, 0, 0 };

	(void)state;
	take(A, 1, 4);
	seen_lock(&s);
	assert_int_equal(seen_skip(&s, &b), 0);
	seen_unlock(&s);
	assert_int_equal(take(A, 5, 5), 0);
	assert_int_equal(sums().duplicate, 0);
}

static bool
keep_behind(void *arg, const char *host, const struct seen_counts *c)
{
	assert_string_equal(host, "web-1");
	*(int64_t *)arg = c->behind_ns;
	return false;
}

/* How many seconds the first is behind that has something to tell. */
static int64_t
told(void)
{
	int64_t ns = -1;

	seen_each(&s, keep_behind, &ns);
	return ns / NS_PER_S;
}

static void
who_is_behind_is_told_until_it_has_caught_up(void **state)
{
	const struct seen_batch late = { A, "web-1", 1, 5, 5, NS_PER_S * 600 };
	struct seen_counts c;
	size_t behind;

	(void)state;
	take(B, 1, 1);
	seen_lock(&s);
	seen_taken(&s, &late, 1);
	seen_unlock(&s);
	assert_int_equal(seen_sums(&s, &c, &behind), 2);
	assert_int_equal(behind, 1);
	assert_int_equal(c.refilled, 5);
	assert_int_equal(told(), 600);
	take(A, 6, 1);
	seen_sums(&s, &c, &behind);
	assert_int_equal(behind, 0);
	assert_int_equal(c.refilled, 5);
	assert_int_equal(told(), 0);
}

static void
a_new_queue_of_a_host_ends_that_its_old_one_is_behind(void **state)
{
	const struct seen_batch late[] = {
		{ A, "web-1", 1, 5, 5, NS_PER_S * 600 },
		{ B, "web-2", 1, 5, 5, NS_PER_S * 600 },
		{ A, "web-1", 6, 5, 5, NS_PER_S * 500 },
	};
	struct seen_counts c;
	size_t behind;

	(void)state;
	seen_lock(&s);
	seen_taken(&s, &late[0], 1);
	seen_taken(&s, &late[1], 1);
	seen_unlock(&s);
	take(C, 1, 1);
	seen_sums(&s, &c, &behind);
	assert_int_equal(behind, 1);
	seen_lock(&s);
	seen_taken(&s, &late[2], 1); /* two writers of one daemon */
	seen_unlock(&s);
	take(C, 2, 1);
	seen_sums(&s, &c, &behind);
	assert_int_equal(behind, 2);
}

static void
it_goes_on_after_a_restart(void **state)
{
	(void)state;
	take(A, 1, 10);
	take(A, 12, 1);
	take(B, 1, 1);
	assert_int_equal(seen_write(&s, store), 0);
	restart(false);
	assert_int_equal(queues(), 2);
	assert_int_equal(sums().lost, 1);
	assert_int_equal(take(A, 12, 2), 1);
	assert_int_equal(take(B, 4, 1), 0);
	assert_int_equal(sums().lost, 3);
}

static void
only_what_changed_is_written(void **state)
{
	struct seen_changes c;

	(void)state;
	take(A, 1, 1);
	take(B, 1, 1);
	assert_int_equal(seen_write(&s, store), 0);
	take(B, 2, 1);
	seen_changes(&s, &c, 10);
	assert_int_equal(c.changed.n, 1);
	assert_string_equal(c.changed.v[0].id, B);
	/* what changes meanwhile is written next time */
	take(B, 3, 1);
	seen_saved(&s, &c);
	seen_changes_free(&c);
	seen_changes(&s, &c, 10);
	assert_int_equal(c.changed.n, 1);
	assert_int_equal(c.changed.v[0].next, 4);
	seen_saved(&s, &c);
	seen_changes_free(&c);
	seen_changes(&s, &c, 10);
	assert_int_equal(c.changed.n, 0);
	seen_unsaved(&s);
	seen_changes_free(&c);
	seen_changes(&s, &c, 10);
	assert_int_equal(c.changed.n, 2);
	seen_changes_free(&c);
}

/* A day in which the clock says that. */
static void
sweep_for_a_day(int64_t wall_ns)
{
	for (int i = 0; i <= SEEN_SWEEPS; i++)
		seen_sweep(&s, wall_ns);
}

static void
what_is_forgotten_is_told_until_that_is_saved(void **state)
{
	struct seen_changes c;

	(void)state;
	take(A, 1, 1);
	assert_int_equal(seen_write(&s, store), 0);
	sweep_for_a_day(31 * 24 * 3600 * NS_PER_S);
	/* the disk fails twice: nothing is said of what became of it */
	for (int i = 0; i < 2; i++) {
		seen_changes(&s, &c, 10);
		assert_int_equal(c.forgotten.n, 1);
		assert_string_equal(c.forgotten.v[0], A);
		seen_changes_free(&c);
	}
	assert_int_equal(seen_write(&s, store), 0);
	seen_changes(&s, &c, 10);
	assert_int_equal(c.forgotten.n, 0);
	seen_changes_free(&c);
	restart(false);
	assert_int_equal(queues(), 0);
}

static void
what_is_forgotten_was_never_in_a_file_that_is_new(void **state)
{
	struct seen_changes c;

	(void)state;
	take(A, 1, 1);
	assert_int_equal(seen_write(&s, store), 0);
	sweep_for_a_day(31 * 24 * 3600 * NS_PER_S);
	seen_unsaved(&s);
	seen_changes(&s, &c, 10);
	assert_int_equal(c.forgotten.n, 0);
	seen_changes_free(&c);
}

/* Or else what was taken and not yet on disk when the hub died would be
 * skipped when it is sent again. */
static void
a_restart_begins_behind_what_is_durable(void **state)
{
	const struct seen_batch b = { A, "web-1", 11, 5, 0, 0 };

	(void)state;
	take(A, 1, 10);
	seen_lock(&s);
	seen_taken(&s, &b, 1);
	seen_unlock(&s);
	assert_int_equal(seen_write(&s, store), 0);
	restart(true);
	assert_int_equal(take(A, 11, 5), 0);
	assert_int_equal(sums().duplicate, 0);
}

static void
after_an_unclean_end_a_jump_is_no_loss_but_the_next_one_is(void **state)
{
	(void)state;
	take(A, 1, 10);
	assert_int_equal(seen_write(&s, store), 0);
	take(A, 11, 10);
	restart(true);
	assert_int_equal(take(A, 21, 10), 0);
	assert_int_equal(sums().lost, 0);
	take(A, 32, 1);
	assert_int_equal(sums().lost, 1);
}

static void
what_is_silent_for_30_days_is_forgotten_and_its_counts_are_not(void **state)
{
	const int64_t day = 24 * 3600 * NS_PER_S;

	(void)state;
	take_at(A, 1, 1, day);
	take_at(A, 3, 1, day);
	take_at(B, 1, 1, 20 * day);
	assert_int_equal(seen_write(&s, store), 0);
	sweep_for_a_day(31 * day);
	assert_int_equal(queues(), 2);
	sweep_for_a_day(31 * day + 1);
	assert_int_equal(queues(), 1);
	assert_int_equal(sums().lost, 1);
	assert_int_equal(seen_write(&s, store), 0);
	restart(false);
	assert_int_equal(queues(), 1);
	/* it is new, so nothing is skipped and nothing lost */
	assert_int_equal(take(A, 2, 1), 0);
}

static void
a_clock_that_is_wrong_for_hours_makes_nobody_old(void **state)
{
	const int64_t day = 24 * 3600 * NS_PER_S;

	(void)state;
	take_at(A, 1, 10, day);
	take_at(B, 1, 10, day);
	for (int i = 0; i < SEEN_SWEEPS; i++)
		seen_sweep(&s, 400 * day);
	take_at(A, 11, 1, 400 * day);
	take_at(A, 12, 1, day);
	for (int i = 0; i < SEEN_SWEEPS; i++)
		seen_sweep(&s, 400 * day);
	assert_int_equal(queues(), 1);
	assert_int_equal(take(A, 12, 1), 1);
}

static void
where_there_are_too_many_the_longest_silent_goes(void **state)
{
	char id[33];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		snprintf(id, sizeof(id), "%032x", i);
		take_at(id, 1, 10, i);
	}
	snprintf(id, sizeof(id), "%032x", 0);
	take_at(id, 11, 1, 1000);
	take_at(A, 1, 1, 1001); /* in place of 1 */
	assert_int_equal(queues(), 1000);
	assert_int_equal(take(id, 5, 1), 1);
	snprintf(id, sizeof(id), "%032x", 2);
	assert_int_equal(take(id, 5, 1), 1);
	snprintf(id, sizeof(id), "%032x", 1);
	assert_int_equal(take(id, 5, 1), 0);
}

static void
after_a_restart_the_longest_silent_still_goes_first(void **state)
{
	const int64_t day = 24 * 3600 * NS_PER_S;

	(void)state;
	take_at(B, 1, 1, 2 * day);
	take_at(A, 1, 1, 9 * day);
	assert_int_equal(seen_write(&s, store), 0);
	restart(false);
	sweep_for_a_day(35 * day);
	assert_int_equal(queues(), 1);
	assert_int_equal(take(A, 1, 1), 1);
}

static void
a_thousand_queues_at_random_are_as_a_model_of_them(void **state)
{
	enum { QUEUES = 300 };
	uint64_t next[QUEUES] = { 0 }, lost = 0, twice = 0, seed = 5;
	char id[33];

	(void)state;
	for (int i = 0; i < 5000; i++) {
		const size_t q = chance_of(&seed, QUEUES);
		const uint64_t n = 1 + chance_of(&seed, 9);
		uint64_t seq = next[q] == 0 ? 1 : next[q], skip = 0;

		if (chance_of(&seed, 4) == 0)
			seq += chance_of(&seed, 5);
		else if (chance_of(&seed, 3) == 0)
			seq -= chance_of(&seed, 10) % seq;
		if (next[q] > 0 && seq > next[q])
			lost += seq - next[q];
		if (next[q] > seq)
			skip = next[q] - seq < n ? next[q] - seq : n;
		twice += skip;
		if (next[q] < seq + n)
			next[q] = seq + n;
		snprintf(id, sizeof(id), "%032zx", q);
		assert_int_equal(take(id, seq, n), skip);
		if (i % 1000 == 999) {
			assert_int_equal(seen_write(&s, store), 0);
			restart(false);
		}
	}
	assert_int_equal(sums().lost, lost);
	assert_int_equal(sums().duplicate, twice);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_id_is_32_hexadecimal_digits),
		TEST(what_follows_is_taken_whole),
		TEST(what_comes_again_is_skipped_however_it_is_cut),
		TEST(a_jump_is_counted_as_lost),
		TEST(what_was_not_taken_may_come_again),
		TEST(who_is_behind_is_told_until_it_has_caught_up),
		TEST(a_new_queue_of_a_host_ends_that_its_old_one_is_behind),
		TEST(it_goes_on_after_a_restart),
		TEST(only_what_changed_is_written),
		TEST(what_is_forgotten_is_told_until_that_is_saved),
		TEST(what_is_forgotten_was_never_in_a_file_that_is_new),
		TEST(a_restart_begins_behind_what_is_durable),
		TEST(
		    after_an_unclean_end_a_jump_is_no_loss_but_the_next_one_is),
		TEST(
		    what_is_silent_for_30_days_is_forgotten_and_its_counts_are_not),
		TEST(a_clock_that_is_wrong_for_hours_makes_nobody_old),
		TEST(where_there_are_too_many_the_longest_silent_goes),
		TEST(after_a_restart_the_longest_silent_still_goes_first),
		TEST(a_thousand_queues_at_random_are_as_a_model_of_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
