/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fake_ctx.h"
#include "fake_netlink.h"
#include "proc_root.h"

extern const struct fettle_plugin sockets_LTX_fettle_plugin;
static const struct fettle_plugin *const plugin = &sockets_LTX_fettle_plugin;

static const char *const files[] = { "sockstat", "sockstat6", "snmp", "snmp6",
	"netstat" };

static struct fettle_ctx *
begin(const char *options)
{
	return proc_begin(plugin, "sockets", options);
}

static void
end(struct fettle_ctx *ctx, bool opened)
{
	proc_end(ctx, opened);
	fake_netlink_fini();
}

static void
put(struct fettle_ctx *ctx, const char *file, const char *text)
{
	char name[64];

	snprintf(name, sizeof(name), "net/%s", file);
	proc_put(ctx->proc, name, text, strlen(text));
}

static void
put_fixture(struct fettle_ctx *ctx, const char *file, const char *kernel)
{
	char name[32], fixture[64];

	snprintf(name, sizeof(name), "net/%s", file);
	snprintf(fixture, sizeof(fixture), "sockets/%s/%s", kernel, file);
	proc_put_fixture(ctx->proc, name, fixture);
}

static struct fettle_ctx *
opened(const char *options)
{
	struct fettle_ctx *ctx = begin(options);

	for (size_t i = 0; i < sizeof(files) / sizeof *files; i++)
		put_fixture(ctx, files[i], "linux-6.18");
	assert_int_equal(plugin->open(ctx), 0);
	return ctx;
}

/* --- the files ----------------------------------------------------------- */

static void
numbers_are_the_kernels(void **state)
{
	static const struct {
		const char *field;
		double value;
	} told[] = { { "used", 2317 }, { "tcp_inuse", 41 },
		{ "tcp6_inuse", 23 }, { "tcp_orphan", 3 },
		{ "tcp_time_wait", 1205 }, { "tcp_alloc", 52 },
		{ "tcp_connected", 30 }, { "tcp_active_opens", 404854 },
		{ "tcp_passive_opens", 252381 },
		{ "tcp_attempt_fails", 152078 }, { "tcp_resets", 7273 },
		{ "tcp_in_segments", 18698964 },
		{ "tcp_out_segments", 18689907 }, { "tcp_retransmits", 9894 },
		{ "tcp_in_errors", 6 }, { "tcp_out_resets", 158202 },
		{ "tcp_syncookies_sent", 101 },
		{ "tcp_listen_overflows", 102 }, { "tcp_listen_drops", 103 },
		{ "tcp_timeouts", 104 }, { "tcp_memory_pressures", 105 },
		{ "tcp_memory_aborts", 106 }, { "udp_inuse", 12 },
		{ "udp6_inuse", 7 }, { "udp_in", 4315 }, { "udp_out", 4366 },
		{ "udp_no_ports", 17 }, { "udp_in_errors", 29 },
		{ "udp_rcvbuf_errors", 21 }, { "udp_sndbuf_errors", 2 },
		{ "udp_checksum_errors", 5 }, { "udp6_in", 201 },
		{ "udp6_no_ports", 202 }, { "udp6_in_errors", 203 },
		{ "udp6_out", 204 }, { "udp6_rcvbuf_errors", 205 },
		{ "udp6_sndbuf_errors", 206 },
		{ "udp6_checksum_errors", 207 } };
	struct fettle_ctx *ctx = opened("");
	const double page = (double)sysconf(_SC_PAGESIZE);

	(void)state;
	assert_int_equal(fake_read(ctx, ctx->interval), 0);
	assert_int_equal(ctx->lists.n, 1);
	for (size_t i = 0; i < sizeof(told) / sizeof *told; i++)
		fake_check(ctx, NULL, told[i].field, told[i].value);
	fake_check(ctx, NULL, "tcp_memory", 77 * page);
	fake_check(ctx, NULL, "udp_memory", 9 * page);
	assert_int_equal(ctx->log.len, 0);
	end(ctx, true);
}

static void
a_machine_without_ipv6_lacks_its_numbers_only(void **state)
{
	struct fettle_ctx *ctx = begin("");

	(void)state;
	put_fixture(ctx, "sockstat", "linux-2.6.32");
	put_fixture(ctx, "snmp", "linux-2.6.32");
	put_fixture(ctx, "netstat", "linux-2.6.32");
	assert_int_equal(plugin->open(ctx), 0);
	assert_int_equal(fake_read(ctx, ctx->interval), 0);
	fake_check(ctx, NULL, "tcp_inuse", 9);
	fake_check(ctx, NULL, "tcp_listen_overflows", 61);
	fake_check(ctx, NULL, "udp_in", 8001);
	assert_false(fake_has(ctx, NULL, "udp_checksum_errors"));
	assert_false(fake_has(ctx, NULL, "tcp6_inuse"));
	assert_false(fake_has(ctx, NULL, "udp6_in"));
	assert_int_equal(ctx->log.len, 0);
	end(ctx, true);
}

static void
a_file_that_is_missing_is_named_once(void **state)
{
	struct fettle_ctx *ctx = begin("");

	(void)state;
	put_fixture(ctx, "snmp", "linux-6.18");
	put(ctx, "netstat/a-folder-cannot-be-read", "");
	assert_int_equal(plugin->open(ctx), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(fake_read(ctx, ctx->interval), 0);
	fake_check(ctx, NULL, "tcp_in_segments", 18698964);
	assert_false(fake_has(ctx, NULL, "tcp_inuse"));
	assert_false(fake_has(ctx, NULL, "tcp_timeouts"));
	assert_int_equal(fake_said(ctx, "/proc/net/sockstat'"), 1);
	assert_int_equal(fake_said(ctx, "/proc/net/netstat"), 1);
	assert_int_equal(fake_said(ctx, "\n"), 2);
	end(ctx, true);
}

static void
open_fails_where_there_is_nothing_to_read(void **state)
{
	struct fettle_ctx *ctx = begin("");

	(void)state;
	assert_int_equal(plugin->open(ctx), -ENOENT);
	end(ctx, false);
}

static void
text_that_is_cut_short_or_odd_has_no_values(void **state)
{
	struct fettle_ctx *ctx = opened("");

	(void)state;
	put(ctx, "sockstat",
	    "sockets: used\nTCP: inuse -1 orphan 3x tw 18446744073709551615 "
	    "alloc\nTCP inuse 9\n: inuse 7\nUDP: inuse 5");
	put(ctx, "snmp",
	    "Tcp: InSegs OutSegs\nUdp: InDatagrams\nUdp: 17\n"
	    "Tcp: RetransSegs InErrs\nTcp: 5\n"
	    "Udp: NoPorts\nUdpLite: 9\n"
	    "Udp: InErrors\nUdp: 1");
	put(ctx, "netstat", "TcpExt: ListenDrops\n");
	put(ctx, "snmp6", "Udp6InDatagrams\nUdp6NoPorts 1 2\nUdp6InErrors 3");
	put(ctx, "sockstat6", "");
	assert_int_equal(fake_read(ctx, ctx->interval), 0);
	assert_false(fake_has(ctx, NULL, "used"));
	assert_false(fake_has(ctx, NULL, "tcp_inuse"));
	assert_false(fake_has(ctx, NULL, "tcp_orphan"));
	assert_false(fake_has(ctx, NULL, "udp_inuse"));
	fake_check(ctx, NULL, "tcp_time_wait", 18446744073709551615.0);
	assert_false(fake_has(ctx, NULL, "tcp_in_segments"));
	fake_check(ctx, NULL, "udp_in", 17);
	fake_check(ctx, NULL, "tcp_retransmits", 5);
	assert_false(fake_has(ctx, NULL, "tcp_in_errors"));
	assert_false(fake_has(ctx, NULL, "udp_no_ports"));
	assert_false(fake_has(ctx, NULL, "udp_in_errors"));
	assert_false(fake_has(ctx, NULL, "tcp_listen_drops"));
	assert_false(fake_has(ctx, NULL, "udp6_in"));
	fake_check(ctx, NULL, "udp6_no_ports", 1);
	assert_false(fake_has(ctx, NULL, "udp6_in_errors"));
	end(ctx, true);
}

static void
segments(struct fettle_ctx *ctx, unsigned sent, unsigned again)
{
	char text[96];

	snprintf(text, sizeof(text), "Tcp: OutSegs RetransSegs\nTcp: %u %u\n",
	    sent, again);
	put(ctx, "snmp", text);
	assert_int_equal(fake_read(ctx, ctx->interval), 0);
}

static void
segments_sent_again_are_a_share_of_all_between_two_readings(void **state)
{
	struct fettle_ctx *ctx = opened("");

	(void)state;
	segments(ctx, 1000, 500);
	assert_false(fake_has(ctx, NULL, "tcp_retransmit_percent"));
	segments(ctx, 1090, 510);
	fake_check(ctx, NULL, "tcp_retransmit_percent", 10);
	segments(ctx, 1090, 510);
	assert_false(fake_has(ctx, NULL, "tcp_retransmit_percent"));
	segments(ctx, 1090, 511);
	fake_check(ctx, NULL, "tcp_retransmit_percent", 100);
	segments(ctx, 90, 600); /* counted anew */
	assert_false(fake_has(ctx, NULL, "tcp_retransmit_percent"));
	segments(ctx, 190, 600);
	fake_check(ctx, NULL, "tcp_retransmit_percent", 0);
	put(ctx, "snmp", "");
	assert_int_equal(fake_read(ctx, ctx->interval), 0);
	segments(ctx, 290, 700);
	assert_false(fake_has(ctx, NULL, "tcp_retransmit_percent"));
	end(ctx, true);
}

/* --- TCP by state -------------------------------------------------------- */

static const char *const by_state[] = { "tcp_established", "tcp_syn_sent",
	"tcp_syn_recv", "tcp_fin_wait1", "tcp_fin_wait2", "tcp_close_wait",
	"tcp_last_ack", "tcp_listen", "tcp_closing" };

static void
check_no_states(const struct fettle_ctx *ctx)
{
	for (size_t i = 0; i < sizeof(by_state) / sizeof *by_state; i++)
		assert_false(fake_has(ctx, NULL, by_state[i]));
	fake_check(ctx, NULL, "tcp_time_wait", 1205);
	fake_check(ctx, NULL, "tcp_connected", 30);
}

/* So many sockets of a family in a state. */
static void
sockets(unsigned n, int family, int tcp_state, int timer)
{
	const struct inet_diag_msg m = { .idiag_family = (uint8_t)family,
		.idiag_state = (uint8_t)tcp_state,
		.idiag_timer = (uint8_t)timer };

	for (unsigned i = 0; i < n; i++) {
		fake_message(TCPDIAG_GETSOCK, &m, sizeof(m));
		fake_attr(INET_DIAG_SHUTDOWN, "\3", 1);
	}
}

static struct fettle_ctx *
opened_by_netlink(const char *options)
{
	fake_netlink.fits = true;
	return opened(options);
}

static void
sockets_are_counted_by_state(void **state)
{
	struct fettle_ctx *ctx = opened_by_netlink("");
	struct inet_diag_req request;

	(void)state;
	sockets(1, AF_INET, TCP_SYN_SENT, 1);
	sockets(2, AF_INET6, TCP_SYN_RECV, 1);
	sockets(3, AF_INET, TCP_FIN_WAIT1, 1);
	sockets(4, AF_INET, TCP_FIN_WAIT2, 0);
	sockets(5, AF_INET, TCP_CLOSE_WAIT, 0);
	sockets(6, AF_INET6, TCP_CLOSE_WAIT, 0);
	sockets(7, AF_INET, TCP_LAST_ACK, 1);
	sockets(8, AF_INET6, TCP_LISTEN, 0);
	sockets(9, AF_INET, TCP_LISTEN, 0);
	sockets(1, AF_INET, TCP_CLOSING, 1);
	fake_done(0);
	assert_int_equal(fake_read(ctx, ctx->interval), 0);
	fake_check(ctx, NULL, "tcp_syn_sent", 1);
	fake_check(ctx, NULL, "tcp_syn_recv", 2);
	fake_check(ctx, NULL, "tcp_fin_wait1", 3);
	fake_check(ctx, NULL, "tcp_fin_wait2", 4);
	fake_check(ctx, NULL, "tcp_close_wait", 11);
	fake_check(ctx, NULL, "tcp_last_ack", 7);
	fake_check(ctx, NULL, "tcp_listen", 17);
	fake_check(ctx, NULL, "tcp_closing", 1);
	/* what is connected and is not in CLOSE_WAIT */
	fake_check(ctx, NULL, "tcp_established", 30 - 11);
	fake_check(ctx, NULL, "tcp_time_wait", 1205);
	/* those that may be many are not asked for */
	assert_int_equal(fake_netlink.dumps, 1);
	assert_int_equal(fake_netlink.type, TCPDIAG_GETSOCK);
	memcpy(&request, fake_netlink.body, sizeof(request));
	assert_int_equal(request.idiag_states,
	    0xffe &
		~(1 << TCP_ESTABLISHED | 1 << TCP_TIME_WAIT | 1 << TCP_CLOSE));
	assert_int_equal(ctx->log.len, 0);
	end(ctx, true);
}

static void
what_is_only_remembered_counts_as_time_wait(void **state)
{
	struct fettle_ctx *ctx = opened_by_netlink("");

	(void)state;
	sockets(2, AF_INET, TCP_FIN_WAIT2, 0);
	sockets(5, AF_INET, TCP_FIN_WAIT2, 3);
	fake_done(0);
	assert_int_equal(fake_read(ctx, ctx->interval), 0);
	fake_check(ctx, NULL, "tcp_fin_wait2", 2);
	fake_check(ctx, NULL, "tcp_time_wait", 1205);
	end(ctx, true);
}

static void
what_changes_meanwhile_is_never_below_nothing(void **state)
{
	struct fettle_ctx *ctx = opened_by_netlink("");

	(void)state;
	sockets(31, AF_INET, TCP_CLOSE_WAIT, 0);
	fake_done(0);
	fake_netlink.changing = 1;
	assert_int_equal(fake_read(ctx, ctx->interval), 0);
	fake_check(ctx, NULL, "tcp_established", 0);
	end(ctx, true);
}

static void
many_sockets_are_not_looked_at(void **state)
{
	/* 41 of IPv4, 23 of IPv6, 1205 in TIME_WAIT */
	struct fettle_ctx *ctx = opened_by_netlink("most: 1268");

	(void)state;
	fake_done(0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(fake_read(ctx, ctx->interval), 0);
		check_no_states(ctx);
	}
	assert_int_equal(fake_netlink.dumps, 0);
	assert_int_equal(fake_said(ctx, "more than 1268 TCP sockets"), 1);
	put(ctx, "sockstat6", "TCP6: inuse 22\n");
	assert_int_equal(fake_read(ctx, ctx->interval), 0);
	fake_check(ctx, NULL, "tcp_listen", 0);
	fake_check(ctx, NULL, "tcp_established", 30);
	assert_int_equal(fake_said(ctx, "counted by state again"), 1);
	end(ctx, true);
}

static void
an_answer_is_not_taken_for_ever(void **state)
{
	struct fettle_ctx *ctx = opened_by_netlink("most: 1300");

	(void)state;
	sockets(1301, AF_INET, TCP_SYN_RECV, 1);
	fake_done(0);
	assert_int_equal(fake_read(ctx, ctx->interval), 0);
	check_no_states(ctx);
	assert_int_equal(fake_said(ctx, "more than 1300 TCP sockets"), 1);
	end(ctx, true);
}

static void
a_kernel_that_cannot_tell_is_asked_once(void **state)
{
	static const int cannot[] = { -ENOENT, -EOPNOTSUPP };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct fettle_ctx *ctx = opened_by_netlink("");

		fake_netlink.dump_rc = cannot[i];
		for (int k = 0; k < 3; k++) {
			assert_int_equal(fake_read(ctx, ctx->interval), 0);
			check_no_states(ctx);
		}
		assert_int_equal(fake_netlink.dumps, 1);
		assert_int_equal(fake_said(ctx, "tcp_diag"), 1);
		assert_int_equal(fake_said(ctx, "\n"), 1);
		end(ctx, true);
	}
}

static void
a_kernel_that_does_not_answer_is_asked_again(void **state)
{
	struct fettle_ctx *ctx = opened_by_netlink("");

	(void)state;
	fake_netlink.dump_rc = -ENOBUFS;
	for (int k = 0; k < 3; k++) {
		assert_int_equal(fake_read(ctx, ctx->interval), 0);
		check_no_states(ctx);
	}
	assert_int_equal(fake_said(ctx, "\n"), 1);
	fake_netlink.dump_rc = 0;
	fake_done(0);
	assert_int_equal(fake_read(ctx, ctx->interval), 0);
	fake_check(ctx, NULL, "tcp_listen", 0);
	assert_int_equal(fake_said(ctx, "again"), 1);
	end(ctx, true);
}

static void
who_may_not_ask_has_the_rest(void **state)
{
	struct fettle_ctx *ctx;

	(void)state;
	fake_netlink.open_rc = -EAFNOSUPPORT;
	ctx = opened_by_netlink("");
	assert_int_equal(fake_read(ctx, ctx->interval), 0);
	check_no_states(ctx);
	assert_int_equal(fake_netlink.dumps, 0);
	assert_int_equal(fake_said(ctx, "not counted by state"), 1);
	end(ctx, true);
}

static void
states_are_left_out_where_the_user_says_so_or_proc_is_a_copy(void **state)
{
	struct fettle_ctx *ctx = opened_by_netlink("most: 0");

	(void)state;
	assert_int_equal(fake_read(ctx, ctx->interval), 0);
	check_no_states(ctx);
	assert_int_equal(fake_netlink.dumps, 0);
	assert_int_equal(ctx->log.len, 0);
	end(ctx, true);

	ctx = opened("");
	assert_int_equal(fake_read(ctx, ctx->interval), 0);
	check_no_states(ctx);
	assert_int_equal(fake_netlink.dumps, 0);
	assert_int_equal(ctx->log.len, 0);
	end(ctx, true);
}

static void
messages_that_are_none_are_passed_over(void **state)
{
	const struct inet_diag_msg odd = { .idiag_state = 200 };
	struct fettle_ctx *ctx = opened_by_netlink("");

	(void)state;
	fake_message(TCPDIAG_GETSOCK, &odd, sizeof(odd) - 1);
	fake_message(TCPDIAG_GETSOCK, &odd, sizeof(odd));
	fake_message(TCPDIAG_GETSOCK + 100, &odd, sizeof(odd));
	sockets(1, AF_INET, TCP_LISTEN, 0);
	fake_done(0);
	assert_int_equal(fake_read(ctx, ctx->interval), 0);
	fake_check(ctx, NULL, "tcp_listen", 1);
	fake_check(ctx, NULL, "tcp_syn_recv", 0);
	end(ctx, true);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_the_kernels),
		cmocka_unit_test(
		    a_machine_without_ipv6_lacks_its_numbers_only),
		cmocka_unit_test(a_file_that_is_missing_is_named_once),
		cmocka_unit_test(open_fails_where_there_is_nothing_to_read),
		cmocka_unit_test(text_that_is_cut_short_or_odd_has_no_values),
		cmocka_unit_test(
		    segments_sent_again_are_a_share_of_all_between_two_readings),
		cmocka_unit_test(sockets_are_counted_by_state),
		cmocka_unit_test(what_is_only_remembered_counts_as_time_wait),
		cmocka_unit_test(
		    what_changes_meanwhile_is_never_below_nothing),
		cmocka_unit_test(many_sockets_are_not_looked_at),
		cmocka_unit_test(an_answer_is_not_taken_for_ever),
		cmocka_unit_test(a_kernel_that_cannot_tell_is_asked_once),
		cmocka_unit_test(a_kernel_that_does_not_answer_is_asked_again),
		cmocka_unit_test(who_may_not_ask_has_the_rest),
		cmocka_unit_test(
		    states_are_left_out_where_the_user_says_so_or_proc_is_a_copy),
		cmocka_unit_test(messages_that_are_none_are_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
