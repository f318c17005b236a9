/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "proc_root.h"
#include "processes_world.h"

/* --- the machine --------------------------------------------------------- */

static void
every_letter_of_the_kernel_is_a_state(void **state)
{
	static const struct {
		char letter;
		const char *field;
		unsigned n;
	} states[] = { { 'R', "running", 1 }, { 'S', "sleeping", 2 },
		{ 'D', "uninterruptible", 3 }, { 'Z', "zombies", 4 },
		{ 'T', "stopped", 5 }, { 't', "traced", 6 },
		{ 'X', "dead", 3 }, { 'x', "dead", 4 }, { 'I', "idle", 8 },
		{ 'P', "parked", 9 }, { 'K', "wakekill", 10 },
		{ 'W', "waking", 11 }, { '?', "other", 12 } };
	struct fettle_ctx *ctx = world_opened("");
	unsigned pid = 1, count = 1;

	(void)state;
	for (size_t i = 0; i < sizeof(states) / sizeof *states; i++)
		for (unsigned n = 0; n < states[i].n; n++, count++)
			world_put(ctx, &(struct made){ ++pid, "x",
					   states[i].letter, 1, 1, 1, 1 });
	world_next(ctx);
	for (size_t i = 0; i < sizeof(states) / sizeof *states; i++) {
		if (strcmp(states[i].field, "sleeping") == 0)
			fake_check(ctx, NULL, "sleeping", 3); /* and init */
		else if (strcmp(states[i].field, "dead") == 0)
			fake_check(ctx, NULL, "dead", 7);
		else
			fake_check(ctx, NULL, states[i].field, states[i].n);
	}
	fake_check(ctx, NULL, "count", count);
	assert_int_equal(ctx->lists.n, 1);
	world_end(ctx, true);
}

static void
a_text_without_sense_is_still_a_process(void **state)
{
	struct fettle_ctx *ctx = world_opened("watch: {all: {name: \"*\"}}");

	(void)state;
	world_put_file(ctx, 7, "stat", "");
	world_put_file(
	    ctx, 8, "stat", "8 (x) S 1 8 8 0 -1 4194304 98 7 0 0 1");
	world_put_file(ctx, 9, "stat", "no process at all\n");
	world_next(ctx);
	fake_check(ctx, NULL, "count", 4);
	fake_check(ctx, NULL, "other", 3);
	fake_check(ctx, "all", "count", 1);
	world_end(ctx, true);
}

static void
what_is_no_process_is_not_counted(void **state)
{
	struct fettle_ctx *ctx = world_opened("");

	(void)state;
	proc_put(ctx->proc, "12345678901/stat", "x", 1);
	proc_put(ctx->proc, "7up/stat", "x", 1);
	proc_put(ctx->proc, "self/stat", "x", 1);
	proc_put(ctx->proc, "8/status", "gone meanwhile", 14);
	world_next(ctx);
	fake_check(ctx, NULL, "count", 1);
	assert_int_equal(ctx->log.len, 0);
	world_end(ctx, true);
}

/* Whoever opens a pipe that nobody writes to waits for ever. */
static void
of_a_process_in_no_group_nothing_but_stat_is_read(void **state)
{
	static const char *const traps[] = { "status", "cmdline", "io" };
	struct fettle_ctx *ctx =
	    world_opened("watch: {w: {name: worker}, j: {name: "
			 "java, cmdline: \"*\"}}");
	char path[200];

	(void)state;
	world_put_plain(ctx, 20, "other", 995, 1);
	for (size_t i = 0; i < sizeof(traps) / sizeof *traps; i++) {
		snprintf(path, sizeof(path), "%s/20/%s", ctx->proc, traps[i]);
		assert_int_equal(mkfifo(path, 0600), 0);
	}
	alarm(120);
	world_next(ctx);
	world_next(ctx);
	alarm(0);
	fake_check(ctx, NULL, "count", 2);
	world_end(ctx, true);
}

static void
the_kernel_counts_forks_and_switches(void **state)
{
	struct fettle_ctx *ctx = world_opened("");

	(void)state;
	world_next(ctx);
	fake_check(ctx, NULL, "forks", 2880378);
	fake_check(ctx, NULL, "context_switches", 38390514);
	fake_check(ctx, NULL, "runnable", 3);
	fake_check(ctx, NULL, "blocked", 1);
	/* runnable are threads: of the processes none runs */
	fake_check(ctx, NULL, "running", 0);
	world_end(ctx, true);
}

/* A machine of many interrupts: the lines that count are beyond 64 KiB. */
static void
a_long_line_of_interrupts_hides_nothing(void **state)
{
	struct fettle_ctx *ctx = world_opened("");
	struct buf b = { 0 };

	(void)state;
	buf_printf(&b, "cpu  1 2 3 4 5 6 7 8 9 10\nintr 173134");
	for (size_t i = 0; i < 50000; i++)
		buf_printf(&b, " 0");
	buf_printf(&b, "\nctxt 5\nbtime 1\nprocesses 6\nprocs_running 7\n"
		       "procs_blocked 8\nsoftirq 1 2\n");
	assert_true(b.len > 65536);
	proc_put(ctx->proc, "stat", b.data, b.len);
	buf_free(&b);
	world_next(ctx);
	fake_check(ctx, NULL, "context_switches", 5);
	fake_check(ctx, NULL, "forks", 6);
	fake_check(ctx, NULL, "runnable", 7);
	fake_check(ctx, NULL, "blocked", 8);
	world_end(ctx, true);
}

static void
what_the_kernel_does_not_say_is_not_submitted(void **state)
{
	struct fettle_ctx *ctx = world_begin("");

	(void)state;
	proc_put_fixture(ctx->proc, "stat", "processes/stat-linux-2.4");
	proc_remove(ctx->proc, "sys");
	proc_remove(ctx->proc, "loadavg");
	assert_int_equal(world_plugin->open(ctx), 0);
	world_next(ctx);
	fake_check(ctx, NULL, "forks", 2915);
	assert_false(fake_has(ctx, NULL, "runnable"));
	assert_false(fake_has(ctx, NULL, "blocked"));
	assert_false(fake_has(ctx, NULL, "threads"));
	assert_false(fake_has(ctx, NULL, "limit"));
	assert_false(fake_has(ctx, NULL, "percent"));
	assert_false(fake_has(ctx, NULL, "cpu"));
	world_end(ctx, true);
}

static void
a_file_without_what_counts_fails_and_heals(void **state)
{
	struct fettle_ctx *ctx = world_opened("");

	(void)state;
	proc_put_fixture(ctx->proc, "stat", "processes/stat-no-ctxt");
	assert_int_equal(world_read_again(ctx), -ENODATA);
	assert_non_null(strstr(ctx->reason, "/proc/stat"));
	proc_put_fixture(ctx->proc, "stat", "processes/stat-cut-short");
	assert_int_equal(world_read_again(ctx), -ENODATA);
	assert_int_equal(ctx->lists.n, 0);
	proc_put_fixture(ctx->proc, "stat", "processes/stat");
	world_next(ctx);
	fake_check(ctx, NULL, "context_switches", 38390514);
	world_end(ctx, true);
}

static void
threads_are_told_beside_their_limit(void **state)
{
	struct fettle_ctx *ctx = world_opened("");

	(void)state;
	world_next(ctx);
	fake_check(ctx, NULL, "threads", 250);
	fake_check(ctx, NULL, "limit", 1000);
	fake_check(ctx, NULL, "percent", 25);
	proc_put(ctx->proc, "sys/kernel/pid_max", "500\n", 4);
	world_next(ctx);
	fake_check(ctx, NULL, "limit", 500);
	fake_check(ctx, NULL, "percent", 50);
	/* a limit that was lowered later: too many is no reason for silence */
	proc_put(ctx->proc, "sys/kernel/pid_max", "100\n", 4);
	world_next(ctx);
	fake_check(ctx, NULL, "percent", 100);
	world_end(ctx, true);
}

static void
where_others_are_hidden_nobody_is_counted(void **state)
{
	char options[80];
	struct fettle_ctx *ctx;

	(void)state;
	snprintf(options, sizeof(options),
	    "watch: {mine: {user: \"%u\"}, all: {name: \"*\"}}",
	    (unsigned)geteuid());
	ctx = world_opened(options);
	world_remove_pid(ctx, 1);
	world_put_plain(ctx, 50, "fettled", 500, 1);
	world_next(ctx);
	assert_false(fake_has(ctx, NULL, "count"));
	assert_false(fake_has(ctx, NULL, "sleeping"));
	fake_check(ctx, NULL, "threads", 250);
	fake_check(ctx, NULL, "forks", 2880378);
	assert_null(fake_find(ctx, "all"));
	fake_check(ctx, "mine", "count", 1);
	assert_non_null(strstr(ctx->log.data, "hidden"));
	ctx->log.len = 0;
	world_next(ctx);
	assert_int_equal(ctx->log.len, 0);
	world_put_plain(ctx, 1, "init", 0, 3);
	world_next(ctx);
	fake_check(ctx, NULL, "count", 2);
	fake_check(ctx, "all", "count", 2);
	world_end(ctx, true);
}

/* --- groups -------------------------------------------------------------- */

static void
a_group_is_what_all_that_was_said_holds_for(void **state)
{
	char options[400];
	struct fettle_ctx *ctx;

	(void)state;
	snprintf(options, sizeof(options),
	    "watch: {nginx: {name: nginx}, workers: {name: \"ng*\", cmdline: "
	    "\"*worker*\"}, app: {cmdline: \"java *app.jar\", user: \"%u\"}, "
	    "others: {name: \"*\", user: \"%u\"}, none: {name: apache}}",
	    (unsigned)geteuid(), (unsigned)geteuid() + 1);
	ctx = world_opened(options);
	world_put(ctx, &(struct made){ 20, "nginx", 'S', 100, 1, 2, 30 });
	world_put_in(ctx, 20, "cmdline", "nginx: master\0", 14);
	world_put(ctx, &(struct made){ 21, "nginx", 'S', 200, 2, 3, 40 });
	world_put_in(ctx, 21, "cmdline", "nginx: worker\0", 14);
	world_put(ctx, &(struct made){ 30, "java", 'S', 300, 5, 70, 5000 });
	world_put_in(ctx, 30, "cmdline", "java\0-jar\0/opt/app.jar\0", 23);
	world_put(ctx, &(struct made){ 31, "java", 'S', 300, 5, 70, 5000 });
	world_put_in(ctx, 31, "cmdline", "java\0-jar\0/opt/other.jar\0", 25);
	world_next(ctx);
	fake_check(ctx, "nginx", "count", 2);
	fake_check(ctx, "nginx", "threads", 5);
	fake_check(ctx, "nginx", "cpu", 3);
	fake_check(
	    ctx, "nginx", "resident", 70.0 * (double)sysconf(_SC_PAGESIZE));
	fake_check(ctx, "nginx", "age", 910);
	fake_check(ctx, "workers", "count", 1);
	fake_check(ctx, "workers", "age", 810);
	fake_check(ctx, "app", "count", 1);
	fake_check(ctx, "others", "count", 0);
	fake_check(ctx, "none", "count", 0);
	fake_check(ctx, "none", "threads", 0);
	fake_check(ctx, "none", "resident", 0);
	assert_false(fake_has(ctx, "none", "age"));
	assert_false(fake_has(ctx, "nginx", "running"));
	world_end(ctx, true);
}

static void
names_of_more_than_15_letters_are_matched_whole(void **state)
{
	struct fettle_ctx *ctx = world_opened(
	    "watch: {long: {name: a-server-with-a-long-name}, "
	    "cut: {name: a-server-with-a}, cmd: {name: a-server*, cmdline: "
	    "\"*/a-server-with-a-long-name --port 80\"}}");

	(void)state;
	world_put_plain(ctx, 20, "a-server-with-a", 1, 1);
	world_put_in(ctx, 20, "cmdline",
	    "/opt/a-server-with-a-long-name\0--port\00080", 41);
	world_next(ctx);
	fake_check(ctx, "long", "count", 1);
	fake_check(ctx, "cut", "count", 0);
	fake_check(ctx, "cmd", "count", 1);
	world_end(ctx, true);
}

static void
processor_time_does_not_fall_when_a_process_ends(void **state)
{
	struct fettle_ctx *ctx = world_opened("watch: {w: {name: worker}}");

	(void)state;
	world_put_plain(ctx, 20, "worker", 500, 100);
	world_put_plain(ctx, 21, "worker", 500, 50);
	world_next(ctx);
	fake_check(ctx, "w", "cpu", 150);
	world_put_plain(ctx, 20, "worker", 500, 104);
	world_remove_pid(ctx, 21);
	world_next(ctx);
	fake_check(ctx, "w", "cpu", 154);
	world_remove_pid(ctx, 20);
	world_next(ctx);
	fake_check(ctx, "w", "cpu", 154);
	fake_check(ctx, "w", "count", 0);
	world_end(ctx, true);
}

/* The kernel may take back a little of it. */
static void
processor_time_that_falls_is_none(void **state)
{
	struct fettle_ctx *ctx = world_opened("watch: {w: {name: worker}}");

	(void)state;
	world_put_plain(ctx, 20, "worker", 500, 100);
	world_next(ctx);
	world_put_plain(ctx, 20, "worker", 500, 99);
	world_next(ctx);
	fake_check(ctx, "w", "cpu", 100);
	world_put_plain(ctx, 20, "worker", 500, 101);
	world_next(ctx);
	fake_check(ctx, "w", "cpu", 102);
	world_end(ctx, true);
}

static void
a_process_that_began_since_the_last_pass_counts_whole(void **state)
{
	struct fettle_ctx *ctx = world_opened("watch: {w: {name: worker}}");

	(void)state;
	world_next(ctx); /* at 1010 */
	world_put_plain(ctx, 20, "worker", 1012, 7);
	world_next(ctx); /* at 1020 */
	fake_check(ctx, "w", "cpu", 7);
	/* its number is given to another one */
	world_put_plain(ctx, 20, "worker", 1025, 2);
	world_next(ctx);
	fake_check(ctx, "w", "cpu", 9);
	fake_check(ctx, "w", "age", 5);
	world_end(ctx, true);
}

static void
a_process_that_joins_late_does_not_spike(void **state)
{
	struct fettle_ctx *ctx = world_opened("watch: {w: {name: worker}}");

	(void)state;
	world_put_plain(ctx, 20, "starter", 500, 4000);
	world_next(ctx);
	fake_check(ctx, "w", "cpu", 0);
	world_put_plain(ctx, 20, "worker", 500, 4001);
	/* and one that was there before, but not seen */
	world_put_plain(ctx, 21, "worker", 500, 9000);
	world_next(ctx);
	fake_check(ctx, "w", "count", 2);
	fake_check(ctx, "w", "cpu", 1);
	world_put_plain(ctx, 21, "worker", 500, 9003);
	world_next(ctx);
	fake_check(ctx, "w", "cpu", 4);
	world_end(ctx, true);
}

/* Processes made before the one that fails and after it: whatever the order of
 * the folder is, some were looked at by then. */
static void
a_pass_that_fails_counts_nothing_twice(void **state)
{
	struct fettle_ctx *ctx = world_opened("watch: {w: {name: worker}}");

	(void)state;
	for (unsigned pid = 20; pid <= 40; pid++)
		if (pid == 30)
			world_put_file(ctx, pid, "status", "no process");
		else
			world_put_plain(ctx, pid, "worker", 500, 100);
	world_next(ctx);
	fake_check(ctx, "w", "cpu", 2000);
	for (unsigned pid = 20; pid <= 40; pid++)
		if (pid != 30)
			world_put_plain(ctx, pid, "worker", 500, 104);
	proc_put(ctx->proc, "30/stat/x", "", 0); /* a folder */
	assert_int_equal(world_read_again(ctx), -EISDIR);
	assert_non_null(strstr(ctx->reason, "/proc/30/stat"));
	assert_int_equal(ctx->lists.n, 0);
	world_remove_pid(ctx, 30);
	world_next(ctx);
	fake_check(ctx, "w", "cpu", 2080);
	world_end(ctx, true);
}

/* What becomes of a new process is seen; of an old one the file is not even
 * read again. */
static void
a_command_line_is_read_while_a_process_is_young(void **state)
{
	struct fettle_ctx *ctx =
	    world_opened("watch: {app: {cmdline: \"*app.jar*\"}}");

	(void)state;
	world_put_plain(ctx, 20, "java", 1000, 1);
	world_put_file(ctx, 20, "cmdline", "sh start.sh");
	world_put_plain(ctx, 21, "java", 100, 1);
	world_put_file(ctx, 21, "cmdline", "java -jar app.jar");
	world_next(ctx);
	fake_check(ctx, "app", "count", 1);
	world_put_file(ctx, 20, "cmdline", "java -jar app.jar");
	world_put_file(ctx, 21, "cmdline", "java -jar other.jar");
	world_next(ctx);
	fake_check(ctx, "app", "count", 2);
	world_put_plain(ctx, 21, "another", 100, 1);
	world_next(ctx);
	fake_check(ctx, "app", "count", 1);
	world_boottime += 60 * SECOND;
	world_put_file(ctx, 20, "cmdline", "sh");
	world_next(ctx);
	fake_check(ctx, "app", "count", 1);
	world_end(ctx, true);
}

static void
a_process_may_be_in_several_groups_and_come_in_any_order(void **state)
{
	struct fettle_ctx *ctx =
	    world_opened("watch: {a: {name: a*}, b: {name: \"*b\"}}");

	(void)state;
	for (unsigned pid = 500; pid > 1; pid--)
		world_put_plain(ctx, pid, pid % 5 == 0 ? "ab" : "a", 10, pid);
	world_next(ctx);
	for (unsigned pid = 500; pid > 1; pid--)
		world_put_plain(
		    ctx, pid, pid % 5 == 0 ? "ab" : "a", 10, pid + 1);
	world_next(ctx);
	fake_check(ctx, "a", "count", 499);
	fake_check(ctx, "b", "count", 100);
	fake_check(ctx, "a", "cpu", 500.0 * 501 / 2 - 1 + 499);
	fake_check(ctx, "b", "cpu", 5.0 * 100 * 101 / 2 + 100);
	world_end(ctx, true);
}

static void
put_io(const struct fettle_ctx *ctx, unsigned pid, unsigned got, unsigned put)
{
	char text[200];

	snprintf(text, sizeof(text),
	    "rchar: 9\nwchar: 9\nsyscr: 9\nsyscw: 9\nread_bytes: %u\n"
	    "write_bytes: %u\ncancelled_write_bytes: 0\n",
	    got, put);
	world_put_file(ctx, pid, "io", text);
}

static void
descriptors_and_io_are_added_up(void **state)
{
	struct fettle_ctx *ctx = world_opened("watch: {w: {name: worker}}");

	(void)state;
	world_put_plain(ctx, 20, "worker", 500, 1);
	put_io(ctx, 20, 1000, 20);
	proc_link(ctx->proc, "20/fd/0", "/dev/null");
	proc_link(ctx->proc, "20/fd/1", "/dev/null");
	proc_link(ctx->proc, "20/fd/17", "socket:[1]");
	world_put_plain(ctx, 21, "worker", 500, 1);
	put_io(ctx, 21, 3, 4);
	proc_link(ctx->proc, "21/fd/0", "/dev/null");
	world_next(ctx);
	fake_check(ctx, "w", "descriptors", 4);
	fake_check(ctx, "w", "io_read", 1003);
	fake_check(ctx, "w", "io_written", 24);
	put_io(ctx, 20, 1500, 20);
	world_remove_pid(ctx, 21);
	world_next(ctx);
	fake_check(ctx, "w", "descriptors", 3);
	fake_check(ctx, "w", "io_read", 1503);
	fake_check(ctx, "w", "io_written", 24);
	assert_int_equal(ctx->log.len, 0);
	world_end(ctx, true);
}

/* Half a sum would be a guess.  A folder in the place of a file cannot be read
 * even by root. */
static void
what_may_not_be_read_is_said_once_and_left_out(void **state)
{
	struct fettle_ctx *ctx = world_opened("watch: {w: {name: worker}}");

	(void)state;
	world_put_plain(ctx, 20, "worker", 500, 1);
	put_io(ctx, 20, 1000, 20);
	proc_link(ctx->proc, "20/fd/0", "/dev/null");
	world_put_plain(ctx, 21, "worker", 500, 2);
	proc_put(ctx->proc, "21/io/x", "", 0);
	world_put_file(ctx, 21, "fd", "");
	world_next(ctx);
	fake_check(ctx, "w", "count", 2);
	fake_check(ctx, "w", "cpu", 3);
	assert_false(fake_has(ctx, "w", "descriptors"));
	assert_false(fake_has(ctx, "w", "io_read"));
	assert_false(fake_has(ctx, "w", "io_written"));
	assert_non_null(strstr(ctx->log.data, "CAP_SYS_PTRACE"));
	assert_non_null(strstr(ctx->log.data, "'w'"));
	ctx->log.len = 0;
	world_next(ctx);
	assert_int_equal(ctx->log.len, 0);
	world_end(ctx, true);
}

/* Others of the group, which may be read, say nothing about that. */
static void
what_may_not_be_read_is_said_with_its_reason(void **state)
{
	struct fettle_ctx *ctx = world_opened("watch: {w: {name: worker}}");

	(void)state;
	for (unsigned pid = 20; pid < 30; pid++) {
		world_put_plain(ctx, pid, "worker", 500, 1);
		if (pid == 25) {
			proc_put(ctx->proc, "25/io/x", "", 0);
			world_put_file(ctx, pid, "fd", "");
		} else {
			put_io(ctx, pid, 1000, 20);
			world_put_file(ctx, pid, "fd/0", "");
		}
	}
	world_next(ctx);
	assert_non_null(
	    strstr(ctx->log.data, "CAP_SYS_PTRACE: Is a directory"));
	world_end(ctx, true);
}

static void
a_group_that_cannot_be_is_refused(void **state)
{
	static const struct {
		const char *options, *why;
	} bad[] = {
		{ "watch: {w: {}}", "'w'" },
		{ "watch: {w: {user: no-such-user-here}}",
		    "'no-such-user-here'" },
		{ "watch: {w: {user: \"4294967295\"}}", "'4294967295'" },
		{ "watch: {w: {user: 12x}}", "'12x'" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof *bad; i++) {
		struct fettle_ctx *ctx = world_begin(bad[i].options);

		assert_int_equal(world_plugin->open(ctx), -EINVAL);
		assert_non_null(strstr(ctx->reason, bad[i].why));
		world_end(ctx, false);
	}
}

static void
there_are_64_groups_and_no_more(void **state)
{
	struct buf options = { 0 };

	(void)state;
	for (unsigned groups = 64; groups <= 65; groups++) {
		struct fettle_ctx *ctx;

		options.len = 0;
		buf_printf(&options, "watch:\n");
		for (unsigned i = 0; i < groups; i++)
			buf_printf(&options, "  g%u: {name: init}\n", i);
		ctx = world_begin(options.data);
		assert_int_equal(
		    world_plugin->open(ctx), groups == 64 ? 0 : -EINVAL);
		if (groups == 64) {
			world_next(ctx);
			fake_check(ctx, "g0", "count", 1);
			fake_check(ctx, "g63", "count", 1);
		}
		world_end(ctx, groups == 64);
	}
	buf_free(&options);
}

static void
a_user_is_a_name_or_a_number(void **state)
{
	struct fettle_ctx *ctx = world_opened(
	    "watch: {root: {name: init, user: root}, zero: {name: init, user: "
	    "\"0\"}}");

	(void)state;
	world_next(ctx);
	fake_check(ctx, "root", "count", geteuid() == 0);
	fake_check(ctx, "zero", "count", geteuid() == 0);
	world_end(ctx, true);
}

static void
ten_thousand_processes_are_counted(void **state)
{
	struct fettle_ctx *ctx = world_opened("watch: {x: {name: x}}");

	(void)state;
	for (unsigned pid = 2; pid <= 10000; pid++)
		world_put_plain(ctx, pid, pid % 10 ? "y" : "x", 10, 1);
	world_next(ctx);
	fake_check(ctx, NULL, "count", 10000);
	fake_check(ctx, "x", "count", 1000);
	world_next(ctx);
	fake_check(ctx, "x", "cpu", 1000);
	world_end(ctx, true);
}

static void
open_fails_where_there_is_nothing_to_read(void **state)
{
	struct fettle_ctx *ctx = world_begin("");

	(void)state;
	proc_remove(ctx->proc, "stat");
	assert_int_equal(world_plugin->open(ctx), -ENOENT);
	assert_non_null(strstr(ctx->reason, "/proc/stat"));
	world_end(ctx, false);
	ctx = fake_new(world_plugin, "processes", "");
	ctx->proc = "/nowhere";
	assert_int_equal(world_plugin->open(ctx), -ENOENT);
	assert_non_null(strstr(ctx->reason, "/proc"));
	fake_free(ctx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_letter_of_the_kernel_is_a_state),
		cmocka_unit_test(a_text_without_sense_is_still_a_process),
		cmocka_unit_test(what_is_no_process_is_not_counted),
		cmocka_unit_test(
		    of_a_process_in_no_group_nothing_but_stat_is_read),
		cmocka_unit_test(the_kernel_counts_forks_and_switches),
		cmocka_unit_test(a_long_line_of_interrupts_hides_nothing),
		cmocka_unit_test(
		    what_the_kernel_does_not_say_is_not_submitted),
		cmocka_unit_test(a_file_without_what_counts_fails_and_heals),
		cmocka_unit_test(threads_are_told_beside_their_limit),
		cmocka_unit_test(where_others_are_hidden_nobody_is_counted),
		cmocka_unit_test(a_group_is_what_all_that_was_said_holds_for),
		cmocka_unit_test(
		    names_of_more_than_15_letters_are_matched_whole),
		cmocka_unit_test(
		    processor_time_does_not_fall_when_a_process_ends),
		cmocka_unit_test(processor_time_that_falls_is_none),
		cmocka_unit_test(
		    a_process_that_began_since_the_last_pass_counts_whole),
		cmocka_unit_test(a_process_that_joins_late_does_not_spike),
		cmocka_unit_test(a_pass_that_fails_counts_nothing_twice),
		cmocka_unit_test(
		    a_command_line_is_read_while_a_process_is_young),
		cmocka_unit_test(
		    a_process_may_be_in_several_groups_and_come_in_any_order),
		cmocka_unit_test(descriptors_and_io_are_added_up),
		cmocka_unit_test(
		    what_may_not_be_read_is_said_once_and_left_out),
		cmocka_unit_test(what_may_not_be_read_is_said_with_its_reason),
		cmocka_unit_test(a_group_that_cannot_be_is_refused),
		cmocka_unit_test(there_are_64_groups_and_no_more),
		cmocka_unit_test(a_user_is_a_name_or_a_number),
		cmocka_unit_test(ten_thousand_processes_are_counted),
		cmocka_unit_test(open_fails_where_there_is_nothing_to_read),
	};

	/* thousands of small files are made, which a disk takes seconds for */
	if (access("/dev/shm", W_OK) == 0)
		setenv("TMPDIR", "/dev/shm", 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
