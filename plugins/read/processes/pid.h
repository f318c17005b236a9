/* SPDX-License-Identifier: MIT */
/*
 * The files of one process, below /proc/PID: pure functions over their text,
 * and the way to it.  A process may end at any moment: that is -ENOENT or
 * -ESRCH, and no error.
 */
#ifndef PROCESSES_PID_H
#define PROCESSES_PID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The letters of the kernel; 'x' is an older 'X'. */
#define PID_STATES "RSDZTtXIPKW"

enum {
	PID_STAT_TEXT = 2048, /* of /proc/PID/stat; what counts is in 600 */
	PID_COMM_CUT = 15     /* the kernel cuts names of programs at that */
};

/* What /proc/PID/stat says, proc_pid_stat(5). */
struct pid_stat {
	const char *comm; /* in the text */
	char state;
	uint64_t ticks; /* of processor time, user and system */
	uint64_t threads;
	uint64_t start;	   /* in ticks after the machine's start */
	uint64_t resident; /* in pages */
};

/* Ends comm in place; it may contain anything, spaces and brackets too.
 * False where a number that counts is missing. */
bool pid_stat_parse(char *text, size_t len, struct pid_stat *s);

/* The place of a state in PID_STATES, or the number of them. */
size_t pid_state(char letter);

/* What a process had the disks read and write, from /proc/PID/io.  False
 * where one is missing. */
bool pid_io_parse(const char *text, uint64_t *got, uint64_t *put);

/*
 * What a program is called: its comm, or where that was cut off the base name
 * that begins with it, of the program or of the script that it runs.  args: of
 * len bytes, as in /proc/PID/cmdline, with a NUL behind them.
 */
const char *pid_name(const char *comm, const char *args, size_t len);

/* Puts spaces between the arguments, in place. */
void pid_args_join(char *args, size_t len);

/* Reads FILE of a process, of up to size - 1 bytes, into text and puts a NUL
 * behind it.  proc: the folder /proc.  The length, or -errno. */
ssize_t pid_read(
    int proc, const char *pid, const char *file, char *text, size_t size);

/* Its owner, or -errno. */
int pid_owner(int proc, const char *pid, uid_t *owner);

/* How many descriptors it has open; sized: the size of the folder may tell,
 * as it does since Linux 6.2.  0 or -errno. */
int pid_descriptors(int proc, const char *pid, bool sized, uint64_t *n);

#endif
