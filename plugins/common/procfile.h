/* SPDX-License-Identifier: MIT */
/*
 * A file of the kernel's that is read again and again: below /proc, or an
 * attribute below /sys.  The descriptor stays open; each read brings the whole
 * text anew, from its begin, whatever its size.
 *
 * A struct procfile that is all zero is closed.  It belongs to one instance,
 * whose calls never overlap.  What goes wrong is returned, -errno: only the
 * caller knows whether the file is needed.
 */
#ifndef COMMON_PROCFILE_H
#define COMMON_PROCFILE_H

#include <fettle/plugin.h>

struct procfile {
	const char *path; /* NULL: closed */
	char *text;	  /* of the last read, ended by a NUL; may be changed
			   * in place, is good until the next one */
	size_t len;
	size_t cap;
	int fd;
	bool failing; /* and the log was told */
};

/* path, as fettle_file has it, is kept, not copied.  0 or -errno. */
int procfile_open(
    struct procfile *f, struct fettle_ctx *ctx, const char *path);

/* The same with a descriptor, which is the file's from now on. */
void procfile_take(struct procfile *f, int fd, const char *path);

/* Does nothing where it is closed. */
void procfile_close(struct procfile *f);

/* Reads all of it into text.  0, or -errno: then there is no text.  -EFBIG: it
 * is 16 MiB long, or longer. */
int procfile_read(struct procfile *f);

/* The same of a file that is not needed: whether there is a text.  The log is
 * told when it begins to fail, and when it does no longer. */
bool procfile_try(struct procfile *f, struct fettle_ctx *ctx);

/* What follows the key where a whole line begins with it; NULL: none does.
 * What ends the key is part of it: "btime ". */
const char *procfile_find(const char *text, const char *key);

/* The next line of a text that begins at *rest, which moves behind it; the
 * newline becomes a NUL.  NULL where there is none: a line without a newline
 * was cut short, may lack digits, and does not count. */
char *procfile_line(char **rest);

#endif
