/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/lookup.h"

struct thing {
	struct lookup_entry entry;
	char key[16];
};

static int ended;

static void
end(struct lookup_entry *e)
{
	ended++;
	free(e);
}

static struct thing *
add(struct lookup *l, const char *key, size_t len, int64_t heard_ns)
{
	struct thing *t = calloc(1, sizeof(*t));

	memcpy(t->key, key, len);
	t->entry.key = t->key;
	t->entry.key_len = len;
	t->entry.heard_ns = heard_ns;
	assert_null(lookup_find(l, key, len));
	assert_int_equal(lookup_add(l, &t->entry), 0);
	return t;
}

static void
keys_are_bytes_with_a_length(void **state)
{
	struct lookup l;
	struct thing *a, *b, *c;

	(void)state;
	assert_int_equal(lookup_init(&l, 1, end), 0);
	a = add(&l, "a\0b", 3, 0);
	b = add(&l, "a\0", 2, 0);
	c = add(&l, "", 0, 0);
	assert_ptr_equal(lookup_find(&l, "a\0b", 3), &a->entry);
	assert_ptr_equal(lookup_find(&l, "a\0", 2), &b->entry);
	assert_ptr_equal(lookup_find(&l, "", 0), &c->entry);
	assert_null(lookup_find(&l, "a", 1));
	assert_null(lookup_find(&l, "a\0c", 3));
	lookup_fini(&l);
}

static void
what_was_not_heard_of_is_ended_once_and_the_rest_stays(void **state)
{
	struct lookup l;
	struct thing *things[1000];
	char key[16];

	(void)state;
	ended = 0;
	assert_int_equal(lookup_init(&l, 1, end), 0);
	for (int i = 0; i < 1000; i++) {
		snprintf(key, sizeof(key), "%d", i);
		things[i] = add(&l, key, strlen(key), i);
	}
	assert_int_equal(l.n, 1000);
	assert_true(l.cap >= 2000);
	lookup_forget(&l, 0);
	assert_int_equal(ended, 0);
	lookup_forget(&l, 700);
	assert_int_equal(ended, 700);
	assert_int_equal(l.n, 300);
	for (int i = 0; i < 1000; i++) {
		snprintf(key, sizeof(key), "%d", i);
		assert_ptr_equal(lookup_find(&l, key, strlen(key)),
		    i < 700 ? NULL : &things[i]->entry);
	}
	lookup_fini(&l);
	assert_int_equal(ended, 1000);
}

/* Or who knows the program could make all that he sends meet in one slot. */
static void
another_seed_is_another_order(void **state)
{
	int same = 0;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		char key[16];
		const size_t len =
		    (size_t)snprintf(key, sizeof(key), "key number %d", i);

		same += (lookup_hash(1, key, len) & 63) ==
			(lookup_hash(2, key, len) & 63);
	}
	assert_true(same < 100);
}

/* Nor does it help him to differ where a product of whole words would not. */
static void
keys_that_differ_in_high_bits_are_spread_whatever_the_seed(void **state)
{
	enum { SLOTS = 1024, KEYS = 94 };

	(void)state;
	for (uint64_t seed = 1; seed <= 16; seed++) {
		bool taken[SLOTS] = { false };
		int slots = 0;

		for (int i = 0; i < KEYS; i++) {
			char key[] = "page.vw";
			bool *slot;

			key[7] = (char)('!' + i); /* in the place of the NUL */
			slot = &taken[lookup_hash(seed, key, 8) % SLOTS];
			slots += !*slot;
			*slot = true;
		}
		assert_true(slots > KEYS * 3 / 4);
	}
}

static void
no_two_differences_cancel_each_other_whatever_the_seed(void **state)
{
	int same = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 256; seed++) {
		char a[17] = "requests.server1", b[17] = "requests.server1";

		b[7] = (char)(b[7] ^ 0x40);
		b[15] = (char)(b[15] ^ 0x40);
		b[11] = (char)(b[11] ^ 0x40);
		same += lookup_hash(seed, a, 16) == lookup_hash(seed, b, 16);
	}
	assert_int_equal(same, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_bytes_with_a_length),
		cmocka_unit_test(
		    what_was_not_heard_of_is_ended_once_and_the_rest_stays),
		cmocka_unit_test(another_seed_is_another_order),
		cmocka_unit_test(
		    keys_that_differ_in_high_bits_are_spread_whatever_the_seed),
		cmocka_unit_test(
		    no_two_differences_cancel_each_other_whatever_the_seed),
	};

	return cmocka_run_group_tests_name("lookup", tests, NULL, NULL);
}
