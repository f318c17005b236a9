/* SPDX-License-Identifier: MIT */
/*
 * Secrets: read from a file that only its owner can read, or from the
 * environment, from which it is removed at once.  What was taken from there is
 * remembered in here for the next reload, until secret_fini; only the thread
 * that reads the configuration may ask for it.  Files may be read from any
 * thread.  A secret is never part of a message.
 */
#ifndef CONFIG_SECRET_H
#define CONFIG_SECRET_H

#include <stddef.h>

/*
 * The content of the file without the line break at its end; *out is the
 * caller's, to be given to secret_free.  A name without a slash is looked up
 * in $CREDENTIALS_DIRECTORY first; what is not absolute is otherwise below
 * dir, the folder of the configuration.  -errno, and why: missing, not
 * regular, readable by others (but for a credential of root's, which systemd
 * opens to our group's bits), owned by somebody else, empty, over 64 KiB, with
 * a NUL.
 */
int secret_from_file(
    const char *path, const char *dir, char **out, char *why, size_t len);
/* The same for a variable: not set, empty. */
int secret_from_env(const char *name, char **out, char *why, size_t len);
/* Overwrites, then frees. */
void secret_free(char *secret);

/* Forgets what came from the environment; once, when the process ends. */
void secret_fini(void);

#endif
