/* SPDX-License-Identifier: MIT */
/* sinkfile: a writer that appends each value list it gets as a line of JSON to
 * a file; see lines.h. */
#include <errno.h>
#include <stdio.h>

#include "lines.h"

struct sinkfile {
	const char *path;
	FILE *file;
};

static const struct fettle_option sinkfile_options[] = {
	FETTLE_OPTION(struct sinkfile, path, NULL, "The file."),
};

static int
sinkfile_open(struct fettle_ctx *ctx)
{
	struct sinkfile *s = fettle_self(ctx);

	s->file = fopen(s->path, "ae");
	return s->file != NULL ? 0 : fettle_fail(ctx, errno, "%s", s->path);
}

static void
sinkfile_close(struct fettle_ctx *ctx)
{
	const struct sinkfile *s = fettle_self(ctx);

	fclose(s->file);
}

static int
sinkfile_write(struct fettle_ctx *ctx, const struct fettle_batch *batch)
{
	const struct sinkfile *s = fettle_self(ctx);

	for (size_t i = 0; i < batch->n; i++)
		lines_add(
		    s->file, batch->lists[i], batch->queue, batch->seq + i);
	if (fflush(s->file) != 0)
		return fettle_fail(ctx, errno, "%s", s->path);
	return FETTLE_DELIVERED;
}

FETTLE_PLUGIN(sinkfile) = {
	FETTLE_ABI,
	.summary = "Appends what it gets to a file, a line a list.",
	.options = FETTLE_OPTIONS(sinkfile_options),
	.self_size = sizeof(struct sinkfile),
	.open = sinkfile_open,
	.close = sinkfile_close,
	.write = sinkfile_write,
	.batch_ms = 50,
};
