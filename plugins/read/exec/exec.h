/* SPDX-License-Identifier: MIT */
/*
 * What the files of exec share: one program.  Its thread starts it, exec.c,
 * as command.c has it, and hears what it says, hear.c.
 */
#ifndef EXEC_EXEC_H
#define EXEC_EXEC_H

#include <pthread.h>
#include <stdatomic.h>

#include <fettle/plugin.h>

#include "common/rounds.h"
#include "common/typesdb.h"
#include "line.h"
#include "process.h"

#define NS_PER_S INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)

enum {
	WORDS_MAX = 64, /* of a command, of an environment */
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
	/* of both: the thread adds, read looks */
	_Atomic uint64_t count[SELF_N];
};

static inline void
exec_count(struct exec *e, int what, uint64_t n)
{
	atomic_fetch_add_explicit(&e->count[what], n, memory_order_relaxed);
}

/* Waits; false: it is being closed. */
bool exec_wait(const struct exec *e, int64_t ns);

/* Makes argv and env of the options.  0, or what fettle_fail returned. */
int exec_command(struct fettle_ctx *ctx, struct exec *e);

/* Takes lists, which are lent for the call: rounds.h. */
void exec_post(void *e, const struct fettle_list *const *lists, size_t n);
/* Takes a line, which may be changed, at this time; err: it was for the log.
 */
void exec_hear(void *e, char *line, bool err);
/* A run begins, or an interval of one that is kept. */
void exec_forget_complaints(struct exec *e);

#endif
