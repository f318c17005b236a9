/* SPDX-License-Identifier: MIT */
/*
 * Keeps what was seen over a restart: a thread of its own writes it down once
 * a minute and at the end, so that nobody else waits for the disk.  Where it
 * cannot be kept, that is said once, and tried again each minute; a damaged
 * file is begun anew at once.
 */
#ifndef DELIVER_SEEN_FILE_H
#define DELIVER_SEEN_FILE_H

#include "deliver/seen.h"
#include "deliver/store.h"

struct seen_file;

/* Reads what there is into seen, which outlives it, and starts the thread.
 * path: absolute.  Never NULL. */
struct seen_file *seen_file_start(struct seen *seen, const char *path);
/* Saves what is left, ends the thread, frees it.  NULL is fine.  False: the
 * disk has not answered until the deadline (monotonic ns), and it is left
 * behind. */
bool seen_file_stop(struct seen_file *f, int64_t deadline_ns);

/* --- what the thread does ------------------------------------------------ */

/* Adds all records of the store; 0 or -errno. */
int seen_read(struct seen *s, struct store *from, bool unclean);
/* Writes what has changed; 0 or -errno. */
int seen_write(struct seen *s, struct store *to);

#endif
