/* SPDX-License-Identifier: MIT */
/*
 * A typed vector: VEC(int) numbers = { 0 };  The elements are numbers.v[0] to
 * numbers.v[numbers.n - 1]; pointers to them last until the next vec_add.
 * Zeroed is empty.  The owner of the struct owns the elements' memory.
 */
#ifndef BASE_VEC_H
#define BASE_VEC_H

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define VEC(type)                                                             \
	struct {                                                              \
		type *v;                                                      \
		size_t n, cap;                                                \
	}

/* Makes room for one more and is an lvalue for it. */
#define vec_add(vec) (*(vec_grow(vec), &(vec)->v[(vec)->n++]))

#define vec_grow(vec)                                                         \
	((vec)->n == (vec)->cap                                               \
		? (void)((vec)->cap = (vec)->cap ? 2 * (vec)->cap : 8,        \
		      (vec)->v = xreallocarray(                               \
			  (vec)->v, (vec)->cap, sizeof *(vec)->v))            \
		: (void)0)

/* Takes element i out; the ones behind it move up. */
#define vec_remove(vec, i)                                                    \
	((vec)->n--, (void)memmove(&(vec)->v[i], &(vec)->v[(i) + 1],          \
			 ((vec)->n - (i)) * sizeof *(vec)->v))

/* Takes the first k out; there are as many.  Nothing may be moved, not even
 * no bytes, where there is no memory yet. */
#define vec_drop(vec, k)                                                      \
	((k) > 0 ? ((vec)->n -= (k), (void)memmove((vec)->v, (vec)->v + (k),  \
					 (vec)->n * sizeof *(vec)->v))        \
		 : (void)0)

#define vec_each(p, vec)                                                      \
	for ((p) = (vec)->v; (vec)->n > 0 && (p) < (vec)->v + (vec)->n; (p)++)

#define vec_free(vec)                                                         \
	(free((vec)->v), (vec)->v = NULL, (void)((vec)->n = (vec)->cap = 0))

#endif
