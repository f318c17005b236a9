/* SPDX-License-Identifier: MIT */
/*
 * adopter: keeps a counter and a listening socket over a reload by adopt.  A
 * read submits how many reads there were and how many instances took over, and
 * answers whoever has connected with the number of reads.  `note' is there to
 * be changed; with `refuse' it cannot take over.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <fettle/plugin.h>

struct adopter {
	const char *path, *note;
	bool refuse;
	int fd;
	int64_t reads, adoptions;
};

static const struct fettle_option adopter_options[] = {
	FETTLE_OPTION(struct adopter, path, NULL, "The socket."),
	FETTLE_OPTION(struct adopter, note, "", "Anything."),
	FETTLE_OPTION(struct adopter, refuse, "false",
	    "Whether it cannot take over from the one before."),
};

enum { ADOPTER_READS, ADOPTER_ADOPTIONS, ADOPTER_N };

static const struct fettle_field adopter_fields[ADOPTER_N] = {
	[ADOPTER_READS] = { "reads", FETTLE_GAUGE, FETTLE_NUMBER,
	    "Reads since it was first opened." },
	[ADOPTER_ADOPTIONS] = { "adoptions", FETTLE_GAUGE, FETTLE_NUMBER,
	    "How often an instance took over." },
};

static int
adopter_open(struct fettle_ctx *ctx)
{
	struct adopter *a = fettle_self(ctx);
	struct sockaddr_un to = { .sun_family = AF_UNIX };

	if (strlen(a->path) >= sizeof(to.sun_path))
		return fettle_fail(ctx, ENAMETOOLONG, "%s", a->path);
	strcpy(to.sun_path, a->path);
	a->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (a->fd < 0)
		return fettle_fail(ctx, errno, "socket");
	unlink(a->path);
	if (bind(a->fd, (const struct sockaddr *)&to, sizeof(to)) == 0 &&
	    listen(a->fd, 8) == 0)
		return 0;
	const int err = errno;

	close(a->fd);
	return fettle_fail(ctx, err, "%s", a->path);
}

static int
adopter_adopt(struct fettle_ctx *ctx, void *old)
{
	struct adopter *a = fettle_self(ctx), *was = old;

	if (a->refuse)
		return fettle_fail(ctx, EBUSY, "as told");
	a->fd = was->fd;
	a->reads = was->reads;
	a->adoptions = was->adoptions + 1;
	was->fd = -1;
	return 0;
}

static void
adopter_close(struct fettle_ctx *ctx)
{
	const struct adopter *a = fettle_self(ctx);

	if (a->fd >= 0)
		close(a->fd);
}

/* Whoever waits is told; there may be nobody. */
static void
answer_callers(const struct adopter *a)
{
	char text[32];
	int fd;

	snprintf(text, sizeof(text), "%lld\n", (long long)a->reads);
	while ((fd = accept(a->fd, NULL, NULL)) >= 0) {
		if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
			text[0] = '\0';
		close(fd);
	}
}

static int
adopter_read(struct fettle_ctx *ctx)
{
	struct adopter *a = fettle_self(ctx);
	double values[ADOPTER_N];

	a->reads++;
	answer_callers(a);
	values[ADOPTER_READS] = (double)a->reads;
	values[ADOPTER_ADOPTIONS] = (double)a->adoptions;
	return fettle_submit(ctx, NULL, FETTLE_GAUGES(values));
}

FETTLE_PLUGIN(adopter) = {
	FETTLE_ABI,
	.summary = "Keeps a counter and a socket over a reload.",
	.fields = FETTLE_FIELDS(adopter_fields),
	.options = FETTLE_OPTIONS(adopter_options),
	.self_size = sizeof(struct adopter),
	.open = adopter_open,
	.adopt = adopter_adopt,
	.close = adopter_close,
	.read = adopter_read,
};
