/* SPDX-License-Identifier: MIT */
/*
 * The folders of a cgroup tree, and their files.  Groups come and go while
 * they are looked at: what is gone is left out.
 *
 * No descriptor is kept for a group: ten files of a thousand groups would be
 * more than a service may have open.
 */
#ifndef CGROUP_TREE_H
#define CGROUP_TREE_H

#include <stdbool.h>

/* A group.  All of it is lent for the call. */
struct node {
	const char *path; /* below the root of the tree: "/system.slice" */
	const char *name; /* the last part of it */
	int fd;		  /* for openat(2) only */
};

/* Whether to look at the groups below it as well; *rc: not 0 ends the walk. */
typedef bool (*tree_visit)(void *arg, const struct node *n, int *rc);

/* Visits every group below root, which itself is none.  0, what a visit put
 * into rc, or -errno where root cannot be listed. */
int tree_walk(int root, tree_visit visit, void *arg);

#endif
