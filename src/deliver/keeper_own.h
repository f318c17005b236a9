/* SPDX-License-Identifier: MIT */
/* What keeper.c, which its writer calls, and keeper_run.c, its thread, share:
 * for nobody else. */
#ifndef DELIVER_KEEPER_OWN_H
#define DELIVER_KEEPER_OWN_H

#include "deliver/keeper.h"

enum { KEEPER_WRITE_S = 1 }; /* what has waited so long is written */

/* The thread, of a struct keeper. */
void *keeper_run(void *k);

#endif
