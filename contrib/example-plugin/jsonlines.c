/* SPDX-License-Identifier: MIT */
/*
 * jsonlines: value lists to another program, each as a line of JSON
 *
 * {"queue": "9f…", "seq": 17, "host": "web-1", "plugin": "disk", "instance":
 * "/home", "tags": {}, "time_ns": 1763800000000000000, "values": {"free": 7}}
 *
 * A batch is a TCP connection.  When all lines are there the other side
 * answers with one of its own, the seq of the last; otherwise the batch comes
 * again, with the same numbers.
 */
#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <fettle/plugin.h>

struct jsonlines {
	const char *host, *port;
};

static const struct fettle_option jsonlines_options[] = {
	FETTLE_OPTION(struct jsonlines, host, "127.0.0.1", "Where to send."),
	FETTLE_OPTION(struct jsonlines, port, NULL, "The port there."),
};

/* Names come as UTF-8 without control characters: two need an escape. */
static void
put_text(FILE *to, const char *before, const char *s)
{
	fprintf(to, "%s\"", before);
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			putc('\\', to);
		putc(*s, to);
	}
	putc('"', to);
}

static void
put_list(FILE *to, const struct fettle_list *l)
{
	put_text(to, ", \"host\": ", l->host);
	put_text(to, ", \"plugin\": ", l->plugin);
	put_text(to, ", \"instance\": ", l->instance ? l->instance : "");
	fputs(", \"tags\": {", to);
	for (size_t i = 0; i < l->n_tags; i++) {
		put_text(to, i > 0 ? ", " : "", l->tags[i].key);
		put_text(to, ": ", l->tags[i].value);
	}
	fprintf(to, "}, \"time_ns\": %" PRId64 ", \"values\": {", l->time_ns);
	for (size_t i = 0; i < l->n; i++) {
		put_text(to, i > 0 ? ", " : "", l->fields[i]->name);
		if (l->values[i].kind == FETTLE_COUNTER)
			fprintf(to, ": %" PRIu64, l->values[i].count);
		else if (l->values[i].kind != 0)
			fprintf(to, ": %.17g", l->values[i].real);
		else
			fputs(": null", to);
	}
	fputs("}}\n", to);
}

/* A connection on which nothing waits longer than is left of the call; NULL
 * and errno. */
static FILE *
dial(struct fettle_ctx *ctx)
{
	const struct jsonlines *self = fettle_self(ctx);
	const struct timeval wait = { .tv_sec =
					  fettle_left(ctx) / 4000000000 + 1 };
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *to;
	FILE *peer = NULL;
	int fd;

	errno = EHOSTUNREACH;
	if (getaddrinfo(self->host, self->port, &hints, &to) != 0)
		return NULL;
	fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0) {
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
		if (connect(fd, to->ai_addr, to->ai_addrlen) == 0)
			peer = fdopen(fd, "r+");
		if (peer == NULL)
			close(fd);
	}
	freeaddrinfo(to);
	return peer;
}

static int
jsonlines_write(struct fettle_ctx *ctx, const struct fettle_batch *batch)
{
	const uint64_t last = batch->seq + batch->n - 1;
	FILE *peer = dial(ctx);
	uint64_t taken;
	bool delivered;

	if (peer == NULL)
		return fettle_fail(ctx, errno, "connect");
	for (size_t i = 0; i < batch->n; i++) {
		fprintf(peer, "{\"queue\": \"%s\", \"seq\": %" PRIu64,
		    batch->queue, batch->seq + i);
		put_list(peer, batch->lists[i]);
	}
	delivered = fflush(peer) == 0 &&
		    shutdown(fileno(peer), SHUT_WR) == 0 &&
		    fscanf(peer, "%20" SCNu64, &taken) == 1 && taken == last;
	fclose(peer);
	if (delivered)
		return FETTLE_DELIVERED;
	return fettle_answer(ctx, FETTLE_RETRY, 0,
	    "list %" PRIu64 " is not acknowledged", last);
}

FETTLE_PLUGIN(jsonlines) = {
	FETTLE_ABI,
	.summary = "Value lists as lines of JSON to another program.",
	.options = FETTLE_OPTIONS(jsonlines_options),
	.self_size = sizeof(struct jsonlines),
	.write = jsonlines_write,
};
