/* SPDX-License-Identifier: MIT */
/*
 * sockets: TCP and UDP, of IPv4 and IPv6.
 *
 * Most numbers are counters of the kernel's, read from five small files below
 * /proc/net, whatever the number of sockets.  How many TCP sockets are in
 * which state no file says but the list of all of them, /proc/net/tcp, which
 * costs a microsecond and more for each.  Here the kernel is asked by
 * sock_diag(7), and only for the states that few sockets are in, states.h;
 * what is ESTABLISHED is what the kernel counts as connected without those in
 * CLOSE_WAIT, and it counts TIME_WAIT itself.
 *
 * The kernel still looks at each socket, for some 30 ns, to see whether it is
 * asked for.  Where there are more than `most' of them the states are left
 * out, but for TIME_WAIT, and tcp_connected for ESTABLISHED.
 *
 * All of it is about the network namespace that the daemon runs in, but for
 * tcp_orphan, tcp_alloc, and the memory, which the kernel counts for all.
 */
#include <fettle/plugin.h>

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

#include "common/netlink.h"
#include "common/procfile.h"
#include "fields.h"
#include "states.h"
#include "tables.h"

enum { SOCKETS_SOURCES = 5 };

struct sockets {
	int64_t most;
	struct procfile files[SOCKETS_SOURCES];
	struct netlink nl;
	bool by_state;
	int failing; /* why they were not counted the last time; 0 */
	bool known;  /* what is below is */
	uint64_t sent, again;
};

static const struct fettle_option sockets_options[] = {
	FETTLE_RANGE(struct sockets, most, "100000",
	    "Up to how many TCP sockets these are counted by state; 0: never.",
	    0, 10000000),
};

/* --- what is read -------------------------------------------------------- */

static const struct wish wishes_sockstat[] = {
	{ "sockets", "used", SOCKETS_USED },
	{ "TCP", "inuse", SOCKETS_TCP_INUSE },
	{ "TCP", "orphan", SOCKETS_TCP_ORPHAN },
	{ "TCP", "alloc", SOCKETS_TCP_ALLOC },
	{ "TCP", "mem", SOCKETS_TCP_MEMORY },
	{ "TCP", "tw", SOCKETS_TCP_TIME_WAIT },
	{ "UDP", "inuse", SOCKETS_UDP_INUSE },
	{ "UDP", "mem", SOCKETS_UDP_MEMORY },
};

static const struct wish wishes_sockstat6[] = {
	{ "TCP6", "inuse", SOCKETS_TCP6_INUSE },
	{ "UDP6", "inuse", SOCKETS_UDP6_INUSE },
};

static const struct wish wishes_snmp[] = {
	{ "Tcp", "CurrEstab", SOCKETS_TCP_CONNECTED },
	{ "Tcp", "ActiveOpens", SOCKETS_TCP_ACTIVE_OPENS },
	{ "Tcp", "PassiveOpens", SOCKETS_TCP_PASSIVE_OPENS },
	{ "Tcp", "AttemptFails", SOCKETS_TCP_ATTEMPT_FAILS },
	{ "Tcp", "EstabResets", SOCKETS_TCP_RESETS },
	{ "Tcp", "InSegs", SOCKETS_TCP_IN_SEGMENTS },
	{ "Tcp", "OutSegs", SOCKETS_TCP_OUT_SEGMENTS },
	{ "Tcp", "RetransSegs", SOCKETS_TCP_RETRANSMITS },
	{ "Tcp", "InErrs", SOCKETS_TCP_IN_ERRORS },
	{ "Tcp", "OutRsts", SOCKETS_TCP_OUT_RESETS },
	{ "Udp", "InDatagrams", SOCKETS_UDP_IN },
	{ "Udp", "OutDatagrams", SOCKETS_UDP_OUT },
	{ "Udp", "NoPorts", SOCKETS_UDP_NO_PORTS },
	{ "Udp", "InErrors", SOCKETS_UDP_IN_ERRORS },
	{ "Udp", "RcvbufErrors", SOCKETS_UDP_RCVBUF_ERRORS },
	{ "Udp", "SndbufErrors", SOCKETS_UDP_SNDBUF_ERRORS },
	{ "Udp", "InCsumErrors", SOCKETS_UDP_CHECKSUM_ERRORS },
};

static const struct wish wishes_snmp6[] = {
	{ "", "Udp6InDatagrams", SOCKETS_UDP6_IN },
	{ "", "Udp6OutDatagrams", SOCKETS_UDP6_OUT },
	{ "", "Udp6NoPorts", SOCKETS_UDP6_NO_PORTS },
	{ "", "Udp6InErrors", SOCKETS_UDP6_IN_ERRORS },
	{ "", "Udp6RcvbufErrors", SOCKETS_UDP6_RCVBUF_ERRORS },
	{ "", "Udp6SndbufErrors", SOCKETS_UDP6_SNDBUF_ERRORS },
	{ "", "Udp6InCsumErrors", SOCKETS_UDP6_CHECKSUM_ERRORS },
};

static const struct wish wishes_netstat[] = {
	{ "TcpExt", "TCPTimeouts", SOCKETS_TCP_TIMEOUTS },
	{ "TcpExt", "ListenOverflows", SOCKETS_TCP_LISTEN_OVERFLOWS },
	{ "TcpExt", "ListenDrops", SOCKETS_TCP_LISTEN_DROPS },
	{ "TcpExt", "SyncookiesSent", SOCKETS_TCP_SYNCOOKIES_SENT },
	{ "TcpExt", "TCPMemoryPressures", SOCKETS_TCP_MEMORY_PRESSURES },
	{ "TcpExt", "TCPAbortOnMemory", SOCKETS_TCP_MEMORY_ABORTS },
};

#define SOCKETS_WISHES(a) (a), sizeof(a) / sizeof *(a)

/* Without IPv6 there are no files of it. */
static const struct source {
	const char *path;
	tables_fn *parse;
	const struct wish *wishes;
	size_t n;
	bool ipv6;
} sources[SOCKETS_SOURCES] = {
	{ "/proc/net/sockstat", tables_pairs, SOCKETS_WISHES(wishes_sockstat),
	    false },
	{ "/proc/net/sockstat6", tables_pairs,
	    SOCKETS_WISHES(wishes_sockstat6), true },
	{ "/proc/net/snmp", tables_columns, SOCKETS_WISHES(wishes_snmp),
	    false },
	{ "/proc/net/snmp6", tables_lines, SOCKETS_WISHES(wishes_snmp6),
	    true },
	{ "/proc/net/netstat", tables_columns, SOCKETS_WISHES(wishes_netstat),
	    false },
};

/* Whether there was anything to read. */
static bool
sockets_find(struct fettle_ctx *ctx, struct found *found)
{
	struct sockets *self = fettle_self(ctx);
	bool any = false;

	for (size_t i = 0; i < SOCKETS_SOURCES; i++) {
		struct procfile *f = &self->files[i];

		if (f->path == NULL || !procfile_try(f, ctx))
			continue;
		sources[i].parse(
		    f->text, sources[i].wishes, sources[i].n, found);
		any = true;
	}
	return any;
}

static void
sockets_values(const struct found *found, struct fettle_value *v)
{
	for (size_t i = 0; i < SOCKETS_N; i++) {
		if (!found[i].there)
			continue;
		v[i] = sockets_fields[i].kind == FETTLE_COUNTER
			   ? fettle_count(found[i].n)
			   : fettle_gauge((double)found[i].n);
	}
	/* the kernel tells pages */
	v[SOCKETS_TCP_MEMORY].real *= (double)sysconf(_SC_PAGESIZE);
	v[SOCKETS_UDP_MEMORY].real *= (double)sysconf(_SC_PAGESIZE);
}

/* --- TCP by state -------------------------------------------------------- */

static const struct {
	size_t field;
	int state;
} sockets_states[] = {
	{ SOCKETS_TCP_SYN_SENT, TCP_SYN_SENT },
	{ SOCKETS_TCP_SYN_RECV, TCP_SYN_RECV },
	{ SOCKETS_TCP_FIN_WAIT1, TCP_FIN_WAIT1 },
	{ SOCKETS_TCP_FIN_WAIT2, TCP_FIN_WAIT2 },
	{ SOCKETS_TCP_CLOSE_WAIT, TCP_CLOSE_WAIT },
	{ SOCKETS_TCP_LAST_ACK, TCP_LAST_ACK },
	{ SOCKETS_TCP_LISTEN, TCP_LISTEN },
	{ SOCKETS_TCP_CLOSING, TCP_CLOSING },
};

/*
 * The older form of the request: it is answered for both IPv4 and IPv6, and
 * the kernel goes through its table once, a quarter of a millisecond where it
 * is as large as it usually is, whoever is in it.
 */
static int
sockets_ask(struct sockets *self, struct states *states)
{
	const struct inet_diag_req request = { .idiag_family = AF_INET,
		.idiag_states = STATES_ASKED };
	const int rc = netlink_dump(&self->nl, TCPDIAG_GETSOCK, &request,
	    sizeof(request), states_take, states);

	return rc == -EINTR ? 0 : rc == -EOPNOTSUPP ? -ENOENT : rc;
}

/* Those that the kernel would have to look at. */
static uint64_t
sockets_all(const struct found *found)
{
	return found[SOCKETS_TCP_INUSE].n + found[SOCKETS_TCP6_INUSE].n +
	       found[SOCKETS_TCP_TIME_WAIT].n;
}

static int
sockets_count(
    struct sockets *self, const struct found *found, struct states *states)
{
	return sockets_all(found) > (uint64_t)self->most
		   ? -E2BIG
		   : sockets_ask(self, states);
}

static void
sockets_say(struct fettle_ctx *ctx, int rc)
{
	struct sockets *self = fettle_self(ctx);

	if (rc == 0 && self->failing != 0)
		fettle_log(
		    ctx, LOG_NOTICE, "TCP sockets are counted by state again");
	if (rc == self->failing)
		return;
	if (rc == -E2BIG)
		fettle_log(ctx, LOG_NOTICE,
		    "there are more than %lld TCP sockets: they are not counted by state",
		    (long long)self->most);
	else if (rc == -ENOENT)
		fettle_log(ctx, LOG_NOTICE,
		    "TCP sockets are not counted by state: the kernel has no module tcp_diag");
	else if (rc != 0)
		fettle_log(ctx, LOG_NOTICE,
		    "TCP sockets are not counted by state: sock_diag: %s",
		    strerror(-rc));
	self->failing = rc;
}

/* To ask makes the kernel look for its module: once is enough. */
static void
sockets_by_state(
    struct fettle_ctx *ctx, const struct found *found, struct fettle_value *v)
{
	struct sockets *self = fettle_self(ctx);
	struct states states = { .most = (size_t)self->most };
	const uint64_t *by = states.by;
	const uint64_t connected = found[SOCKETS_TCP_CONNECTED].n;
	int rc;

	if (!self->by_state)
		return;
	rc = sockets_count(self, found, &states);
	sockets_say(ctx, rc);
	self->by_state = rc != -ENOENT;
	if (rc != 0)
		return;
	for (size_t i = 0; i < sizeof(sockets_states) / sizeof *sockets_states;
	     i++)
		v[sockets_states[i].field] =
		    fettle_gauge((double)by[sockets_states[i].state]);
	if (found[SOCKETS_TCP_CONNECTED].there)
		v[SOCKETS_TCP_ESTABLISHED] =
		    fettle_gauge(connected > by[TCP_CLOSE_WAIT]
				     ? (double)(connected - by[TCP_CLOSE_WAIT])
				     : 0);
}

/* --- reading ------------------------------------------------------------- */

/* Of what was sent between two readings, if anything was. */
static void
sockets_share(
    struct sockets *self, const struct found *found, struct fettle_value *v)
{
	const uint64_t sent = found[SOCKETS_TCP_OUT_SEGMENTS].n;
	const uint64_t again = found[SOCKETS_TCP_RETRANSMITS].n;
	const bool there = found[SOCKETS_TCP_OUT_SEGMENTS].there &&
			   found[SOCKETS_TCP_RETRANSMITS].there;
	double first, more;

	if (there && self->known && sent >= self->sent &&
	    again >= self->again) {
		first = (double)(sent - self->sent);
		more = (double)(again - self->again);
		if (first + more > 0)
			v[SOCKETS_TCP_RETRANSMIT_PERCENT] =
			    fettle_gauge(100 * more / (first + more));
	}
	self->known = there;
	self->sent = sent;
	self->again = again;
}

static int
sockets_read(struct fettle_ctx *ctx)
{
	struct sockets *self = fettle_self(ctx);
	struct found found[SOCKETS_N] = { 0 };
	struct fettle_value v[SOCKETS_N] = { 0 };

	if (!sockets_find(ctx, found))
		return fettle_fail(ctx, ENODATA, "read /proc/net/snmp");
	sockets_values(found, v);
	sockets_by_state(ctx, found, v);
	sockets_share(self, found, v);
	return fettle_submit_values(ctx, NULL, v, SOCKETS_N);
}

static void
sockets_close(struct fettle_ctx *ctx)
{
	struct sockets *self = fettle_self(ctx);

	for (size_t i = 0; i < SOCKETS_SOURCES; i++)
		procfile_close(&self->files[i]);
	netlink_close(&self->nl);
}

/* Whether there is any. */
static bool
sockets_open_files(struct fettle_ctx *ctx)
{
	struct sockets *self = fettle_self(ctx);
	bool any = false;
	int rc;

	for (size_t i = 0; i < SOCKETS_SOURCES; i++) {
		rc = procfile_open(&self->files[i], ctx, sources[i].path);
		any = any || rc == 0;
		if (rc != 0 && !(sources[i].ipv6 && rc == -ENOENT))
			fettle_log(ctx, LOG_NOTICE, "cannot open '%s': %s",
			    sources[i].path, strerror(-rc));
	}
	return any;
}

static int
sockets_open(struct fettle_ctx *ctx)
{
	struct sockets *self = fettle_self(ctx);
	const struct procfile *own = &self->files[0];
	int rc;

	self->nl.fd = -1;
	if (!sockets_open_files(ctx))
		return fettle_fail(ctx, ENOENT, "open /proc/net/snmp");
	if (self->most == 0 || own->path == NULL || !netlink_fits(own->fd))
		return 0;
	rc = netlink_open(&self->nl, NETLINK_SOCK_DIAG);
	self->by_state = rc == 0;
	sockets_say(ctx, rc);
	return 0;
}

FETTLE_PLUGIN(sockets) = {
	FETTLE_ABI,
	.summary = "TCP and UDP sockets, and what they send and lose.",
	.fields = FETTLE_FIELDS(sockets_fields),
	.options = FETTLE_OPTIONS(sockets_options),
	.self_size = sizeof(struct sockets),
	.open = sockets_open,
	.read = sockets_read,
	.close = sockets_close,
};
