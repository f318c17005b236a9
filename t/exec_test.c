/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fake_ctx.h"
#include "read/exec/exec.h"

#define SECOND NS_PER_S
#define NOW (1763800000 * SECOND)

FETTLE_API extern const struct fettle_plugin exec_LTX_fettle_plugin;
static const struct fettle_plugin *const plugin = &exec_LTX_fettle_plugin;

/* --- lines, as text ------------------------------------------------------ */

static char said[8192];

static char *
say_number(char *at, const struct fettle_value *v)
{
	if (v->kind == FETTLE_COUNTER)
		return at + sprintf(at, "c%llu", (unsigned long long)v->count);
	return at + sprintf(at, "g%g", v->real);
}

static void
say_value(void *arg, const struct rounds_value *v)
{
	char *at = said + strlen(said);

	(void)arg;
	at += sprintf(at, "%s/%s-%s.%s%s ", v->host, v->plugin, v->instance,
	    v->field, v->adds ? "+" : "");
	at = say_number(at, &v->value);
	sprintf(at, " %lld+%lld;", (long long)(v->time_ns / SECOND),
	    (long long)(v->interval_ns / SECOND));
}

static void
say_list(const struct line_list *l)
{
	char *at = said;

	at += sprintf(at, "%s%s%s", l->plugin ? l->plugin : "-",
	    l->instance ? "/" : "", l->instance ? l->instance : "");
	for (size_t i = 0; i < l->n_tags; i++)
		at += sprintf(at, ",%s=%s", l->tags[i].key, l->tags[i].value);
	for (size_t i = 0; i < l->n; i++) {
		at += sprintf(at, " %s=", l->fields[i].name);
		at = say_number(at, &l->values[i]);
	}
	sprintf(at, " %lld", (long long)l->time_ns);
}

static enum line_kind
collectd(const char *text)
{
	struct typesdb types;
	const struct line_taker taker = { &types, NOW, 10 * SECOND, say_value,
		NULL };
	struct line_notice notice;
	char *line = strdup(text);
	enum line_kind kind;

	said[0] = '\0';
	typesdb_init(&types, strdup("load a:GAUGE:0:U, b:GAUGE:0:U\n"
				    "derive value:DERIVE:0:U\n"
				    "absolute value:ABSOLUTE:0:U\n"));
	kind = line_collectd(line, &taker, &notice);
	if (kind == LINE_NOTICE) {
		sprintf(said, "%s: %s", notice.severity, notice.message);
		for (size_t i = 0; i < notice.n; i++)
			sprintf(said + strlen(said), " %s=%s",
			    notice.tags[i].key, notice.tags[i].value);
	}
	typesdb_fini(&types);
	free(line);
	return kind;
}

static enum line_kind
influx(const char *text)
{
	char *line = strdup(text);
	struct line_list list;
	const enum line_kind kind = line_influx(line, &list);

	said[0] = '\0';
	if (kind == LINE_LIST)
		say_list(&list);
	free(line);
	return kind;
}

static enum line_kind
json(const char *text)
{
	struct line_list list;
	void *root;
	const enum line_kind kind = line_json(text, &list, &root);

	said[0] = '\0';
	if (kind == LINE_LIST)
		say_list(&list);
	line_json_free(root);
	return kind;
}

static void
putval_is_understood(void **state)
{
	(void)state;
	assert_int_equal(collectd("PUTVAL h/p-i-j/derive-x-y interval=20 N:7"),
	    LINE_VALUES);
	assert_string_equal(said, "h/p-i-j.derive_x_y c7 1763800000+20;");
	assert_int_equal(collectd("putval \"h/p-a b/load\" 1763799990.5:1.5:U "
				  "1763800000:2:3"),
	    LINE_VALUES);
	assert_string_equal(said, "h/p-a b.load_a g1.5 1763799990+10;"
				  "h/p-a b.load_a g2 1763800000+10;"
				  "h/p-a b.load_b g3 1763800000+10;");
	assert_int_equal(collectd("PUTVAL h/p/absolute N:5"), LINE_VALUES);
	assert_string_equal(said, "h/p-.absolute+ c5 1763800000+10;");
	assert_int_equal(
	    collectd("PUTVAL h/p/unknown-\"q\\\"q\" N:-1e3:nan"), LINE_VALUES);
	assert_string_equal(said, "h/p-.unknown_q_q_0 g-1000 1763800000+10;");
	assert_int_equal(collectd("PUTVAL h/p/derive N:-5"), LINE_VALUES);
	assert_string_equal(said, "");
}

static void
putnotif_is_understood(void **state)
{
	(void)state;
	assert_int_equal(
	    collectd("PUTNOTIF severity=failure time=1763800000 host=h "
		     "message=\"it is \\\"full\\\"\" plugin=df"),
	    LINE_NOTICE);
	assert_string_equal(said, "failure: it is \"full\" time=1763800000 "
				  "host=h plugin=df");
	assert_int_equal(collectd("PUTNOTIF severity=failure"), LINE_BAD);
	assert_int_equal(collectd("PUTNOTIF message=x"), LINE_BAD);
	assert_int_equal(
	    collectd("PUTNOTIF severity=failure message=\"x"), LINE_BAD);
}

static void
of_a_line_of_collectd_all_is_taken_or_nothing(void **state)
{
	static const char *const bad[] = { "PUTVAL", "PUTVAL h/p/load",
		"PUTVAL h/p N:1", "PUTVAL /p/load N:1:2", "PUTVAL h//load N:1",
		"PUTVAL h/p/ N:1", "PUTVAL h/-i/load N:1:2",
		"PUTVAL h/p/load N:1", "PUTVAL h/p/load N:1:2:3",
		"PUTVAL h/p/load N", "PUTVAL h/p/load :1:2",
		"PUTVAL h/p/load N:1:x", "PUTVAL h/p/derive N:1.5",
		"PUTVAL h/p/derive N:99999999999999999999",
		"PUTVAL h/p/derive N:1 N:x", "PUTVAL h/p/derive -5:1",
		"PUTVAL h/p/derive 1e300:1", "PUTVAL h/p/derive nan:1",
		"PUTVAL h/p/derive interval=0 N:1",
		"PUTVAL h/p/derive interval=1e9 N:1",
		"PUTVAL \"h/p/derive N:1", "PUTVAL h/p/derive N:1 \"N:2",
		"PUTVAL h/p/g N:inf", "PUTVAL h/p/g N:0x10",
		"PUTVALS h/p/g N:1", "LISTVAL" };
	char many[600] = "PUTVAL h/p/g N";

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		if (collectd(bad[i]) != LINE_BAD)
			fail_msg("'%s' is taken", bad[i]);
		assert_string_equal(said, "");
	}
	for (int i = 0; i < LINE_FIELDS; i++)
		strcat(many, ":1");
	assert_int_equal(collectd(many), LINE_VALUES);
	strcat(many, ":1");
	assert_int_equal(collectd(many), LINE_BAD);
}

static void
the_line_protocol_is_understood(void **state)
{
	(void)state;
	assert_int_equal(
	    influx("cpu,core=0,state=id\\ le usage=1.5,count=17i,up=true,"
		   "text=\"a, \\\"b\\\" c=d\",n=-3e2 1763800000000000000"),
	    LINE_LIST);
	assert_string_equal(said,
	    "cpu,core=0,state=id le usage=g1.5 count=g17 up=g1 n=g-300 "
	    "1763800000000000000");
	assert_int_equal(influx("a\\,b\\=c x-y=f"), LINE_LIST);
	assert_string_equal(said, "a,b=c x_y=g0 0");
	assert_int_equal(influx("a x=18446744073709551615u"), LINE_LIST);
	assert_int_equal(influx("# a comment"), LINE_EMPTY);
	assert_int_equal(influx(""), LINE_EMPTY);
	assert_int_equal(influx("a x=\"only text\""), LINE_EMPTY);
}

static void
what_is_no_line_protocol_is_bad(void **state)
{
	static const char *const bad[] = { "a", "a ", "a x", "a x=", "a =1",
		",t=v x=1", "a, x=1", "a,t x=1", "a,t= x=1", "a,=v x=1",
		"a,t=v=w x=1", "a,t=v,t=w x=1", "a x=1,x=2", "a x=1,",
		"a x=1 y", "a x=1 -5", "a x=1 0", "a x=1 5 6", "a x=nan",
		"a x=inf", "a x=0x1", "a x=1.5i", "a x=1e999", "a x=\"open",
		"a x=\"y\"z", "a x=1 99999999999999999999", "a x=i",
		"a x=yes" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (influx(bad[i]) != LINE_BAD)
			fail_msg("'%s' is taken: %s", bad[i], said);
}

static void
an_object_of_json_is_understood(void **state)
{
	(void)state;
	assert_int_equal(
	    json("{\"plugin\": \"p\", \"instance\": \"i\", \"tags\": {\"k\": "
		 "\"v\"}, \"time\": 1763800000.5, \"values\": {\"a\": 1.5, "
		 "\"b\": 2, \"n\": null}, \"counters\": {\"c\": 17}, "
		 "\"other\": []}"),
	    LINE_LIST);
	assert_string_equal(
	    said, "p/i,k=v a=g1.5 b=g2 c=c17 1763800000500000000");
	assert_int_equal(json("{\"values\": {\"a\": 1}}"), LINE_LIST);
	assert_int_equal(json("{}"), LINE_EMPTY);
}

static void
what_is_another_json_is_bad(void **state)
{
	static const char *const bad[] = { "[]", "{", "{} x", "17",
		"{\"plugin\": 1}", "{\"tags\": []}", "{\"tags\": {\"a\": 1}}",
		"{\"values\": 1}", "{\"values\": {\"a\": \"1\"}}",
		"{\"values\": {\"\": 1}}", "{\"counters\": {\"a\": 1.5}}",
		"{\"counters\": {\"a\": -1}}", "{\"time\": \"now\"}",
		"{\"time\": -1}", "{\"time\": 1e300}",
		"{\"values\": {\"a\": 1}, \"counters\": {\"a\": 1}}",
		"{\"values\": {\"a-b\": 1, \"a_b\": 1}}",
		"{\"values\": {\"a\": 1, \"a\": 2}}" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (json(bad[i]) != LINE_BAD)
			fail_msg("'%s' is taken", bad[i]);
}

/* --- programs ------------------------------------------------------------ */

static void
keep_line(void *arg, char *line, bool err)
{
	(void)arg;
	sprintf(said + strlen(said), "%s%.20s;", err ? "!" : "", line);
}

/* Runs a line of the shell to its end; its status. */
static int
run(struct process *p, const char *script)
{
	const char *const argv[] = { "/bin/sh", "-c", script, NULL };
	const char *const env[] = { "A=b", NULL };
	const int stop = eventfd(0, EFD_CLOEXEC);

	said[0] = '\0';
	assert_int_equal(process_start(p, argv, env), 0);
	while (process_turn(p, stop, 20, keep_line, NULL) == PROCESS_MORE)
		continue;
	close(stop);
	return process_end(p, 1000);
}

static struct process process; /* too large for the stack */

static void
what_a_program_prints_comes_line_by_line(void **state)
{
	(void)state;
	assert_int_equal(
	    run(&process, "printf 'one\\ntwo\\n\\nthree'; exit 0"), 0);
	assert_string_equal(said, "one;two;;three;");
	assert_int_equal(process.lines, 4);
	assert_int_equal(process.bytes, 14);
	assert_int_equal(
	    WEXITSTATUS(run(&process, "echo $A$HOME; exit 3")), 3);
	assert_string_equal(said, "b;");
}

/* Or it could make us read without an end. */
static void
what_it_complains_of_counts_too(void **state)
{
	(void)state;
	assert_int_equal(run(&process, "echo one; echo two three >&2"), 0);
	assert_int_equal(process.lines, 2);
	assert_int_equal(process.bytes, 14);
}

/* The reason why it failed is what it said last. */
static void
what_it_said_before_it_ended_is_heard(void **state)
{
	const char *const argv[] = { "/bin/sh", "-c",
		"echo one; echo because >&2; printf why >&2", NULL };
	const char *const none[] = { NULL };
	const int stop = eventfd(0, EFD_CLOEXEC);
	siginfo_t info;

	(void)state;
	said[0] = '\0';
	assert_int_equal(process_start(&process, argv, none), 0);
	assert_int_equal(
	    waitid(P_PID, (id_t)process.pid, &info, WEXITED | WNOWAIT), 0);
	while (
	    process_turn(&process, stop, 20, keep_line, NULL) == PROCESS_MORE)
		continue;
	assert_string_equal(said, "!because;one;!why;");
	assert_int_equal(process_end(&process, 1000), 0);
	close(stop);
	/* a child that holds the pipes keeps no line back */
	run(&process, "sleep 1000 & printf end; printf why >&2");
	assert_string_equal(said, "!why;end;");
}

static void
a_line_that_is_too_long_is_passed_over_and_the_next_is_not(void **state)
{
	(void)state;
	run(&process, "head -c 50000 /dev/zero | tr '\\0' x; echo; echo next;"
		      "printf 'a\\0b\\nlast\\n'");
	assert_string_equal(said, "next;last;");
	assert_int_equal(process.too_long, 2);
	run(&process, "head -c 20000 /dev/zero | tr '\\0' x");
	assert_string_equal(said, "");
	assert_int_equal(process.too_long, 1);
}

/* Runs a script that leaves a child behind and says its number. */
static void
check_child_ends(const char *script)
{
	char *end;
	pid_t child;

	run(&process, script);
	child = (pid_t)strtol(said, &end, 10);
	assert_true(child > 0 && *end == ';');
	/* whoever is its parent now has reaped it, or will */
	for (;;) {
		char path[64], text[256] = "";
		FILE *f;

		snprintf(path, sizeof(path), "/proc/%d/stat", (int)child);
		f = fopen(path, "r");
		if (f == NULL)
			break;
		if (fgets(text, sizeof(text), f) == NULL)
			text[0] = '\0';
		fclose(f);
		if (text[0] == '\0' || strstr(text, ") Z ") != NULL ||
		    strstr(text, "(sleep)") == NULL)
			break;
	}
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void
what_it_leaves_behind_is_ended_with_it(void **state)
{
	(void)state;
	/* the child holds the pipe open, and would for long */
	check_child_ends("sleep 1000 & echo $!");
	check_child_ends("trap '' TERM; sleep 1000 & echo $!");
}

static void
one_that_does_not_want_to_end_is_killed(void **state)
{
	const char *const argv[] = { "/bin/sh", "-c",
		"trap '' TERM; echo up; while :; do sleep 1000; done", NULL };
	const char *const none[] = { NULL };
	const int stop = eventfd(0, EFD_CLOEXEC);

	(void)state;
	said[0] = '\0';
	assert_int_equal(process_start(&process, argv, none), 0);
	while (said[0] == '\0')
		process_turn(&process, stop, 1000, keep_line, NULL);
	assert_int_equal(WTERMSIG(process_end(&process, 20)), SIGKILL);
	close(stop);
}

static void
one_that_is_not_there_is_an_error(void **state)
{
	const char *const argv[] = { "/nowhere/at/all", NULL };

	(void)state;
	assert_int_equal(process_start(&process, argv, argv + 1), -ENOENT);
}

/* --- the plugin ---------------------------------------------------------- */

static void
options_that_make_no_sense_are_refused(void **state)
{
	static const struct {
		const char *options, *reason;
	} bad[] = { { "", "either 'command' or 'shell'" },
		{ "command: /bin/true\nshell: \"true\"", "either" },
		{ "command: \"true\"", "'true' is no absolute path" },
		{ "command: /bin/true\nenvironment: [\"A\"]",
		    "'A' is not NAME=VALUE" } };
	char options[256];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct fettle_ctx *ctx;

		snprintf(options, sizeof(options), "%s\n%s", bad[i].options,
		    geteuid() == 0 ? "user: root" : "");
		ctx = fake_new(plugin, "exec", options);
		assert_int_equal(plugin->open(ctx), -EINVAL);
		if (strstr(ctx->reason, bad[i].reason) == NULL)
			fail_msg("%s", ctx->reason);
		fake_free(ctx);
	}
}

/* And not when it was begun to wait for it: rates would be wrong. */
static void
now_is_when_the_line_came(void **state)
{
	struct fettle_ctx *ctx = fake_new(plugin, "exec", "");
	struct exec *e = fettle_self(ctx);
	char line[] = "PUTVAL h/p/load N:1";
	struct timespec wall;

	(void)state;
	e->ctx = ctx;
	e->interval_ns = 10 * SECOND;
	ctx->now = 100 * SECOND;
	assert_int_equal(rounds_init(&e->rounds, 1, 1, exec_post, e), 0);
	clock_gettime(CLOCK_REALTIME, &wall);
	exec_hear(e, line, false);
	rounds_tick(&e->rounds, 200 * SECOND, 0);
	assert_int_equal(ctx->lists.n, 1);
	assert_true(ctx->lists.v[0].time_ns / SECOND >= wall.tv_sec);
	assert_int_equal(e->heard_ns, 100 * SECOND);
	rounds_fini(&e->rounds);
	fake_free(ctx);
}

/* How often the environment has a name, and the last value of it. */
static size_t
count_of(const struct exec *e, const char *name, const char **value)
{
	const size_t len = strlen(name);
	size_t n = 0;

	for (size_t i = 0; e->env[i] != NULL; i++)
		if (strncmp(e->env[i], name, len) == 0 &&
		    e->env[i][len] == '=') {
			*value = e->env[i] + len + 1;
			n++;
		}
	return n;
}

static void
each_name_is_in_the_environment_once(void **state)
{
	static const struct {
		const char *name, *value;
	} wanted[] = { { "PATH", "/opt/bin" }, { "LANG", "C.UTF-8" },
		{ "LANGUAGE", "de" }, { "FETTLE_INTERVAL", "10.000" },
		{ "FETTLE_HOSTNAME", "here" }, { "COLLECTD_INTERVAL", "7" },
		{ "COLLECTD_HOSTNAME", "here" }, { "A", "" } };
	char options[256];
	struct fettle_ctx *ctx;
	const char *value;
	struct exec *e;

	(void)state;
	snprintf(options, sizeof(options),
	    "environment: [PATH=/opt/bin, COLLECTD_INTERVAL=7, LANGUAGE=de, "
	    "\"A=\"]\ncommand: /bin/true\n%s",
	    geteuid() == 0 ? "user: root" : "");
	ctx = fake_new(plugin, "exec", options);
	e = fettle_self(ctx);
	e->interval_ns = fettle_interval(ctx);
	assert_int_equal(exec_command(ctx, e), 0);
	for (size_t i = 0; i < sizeof(wanted) / sizeof *wanted; i++) {
		assert_int_equal(count_of(e, wanted[i].name, &value), 1);
		assert_string_equal(value, wanted[i].value);
	}
	fake_free(ctx);
}

static void
who_it_is_must_be_said_by_root_and_by_nobody_else(void **state)
{
	const bool root = geteuid() == 0;
	struct fettle_ctx *ctx = fake_new(plugin, "exec",
	    root ? "command: /bin/true" : "command: /bin/true\nuser: root");

	(void)state;
	assert_int_equal(plugin->open(ctx), -EINVAL);
	assert_non_null(
	    strstr(ctx->reason, root ? "it needs 'user'" : "only root"));
	fake_free(ctx);
	if (!root)
		return;
	ctx = fake_new(
	    plugin, "exec", "command: /bin/true\nuser: no-such-user-here");
	assert_int_equal(plugin->open(ctx), -EINVAL);
	assert_string_equal(
	    ctx->reason, "there is no user 'no-such-user-here'");
	fake_free(ctx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(putval_is_understood),
		cmocka_unit_test(putnotif_is_understood),
		cmocka_unit_test(
		    of_a_line_of_collectd_all_is_taken_or_nothing),
		cmocka_unit_test(the_line_protocol_is_understood),
		cmocka_unit_test(what_is_no_line_protocol_is_bad),
		cmocka_unit_test(an_object_of_json_is_understood),
		cmocka_unit_test(what_is_another_json_is_bad),
		cmocka_unit_test(what_a_program_prints_comes_line_by_line),
		cmocka_unit_test(what_it_complains_of_counts_too),
		cmocka_unit_test(what_it_said_before_it_ended_is_heard),
		cmocka_unit_test(
		    a_line_that_is_too_long_is_passed_over_and_the_next_is_not),
		cmocka_unit_test(what_it_leaves_behind_is_ended_with_it),
		cmocka_unit_test(one_that_does_not_want_to_end_is_killed),
		cmocka_unit_test(one_that_is_not_there_is_an_error),
		cmocka_unit_test(options_that_make_no_sense_are_refused),
		cmocka_unit_test(now_is_when_the_line_came),
		cmocka_unit_test(each_name_is_in_the_environment_once),
		cmocka_unit_test(
		    who_it_is_must_be_said_by_root_and_by_nobody_else),
	};

	return cmocka_run_group_tests_name("exec", tests, NULL, NULL);
}
