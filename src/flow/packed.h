/* SPDX-License-Identifier: MIT */
/*
 * How a chunk is laid out, for pack.c and unpack.c:
 *
 *   version   1 byte
 *   checksum  4 bytes: CRC-32C of all the others
 *   lists     4 bytes: how many
 *   texts     how many, of how many bytes in all, then one after the other,
 *             each with its NUL
 *   tag sets  how many; of each the number of tags, then their keys and values
 *   layouts   how many; of each the number of fields, then name, kind, unit
 *   groups    how many; of each host, plugin, instance_name, the host's tag
 *             set, layout
 *   vias      how many; of each the number of queues, then those; not in
 *             version 1
 *   lists     of each a byte of flags, group, time; instance, tag set,
 *             interval, via as the flags say; a number a value; if the flags
 *             say so a number a rate
 *
 * The first four parts of any version's head are as above.  Integers of the
 * head are little-endian, all others of 7 bits a byte, the lowest first, with
 * the top bit set in all but the last.  Where they may be negative the sign is
 * the lowest bit.  Texts, tag sets and so on are referred to by their place in
 * their table, from 1; 0 is none.  Times and intervals are differences to the
 * list before.
 *
 * A number begins with an integer: NUMBER_WHOLE, then its 64 bits follow;
 * NUMBER_NONE for no value, or for a rate that needs no telling: that of a
 * gauge is its value, any other unknown; else NUMBER_SHORT is to be taken off,
 * and the rest is a counter, or a whole real with its sign.
 */
#ifndef FLOW_PACKED_H
#define FLOW_PACKED_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include <fettle/plugin.h>

enum {
	PACKED_SUM_AT = 1,
	PACKED_N_AT = 5,
	PACKED_HEAD = 9,
	PACKED_VERSION_FIRST = 1,
	PACKED_VERSION_VIA = 2,
	INTEGER_BYTES_MAX = 10,
	LIST_BYTES_MIN = 4,
};

/* Flags of a list. */
enum {
	LIST_INSTANCE = 1,
	LIST_TAGS = 2,
	LIST_INTERVAL = 4, /* another one than the list before */
	LIST_RATES = 8,
	LIST_VIA = 16,
	LIST_FLAGS = 31,
};

enum { NUMBER_WHOLE, NUMBER_NONE, NUMBER_SHORT };

/* What is expected of a rate unless it is told. */
static inline double
rate_untold(const struct fettle_value *v)
{
	return v->kind == FETTLE_GAUGE ? v->real : NAN;
}

static inline uint64_t
bits_of(double real)
{
	uint64_t bits;

	memcpy(&bits, &real, sizeof(bits));
	return bits;
}

static inline double
real_of(uint64_t bits)
{
	double real;

	memcpy(&real, &bits, sizeof(real));
	return real;
}

/* Small numbers of either sign as small ones without. */
static inline uint64_t
fold(int64_t n)
{
	return (uint64_t)n << 1 ^ (n < 0 ? UINT64_MAX : 0);
}

static inline int64_t
unfold(uint64_t n)
{
	return (int64_t)(n >> 1 ^ (n & 1 ? UINT64_MAX : 0));
}

#endif
