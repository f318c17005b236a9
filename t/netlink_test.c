/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "common/netlink.h"

enum { SEQ = 3 };

/* What take was called with. */
struct taken {
	size_t n;
	uint16_t types[8];
	size_t sizes[8];
	int rc; /* what it returns */
};

static int
take(void *arg, uint16_t type, const void *body, size_t n)
{
	struct taken *t = arg;

	assert_non_null(body);
	assert_true(t->n < 8);
	t->types[t->n] = type;
	t->sizes[t->n++] = n;
	return t->rc;
}

static void
add(struct buf *b, uint16_t type, uint16_t flags, uint32_t seq,
    const void *body, size_t n)
{
	const struct nlmsghdr h = { .nlmsg_len = (uint32_t)(sizeof(h) + n),
		.nlmsg_type = type,
		.nlmsg_flags = flags,
		.nlmsg_seq = seq };

	while (b->len % 4 != 0)
		buf_putc(b, '\0');
	buf_add(b, &h, sizeof(h));
	buf_add(b, body, n);
}

static void
messages_of_this_answer_are_taken(void **state)
{
	struct nlmsg_answer a = { .seq = SEQ };
	struct taken t = { 0 };
	struct buf b = { 0 };

	(void)state;
	add(&b, 100, 0, SEQ, "12345", 5);
	add(&b, 101, 0, SEQ + 1, "1234", 4);
	add(&b, NLMSG_NOOP, 0, SEQ, "1234", 4);
	add(&b, 102, 0, SEQ, "", 0);
	assert_int_equal(nlmsg_each(&a, b.data, b.len, take, &t), 0);
	assert_int_equal(t.n, 2);
	assert_int_equal(t.types[0], 100);
	assert_int_equal(t.sizes[0], 5);
	assert_int_equal(t.types[1], 102);
	assert_int_equal(t.sizes[1], 0);
	assert_false(a.done);
	assert_int_equal(nlmsg_each(&a, b.data, 0, take, &t), 0);
	buf_free(&b);
}

static void
nothing_is_taken_after_the_end(void **state)
{
	const int rc = 0;
	struct nlmsg_answer a = { .seq = SEQ };
	struct taken t = { 0 };
	struct buf b = { 0 };

	(void)state;
	add(&b, 100, 0, SEQ, "", 0);
	add(&b, NLMSG_DONE, 0, SEQ, &rc, sizeof(rc));
	add(&b, 101, 0, SEQ, "", 0);
	assert_int_equal(nlmsg_each(&a, b.data, b.len, take, &t), 0);
	assert_true(a.done);
	assert_false(a.interrupted);
	assert_int_equal(t.n, 1);
	buf_free(&b);
}

static int
ended_with(uint16_t type, const void *body, size_t n)
{
	struct nlmsg_answer a = { .seq = SEQ };
	struct taken t = { 0 };
	struct buf b = { 0 };
	int rc;

	add(&b, type, 0, SEQ, body, n);
	rc = nlmsg_each(&a, b.data, b.len, take, &t);
	assert_true(a.done);
	assert_int_equal(t.n, 0);
	buf_free(&b);
	return rc;
}

static void
the_end_says_how_it_went(void **state)
{
	const int none = -ENOENT, odd = -100000, positive = 5, well = 0;

	(void)state;
	assert_int_equal(ended_with(NLMSG_DONE, "", 0), 0);
	assert_int_equal(ended_with(NLMSG_DONE, &well, sizeof(int)), 0);
	assert_int_equal(ended_with(NLMSG_DONE, &none, sizeof(int)), -ENOENT);
	assert_int_equal(ended_with(NLMSG_ERROR, &none, sizeof(int)), -ENOENT);
	assert_int_equal(ended_with(NLMSG_ERROR, &odd, sizeof(int)), -EBADMSG);
	assert_int_equal(
	    ended_with(NLMSG_ERROR, &positive, sizeof(int)), -EBADMSG);
	assert_int_equal(ended_with(NLMSG_ERROR, &none, 3), -EBADMSG);
	assert_int_equal(ended_with(NLMSG_ERROR, "", 0), -EBADMSG);
}

static void
a_change_meanwhile_is_known(void **state)
{
	struct nlmsg_answer a = { .seq = SEQ };
	struct taken t = { 0 };
	struct buf b = { 0 };

	(void)state;
	add(&b, 100, NLM_F_DUMP_INTR, SEQ + 1, "", 0);
	assert_int_equal(nlmsg_each(&a, b.data, b.len, take, &t), 0);
	assert_false(a.interrupted);
	add(&b, 100, NLM_F_DUMP_INTR, SEQ, "", 0);
	assert_int_equal(nlmsg_each(&a, b.data, b.len, take, &t), 0);
	assert_true(a.interrupted);
	assert_int_equal(t.n, 1);
	buf_free(&b);
}

static void
who_takes_may_end_it(void **state)
{
	struct nlmsg_answer a = { .seq = SEQ };
	struct taken t = { .rc = -E2BIG };
	struct buf b = { 0 };

	(void)state;
	add(&b, 100, 0, SEQ, "", 0);
	add(&b, 101, 0, SEQ, "", 0);
	assert_int_equal(nlmsg_each(&a, b.data, b.len, take, &t), -E2BIG);
	assert_int_equal(t.n, 1);
	buf_free(&b);
}

static void
what_is_cut_short_is_no_answer(void **state)
{
	struct nlmsg_answer a = { .seq = SEQ };
	struct taken t = { 0 };
	struct nlmsghdr h;
	struct buf b = { 0 };

	(void)state;
	add(&b, 100, 0, SEQ, "123456", 6);
	for (size_t n = 1; n < b.len; n++)
		assert_int_equal(
		    nlmsg_each(&a, b.data, n, take, &t), -EBADMSG);
	memcpy(&h, b.data, sizeof(h));
	h.nlmsg_len = sizeof(h) - 1;
	memcpy(b.data, &h, sizeof(h));
	assert_int_equal(nlmsg_each(&a, b.data, b.len, take, &t), -EBADMSG);
	assert_int_equal(t.n, 0);
	buf_free(&b);
}

static void
attributes_follow_each_other(void **state)
{
	/* of 5, 4 and 8 bytes with the header, and one that is too long */
	static const unsigned char bytes[] = { 5, 0, 7, 0x80, 'x', 0, 0, 0, 4,
		0, 8, 0, 8, 0, 9, 0, 'a', 'b', 0, 'c', 9, 0, 1, 0, 1, 1, 1,
		1 };
	const void *p = bytes;
	size_t n = sizeof(bytes);
	struct nlmsg_attr a;
	char text[3];

	(void)state;
	assert_true(nlmsg_attr(&p, &n, &a));
	assert_int_equal(a.type, 7);
	assert_int_equal(a.n, 1);
	assert_true(nlmsg_text(&a, text, sizeof(text)));
	assert_string_equal(text, "x");
	assert_false(nlmsg_text(&a, text, 1));
	assert_true(nlmsg_attr(&p, &n, &a));
	assert_int_equal(a.type, 8);
	assert_int_equal(a.n, 0);
	assert_true(nlmsg_attr(&p, &n, &a));
	assert_int_equal(a.n, 4);
	assert_true(nlmsg_text(&a, text, sizeof(text)));
	assert_string_equal(text, "ab");
	assert_false(nlmsg_attr(&p, &n, &a));
	n = 3;
	assert_false(nlmsg_attr(&p, &n, &a));
}

/* --- the kernel ---------------------------------------------------------- */

static int
find_lo(void *arg, uint16_t type, const void *body, size_t n)
{
	const void *p = (const char *)body + sizeof(struct ifinfomsg);
	size_t left = n - sizeof(struct ifinfomsg);
	struct nlmsg_attr a;
	char name[16];

	assert_int_equal(type, RTM_NEWLINK);
	while (nlmsg_attr(&p, &left, &a))
		if (a.type == IFLA_IFNAME &&
		    nlmsg_text(&a, name, sizeof(name)) &&
		    strcmp(name, "lo") == 0)
			*(bool *)arg = true;
	return 0;
}

static int
refuse(void *arg, uint16_t type, const void *body, size_t n)
{
	(void)arg;
	(void)type;
	(void)body;
	(void)n;
	return -E2BIG;
}

static int
dump_links(struct netlink *nl, nlmsg_fn *fn, void *arg)
{
	const struct ifinfomsg all = { 0 };

	return netlink_dump(nl, RTM_GETLINK, &all, sizeof(all), fn, arg);
}

static void
the_kernel_lists_the_loopback_each_time(void **state)
{
	struct netlink nl;

	(void)state;
	assert_int_equal(netlink_open(&nl, NETLINK_ROUTE), 0);
	for (int i = 0; i < 3; i++) {
		bool found = false;

		assert_int_equal(dump_links(&nl, find_lo, &found), 0);
		assert_true(found);
	}
	netlink_close(&nl);
	netlink_close(&nl);
}

static void
an_answer_that_was_not_taken_is_not_the_next_one(void **state)
{
	struct netlink nl;
	bool found = false;

	(void)state;
	assert_int_equal(netlink_open(&nl, NETLINK_ROUTE), 0);
	assert_int_equal(dump_links(&nl, refuse, NULL), -E2BIG);
	assert_int_equal(nl.fd, -1);
	assert_int_equal(dump_links(&nl, find_lo, &found), 0);
	assert_true(found);
	netlink_close(&nl);
}

static void
what_the_kernel_does_not_know_it_refuses(void **state)
{
	const char none[4] = "";
	struct netlink nl;

	(void)state;
	assert_int_equal(netlink_open(&nl, NETLINK_ROUTE), 0);
	assert_true(
	    netlink_dump(&nl, 0xfff0, none, sizeof(none), refuse, NULL) < 0);
	assert_int_equal(nl.fd, -1);
	netlink_close(&nl);
	assert_int_equal(netlink_open(&nl, 1000), -EPROTONOSUPPORT);
}

static void
the_kernels_own_proc_is_told_from_a_copy(void **state)
{
	const int own = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
	const int copy = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)state;
	assert_true(netlink_fits(own));
	assert_false(netlink_fits(copy));
	close(own);
	close(copy);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_of_this_answer_are_taken),
		cmocka_unit_test(nothing_is_taken_after_the_end),
		cmocka_unit_test(the_end_says_how_it_went),
		cmocka_unit_test(a_change_meanwhile_is_known),
		cmocka_unit_test(who_takes_may_end_it),
		cmocka_unit_test(what_is_cut_short_is_no_answer),
		cmocka_unit_test(attributes_follow_each_other),
		cmocka_unit_test(the_kernel_lists_the_loopback_each_time),
		cmocka_unit_test(
		    an_answer_that_was_not_taken_is_not_the_next_one),
		cmocka_unit_test(what_the_kernel_does_not_know_it_refuses),
		cmocka_unit_test(the_kernels_own_proc_is_told_from_a_copy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
