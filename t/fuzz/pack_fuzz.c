/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a chunk whose checksum is right: either it is damaged, or lists
 * come of it that are well formed, are packed again, and come back the same.
 * By hand, from the top of the tree:
 *
 * clang -std=c11 -D_GNU_SOURCE -g -O1 -fsanitize=fuzzer,address,undefined \
 *     -Isrc -Isrc/include -It t/fuzz/pack_fuzz.c src/flow/pack.c \
 *     src/flow/unpack.c src/flow/hash.c src/base/[a-z]*.c -ljansson -lm \
 *     -o pack_fuzz
 * ./pack_fuzz -max_total_time=60 -max_len=4096 FOLDER t/fuzz/pack
 */
#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/crc32c.h"
#include "flow/pack.h"
#include "same_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAD = 9 };

static void
sign(uint8_t *chunk, size_t size)
{
	const uint32_t sum =
	    htole32(crc32c(crc32c(0, chunk, 1), chunk + 5, size - 5));

	memcpy(chunk + 1, &sum, sizeof(sum));
}

static void
check_list(const struct fettle_list *l)
{
	assert(l->size == sizeof(*l) && l->n > 0);
	for (size_t i = 0; i < l->n; i++) {
		assert(l->fields[i]->name != NULL);
		assert(l->fields[i]->unit != NULL);
		assert(l->fields[i]->kind >= FETTLE_GAUGE &&
		       l->fields[i]->kind <= FETTLE_TOTAL);
		assert(l->values[i].kind == 0 ||
		       l->values[i].kind == l->fields[i]->kind);
	}
	for (size_t i = 0; i < l->n_tags; i++)
		assert(l->tags[i].key != NULL && l->tags[i].value != NULL);
	for (size_t i = 0; i < l->n_host_tags; i++)
		assert(l->host_tags[i].key != NULL &&
		       l->host_tags[i].value != NULL);
}

static void
check_again(const struct unpacked *u)
{
	struct unpacked again;
	struct buf b = { 0 };
	char why[128];

	assert(pack_lists(&b, u->lists, u->n, u->via, SIZE_MAX) == u->n);
	if (b.len <= PACK_BYTES_MAX) {
		assert(unpack(b.data, b.len, &again, why, sizeof(why)) == 0);
		assert(again.n == u->n);
		for (size_t i = 0; i < u->n; i++)
			assert(same_list(u->lists[i], again.lists[i]));
		unpacked_free(&again);
	}
	buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *chunk = xmalloc(size); /* its end is the sanitizer's */
	struct unpacked u;
	char why[128];
	int err;

	memcpy(chunk, data, size);
	if (size >= HEAD)
		sign(chunk, size);
	err = unpack(chunk, size, &u, why, sizeof(why));
	assert(err == 0 || err == -EBADMSG || err == -EPROTO);
	for (size_t i = 0; i < u.n; i++)
		check_list(u.lists[i]);
	if (err == 0 && u.n > 0)
		check_again(&u);
	unpacked_free(&u);
	free(chunk);
	return 0;
}
