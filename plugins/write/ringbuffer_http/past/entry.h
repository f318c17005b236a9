/* SPDX-License-Identifier: MIT */
/*
 * What the files of the past consist of, one after the other: a head with a
 * checksum, and then either who a number is of, or a chunk of such numbers.
 * All integers are little-endian.
 *
 *	head	magic 2, kind 1, tier 1, length of what follows 4, CRC-32 of
 *		all but itself 4
 *	name	number 8, kind 1, tags 1, then texts, each with a NUL, each
 *		that may be missing behind a byte that is 1 if it is there:
 *		host, plugin, field, unit, ?instance, ?instance name, ?help,
 *		and key and value of each tag
 *	chunk	number 8, base 8, interval 4, steps 4, then the codec's bytes
 *
 * A number has a name before its first chunk of that file.
 */
#ifndef PAST_ENTRY_H
#define PAST_ENTRY_H

#include <fettle/plugin.h>

#include "chunk.h"
#include "common/text.h"

enum {
	ENTRY_HEAD = 12,
	ENTRY_MAX = 1 << 16, /* bytes of one */
	ENTRY_TAGS = 16,
};

enum entry_kind { ENTRY_NAME = 1, ENTRY_CHUNK };

struct entry {
	enum entry_kind kind;
	unsigned tier;
	uint64_t id;
	/* ENTRY_NAME; texts are of the bytes that were read */
	struct fettle_list list; /* names and tags only */
	struct fettle_field field;
	struct fettle_tag tags[ENTRY_TAGS];
	/* ENTRY_CHUNK */
	struct chunk *chunk; /* room for CHUNK_BYTES_MAX, the caller's */
};

/* Adds one to a text; false: it is too long, and nothing is added. */
bool entry_put_name(struct text *to, unsigned tier, uint64_t id,
    const struct fettle_list *l, const struct fettle_field *f);
void entry_put_chunk(
    struct text *to, unsigned tier, uint64_t id, const struct chunk *c);

/* How many bytes an entry has that begins there; 0: none does that is whole
 * and sound. *short_of says whether it may be one that ends too early. */
size_t entry_get(
    const char *data, size_t len, struct entry *e, bool *short_of);

#endif
