/* SPDX-License-Identifier: MIT */
/*
 * fettled --once: everything that reads is read twice, a second apart, and
 * what came of it is printed; with send it is also delivered.  Returns the
 * exit status: 0 if all reads went well and, with send, every writer has it
 * all.
 */
#ifndef ONCE_H
#define ONCE_H

#include <stdbool.h>

int once(const char *config_path, bool send, bool json);

#endif
