/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chance.h"
#include "past_world.h"
#include "write/ringbuffer_http/past/code.h"

enum { MEMORY = 64 << 10 /* KiB */, TEN = 10000 };

/* --- numbers ------------------------------------------------------------- */

static double
error_of(double number)
{
	const double x = fabs(number);

	if (x >= 1000)
		return x * 5.01e-6;
	return x >= 0.1 ? 0.000501 : x * 0.00501 + 0.501e-9;
}

static void
codes_rise_with_their_numbers_and_give_them_back(void **state)
{
	uint64_t seed = 1;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		const double e = (double)chance_of(&seed, 6200) / 10 - 310;
		const double x = pow(10, e) * (double)chance_of(&seed, 1000);
		const double y = x * (1 + (double)chance_of(&seed, 100) / 1e4);
		const int32_t code = isfinite(x) ? code_of(x) : CODE_MAX;

		if (!isfinite(x) || !isfinite(y))
			continue;
		assert_in_range(code, 0, CODE_MAX);
		assert_int_equal(code_of(-x), -code);
		assert_int_equal(code_of(code_number(code)), code);
		assert_true(code_of(y) >= code);
		if (fabs(code_number(code) - x) > error_of(x))
			fail_msg("%.17g became %.17g", x, code_number(code));
	}
	assert_int_equal(code_of(1.7976931348623157e308), CODE_MAX);
	assert_true(isfinite(code_number(CODE_MAX)));
	assert_true(code_number(code_of(99.5)) == 99.5);
	assert_true(code_number(code_of(1e15)) == 1e15);
	assert_true(code_number(code_of(0.0002)) == 0.0002);
	for (int32_t code = 0; code < 3000000; code += 7)
		assert_int_equal(code_of(code_number(code)), code);
}

/* --- tiers against an array ---------------------------------------------- */

/* What was said, one number a step; NaN: nothing was. */
struct said {
	double v[700000];
	size_t n;
	int64_t from, interval;
};

static double
invent(uint64_t *seed, double last)
{
	switch (chance_of(seed, 12)) {
	case 0:
		return NAN;
	case 1:
		return (double)chance_of(seed, 1000000000);
	case 2:
		return -(double)chance_of(seed, 5000) / 16;
	case 3:
	case 4:
		return isnan(last) ? 1 : last + 0.25;
	default:
		return last;
	}
}

static void
say_all(struct past_world *w, struct said *s, uint64_t *seed)
{
	size_t gap = 0;
	double last = 0;

	for (size_t i = 0; i < s->n; i++) {
		last = invent(seed, isnan(last) ? 0 : last);
		if (gap > 0 && gap-- > 0)
			last = NAN;
		else if (chance_of(seed, 2000) == 0)
			gap = chance_of(seed, 1500);
		s->v[i] = last;
		w->now = s->from + (int64_t)i * s->interval;
		/* said with a little delay, never the same */
		world_say(w, "a", NULL,
		    w->now + (int64_t)chance_of(seed, (size_t)s->interval / 8),
		    s->interval, &last, 1);
	}
}

/* Of the steps of s that begin in a time, as they were kept. */
struct expected {
	double sum, min, max;
	size_t n;
};

static struct expected
expect(const struct said *s, int64_t from, int64_t to)
{
	struct expected e = { 0, INFINITY, -INFINITY, 0 };
	int64_t i = (from - s->from + s->interval - 1) / s->interval;

	for (; i < (int64_t)s->n && s->from + i * s->interval < to; i++) {
		if (i < 0 || isnan(s->v[i]))
			continue;
		e.sum += s->v[i];
		e.min = fmin(e.min, s->v[i]);
		e.max = fmax(e.max, s->v[i]);
		e.n++;
	}
	return e;
}

static void
check_point(const struct found *f, size_t i, const struct expected *e)
{
	const double mean = e->sum / (double)e->n;
	const double most = fmax(fabs(e->min), fabs(e->max));

	if (e->n == 0 ? !isnan(f->mean[i])
		      : isnan(f->mean[i]) ||
			    fabs(f->min[i] - e->min) > error_of(e->min) ||
			    fabs(f->max[i] - e->max) > error_of(e->max) ||
			    fabs(f->mean[i] - mean) > error_of(most) * 2)
		fail_msg("point %zu of step %lld: %g %g..%g, not %g %g..%g", i,
		    (long long)f->step, f->mean[i], f->min[i], f->max[i], mean,
		    e->min, e->max);
}

/* The mean of what a tier keeps is weighted by time where there are gaps: it
 * is compared where a point is one of the tier's. */
static void
check_tier(struct past_world *w, const struct said *s, int64_t back,
    size_t points, int64_t step)
{
	static struct found f;

	world_ask(
	    w, "a:p.f0", w->now - back, w->now + s->interval, points, &f);
	assert_int_equal(f.series, 1);
	assert_int_equal(f.step, step);
	for (size_t i = 1; i < f.n; i++) {
		const int64_t from = f.from + (int64_t)i * f.step;
		const struct expected e = expect(s, from, from + f.step);

		check_point(&f, i, &e);
	}
}

static void
check_all_tiers(uint64_t seed, int64_t interval, int64_t days)
{
	static struct said s;
	struct past_world w;

	print_message("# seed %llu, interval %lld\n", (unsigned long long)seed,
	    (long long)interval);
	world_open(&w, MEMORY, false);
	s.interval = interval;
	s.from = BEGIN_MS;
	s.n = (size_t)(days * DAY_MS / interval);
	assert_true(s.n <= sizeof(s.v) / sizeof *s.v);
	say_all(&w, &s, &seed);
	check_tier(
	    &w, &s, HOUR_MS, (size_t)(HOUR_MS / interval) + 2, interval);
	check_tier(&w, &s, 5 * HOUR_MS, 9900, interval);
	check_tier(&w, &s, 40 * HOUR_MS, 3000, MIN_MS);
	check_tier(&w, &s, 3 * DAY_MS, 2900, 15 * MIN_MS);
	assert_int_equal(world_stats(&w).late, 0);
	world_close(&w);
}

static void
every_tier_is_what_was_said(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 4; seed++)
		check_all_tiers(seed, TEN, 4);
	check_all_tiers(5, 2000, 4);
	check_all_tiers(6, 30000, 20);
}

static void
least_and_greatest_survive_fewer_points(void **state)
{
	struct past_world w;
	struct found *f = malloc(sizeof *f);

	(void)state;
	world_open(&w, MEMORY, false);
	for (int i = 0; i < 6 * 360; i++, w.now += TEN)
		world_say_one(&w, "a", i == 1000 ? 99 : i == 1700 ? -5 : 10);
	for (size_t points = 1; points <= 700; points += 13) {
		double least = INFINITY, greatest = -INFINITY;

		world_ask(&w, "p", BEGIN_MS, w.now, points, f);
		assert_true(f->n > 0);
		for (size_t i = 0; i < f->n; i++) {
			least = fmin(least, f->min[i]);
			greatest = fmax(greatest, f->max[i]);
		}
		assert_true(least == -5 && greatest == 99);
	}
	free(f);
	world_close(&w);
}

/* --- where a series ends ------------------------------------------------- */

/* A series that comes more or less often, with gaps, and then ends; another
 * makes the grid fine. */
struct ending {
	int64_t interval, last;
};

static struct ending
say_until_the_end(struct past_world *w, uint64_t *seed)
{
	static const int64_t intervals[] = { 1000, 10000, 15000, 60000, 300000,
		1000000, 3600000 };
	struct ending e = { intervals[chance_of(seed, 7)], 0 };
	const int64_t spread = e.interval * 2 / 5;
	int64_t at = w->now;
	size_t gap = 0;
	double v = 1;

	for (size_t n = 1 + chance_of(seed, 300); n > 0; n--) {
		const int64_t off =
		    (int64_t)chance_of(seed, (size_t)(2 * spread)) - spread;

		at += e.interval;
		if (n > 1 && (gap > 0 || chance_of(seed, 50) == 0)) {
			gap = gap > 0 ? gap - 1 : chance_of(seed, 8);
			continue;
		}
		if (at + off <= e.last)
			continue;
		e.last = w->now = at + off;
		world_say(w, "z", NULL, e.last, e.interval, &v, 1);
	}
	world_say(w, "a", NULL, w->now, 1000, &v, 1);
	return e;
}

/* The last number may stand up to half an interval before its time. */
static void
check_end(const struct found *f, const struct ending *e, int64_t asked)
{
	bool near = asked > e->last - e->interval;

	for (size_t i = 0; i < f->n; i++) {
		const int64_t from = f->from + (int64_t)i * f->step;

		if (isnan(f->mean[i]))
			continue;
		if (from > e->last)
			fail_msg("a point %lld ms after the last of %lld",
			    (long long)(from - e->last),
			    (long long)e->interval);
		near |= from + f->step > e->last - e->interval;
	}
	if (!near)
		fail_msg("the last is not there");
}

static void
nothing_is_shown_after_the_last_number(void **state)
{
	struct found *f = malloc(sizeof *f);

	(void)state;
	for (uint64_t seed = 1; seed <= 150; seed++) {
		struct past_world w;
		struct ending e;
		uint64_t chance = seed;

		world_open(&w, MEMORY, false);
		e = say_until_the_end(&w, &chance);
		for (int i = 0; i < 30; i++) {
			const int64_t back =
			    1000 + (int64_t)chance_of(&chance, 8000000);
			const int64_t from = e.last - back;
			const int64_t to =
			    e.last + 1 + (int64_t)chance_of(&chance, 8000000);

			world_ask(&w, chance_of(&chance, 2) ? "?:p" : "z:p",
			    from, to, 1 + chance_of(&chance, 9000), f);
			check_end(f, &e, from);
		}
		world_close(&w);
	}
	free(f);
}

/* --- the unusual --------------------------------------------------------- */

static void
late_numbers_find_their_place_while_it_is_open(void **state)
{
	struct past_world w;
	struct found *f = malloc(sizeof *f);
	double v = 7;

	(void)state;
	world_open(&w, MEMORY, false);
	for (int i = 0; i < 30; i++, w.now += TEN)
		if (i != 27)
			world_say_one(&w, "a", 1);
	world_say(&w, "a", NULL, BEGIN_MS + 27 * TEN, TEN, &v, 1);
	/* and a second time */
	world_say(&w, "a", NULL, BEGIN_MS + 27 * TEN, TEN, &v, 1);
	world_ask(&w, "p", BEGIN_MS, w.now, 100, f);
	assert_int_equal(f->n, 30);
	assert_int_equal(found_points(f), 30);
	assert_true(f->mean[27] == 7 && f->mean[26] == 1 && f->mean[28] == 1);
	world_ask(&w, "p", BEGIN_MS, w.now, 5, f);
	assert_int_equal(f->step, MIN_MS);
	assert_true(f->max[4] == 7 && f->min[4] == 1 && f->mean[4] == 2);
	assert_int_equal(world_stats(&w).late, 0);
	/* before everything that is open */
	world_say(&w, "a", NULL, BEGIN_MS - HOUR_MS, TEN, &v, 1);
	assert_int_equal(world_stats(&w).late, 1);
	free(f);
	world_close(&w);
}

static void
means_have_no_more_digits_than_what_is_kept(void **state)
{
	struct past_world w;
	struct found *f = malloc(sizeof *f);

	(void)state;
	world_open(&w, MEMORY, false);
	for (int i = 0; i < 60; i++, w.now += TEN)
		world_say_one(&w, "a", i % 3 == 0 ? 2 : 1);
	world_ask(&w, "p", BEGIN_MS, w.now, 20, f);
	assert_int_equal(f->step, 3 * TEN);
	for (size_t i = 0; i < f->n; i++)
		assert_true(f->mean[i] == 1.333);
	free(f);
	world_close(&w);
}

static void
the_same_again_changes_nothing(void **state)
{
	struct past_world w;
	struct found *f = malloc(sizeof *f);
	double v = 1, other = 5;

	(void)state;
	world_open(&w, MEMORY, false);
	for (int i = 0; i < 60; i++, w.now += TEN) {
		world_say(&w, "a", NULL, w.now, TEN, &v, 1);
		world_say(&w, "a", NULL, w.now, TEN, &other, 1);
	}
	world_ask(&w, "p", BEGIN_MS, w.now, 10, f);
	assert_int_equal(f->n, 10);
	for (size_t i = 0; i < f->n; i++)
		assert_true(f->mean[i] == 1 && f->max[i] == 1);
	assert_int_equal(world_stats(&w).samples, 60);
	free(f);
	world_close(&w);
}

static void
an_interval_may_change(void **state)
{
	static const int64_t intervals[] = { 10000, 1000, 60000, 300000,
		2000 };
	struct past_world w;
	struct found *f = malloc(sizeof *f);
	double v = 3;

	(void)state;
	world_open(&w, MEMORY, false);
	for (size_t k = 0; k < 5; k++)
		for (int64_t end = w.now + 30 * MIN_MS; w.now < end;
		     w.now += intervals[k])
			world_say(&w, "a", NULL, w.now, intervals[k], &v, 1);
	for (size_t points = 3; points < 9000; points += 1111) {
		world_ask(&w, "p", BEGIN_MS, w.now, points, f);
		assert_int_equal(found_points(f), f->n);
		for (size_t i = 0; i < f->n; i++)
			assert_true(f->min[i] == 3 && f->max[i] == 3);
	}
	free(f);
	world_close(&w);
}

static void
a_slow_series_has_no_gaps_and_a_missing_number_is_one(void **state)
{
	struct past_world w;
	struct found *f = malloc(sizeof *f);
	double v = 3;

	(void)state;
	world_open(&w, MEMORY, false);
	for (int i = 0; i < 100; i++, w.now += 5 * MIN_MS)
		if (i != 90)
			world_say(&w, "a", NULL, w.now, 5 * MIN_MS, &v, 1);
	/* another, so that the grid is finer */
	world_say_one(&w, "b", 1);
	world_ask(&w, "a:p", w.now - 5 * HOUR_MS, w.now, 300, f);
	world_ask(&w, "?:p", w.now - 40 * HOUR_MS, w.now, 5000, f);
	world_ask(&w, "a:p", w.now - 3 * HOUR_MS, w.now, 5000, f);
	assert_int_equal(f->step, 5 * MIN_MS);
	assert_int_equal(found_points(f), f->n - 1);
	free(f);
	world_close(&w);
}

static void
a_clock_that_was_ahead_is_forgotten(void **state)
{
	struct past_world w;
	struct found *f = malloc(sizeof *f);

	(void)state;
	world_open(&w, MEMORY, false);
	for (int i = 0; i < 60; i++, w.now += TEN)
		world_say_one(&w, "a", 1);
	w.now += 400 * DAY_MS;
	for (int i = 0; i < 600; i++, w.now += TEN)
		world_say_one(&w, "a", 2);
	w.now = BEGIN_MS + 60 * TEN;
	for (int i = 0; i < 60; i++, w.now += TEN)
		world_say_one(&w, "a", 3);
	world_ask(&w, "p", BEGIN_MS + 60 * TEN, w.now, 100, f);
	assert_int_equal(found_points(f), 60);
	for (size_t i = 0; i < f->n; i++)
		assert_true(f->max[i] == 3);
	/* for some time nobody knows which clock was right */
	for (int i = 0; i < 400; i++, w.now += TEN)
		world_say_one(&w, "a", 3);
	world_ask(
	    &w, "p", BEGIN_MS + 399 * DAY_MS, BEGIN_MS + 410 * DAY_MS, 100, f);
	assert_int_equal(found_points(f), 0);
	free(f);
	world_close(&w);
}

static void
a_clock_that_is_wrong_for_a_moment_costs_nothing(void **state)
{
	static const int64_t wrong[] = { 0, BEGIN_MS + 4000 * DAY_MS };
	struct past_world w;
	struct found *f = malloc(sizeof *f);

	(void)state;
	world_open(&w, MEMORY, false);
	for (int i = 0; i < 1000; i++, w.now += TEN)
		world_say_one(&w, "a", 1);
	for (size_t k = 0; k < 2; k++) {
		const int64_t right = w.now;

		w.now = wrong[k];
		for (int i = 0; i < 100; i++, w.now += TEN)
			world_say_one(&w, "a", 2);
		w.now = right;
		for (int i = 0; i < 500; i++, w.now += TEN)
			world_say_one(&w, "a", 1);
	}
	world_ask(&w, "p", BEGIN_MS, w.now, 2000, f);
	assert_int_equal(f->step, TEN);
	assert_int_equal(found_points(f), 2000);
	for (size_t points = 50; points <= 2000; points *= 5) {
		world_ask(&w, "p", BEGIN_MS, w.now, points, f);
		for (size_t i = 0; i < f->n; i++)
			assert_true(f->min[i] == 1 && f->max[i] == 1);
	}
	free(f);
	world_close(&w);
}

static void
what_is_asked_may_begin_anywhere(void **state)
{
	static const int64_t times[] = { INT64_MIN, -1, 0, 1, BEGIN_MS,
		INT64_MAX };
	struct past_world w;
	struct found *f = malloc(sizeof *f);

	(void)state;
	world_open(&w, MEMORY, false);
	world_say_one(&w, "a", 1);
	for (int i = 0; i < 6; i++)
		for (int k = i + 1; k < 6; k++)
			for (size_t points = 1; points < 9000; points *= 80) {
				world_ask(
				    &w, "p", times[i], times[k], points, f);
				if (k == 5)
					assert_int_equal(found_points(f), 1);
			}
	free(f);
	world_close(&w);
}

static void
what_is_not_finite_or_far_off_is_not_kept(void **state)
{
	const double v[] = { NAN, INFINITY, -INFINITY, 4 };
	struct past_world w;
	struct found *f = malloc(sizeof *f);

	(void)state;
	world_open(&w, MEMORY, false);
	world_say(&w, "a", NULL, w.now, TEN, v, 4);
	world_say(&w, "a", NULL, w.now + HOUR_MS, TEN, v, 4);
	world_say(&w, "a", NULL, w.now - 31 * DAY_MS, TEN, v, 4);
	assert_int_equal(world_stats(&w).series, 1);
	assert_int_equal(world_stats(&w).samples, 1);
	assert_int_equal(world_stats(&w).late, 2);
	world_ask(&w, "p", w.now, w.now + TEN, 100, f);
	assert_int_equal(f->series, 1);
	assert_int_equal(found_points(f), 1);
	free(f);
	world_close(&w);
}

static void
a_client_whose_clock_drifts_leaves_no_gaps(void **state)
{
	struct past_world w;
	struct found *f = malloc(sizeof *f);

	(void)state;
	world_open(&w, MEMORY, false);
	for (int i = 0; i < 1800; i++, w.now += TEN + 20)
		world_say_one(&w, "a", 1);
	world_ask(&w, "p", BEGIN_MS, w.now, 5000, f);
	/* behind the last one there may be none yet */
	assert_true(found_points(f) >= f->n - 1);
	free(f);
	world_close(&w);
}

/* --- room ---------------------------------------------------------------- */

static void
names_that_never_end_neither_break_the_limit_nor_the_others(void **state)
{
	enum { KIB = 2048 };
	struct past_world w;
	struct found *f = malloc(sizeof *f);
	uint64_t seed = 7, refused;
	char name[64];

	(void)state;
	world_open(&w, KIB, false);
	for (int i = 0; i < 3 * 360; i++, w.now += TEN) {
		for (int k = 0; k < 10; k++) {
			sprintf(name, "host-%d", k);
			world_say_one(
			    &w, name, (double)chance_of(&seed, 9999));
		}
		for (int k = 0; k < 20; k++) {
			sprintf(name, "attack-%d-%d", i, k);
			world_say_one(&w, name, (double)chance_next(&seed));
			assert_true(world_stats(&w).bytes <= KIB * 1024);
		}
	}
	refused = world_stats(&w).refused;
	assert_true(refused > 10000);
	for (int k = 0; k < 10; k++) {
		sprintf(name, "host-%d:p", k);
		world_ask(&w, name, w.now - HOUR_MS, w.now, 1000, f);
		assert_int_equal(f->series, 1);
		assert_int_equal(found_points(f), 360);
		world_ask(&w, name, BEGIN_MS, w.now, 200, f);
		assert_int_equal(found_points(f), f->n);
	}
	free(f);
	world_close(&w);
}

static void
the_oldest_of_the_finest_tier_goes_first_and_evenly(void **state)
{
	enum { HOSTS = 60 };
	struct past_world w;
	struct found *f = malloc(sizeof *f);
	uint64_t seed = 9;
	size_t least = SIZE_MAX, most = 0;
	char name[64];

	(void)state;
	world_open(&w, 512, false);
	for (int i = 0; i < 6 * 360; i++, w.now += TEN)
		for (int k = 0; k < HOSTS; k++) {
			sprintf(name, "h%d", k);
			world_say_one(
			    &w, name, (double)chance_of(&seed, 9999));
		}
	assert_true(world_stats(&w).evicted > 0);
	for (int k = 0; k < HOSTS; k++) {
		sprintf(name, "h%d:p", k);
		/* as collected: neighbours differ within the minute */
		world_ask(&w, name, w.now - 6 * HOUR_MS, w.now, 9999, f);
		assert_int_equal(found_points(f), f->n);
		size_t raw = 0;
		for (size_t i = 1; i < f->n; i++)
			raw += f->mean[i] != f->mean[i - 1] ? 1 : 0;
		least = raw < least ? raw : least;
		most = raw > most ? raw : most;
	}
	assert_true(least > 600);
	assert_true(most < least + 400);
	free(f);
	world_close(&w);
}

static void
who_is_silent_goes_when_his_time_is_over(void **state)
{
	struct past_world w;

	(void)state;
	world_open(&w, MEMORY, false);
	for (int i = 0; i < 1000; i++, w.now += TEN)
		world_say_one(&w, "a", 1);
	w.now += 29 * DAY_MS;
	world_say_one(&w, "b", 1);
	assert_int_equal(world_stats(&w).series, 2);
	w.now += 3 * DAY_MS;
	for (int i = 0; i < 400; i++, w.now += TEN)
		world_say_one(&w, "b", 1);
	assert_int_equal(world_stats(&w).series, 1);
	world_close(&w);
}

/* --- asking -------------------------------------------------------------- */

struct names {
	char text[512];
};

static int
take_series(void *arg, const struct past_series *s)
{
	struct names *n = arg;

	sprintf(n->text + strlen(n->text), "%s:%s[%s].%s=%g ", s->host,
	    s->plugin, s->instance != NULL ? s->instance : "-", s->field,
	    s->value);
	return 0;
}

static int
take_host(void *arg, const char *host, int64_t seen, size_t series)
{
	struct names *n = arg;

	sprintf(n->text + strlen(n->text), "%s@%lld/%zu ", host,
	    (long long)(seen - BEGIN_MS), series);
	return 0;
}

static bool
wants_b(void *arg, const struct past_series *s)
{
	(void)arg;
	return strcmp(s->host, "b") == 0;
}

static void
series_and_hosts_are_listed_in_order(void **state)
{
	const double v[] = { 1, 2 };
	struct past_world w;
	struct names n = { "" };
	struct past_filter filter = { .arg = &n };
	char why[64];
	bool more;

	(void)state;
	world_open(&w, MEMORY, false);
	world_say(&w, "b", "y", w.now, TEN, v, 2);
	world_say(&w, "a", "x", w.now + 5, TEN, v, 2);
	world_say(&w, "b", NULL, w.now + 1, TEN, v, 1);
	past_each_series(w.past, &filter, take_series, &more, why, 64);
	assert_string_equal(n.text,
	    "a:p[x].f0=1 a:p[x].f1=2 b:p[-].f0=1 b:p[y].f0=1 b:p[y].f1=2 ");
	assert_false(more);
	n.text[0] = '\0';
	past_each_host(w.past, take_host, &n);
	assert_string_equal(n.text, "a@5/2 b@1/3 ");
	n.text[0] = '\0';
	filter.wants = wants_b;
	filter.pattern = "p[*].f0";
	past_each_series(w.past, &filter, take_series, &more, why, 64);
	assert_string_equal(n.text, "b:p[y].f0=1 ");
	n.text[0] = '\0';
	filter.wants = NULL;
	filter.hosts = "a*";
	filter.pattern = NULL;
	past_each_series(w.past, &filter, take_series, &more, why, 64);
	assert_string_equal(n.text, "a:p[x].f0=1 a:p[x].f1=2 ");
	n.text[0] = '\0';
	filter.hosts = NULL;
	filter.pattern = "a:p[*].f0";
	filter.also = (const char *const[]){ "b:p", "?:p[*].f0" };
	filter.n_also = 2;
	past_each_series(w.past, &filter, take_series, &more, why, 64);
	assert_string_equal(
	    n.text, "a:p[x].f0=1 b:p[-].f0=1 b:p[y].f0=1 b:p[y].f1=2 ");
	n.text[0] = '\0';
	filter.n_also = 0;
	filter.pattern = "p[*].f0";
	filter.limit = 1;
	past_each_series(w.past, &filter, take_series, &more, why, 64);
	assert_string_equal(n.text, "a:p[x].f0=1 ");
	assert_true(more);
	filter.pattern = "p[x";
	assert_int_equal(
	    past_each_series(w.past, &filter, take_series, &more, why, 64),
	    -EINVAL);
	assert_string_equal(why, "a '[' without its ']'");
	world_close(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    codes_rise_with_their_numbers_and_give_them_back),
		cmocka_unit_test(every_tier_is_what_was_said),
		cmocka_unit_test(least_and_greatest_survive_fewer_points),
		cmocka_unit_test(nothing_is_shown_after_the_last_number),
		cmocka_unit_test(
		    late_numbers_find_their_place_while_it_is_open),
		cmocka_unit_test(means_have_no_more_digits_than_what_is_kept),
		cmocka_unit_test(the_same_again_changes_nothing),
		cmocka_unit_test(an_interval_may_change),
		cmocka_unit_test(
		    a_slow_series_has_no_gaps_and_a_missing_number_is_one),
		cmocka_unit_test(a_clock_that_was_ahead_is_forgotten),
		cmocka_unit_test(
		    a_clock_that_is_wrong_for_a_moment_costs_nothing),
		cmocka_unit_test(what_is_asked_may_begin_anywhere),
		cmocka_unit_test(what_is_not_finite_or_far_off_is_not_kept),
		cmocka_unit_test(a_client_whose_clock_drifts_leaves_no_gaps),
		cmocka_unit_test(
		    names_that_never_end_neither_break_the_limit_nor_the_others),
		cmocka_unit_test(
		    the_oldest_of_the_finest_tier_goes_first_and_evenly),
		cmocka_unit_test(who_is_silent_goes_when_his_time_is_over),
		cmocka_unit_test(series_and_hosts_are_listed_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
