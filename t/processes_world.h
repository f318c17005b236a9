/* SPDX-License-Identifier: MIT */
/* A machine for tests of `processes': its /proc, and how long it has run. */
#ifndef T_PROCESSES_WORLD_H
#define T_PROCESSES_WORLD_H

#include "fake_ctx.h"

#define SECOND INT64_C(1000000000)

extern const struct fettle_plugin *const world_plugin;

/* ns since the machine's start: the plugin's clock. */
extern int64_t world_boottime;

/* A process; seconds are since the machine's start. */
struct made {
	unsigned pid;
	const char *comm;
	char state;
	unsigned start, cpu;   /* seconds */
	unsigned threads, rss; /* pages */
};

void world_put_in(const struct fettle_ctx *ctx, unsigned pid, const char *file,
    const char *text, size_t len);
void world_put_file(const struct fettle_ctx *ctx, unsigned pid,
    const char *file, const char *text);
void world_put(const struct fettle_ctx *ctx, const struct made *p);
/* One that sleeps, with one thread and 10 pages. */
void world_put_plain(const struct fettle_ctx *ctx, unsigned pid,
    const char *comm, unsigned start, unsigned cpu);
void world_remove_pid(const struct fettle_ctx *ctx, unsigned pid);

/* A plugin that has not been opened, on a machine where only init runs, and
 * has for 1000 seconds. */
struct fettle_ctx *world_begin(const char *options);
struct fettle_ctx *world_opened(const char *options);
void world_end(struct fettle_ctx *ctx, bool was_opened);

/* Ten seconds later; world_next fails the test if the read fails. */
int world_read_again(struct fettle_ctx *ctx);
void world_next(struct fettle_ctx *ctx);

#endif
