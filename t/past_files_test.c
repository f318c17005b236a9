/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "chance.h"
#include "past_world.h"

enum { MEMORY = 64 << 10 /* KiB */, TEN = 10000 };

/* What is said of host K at a time is a number that says so. */
static double
number_of(int k, int64_t time)
{
	return (double)(time / TEN % 7919) * 100 + k;
}

static void
say_for(struct past_world *w, int hosts, int64_t ms)
{
	char name[32];

	for (const int64_t end = w->now + ms; w->now < end; w->now += TEN)
		for (int k = 0; k < hosts; k++) {
			sprintf(name, "h%d", k);
			world_say_one(w, name, number_of(k, w->now));
		}
}

/* How many points there are; every one is what was said. */
static size_t
check_numbers(struct past_world *w, int k)
{
	static struct found f;
	char pattern[32];
	size_t n = 0;

	sprintf(pattern, "h%d:p", k);
	world_ask(w, pattern, w->now - HOUR_MS * 5, w->now, 2000, &f);
	for (size_t i = 0; f.series > 0 && i < f.n; i++) {
		const double is = number_of(k, f.from + (int64_t)i * f.step);

		if (isnan(f.mean[i]))
			continue;
		n++;
		/* of the upper tiers where there is nothing finer: between
		 * its least and its greatest */
		if (f.min[i] == f.max[i]
			? fabs(f.mean[i] - is) > 4
			: is < f.min[i] - 4 || is > f.max[i] + 4)
			fail_msg("%zu of step %d: %g %g..%g, not %g", i,
			    (int)f.step, f.mean[i], f.min[i], f.max[i], is);
	}
	return n;
}

/* --- a restart ----------------------------------------------------------- */

static void
a_restart_goes_on_where_it_ended(void **state)
{
	static struct found before, after;
	struct past_world w;
	struct past_stats was;

	(void)state;
	world_open(&w, MEMORY, true);
	for (int i = 0; i < 5; i++) {
		say_for(&w, 3, 37 * MIN_MS);
		world_ask(&w, "h1:p", BEGIN_MS, w.now, 9000, &before);
		was = world_stats(&w);
		world_reopen(&w);
		world_ask(&w, "h1:p", BEGIN_MS, w.now, 9000, &after);
		assert_int_equal(after.n, before.n);
		assert_memory_equal(
		    after.mean, before.mean, before.n * sizeof(double));
		assert_int_equal(world_stats(&w).series, was.series);
		world_ask(&w, "h1:p", w.now - DAY_MS, w.now, 1400, &after);
		assert_int_equal(after.step, 2 * MIN_MS);
	}
	/* minutes and quarters, over five restarts in the middle of them */
	for (size_t points = 12; points <= 185; points += 173) {
		world_ask(
		    &w, "h2:p", BEGIN_MS, w.now - 900000, points, &after);
		for (size_t i = 0; i < after.n; i++) {
			const int64_t from =
			    after.from + (int64_t)i * after.step;
			const int64_t last = from + after.step - TEN;
			const double mean =
			    (number_of(2, from) + number_of(2, last)) / 2;

			assert_true(fabs(after.mean[i] - mean) < 5);
			assert_true(
			    fabs(after.min[i] - number_of(2, from)) < 5);
			assert_true(
			    fabs(after.max[i] - number_of(2, last)) < 5);
		}
	}
	world_close(&w);
}

/* --- files --------------------------------------------------------------- */

struct files {
	char names[64][256];
	size_t n, bytes;
};

static struct files
list(const struct past_world *w, const char *with)
{
	struct files f = { .n = 0 };
	const struct dirent *e;
	DIR *d = opendir(w->dir);
	struct stat st;

	assert_non_null(d);
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.' || strstr(e->d_name, with) == NULL)
			continue;
		assert_true(f.n < 64);
		assert_int_equal(fstatat(dirfd(d), e->d_name, &st, 0), 0);
		f.bytes += (size_t)st.st_size;
		snprintf(f.names[f.n++], 256, "%s", e->d_name);
	}
	closedir(d);
	return f;
}

static void
old_files_go(void **state)
{
	struct past_world w;

	(void)state;
	world_open(&w, MEMORY, true);
	for (int day = 0; day < 5; day++) {
		say_for(&w, 1, 2 * HOUR_MS);
		world_reopen(&w);
		w.now += 22 * HOUR_MS;
	}
	assert_int_equal(list(&w, ".raw").n, 2);
	assert_int_equal(list(&w, ".1m").n, 3);
	assert_int_equal(list(&w, ".15m").n, 5);
	w.now += 40 * DAY_MS;
	/* but not by a clock that may be wrong */
	world_reopen(&w);
	assert_int_equal(list(&w, "").n, 10);
	say_for(&w, 1, 2 * HOUR_MS);
	world_reopen(&w);
	assert_int_equal(list(&w, "").n, 3);
	world_close(&w);
}

/* --- damage -------------------------------------------------------------- */

struct copy {
	char *data;
	size_t len;
};

static struct copy
slurp(const struct past_world *w, const char *name)
{
	struct copy c = { malloc(1 << 20), 0 };
	char path[330];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", w->dir, name);
	f = fopen(path, "r");
	assert_non_null(f);
	c.len = fread(c.data, 1, 1 << 20, f);
	fclose(f);
	assert_in_range(c.len, 1, (1 << 20) - 1);
	return c;
}

static void
spit(
    const struct past_world *w, const char *name, const char *data, size_t len)
{
	char path[330];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", w->dir, name);
	unlink(path);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	fclose(f);
}

/* Opens it with a file that is what it should not be. */
static size_t
open_with(struct past_world *w, const char *name, const char *data, size_t len)
{
	size_t n = 0;

	past_free(w->past);
	spit(w, name, data, len);
	w->past = past_new(&w->settings, w->now);
	assert_non_null(w->past);
	for (int k = 0; k < 2; k++)
		n += check_numbers(w, k);
	return n;
}

static void
damage(const char *ending, uint64_t seed, bool cut)
{
	struct past_world w;
	struct files f;
	struct copy c;
	size_t all;

	print_message("# seed %llu, %s, %s\n", (unsigned long long)seed,
	    ending, cut ? "cut" : "flipped");
	world_open(&w, MEMORY, true);
	say_for(&w, 2, 4 * HOUR_MS);
	world_reopen(&w);
	f = list(&w, ending);
	assert_int_equal(f.n, 1);
	c = slurp(&w, f.names[0]);
	all = open_with(&w, f.names[0], c.data, c.len);
	assert_int_equal(all, 2 * 4 * 360);
	assert_int_equal(world_stats(&w).damaged, 0);
	for (int i = 0; i < 60; i++) {
		const size_t at = chance_of(&seed, c.len);
		const char bit = (char)(1 << chance_of(&seed, 8));
		size_t n;

		c.data[at] ^= cut ? 0 : bit;
		n = open_with(&w, f.names[0], c.data, cut ? at : c.len);
		assert_true(n <= all);
		if (!cut && at + 600 < c.len)
			assert_int_equal(world_stats(&w).damaged, 1);
		c.data[at] ^= cut ? 0 : bit;
	}
	assert_true(list(&w, ".damaged").n <= 2);
	assert_int_equal(list(&w, ".new").n, 0);
	free(c.data);
	world_close(&w);
}

static void
damaged_files_never_say_a_wrong_number(void **state)
{
	(void)state;
	for (int cut = 0; cut < 2; cut++) {
		damage(".raw", 1, cut);
		damage(".1m", 2, cut);
		damage(".15m", 3, cut);
	}
}

static void
what_is_sound_of_a_damaged_file_stays(void **state)
{
	struct past_world w;
	struct files f;
	struct copy c;
	size_t n, all;

	(void)state;
	world_open(&w, MEMORY, true);
	say_for(&w, 2, 4 * HOUR_MS);
	world_reopen(&w);
	f = list(&w, ".raw");
	c = slurp(&w, f.names[0]);
	all = open_with(&w, f.names[0], c.data, c.len);
	c.data[c.len / 2] ^= 1;
	n = open_with(&w, f.names[0], c.data, c.len);
	assert_int_equal(world_stats(&w).damaged, 1);
	assert_non_null(strstr(w.log, "1 files of history were damaged"));
	assert_in_range(n, all - 300, all - 10);
	world_reopen(&w);
	assert_int_equal(world_stats(&w).damaged, 0);
	say_for(&w, 2, 10 * MIN_MS);
	world_reopen(&w);
	assert_int_equal(world_stats(&w).damaged, 0);
	assert_int_equal(list(&w, ".damaged").n, 1);
	free(c.data);
	world_close(&w);
}

static void
what_was_open_is_made_again_of_what_is_finer(void **state)
{
	static struct found before, after;
	struct past_world w;
	struct files f;
	char path[330];

	(void)state;
	world_open(&w, MEMORY, true);
	say_for(&w, 1, 5 * HOUR_MS + 7 * MIN_MS);
	world_ask(&w, "h0:p", BEGIN_MS, w.now, 21, &before);
	assert_int_equal(before.step, 15 * MIN_MS);
	past_free(w.past);
	f = list(&w, "m");
	assert_int_equal(f.n, 2);
	for (size_t i = 0; i < f.n; i++) {
		snprintf(path, sizeof(path), "%s/%s", w.dir, f.names[i]);
		assert_int_equal(unlink(path), 0);
	}
	w.past = past_new(&w.settings, w.now);
	world_ask(&w, "h0:p", BEGIN_MS, w.now, 21, &after);
	assert_int_equal(after.n, before.n);
	for (size_t i = 0; i < after.n; i++)
		assert_true(fabs(after.mean[i] - before.mean[i]) < 5 &&
			    after.min[i] == before.min[i] &&
			    after.max[i] == before.max[i]);
	world_close(&w);
}

static void
numbers_whose_sum_is_too_large_have_a_mean(void **state)
{
	struct past_world w;
	struct found *f = malloc(sizeof *f);

	(void)state;
	world_open(&w, MEMORY, true);
	for (int i = 0; i < 90; i++) { /* 15 minutes */
		world_say_one(&w, "a", i % 2 ? 1e308 : 1.5e308);
		w.now += TEN;
	}
	for (int again = 0; again < 2; again++) {
		for (size_t points = 1; points <= 100; points += 33) {
			world_ask(&w, "p", BEGIN_MS, w.now, points, f);
			assert_true(found_points(f) > 0);
			for (size_t i = 0; i < f->n; i++)
				assert_true(isnan(f->mean[i]) ||
					    (f->mean[i] >= 0.99e308 &&
						f->mean[i] <= 1.51e308));
		}
		world_reopen(&w);
	}
	free(f);
	world_close(&w);
}

/* --- a hub --------------------------------------------------------------- */

/* What a machine says: some numbers never change, some by little. */
static void
invent(uint64_t *seed, double v[WORLD_FIELDS], int64_t time)
{
	v[0] = 16e9;
	v[1] += (double)chance_of(seed, 3) - 1;
	v[2] = (double)chance_of(seed, 1000) / 10;
	v[3] = chance_of(seed, 4) == 0 ? (double)chance_of(seed, 100) : 0;
	v[4] += chance_of(seed, 30) == 0 ? 4096 : 0;
	v[5] = 0;
	v[6] = 50 + 20 * sin((double)time / 3e6);
	v[7] = chance_of(seed, 60) == 0 ? 1 : 0;
}

/* A day; the thread sanitizer has no time for that. */
#ifdef __SANITIZE_THREAD__
enum { HOURS = 4 };
#else
enum { HOURS = 24 };
#endif

static void
twenty_hosts_stay_in_memory_and_write_little(void **state)
{
	enum { HOSTS = 20, LISTS = 12, BYTES = 32 << 20, STEPS = HOURS * 360 };
	/* series are 100 a host but for the last list */
	static double v[HOSTS][LISTS + 1][WORLD_FIELDS];
	const clock_t began = clock();
	struct past_world w;
	struct past_stats s;
	uint64_t seed = 11;
	char host[32], instance[32];

	(void)state;
	world_open(&w, MEMORY, true);
	for (int i = 0; i < STEPS; i++, w.now += TEN)
		for (int h = 0; h < HOSTS; h++)
			for (int l = 0; l <= LISTS; l++) {
				sprintf(host, "host-%d", h);
				sprintf(instance, "i%d", l);
				invent(&seed, v[h][l], w.now);
				world_say(&w, host, instance, w.now, TEN,
				    v[h][l], l < LISTS ? 8 : 4);
			}
	s = world_stats(&w);
	assert_int_equal(s.series, HOSTS * 100);
	assert_int_equal(s.samples, HOSTS * 100 * STEPS);
	assert_true(s.bytes <= BYTES);
	assert_int_equal(s.unwritten + s.refused + s.dropped + s.late, 0);
	past_free(w.past);
	assert_true(list(&w, "").bytes <= 3 * s.samples * 2);
	print_message("# %.2f bytes a number in memory, %.2f written, "
		      "%.2f s\n",
	    (double)s.bytes / (double)s.samples,
	    (double)list(&w, "").bytes / (double)s.samples,
	    (double)(clock() - began) / CLOCKS_PER_SEC);
	w.past = past_new(&w.settings, w.now);
	assert_int_equal(world_stats(&w).series, HOSTS * 100);
	world_close(&w);
}

static void
a_folder_that_cannot_be_written_costs_only_the_files(void **state)
{
	struct past_world w;
	static struct found f;

	(void)state;
	world_open(&w, MEMORY, false);
	past_free(w.past);
	w.settings.dir = "/proc/none/past";
	w.past = past_new(&w.settings, w.now);
	assert_non_null(w.past);
	assert_non_null(strstr(w.log, "history stays in memory: /proc/none"));
	say_for(&w, 1, HOUR_MS);
	world_ask(&w, "p", BEGIN_MS, w.now, 1000, &f);
	assert_int_equal(f.n, 360);
	world_close(&w);
}

static void
a_folder_that_goes_away_is_said_and_comes_back(void **state)
{
	struct past_world w;
	char elsewhere[80];

	(void)state;
	world_open(&w, MEMORY, true);
	snprintf(elsewhere, sizeof(elsewhere), "%s.away", w.dir);
	/* nothing is complete yet, and so nothing is written */
	say_for(&w, 1, 10 * MIN_MS);
	assert_int_equal(rename(w.dir, elsewhere), 0);
	past_free(w.past);
	assert_non_null(strstr(w.log, "history cannot be written to /tmp/"));
	assert_int_equal(rename(elsewhere, w.dir), 0);
	assert_int_equal(list(&w, "").n, 0);
	w.past = past_new(&w.settings, w.now);
	say_for(&w, 1, 30 * MIN_MS);
	world_reopen(&w);
	assert_int_equal(check_numbers(&w, 0), 180);
	world_close(&w);
}

/* Closes enough chunks to be written at once, and returns when some are
 * written, or some could not be. */
static void
close_many(struct past_world *w, bool written)
{
	const struct past_stats before = world_stats(w);
	struct past_stats s = before;
	char name[32];

	w->now += TEN;
	for (int k = 0; k < 600; k++) {
		const double number = k;

		sprintf(name, "h%d", k);
		/* another interval is another chunk */
		world_say(w, name, NULL, w->now,
		    w->now / TEN % 2 ? TEN : 2 * TEN, &number, 1);
	}
	while (written ? s.written == before.written
		       : s.unwritten == before.unwritten) {
		sched_yield();
		s = world_stats(w);
	}
}

static void
a_folder_that_comes_and_goes_is_told_once(void **state)
{
	struct past_world w;
	char elsewhere[80];

	(void)state;
	world_open(&w, 1024, true);
	snprintf(elsewhere, sizeof(elsewhere), "%s.away", w.dir);
	say_for(&w, 600, TEN);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(rename(w.dir, elsewhere), 0);
		close_many(&w, false);
		assert_int_equal(rename(elsewhere, w.dir), 0);
		close_many(&w, true);
	}
	assert_int_equal(w.errors, 1);
	assert_int_equal(w.notices, 0);
	w.now += MIN_MS;
	while (w.notices == 0)
		close_many(&w, true);
	assert_int_equal(rename(w.dir, elsewhere), 0);
	close_many(&w, false);
	assert_int_equal(rename(elsewhere, w.dir), 0);
	assert_int_equal(w.errors, 2);
	assert_int_equal(w.notices, 1);
	world_close(&w);
}

/* --- several at a time --------------------------------------------------- */

struct reader {
	struct past *past;
	_Atomic bool stop;
	_Atomic size_t n;
	_Atomic int64_t now;
};

static int
take_any(void *arg, const struct past_series *s, const struct past_points *p)
{
	struct reader *r = arg;

	r->n += strlen(s->host) + p->n;
	return 0;
}

static void *
read_all(void *arg)
{
	struct reader *r = arg;
	const struct past_filter filter = { .pattern = "*", .arg = r };
	struct past_stats s;
	char why[64];

	while (!r->stop) {
		const int64_t now = r->now;
		const struct past_range range = { now - HOUR_MS, now, 60 };

		past_query(r->past, &filter, &range, now, take_any, NULL, why,
		    sizeof(why));
		past_stats(r->past, &s);
	}
	return NULL;
}

static void
readers_and_who_says_do_not_meet(void **state)
{
	struct reader r = { .stop = false };
	pthread_t threads[2];
	struct past_world w;
	char name[32];

	(void)state;
	world_open(&w, 1024, true);
	r.past = w.past;
	r.now = w.now;
	for (int i = 0; i < 2; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, read_all, &r), 0);
	/* hosts that come and go, so that what is looked at goes away */
	for (int i = 0; i < 400 || r.n == 0; i++, w.now += 6 * MIN_MS) {
		r.now = w.now;
		for (int k = 0; k < 20; k++) {
			sprintf(name, "h%d", i / 20 * 20 + k);
			world_say_one(&w, name, k * 1.5);
		}
	}
	r.stop = true;
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	assert_true(world_stats(&w).bytes <= 1 << 20);
	world_close(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_restart_goes_on_where_it_ended),
		cmocka_unit_test(old_files_go),
		cmocka_unit_test(damaged_files_never_say_a_wrong_number),
		cmocka_unit_test(what_is_sound_of_a_damaged_file_stays),
		cmocka_unit_test(what_was_open_is_made_again_of_what_is_finer),
		cmocka_unit_test(numbers_whose_sum_is_too_large_have_a_mean),
		cmocka_unit_test(twenty_hosts_stay_in_memory_and_write_little),
		cmocka_unit_test(
		    a_folder_that_cannot_be_written_costs_only_the_files),
		cmocka_unit_test(
		    a_folder_that_goes_away_is_said_and_comes_back),
		cmocka_unit_test(a_folder_that_comes_and_goes_is_told_once),
		cmocka_unit_test(readers_and_who_says_do_not_meet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
