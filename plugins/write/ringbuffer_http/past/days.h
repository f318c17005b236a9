/* SPDX-License-Identifier: MIT */
/*
 * The folder that the past is kept in: DAY.raw, DAY.1m and DAY.15m.  One that
 * is damaged is renamed to NAME.damaged, of which the newest two stay, and
 * what is sound of it is written to a new one.
 */
#ifndef PAST_DAYS_H
#define PAST_DAYS_H

#include "entry.h"

#define DAYS_MS INT64_C(86400000) /* ms */

/* Adds to the file of that day, all of it or nothing.  0 or -errno. */
int days_add(
    const char *dir, int64_t day, unsigned tier, const char *data, size_t len);

/* Removes files of which nothing is within its tier. */
void days_expire(const char *dir, int64_t now);

struct days_reader {
	/* Each sound entry, of the bytes at data. */
	void (*take)(void *arg, const struct entry *e, const char *data);
	/* The bytes go away. */
	void (*end)(void *arg);
	void *arg;
	size_t damaged;	       /* files that were */
	char damaged_name[32]; /* the last of them */
};

/* Reads all files, the oldest first, and puts in order what is damaged.  0 or
 * -errno; then there may be more that was not read. */
int days_read(const char *dir, struct days_reader *r);

#endif
