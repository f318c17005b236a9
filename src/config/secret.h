/* SPDX-License-Identifier: MIT */
/*
 * Secrets: read from a file that only its owner can read, or from the
 * environment, from which it is removed at once (and remembered for the next
 * reload).  A secret is never part of a message.
 */
#ifndef CONFIG_SECRET_H
#define CONFIG_SECRET_H

#include <stddef.h>

/*
 * The content of the file without the line break at its end; *out is the
 * caller's, to be given to secret_free.  A name without a slash is looked up
 * in $CREDENTIALS_DIRECTORY first, then beside the configuration (dir).
 * -errno, and why: missing, not regular, readable by others, owned by somebody
 * else, empty, over 64 KiB, with a NUL.
 */
int secret_from_file(
    const char *path, const char *dir, char **out, char *why, size_t len);
int secret_from_env(const char *name, char **out, char *why, size_t len);
/* Overwrites, then frees. */
void secret_free(char *secret);

#endif
