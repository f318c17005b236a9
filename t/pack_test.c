/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/crc32c.h"
#include "chance.h"
#include "flow/pack.h"
#include "same_list.h"

enum { SEED = 20, TAGS = 4, FIELDS = 9, LISTS = 60 };

/* A list of chance, and where all of it is. */
struct any {
	struct fettle_list list;
	struct fettle_tag tags[TAGS], host_tags[TAGS];
	struct fettle_field fields[FIELDS];
	const struct fettle_field *pointers[FIELDS];
	struct fettle_value values[FIELDS];
	double rates[FIELDS];
	struct pack_via via;
	const char *queues[TAGS];
};

static const char *const words[] = { "a", "host", "bytes", "\xc3\xa4", "/home",
	"x y=z,\"{}", "",
	"a text of more than sixteen bytes, as an instance may be" };

static const char *
any_word(uint64_t *seed)
{
	return words[chance_of(seed, sizeof(words) / sizeof(*words))];
}

static const char *
word_or_none(uint64_t *seed)
{
	return chance_of(seed, 3) == 0 ? NULL : any_word(seed);
}

static size_t
any_tags(uint64_t *seed, struct fettle_tag tags[TAGS])
{
	const size_t n = chance_of(seed, TAGS + 1);

	for (size_t i = 0; i < n; i++)
		tags[i] =
		    (struct fettle_tag){ any_word(seed), any_word(seed) };
	return n;
}

static double
any_real(uint64_t *seed)
{
	static const double odd[] = { 0, -0.0, 1, -1, 0.5, 12.25, 1e300,
		-1e-300, 0x1p53, -0x1p53, 0x1p53 - 1, 0x1p63, 5e-324, 1e15,
		INFINITY, -INFINITY, NAN };
	uint64_t bits;
	double x;

	switch (chance_of(seed, 3)) {
	case 0:
		return odd[chance_of(seed, sizeof(odd) / sizeof(*odd))];
	case 1:
		return (double)chance_of(seed, 100000);
	default:
		bits = chance_next(seed);
		memcpy(&x, &bits, sizeof(x));
		return x;
	}
}

/* As many bits as chance wants. */
static uint64_t
any_count(uint64_t *seed)
{
	const uint64_t n = chance_next(seed);

	return chance_of(seed, 9) == 0 ? UINT64_MAX - n % 4
				       : n >> chance_of(seed, 64);
}

static struct fettle_value
any_value(uint64_t *seed, enum fettle_kind kind)
{
	if (chance_of(seed, 6) == 0)
		return (struct fettle_value){ 0 };
	if (kind == FETTLE_COUNTER)
		return fettle_count(any_count(seed));
	return kind == FETTLE_TOTAL ? fettle_total(any_real(seed))
				    : fettle_gauge(any_real(seed));
}

static int64_t
any_time(uint64_t *seed)
{
	switch (chance_of(seed, 4)) {
	case 0:
		return (int64_t)chance_next(seed);
	case 1:
		return chance_of(seed, 2) ? INT64_MIN : INT64_MAX;
	default:
		return INT64_C(1800000000000000000) +
		       (int64_t)chance_of(seed, 100) * 10000000000;
	}
}

static void
any_numbers(uint64_t *seed, struct any *a)
{
	static const enum fettle_kind kinds[] = { FETTLE_GAUGE, FETTLE_COUNTER,
		FETTLE_TOTAL };

	a->list.n = 1 + chance_of(seed, FIELDS);
	for (size_t i = 0; i < a->list.n; i++) {
		a->fields[i] = (struct fettle_field){ .name = any_word(seed),
			.kind = kinds[chance_of(seed, 3)],
			.unit = any_word(seed) };
		a->pointers[i] = &a->fields[i];
		a->values[i] = any_value(seed, a->fields[i].kind);
		a->rates[i] = any_real(seed);
	}
	a->list.rates = chance_of(seed, 2) ? a->rates : NULL;
}

static void
any_list(uint64_t *seed, struct any *a)
{
	*a = (struct any){ .list = { .size = sizeof(a->list),
			       .host = word_or_none(seed),
			       .plugin = word_or_none(seed),
			       .instance = word_or_none(seed),
			       .instance_name = word_or_none(seed),
			       .tags = a->tags,
			       .host_tags = a->host_tags,
			       .fields = a->pointers,
			       .values = a->values,
			       .time_ns = any_time(seed),
			       .interval_ns = any_time(seed) } };
	a->list.n_tags = any_tags(seed, a->tags);
	a->list.n_host_tags = any_tags(seed, a->host_tags);
	any_numbers(seed, a);
	a->via = (struct pack_via){ a->queues, chance_of(seed, TAGS) };
	for (size_t i = 0; i < a->via.n; i++)
		a->queues[i] = any_word(seed);
}

/* Lists of chance, and pointers to them. */
struct some {
	struct any any[LISTS];
	const struct fettle_list *lists[LISTS];
	const struct pack_via *via[LISTS];
	size_t n;
};

/* Some are of the same fields as the one before, as in life. */
static struct some *
some_new(uint64_t *seed, size_t n)
{
	struct some *s = NEW(struct some);

	for (; s->n < n; s->n++) {
		struct any *a = &s->any[s->n];

		any_list(seed, a);
		if (s->n > 0 && chance_of(seed, 2)) {
			const struct fettle_list *before = s->lists[s->n - 1];

			a->list.fields = before->fields;
			a->list.n = before->n;
			a->list.values = before->values;
			a->list.rates = before->rates;
			a->list.host = before->host;
		}
		s->lists[s->n] = &a->list;
		s->via[s->n] = chance_of(seed, 3) ? &a->via : NULL;
	}
	return s;
}

static bool
same_via(const struct pack_via *a, const struct pack_via *b)
{
	if (a == NULL || a->n == 0 || b == NULL)
		return (a == NULL || a->n == 0) && b == NULL;
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!same_text(a->queues[i], b->queues[i]))
			return false;
	return true;
}

static void
unpacks(const struct buf *b, size_t from, struct unpacked *u)
{
	char why[128] = "";

	if (unpack(b->data + from, b->len - from, u, why, sizeof(why)) != 0)
		fail_msg("%s", why);
}

/* Of what was packed into b from there on, lists from `first' on came back. */
static size_t
check_chunk(
    const struct buf *b, size_t from, const struct some *s, size_t first)
{
	struct unpacked u;
	size_t n;

	unpacks(b, from, &u);
	assert_int_equal(pack_count(b->data + from, b->len - from), u.n);
	for (size_t i = 0; i < u.n; i++) {
		assert_true(first + i < s->n);
		assert_int_equal(u.lists[i]->size, sizeof(*u.lists[i]));
		assert_true(same_list(s->lists[first + i], u.lists[i]));
		assert_true(same_via(s->via[first + i], u.via[i]));
	}
	n = u.n;
	unpacked_free(&u);
	return n;
}

static void
lists_of_chance_come_back_as_they_were(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 300; round++) {
		uint64_t seed = SEED + round;
		struct some *s = some_new(&seed, 1 + chance_of(&seed, LISTS));
		struct buf b = { 0 };

		assert_int_equal(
		    pack_lists(&b, s->lists, s->n, s->via, SIZE_MAX), s->n);
		if (check_chunk(&b, 0, s, 0) != s->n)
			fail_msg("seed %u", SEED + round);
		buf_free(&b);
		free(s);
	}
}

static void
lists_are_cut_into_chunks_that_hold_as_many_as_fit(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 200; round++) {
		uint64_t seed = SEED + round;
		struct some *s = some_new(&seed, LISTS);
		const size_t most = 500 + chance_of(&seed, 3000);
		struct buf b = { 0 };

		for (size_t done = 0, n = 0; done < s->n; done += n) {
			const size_t from = b.len;

			n = pack_lists(&b, s->lists + done, s->n - done,
			    s->via + done, most);
			assert_true(n == 1 || b.len - from <= most);
			assert_int_equal(check_chunk(&b, from, s, done), n);
		}
		buf_free(&b);
		free(s);
	}
}

static void
one_list_makes_a_chunk_however_little_fits(void **state)
{
	uint64_t seed = SEED;
	struct some *s = some_new(&seed, 2);
	struct buf b = { 0 };

	(void)state;
	assert_int_equal(pack_lists(&b, s->lists, 2, NULL, 0), 1);
	s->via[0] = NULL;
	assert_int_equal(check_chunk(&b, 0, s, 0), 1);
	buf_free(&b);
	free(s);
}

static void
pack_some(struct buf *b, uint64_t seed, size_t n)
{
	struct some *s = some_new(&seed, n);

	pack_lists(b, s->lists, s->n, s->via, SIZE_MAX);
	free(s);
}

static void
says_damaged(const void *data, size_t len)
{
	/* of just that size, so that a sanitizer sees its end */
	void *chunk = xmalloc(len);
	struct unpacked u;
	char why[128] = "";

	memcpy(chunk, data, len);
	assert_int_equal(unpack(chunk, len, &u, why, sizeof(why)), -EBADMSG);
	assert_true(why[0] != '\0');
	assert_int_equal(u.n, 0);
	assert_null(u.lists);
	unpacked_free(&u);
	free(chunk);
}

static void
a_chunk_that_ends_early_or_late_is_damaged(void **state)
{
	struct buf b = { 0 };

	(void)state;
	pack_some(&b, SEED, 20);
	for (size_t len = 0; len < b.len; len++)
		says_damaged(b.data, len);
	says_damaged(b.data, b.len + 1); /* the NUL of the buffer */
	buf_free(&b);
}

static void
every_flipped_bit_is_noticed(void **state)
{
	struct buf b = { 0 };

	(void)state;
	pack_some(&b, SEED, 20);
	for (size_t bit = 0; bit < 8 * b.len; bit++) {
		b.data[bit / 8] = (char)(b.data[bit / 8] ^ 1 << bit % 8);
		says_damaged(b.data, b.len);
		b.data[bit / 8] = (char)(b.data[bit / 8] ^ 1 << bit % 8);
	}
	buf_free(&b);
}

/* Makes its checksum right again. */
static void
sign(struct buf *b)
{
	uint32_t sum = crc32c(0, b->data, 1);

	sum = htole32(crc32c(sum, b->data + 5, b->len - 5));
	memcpy(b->data + 1, &sum, sizeof(sum));
}

static void
cut_where_the_checksum_is_right_is_still_damage(void **state)
{
	struct buf b = { 0 };

	(void)state;
	pack_some(&b, SEED, 20);
	while (b.len > 9) {
		b.len--;
		sign(&b);
		says_damaged(b.data, b.len);
	}
	buf_free(&b);
}

static void
damage_under_a_right_checksum_harms_nobody(void **state)
{
	struct buf b = { 0 }, damaged = { 0 };
	unsigned taken = 0, refused = 0;
	char why[128];

	(void)state;
	pack_some(&b, SEED, 20);
	for (unsigned round = 0; round < 5000; round++) {
		uint64_t seed = SEED + round;
		struct unpacked u;

		buf_clear(&damaged);
		buf_add(&damaged, b.data, b.len);
		for (size_t n = 1 + chance_of(&seed, 3); n > 0; n--)
			damaged.data[9 + chance_of(&seed, b.len - 9)] =
			    (char)chance_next(&seed);
		sign(&damaged);
		if (unpack(damaged.data, damaged.len, &u, why, sizeof(why)) <
		    0) {
			refused++;
			continue;
		}
		taken++;
		for (size_t i = 0; i < u.n; i++)
			assert_true(same_list(u.lists[i], u.lists[i]));
		unpacked_free(&u);
	}
	/* both happened: the test looks at what it means to */
	assert_true(taken > 0);
	assert_true(refused > 0);
	buf_free(&damaged);
	buf_free(&b);
}

static void
what_announces_more_than_it_has_is_damaged(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} bodies[] = {
#define BODY(s) { s, sizeof(s) - 1 }
		BODY("\x7f\x01"),	      /* texts */
		BODY("\x01\xff\xff\xff\x7f"), /* bytes of texts */
		BODY("\x02\x02"
		     "a"),	      /* the last has no end */
		BODY("\x01\x02\0\0"), /* fewer texts than bytes */
		BODY("\x03\x02\0\0"), /* more texts than bytes */
		BODY("\0\0\x7f"),     /* tag sets */
		BODY("\x01\x02"
		     "a\0\x01\x01\x01\x02"), /* a tag of what is not there */
		BODY("\x01\x02"
		     "a\0\x01\x01\0\0"), /* a tag without a key */
		BODY("\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
		BODY("\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"),
		BODY("\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
		BODY("\x01\x02"
		     "a\0\0\x01\0\0\0\0"), /* a layout without fields */
		BODY("\x01\x02"
		     "a\0\0\x01\x01\x01\x04\x01\0\0"), /* of kind 4 */
		BODY("\x01\x02"
		     "a\0\0\x01\x01\x01\0\x01\0\0"), /* of kind 0 */
		BODY("\0\0\0\0\0\0"),		     /* one list, but none */
		BODY("\0\0\0\0\0\0\0\x01\0\x01"),    /* of no group */
#undef BODY
	};
	struct buf b = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
		buf_clear(&b);
		buf_add(&b, "\x02\0\0\0\0\x01\0\0\0", 9);
		buf_add(&b, bodies[i].bytes, bodies[i].len);
		sign(&b);
		says_damaged(b.data, b.len);
	}
	buf_free(&b);
}

static void
a_version_that_is_not_known_is_told_from_damage(void **state)
{
	static const unsigned char unknown[] = { 0, PACK_VERSION + 1, 255 };
	struct buf b = { 0 };
	struct unpacked u;
	char why[128];

	(void)state;
	pack_some(&b, SEED, 3);
	for (size_t i = 0; i < sizeof(unknown); i++) {
		b.data[0] = (char)unknown[i];
		sign(&b);
		assert_int_equal(
		    unpack(b.data, b.len, &u, why, sizeof(why)), -EPROTO);
		assert_non_null(strstr(why, "version"));
		assert_int_equal(u.n, 0);
		says_damaged(b.data, b.len - 1);
	}
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_of_chance_come_back_as_they_were),
		cmocka_unit_test(
		    lists_are_cut_into_chunks_that_hold_as_many_as_fit),
		cmocka_unit_test(one_list_makes_a_chunk_however_little_fits),
		cmocka_unit_test(a_chunk_that_ends_early_or_late_is_damaged),
		cmocka_unit_test(every_flipped_bit_is_noticed),
		cmocka_unit_test(
		    cut_where_the_checksum_is_right_is_still_damage),
		cmocka_unit_test(damage_under_a_right_checksum_harms_nobody),
		cmocka_unit_test(what_announces_more_than_it_has_is_damaged),
		cmocka_unit_test(
		    a_version_that_is_not_known_is_told_from_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
