/* SPDX-License-Identifier: MIT */
/*
 * Any text as what a database says of lines that it did not take: its text is
 * a part of it, and what is named is there and named once.  By hand, from the
 * top of the tree:
 *
 * clang -std=c11 -D_GNU_SOURCE -g -O1 -fsanitize=fuzzer,address,undefined \
 *     -Isrc/include -Iplugins t/fuzz/answer_fuzz.c \
 *     plugins/write/influxdb/answer.c -ljansson -o answer_fuzz
 * ./answer_fuzz -max_total_time=60 -max_len=4096 FOLDER t/fuzz/answer
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "write/influxdb/answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const char *body, size_t size, size_t n)
{
	struct answer a;

	answer_init(&a, body, size, n);
	/* all of it can be read, and a string of JSON is UTF-8 */
	assert(a.len == 0 || memchr(a.text, '\xff', a.len) == NULL ||
	       a.json == NULL);
	if (a.what == ANSWER_SOME) {
		assert(a.n_bad > 0 && a.n_bad < ANSWER_LINES);
		for (size_t i = 0; i < a.n_bad; i++) {
			assert(a.bad[i].line < n);
			assert(a.bad[i].why == NULL ||
			       strlen(a.bad[i].why) <= size);
			for (size_t k = 0; k < i; k++)
				assert(a.bad[i].line != a.bad[k].line);
		}
	}
	if (a.what == ANSWER_NONE)
		assert(n > 0 && memmem(a.text, a.len, "dropped=", 8) != NULL);
	answer_fini(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* without a NUL behind it, so that reading on is found */
	char *body = malloc(size > 0 ? size : 1);

	memcpy(body, data, size);
	check(body, size, 0);
	check(body, size, 3);
	check(body, size, 5000);
	free(body);
	return 0;
}
