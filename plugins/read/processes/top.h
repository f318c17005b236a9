/* SPDX-License-Identifier: MIT */
/*
 * The processes that took the most processor time since the last pass, and
 * those that hold the most memory: five each, kept for whoever asks.  A pass
 * keeps no more than these ten.  Of a process only its name is told: command
 * lines may hold secrets.
 */
#ifndef PROCESSES_TOP_H
#define PROCESSES_TOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "pid.h"

enum { TOP_N = 5, TOP_NAME = 64 };
enum { TOP_CPU, TOP_MEMORY, TOP_LISTS };

struct top_row {
	uint64_t pid, ticks, resident; /* ticks since the last pass; pages */
	bool owned;		       /* uid is known: it has not ended */
	uid_t uid;
	char name[TOP_NAME];
};

struct top_list {
	struct top_row v[TOP_N];
	size_t n;
};

struct top {
	struct top_list told[TOP_LISTS];  /* of the last pass that ended */
	struct top_list found[TOP_LISTS]; /* of the one under way */
	bool passed, hidden;
	int64_t at_ns; /* when the last one ended, of processes_boottime */
	uint64_t span; /* ticks between the last two; 0: there was one */
	uint64_t tick_ns, page;
};

/* Of nothing yet: ticks of processor time are tick_ns each, pages of that many
 * bytes. */
void top_init(struct top *t, uint64_t tick_ns, uint64_t page);

/* A pass: begin, each process, end.  ticks: of processor time since the last
 * pass.  proc: the folder /proc.  span: how many went by since then; 0: this
 * is the first, and who takes processor time is not known yet.  hidden: there
 * are others that were not seen. */
void top_begin(struct top *t);
void top_take(
    struct top *t, uint64_t pid, const struct pid_stat *s, uint64_t ticks);
void top_end(struct top *t, int proc, uint64_t span, bool hidden);

/*
 * The JSON object that answers "top", of size bytes at most:
 * {"age": 3.2, "span": 10.0, "hidden": false, "cpu": [{"pid": 17,
 *  "name": "nginx", "uid": 33, "user": "www-data", "percent": 12.5,
 *  "resident": 4096}], "memory": []}
 * passwd: the text that users are called by, users.h.  False: no room, or no
 * memory.
 */
bool top_answer(
    const struct top *t, const char *passwd, char *answer, size_t size);

#endif
