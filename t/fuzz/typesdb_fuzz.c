/* SPDX-License-Identifier: MIT */
/*
 * Any text as a types.db and, before the first NUL, as the name of a type in
 * it: what is found is what was there, and names of fields are words.  By
 * hand, from the top of the tree:
 *
 * clang -std=c11 -D_GNU_SOURCE -g -O1 -fsanitize=fuzzer,address,undefined \
 *     -Isrc/include -Iplugins t/fuzz/typesdb_fuzz.c \
 *     plugins/common/typesdb.c -o typesdb_fuzz
 * ./typesdb_fuzz -max_total_time=60 FOLDER t/fuzz/typesdb
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/typesdb.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_type(const struct typesdb *db, const struct types_type *t)
{
	char name[TYPES_NAME];

	if (t->n == 0 || t->n > TYPES_SOURCES_MAX ||
	    t->first + t->n > db->n_sources || typesdb_find(db, t->name) != t)
		abort();
	for (size_t i = 0; i < t->n; i++) {
		typesdb_field(db, t->name, "x", i, t->n, name);
		if (strlen(name) >= TYPES_NAME ||
		    strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789"
				 "abcdefghijklmnopqrstuvwxyz") != strlen(name))
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const size_t first = strnlen((const char *)data, size);
	char *name = strndup((const char *)data, first);
	char *text = first < size ? strndup((const char *)data + first + 1,
					size - first - 1)
				  : strdup("");
	struct typesdb db;

	if (typesdb_init(&db, text) == 0) {
		for (size_t i = 0; i < db.n; i++)
			check_type(&db, &db.types[i]);
		typesdb_find(&db, name);
		typesdb_fini(&db);
	}
	free(name);
	return 0;
}
