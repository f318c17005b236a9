/* SPDX-License-Identifier: MIT */
/* Whether code may be loaded from a place: nobody but root and the running
 * user may be able to change it (as root: root only).  A group that is the
 * user's own, with nobody else in it, may write. */
#ifndef PLUGIN_TRUST_H
#define PLUGIN_TRUST_H

#include <stddef.h>

/* path is absolute, shorter than PATH_MAX and free of symbolic links.  0, or
 * why and -EPERM, or -errno where it cannot be looked at; the file itself must
 * be regular; of the folders above it those with the sticky bit may be
 * writable by all. */
int trust_file(const char *path, char *why, size_t len);
int trust_folder(const char *path, char *why, size_t len);

#endif
