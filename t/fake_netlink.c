/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "fake_netlink.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>

#include "common/netlink.h"

struct fake_netlink fake_netlink;

void
fake_netlink_fini(void)
{
	buf_free(&fake_netlink.answer);
	fake_netlink = (struct fake_netlink){ 0 };
}

/* --- answers ------------------------------------------------------------- */

static void
pad(struct buf *b)
{
	while (b->len % 4 != 0)
		buf_putc(b, '\0');
}

void
fake_message(uint16_t type, const void *body, size_t n)
{
	const struct nlmsghdr h = { .nlmsg_len = (uint32_t)(sizeof(h) + n),
		.nlmsg_type = type,
		.nlmsg_flags = NLM_F_MULTI,
		.nlmsg_seq = 7 };

	pad(&fake_netlink.answer);
	fake_netlink.message = fake_netlink.answer.len;
	buf_add(&fake_netlink.answer, &h, sizeof(h));
	buf_add(&fake_netlink.answer, body, n);
}

void
fake_attr(uint16_t type, const void *data, size_t n)
{
	const struct nlattr h = { (uint16_t)(sizeof(h) + n), type };
	uint32_t len;

	pad(&fake_netlink.answer);
	buf_add(&fake_netlink.answer, &h, sizeof(h));
	buf_add(&fake_netlink.answer, data, n);
	len = (uint32_t)(fake_netlink.answer.len - fake_netlink.message);
	memcpy(
	    fake_netlink.answer.data + fake_netlink.message, &len, sizeof len);
}

void
fake_done(int rc)
{
	fake_message(NLMSG_DONE, &rc, sizeof(rc));
}

/* --- the interface ------------------------------------------------------- */

bool
netlink_fits(int fd)
{
	assert_true(fd >= 0);
	return fake_netlink.fits;
}

int
netlink_open(struct netlink *nl, int protocol)
{
	*nl = (struct netlink){ protocol, -1, 0 };
	return fake_netlink.open_rc;
}

void
netlink_close(struct netlink *nl)
{
	nl->fd = -1;
}

int
netlink_dump(struct netlink *nl, uint16_t type, const void *body, size_t n,
    nlmsg_fn *take, void *arg)
{
	struct nlmsg_answer a = { .seq = 7 };
	int rc;

	assert_int_equal(nl->fd, -1);
	assert_true(n <= sizeof(fake_netlink.body));
	memcpy(fake_netlink.body, body, n);
	fake_netlink.type = type;
	fake_netlink.dumps++;
	if (fake_netlink.dump_rc != 0)
		return fake_netlink.dump_rc;
	rc = nlmsg_each(
	    &a, fake_netlink.answer.data, fake_netlink.answer.len, take, arg);
	if (rc != 0)
		return rc;
	assert_true(a.done);
	if (fake_netlink.changing == 0)
		return 0;
	fake_netlink.changing--;
	return -EINTR;
}
