/* SPDX-License-Identifier: MIT */
/*
 * Groups of processes that the user named, and what they take together.
 *
 * Which groups a process belongs to is found out when it is first seen, again
 * while it is young or changes its name (it may yet become another program or
 * another user), and kept after that.
 *
 * What a group took is added up from pass to pass: the sum does not fall when
 * a process ends.  What a process takes after the last pass that it lives to
 * see is in no file, and missing.
 */
#ifndef PROCESSES_WATCH_H
#define PROCESSES_WATCH_H

#include <fettle/plugin.h>
#include <sys/types.h>

#include "pid.h"
#include "table.h"

enum { WATCH_GROUPS = 64, WATCH_ARGS = 4096 };

/* A group, as the user described it. */
struct watch_row {
	const char *key;
	const char *name, *cmdline, *user; /* NULL: any */
};

struct group {
	const struct watch_row *row;
	uid_t uid; /* of user */
	/* in this pass */
	uint64_t count, threads, resident, descriptors;
	uint64_t oldest; /* start of the one that started first */
	int closed;	 /* why descriptors or io could not be read */
	bool unread_descriptors, unread_io;
	uint64_t more_ticks, more_got, more_put; /* since the last one */
	/* up to the last pass that came to its end */
	uint64_t ticks, got, put;
};

struct watch {
	struct group *v;
	size_t n;
	int proc;   /* the folder; lent */
	bool sized; /* see pid_descriptors */
	bool said;  /* what it would need was logged */
	uint64_t tick_ns, page;
	struct table was, is;
	bool passed; /* there was a pass before this one */
	uint64_t passed_ticks, now_ticks; /* when they began */
	char args[WATCH_ARGS + 1];
};

/* Zeroed before.  rows: of struct watch_row, lent until watch_close.  0, or
 * what fettle_fail returned. */
int watch_open(struct watch *w, struct fettle_ctx *ctx,
    const struct fettle_tables *rows, int proc);
void watch_close(struct watch *w);

/* A pass: begin, each process, end, which submits a list for each group; where
 * others are hidden only for those of our own user.  watch_take: 0 and how
 * many ticks of processor time it took since the last pass, or what
 * fettle_fail returned; then there is no end, and the next pass begins anew.
 */
void watch_begin(struct watch *w);
int watch_take(struct watch *w, struct fettle_ctx *ctx, const char *pid,
    const struct pid_stat *s, uint64_t *ticks);
/* In a pass: how many ticks ago the last one began; 0: there was none. */
uint64_t watch_span(const struct watch *w);
void watch_end(struct watch *w, struct fettle_ctx *ctx, bool hidden);

#endif
