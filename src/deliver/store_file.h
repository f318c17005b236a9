/* SPDX-License-Identifier: MIT */
/* The file of a store, and those beside it: made, marked, set aside.  Nothing
 * here opens one that a database may have open: closing it again would give up
 * the locks of the whole process. */
#ifndef DELIVER_STORE_FILE_H
#define DELIVER_STORE_FILE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Makes what is missing of the folders and the file, for the user alone; real
 * is its path without symbolic links.  0, or -errno and why; -ELOOP: the file
 * itself is a link, -EOPNOTSUPP: it is on another machine, where locks and
 * flushing are not what they seem.
 */
int store_file_prepare(
    const char *path, char real[PATH_MAX], char *why, size_t len);

/* That it is damaged, for whoever opens it next.  Best effort: who opens it
 * without the mark will find the damage as well. */
void store_file_mark(const char *path);
bool store_file_is_marked(const char *path);

/* Removes it and its log.  Nobody has it open.  Best effort. */
void store_file_erase(const char *path);

/*
 * Renames it, with its log, to NAME.corrupt-DATE, takes the mark away and
 * keeps the newest two such files.  Nobody has it open.  name: what it is
 * called now, without the folder.  0, or -errno and why.
 */
int store_file_set_aside(
    const char *path, char *name, size_t size, char *why, size_t len);

#endif
