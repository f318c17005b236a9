/* SPDX-License-Identifier: MIT */
/*
 * network: what interfaces receive and send.
 *
 * The kernel is asked by rtnetlink(7), links.h, which has 64-bit counters on
 * every machine, and says of what kind an interface is.  Where there are no
 * such sockets, or where /proc is not that of this machine, /proc/net/dev is
 * read instead, and the state of each interface from /sys/class/net.  Either
 * way it is about the network namespace that the daemon runs in.
 *
 * Counters are those of the kernel, which for some devices are what the
 * hardware says; it counts multicast only as it is received.  The speed is the
 * driver's word, looked up when the carrier changes and once a minute: virtual
 * devices have none, or name one that limits nothing.  The shares of it are
 * by the time that has passed between two readings.
 *
 * The loopback, one end of what joins containers to the machine (veth), what
 * only shapes traffic (ifb, dummy), and the tunnels that their modules make
 * and nobody uses are left out unless they are asked for.
 */
#include <fettle/plugin.h>

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "../scan.h"
#include "common/globs.h"
#include "common/netlink.h"
#include "common/procfile.h"
#include "common/roster.h"
#include "links.h"

enum {
	NETWORK_UP,
	NETWORK_SPEED,
	NETWORK_RX_PERCENT,
	NETWORK_TX_PERCENT,
	NETWORK_RX_BYTES,
	NETWORK_TX_BYTES,
	NETWORK_RX_PACKETS,
	NETWORK_TX_PACKETS,
	NETWORK_RX_ERRORS,
	NETWORK_TX_ERRORS,
	NETWORK_RX_DROPPED,
	NETWORK_TX_DROPPED,
	NETWORK_RX_MULTICAST,
	NETWORK_CARRIER_CHANGES,
	NETWORK_N
};

enum { NETWORK_TRIES = 3 }; /* where interfaces come and go all the time */

/* A share of less time says little: the reading before is kept then. */
#define NETWORK_LEAST_NS INT64_C(50000000)
/* How long a speed is believed. */
#define NETWORK_SPEED_NS INT64_C(60000000000)
/* Drivers tell Mbit/s. */
#define NETWORK_MBIT (1e6 / 8)

#define NETWORK_COUNT(i, name, unit, help)                                    \
	[i] = { name, FETTLE_COUNTER, unit, help }

static const struct fettle_field network_fields[NETWORK_N] = {
	[NETWORK_UP] = { "up", FETTLE_GAUGE, FETTLE_NUMBER,
	    "1 where it is set up and can carry packets, else 0." },
	[NETWORK_SPEED] = { "speed", FETTLE_GAUGE, FETTLE_BYTES,
	    "What it can carry each way, in bytes per second." },
	[NETWORK_RX_PERCENT] = { "rx_percent", FETTLE_GAUGE, FETTLE_PERCENT,
	    "Received, of the speed." },
	[NETWORK_TX_PERCENT] = { "tx_percent", FETTLE_GAUGE, FETTLE_PERCENT,
	    "Sent, of the speed." },
	NETWORK_COUNT(NETWORK_RX_BYTES, "rx_bytes", FETTLE_BYTES, "Received."),
	NETWORK_COUNT(NETWORK_TX_BYTES, "tx_bytes", FETTLE_BYTES, "Sent."),
	NETWORK_COUNT(NETWORK_RX_PACKETS, "rx_packets", FETTLE_NUMBER,
	    "Packets received."),
	NETWORK_COUNT(
	    NETWORK_TX_PACKETS, "tx_packets", FETTLE_NUMBER, "Packets sent."),
	NETWORK_COUNT(NETWORK_RX_ERRORS, "rx_errors", FETTLE_NUMBER,
	    "Bad packets received."),
	NETWORK_COUNT(NETWORK_TX_ERRORS, "tx_errors", FETTLE_NUMBER,
	    "Packets that could not be sent."),
	NETWORK_COUNT(NETWORK_RX_DROPPED, "rx_dropped", FETTLE_NUMBER,
	    "Packets received and dropped: nobody wanted them, or there was no room."),
	NETWORK_COUNT(NETWORK_TX_DROPPED, "tx_dropped", FETTLE_NUMBER,
	    "Packets dropped on their way out."),
	NETWORK_COUNT(NETWORK_RX_MULTICAST, "rx_multicast", FETTLE_NUMBER,
	    "Multicast packets received; the kernel does not count those sent."),
	NETWORK_COUNT(NETWORK_CARRIER_CHANGES, "carrier_changes",
	    FETTLE_NUMBER, "Changes of the carrier: up, down."),
};

struct interface {
	struct roster_row row;
	bool wanted;
	bool up;
	uint64_t changes;
	double speed;	  /* bytes a second; NaN: nobody says */
	int64_t speed_ns; /* when that was looked up */
	int64_t taken_ns; /* when these were */
	uint64_t rx, tx;
};

struct network {
	struct fettle_strings include, exclude;
	struct procfile dev;
	struct netlink nl;
	bool by_netlink, failing;
	bool opening; /* the first reading is only remembered */
	struct links links;
	struct roster interfaces;
};

static const struct fettle_option network_options[] = {
	FETTLE_OPTION(struct network, include, "",
	    "Interfaces to report, as names or patterns, whatever they are; where this is not given, those that lead out of the machine."),
	FETTLE_OPTION(struct network, exclude, "",
	    "Interfaces to leave out, as names or patterns."),
};

/* --- one interface ------------------------------------------------------- */

static bool
network_is_usual(const struct link *link)
{
	static const char *const kinds[] = { "loopback", "veth", "ifb",
		"dummy" };
	static const char *const names[] = { "lo", "veth*", "ifb[0-9]*",
		"dummy[0-9]*", "sit0", "tunl0", "gre0", "gretap0", "erspan0",
		"ip6tnl0", "ip6gre0", "ip_vti0", "ip6_vti0" };
	const struct fettle_strings by_kind = { sizeof(kinds) / sizeof *kinds,
		kinds };
	const struct fettle_strings by_name = { sizeof(names) / sizeof *names,
		names };

	return !globs_match(&by_kind, link->kind) &&
	       !globs_match(&by_name, link->name);
}

/* The text of an attribute below /sys/class/net, without the newline. */
static bool
network_attribute(struct fettle_ctx *ctx, const char *name,
    const char *attribute, char *text, size_t size)
{
	char path[LINK_NAME + 64];
	ssize_t n;
	int fd;

	if (strchr(name, '/') != NULL || strcmp(name, "..") == 0)
		return false;
	snprintf(path, sizeof(path), "/sys/class/net/%s/%s", name, attribute);
	fd = fettle_file(ctx, path);
	if (fd < 0)
		return false;
	n = pread(fd, text, size - 1, 0);
	close(fd);
	if (n <= 0)
		return false;
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return true;
}

/* What rtnetlink would have said. */
static void
network_complete(struct fettle_ctx *ctx, struct link *link)
{
	const char *p;
	char text[32];
	uint64_t n;

	if (network_attribute(
		ctx, link->name, "operstate", text, sizeof(text))) {
		link->full = true;
		link->up =
		    strcmp(text, "up") == 0 || strcmp(text, "unknown") == 0;
	}
	if (network_attribute(
		ctx, link->name, "carrier_changes", text, sizeof(text))) {
		p = text;
		link->has_changes = scan_number(&p, &n);
		link->changes = (uint32_t)n;
	}
}

/* Where it is not known drivers tell -1, also without a sign. */
static double
network_speed(struct fettle_ctx *ctx, const char *name)
{
	char text[32];
	const char *p = text;
	uint64_t mbit;

	if (!network_attribute(ctx, name, "speed", text, sizeof(text)) ||
	    !scan_number(&p, &mbit) || mbit == 0 || mbit >= INT32_MAX)
		return NAN;
	return (double)mbit * NETWORK_MBIT;
}

static void
network_look(struct fettle_ctx *ctx, const struct link *link,
    struct interface *i, int64_t ns)
{
	if (!i->row.fresh && i->up == link->up &&
	    i->changes == link->changes && ns - i->speed_ns < NETWORK_SPEED_NS)
		return;
	i->up = link->up;
	i->changes = link->changes;
	i->speed_ns = ns;
	i->speed = network_speed(ctx, link->name);
}

/* --- numbers ------------------------------------------------------------- */

/* None where the counter fell. */
static struct fettle_value
network_share(uint64_t was, uint64_t now, double most)
{
	const double spent = (double)(now - was);

	if (now < was)
		return (struct fettle_value){ 0 };
	return fettle_gauge(spent < most ? 100 * spent / most : 100);
}

static void
network_shares(const struct interface *i, const struct link *link,
    int64_t passed, struct fettle_value *v)
{
	const double most = i->speed * (double)passed / 1e9;

	v[NETWORK_RX_PERCENT] =
	    network_share(i->rx, link->v[LINK_RX_BYTES], most);
	v[NETWORK_TX_PERCENT] =
	    network_share(i->tx, link->v[LINK_TX_BYTES], most);
}

/* Compares with the reading before, and keeps this one in its place unless it
 * comes too soon after it. */
static void
network_measure(struct interface *i, const struct link *link, int64_t ns,
    struct fettle_value *v)
{
	const int64_t passed = ns - i->taken_ns;

	if (!i->row.fresh && passed < NETWORK_LEAST_NS)
		return;
	if (!i->row.fresh && !isnan(i->speed))
		network_shares(i, link, passed, v);
	i->taken_ns = ns;
	i->rx = link->v[LINK_RX_BYTES];
	i->tx = link->v[LINK_TX_BYTES];
}

static void
network_state(
    const struct interface *i, const struct link *link, struct fettle_value *v)
{
	if (link->full)
		v[NETWORK_UP] = fettle_gauge(link->up);
	if (!isnan(i->speed))
		v[NETWORK_SPEED] = fettle_gauge(i->speed);
	if (link->has_changes)
		v[NETWORK_CARRIER_CHANGES] = fettle_count(link->changes);
	for (size_t k = 0; k < LINK_N; k++)
		v[NETWORK_RX_BYTES + k] = fettle_count(link->v[k]);
}

/* The counters are in the same order. */
_Static_assert(NETWORK_RX_MULTICAST - NETWORK_RX_BYTES ==
		   LINK_RX_MULTICAST - LINK_RX_BYTES,
    "fields and counters of a link differ");

static int
network_link(struct fettle_ctx *ctx, struct link *link, int64_t ns)
{
	struct network *self = fettle_self(ctx);
	struct fettle_value v[NETWORK_N] = { 0 };
	struct interface *i;
	void *row;
	const int rc =
	    roster_take(&self->interfaces, link->name, link->index, &row);

	if (rc == -ENOMEM)
		return fettle_fail(ctx, ENOMEM, "remember an interface");
	if (rc != 0)
		return 0;
	i = row;
	if (i->row.fresh)
		i->wanted = globs_want(&self->include, &self->exclude,
		    link->name, network_is_usual(link));
	if (!i->wanted)
		return 0;
	if (!link->full)
		network_complete(ctx, link);
	network_look(ctx, link, i, ns);
	network_measure(i, link, ns, v);
	network_state(i, link, v);
	return self->opening
		   ? 0
		   : fettle_submit_values(ctx, link->name, v, NETWORK_N);
}

/* --- all of them --------------------------------------------------------- */

/* What came while others came and went is not complete. */
static int
network_ask(struct network *self)
{
	const struct ifinfomsg all = { 0 };
	int rc = -EINTR;

	for (size_t i = 0; i < NETWORK_TRIES && rc == -EINTR; i++) {
		links_clear(&self->links);
		rc = netlink_dump(&self->nl, RTM_GETLINK, &all, sizeof(all),
		    links_take, &self->links);
	}
	return rc == -EINTR ? 0 : rc;
}

static void
network_say(struct fettle_ctx *ctx, int rc)
{
	struct network *self = fettle_self(ctx);

	if (rc != 0 && !self->failing)
		fettle_log(ctx, LOG_NOTICE,
		    "rtnetlink: %s; /proc/net/dev is read instead",
		    strerror(-rc));
	else if (rc == 0 && self->failing)
		fettle_log(ctx, LOG_NOTICE, "rtnetlink answers again");
	self->failing = rc != 0;
}

static int
network_text(struct fettle_ctx *ctx)
{
	struct network *self = fettle_self(ctx);
	int rc = procfile_read(&self->dev);

	if (rc != 0)
		return fettle_fail(ctx, -rc, "read /proc/net/dev");
	links_clear(&self->links);
	rc = links_parse(&self->links, self->dev.text);
	if (rc != 0)
		return fettle_fail(ctx, -rc, "keep what /proc/net/dev says");
	return self->links.n > 0 ? 0
				 : fettle_fail(ctx, ENODATA,
				       "find an interface in /proc/net/dev");
}

static int
network_read(struct fettle_ctx *ctx)
{
	struct network *self = fettle_self(ctx);
	bool text = !self->by_netlink;
	int64_t ns;
	int rc = 0;

	if (!text) {
		rc = network_ask(self);
		network_say(ctx, rc);
		text = rc != 0;
	}
	if (text)
		rc = network_text(ctx);
	if (rc != 0)
		return rc;
	ns = fettle_now(ctx);
	roster_begin(&self->interfaces);
	for (size_t i = 0; i < self->links.n && rc == 0; i++)
		rc = network_link(ctx, &self->links.v[i], ns);
	roster_end(&self->interfaces);
	return rc;
}

static void
network_close(struct fettle_ctx *ctx)
{
	struct network *self = fettle_self(ctx);

	procfile_close(&self->dev);
	netlink_close(&self->nl);
	links_fini(&self->links);
	roster_fini(&self->interfaces);
}

/* Who may have no such sockets at the start will have none later. */
static void
network_choose(struct fettle_ctx *ctx)
{
	struct network *self = fettle_self(ctx);
	int rc;

	self->nl.fd = -1;
	self->by_netlink = false;
	if (!netlink_fits(self->dev.fd))
		return;
	rc = netlink_open(&self->nl, NETLINK_ROUTE);
	self->by_netlink = rc == 0;
	network_say(ctx, rc);
}

static int
network_open(struct fettle_ctx *ctx)
{
	struct network *self = fettle_self(ctx);
	int rc = procfile_open(&self->dev, ctx, "/proc/net/dev");

	if (rc != 0)
		return fettle_fail(ctx, -rc, "open /proc/net/dev");
	self->interfaces.size = sizeof(struct interface);
	network_choose(ctx);
	self->opening = true;
	rc = network_read(ctx);
	self->opening = false;
	if (rc != 0)
		network_close(ctx);
	return rc;
}

FETTLE_PLUGIN(network) = {
	FETTLE_ABI,
	.summary = "What network interfaces receive and send.",
	.instance_name = "interface",
	.fields = FETTLE_FIELDS(network_fields),
	.options = FETTLE_OPTIONS(network_options),
	.self_size = sizeof(struct network),
	.open = network_open,
	.read = network_read,
	.close = network_close,
};
