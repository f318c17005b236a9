/* SPDX-License-Identifier: MIT */
/* Where the daemon keeps things.  The caller frees what is returned. */
#ifndef PATHS_H
#define PATHS_H

#include <stddef.h>

/* What the configuration says, or else the first that can be used: see
 * fettled(8).  Nothing is made. */
char *paths_state_dir(const char *configured);
char *paths_socket(const char *configured);

/* The last place for the socket, of the user of that number (unsigned long):
 * whoever looks for it there makes sure that it is that user's. */
#define PATHS_TMP_SOCKET "/tmp/fettle-%lu/control"

/* Makes the directory, 0700, and locks it for this process: a descriptor to
 * keep, or -errno with the reason in why; -EBUSY: another has it. */
int paths_lock(const char *dir, char *why, size_t len);

#endif
