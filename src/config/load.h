/* SPDX-License-Identifier: MIT */
/* Files -> one tree: YAML, includes, ${NAME}. */
#ifndef CONFIG_LOAD_H
#define CONFIG_LOAD_H

#include "config/node.h"

/*
 * Reads the file and what it includes: files or globs below its folder, in the
 * order they stand there and of names, each once, and only one level.  Returns
 * the merged tree without the key `include', a NODE_MAP (empty where the file
 * is), also where there were mistakes, so that the rest can be checked as
 * well; mistakes are in d, and a note wherever a file replaces what one before
 * it said.  NULL if the file itself could not be read or is no YAML.  The
 * caller frees it.
 */
struct node *config_load(const char *path, struct diags *d);

/* The same from memory, for tests, fuzzing and defaults; `include' is an
 * error. */
struct node *config_parse(
    const char *name, const char *text, size_t len, struct diags *d);

#endif
