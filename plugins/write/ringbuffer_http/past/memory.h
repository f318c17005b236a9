/* SPDX-License-Identifier: MIT */
/* Memory that is counted to the byte, with what the allocator adds. */
#ifndef PAST_MEMORY_H
#define PAST_MEMORY_H

#include <stddef.h>

/* Zeroed; NULL: there is none. */
void *memory_get(size_t *bytes, size_t size);
/* As realloc: what is new is not zeroed, NULL leaves it as it was. */
void *memory_again(size_t *bytes, void *p, size_t size);
void memory_put(size_t *bytes, void *p);
/* What size bytes count for at most. */
size_t memory_cost(size_t size);

#endif
