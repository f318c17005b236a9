/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as an entry of history whose checksum is right, of a tier that the
 * first byte says: either it is none, or it gives the same again when it is
 * written, and a chunk has as many numbers as it says, all of them finite.  By
 * hand, from the top of the tree:
 *
 * clang -std=c11 -D_GNU_SOURCE -g -O1 -fsanitize=fuzzer,address,undefined \
 *     -Isrc/include -Iplugins t/fuzz/past_fuzz.c \
 *     plugins/write/ringbuffer_http/past/{chunk,code,codec,entry}.c \
 *     plugins/common/text.c -lz -lm -o past_fuzz
 * ./past_fuzz -max_total_time=60 -max_len=1024 FOLDER t/fuzz/past
 */
#include <assert.h>
#include <endian.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "write/ringbuffer_http/past/code.h"
#include "write/ringbuffer_http/past/entry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { AT_LENGTH = 4, AT_SUM = 8 };

static void
sign(char *entry, size_t size)
{
	uint32_t little = htole32((uint32_t)(size - ENTRY_HEAD));
	uLong sum;

	memcpy(entry + AT_LENGTH, &little, sizeof(little));
	sum = crc32(0, (const Bytef *)entry, AT_SUM);
	sum = crc32(
	    sum, (const Bytef *)entry + ENTRY_HEAD, (uInt)(size - ENTRY_HEAD));
	little = htole32((uint32_t)sum);
	memcpy(entry + AT_SUM, &little, sizeof(little));
}

/* Its numbers, written anew, are the same. */
static void
check_chunk(const struct chunk *c, unsigned tier)
{
	struct codec codec = { .width = (uint8_t)tier_rules[tier].codes };
	uint8_t *again = malloc(16u * c->steps + CODEC_ADD_MAX);
	struct codec_reader old, new;
	struct chunk_number number;
	struct chunk_walk w;
	size_t len = 0;
	uint32_t n, m = 0;
	int64_t time;
	enum codec_step step;

	assert(again != NULL);
	chunk_walk(&w, c, tier);
	while (chunk_next(&w, &time, &n, &number)) {
		assert(isfinite(number.mean) && number.min <= number.mean &&
		       number.mean <= number.max);
		assert(time >= c->base && time < chunk_end(c));
	}
	codec_read(&old, codec.width, c->data, c->len);
	while ((step = codec_next(&old, &n)) != CODEC_END && len < 60000)
		len = codec_add(&codec, again, len,
		    step == CODEC_CODES ? old.codes : NULL, n);
	codec_read(&old, codec.width, c->data, c->len);
	codec_read(&new, codec.width, again, len);
	for (n = 0; codec_next(&new, &m) != CODEC_END;)
		for (; m > 0; m--) {
			if (n == 0)
				assert(codec_next(&old, &n) != CODEC_END);
			assert(memcmp(old.codes, new.codes,
				   sizeof(old.codes)) == 0);
			n--;
		}
	free(again);
}

static void
check_same(const struct text *t, const char *entry, size_t size)
{
	assert(!t->failed && t->len == size);
	assert(memcmp(t->data, entry, size) == 0);
}

/* Where a text may be missing any byte but 1 says that it is. */
static void
check_name(const struct entry *e)
{
	struct entry again = { .chunk = NULL };
	struct text one = { 0 }, two = { 0 };
	bool short_of;

	assert(entry_put_name(&one, e->tier, e->id, &e->list, &e->field));
	assert(entry_get(one.data, one.len, &again, &short_of) == one.len);
	assert(entry_put_name(
	    &two, again.tier, again.id, &again.list, &again.field));
	check_same(&two, one.data, one.len);
	text_free(&one);
	text_free(&two);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *entry = malloc(size + 1); /* its end is the sanitizer's */
	struct text again = { 0 };
	struct entry e = { .tier = 0 };
	bool short_of;
	size_t n;

	assert(entry != NULL);
	entry = realloc(entry, size > 0 ? size : 1);
	memcpy(entry, data, size);
	if (size >= ENTRY_HEAD)
		sign(entry, size);
	e.chunk = malloc(sizeof *e.chunk + CHUNK_BYTES_MAX);
	assert(e.chunk != NULL);
	n = entry_get(entry, size, &e, &short_of);
	assert(n == 0 || n == size);
	if (n > 0 && e.kind == ENTRY_NAME)
		check_name(&e);
	if (n > 0 && e.kind == ENTRY_CHUNK) {
		check_chunk(e.chunk, e.tier);
		entry_put_chunk(&again, e.tier, e.id, e.chunk);
		check_same(&again, entry, size);
	}
	text_free(&again);
	free(e.chunk);
	free(entry);
	return 0;
}
