/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake_ctx.h"
#include "proc_root.h"
#include "read/diskio/diskstats.h"

extern const struct fettle_plugin diskio_LTX_fettle_plugin;
static const struct fettle_plugin *const plugin = &diskio_LTX_fettle_plugin;

#define SECOND INT64_C(1000000000)

static struct fettle_ctx *
begin(const char *options)
{
	return proc_begin(plugin, "diskio", options);
}

static struct fettle_ctx *
opened(const char *options, const char *fixture)
{
	struct fettle_ctx *ctx = begin(options);

	proc_put_fixture(ctx->proc, "diskstats", fixture);
	assert_int_equal(plugin->open(ctx), 0);
	assert_int_equal(ctx->lists.n, 0);
	return ctx;
}

static void
next(struct fettle_ctx *ctx, const char *fixture)
{
	proc_put_fixture(ctx->proc, "diskstats", fixture);
	assert_int_equal(fake_read(ctx, 10 * SECOND), 0);
}

static void
put_name(struct fettle_ctx *ctx, const char *device, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "block/%s/dm/name", device);
	proc_put(ctx->sys, path, name, strlen(name));
}

/* What is of the time between two readings, and not of one. */
static const char *const gauges[] = { "percent", "queue", "wait", "read_wait",
	"write_wait" };

static void
check_no_gauges(const struct fettle_ctx *ctx, const char *device)
{
	for (size_t i = 0; i < sizeof(gauges) / sizeof *gauges; i++)
		assert_false(fake_has(ctx, device, gauges[i]));
	assert_true(fake_has(ctx, device, "read_bytes"));
}

static void
counters_are_the_kernels_in_bytes_and_seconds(void **state)
{
	struct fettle_ctx *ctx = opened("", "diskio/linux-6.1.1");

	(void)state;
	next(ctx, "diskio/linux-6.1.2");
	fake_check(ctx, "nvme0n1", "read_bytes", 512.0 * 40080000);
	fake_check(ctx, "nvme0n1", "read_ops", 501000);
	fake_check(ctx, "nvme0n1", "read_time", 90.25);
	fake_check(ctx, "nvme0n1", "write_bytes", 512.0 * 90120000);
	fake_check(ctx, "nvme0n1", "write_ops", 1501500);
	fake_check(ctx, "nvme0n1", "write_time", 301.25);
	fake_check(ctx, "nvme0n1", "discard_bytes", 512.0 * 2400000);
	fake_check(ctx, "nvme0n1", "discard_ops", 120);
	fake_check(ctx, "nvme0n1", "discard_time", 0.6);
	fake_check(ctx, "nvme0n1", "flush_ops", 7010);
	fake_check(ctx, "nvme0n1", "flush_time", 4.03);
	fake_check(ctx, "nvme0n1", "in_flight", 2);
	proc_end(ctx, true);
}

static void
shares_and_waits_are_of_the_time_that_has_passed(void **state)
{
	struct fettle_ctx *ctx = opened("", "diskio/linux-6.1.1");

	(void)state;
	proc_put_fixture(ctx->proc, "diskstats", "diskio/linux-6.1.2");
	/* not the 10 s of the interval */
	assert_int_equal(fake_read(ctx, 25 * SECOND / 2), 0);
	fake_check(ctx, "nvme0n1", "percent", 100 * 2.5 / 12.5);
	fake_check(ctx, "nvme0n1", "queue", 1.5 / 12.5);
	fake_check(ctx, "nvme0n1", "read_wait", 0.250 / 1000);
	fake_check(ctx, "nvme0n1", "write_wait", 1.250 / 1500);
	fake_check(ctx, "nvme0n1", "wait", (0.250 + 1.250 + 0.1) / 2520);
	proc_end(ctx, true);
}

static void
where_nothing_was_done_there_is_no_wait(void **state)
{
	struct fettle_ctx *ctx = opened("", "diskio/linux-6.1.1");

	(void)state;
	next(ctx, "diskio/linux-6.1.2");
	fake_check(ctx, "nvme1n1", "percent", 0);
	fake_check(ctx, "nvme1n1", "queue", 0);
	assert_false(fake_has(ctx, "nvme1n1", "wait"));
	assert_false(fake_has(ctx, "nvme1n1", "read_wait"));
	assert_false(fake_has(ctx, "nvme1n1", "write_wait"));
	proc_end(ctx, true);
}

static void
a_disk_that_was_never_used_is_reported(void **state)
{
	struct fettle_ctx *ctx = opened("", "diskio/linux-6.1.1");

	(void)state;
	next(ctx, "diskio/linux-6.1.2");
	fake_check(ctx, "sdb", "read_ops", 0);
	fake_check(ctx, "sdb", "read_time", 0);
	fake_check(ctx, "sdb", "percent", 0);
	proc_end(ctx, true);
}

static void
whole_disks_are_reported(void **state)
{
	struct fettle_ctx *ctx = opened("", "diskio/linux-6.1.1");

	(void)state;
	next(ctx, "diskio/linux-6.1.2");
	fake_instances(ctx, "nvme0n1 nvme1n1 sda sdb md127 dm-0 dm-1 ");
	proc_end(ctx, true);
}

static void
partitions_are_told_from_devices_whose_names_end_with_digits(void **state)
{
	struct fettle_ctx *ctx = opened("", "diskio/linux-4.19");

	(void)state;
	next(ctx, "diskio/linux-4.19");
	fake_instances(
	    ctx, "mmcblk0 mmcblk0boot0 nbd0 zd0 bcache0 cciss/c0d0 xvda1 ");
	proc_end(ctx, true);
}

static void
columns_an_old_kernel_lacks_have_no_value(void **state)
{
	static const char *const discards[] = { "discard_bytes", "discard_ops",
		"discard_time" };
	struct fettle_ctx *ctx = opened("", "diskio/linux-2.6.32.1");

	(void)state;
	next(ctx, "diskio/linux-2.6.32.2");
	fake_instances(ctx, "sda dm-0 dm-1 ");
	fake_check(ctx, "sda", "percent", 25);
	fake_check(ctx, "sda", "queue", 0.5);
	fake_check(ctx, "sda", "wait", 0.025);
	fake_check(ctx, "sda", "read_wait", 0.010);
	fake_check(ctx, "sda", "write_wait", 0.040);
	fake_check(ctx, "sda", "in_flight", 3);
	for (size_t i = 0; i < 3; i++)
		assert_false(fake_has(ctx, "sda", discards[i]));
	assert_false(fake_has(ctx, "sda", "flush_ops"));
	proc_end(ctx, true);

	/* what came first has all columns: nothing of it is left */
	ctx = opened("include: [nvme0n1, sda]", "diskio/linux-6.1.1");
	proc_put_fixture(ctx->proc, "diskstats", "diskio/linux-2.6.32.1");
	assert_int_equal(fake_read(ctx, 10 * SECOND), 0);
	assert_false(fake_has(ctx, "sda", "discard_ops"));
	assert_false(fake_has(ctx, "sda", "flush_time"));
	proc_end(ctx, true);

	ctx = opened("", "diskio/linux-4.19");
	next(ctx, "diskio/linux-4.19");
	fake_check(ctx, "mmcblk0", "discard_bytes", 512.0 * 40960);
	assert_false(fake_has(ctx, "mmcblk0", "flush_ops"));
	proc_end(ctx, true);
}

static void
short_lines_of_old_partitions_are_left_out(void **state)
{
	struct fettle_ctx *ctx =
	    opened("include: ['*']", "diskio/linux-2.6.18");

	(void)state;
	next(ctx, "diskio/linux-2.6.18");
	fake_instances(ctx, "hda sda ");
	proc_end(ctx, true);
}

static void
what_is_included_is_reported_whatever_it_is(void **state)
{
	struct fettle_ctx *ctx =
	    opened("{include: [loop0, 'nvme0n1*'], exclude: '*p1'}",
		"diskio/linux-6.1.1");

	(void)state;
	next(ctx, "diskio/linux-6.1.2");
	fake_instances(ctx, "nvme0n1 nvme0n1p2 loop0 ");
	proc_end(ctx, true);
}

static void
what_is_excluded_is_left_out(void **state)
{
	struct fettle_ctx *ctx =
	    opened("exclude: [dm-*, sd?]", "diskio/linux-6.1.1");

	(void)state;
	next(ctx, "diskio/linux-6.1.2");
	fake_instances(ctx, "nvme0n1 nvme1n1 md127 ");
	proc_end(ctx, true);
}

static void
a_mapped_device_has_the_name_that_people_know(void **state)
{
	struct fettle_ctx *ctx = begin("");
	const struct fake_list *l;

	(void)state;
	put_name(ctx, "dm-0", "vg0-var\\x20log\n");
	proc_put_fixture(ctx->proc, "diskstats", "diskio/linux-6.1.1");
	assert_int_equal(plugin->open(ctx), 0);
	next(ctx, "diskio/linux-6.1.2");
	l = fake_find(ctx, "dm-0");
	assert_non_null(l);
	assert_int_equal(l->n_tags, 1);
	assert_string_equal(l->tags[0].key, "name");
	assert_string_equal(l->tags[0].value, "vg0-var\\x20log");
	assert_int_equal(l->n, plugin->fields.n);
	fake_check(ctx, "dm-0", "percent", 30);
	assert_int_equal(fake_find(ctx, "dm-1")->n_tags, 0);
	assert_int_equal(fake_find(ctx, "sda")->n_tags, 0);
	proc_end(ctx, true);
}

static void
a_mapped_device_is_selected_by_either_name(void **state)
{
	static const char *const options[] = { "include: vg0-*",
		"include: dm-0", "exclude: [vg0-*, '[mns]*', dm-1]",
		"{include: dm-*, exclude: dm-1}" };
	struct fettle_ctx *ctx;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		ctx = begin(options[i]);
		put_name(ctx, "dm-0", "vg0-home\n");
		proc_put_fixture(ctx->proc, "diskstats", "diskio/linux-6.1.1");
		assert_int_equal(plugin->open(ctx), 0);
		next(ctx, "diskio/linux-6.1.2");
		fake_instances(ctx, i == 2 ? "" : "dm-0 ");
		proc_end(ctx, true);
	}
}

static void
a_mapped_device_may_be_renamed(void **state)
{
	struct fettle_ctx *ctx = begin("");

	(void)state;
	put_name(ctx, "dm-0", "old\n");
	proc_put_fixture(ctx->proc, "diskstats", "diskio/linux-6.1.1");
	assert_int_equal(plugin->open(ctx), 0);
	put_name(ctx, "dm-0", "new\n");
	assert_int_equal(fake_read(ctx, 59 * SECOND), 0);
	assert_string_equal(fake_find(ctx, "dm-0")->tags[0].value, "old");
	assert_int_equal(fake_read(ctx, 1 * SECOND), 0);
	assert_string_equal(fake_find(ctx, "dm-0")->tags[0].value, "new");
	assert_true(fake_has(ctx, "dm-0", "percent"));
	proc_end(ctx, true);
}

/* What it did before that is no share of the last interval. */
static void
a_device_renamed_to_one_that_is_wanted_does_not_spike(void **state)
{
	struct fettle_ctx *ctx = begin("include: data-*");

	(void)state;
	put_name(ctx, "dm-0", "old\n");
	proc_put_fixture(ctx->proc, "diskstats", "diskio/linux-6.1.1");
	assert_int_equal(plugin->open(ctx), 0);
	put_name(ctx, "dm-0", "data-1\n");
	assert_int_equal(fake_read(ctx, 60 * SECOND), 0);
	fake_instances(ctx, "dm-0 ");
	fake_check(ctx, "dm-0", "read_ops", 880000);
	check_no_gauges(ctx, "dm-0");
	next(ctx, "diskio/linux-6.1.2");
	fake_check(ctx, "dm-0", "percent", 30);
	proc_end(ctx, true);
}

static void
times_that_are_not_measured_are_no_zeros(void **state)
{
	struct fettle_ctx *ctx = opened("", "diskio/linux-6.1.1");

	(void)state;
	next(ctx, "diskio/linux-6.1.2");
	check_no_gauges(ctx, "md127");
	fake_check(ctx, "md127", "write_ops", 2901500);
	assert_false(fake_has(ctx, "md127", "read_time"));
	assert_false(fake_has(ctx, "md127", "write_time"));
	proc_end(ctx, true);
}

static void
a_disk_that_went_and_came_back_does_not_spike(void **state)
{
	struct fettle_ctx *ctx = opened("", "diskio/hotplug.1");

	(void)state;
	next(ctx, "diskio/hotplug.2");
	fake_instances(ctx, "sda sdc ");
	fake_check(ctx, "sda", "percent", 0.5);
	next(ctx, "diskio/hotplug.3");
	fake_instances(ctx, "sda sdc sdb ");
	check_no_gauges(ctx, "sdb");
	fake_check(ctx, "sdc", "percent", 0.5);
	next(ctx, "diskio/hotplug.4");
	fake_check(ctx, "sdb", "percent", 1);
	fake_check(ctx, "sdb", "wait", 0.01);
	fake_check(ctx, "sda", "percent", 0.5);
	proc_end(ctx, true);
}

static void
another_disk_of_the_same_name_is_not_compared(void **state)
{
	static const char before[] =
	    "   8      16 sdb 10 0 80 10 10 0 80 10 0 10 20\n";
	static const char after[] =
	    "  65      16 sdb 90 0 720 9000 90 0 720 9000 0 9000 9000\n";
	struct fettle_ctx *ctx = begin("");

	(void)state;
	proc_put(ctx->proc, "diskstats", before, strlen(before));
	assert_int_equal(plugin->open(ctx), 0);
	proc_put(ctx->proc, "diskstats", after, strlen(after));
	assert_int_equal(fake_read(ctx, 10 * SECOND), 0);
	check_no_gauges(ctx, "sdb");
	proc_end(ctx, true);
}

static void
counters_that_begin_anew_are_no_measure(void **state)
{
	struct fettle_ctx *ctx = opened("", "diskio/reset.1");

	(void)state;
	next(ctx, "diskio/reset.2");
	check_no_gauges(ctx, "sda");
	fake_check(ctx, "sda", "read_ops", 50);
	fake_check(ctx, "sda", "read_time", 0.09);
	next(ctx, "diskio/reset.3");
	fake_check(ctx, "sda", "percent", 10);
	fake_check(ctx, "sda", "read_wait", 0.001);
	proc_end(ctx, true);
}

static void
times_that_run_over_go_on(void **state)
{
	struct fettle_ctx *ctx = opened("", "diskio/wrap.1");

	(void)state;
	for (int i = 2; i <= 3; i++) {
		next(ctx, i == 2 ? "diskio/wrap.2" : "diskio/wrap.3");
		fake_check(ctx, "sda", "percent", i == 2 ? 20 : 10);
		fake_check(ctx, "sda", "queue", 1);
		fake_check(ctx, "sda", "read_wait", 0.01);
		fake_check(ctx, "sda", "write_wait", 0.01);
		fake_check(ctx, "sda", "read_time", 4294967.296 + 1 * i - 1.5);
		fake_check(ctx, "sda", "discard_time", 4294967.290);
		fake_check(ctx, "sda", "flush_time", 4294967.2 + 0.1 * i);
	}
	proc_end(ctx, true);
}

/* A fall of more than half of what the kernel counts to is a run over, one of
 * less a reset. */
static void
a_time_that_falls_a_little_has_begun_anew(void **state)
{
	static const struct {
		uint32_t was, is;
		bool anew;
	} falls[] = { { 4000000000, 1852516353, true },
		{ 4000000000, 1852516351, false } };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct diskstats d = { .n = DISKSTATS_N };
		uint64_t was[DISKSTATS_N] = { 0 };

		was[DISKSTATS_READ_MS] = falls[i].was;
		d.v[DISKSTATS_READ_MS] = falls[i].is;
		assert_int_equal(diskstats_follow(was, &d), !falls[i].anew);
	}
}

static void
busy_is_at_most_all_the_time(void **state)
{
	struct fettle_ctx *ctx = opened("", "diskio/busy.1");

	(void)state;
	next(ctx, "diskio/busy.2");
	fake_check(ctx, "sda", "percent", 100);
	proc_end(ctx, true);
}

static void
less_than_nothing_in_flight_is_no_value(void **state)
{
	struct fettle_ctx *ctx = opened("", "diskio/busy.1");

	(void)state;
	assert_int_equal(fake_read(ctx, 10 * SECOND), 0);
	assert_false(fake_has(ctx, "sda", "in_flight"));
	assert_false(fake_has(ctx, "sdb", "in_flight"));
	next(ctx, "diskio/busy.2");
	fake_check(ctx, "sda", "in_flight", 0);
	assert_false(fake_has(ctx, "sdb", "in_flight"));
	proc_end(ctx, true);
}

static void
a_reading_that_comes_too_soon_waits_for_the_next(void **state)
{
	struct fettle_ctx *ctx = opened("", "diskio/hotplug.1");

	(void)state;
	proc_put_fixture(ctx->proc, "diskstats", "diskio/hotplug.2");
	assert_int_equal(fake_read(ctx, SECOND / 20 - 1), 0);
	check_no_gauges(ctx, "sda");
	fake_check(ctx, "sda", "read_ops", 1100);
	assert_int_equal(fake_read(ctx, 1), 0);
	fake_check(ctx, "sda", "percent", 100);
	proc_end(ctx, true);
}

/* Three more a reading, of which one goes. */
static void
there_may_be_any_number_of_disks(void **state)
{
	struct fettle_ctx *ctx = begin("");
	struct buf b = { 0 };
	char last[16];

	(void)state;
	for (unsigned turn = 0; turn < 6; turn++) {
		const size_t n = 1000 + 3 * turn;

		buf_clear(&b);
		for (size_t i = turn; i < n; i++)
			buf_printf(&b,
			    "%4zu %7zu dm-%zu %u 0 0 0 0 0 0 0 0 %zu 0\n",
			    i / 256, i % 256, i, 1 + turn,
			    100 * (turn + 1) * (i % 100));
		proc_put(ctx->proc, "diskstats", b.data, b.len);
		if (turn == 0) {
			assert_int_equal(plugin->open(ctx), 0);
			continue;
		}
		assert_int_equal(fake_read(ctx, 10 * SECOND), 0);
		assert_int_equal(ctx->lists.n, n - turn);
		fake_check(ctx, "dm-5", "percent", 5);
		fake_check(ctx, "dm-999", "percent", 99);
		snprintf(last, sizeof(last), "dm-%zu", n - 1);
		check_no_gauges(ctx, last);
	}
	buf_free(&b);
	proc_end(ctx, true);
}

static void
a_device_that_is_there_twice_counts_once(void **state)
{
	static const char twice[] =
	    "   8       0 sda 10 0 80 10 10 0 80 10 0 10 20\n"
	    "   8       0 sda 90 0 80 10 10 0 80 10 0 10 20\n";
	struct fettle_ctx *ctx = begin("");

	(void)state;
	proc_put(ctx->proc, "diskstats", twice, strlen(twice));
	assert_int_equal(plugin->open(ctx), 0);
	assert_int_equal(fake_read(ctx, 10 * SECOND), 0);
	fake_instances(ctx, "sda ");
	proc_end(ctx, true);
}

static void
whole_lines_count_where_the_file_is_cut_short(void **state)
{
	struct fettle_ctx *ctx = opened("", "diskio/cut-short");

	(void)state;
	assert_int_equal(fake_read(ctx, 10 * SECOND), 0);
	fake_instances(ctx, "sda ");
	proc_end(ctx, true);
}

static void
a_machine_may_have_no_disk(void **state)
{
	struct fettle_ctx *ctx = opened("", "diskio/empty");

	(void)state;
	assert_int_equal(fake_read(ctx, 10 * SECOND), 0);
	assert_int_equal(ctx->lists.n, 0);
	next(ctx, "diskio/hotplug.1");
	check_no_gauges(ctx, "sda");
	proc_end(ctx, true);
}

static void
a_file_that_is_none_fails_and_heals(void **state)
{
	static const char *const bad[] = { "diskio/cut-at-once",
		"diskio/no-device" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct fettle_ctx *ctx = opened("", "diskio/hotplug.3");

		proc_put_fixture(ctx->proc, "diskstats", bad[i]);
		assert_int_equal(fake_read(ctx, 10 * SECOND), -ENODATA);
		assert_string_equal(
		    ctx->reason, "find a device in /proc/diskstats");
		assert_int_equal(ctx->lists.n, 0);
		next(ctx, "diskio/hotplug.3");
		check_no_gauges(ctx, "sdb");
		next(ctx, "diskio/hotplug.4");
		fake_check(ctx, "sdb", "percent", 1);
		proc_end(ctx, true);
	}
}

static void
open_fails_where_there_is_nothing_to_read(void **state)
{
	struct fettle_ctx *ctx = begin("");
	char path[512];

	(void)state;
	assert_int_equal(plugin->open(ctx), -ENOENT);
	assert_string_equal(ctx->reason, "open /proc/diskstats");
	snprintf(path, sizeof(path), "%s/diskstats", ctx->proc);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(plugin->open(ctx), -EISDIR);
	assert_string_equal(ctx->reason, "read /proc/diskstats");
	assert_int_equal(rmdir(path), 0);
	proc_end(ctx, false);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    counters_are_the_kernels_in_bytes_and_seconds),
		cmocka_unit_test(
		    shares_and_waits_are_of_the_time_that_has_passed),
		cmocka_unit_test(where_nothing_was_done_there_is_no_wait),
		cmocka_unit_test(a_disk_that_was_never_used_is_reported),
		cmocka_unit_test(whole_disks_are_reported),
		cmocka_unit_test(
		    partitions_are_told_from_devices_whose_names_end_with_digits),
		cmocka_unit_test(columns_an_old_kernel_lacks_have_no_value),
		cmocka_unit_test(short_lines_of_old_partitions_are_left_out),
		cmocka_unit_test(what_is_included_is_reported_whatever_it_is),
		cmocka_unit_test(what_is_excluded_is_left_out),
		cmocka_unit_test(
		    a_mapped_device_has_the_name_that_people_know),
		cmocka_unit_test(a_mapped_device_is_selected_by_either_name),
		cmocka_unit_test(a_mapped_device_may_be_renamed),
		cmocka_unit_test(
		    a_device_renamed_to_one_that_is_wanted_does_not_spike),
		cmocka_unit_test(times_that_are_not_measured_are_no_zeros),
		cmocka_unit_test(
		    a_disk_that_went_and_came_back_does_not_spike),
		cmocka_unit_test(
		    another_disk_of_the_same_name_is_not_compared),
		cmocka_unit_test(counters_that_begin_anew_are_no_measure),
		cmocka_unit_test(times_that_run_over_go_on),
		cmocka_unit_test(a_time_that_falls_a_little_has_begun_anew),
		cmocka_unit_test(busy_is_at_most_all_the_time),
		cmocka_unit_test(less_than_nothing_in_flight_is_no_value),
		cmocka_unit_test(
		    a_reading_that_comes_too_soon_waits_for_the_next),
		cmocka_unit_test(there_may_be_any_number_of_disks),
		cmocka_unit_test(a_device_that_is_there_twice_counts_once),
		cmocka_unit_test(
		    whole_lines_count_where_the_file_is_cut_short),
		cmocka_unit_test(a_machine_may_have_no_disk),
		cmocka_unit_test(a_file_that_is_none_fails_and_heals),
		cmocka_unit_test(open_fails_where_there_is_nothing_to_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
