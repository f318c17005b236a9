/* SPDX-License-Identifier: MIT */
/*
 * Any text as a file of tokens, as a query, as a form, as a glob and as a
 * name.  By hand, from the top of the tree:
 *
 * clang -std=c11 -D_GNU_SOURCE -g -O1 -fsanitize=fuzzer,address,undefined \
 *     -Isrc/include -Iplugins t/fuzz/who_fuzz.c \
 *     plugins/write/ringbuffer_http/{form,tokens}.c \
 *     plugins/write/ringbuffer_http/api/name.c \
 *     plugins/common/{selector,text}.c \
 *     -lgnutls -lm -o who_fuzz
 * ./who_fuzz -max_total_time=60 -max_len=1024 FOLDER t/fuzz/who
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/selector.h"
#include "write/ringbuffer_http/api/name.h"
#include "write/ringbuffer_http/form.h"
#include "write/ringbuffer_http/tokens.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_tokens(const char *text)
{
	struct tokens t = { 0 };
	char why[128] = "";

	if (tokens_read(&t, text, why, sizeof(why))) {
		assert(t.n <= TOKENS_MAX);
		for (size_t i = 0; i < t.n; i++) {
			assert(t.v[i].name[0] != '\0');
			assert(t.v[i].hosts[0] != '\0');
			assert(t.v[i].scopes > 0 && t.v[i].scopes < 8);
			assert(tokens_find(&t, t.v[i].digest) == &t.v[i]);
			token_is_for(&t.v[i], text);
		}
	} else {
		assert(strtoul(why, NULL, 10) > 0 && strchr(why, ':'));
	}
	tokens_fini(&t);
}

static void
check_form(const char *text, bool plus)
{
	char *copy = strdup(text);
	const size_t len = strlen(text);
	const char *why = NULL;
	struct form f;

	if (form_read(&f, copy, plus, &why)) {
		for (size_t i = 0; i < f.n; i++) {
			assert(f.v[i].name >= copy);
			assert(f.v[i].value <= copy + len);
			assert(strlen(f.v[i].value) <= len);
		}
	} else {
		assert(why[0] != '\0');
	}
	free(copy);
}

/* What was written as a pattern means what it was written of. */
static void
check_name(const char *text)
{
	struct text quoted = { 0 }, all = { 0 };

	name_put(&quoted, NULL, text, NULL, NULL, 0, NULL);
	if (quoted.data != NULL)
		assert(selector_glob(quoted.data, text));
	assert(selector_glob("*", text));
	selector_glob(text, text);
	name_put_hosts(&all, text);
	name_put_json(&all, text, text, text, NULL, 0, text);
	text_free(&quoted);
	text_free(&all);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	memcpy(text, data, size);
	text[size] = '\0';
	check_tokens(text);
	check_form(text, true);
	check_form(text, false);
	check_name(text);
	free(text);
	return 0;
}
