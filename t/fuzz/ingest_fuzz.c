/* SPDX-License-Identifier: MIT */
/*
 * Any text as the body of /ingest: the reader judges and reads it as jansson
 * does, and what comes of it is a whole answer: lists as the interface wants
 * them, or a reason.  By hand, from the top of the tree:
 *
 * clang -std=c11 -D_GNU_SOURCE -g -O1 -fsanitize=fuzzer,address,undefined \
 *     -Isrc/include -Iplugins -It t/fuzz/ingest_fuzz.c \
 *     plugins/write/ringbuffer_http/{ingest*,parse,reader*,region,when}.c \
 *     -ljansson -lm -o ingest_fuzz
 * ./ingest_fuzz -max_total_time=60 -max_len=4096 FOLDER t/fuzz/ingest
 */
#include <assert.h>
#include <math.h>

#include "reader_oracle.h"
#include "write/ringbuffer_http/ingest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_value(const struct fettle_value *v, enum fettle_kind kind)
{
	assert(v->kind == 0 || v->kind == kind);
	if (v->kind == FETTLE_COUNTER)
		assert(v->count <= INT64_MAX);
	else if (v->kind != 0)
		assert(isfinite(v->real));
}

static void
check_list(const struct fettle_list *l, bool numbered)
{
	bool any = false;

	assert(l->size == sizeof(*l));
	assert(l->host != NULL && l->host[0] != '\0');
	assert(l->plugin != NULL && l->plugin[0] != '\0');
	assert(l->instance == NULL || l->instance[0] != '\0');
	assert(l->time_ns > 0 && l->interval_ns >= 0);
	assert(l->n_tags <= 16 && l->n_host_tags <= 16);
	for (size_t i = 1; i < l->n_tags; i++)
		assert(strcmp(l->tags[i - 1].key, l->tags[i].key) < 0);
	for (size_t i = 0; i < l->n; i++) {
		assert(l->fields[i]->name != NULL);
		assert(l->fields[i]->unit != NULL);
		check_value(&l->values[i], l->fields[i]->kind);
		any |= l->values[i].kind != 0;
	}
	/* one without a value only takes its number */
	assert(any || numbered);
}

static void
check_ingest(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct ingest in;

	memcpy(text, data, size);
	ingest_read(&in, text, size);
	switch (in.status) {
	case 200:
		for (size_t i = 0; i < in.n; i++)
			check_list(in.lists[i], in.has_seq);
		break;
	case 400:
		assert(in.what != NULL && in.offset <= size);
		break;
	default:
		assert(in.status == 422 && in.n_wrong > 0);
		for (size_t i = 0; i < in.n_wrong && i < INGEST_WRONG_MAX; i++)
			assert(in.wrong[i].path[0] != '\0' &&
			       in.wrong[i].what[0] != '\0');
	}
	ingest_fini(&in);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	assert(oracle_agrees((const char *)data, size));
	check_ingest(data, size);
	return 0;
}
