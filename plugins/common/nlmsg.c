/* SPDX-License-Identifier: MIT */
#include "common/nlmsg.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>

/* What len bytes take with what fills them up to the next multiple of four;
 * nothing follows the last one of n bytes. */
static size_t
padded(size_t len, size_t n)
{
	const size_t all = (len + 3) & ~(size_t)3;

	return all < n ? all : n;
}

/* What the kernel says of how it went: 0 or -errno. */
static int
verdict(const void *body, size_t n)
{
	int rc;

	if (n < sizeof(rc))
		return -EBADMSG;
	memcpy(&rc, body, sizeof(rc));
	return rc > 0 || rc < -4095 ? -EBADMSG : rc;
}

static int
take_one(struct nlmsg_answer *a, const struct nlmsghdr *h, const void *body,
    nlmsg_fn *take, void *arg)
{
	const size_t n = h->nlmsg_len - sizeof(*h);

	if (h->nlmsg_flags & NLM_F_DUMP_INTR)
		a->interrupted = true;
	switch (h->nlmsg_type) {
	case NLMSG_NOOP:
		return 0;
	case NLMSG_ERROR:
		a->done = true;
		return verdict(body, n);
	case NLMSG_DONE: /* old kernels say nothing more with it */
		a->done = true;
		return n > 0 ? verdict(body, n) : 0;
	default:
		return take(arg, h->nlmsg_type, body, n);
	}
}

int
nlmsg_each(struct nlmsg_answer *a, const void *piece, size_t n, nlmsg_fn *take,
    void *arg)
{
	const char *p = piece;
	struct nlmsghdr h;
	int rc = 0;

	while (n > 0 && rc == 0 && !a->done) {
		if (n < sizeof(h))
			return -EBADMSG;
		memcpy(&h, p, sizeof(h));
		if (h.nlmsg_len < sizeof(h) || h.nlmsg_len > n)
			return -EBADMSG;
		if (h.nlmsg_seq == a->seq)
			rc = take_one(a, &h, p + sizeof(h), take, arg);
		p += padded(h.nlmsg_len, n);
		n -= padded(h.nlmsg_len, n);
	}
	return rc;
}

bool
nlmsg_attr(const void **p, size_t *n, struct nlmsg_attr *a)
{
	const char *at = *p;
	struct nlattr h;

	if (*n < sizeof(h))
		return false;
	memcpy(&h, at, sizeof(h));
	if (h.nla_len < sizeof(h) || h.nla_len > *n)
		return false;
	a->type = (uint16_t)(h.nla_type & (uint16_t)NLA_TYPE_MASK);
	a->data = at + sizeof(h);
	a->n = h.nla_len - sizeof(h);
	*p = at + padded(h.nla_len, *n);
	*n -= padded(h.nla_len, *n);
	return true;
}

bool
nlmsg_text(const struct nlmsg_attr *a, char *text, size_t size)
{
	const size_t len = strnlen(a->data, a->n);

	if (len >= size)
		return false;
	memcpy(text, a->data, len);
	text[len] = '\0';
	return true;
}
