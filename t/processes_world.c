/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "processes_world.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "proc_root.h"
#include "read/processes/boottime.h"

extern const struct fettle_plugin processes_LTX_fettle_plugin;
const struct fettle_plugin *const world_plugin = &processes_LTX_fettle_plugin;

enum { TICKS = 100 }; /* a second, as on every Linux */

int64_t world_boottime;

int64_t
processes_boottime(void)
{
	return world_boottime;
}

void
world_put_in(const struct fettle_ctx *ctx, unsigned pid, const char *file,
    const char *text, size_t len)
{
	struct buf name = { 0 };

	buf_printf(&name, "%u/%s", pid, file);
	proc_put(ctx->proc, name.data, text, len);
	buf_free(&name);
}

void
world_put_file(const struct fettle_ctx *ctx, unsigned pid, const char *file,
    const char *text)
{
	world_put_in(ctx, pid, file, text, strlen(text));
}

void
world_put(const struct fettle_ctx *ctx, const struct made *p)
{
	struct buf b = { 0 };

	buf_printf(&b,
	    "%u (%s) %c 1 %u %u 0 -1 4194304 98 7 0 0 %u %u 11 12 20 0 %u 0 "
	    "%u 3133440 %u 18446744073709551615 1 1\n",
	    p->pid, p->comm, p->state, p->pid, p->pid, p->cpu * TICKS - 25,
	    25U, p->threads, p->start * TICKS, p->rss);
	world_put_file(ctx, p->pid, "stat", b.data);
	buf_free(&b);
}

void
world_put_plain(const struct fettle_ctx *ctx, unsigned pid, const char *comm,
    unsigned start, unsigned cpu)
{
	world_put(ctx, &(struct made){ pid, comm, 'S', start, cpu, 1, 10 });
}

void
world_remove_pid(const struct fettle_ctx *ctx, unsigned pid)
{
	struct buf name = { 0 };

	buf_printf(&name, "%u", pid);
	proc_remove(ctx->proc, name.data);
	buf_free(&name);
}

struct fettle_ctx *
world_begin(const char *options)
{
	struct fettle_ctx *ctx = fake_new(world_plugin, "processes", options);

	ctx->proc = proc_new();
	world_boottime = 1000 * SECOND;
	proc_put_fixture(ctx->proc, "stat", "processes/stat");
	proc_put(ctx->proc, "loadavg", "0.85 0.53 1.23 2/250 3843\n", 26);
	proc_put(ctx->proc, "sys/kernel/pid_max", "32768\n", 6);
	proc_put(ctx->proc, "sys/kernel/threads-max", "1000\n", 5);
	world_put_plain(ctx, 1, "init", 0, 3);
	return ctx;
}

struct fettle_ctx *
world_opened(const char *options)
{
	struct fettle_ctx *ctx = world_begin(options);

	assert_int_equal(world_plugin->open(ctx), 0);
	return ctx;
}

void
world_end(struct fettle_ctx *ctx, bool was_opened)
{
	char *root = (char *)(uintptr_t)ctx->proc;

	if (was_opened)
		world_plugin->close(ctx);
	proc_free(root);
	fake_free(ctx);
}

int
world_read_again(struct fettle_ctx *ctx)
{
	fake_clear(ctx);
	world_boottime += 10 * SECOND;
	return world_plugin->read(ctx);
}

void
world_next(struct fettle_ctx *ctx)
{
	assert_int_equal(world_read_again(ctx), 0);
}
