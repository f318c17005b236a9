/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "fake_ctx.h"
#include "fake_netlink.h"
#include "proc_root.h"

extern const struct fettle_plugin network_LTX_fettle_plugin;
static const struct fettle_plugin *const plugin = &network_LTX_fettle_plugin;

#define SECOND INT64_C(1000000000)

static struct fettle_ctx *
begin(const char *options)
{
	struct fettle_ctx *ctx = proc_begin(plugin, "network", options);

	proc_put(ctx->sys, "class/net/bonding_masters", "\n", 1);
	return ctx;
}

static void
end(struct fettle_ctx *ctx, bool opened)
{
	proc_end(ctx, opened);
	fake_netlink_fini();
}

static void
put_text(struct fettle_ctx *ctx, const char *fixture)
{
	proc_put_fixture(ctx->proc, "net/dev", fixture);
}

/* An attribute of an interface below /sys. */
static void
put(struct fettle_ctx *ctx, const char *interface, const char *attribute,
    const char *text)
{
	char path[80];

	snprintf(path, sizeof(path), "class/net/%s/%s", interface, attribute);
	proc_put(ctx->sys, path, text, strlen(text));
}

static struct fettle_ctx *
opened(const char *options, const char *fixture)
{
	struct fettle_ctx *ctx = begin(options);

	put_text(ctx, fixture);
	assert_int_equal(plugin->open(ctx), 0);
	assert_int_equal(ctx->lists.n, 0);
	return ctx;
}

static void
next(struct fettle_ctx *ctx, const char *fixture)
{
	put_text(ctx, fixture);
	assert_int_equal(fake_read(ctx, 10 * SECOND), 0);
}

static void
check_no_shares(const struct fettle_ctx *ctx, const char *interface)
{
	assert_false(fake_has(ctx, interface, "rx_percent"));
	assert_false(fake_has(ctx, interface, "tx_percent"));
	assert_true(fake_has(ctx, interface, "rx_bytes"));
}

/* --- /proc/net/dev ------------------------------------------------------- */

static void
counters_are_the_kernels(void **state)
{
	struct fettle_ctx *ctx = opened("", "network/linux-6.1");

	(void)state;
	next(ctx, "network/linux-6.1");
	fake_check(ctx, "eth0", "rx_bytes", 80123456789012);
	fake_check(ctx, "eth0", "rx_packets", 70123456789);
	fake_check(ctx, "eth0", "rx_errors", 11);
	fake_check(ctx, "eth0", "rx_dropped", 22);
	fake_check(ctx, "eth0", "rx_multicast", 6600);
	fake_check(ctx, "eth0", "tx_bytes", 90123456789012);
	fake_check(ctx, "eth0", "tx_packets", 60123456789);
	fake_check(ctx, "eth0", "tx_errors", 77);
	fake_check(ctx, "eth0", "tx_dropped", 88);
	end(ctx, true);
}

static void
numbers_may_follow_the_name_without_a_space(void **state)
{
	struct fettle_ctx *ctx = opened("", "network/linux-2.6.32");

	(void)state;
	next(ctx, "network/linux-2.6.32");
	fake_instances(ctx, "eth0 eth1 ");
	fake_check(ctx, "eth0", "rx_bytes", 4294967295);
	fake_check(ctx, "eth0", "rx_packets", 2147483647);
	fake_check(ctx, "eth0", "rx_dropped", 2);
	fake_check(ctx, "eth0", "tx_bytes", 3294967295);
	fake_check(ctx, "eth0", "tx_dropped", 8);
	end(ctx, true);
}

static void
what_leads_nowhere_is_left_out(void **state)
{
	struct fettle_ctx *ctx = opened("", "network/linux-6.1");

	(void)state;
	next(ctx, "network/linux-6.1");
	fake_instances(ctx, "eth0 wlp0s20f3 docker0 br-5f3a2c41d0b7 wg0 ");
	end(ctx, true);
}

static void
what_is_included_is_reported_whatever_it_is(void **state)
{
	struct fettle_ctx *ctx = opened(
	    "{include: [lo, veth*, e*], exclude: eth1}", "network/linux-6.1");

	(void)state;
	next(ctx, "network/linux-6.1");
	fake_instances(ctx, "lo eth0 veth1a2b3c4 ");
	fake_check(ctx, "lo", "rx_dropped", 1098);
	end(ctx, true);
}

static void
what_is_excluded_is_left_out(void **state)
{
	struct fettle_ctx *ctx =
	    opened("exclude: [docker0, br-*]", "network/linux-6.1");

	(void)state;
	next(ctx, "network/linux-6.1");
	fake_instances(ctx, "eth0 wlp0s20f3 wg0 ");
	end(ctx, true);
}

static void
without_sys_there_is_no_state(void **state)
{
	struct fettle_ctx *ctx = opened("", "network/hotplug.1");

	(void)state;
	next(ctx, "network/hotplug.2");
	assert_false(fake_has(ctx, "eth0", "up"));
	assert_false(fake_has(ctx, "eth0", "speed"));
	assert_false(fake_has(ctx, "eth0", "carrier_changes"));
	check_no_shares(ctx, "eth0");
	end(ctx, true);
}

static void
the_state_of_an_interface_comes_from_sys(void **state)
{
	static const struct {
		const char *operstate;
		double up;
	} states[] = { { "up\n", 1 }, { "unknown\n", 1 }, { "down\n", 0 },
		{ "lowerlayerdown\n", 0 }, { "dormant\n", 0 },
		{ "notpresent\n", 0 } };
	struct fettle_ctx *ctx = opened("", "network/hotplug.1");

	(void)state;
	put(ctx, "eth0", "carrier_changes", "17\n");
	for (size_t i = 0; i < sizeof(states) / sizeof *states; i++) {
		put(ctx, "eth0", "operstate", states[i].operstate);
		assert_int_equal(fake_read(ctx, 10 * SECOND), 0);
		fake_check(ctx, "eth0", "up", states[i].up);
		fake_check(ctx, "eth0", "carrier_changes", 17);
		assert_false(fake_has(ctx, "eth1", "up"));
	}
	end(ctx, true);
}

static struct fettle_ctx *
opened_with_speed(const char *speed)
{
	struct fettle_ctx *ctx = begin("");

	put(ctx, "eth0", "speed", speed);
	put(ctx, "eth1", "speed", speed);
	put_text(ctx, "network/hotplug.1");
	assert_int_equal(plugin->open(ctx), 0);
	return ctx;
}

static void
shares_are_of_the_time_that_has_passed(void **state)
{
	struct fettle_ctx *ctx = opened_with_speed("1000\n");

	(void)state;
	put_text(ctx, "network/hotplug.2");
	/* not the 10 s of the interval */
	assert_int_equal(fake_read(ctx, 20 * SECOND), 0);
	fake_check(ctx, "eth0", "speed", 125e6);
	fake_check(ctx, "eth0", "rx_percent", 0.5);
	fake_check(ctx, "eth0", "tx_percent", 5);
	end(ctx, true);
}

static void
a_share_is_at_most_all_of_it(void **state)
{
	struct fettle_ctx *ctx = opened_with_speed("10\n");

	(void)state;
	next(ctx, "network/hotplug.2");
	fake_check(ctx, "eth0", "rx_percent", 100);
	fake_check(ctx, "eth0", "tx_percent", 100);
	end(ctx, true);
}

static void
a_speed_that_nobody_knows_is_none(void **state)
{
	static const char *const unknown[] = { "-1\n", "4294967295\n", "0\n",
		"", "Unknown!\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(unknown) / sizeof *unknown; i++) {
		struct fettle_ctx *ctx = opened_with_speed(unknown[i]);

		next(ctx, "network/hotplug.2");
		assert_false(fake_has(ctx, "eth0", "speed"));
		check_no_shares(ctx, "eth0");
		end(ctx, true);
	}
}

static void
a_speed_is_looked_up_once_a_minute(void **state)
{
	struct fettle_ctx *ctx = opened_with_speed("1000\n");

	(void)state;
	put(ctx, "eth0", "speed", "100\n");
	assert_int_equal(fake_read(ctx, 59 * SECOND), 0);
	fake_check(ctx, "eth0", "speed", 125e6);
	assert_int_equal(fake_read(ctx, 1 * SECOND), 0);
	fake_check(ctx, "eth0", "speed", 12.5e6);
	put(ctx, "eth0", "speed", "10\n");
	put(ctx, "eth0", "carrier_changes", "2\n");
	assert_int_equal(fake_read(ctx, 1 * SECOND), 0);
	fake_check(ctx, "eth0", "speed", 1.25e6);
	end(ctx, true);
}

static void
a_reading_that_comes_too_soon_waits_for_the_next(void **state)
{
	struct fettle_ctx *ctx = opened_with_speed("1000\n");

	(void)state;
	put_text(ctx, "network/hotplug.2");
	assert_int_equal(fake_read(ctx, SECOND / 20 - 1), 0);
	check_no_shares(ctx, "eth0");
	fake_check(ctx, "eth0", "rx_bytes", 13500000);
	assert_int_equal(fake_read(ctx, 1), 0);
	fake_check(ctx, "eth0", "rx_percent", 100);
	end(ctx, true);
}

static void
an_interface_that_went_and_came_back_does_not_spike(void **state)
{
	struct fettle_ctx *ctx = opened_with_speed("1000\n");

	(void)state;
	next(ctx, "network/hotplug.2");
	fake_instances(ctx, "eth0 ");
	next(ctx, "network/hotplug.3");
	check_no_shares(ctx, "eth1");
	fake_check(ctx, "eth0", "tx_percent", 10);
	next(ctx, "network/hotplug.4");
	fake_check(ctx, "eth1", "rx_percent", 1);
	fake_check(ctx, "eth1", "tx_percent", 0);
	end(ctx, true);
}

static void
counters_that_begin_anew_are_no_measure(void **state)
{
	struct fettle_ctx *ctx = opened_with_speed("1000\n");

	(void)state;
	next(ctx, "network/hotplug.4");
	next(ctx, "network/reset");
	check_no_shares(ctx, "eth0");
	fake_check(ctx, "eth0", "rx_bytes", 500);
	fake_check(ctx, "eth1", "rx_percent", 0);
	next(ctx, "network/hotplug.1");
	fake_check(ctx, "eth0", "rx_percent", 100.0 * 999500 / 1.25e9);
	end(ctx, true);
}

static void
whole_lines_count_where_the_file_is_cut_short(void **state)
{
	struct fettle_ctx *ctx = opened("", "network/cut-short");

	(void)state;
	assert_int_equal(fake_read(ctx, 10 * SECOND), 0);
	fake_instances(ctx, "eth0 ");
	end(ctx, true);
}

static void
lines_that_are_none_are_left_out(void **state)
{
	static const char odd[] =
	    "  eth0: 1 2 3 4 5 6 7 8 9 10 11\n"
	    "  eth1: 1 2 3 4 5 6 7 8 9 10 11 -12 13 14 15 16\n"
	    " a-name-of-sixteen: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"
	    ": 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"
	    "  e:x0:1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"
	    "  eth2:1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"
	    "  eth2:9 9 9 9 9 9 9 9 9 10 11 12 13 14 15 16\n";
	struct fettle_ctx *ctx = begin("");

	(void)state;
	proc_put(ctx->proc, "net/dev", odd, strlen(odd));
	assert_int_equal(plugin->open(ctx), 0);
	assert_int_equal(fake_read(ctx, 10 * SECOND), 0);
	fake_instances(ctx, "e:x0 eth2 ");
	fake_check(ctx, "eth2", "rx_bytes", 1);
	end(ctx, true);
}

static void
a_name_leads_nowhere_else_in_sys(void **state)
{
	static const char odd[] =
	    "..: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"
	    "../eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n";
	struct fettle_ctx *ctx = begin("");

	(void)state;
	proc_put(ctx->sys, "class/speed", "1000\n", 5);
	proc_put(ctx->sys, "class/eth0/speed", "1000\n", 5);
	proc_put(ctx->proc, "net/dev", odd, strlen(odd));
	assert_int_equal(plugin->open(ctx), 0);
	assert_int_equal(fake_read(ctx, 10 * SECOND), 0);
	assert_false(fake_has(ctx, "..", "speed"));
	assert_false(fake_has(ctx, "../eth0", "speed"));
	end(ctx, true);
}

static void
a_file_without_an_interface_fails_and_heals(void **state)
{
	static const char *const bad[] = { "network/no-interface",
		"network/cut-at-once" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct fettle_ctx *ctx = opened("", "network/hotplug.1");

		put_text(ctx, bad[i]);
		assert_int_equal(fake_read(ctx, 10 * SECOND), -ENODATA);
		assert_non_null(strstr(ctx->reason, "/proc/net/dev"));
		next(ctx, "network/hotplug.2");
		fake_instances(ctx, "eth0 ");
		end(ctx, true);
	}
}

static void
open_fails_where_there_is_nothing_to_read(void **state)
{
	struct fettle_ctx *ctx = begin("");

	(void)state;
	assert_int_equal(plugin->open(ctx), -ENOENT);
	assert_string_equal(ctx->reason, "open /proc/net/dev");
	put_text(ctx, "network/no-interface");
	assert_int_equal(plugin->open(ctx), -ENODATA);
	end(ctx, false);
}

/* --- rtnetlink ----------------------------------------------------------- */

#define RUNNING (IFF_UP | IFF_RUNNING)

/* An interface as newer kernels tell it; its counters are n and n + 1, n + 2
 * and so on. */
static void
answer(
    const char *name, int index, unsigned flags, const char *kind, uint64_t n)
{
	const struct ifinfomsg info = { .ifi_index = index,
		.ifi_flags = flags };
	const struct rtnl_link_stats64 stats = { .rx_bytes = n,
		.tx_bytes = n + 1,
		.rx_packets = n + 2,
		.tx_packets = n + 3,
		.rx_errors = n + 4,
		.tx_errors = n + 5,
		.rx_dropped = n + 6,
		.tx_dropped = n + 7,
		.multicast = n + 8,
		.rx_missed_errors = 1000 };
	struct {
		struct nlattr h;
		char kind[32];
	} link_info = { { 0, IFLA_INFO_KIND }, "" };
	const uint32_t changes = 5;

	fake_message(RTM_NEWLINK, &info, sizeof(info));
	fake_attr(IFLA_IFNAME, name, strlen(name) + 1);
	fake_attr(IFLA_ADDRESS, "\0\1\2\3\4\5", 6);
	fake_attr(IFLA_CARRIER_CHANGES, &changes, sizeof(changes));
	fake_attr(IFLA_STATS64, &stats, sizeof(stats));
	if (kind == NULL)
		return;
	link_info.h.nla_len = (uint16_t)(sizeof(link_info.h) + strlen(kind));
	memcpy(link_info.kind, kind, strlen(kind));
	fake_attr(
	    IFLA_LINKINFO | NLA_F_NESTED, &link_info, link_info.h.nla_len);
}

static void
forget_answer(void)
{
	buf_clear(&fake_netlink.answer);
}

static struct fettle_ctx *
opened_by_netlink(const char *options)
{
	struct fettle_ctx *ctx = begin(options);

	fake_netlink.fits = true;
	put_text(ctx, "network/no-interface");
	put(ctx, "eth0", "speed", "1000\n");
	assert_int_equal(plugin->open(ctx), 0);
	assert_int_equal(ctx->lists.n, 0);
	return ctx;
}

static void
rtnetlink_has_the_same_counters(void **state)
{
	const uint64_t n = UINT64_C(5) << 40;
	struct fettle_ctx *ctx;

	(void)state;
	answer("eth0", 2, RUNNING, NULL, n);
	fake_done(0);
	ctx = opened_by_netlink("");
	assert_int_equal(fake_read(ctx, 10 * SECOND), 0);
	assert_int_equal(fake_netlink.type, RTM_GETLINK);
	fake_check(ctx, "eth0", "rx_bytes", (double)n);
	fake_check(ctx, "eth0", "tx_bytes", (double)n + 1);
	fake_check(ctx, "eth0", "rx_packets", (double)n + 2);
	fake_check(ctx, "eth0", "tx_packets", (double)n + 3);
	fake_check(ctx, "eth0", "rx_errors", (double)n + 4);
	fake_check(ctx, "eth0", "tx_errors", (double)n + 5);
	fake_check(ctx, "eth0", "rx_dropped", (double)n + 1006);
	fake_check(ctx, "eth0", "tx_dropped", (double)n + 7);
	fake_check(ctx, "eth0", "rx_multicast", (double)n + 8);
	fake_check(ctx, "eth0", "carrier_changes", 5);
	fake_check(ctx, "eth0", "rx_percent", 0);
	forget_answer();
	answer("eth0", 2, RUNNING, NULL, n + 125000000);
	fake_done(0);
	assert_int_equal(fake_read(ctx, 10 * SECOND), 0);
	fake_check(ctx, "eth0", "rx_percent", 10);
	end(ctx, true);
}

static void
an_interface_is_up_where_it_is_set_up_and_can_carry(void **state)
{
	struct fettle_ctx *ctx;

	(void)state;
	answer("eth0", 2, RUNNING, NULL, 0);
	answer("eth1", 3, IFF_UP, NULL, 0);
	answer("eth2", 4, IFF_RUNNING, NULL, 0);
	answer("eth3", 5, 0, NULL, 0);
	fake_done(0);
	ctx = opened_by_netlink("");
	assert_int_equal(fake_read(ctx, 10 * SECOND), 0);
	fake_check(ctx, "eth0", "up", 1);
	fake_check(ctx, "eth1", "up", 0);
	fake_check(ctx, "eth2", "up", 0);
	fake_check(ctx, "eth3", "up", 0);
	end(ctx, true);
}

static void
what_an_interface_is_counts_and_not_its_name(void **state)
{
	struct fettle_ctx *ctx;

	(void)state;
	answer("loop", 1, RUNNING | IFF_LOOPBACK, NULL, 0);
	answer("cali12345678901", 2, RUNNING, "veth", 0);
	answer("br0", 3, RUNNING, "bridge", 0);
	answer("red", 4, RUNNING, "ifb", 0);
	answer("bond0", 5, RUNNING, "a-kind-of-sixteen", 0);
	fake_done(0);
	ctx = opened_by_netlink("");
	assert_int_equal(fake_read(ctx, 10 * SECOND), 0);
	fake_instances(ctx, "br0 bond0 ");
	end(ctx, true);
}

static void
another_interface_of_the_same_name_is_not_compared(void **state)
{
	struct fettle_ctx *ctx;

	(void)state;
	answer("eth0", 2, RUNNING, NULL, 0);
	fake_done(0);
	ctx = opened_by_netlink("");
	forget_answer();
	answer("eth0", 3, RUNNING, NULL, 1000000);
	fake_done(0);
	assert_int_equal(fake_read(ctx, 10 * SECOND), 0);
	check_no_shares(ctx, "eth0");
	assert_int_equal(fake_read(ctx, 10 * SECOND), 0);
	fake_check(ctx, "eth0", "rx_percent", 0);
	end(ctx, true);
}

static void
what_is_dumped_while_it_changes_is_asked_for_again(void **state)
{
	struct fettle_ctx *ctx;

	(void)state;
	answer("eth0", 2, RUNNING, NULL, 0);
	answer("eth1", 3, RUNNING, NULL, 0);
	answer("eth0", 2, RUNNING, NULL, 0);
	fake_done(0);
	ctx = opened_by_netlink("");
	fake_netlink.dumps = 0;
	fake_netlink.changing = 1;
	assert_int_equal(fake_read(ctx, 10 * SECOND), 0);
	assert_int_equal(fake_netlink.dumps, 2);
	fake_instances(ctx, "eth0 eth1 ");
	fake_netlink.changing = 1000;
	assert_int_equal(fake_read(ctx, 10 * SECOND), 0);
	assert_int_equal(fake_netlink.dumps, 5);
	fake_instances(ctx, "eth0 eth1 ");
	assert_int_equal(ctx->log.len, 0);
	end(ctx, true);
}

static void
the_text_is_read_while_rtnetlink_does_not_answer(void **state)
{
	struct fettle_ctx *ctx;

	(void)state;
	answer("eth0", 2, RUNNING, NULL, 0);
	fake_done(0);
	ctx = opened_by_netlink("");
	put_text(ctx, "network/hotplug.1");
	fake_netlink.dump_rc = -ENOBUFS;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(fake_read(ctx, 10 * SECOND), 0);
		fake_instances(ctx, "eth0 eth1 ");
	}
	assert_int_equal(fake_said(ctx, "/proc/net/dev is read instead"), 1);
	fake_netlink.dump_rc = 0;
	assert_int_equal(fake_read(ctx, 10 * SECOND), 0);
	fake_instances(ctx, "eth0 ");
	assert_int_equal(fake_said(ctx, "rtnetlink answers again"), 1);
	end(ctx, true);
}

static void
who_may_not_ask_reads_the_text(void **state)
{
	struct fettle_ctx *ctx = begin("");

	(void)state;
	fake_netlink.fits = true;
	fake_netlink.open_rc = -EAFNOSUPPORT;
	put_text(ctx, "network/hotplug.1");
	assert_int_equal(plugin->open(ctx), 0);
	for (int i = 0; i < 3; i++)
		next(ctx, "network/hotplug.2");
	fake_instances(ctx, "eth0 ");
	assert_int_equal(fake_said(ctx, "is read instead"), 1);
	assert_int_equal(fake_netlink.dumps, 0);
	end(ctx, true);
}

static void
where_proc_is_a_copy_the_kernel_is_not_asked(void **state)
{
	struct fettle_ctx *ctx = opened("", "network/hotplug.1");

	(void)state;
	next(ctx, "network/hotplug.2");
	assert_int_equal(fake_netlink.dumps, 0);
	assert_int_equal(ctx->log.len, 0);
	end(ctx, true);
}

static void
messages_that_are_none_are_passed_over(void **state)
{
	const struct ifinfomsg info = { .ifi_index = 9 };
	const uint64_t stats[16] = { 0 };
	struct fettle_ctx *ctx;

	(void)state;
	fake_message(RTM_NEWLINK, &info, sizeof(info) - 1);
	fake_message(RTM_NEWADDR, &info, sizeof(info));
	fake_message(RTM_NEWLINK, &info, sizeof(info)); /* no name */
	fake_attr(IFLA_STATS64, stats, sizeof(stats));
	fake_message(RTM_NEWLINK, &info, sizeof(info)); /* no counters */
	fake_attr(IFLA_IFNAME, "none", 5);
	fake_message(RTM_NEWLINK, &info, sizeof(info)); /* some of them */
	fake_attr(IFLA_IFNAME, "few", 4);
	fake_attr(IFLA_STATS64, stats, sizeof(stats) - 1);
	fake_message(RTM_NEWLINK, &info, sizeof(info)); /* too long a name */
	fake_attr(IFLA_IFNAME, "a-name-of-sixteen", 18);
	fake_attr(IFLA_STATS64, stats, sizeof(stats));
	fake_message(RTM_NEWLINK, &info, sizeof(info)); /* as it must be */
	fake_attr(IFLA_IFNAME, "fifteen-letters", 15);
	fake_attr(IFLA_STATS64, stats, sizeof(stats));
	fake_done(0);
	ctx = opened_by_netlink("");
	assert_int_equal(fake_read(ctx, 10 * SECOND), 0);
	fake_instances(ctx, "fifteen-letters ");
	assert_false(fake_has(ctx, "fifteen-letters", "carrier_changes"));
	end(ctx, true);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counters_are_the_kernels),
		cmocka_unit_test(numbers_may_follow_the_name_without_a_space),
		cmocka_unit_test(what_leads_nowhere_is_left_out),
		cmocka_unit_test(what_is_included_is_reported_whatever_it_is),
		cmocka_unit_test(what_is_excluded_is_left_out),
		cmocka_unit_test(without_sys_there_is_no_state),
		cmocka_unit_test(the_state_of_an_interface_comes_from_sys),
		cmocka_unit_test(shares_are_of_the_time_that_has_passed),
		cmocka_unit_test(a_share_is_at_most_all_of_it),
		cmocka_unit_test(a_speed_that_nobody_knows_is_none),
		cmocka_unit_test(a_speed_is_looked_up_once_a_minute),
		cmocka_unit_test(
		    a_reading_that_comes_too_soon_waits_for_the_next),
		cmocka_unit_test(
		    an_interface_that_went_and_came_back_does_not_spike),
		cmocka_unit_test(counters_that_begin_anew_are_no_measure),
		cmocka_unit_test(
		    whole_lines_count_where_the_file_is_cut_short),
		cmocka_unit_test(lines_that_are_none_are_left_out),
		cmocka_unit_test(a_name_leads_nowhere_else_in_sys),
		cmocka_unit_test(a_file_without_an_interface_fails_and_heals),
		cmocka_unit_test(open_fails_where_there_is_nothing_to_read),
		cmocka_unit_test(rtnetlink_has_the_same_counters),
		cmocka_unit_test(
		    an_interface_is_up_where_it_is_set_up_and_can_carry),
		cmocka_unit_test(what_an_interface_is_counts_and_not_its_name),
		cmocka_unit_test(
		    another_interface_of_the_same_name_is_not_compared),
		cmocka_unit_test(
		    what_is_dumped_while_it_changes_is_asked_for_again),
		cmocka_unit_test(
		    the_text_is_read_while_rtnetlink_does_not_answer),
		cmocka_unit_test(who_may_not_ask_reads_the_text),
		cmocka_unit_test(where_proc_is_a_copy_the_kernel_is_not_asked),
		cmocka_unit_test(messages_that_are_none_are_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
