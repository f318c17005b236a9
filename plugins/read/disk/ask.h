/* SPDX-License-Identifier: MIT */
/*
 * Asks file systems that may never answer, on threads of their own: a thread
 * that a dead server holds up takes nothing else with it.
 *
 * An asker belongs to one instance, whose calls do not overlap; its threads
 * touch nothing but it.  Threads start when there is something to ask and none
 * is idle, ASK_THREADS at most.
 */
#ifndef DISK_ASK_H
#define DISK_ASK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/statvfs.h>

enum { ASK_THREADS = 32 };

struct asker;
struct question;

struct answer {
	int err; /* 0 or -errno */
	struct statvfs fs;
	int64_t took_ns;
};

/* NULL: out of memory. */
struct asker *asker_new(void);

/* Ends it and its threads.  Those that are held up are left behind and end
 * when they can; drop all questions before.  Takes NULL. */
void asker_end(struct asker *asker);

/* About the file system at point, which is copied.  NULL: out of memory. */
struct question *question_new(struct asker *asker, const char *point);

/* Asks, unless it is being asked already.  0, or -errno: there is no thread
 * and none could be started. */
int question_ask(struct question *q);

/* Waits for the answer, for wait_ns at most (0 or less: not at all), and takes
 * it.  False: there is none yet, or nothing was asked. */
bool question_take(struct question *q, int64_t wait_ns, struct answer *a);

/* Ends it; whoever is held up by it ends it later.  Takes NULL. */
void question_drop(struct question *q);

#endif
