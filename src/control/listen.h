/* SPDX-License-Identifier: MIT */
/*
 * A name in the file system for a unix socket: nobody but its owner and root
 * may open it, a dead predecessor's is replaced, a living one's is not.
 */
#ifndef CONTROL_LISTEN_H
#define CONTROL_LISTEN_H

#include <stddef.h>
#include <sys/stat.h>
#include <sys/un.h>

/* 0, or -ENAMETOOLONG with the reason in why. */
int control_address(
    struct sockaddr_un *address, const char *path, char *why, size_t len);

/*
 * Returns a socket that listens, neither inherited nor blocking, or -errno
 * with the reason in why.  The directory is made where it is missing (not the
 * ones above); -EPERM: it is somebody else's, in a folder such as /tmp.  *made
 * is the file, for control_unlink.
 */
int control_listen(const char *path, struct stat *made, char *why, size_t len);

/* Removes the file, if it still is the one that was made. */
void control_unlink(const char *path, const struct stat *made);

#endif
