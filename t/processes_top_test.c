/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "proc_root.h"
#include "processes_world.h"
#include "read/processes/users.h"

static void
check_answer(struct fettle_ctx *ctx, const char *wanted)
{
	char answer[4096];

	assert_int_equal(
	    world_plugin->ask(ctx, "top", answer, sizeof(answer)), 0);
	assert_string_equal(answer, wanted);
}

/* "20 one 12.5 5, 21 two 3 4": a list of the answer, in short. */
static void
check_top(struct fettle_ctx *ctx, const char *list, const char *wanted)
{
	struct buf got = { 0 };
	char *answer = test_malloc(FETTLE_ANSWER_SIZE);
	const double page = (double)sysconf(_SC_PAGESIZE);
	const json_t *row;
	json_t *top;
	size_t i;

	assert_int_equal(
	    world_plugin->ask(ctx, "top", answer, FETTLE_ANSWER_SIZE), 0);
	top = json_loads(answer, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(top);
	buf_puts(&got, "");
	json_array_foreach (json_object_get(top, list), i, row)
		buf_printf(&got, "%s%g %s %g %g", i > 0 ? ", " : "",
		    json_number_value(json_object_get(row, "pid")),
		    json_string_value(json_object_get(row, "name")),
		    json_number_value(json_object_get(row, "percent")),
		    json_number_value(json_object_get(row, "resident")) /
			page);
	assert_string_equal(got.data, wanted);
	json_decref(top);
	buf_free(&got);
	test_free(answer);
}

static void
the_five_that_take_most_are_kept(void **state)
{
	static const struct {
		unsigned cpu, more, rss;
	} made[] = { { 500, 1, 7 }, { 9, 4, 1 }, { 1, 2, 9 }, { 50, 0, 8 },
		{ 3, 8, 2 }, { 3, 3, 0 }, { 3, 4, 30 }, { 90, 10, 3 } };
	struct fettle_ctx *ctx = world_opened("");

	(void)state;
	for (unsigned again = 0; again < 2; again++) {
		for (unsigned i = 0; i < sizeof(made) / sizeof *made; i++)
			world_put(ctx, &(struct made){ 20 + i, "x", 'S', 100,
					   made[i].cpu + again * made[i].more,
					   1, made[i].rss });
		world_next(ctx);
	}
	/* init takes none of the first and 10 pages */
	check_top(ctx, "cpu",
	    "27 x 100 3, 24 x 80 2, 21 x 40 1, 26 x 40 30, 25 x 30 0");
	check_top(ctx, "memory",
	    "26 x 40 30, 1 init 0 10, 22 x 20 9, 23 x 0 8, 20 x 10 7");
	world_next(ctx); /* and nobody works */
	check_top(ctx, "cpu", "");
	world_end(ctx, true);
}

static void
processor_time_is_known_after_two_looks(void **state)
{
	struct fettle_ctx *ctx = world_opened("");

	(void)state;
	check_answer(ctx, "{\"age\": null, \"span\": null, \"hidden\": false, "
			  "\"cpu\": [], \"memory\": []}");
	world_put_plain(ctx, 20, "old", 500, 400);
	world_next(ctx);
	check_top(ctx, "cpu", "");
	check_top(ctx, "memory", "1 init 0 10, 20 old 0 10");
	world_put_plain(ctx, 20, "old", 500, 401);
	world_put_plain(ctx, 21, "new", 1012, 7);
	world_put_plain(ctx, 22, "unseen", 500, 4000);
	world_next(ctx);
	check_top(ctx, "cpu", "21 new 70 10, 20 old 10 10");
	/* another one with that number, which has taken less */
	world_put_plain(ctx, 20, "other", 1025, 2);
	world_next(ctx);
	check_top(ctx, "cpu", "20 other 20 10");
	world_end(ctx, true);
}

static void
an_answer_has_these_members(void **state)
{
	struct fettle_ctx *ctx = world_opened("");
	struct buf b = { 0 };
	char answer[4096];

	(void)state;
	world_next(ctx);
	world_put_plain(ctx, 1, "init", 0, 8);
	world_next(ctx);
	world_boottime += 3 * SECOND + SECOND / 2;
	if (geteuid() == 0) {
		const char *row = "{\"pid\": 1, \"name\": \"init\", "
				  "\"uid\": 0, \"user\": \"root\", "
				  "\"percent\": 50, \"resident\": ";
		const long bytes = 10 * sysconf(_SC_PAGESIZE);

		buf_printf(&b,
		    "{\"age\": 3.5, \"span\": 10, \"hidden\": false, "
		    "\"cpu\": [%s%ld}], \"memory\": [%s%ld}]}",
		    row, bytes, row, bytes);
		check_answer(ctx, b.data);
		buf_free(&b);
	}
	world_remove_pid(ctx, 1);
	world_put_plain(ctx, 50, "mine", 500, 1);
	world_next(ctx);
	assert_int_equal(
	    world_plugin->ask(ctx, "top", answer, sizeof(answer)), 0);
	assert_non_null(strstr(answer, "\"hidden\": true"));
	check_top(ctx, "memory", "50 mine 0 10");
	assert_int_equal(
	    world_plugin->ask(ctx, "pot", (char[8]){ 0 }, 8), -EINVAL);
	assert_string_equal(
	    ctx->reason, "no question is called 'pot', but top");
	assert_int_equal(
	    world_plugin->ask(ctx, "top", (char[8]){ 0 }, 8), -ENOMEM);
	buf_free(&b);
	world_end(ctx, true);
}

/* As passwd(5) has them; what is asked for more may be away. */
static void
users_are_called_as_their_file_says(void **state)
{
	static const char passwd[] =
	    "root:x:0:0:root:/root:/bin/sh\n\n# a comment:x:1:\n"
	    "+::::::\n:x:2:2::/:\nshort:x:3\nodd:x:-4:4::/:\nodd:x:0x5:\n"
	    "joe:*:1000:1000:Joe:/home/joe:/bin/sh\n"
	    "twin:x:1000:1000::/:\nlast:x:4294967294:1::/:";
	static const struct {
		uid_t uid;
		const char *name; /* NULL: none */
	} users[] = { { 0, "root" }, { 1, "# a comment" }, { 2, NULL },
		{ 3, NULL }, { 4, NULL }, { 5, NULL }, { 1000, "joe" },
		{ 100, NULL }, { (uid_t)-2, "last" } };
	char name[12], four[4];

	(void)state;
	for (size_t i = 0; i < sizeof(users) / sizeof *users; i++) {
		const bool known =
		    users_name(passwd, users[i].uid, name, sizeof(name));

		assert_int_equal(known, users[i].name != NULL);
		if (known)
			assert_string_equal(name, users[i].name);
	}
	assert_false(users_name(passwd, 0, four, sizeof(four)));
	assert_true(users_name(passwd, 1000, four, sizeof(four)));
	assert_false(users_name("", 0, name, sizeof(name)));
}

static void
a_name_may_be_any_bytes(void **state)
{
	static const struct {
		const char *comm, *told;
	} names[] = {
		{ "tab\t\"q\"", "tab\t\"q\"" },
		{ "a) S 1 (b", "a) S 1 (b" },
		{ "z\xc3\xbcg", "z\xc3\xbcg" },
		{ "cut\xc3", "cut\\xc3" },
		{ "\xff\xc0\x80", "\\xff\\xc0\\x80" },
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80" },
		{ "\xe0\x80\xaf", "\\xe0\\x80\\xaf" },
		{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" },
		{ "\xf0\x9f\x90\xa7", "\xf0\x9f\x90\xa7" },
	};
	struct buf wanted = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof *names; i++) {
		struct fettle_ctx *ctx = world_opened("");

		world_put(ctx,
		    &(struct made){ 20, names[i].comm, 'S', 1, 1, 1, 99 });
		world_next(ctx);
		buf_clear(&wanted);
		buf_printf(&wanted, "20 %s 0 99, 1 init 0 10", names[i].told);
		check_top(ctx, "memory", wanted.data);
		world_end(ctx, true);
	}
	buf_free(&wanted);
}

/* A thread of the kernel has more than a process: the rest is cut. */
static void
a_long_name_fits(void **state)
{
	struct fettle_ctx *ctx = world_opened("");
	char name[201] = { 0 }, wanted[400];

	(void)state;
	memset(name, '\x80', sizeof(name) - 1);
	world_put(ctx, &(struct made){ 20, name, 'S', 1, 1, 1, 99 });
	world_next(ctx);
	snprintf(wanted, sizeof(wanted), "20 ");
	for (int i = 0; i < 63; i++)
		strcat(wanted, "\\x80");
	strcat(wanted, " 0 99, 1 init 0 10");
	check_top(ctx, "memory", wanted);
	world_end(ctx, true);
}

static void
what_a_pass_that_failed_found_is_not_told(void **state)
{
	struct fettle_ctx *ctx = world_opened("");

	(void)state;
	world_next(ctx);
	world_put_plain(ctx, 20, "more", 500, 100);
	proc_put(ctx->proc, "30/stat/x", "", 0); /* a folder */
	assert_int_equal(world_read_again(ctx), -EISDIR);
	check_top(ctx, "memory", "1 init 0 10");
	world_remove_pid(ctx, 30);
	world_put_plain(ctx, 1, "init", 0, 5);
	world_next(ctx); /* 20 seconds after the first */
	check_top(ctx, "cpu", "1 init 10 10");
	world_end(ctx, true);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_five_that_take_most_are_kept),
		cmocka_unit_test(processor_time_is_known_after_two_looks),
		cmocka_unit_test(an_answer_has_these_members),
		cmocka_unit_test(users_are_called_as_their_file_says),
		cmocka_unit_test(a_name_may_be_any_bytes),
		cmocka_unit_test(a_long_name_fits),
		cmocka_unit_test(what_a_pass_that_failed_found_is_not_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
