/* SPDX-License-Identifier: MIT */
/*
 * Any text as a configuration of every type of option: nothing leaks, nothing
 * is read that is not there, no message has a control character, and a state
 * is zero again when it was given back.  By hand, from the top of the tree:
 *
 * clang -std=c11 -D_GNU_SOURCE -g -O1 -fsanitize=fuzzer,address,undefined \
 *     -Isrc -Isrc/include t/fuzz/config_fuzz.c src/config/[a-z]*.c \
 *     src/base/[a-z]*.c -lyaml -ljansson -lm -o config_fuzz
 * ./config_fuzz -max_total_time=60 -max_len=4096 FOLDER t/fuzz/config
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "config/load.h"
#include "config/option.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct part {
	const char *key; /* for a row of a table */
	const char *text;
	struct fettle_secret secret;
	struct fettle_strings texts;
};

struct whole {
	bool truth;
	int64_t number;
	double real;
	const char *text;
	struct fettle_duration wait;
	struct fettle_size size;
	struct fettle_strings texts;
	struct fettle_secret secret;
	struct fettle_tables rows;
	struct part group;
};

static const struct fettle_option part_options[] = {
	FETTLE_OPTION(struct part, text, NULL, "."),
	FETTLE_OPTION(struct part, secret, "", "."),
	FETTLE_OPTION(struct part, texts, "[a, b]", "."),
};

static const struct fettle_option whole_options[] = {
	FETTLE_OPTION(struct whole, truth, "yes", "."),
	FETTLE_RANGE(struct whole, number, "5", ".", -10, 10),
	FETTLE_OPTION(struct whole, real, "", "."),
	FETTLE_CHOICE(struct whole, text, "auto", ".", "auto|1|2"),
	FETTLE_OPTION(struct whole, wait, "10s", "."),
	FETTLE_RANGE(struct whole, size, "64KiB", ".", 1, 1e12),
	FETTLE_RANGE(struct whole, texts, "", ".", 0, 3),
	FETTLE_OPTION(struct whole, secret, "", "."),
	FETTLE_TABLES(struct whole, rows, ".", part_options, struct part),
	FETTLE_GROUP(struct whole, group, ".", part_options),
};

static void
check_line(void *arg, const char *text)
{
	(void)arg;
	for (; *text != '\0'; text++)
		assert((unsigned char)*text >= 0x20 && *text != 0x7f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct fettle_options table =
	    FETTLE_OPTIONS(whole_options);
	static const struct whole zero;
	char *text = xmalloc(size); /* its end is the sanitizer's */
	struct diags *d = diags_new();
	struct whole state = zero;
	struct node *map;

	/* "secret_env: V" finds something, "${V}" as well */
	setenv("V", "x: [*y", 1);
	memcpy(text, data, size);
	map = config_parse("f", text, size, d);
	assert(map != NULL || diags_errors(d) > 0);
	assert(map == NULL || node_equal(map, map));
	option_fill(&state, &table, map, "plugin x", (struct pos){ "f", 1, 1 },
	    NULL, d);
	diags_each(d, 1, check_line, NULL);
	option_free(&state, &table);
	assert(memcmp(&state, &zero, sizeof(state)) == 0);
	node_free(map);
	diags_free(d);
	free(text);
	return 0;
}
