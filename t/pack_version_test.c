/* SPDX-License-Identifier: MIT */
/* What the versions of a chunk look like, byte by byte and for ever. */
#include "test.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>

#include "base/crc32c.h"
#include "flow/pack.h"
#include "same_list.h"

enum { LISTS = 60 };

static const struct fettle_tag eu = { "region", "eu" };
static const struct fettle_field disk_fields[] = {
	{ "used", FETTLE_GAUGE, FETTLE_BYTES, NULL },
	{ "reads", FETTLE_COUNTER, FETTLE_NUMBER, NULL },
	{ "busy", FETTLE_TOTAL, FETTLE_SECONDS, NULL },
};
static const struct fettle_field *const disk_layout[] = { &disk_fields[0],
	&disk_fields[1], &disk_fields[2] };
static const struct fettle_value sda_values[] = { { .kind = FETTLE_GAUGE,
						      .real = 4096 },
	{ .kind = FETTLE_COUNTER, .count = UINT64_MAX },
	{ .kind = FETTLE_TOTAL, .real = 0.5 } };
static const struct fettle_value sdb_values[] = { { .kind = FETTLE_GAUGE,
						      .real = -3 },
	{ 0 }, { .kind = FETTLE_TOTAL, .real = 2 } };
static const double sda_rates[] = { 4096, 10, 0.25 };
static const char *const hub_queue = "00112233445566778899aabbccddeeff";
static const struct pack_via through_hub = { &hub_queue, 1 };

static const struct fettle_list sda = { .size = sizeof(sda),
	.host = "web-1",
	.plugin = "disk",
	.instance = "sda",
	.time_ns = INT64_C(1800000000000000000),
	.interval_ns = INT64_C(10000000000),
	.fields = disk_layout,
	.values = sda_values,
	.n = 3,
	.rates = sda_rates,
	.host_tags = &eu,
	.n_host_tags = 1,
	.instance_name = "device" };

static const struct fettle_list sdb = { .size = sizeof(sdb),
	.host = "web-1",
	.plugin = "disk",
	.instance = "sdb",
	.tags = &eu,
	.n_tags = 1,
	.time_ns = INT64_C(1800000000000000001),
	.interval_ns = INT64_C(10000000000),
	.fields = disk_layout,
	.values = sdb_values,
	.n = 3,
	.host_tags = &eu,
	.n_host_tags = 1,
	.instance_name = "device" };

static const struct fettle_list *const disks[] = { &sda, &sdb };
static const struct pack_via *const disks_via[] = { &through_hub, NULL };

/* Of version 2 and 1, the latter without via. */
static const char version_2[] =
    "023a9dc43e020000000e64303031313232333334343535363637373838393961"
    "6162626363646465656666007765622d31006469736b00646576696365007265"
    "67696f6e00657500757365640062797465730072656164730000627573790073"
    "65636f6e647300736461007364620001010506010307010809020a0b030c0102"
    "030401010101011d018080a0bbd29df1fa310d8090dfc04a01824000ffffffff"
    "ffffffff00000000000000e03f011600000000000000d03f0301020e01070106";

static const char version_1[] =
    "01497dc3c8020000000d437765622d31006469736b0064657669636500726567"
    "696f6e0065750075736564006279746573007265616473000062757379007365"
    "636f6e64730073646100736462000101040501030601070802090a030b010102"
    "0301010d018080a0bbd29df1fa310c8090dfc04a824000ffffffffffffffff00"
    "000000000000e03f011600000000000000d03f0301020d01070106";

static void
bytes_of(struct buf *to, const char *digits)
{
	for (; *digits != '\0'; digits += 2) {
		const char pair[] = { digits[0], digits[1], '\0' };

		buf_putc(to, (char)strtoul(pair, NULL, 16));
	}
}

static void
texts_are_in_a_chunk_once(void **state)
{
	const struct fettle_list *many[LISTS];
	struct buf b = { 0 };
	size_t found = 0;

	(void)state;
	for (size_t i = 0; i < LISTS; i++)
		many[i] = disks[i % 2];
	assert_int_equal(pack_lists(&b, many, LISTS, NULL, SIZE_MAX), LISTS);
	for (const char *p = b.data;
	     (p = memmem(p, b.len - (size_t)(p - b.data), "eu", 3)) != NULL;
	     p++)
		found++;
	assert_int_equal(found, 1);
	/* no list but the first of each has more than its numbers */
	assert_true(b.len < sizeof(version_2) / 2 + LISTS * 40);
	buf_free(&b);
}

/* If this fails the format has changed: PACK_VERSION is to be raised, and what
 * stands here becomes a test that the version before is read. */
static void
this_version_writes_these_bytes(void **state)
{
	struct buf b = { 0 }, wanted = { 0 };

	(void)state;
	bytes_of(&wanted, version_2);
	assert_int_equal(wanted.data[0], PACK_VERSION);
	assert_int_equal(pack_lists(&b, disks, 2, disks_via, SIZE_MAX), 2);
	assert_int_equal(b.len, wanted.len);
	assert_memory_equal(b.data, wanted.data, b.len);
	buf_free(&wanted);
	buf_free(&b);
}

static void
reads_disks(const char *version, bool with_via)
{
	struct unpacked u;
	struct buf b = { 0 };
	char why[128];

	bytes_of(&b, version);
	assert_int_equal(unpack(b.data, b.len, &u, why, sizeof(why)), 0);
	assert_int_equal(u.n, 2);
	for (size_t i = 0; i < 2; i++)
		assert_true(same_list(disks[i], u.lists[i]));
	assert_null(u.via[1]);
	if (with_via) {
		assert_int_equal(u.via[0]->n, 1);
		assert_string_equal(u.via[0]->queues[0], hub_queue);
	} else {
		assert_null(u.via[0]);
	}
	unpacked_free(&u);
	buf_free(&b);
}

static void
this_version_and_the_one_before_are_read(void **state)
{
	(void)state;
	reads_disks(version_2, true);
	reads_disks(version_1, false);
}

static void
the_version_before_has_no_flags_of_this_one(void **state)
{
	struct buf b = { 0 };
	struct unpacked u;
	char why[128];
	uint32_t sum;

	(void)state;
	bytes_of(&b, version_1);
	assert_int_equal(b.data[0], PACK_VERSION - 1);
	/* the flags of the first list: it went through a hub, it says */
	assert_int_equal(b.data[99], 0x0d);
	b.data[99] |= 0x10;
	sum = crc32c(crc32c(0, b.data, 1), b.data + 5, b.len - 5);
	sum = htole32(sum);
	memcpy(b.data + 1, &sum, sizeof(sum));
	assert_int_equal(
	    unpack(b.data, b.len, &u, why, sizeof(why)), -EBADMSG);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_in_a_chunk_once),
		cmocka_unit_test(this_version_writes_these_bytes),
		cmocka_unit_test(this_version_and_the_one_before_are_read),
		cmocka_unit_test(the_version_before_has_no_flags_of_this_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
