/* SPDX-License-Identifier: MIT */
/*
 * One record, one line, one write to stderr; from any thread.  Nothing that is
 * logged can break a line or reach a terminal as a control sequence.  A source
 * that logs more than a burst is held back, down to one record a second, and
 * so is what would have to wait until somebody reads: nobody waits for that.
 * How many were held back is said.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdarg.h>
#include <stddef.h>
#include <syslog.h>

#include <fettle/plugin.h>

enum log_format {
	LOG_FORMAT_TEXT,    /* 2026-11-22T13:45:01.123Z warning cpu: ... */
	LOG_FORMAT_JSON,    /* an object a line */
	LOG_FORMAT_JOURNAL, /* <4>cpu: ...; the journal knows the time */
};

/* level: the least urgent syslog priority that is written.  May be called
 * again at any time. */
void log_setup(enum log_format format, int level);

/* source: who says so ("fettled", an instance's label).  fields may be NULL if
 * n is 0. */
void log_record(int priority, const char *source,
    const struct fettle_tag *fields, size_t n, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
void log_vrecord(int priority, const char *source,
    const struct fettle_tag *fields, size_t n, const char *fmt, va_list ap)
    __attribute__((format(printf, 5, 0)));

/* What the daemon itself has to say. */
#define log_error(...) log_record(LOG_ERR, "fettled", NULL, 0, __VA_ARGS__)
#define log_warning(...)                                                      \
	log_record(LOG_WARNING, "fettled", NULL, 0, __VA_ARGS__)
#define log_notice(...) log_record(LOG_NOTICE, "fettled", NULL, 0, __VA_ARGS__)
#define log_info(...) log_record(LOG_INFO, "fettled", NULL, 0, __VA_ARGS__)
#define log_debug(...) log_record(LOG_DEBUG, "fettled", NULL, 0, __VA_ARGS__)

#endif
