/* SPDX-License-Identifier: MIT */
/*
 * readings: numbers that another program keeps in a file
 *
 * One reading a line, `NAME NUMBER'; a line that begins with `#' says nothing.
 * The file is read whole at every interval, so the other program should write
 * a new one beside it and rename that.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <fettle/plugin.h>

enum { READINGS_NAME = 128, READINGS_FILE = 65536 };

static const struct fettle_field readings_fields[] = {
	{ "value", FETTLE_GAUGE, FETTLE_NUMBER,
	    "The number as it is written." },
};

/* The state of one instance.  The daemon zeroes it and fills in the options;
 * what else is in it belongs to the plugin. */
struct readings {
	const char *file;
	char text[READINGS_FILE];
};

static const struct fettle_option readings_options[] = {
	FETTLE_OPTION(
	    struct readings, file, NULL, "The file with the readings."),
};

/* Submits what one line says.  A file is written by people: a line that makes
 * no sense fails this read, and none of it leaves. */
static int
readings_line(struct fettle_ctx *ctx, char *line)
{
	char *number = strpbrk(line, " \t"), *end;
	double value[1];

	if (*line == '\0' || *line == '#')
		return 0;
	if (number == NULL || number == line || number - line > READINGS_NAME)
		return fettle_fail(
		    ctx, EBADMSG, "'%.40s' is not a name and a number", line);
	*number++ = '\0';
	value[0] = strtod(number, &end);
	if (end == number || end[strspn(end, " \t\r")] != '\0')
		return fettle_fail(
		    ctx, EBADMSG, "'%.40s' is no number", number);
	return fettle_submit(ctx, line, FETTLE_GAUGES(value));
}

/* Reads all of the file into the state; its length, or what fettle_fail
 * returned. */
static ssize_t
readings_load(struct fettle_ctx *ctx)
{
	struct readings *self = fettle_self(ctx);
	const int fd = fettle_file(ctx, self->file);
	size_t len = 0;
	ssize_t got;

	if (fd < 0)
		return fettle_fail(ctx, -fd, "open '%s'", self->file);
	do {
		got = read(fd, self->text + len, sizeof(self->text) - len);
		len += got > 0 ? (size_t)got : 0;
	} while (got > 0 || (got < 0 && errno == EINTR));
	if (got < 0)
		fettle_fail(ctx, errno, "read '%s'", self->file);
	close(fd);
	if (got < 0)
		return -EIO;
	if (len == sizeof(self->text))
		return fettle_fail(ctx, EFBIG, "'%s'", self->file);
	return (ssize_t)len;
}

static int
readings_read(struct fettle_ctx *ctx)
{
	struct readings *self = fettle_self(ctx);
	const ssize_t len = readings_load(ctx);
	char *rest = self->text;
	int rc = 0;

	if (len < 0)
		return (int)len;
	self->text[len] = '\0';
	for (char *line; rc == 0 && (line = strsep(&rest, "\n")) != NULL;)
		rc = readings_line(ctx, line);
	return rc;
}

FETTLE_PLUGIN(readings) = {
	FETTLE_ABI,
	.summary = "Numbers that another program keeps in a file.",
	.instance_name = "reading",
	.fields = FETTLE_FIELDS(readings_fields),
	.options = FETTLE_OPTIONS(readings_options),
	.self_size = sizeof(struct readings),
	.read = readings_read,
};
