/* SPDX-License-Identifier: MIT */
#include "base/log.h"

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
	LOG_TEXT_MAX = 1024, /* bytes of a message that are written */
	LOG_FIELD_MAX = 256, /* bytes of a field's value */
	LOG_BURST = 40,	     /* records a source may write at once */
	LOG_SOURCES = 61,    /* buckets; a clash shares one */
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

/* s as a JSON string; what utf8_add_line leaves needs only two escapes. */
static void
add_json(struct buf *to, const char *s, size_t max)
{
	struct buf line = { 0 };

	utf8_add_line(&line, s, utf8_cut(s, strlen(s), max));
	buf_putc(to, '"');
	for (size_t i = 0; i < line.len; i++) {
		if (line.data[i] == '"' || line.data[i] == '\\')
			buf_putc(to, '\\');
		buf_putc(to, line.data[i]);
	}
	buf_putc(to, '"');
	buf_free(&line);
}

static void
add_object(struct buf *to, int priority, const char *source,
    const struct fettle_tag *fields, size_t n, const char *text)
{
	buf_puts(to, "{\"time\":\"");
	add_time(to);
	buf_printf(
	    to, "\",\"level\":\"%s\",\"source\":", level_names[priority]);
	add_json(to, source, LOG_FIELD_MAX);
	buf_puts(to, ",\"message\":");
	add_json(to, text, LOG_TEXT_MAX);
	for (size_t i = 0; i < n; i++) {
		buf_putc(to, ',');
		add_json(to, fields[i].key, LOG_FIELD_MAX);
		buf_putc(to, ':');
		add_json(to, fields[i].value, LOG_FIELD_MAX);
	}
	buf_putc(to, '}');
}

/* key=value, the value quoted where a reader could take it for two. */
static void
add_field(struct buf *to, const struct fettle_tag *field)
{
	const char *s = field->value;

	buf_putc(to, ' ');
	utf8_add_line(to, field->key,
	    utf8_cut(field->key, strlen(field->key), LOG_FIELD_MAX));
	buf_putc(to, '=');
	if (*s == '\0' || strpbrk(s, " \"=") != NULL)
		add_json(to, s, LOG_FIELD_MAX);
	else
		utf8_add_line(to, s, utf8_cut(s, strlen(s), LOG_FIELD_MAX));
}

static void
add_text(struct buf *to, int priority, const char *source,
    const struct fettle_tag *fields, size_t n, const char *text)
{
	if (logger.format == LOG_FORMAT_JOURNAL) {
		buf_printf(to, "<%d>", priority);
	} else {
		add_time(to);
		buf_printf(to, " %s ", level_names[priority]);
	}
	utf8_add_line(
	    to, source, utf8_cut(source, strlen(source), LOG_FIELD_MAX));
	buf_puts(to, ": ");
	utf8_add_line(to, text, utf8_cut(text, strlen(text), LOG_TEXT_MAX));
	for (size_t i = 0; i < n; i++)
		add_field(to, &fields[i]);
}

static void
emit(int priority, const char *source, const struct fettle_tag *fields,
    size_t n, const char *text)
{
	struct buf line = { 0 };

	if (logger.format == LOG_FORMAT_JSON)
		add_object(&line, priority, source, fields, n, text);
	else
		add_text(&line, priority, source, fields, n, text);
	buf_putc(&line, '\n');
	/* nowhere to report that stderr is gone */
	if (write(STDERR_FILENO, line.data, line.len) < 0)
		line.len = 0;
	buf_free(&line);
}

void
log_vrecord(int priority, const char *source, const struct fettle_tag *fields,
    size_t n, const char *fmt, va_list ap)
{
	struct buf text = { 0 };
	unsigned long held = 0;

	priority &= 7;
	pthread_mutex_lock(&logger.lock);
	if (priority <= logger.level &&
	    bucket_take(bucket_of(source), &held)) {
		if (held > 0) {
			buf_printf(&text, "%lu records held back", held);
			emit(LOG_WARNING, source, NULL, 0, text.data);
			buf_clear(&text);
		}
		buf_vprintf(&text, fmt, ap);
		emit(priority, source, fields, n, text.data);
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
