/* SPDX-License-Identifier: MIT */
#include "links.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "../scan.h"
#include "common/nlmsg.h"

void
links_clear(struct links *links)
{
	links->n = 0;
}

void
links_fini(struct links *links)
{
	free(links->v);
	*links = (struct links){ 0 };
}

static int
links_add(struct links *links, const struct link *link)
{
	const size_t cap = links->cap > 0 ? 2 * links->cap : 8;
	struct link *more;

	if (links->n == LINKS_MOST)
		return -E2BIG;
	if (links->n == links->cap) {
		more = reallocarray(links->v, cap, sizeof *more);
		if (more == NULL)
			return -ENOMEM;
		links->v = more;
		links->cap = cap;
	}
	links->v[links->n++] = *link;
	return 0;
}

/* --- rtnetlink ----------------------------------------------------------- */

/* Newer kernels append members: as far as is needed all have them. */
static bool
link_stats(const struct nlmsg_attr *a, uint64_t *v)
{
	struct rtnl_link_stats64 s = { 0 };

	if (a->n < offsetof(struct rtnl_link_stats64, tx_aborted_errors))
		return false;
	memcpy(&s, a->data, a->n < sizeof(s) ? a->n : sizeof(s));
	v[LINK_RX_BYTES] = s.rx_bytes;
	v[LINK_TX_BYTES] = s.tx_bytes;
	v[LINK_RX_PACKETS] = s.rx_packets;
	v[LINK_TX_PACKETS] = s.tx_packets;
	v[LINK_RX_ERRORS] = s.rx_errors;
	v[LINK_TX_ERRORS] = s.tx_errors;
	v[LINK_RX_DROPPED] = s.rx_dropped + s.rx_missed_errors;
	v[LINK_TX_DROPPED] = s.tx_dropped;
	v[LINK_RX_MULTICAST] = s.multicast;
	return true;
}

static void
link_info(const struct nlmsg_attr *info, struct link *link)
{
	const void *p = info->data;
	size_t n = info->n;
	struct nlmsg_attr a;

	while (nlmsg_attr(&p, &n, &a))
		if (a.type == IFLA_INFO_KIND)
			nlmsg_text(&a, link->kind, sizeof(link->kind));
}

static void
link_changes(const struct nlmsg_attr *a, struct link *link)
{
	link->has_changes = a->n == sizeof(link->changes);
	if (link->has_changes)
		memcpy(&link->changes, a->data, sizeof(link->changes));
}

/* Whether the attributes name it and say what it has counted. */
static bool
link_attrs(const void *p, size_t n, struct link *link)
{
	bool counted = false;
	struct nlmsg_attr a;

	while (nlmsg_attr(&p, &n, &a)) {
		switch (a.type) {
		case IFLA_IFNAME:
			if (!nlmsg_text(&a, link->name, sizeof(link->name)))
				return false;
			break;
		case IFLA_STATS64:
			counted = link_stats(&a, link->v);
			break;
		case IFLA_CARRIER_CHANGES:
			link_changes(&a, link);
			break;
		case IFLA_LINKINFO:
			link_info(&a, link);
			break;
		default:
			break;
		}
	}
	return counted && link->name[0] != '\0';
}

int
links_take(void *arg, uint16_t type, const void *body, size_t n)
{
	struct link link = { .full = true };
	struct ifinfomsg info;

	if (type != RTM_NEWLINK || n < sizeof(info))
		return 0;
	memcpy(&info, body, sizeof(info));
	link.index = (uint32_t)info.ifi_index;
	link.up = (info.ifi_flags & (IFF_UP | IFF_RUNNING)) ==
		  (IFF_UP | IFF_RUNNING);
	if (info.ifi_flags & IFF_LOOPBACK)
		strcpy(link.kind, "loopback");
	if (!link_attrs(
		(const char *)body + sizeof(info), n - sizeof(info), &link))
		return 0;
	return links_add(arg, &link);
}

/* --- /proc/net/dev ------------------------------------------------------- */

/* In the order of the columns; LINK_N: not needed. */
static const size_t columns[] = {
	LINK_RX_BYTES,
	LINK_RX_PACKETS,
	LINK_RX_ERRORS,
	LINK_RX_DROPPED,
	LINK_N, /* fifo */
	LINK_N, /* frame */
	LINK_N, /* compressed */
	LINK_RX_MULTICAST,
	LINK_TX_BYTES,
	LINK_TX_PACKETS,
	LINK_TX_ERRORS,
	LINK_TX_DROPPED,
};

static bool
line_name(const char *line, const char *colon, char *name)
{
	size_t n;

	while (*line == ' ')
		line++;
	n = (size_t)(colon - line);
	if (n == 0 || n >= LINK_NAME)
		return false;
	memcpy(name, line, n);
	name[n] = '\0';
	return true;
}

/* The last colon ends the name: older kernels let names have some, and put no
 * space before a number of eight digits. */
static bool
line_parse(const char *line, const char *newline, struct link *link)
{
	const char *colon = memrchr(line, ':', (size_t)(newline - line));
	const char *p;
	uint64_t n;

	if (colon == NULL || !line_name(line, colon, link->name))
		return false;
	p = colon + 1;
	for (size_t i = 0; i < sizeof(columns) / sizeof *columns; i++) {
		if (!scan_number(&p, &n))
			return false;
		if (columns[i] < LINK_N)
			link->v[columns[i]] = n;
	}
	return true;
}

int
links_parse(struct links *links, const char *text)
{
	const char *newline;
	int rc = 0;

	for (; rc == 0 && (newline = strchr(text, '\n')) != NULL;
	     text = newline + 1) {
		struct link link = { 0 };

		if (line_parse(text, newline, &link))
			rc = links_add(links, &link);
	}
	return rc;
}
