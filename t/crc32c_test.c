/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "base/crc32c.h"

static unsigned char bytes[301];

static int
make_bytes(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(i * 7 + i / 16);
	return 0;
}

/* As the definition has it: bit by bit. */
static uint32_t
slowly(const unsigned char *p, size_t len)
{
	uint32_t crc = UINT32_MAX;

	for (; len > 0; len--) {
		crc ^= *p++;
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
	}
	return ~crc;
}

static void
sums_that_are_known_come_out(void **state)
{
	const unsigned char zeros[32] = { 0 };
	unsigned char ones[32];

	(void)state;
	for (size_t i = 0; i < sizeof(ones); i++)
		ones[i] = 0xff;
	assert_int_equal(crc32c(0, "", 0), 0);
	assert_int_equal(crc32c(0, "123456789", 9), 0xe3069283u);
	assert_int_equal(crc32c(0, zeros, sizeof(zeros)), 0x8a9136aau);
	assert_int_equal(crc32c(0, ones, sizeof(ones)), 0x62a8ab43u);
}

static void
every_length_and_place_has_the_sum_of_the_definition(void **state)
{
	(void)state;
	for (size_t from = 0; from < 9; from++)
		for (size_t len = 0; from + len <= sizeof(bytes); len++)
			assert_int_equal(crc32c(0, bytes + from, len),
			    slowly(bytes + from, len));
}

static void
parts_one_after_the_other_have_the_sum_of_the_whole(void **state)
{
	const uint32_t whole = crc32c(0, bytes, sizeof(bytes));

	(void)state;
	for (size_t cut = 0; cut <= sizeof(bytes); cut++)
		assert_int_equal(crc32c(crc32c(0, bytes, cut), bytes + cut,
				     sizeof(bytes) - cut),
		    whole);
}

static void
every_flipped_bit_changes_the_sum(void **state)
{
	const uint32_t whole = crc32c(0, bytes, sizeof(bytes));

	(void)state;
	for (size_t bit = 0; bit < 8 * sizeof(bytes); bit++) {
		bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
		assert_int_not_equal(crc32c(0, bytes, sizeof(bytes)), whole);
		bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_that_are_known_come_out),
		cmocka_unit_test(
		    every_length_and_place_has_the_sum_of_the_definition),
		cmocka_unit_test(
		    parts_one_after_the_other_have_the_sum_of_the_whole),
		cmocka_unit_test(every_flipped_bit_changes_the_sum),
	};

	return cmocka_run_group_tests(tests, make_bytes, NULL);
}
