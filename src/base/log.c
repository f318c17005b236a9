/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/utf8.h"

enum {
	LOG_TEXT_MAX = 1024,	 /* bytes of a message, as they are written */
	LOG_FIELD_MAX = 256,	 /* of a field's name, and of its value */
	LOG_LINE_MAX = PIPE_BUF, /* a pipe that has room has as much */
	LOG_BURST = 40,		 /* records a source may write at once */
	LOG_SOURCES = 61,	 /* buckets; a clash shares one */
};

/* A leaking bucket for each source: one record a second comes back. */
struct bucket {
	int64_t full_ns; /* when it is full again */
	unsigned long held;
};

static struct {
	pthread_mutex_t lock;
	enum log_format format;
	int level;
	struct bucket buckets[LOG_SOURCES]; /* guarded by lock */
} logger = { .lock = PTHREAD_MUTEX_INITIALIZER, .level = LOG_INFO };

static const char *const level_names[] = { "emergency", "alert", "critical",
	"error", "warning", "notice", "info", "debug" };

void
log_setup(enum log_format format, int level)
{
	pthread_mutex_lock(&logger.lock);
	logger.format = format;
	logger.level = level;
	pthread_mutex_unlock(&logger.lock);
}

static struct bucket *
bucket_of(const char *source)
{
	unsigned hash = 5381;

	for (; *source != '\0'; source++)
		hash = hash * 33 + (unsigned char)*source;
	return &logger.buckets[hash % LOG_SOURCES];
}

/* Whether one more may pass; *held: how many were held back before it. */
static bool
bucket_take(struct bucket *b, unsigned long *held)
{
	const int64_t now = clock_mono();

	if (b->full_ns < now)
		b->full_ns = now;
	if (b->full_ns - now > (LOG_BURST - 1) * NS_PER_S) {
		b->held++;
		return false;
	}
	b->full_ns += NS_PER_S;
	*held = b->held;
	b->held = 0;
	return true;
}

static void
add_time(struct buf *to)
{
	const int64_t now = clock_wall();
	const time_t seconds = (time_t)(now / NS_PER_S);
	struct tm tm;
	char text[32];

	gmtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	buf_printf(to, "%s.%03dZ", text, (int)(now % NS_PER_S / NS_PER_MS));
}

/* Appends s made printable, cut between characters. */
static void
add_line(struct buf *to, const char *s, size_t max)
{
	struct buf line = { 0 };

	utf8_add_line(&line, s, utf8_cut(s, strlen(s), max));
	buf_add(to, line.data, utf8_cut(line.data, line.len, max));
	buf_free(&line);
}

/* The same as a JSON string; what is printable needs only two escapes. */
static void
add_json(struct buf *to, const char *s, size_t max)
{
	struct buf line = { 0 };
	size_t n;

	add_line(&line, s, max);
	buf_putc(to, '"');
	for (size_t i = 0; i < line.len; i += n) {
		const char *c = line.data + i;
		const bool escape = *c == '"' || *c == '\\';

		n = utf8_sequence(c, line.len - i);
		if (n + escape > max)
			break;
		max -= n + escape;
		if (escape)
			buf_putc(to, '\\');
		buf_add(to, c, n);
	}
	buf_putc(to, '"');
	buf_free(&line);
}

static void
add_head(struct buf *to, int priority, const char *source, const char *text)
{
	switch (logger.format) {
	case LOG_FORMAT_JSON:
		buf_puts(to, "{\"time\":\"");
		add_time(to);
		buf_printf(to,
		    "\",\"level\":\"%s\",\"source\":", level_names[priority]);
		add_json(to, source, LOG_FIELD_MAX);
		buf_puts(to, ",\"message\":");
		add_json(to, text, LOG_TEXT_MAX);
		return;
	case LOG_FORMAT_JOURNAL:
		buf_printf(to, "<%d>", priority);
		break;
	case LOG_FORMAT_TEXT:
		add_time(to);
		buf_printf(to, " %s ", level_names[priority]);
		break;
	}
	add_line(to, source, LOG_FIELD_MAX);
	buf_puts(to, ": ");
	add_line(to, text, LOG_TEXT_MAX);
}

/* As a member, or key=value, the value quoted where a reader could take it for
 * two. */
static void
add_field(struct buf *to, const struct fettle_tag *field)
{
	const char *s = field->value;

	if (logger.format == LOG_FORMAT_JSON) {
		buf_putc(to, ',');
		add_json(to, field->key, LOG_FIELD_MAX);
		buf_putc(to, ':');
		add_json(to, s, LOG_FIELD_MAX);
		return;
	}
	buf_putc(to, ' ');
	add_line(to, field->key, LOG_FIELD_MAX);
	buf_putc(to, '=');
	if (*s == '\0' || strpbrk(s, " \"=") != NULL)
		add_json(to, s, LOG_FIELD_MAX);
	else
		add_line(to, s, LOG_FIELD_MAX);
}

/* Fields that the line has no room for are left out. */
static void
add_fields(struct buf *to, const struct fettle_tag *fields, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const size_t before = to->len;

		add_field(to, &fields[i]);
		if (to->len > LOG_LINE_MAX - 2)
			to->len = before;
	}
}

/* Whether it left.  Whoever should read it may be slow, or gone: nobody waits
 * for him. */
static bool
write_line(const struct buf *line)
{
	struct pollfd out = { .fd = STDERR_FILENO, .events = POLLOUT };

	return poll(&out, 1, 0) > 0 && (out.revents & POLLOUT) != 0 &&
	       write(out.fd, line->data, line->len) >= 0;
}

static bool
emit(int priority, const char *source, const struct fettle_tag *fields,
    size_t n, const char *text)
{
	struct buf line = { 0 };
	bool left;

	add_head(&line, priority, source, text);
	add_fields(&line, fields, n);
	buf_puts(&line, logger.format == LOG_FORMAT_JSON ? "}\n" : "\n");
	left = write_line(&line);
	buf_free(&line);
	return left;
}

static bool
emit_held(const char *source, unsigned long held)
{
	struct buf text = { 0 };
	bool left;

	buf_printf(&text, "%lu records held back", held);
	left = emit(LOG_WARNING, source, NULL, 0, text.data);
	buf_free(&text);
	return left;
}

/* Those held back before it first.  What does not leave is held back too. */
static void
say(struct bucket *b, unsigned long held, int priority, const char *source,
    const struct fettle_tag *fields, size_t n, const char *text)
{
	if (held > 0 && !emit_held(source, held))
		b->held = held + 1;
	else if (!emit(priority, source, fields, n, text))
		b->held = 1;
}

void
log_vrecord(int priority, const char *source, const struct fettle_tag *fields,
    size_t n, const char *fmt, va_list ap)
{
	struct bucket *b = bucket_of(source);
	struct buf text = { 0 };
	unsigned long held;

	priority &= 7;
	pthread_mutex_lock(&logger.lock);
	if (priority <= logger.level && bucket_take(b, &held)) {
		buf_vprintf(&text, fmt, ap);
		say(b, held, priority, source, fields, n, text.data);
	}
	pthread_mutex_unlock(&logger.lock);
	buf_free(&text);
}

void
log_record(int priority, const char *source, const struct fettle_tag *fields,
    size_t n, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_vrecord(priority, source, fields, n, fmt, ap);
	va_end(ap);
}
