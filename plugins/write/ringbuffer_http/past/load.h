/* SPDX-License-Identifier: MIT */
/* The past out of its files. */
#ifndef PAST_LOAD_H
#define PAST_LOAD_H

#include "state.h"

/* Reads what is in the folder and within its tier, as much as there is room
 * for; p has nothing yet.  0 or -errno.  *damaged counts files, name is of
 * the last one. */
int load_files(
    struct past *p, const char *dir, size_t *damaged, char name[32]);

/* What was open when the daemon ended is made of what it was made of. */
void load_mend(struct past *p);

#endif
