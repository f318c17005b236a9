/* SPDX-License-Identifier: MIT */
/*
 * What users are called, by the text of /etc/passwd, passwd(5), alone: a pure
 * function.  getpwuid_r(3) would also ask a directory in the network where
 * there is one, and wait for it as long as it is away.
 */
#ifndef PROCESSES_USERS_H
#define PROCESSES_USERS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Puts the name of a user and a NUL into size bytes.  False: the text does not
 * name that number, or by a longer name. */
bool users_name(const char *passwd, uid_t uid, char *name, size_t size);

#endif
