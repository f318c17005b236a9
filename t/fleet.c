/* SPDX-License-Identifier: MIT */
/*
 * A fleet of pretended agents that post to one hub, each by a connection of
 * its own and one batch at a time, as http_ingest does:
 *
 *	fleet PORT TOKEN AGENTS SECONDS INTERVAL_MS SEED
 *
 * They come at offsets of their own within the interval, a little early or
 * late; every tenth has a clock that is up to 4 minutes off; now and then one
 * hears no answer and sends the same again, or starts anew and goes on where
 *it was.  Which and when is the seed's alone.  What a hub may refuse is tried
 * again.  A line of JSON says what came of it.  Latency is counted from when a
 * batch was due, so that who answers late cannot slow down who asks; in ms.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)

enum {
	LISTS = 3,    /* of a batch */
	AGAIN = 100,  /* one batch of so many is sent again */
	ANEW = 200,   /* after one of so many an agent starts anew */
	SKEWED = 10,  /* one agent of so many has another clock */
	SKEW_S = 240, /* by at most */
	ANSWER = 2048,
	GRACE_S = 60, /* that answers are waited for at the end */
};

struct agent {
	uint64_t chance;
	int64_t offset_ns, skew_ns;
	int64_t due_ns; /* of the next batch, or of the one under way */
	uint64_t round, seq;
	double stamp; /* of the batch under way */
	bool busy;
	bool again; /* the hub has had that batch */
	int fd;
	char answer[ANSWER];
	size_t len;
};

static struct fleet {
	struct agent *agents;
	size_t n;
	int port, poll;
	const char *token;
	uint64_t seed;
	int64_t begun_ns, interval_ns, until_ns;
	uint32_t *latencies; /* us */
	size_t answers, room;
	/* lists: those that were to be new, and what was said of all */
	uint64_t sent, resent, accepted, duplicate;
	uint64_t refused, failed, anew, waiting; /* batches; agents */
} fleet;

static int64_t
now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

static uint64_t
draw(struct agent *a)
{
	uint64_t x = a->chance += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

/* --- connections --------------------------------------------------------- */

static void
hang_up(struct agent *a)
{
	if (a->fd >= 0)
		close(a->fd);
	a->fd = -1;
	a->len = 0;
}

/* From an address that it shares with few: a hub counts them. */
static bool
dial(struct agent *a)
{
	const uint32_t i = (uint32_t)(a - fleet.agents);
	const int one = 1;
	struct sockaddr_in from = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(0x7f000001 + i % 200) };
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)fleet.port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = a };

	a->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (a->fd < 0)
		die("socket");
	setsockopt(
	    a->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
	setsockopt(a->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (bind(a->fd, (struct sockaddr *)&from, sizeof(from)) == 0 &&
	    connect(a->fd, (struct sockaddr *)&to, sizeof(to)) == 0 &&
	    epoll_ctl(fleet.poll, EPOLL_CTL_ADD, a->fd, &event) == 0)
		return true;
	hang_up(a);
	return false;
}

/* --- batches ------------------------------------------------------------- */

static size_t
encode(const struct agent *a, char *to, size_t room)
{
	const unsigned i = (unsigned)(a - fleet.agents);
	const double sent =
	    (double)(now(CLOCK_REALTIME) + a->skew_ns) / NS_PER_S;
	int n = snprintf(to, room,
	    "{\"v\":1,\"queue\":\"%016llx%016x\",\"seq\":%llu,"
	    "\"host\":\"agent-%u\",\"sent\":%.3f,\"interval\":%.3f,"
	    "\"plugins\":[{\"plugin\":\"fleet\",\"fields\":["
	    "[\"number\",\"counter\",\"\"],[\"load\",\"gauge\",\"\"]],"
	    "\"rows\":[",
	    (unsigned long long)fleet.seed, i, (unsigned long long)a->seq, i,
	    sent, (double)fleet.interval_ns / NS_PER_S);

	for (unsigned k = 0; k < LISTS; k++)
		n += snprintf(to + n, room - (size_t)n,
		    "%s[\"%u\",%.3f,%llu,0.25]", k > 0 ? "," : "", k, a->stamp,
		    (unsigned long long)a->seq + k);
	n += snprintf(to + n, room - (size_t)n, "]}]}");
	return (size_t)n;
}

/* What is due, or was not taken before. */
static void
post(struct agent *a)
{
	char body[1024], text[2048];
	const size_t len = encode(a, body, sizeof(body));
	const int n = snprintf(text, sizeof(text),
	    "POST /ingest HTTP/1.1\r\nHost: 127.0.0.1\r\n"
	    "Authorization: Bearer %s\r\nContent-Type: application/json\r\n"
	    "Content-Length: %zu\r\n\r\n%.*s",
	    fleet.token, len, (int)len, body);

	if ((a->fd >= 0 || dial(a)) &&
	    send(a->fd, text, (size_t)n, MSG_NOSIGNAL) == n)
		return;
	fleet.failed++;
	hang_up(a);
	a->due_ns += fleet.interval_ns; /* the same, later */
	a->busy = false;
}

static void
begin(struct agent *a)
{
	a->busy = true;
	if (a->stamp == 0) {
		a->stamp =
		    (double)(now(CLOCK_REALTIME) + a->skew_ns) / NS_PER_S;
		fleet.sent += LISTS;
	}
	post(a);
}

/* A little early or late, but never before the one before it. */
static void
plan(struct agent *a)
{
	const int64_t spread = fleet.interval_ns / 20;

	a->round++;
	a->stamp = 0;
	a->seq += LISTS;
	a->again = false;
	a->busy = false;
	a->due_ns = fleet.begun_ns + a->offset_ns +
		    (int64_t)a->round * fleet.interval_ns +
		    (int64_t)(draw(a) % (uint64_t)(2 * spread + 1)) - spread;
}

/* --- answers ------------------------------------------------------------- */

static uint64_t
count(const char *answer, const char *name)
{
	const char *at = strstr(answer, name);

	return at != NULL ? strtoull(at + strlen(name), NULL, 10) : 0;
}

static void
note_latency(const struct agent *a)
{
	const int64_t us = (now(CLOCK_MONOTONIC) - a->due_ns) / 1000;

	if (fleet.answers < fleet.room)
		fleet.latencies[fleet.answers++] =
		    us < UINT32_MAX ? (uint32_t)us : UINT32_MAX;
}

/* A whole answer is there. */
static void
hear(struct agent *a)
{
	const bool closes = strcasestr(a->answer, "connection: close") != NULL;
	const bool taken = strncmp(a->answer, "HTTP/1.1 200", 12) == 0;

	fleet.accepted += taken ? count(a->answer, "\"accepted\":") : 0;
	fleet.duplicate += taken ? count(a->answer, "\"duplicate\":") : 0;
	note_latency(a);
	a->len = 0;
	if (closes)
		hang_up(a);
	if (!taken) {
		fleet.refused++;
		a->due_ns += fleet.interval_ns;
		a->busy = false;
		return;
	}
	if (!a->again && draw(a) % AGAIN == 0) {
		/* as if that had been lost on its way */
		a->again = true;
		a->due_ns = now(CLOCK_MONOTONIC);
		fleet.resent += LISTS;
		post(a);
		return;
	}
	if (draw(a) % ANEW == 0) {
		fleet.anew++;
		hang_up(a);
	}
	plan(a);
}

static bool
is_whole(const struct agent *a)
{
	const char *end = strstr(a->answer, "\r\n\r\n");
	const char *length = strcasestr(a->answer, "content-length:");

	return end != NULL && length != NULL &&
	       a->len >= (size_t)(end + 4 - a->answer) +
			     strtoul(length + 15, NULL, 10);
}

static void
receive(struct agent *a)
{
	const ssize_t n = recv(a->fd, a->answer + a->len,
	    sizeof(a->answer) - 1 - a->len, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		hang_up(a);
		if (a->busy) { /* nobody knows whether it was taken */
			fleet.failed++;
			fleet.resent += LISTS;
			a->due_ns += fleet.interval_ns;
			a->busy = false;
		}
		return;
	}
	a->len += (size_t)n;
	a->answer[a->len] = '\0';
	if (is_whole(a))
		hear(a);
}

/* --- the whole ----------------------------------------------------------- */

static void
make(struct agent *a, size_t i)
{
	a->chance = fleet.seed * 1000003 + i;
	a->fd = -1;
	a->seq = 1;
	a->offset_ns = (int64_t)(draw(a) % (uint64_t)fleet.interval_ns);
	if (draw(a) % SKEWED == 0)
		a->skew_ns =
		    ((int64_t)(draw(a) % (2 * SKEW_S)) - SKEW_S) * NS_PER_S;
	a->due_ns = fleet.begun_ns + a->offset_ns;
	if (!dial(a))
		die("connect");
}

/* Whether anybody still waits. */
static bool
begin_due(int64_t at)
{
	bool waits = false;

	for (size_t i = 0; i < fleet.n; i++) {
		struct agent *a = &fleet.agents[i];

		/* at the end what was not taken is tried again, no more */
		if (!a->busy && a->due_ns <= at &&
		    (a->due_ns < fleet.until_ns || a->stamp != 0))
			begin(a);
		waits = waits || a->busy || a->stamp != 0;
	}
	return waits || at < fleet.until_ns;
}

static void
run(void)
{
	const int64_t end = fleet.until_ns + GRACE_S * NS_PER_S;
	struct epoll_event events[256];
	int64_t looked = 0, at;

	while ((at = now(CLOCK_MONOTONIC)) < end) {
		int n;

		if (at - looked >= NS_PER_MS) {
			looked = at;
			if (!begin_due(at))
				break;
		}
		n = epoll_wait(fleet.poll, events, 256, 1);
		for (int i = 0; i < n; i++)
			receive(events[i].data.ptr);
	}
	for (size_t i = 0; i < fleet.n; i++)
		fleet.waiting += fleet.agents[i].stamp != 0;
}

static int
compare(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static double
at_rank(double part)
{
	const size_t rank = (size_t)(part * (double)(fleet.answers - 1));

	return fleet.answers > 0 ? fleet.latencies[rank] / 1000.0 : 0;
}

static void
report(void)
{
	qsort(
	    fleet.latencies, fleet.answers, sizeof(*fleet.latencies), compare);
	printf("{\"agents\":%zu,\"answers\":%zu,\"sent\":%llu,"
	       "\"resent\":%llu,\"accepted\":%llu,\"duplicate\":%llu,"
	       "\"refused\":%llu,\"failed\":%llu,\"anew\":%llu,"
	       "\"waiting\":%llu,\"p50\":%.3f,\"p99\":%.3f,\"most\":%.3f,"
	       "\"cpu\":%.3f}\n",
	    fleet.n, fleet.answers, (unsigned long long)fleet.sent,
	    (unsigned long long)fleet.resent,
	    (unsigned long long)fleet.accepted,
	    (unsigned long long)fleet.duplicate,
	    (unsigned long long)fleet.refused,
	    (unsigned long long)fleet.failed, (unsigned long long)fleet.anew,
	    (unsigned long long)fleet.waiting, at_rank(0.5), at_rank(0.99),
	    at_rank(1), (double)now(CLOCK_PROCESS_CPUTIME_ID) / NS_PER_S);
}

/* Each holds a descriptor. */
static void
raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		die("getrlimit");
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		die("setrlimit");
}

int
main(int argc, char **argv)
{
	int64_t seconds;

	if (argc != 7) {
		fprintf(stderr, "usage: fleet PORT TOKEN AGENTS SECONDS "
				"INTERVAL_MS SEED\n");
		return 2;
	}
	fleet.port = atoi(argv[1]);
	fleet.token = argv[2];
	fleet.n = (size_t)atoi(argv[3]);
	seconds = atoi(argv[4]);
	fleet.interval_ns = atoi(argv[5]) * NS_PER_MS;
	fleet.seed = strtoull(argv[6], NULL, 10);
	if (fleet.n == 0 || fleet.interval_ns <= 0 || seconds <= 0) {
		fprintf(stderr, "fleet: agents, seconds and interval are at "
				"least 1\n");
		return 2;
	}
	raise_limit();
	fleet.poll = epoll_create1(EPOLL_CLOEXEC);
	fleet.room = 2 * fleet.n *
		     (size_t)(seconds * NS_PER_S / fleet.interval_ns + 10);
	fleet.latencies = calloc(fleet.room, sizeof(*fleet.latencies));
	fleet.agents = calloc(fleet.n, sizeof(*fleet.agents));
	if (fleet.poll < 0 || fleet.latencies == NULL || fleet.agents == NULL)
		die("fleet");
	fleet.begun_ns = now(CLOCK_MONOTONIC) + NS_PER_S / 5;
	fleet.until_ns = fleet.begun_ns + seconds * NS_PER_S;
	for (size_t i = 0; i < fleet.n; i++)
		make(&fleet.agents[i], i);
	run();
	report();
	return 0;
}
