/* SPDX-License-Identifier: MIT */
/*
 * A program in a group of its own, and what it prints.  Nothing of the daemon
 * comes with it: no descriptor, no signal's way, no environment but what it is
 * given.  When it is over the whole group is ended and reaped.  One thread.
 */
#ifndef EXEC_PROCESS_H
#define EXEC_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { PROCESS_LINE_MAX = 16384 };

/* What comes of one descriptor, cut into lines. */
struct stream {
	int fd; /* -1: it is at its end */
	size_t len;
	bool passing; /* the rest of a line that was too long */
	char line[PROCESS_LINE_MAX + 1];
};

struct process {
	pid_t pid;
	struct stream out, err;
	uint64_t bytes, lines; /* of both, since the start */
	uint64_t too_long;     /* lines of out */
};

/* 0 or -errno.  argv[0] is a path. */
int process_start(
    struct process *p, const char *const *argv, const char *const *env);

enum process_event {
	PROCESS_MORE, /* something came, or nothing within the time */
	PROCESS_STOP, /* the descriptor stop can be read */
	PROCESS_END,  /* it has ended, or will say no more */
};

/* Waits for what it prints, at most for so long, and hands over each line,
 * which ends with a NUL and may be changed. */
enum process_event process_turn(struct process *p, int stop, int ms,
    void (*line)(void *, char *, bool err), void *arg);

/* Ends it: SIGTERM to all of the group, SIGKILL after a while.  Its status as
 * of waitpid. */
int process_end(struct process *p, int grace_ms);

#endif
