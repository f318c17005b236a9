/* SPDX-License-Identifier: MIT */
/*
 * Groups that are containers, told by their names as the runtimes make them,
 * and what people call these containers, told by the runtimes' files: pure
 * functions over names and texts.
 */
#ifndef CGROUP_CONTAINER_H
#define CGROUP_CONTAINER_H

#include <stdbool.h>
#include <stddef.h>

enum { CONTAINER_ID = 64, CONTAINER_NAME = 255 };

enum runtime {
	RUNTIME_OTHER, /* nobody knows what it is called */
	RUNTIME_NAMED, /* the name of the group says it */
	RUNTIME_ANY,   /* an id alone: one of those below */
	RUNTIME_DOCKER,
	RUNTIME_PODMAN,
	RUNTIME_CONTAINERD,
	RUNTIME_CRIO,
	RUNTIME_N
};

struct container {
	enum runtime runtime;
	char id[CONTAINER_ID + 1]; /* hexadecimal; "" where it has none */
};

/* What it is called; "": nothing that is known. */
struct labels {
	char container[CONTAINER_NAME + 1];
	char pod[CONTAINER_NAME + 1], space[CONTAINER_NAME + 1];
};

/* Whether a group is a container; path as in tree.h.  Fills in what the path
 * says of it. */
bool container_parse(
    const char *path, struct container *c, struct labels *labels);

/* The files of a runtime that may tell, the i-th: below the folder where the
 * user has it, with the id in the place of %s; NULL: there are no more. */
const char *container_file(enum runtime runtime, size_t i);

/* Fills in what such a file says of a container.  False: nothing. */
bool container_labels(enum runtime runtime, const char *id, const char *text,
    size_t len, struct labels *labels);

#endif
