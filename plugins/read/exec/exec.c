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
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "common/rounds.h"
#include "common/thread.h"
#include "common/typesfile.h"
#include "line.h"
#include "process.h"

#define SETPRIV "/usr/bin/setpriv"
#define NS_PER_S INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)

enum {
	WORDS_MAX = 64, /* of a command, of an environment */
	THINGS_MAX = 1000,
	TURN_MS = 200,
	GRACE_MS = 1000,
	ROOM_WAIT_MS = 100,
	ROOM_WAITS = 50, /* then what it says is dropped */
	BACKOFF_MAX_S = 60,
	FUTURE_S = 300,
	WRONG_MAX = 256,
	COMPLAINTS_MAX = 10, /* lines for the log, a run or an interval */
};

enum {
	SELF_RUNS,
	SELF_FAILURES,
	SELF_LINES,
	SELF_MALFORMED,
	SELF_TOO_LONG,
	SELF_LISTS,
	SELF_NOTIFICATIONS,
	SELF_DROPPED,
	SELF_REFUSED,
	SELF_UP,
	SELF_N
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

/* Lines for the log, as hashes. */
struct complaints {
	uint64_t hash[COMPLAINTS_MAX];
	size_t n;
	bool full; /* there were more */
};

struct exec {
	struct fettle_strings command;
	const char *shell, *run, *user;
	struct fettle_strings environment;
	struct fettle_duration limit, silence;
	int64_t lines;
	struct fettle_size bytes;
	const char *types_db;
	/* made by open */
	struct fettle_ctx *ctx;
	pthread_t thread;
	int stop; /* an eventfd */
	bool kept;
	int64_t interval_ns;
	const char *argv[WORDS_MAX + 16], *env[WORDS_MAX + 8];
	char uid[16], gid[16], interval[2][48], host[2][300];
	struct typesdb types;
	/* the thread's */
	struct rounds rounds;
	struct process process;
	struct line_list list;
	int64_t now_ns, now_wall_ns, heard_ns;
	struct complaints complaints, before; /* of this run, the last */
	char wrong[WRONG_MAX]; /* with the last run, as was logged; "" */
	_Atomic uint64_t count[SELF_N];
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

static void
count(struct exec *e, int what, uint64_t n)
{
	atomic_fetch_add_explicit(&e->count[what], n, memory_order_relaxed);
}

static void
read_clocks(struct exec *e)
{
	struct timespec wall;

	clock_gettime(CLOCK_REALTIME, &wall);
	e->now_wall_ns = (int64_t)wall.tv_sec * NS_PER_S + wall.tv_nsec;
	e->now_ns = fettle_now(e->ctx);
}

/* Waits; false: it is being closed. */
static bool
wait_for(const struct exec *e, int64_t ns)
{
	struct pollfd fd = { e->stop, POLLIN, 0 };
	const struct timespec time = { ns > 0 ? ns / NS_PER_S : 0,
		ns > 0 ? ns % NS_PER_S : 0 };

	return ppoll(&fd, 1, &time, NULL) == 0;
}

/* --- what it says -------------------------------------------------------- */

/* Where the daemon has no room the program waits with us, for its pipe fills,
 * but not for ever. */
static void
post(void *arg, const struct fettle_list *const *lists, size_t n)
{
	struct exec *e = arg;
	long taken = -EAGAIN;
	char why[256];

	for (int i = 0; i < ROOM_WAITS && taken == -EAGAIN; i++) {
		taken = fettle_post(e->ctx, lists, n, 0, why, sizeof(why));
		if (taken == -EAGAIN && !wait_for(e, ROOM_WAIT_MS * NS_PER_MS))
			break;
	}
	count(e, SELF_LISTS, taken > 0 ? (uint64_t)taken : 0);
	count(e, SELF_REFUSED, n - (taken > 0 ? (uint64_t)taken : 0));
}

static void
take_value(void *arg, const struct rounds_value *v)
{
	struct exec *e = arg;
	const uint64_t dropped = e->rounds.dropped;

	if (v->time_ns > e->now_wall_ns + FUTURE_S * NS_PER_S) {
		count(e, SELF_DROPPED, 1);
		return;
	}
	rounds_add(&e->rounds, v, e->now_ns);
	count(e, SELF_DROPPED, e->rounds.dropped - dropped);
}

static void
take_list(struct exec *e)
{
	const struct line_list *l = &e->list;
	const struct fettle_field *fields[LINE_FIELDS];
	const struct fettle_list list = { .size = sizeof(list),
		.host = l->host,
		.plugin = l->plugin != NULL ? l->plugin : fettle_label(e->ctx),
		.instance = l->instance,
		.tags = l->tags,
		.n_tags = l->n_tags,
		.time_ns = l->time_ns,
		.interval_ns =
		    l->interval_ns > 0 ? l->interval_ns : e->interval_ns,
		.fields = fields,
		.values = l->values,
		.n = l->n };
	const struct fettle_list *const lists[] = { &list };

	for (size_t i = 0; i < l->n; i++)
		fields[i] = &l->fields[i];
	post(e, lists, 1);
}

static void
take_notice(struct exec *e, const struct line_notice *n)
{
	struct fettle_tag fields[LINE_NOTICE_TAGS + 1];

	memcpy(fields, n->tags, n->n * sizeof(*fields));
	fields[n->n] = (struct fettle_tag){ "severity", n->severity };
	count(e, SELF_NOTIFICATIONS, 1);
	fettle_log_fields(e->ctx,
	    strcasecmp(n->severity, "okay") == 0 ? LOG_NOTICE : LOG_WARNING,
	    fields, n->n + 1, "%s", n->message);
}

static enum line_kind
take_json(struct exec *e, const char *line)
{
	void *json;
	const enum line_kind kind = line_json(line, &e->list, &json);

	if (kind == LINE_LIST)
		take_list(e);
	line_json_free(json);
	return kind;
}

static bool
is_collectd(const char *line)
{
	return strncasecmp(line, "PUTVAL ", 7) == 0 ||
	       strncasecmp(line, "PUTNOTIF ", 9) == 0;
}

static enum line_kind
take_other(struct exec *e, char *line)
{
	const struct line_taker taker = { &e->types, e->now_wall_ns,
		e->interval_ns, take_value, e };
	struct line_notice notice;
	enum line_kind kind;

	if (is_collectd(line)) {
		kind = line_collectd(line, &taker, &notice);
		if (kind == LINE_NOTICE)
			take_notice(e, &notice);
		return kind;
	}
	kind = line_influx(line, &e->list);
	if (kind == LINE_LIST)
		take_list(e);
	return kind;
}

static bool
is_among(const struct complaints *c, uint64_t hash)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->hash[i] == hash)
			return true;
	return false;
}

/* The log is for others too: what a run says as the one before did is not
 * said again, nor more than some lines of it. */
static void
take_complaint(struct exec *e, const char *line)
{
	struct complaints *c = &e->complaints;
	const uint64_t hash = lookup_hash(0, line, strlen(line));

	if (c->n == COMPLAINTS_MAX) {
		if (!c->full && !e->before.full)
			fettle_log(e->ctx, LOG_WARNING,
			    "it says more, which is left out");
		c->full = true;
		return;
	}
	c->hash[c->n++] = hash;
	if (!is_among(&e->before, hash))
		fettle_log(e->ctx, LOG_WARNING, "it says: %s", line);
}

/* A run begins, or an interval of one that is kept. */
static void
forget_complaints(struct exec *e)
{
	e->before = e->complaints;
	e->complaints = (struct complaints){ .n = 0 };
}

static void
take_line(void *arg, char *line, bool err)
{
	struct exec *e = arg;
	const size_t len = strlen(line);
	enum line_kind kind;

	if (len > 0 && line[len - 1] == '\r')
		line[len - 1] = '\0';
	if (err) {
		take_complaint(e, line);
		return;
	}
	e->heard_ns = e->now_ns;
	count(e, SELF_LINES, 1);
	kind = *line == '{' ? take_json(e, line) : take_other(e, line);
	count(e, SELF_MALFORMED, kind == LINE_BAD);
}

/* --- running ------------------------------------------------------------- */

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
		count(e, SELF_TOO_LONG, p->too_long);
		p->lines = p->bytes = p->too_long = 0;
		forget_complaints(e);
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
	forget_complaints(e);
	while (wrong == NULL) {
		enum process_event event;

		read_clocks(e);
		event =
		    process_turn(&e->process, e->stop, TURN_MS, take_line, e);
		read_clocks(e);
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
	if (!wait_for(e, 0)) /* it was ended with us */
		return;
	count(e, SELF_FAILURES, *text != '\0');
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

	count(e, SELF_RUNS, 1);
	if (rc < 0) {
		snprintf(text, WRONG_MAX, "cannot start `%s': %s", e->argv[0],
		    strerror(-rc));
		return;
	}
	atomic_store(&e->count[SELF_UP], 1);
	wrong = listen_to(e);
	put_end(text, process_end(&e->process, GRACE_MS), wrong);
	atomic_store(&e->count[SELF_UP], 0);
	count(e, SELF_TOO_LONG, e->process.too_long);
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
	} while (wait_for(e, begun_ns - e->now_ns));
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

/* setpriv and who it is to be, before the command. */
static int
make_user(struct fettle_ctx *ctx, struct exec *e, size_t *n)
{
	struct passwd pw, *found = NULL;
	char room[4096];

	if (geteuid() != 0)
		return e->user == NULL
			   ? 0
			   : fettle_fail(ctx, EINVAL,
				 "only root can start it as `%s'", e->user);
	if (e->user == NULL)
		return fettle_fail(
		    ctx, EINVAL, "as root it needs `user', whose it is");
	if (getpwnam_r(e->user, &pw, room, sizeof(room), &found) != 0 ||
	    found == NULL)
		return fettle_fail(
		    ctx, EINVAL, "there is no user `%s'", e->user);
	snprintf(e->uid, sizeof(e->uid), "%u", (unsigned)pw.pw_uid);
	snprintf(e->gid, sizeof(e->gid), "%u", (unsigned)pw.pw_gid);
	e->argv[(*n)++] = SETPRIV;
	e->argv[(*n)++] = "--reuid";
	e->argv[(*n)++] = e->uid;
	e->argv[(*n)++] = "--regid";
	e->argv[(*n)++] = e->gid;
	e->argv[(*n)++] = "--init-groups";
	e->argv[(*n)++] = "--no-new-privs";
	e->argv[(*n)++] = "--inh-caps=-all";
	e->argv[(*n)++] = "--";
	return 0;
}

static int
make_command(struct fettle_ctx *ctx, struct exec *e)
{
	size_t n = 0;
	int rc = make_user(ctx, e, &n);

	if (rc < 0)
		return rc;
	if ((e->command.n > 0) == (e->shell != NULL))
		return fettle_fail(
		    ctx, EINVAL, "it needs either `command' or `shell'");
	if (e->shell != NULL) {
		e->argv[n++] = "/bin/sh";
		e->argv[n++] = "-c";
		e->argv[n++] = e->shell;
	}
	for (size_t i = 0; i < e->command.n; i++)
		e->argv[n++] = e->command.v[i];
	e->argv[n] = NULL;
	if (e->command.n > 0 && e->command.v[0][0] != '/')
		return fettle_fail(
		    ctx, EINVAL, "`%s' is no absolute path", e->command.v[0]);
	return 0;
}

static int
make_environment(struct fettle_ctx *ctx, struct exec *e)
{
	static const char *const names[2] = { "FETTLE", "COLLECTD" };
	size_t n = 0;

	e->env[n++] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"
		      "/sbin:/bin";
	e->env[n++] = "LANG=C.UTF-8";
	for (size_t i = 0; i < 2; i++) {
		snprintf(e->interval[i], sizeof(e->interval[i]),
		    "%s_INTERVAL=%.3f", names[i],
		    (double)e->interval_ns / (double)NS_PER_S);
		snprintf(e->host[i], sizeof(e->host[i]), "%s_HOSTNAME=%s",
		    names[i], fettle_host(ctx));
		e->env[n++] = e->interval[i];
		e->env[n++] = e->host[i];
	}
	for (size_t i = 0; i < e->environment.n; i++) {
		if (strchr(e->environment.v[i], '=') == NULL)
			return fettle_fail(ctx, EINVAL,
			    "`%s' is not NAME=VALUE", e->environment.v[i]);
		e->env[n++] = e->environment.v[i];
	}
	e->env[n] = NULL;
	return 0;
}

static int
start(struct fettle_ctx *ctx, struct exec *e)
{
	int rc;

	if (rounds_init(&e->rounds, THINGS_MAX, (uint64_t)fettle_now(ctx),
		post, e) < 0)
		return fettle_fail(ctx, ENOMEM, "table");
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
	rc = make_command(ctx, e);
	if (rc == 0)
		rc = make_environment(ctx, e);
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
