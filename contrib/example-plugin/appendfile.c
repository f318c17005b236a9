/* SPDX-License-Identifier: MIT */
/*
 * appendfile: value lists as lines at the end of a file
 *
 * A line is time, host, plugin, instance and one FIELD=NUMBER for each value,
 * with a tab between them.  Names come without control characters, so nothing
 * needs to be escaped.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>
#include <unistd.h>

#include <fettle/plugin.h>

struct appendfile {
	const char *file; /* the daemon's */
	int fd;		  /* ours: opened in open, closed in close */
};

static const struct fettle_option appendfile_options[] = {
	FETTLE_OPTION(struct appendfile, file, NULL,
	    "The file; it is made if it is not there."),
};

static int
appendfile_open(struct fettle_ctx *ctx)
{
	struct appendfile *self = fettle_self(ctx);

	self->fd =
	    open(self->file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
	if (self->fd < 0)
		return fettle_fail(ctx, errno, "open '%s'", self->file);
	return 0;
}

static void
appendfile_close(struct fettle_ctx *ctx)
{
	struct appendfile *self = fettle_self(ctx);

	close(self->fd);
}

static void
put_value(FILE *to, const struct fettle_field *f, const struct fettle_value *v)
{
	switch (v->kind) {
	case FETTLE_COUNTER:
		fprintf(to, "\t%s=%" PRIu64, f->name, v->count);
		break;
	case FETTLE_GAUGE:
	case FETTLE_TOTAL:
		fprintf(to, "\t%s=%.17g", f->name, v->real);
		break;
	default: /* there is no value */
		break;
	}
}

static void
put_list(FILE *to, const struct fettle_list *l)
{
	fprintf(to, "%.3f\t%s\t%s\t%s", (double)l->time_ns / 1e9, l->host,
	    l->plugin, l->instance ? l->instance : "-");
	for (size_t i = 0; i < l->n; i++)
		put_value(to, l->fields[i], &l->values[i]);
	fputc('\n', to);
}

/* All of it or nothing: a batch that answers FETTLE_RETRY comes again whole,
 * so what was written of it must go. */
static int
append(struct fettle_ctx *ctx, const char *text, size_t len)
{
	const struct appendfile *self = fettle_self(ctx);
	const off_t before = lseek(self->fd, 0, SEEK_END);
	const ssize_t done = write(self->fd, text, len);
	const int err = done < 0 ? errno : ENOSPC;

	if (done == (ssize_t)len)
		return FETTLE_DELIVERED;
	if (done > 0 && ftruncate(self->fd, before) != 0)
		fettle_log(
		    ctx, LOG_WARNING, "'%s' has part of a batch", self->file);
	return fettle_fail(ctx, err, "write '%s'", self->file);
}

static int
appendfile_write(struct fettle_ctx *ctx, const struct fettle_batch *batch)
{
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);
	int rc;

	if (to == NULL)
		return fettle_fail(ctx, errno, "encode");
	for (size_t i = 0; i < batch->n; i++)
		put_list(to, batch->lists[i]);
	if (fclose(to) != 0)
		rc = fettle_fail(ctx, ENOMEM, "encode");
	else
		rc = append(ctx, text, len);
	free(text);
	return rc;
}

/* Called after write, when what was delivered must last. */
static int
appendfile_flush(struct fettle_ctx *ctx)
{
	const struct appendfile *self = fettle_self(ctx);

	if (fsync(self->fd) != 0)
		return fettle_fail(ctx, errno, "fsync '%s'", self->file);
	return 0;
}

FETTLE_PLUGIN(appendfile) = {
	FETTLE_ABI,
	.summary = "Value lists as lines at the end of a file.",
	.options = FETTLE_OPTIONS(appendfile_options),
	.self_size = sizeof(struct appendfile),
	.open = appendfile_open,
	.close = appendfile_close,
	.write = appendfile_write,
	.flush = appendfile_flush,
};
