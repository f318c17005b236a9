/* SPDX-License-Identifier: MIT */
#ifndef FLOW_HASH_H
#define FLOW_HASH_H

#include <stddef.h>
#include <stdint.h>

/* Mixes len bytes into h.  Start with hash_seed(), which differs from process
 * to process, so that nobody outside can choose what collides. */
uint64_t hash_bytes(uint64_t h, const void *data, size_t len);
uint64_t hash_string(uint64_t h, const char *s); /* with its NUL */
uint64_t hash_seed(void);

#endif
