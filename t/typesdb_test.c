/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <string.h>

#include "common/typesdb.h"

static const char *const types_text =
    "# a comment\n"
    "load\tshortterm:GAUGE:0:5000, midterm:GAUGE:0:5000,longterm:gauge:0:U\n"
    "  derive  value:DERIVE:0:U\r\n"
    "\n"
    "if_octets rx:COUNTER:0:1, tx:COUNTER:0:1\n"
    "broken\nbroken x\nbroken x:GAUGE\nbroken x:GAUGE:0\nbroken :GAUGE:0:1\n"
    "broken x:NOTHING:0:1\n"
    "if_octets rx:DERIVE:0:U, tx:DERIVE:0:U";

static void
a_types_db_is_read(void **state)
{
	const struct types_type *t;
	struct typesdb db;

	(void)state;
	assert_int_equal(typesdb_init(&db, strdup(types_text)), 0);
	assert_int_equal(db.n, 3);
	assert_int_equal(db.bad, 6);
	assert_null(typesdb_find(&db, "broken"));
	t = typesdb_find(&db, "load");
	assert_int_equal(t->n, 3);
	assert_string_equal(db.sources[t->first + 2].name, "longterm");
	assert_int_equal(db.sources[t->first + 2].kind, TYPES_GAUGE);
	t = typesdb_find(&db, "if_octets"); /* the last of two */
	assert_int_equal(db.sources[t->first].kind, TYPES_DERIVE);
	typesdb_fini(&db);
	assert_int_equal(typesdb_init(&db, strdup("")), 0);
	assert_null(typesdb_find(&db, "load"));
	typesdb_fini(&db);
}

static void
fields_are_named_by_type_instance_and_source(void **state)
{
	char name[TYPES_NAME], other[TYPES_NAME], text[200];
	struct typesdb db;

	(void)state;
	assert_int_equal(typesdb_init(&db, strdup(types_text)), 0);
	typesdb_field(&db, "derive", "", 0, 1, name);
	assert_string_equal(name, "derive");
	typesdb_field(&db, "derive", "a-b.c", 0, 1, name);
	assert_string_equal(name, "derive_a_b_c");
	typesdb_field(&db, "load", "", 1, 3, name);
	assert_string_equal(name, "load_midterm");
	typesdb_field(&db, "load", "x", 1, 2, name);
	assert_string_equal(name, "load_x_1");
	typesdb_field(&db, "unknown", "", 1, 2, name);
	assert_string_equal(name, "unknown_1");
	memset(text, 'x', sizeof(text));
	text[63] = '\0';
	types_word(text, name);
	assert_string_equal(name, text);
	text[63] = 'x';
	text[198] = '\0';
	types_word(text, name);
	assert_int_equal(strlen(name), 63);
	text[197] = 'y';
	types_word(text, other);
	assert_string_not_equal(name, other);
	typesdb_fini(&db);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_types_db_is_read),
		cmocka_unit_test(fields_are_named_by_type_instance_and_source),
	};

	return cmocka_run_group_tests_name("typesdb", tests, NULL, NULL);
}
