/* SPDX-License-Identifier: MIT */
/*
 * exec: what a program prints, in any language: collectd's PUTVAL and
 * PUTNOTIF, the line protocol of InfluxDB, or an object of JSON a line.
 *
 * A thread starts it, reads it and starts it again: at once when its interval
 * comes, or, where it should have stayed, after 1 s doubling to 60 s.  Another
 * user's program is started by way of setpriv: a plugin neither forks nor
 * changes who the daemon is.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "common/thread.h"
#include "common/typesfile.h"
#include "exec.h"

enum {
	THINGS_MAX = 1000,
	TURN_MS = 200,
	GRACE_MS = 1000,
	BACKOFF_MAX_S = 60,
};

static const struct fettle_field exec_fields[SELF_N] = {
	[SELF_RUNS] = { "runs", FETTLE_COUNTER, FETTLE_NUMBER,
	    "How often the program was started." },
	[SELF_FAILURES] = { "failures", FETTLE_COUNTER, FETTLE_NUMBER,
	    "How often it could not be started, ended in another way than "
	    "with 0, or was ended for a limit." },
	[SELF_LINES] = { "lines", FETTLE_COUNTER, FETTLE_NUMBER,
	    "Lines that it printed." },
	[SELF_MALFORMED] = { "malformed", FETTLE_COUNTER, FETTLE_NUMBER,
	    "Lines that are in none of the languages." },
	[SELF_TOO_LONG] = { "too_long", FETTLE_COUNTER, FETTLE_NUMBER,
	    "Lines over 16 KiB, or with a NUL." },
	[SELF_LISTS] = { "lists", FETTLE_COUNTER, FETTLE_NUMBER,
	    "Value lists that the daemon took." },
	[SELF_NOTIFICATIONS] = { "notifications", FETTLE_COUNTER,
	    FETTLE_NUMBER, "Notifications, which the log is told." },
	[SELF_DROPPED] = { "dropped", FETTLE_COUNTER, FETTLE_NUMBER,
	    "Values over a limit, from the future, of another kind than "
	    "before, or that came twice." },
	[SELF_REFUSED] = { "refused", FETTLE_COUNTER, FETTLE_NUMBER,
	    "Value lists that the daemon did not take." },
	[SELF_UP] = { "up", FETTLE_GAUGE, FETTLE_NUMBER,
	    "1 while the program runs." },
};

static const struct fettle_option exec_options[] = {
	FETTLE_RANGE(struct exec, command, "",
	    "Path of the program, and its arguments; no shell reads them.", 0,
	    WORDS_MAX),
	FETTLE_OPTION(
	    struct exec, shell, "", "In place of it: a line for /bin/sh."),
	FETTLE_CHOICE(struct exec, run, "interval",
	    "Whether it is run each interval and ends, or is kept running.",
	    "interval|keep"),
	FETTLE_OPTION(struct exec, user, "",
	    "Whose it is, which only root can say, and must."),
	FETTLE_RANGE(struct exec, environment, "",
	    "NAME=VALUE. Beside it there are PATH, LANG, FETTLE_INTERVAL, "
	    "FETTLE_HOSTNAME, and the same two for collectd.",
	    0, WORDS_MAX),
	FETTLE_RANGE(struct exec, limit, "10s",
	    "How long a run may take that ends.", 0.1, 86400),
	FETTLE_RANGE(struct exec, silence, "10m",
	    "After what time without a line one that is kept is started anew.",
	    0.1, 31536e3),
	FETTLE_RANGE(struct exec, lines, "10000",
	    "Lines a run, or an interval where it is kept, those for the log "
	    "too; over that it is ended.",
	    1, 1e7),
	FETTLE_RANGE(
	    struct exec, bytes, "4MiB", "The same for bytes.", 1024, 1e9),
	FETTLE_OPTION(struct exec, types_db, "/usr/share/collectd/types.db",
	    "collectd's file of types, for PUTVAL. What is not in it is a "
	    "gauge."),
};

/* --- running ------------------------------------------------------------- */

bool
exec_wait(const struct exec *e, int64_t ns)
{
	struct pollfd fd = { e->stop, POLLIN, 0 };
	const struct timespec time = { ns > 0 ? ns / NS_PER_S : 0,
		ns > 0 ? ns % NS_PER_S : 0 };

	return ppoll(&fd, 1, &time, NULL) == 0;
}

/* NULL: it may go on; "": it is to end for no fault of its own. */
static const char *
limit_of(struct exec *e, int64_t begun_ns, int64_t *window_ns)
{
	struct process *p = &e->process;

	if (!e->kept && e->now_ns - begun_ns > e->limit.ns)
		return "takes too long";
	if (e->kept && e->now_ns - e->heard_ns > e->silence.ns)
		return "is silent";
	if (p->lines > (uint64_t)e->lines)
		return "prints too many lines";
	if (p->bytes > e->bytes.bytes)
		return "prints too much";
	if (e->kept && e->now_ns - *window_ns >= e->interval_ns) {
		*window_ns = e->now_ns;
		exec_count(e, SELF_TOO_LONG, p->too_long);
		p->lines = p->bytes = p->too_long = 0;
		exec_forget_complaints(e);
	}
	return NULL;
}

/* Until it ends or must; what was wrong with it, "" if nothing. */
static const char *
listen_to(struct exec *e)
{
	const int64_t begun_ns = fettle_now(e->ctx);
	int64_t window_ns = begun_ns;
	const char *wrong = NULL;

	e->heard_ns = begun_ns;
	exec_forget_complaints(e);
	while (wrong == NULL) {
		const enum process_event event =
		    process_turn(&e->process, e->stop, TURN_MS, exec_hear, e);

		e->now_ns = fettle_now(e->ctx);
		rounds_tick(
		    &e->rounds, e->now_ns, e->now_ns - 3600 * NS_PER_S);
		wrong = event != PROCESS_MORE
			    ? ""
			    : limit_of(e, begun_ns, &window_ns);
	}
	return wrong;
}

/* What was wrong with a run that ended; "" if nothing. */
static void
put_end(char text[WRONG_MAX], int status, const char *wrong)
{
	*text = '\0';
	if (*wrong != '\0')
		snprintf(
		    text, WRONG_MAX, "the program %s and was ended", wrong);
	else if (WIFSIGNALED(status) && WTERMSIG(status) != SIGTERM)
		snprintf(text, WRONG_MAX, "the program was ended by signal %d",
		    WTERMSIG(status));
	else if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
		snprintf(text, WRONG_MAX, "the program ended with %d",
		    WEXITSTATUS(status));
}

/* One that fails is run again and again: what is wrong is said once. */
static void
say_end(struct exec *e, const char *text)
{
	if (!exec_wait(e, 0)) /* it was ended with us */
		return;
	exec_count(e, SELF_FAILURES, *text != '\0');
	if (strcmp(text, e->wrong) == 0)
		return;
	if (*text != '\0')
		fettle_log(e->ctx, LOG_WARNING, "%s", text);
	else
		fettle_log(e->ctx, LOG_NOTICE, "the program runs well again");
	memcpy(e->wrong, text, strlen(text) + 1);
}

/* One run, and what was wrong with it. */
static void
run_once(struct exec *e, char text[WRONG_MAX])
{
	const int rc = process_start(&e->process, e->argv, e->env);
	const char *wrong;

	exec_count(e, SELF_RUNS, 1);
	if (rc < 0) {
		snprintf(text, WRONG_MAX, "cannot start '%s': %s", e->argv[0],
		    strerror(-rc));
		return;
	}
	atomic_store(&e->count[SELF_UP], 1);
	wrong = listen_to(e);
	put_end(text, process_end(&e->process, GRACE_MS), wrong);
	atomic_store(&e->count[SELF_UP], 0);
	exec_count(e, SELF_TOO_LONG, e->process.too_long);
}

static void *
exec_run(void *arg)
{
	struct exec *e = arg;
	int64_t backoff_s = 1, begun_ns;
	char text[WRONG_MAX];

	do {
		begun_ns = fettle_now(e->ctx);
		run_once(e, text);
		e->now_ns = fettle_now(e->ctx);
		/* one that had stayed for long is soon there again */
		if (e->kept &&
		    e->now_ns - begun_ns > BACKOFF_MAX_S * NS_PER_S) {
			backoff_s = 1;
			*e->wrong = '\0';
		}
		say_end(e, text);
		if (!e->kept) {
			begun_ns += e->interval_ns;
			continue;
		}
		begun_ns = e->now_ns + backoff_s * NS_PER_S;
		backoff_s = backoff_s * 2 < BACKOFF_MAX_S ? backoff_s * 2
							  : BACKOFF_MAX_S;
	} while (exec_wait(e, begun_ns - e->now_ns));
	return NULL;
}

/* There may be many programs: each is told of under its section's name. */
static int
exec_read(struct fettle_ctx *ctx)
{
	struct exec *e = fettle_self(ctx);
	struct fettle_value v[SELF_N];

	for (int i = 0; i < SELF_N; i++)
		v[i] = fettle_count(atomic_load(&e->count[i]));
	v[SELF_UP] = fettle_gauge((double)v[SELF_UP].count);
	return fettle_submit_values(ctx, fettle_label(ctx), v, SELF_N);
}

/* --- opening ------------------------------------------------------------- */

static int
start(struct fettle_ctx *ctx, struct exec *e)
{
	int rc =
	    rounds_init(&e->rounds, THINGS_MAX, lookup_seed(), exec_post, e);

	if (rc < 0)
		return fettle_fail(ctx, -rc, "table");
	e->stop = eventfd(0, EFD_CLOEXEC);
	if (e->stop < 0) {
		rounds_fini(&e->rounds);
		return fettle_fail(ctx, errno, "eventfd");
	}
	rc = thread_start(&e->thread, exec_run, e);
	if (rc != 0) {
		close(e->stop);
		rounds_fini(&e->rounds);
		return fettle_fail(ctx, rc, "thread");
	}
	return 0;
}

static int
exec_open(struct fettle_ctx *ctx)
{
	struct exec *e = fettle_self(ctx);
	int rc;

	e->ctx = ctx;
	e->interval_ns = fettle_interval(ctx);
	e->kept = strcmp(e->run, "keep") == 0;
	rc = exec_command(ctx, e);
	if (rc == 0)
		rc = typesfile_read(ctx, e->types_db, &e->types);
	if (rc == 0 && (rc = start(ctx, e)) != 0)
		typesdb_fini(&e->types);
	return rc;
}

static void
exec_close(struct fettle_ctx *ctx)
{
	struct exec *e = fettle_self(ctx);
	const uint64_t one = 1;

	if (write(e->stop, &one, sizeof(one)) == sizeof(one))
		pthread_join(e->thread, NULL);
	close(e->stop);
	rounds_fini(&e->rounds);
	typesdb_fini(&e->types);
}

FETTLE_PLUGIN(exec) = {
	FETTLE_ABI,
	.summary = "What a program prints.",
	.instance_name = "program",
	.fields = FETTLE_FIELDS(exec_fields),
	.options = FETTLE_OPTIONS(exec_options),
	.self_size = sizeof(struct exec),
	.flags = FETTLE_SOURCE | FETTLE_DYNAMIC,
	.open = exec_open,
	.read = exec_read,
	.close = exec_close,
};
