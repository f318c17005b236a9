/* SPDX-License-Identifier: MIT */
/*
 * The files of the dashboard: read once, from a directory and those in it, and
 * kept in memory, as they are and with gzip.  What can be asked for is what
 * was found then; no path of a request ever reaches the file system.
 */
#ifndef HUB_FILES_H
#define HUB_FILES_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>

enum {
	FILES_MAX = 64,
	FILES_BYTES = 8 << 20, /* all of them */
	FILES_PATH = 112,      /* bytes of a path, and its end */
};

struct file {
	char path[FILES_PATH]; /* "/assets/main.js" */
	char etag[48], etag_gzip[48];
	struct MHD_Response *plain, *gzip; /* the latter may be NULL */
};

struct files {
	struct file v[FILES_MAX];
	size_t n, bytes;
};

/* NULL, and errno says why: there is no directory, or nothing in it, or
 * something is wrong with it. */
struct files *files_new(const char *dir);
void files_free(struct files *f);

/* The one of a path; files NULL: there are none. */
const struct file *files_find(
    const struct files *f, const char *path, size_t len);

#endif
