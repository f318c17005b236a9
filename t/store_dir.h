/* SPDX-License-Identifier: MIT */
/* For tests of stores on disk: the shared object, loaded as the daemon does
 * it, and a folder for each test. */
#ifndef T_STORE_DIR_H
#define T_STORE_DIR_H

#include <limits.h>

extern char store_dir[PATH_MAX]; /* of the test that runs */

/* A test's setup and its teardown. */
int store_dir_begin(void **state);
int store_dir_end(void **state);

/* A group's setup.  The object is copied to where nobody else may write, as
 * the tree that is built in need not be such a place. */
int store_dir_load(void **state);

/* A path in the folder; good until the fourth call from now. */
const char *store_dir_at(const char *name);

#endif
