/* SPDX-License-Identifier: MIT */
/*
 * The daemon of a plugin that reads one file: what the fuzzer made.  Its bytes
 * up to the first NUL are the file when the plugin opens it, those up to the
 * next one at the first read, and so on.  To be included once in a program.
 */
#ifndef FUZZ_ONE_FILE_H
#define FUZZ_ONE_FILE_H

#include <fettle/plugin.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct fettle_ctx {
	void *self;
	int fd;
	int64_t now;
	/* called for each list */
	void (*check)(const char *instance, const double *v, size_t n);
};

void *
fettle_self(struct fettle_ctx *ctx)
{
	return ctx->self;
}

int
fettle_file(struct fettle_ctx *ctx, const char *path)
{
	(void)path;
	return dup(ctx->fd);
}

/* An hour passes between two looks. */
int64_t
fettle_now(struct fettle_ctx *ctx)
{
	return ctx->now += INT64_C(3600000000000);
}

int
fettle_submit(
    struct fettle_ctx *ctx, const char *instance, const double *v, size_t n)
{
	ctx->check(instance, v, n);
	return 0;
}

int
fettle_fail(struct fettle_ctx *ctx, int err, const char *fmt, ...)
{
	(void)ctx;
	(void)fmt;
	if (err <= 0)
		abort();
	return -err;
}

static size_t
one_file_put(const struct fettle_ctx *ctx, const uint8_t *data, size_t size)
{
	const size_t n = strnlen((const char *)data, size);

	if (ftruncate(ctx->fd, 0) != 0 ||
	    pwrite(ctx->fd, data, n, 0) != (ssize_t)n)
		abort();
	return n < size ? n + 1 : n;
}

/* ctx is filled in but for fd. */
static void
one_file_run(const struct fettle_plugin *plugin, struct fettle_ctx *ctx,
    const uint8_t *data, size_t size)
{
	size_t n;

	ctx->fd = memfd_create("one-file", MFD_CLOEXEC);
	if (ctx->fd < 0)
		abort();
	n = one_file_put(ctx, data, size);
	if (plugin->open(ctx) == 0) {
		do {
			data += n;
			size -= n;
			n = one_file_put(ctx, data, size);
			plugin->read(ctx);
		} while (size > n);
		plugin->close(ctx);
	}
	close(ctx->fd);
}

#endif
