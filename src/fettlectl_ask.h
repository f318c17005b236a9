/* SPDX-License-Identifier: MIT */
/* fettlectl's side of the control protocol: one connection, a line out, a line
 * in.  It waits, but not for ever. */
#ifndef FETTLECTL_ASK_H
#define FETTLECTL_ASK_H

#include <stddef.h>

#include "base/buf.h"

/* Where the daemon is found if nobody says: $FETTLE_SOCKET, the directory for
 * run-time state this was built with, $XDG_RUNTIME_DIR where the former has
 * none, or a folder of the user's own in /tmp.  The caller frees it. */
char *ask_default_path(void);

/* A connection, or -errno with the reason in why. */
int ask_open(const char *path, char *why, size_t len);

/* Sends a line (without its end) and reads the answer (the same), which
 * replaces what is in answer.  0, or -errno with the reason in why. */
int ask(int fd, const char *line, struct buf *answer, char *why, size_t len);

#endif
