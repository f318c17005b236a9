/* SPDX-License-Identifier: MIT */
/*
 * What a program says in a line, in one of three languages.  A line ends with
 * a NUL and is changed by who reads it; what is found points into it.  Pure.
 */
#ifndef EXEC_LINE_H
#define EXEC_LINE_H

#include <fettle/plugin.h>

#include "common/rounds.h"
#include "common/typesdb.h"

enum {
	LINE_FIELDS = 64, /* of a list */
	LINE_TAGS = 16,
	LINE_KEY = 64, /* of a tag, with its NUL */
	LINE_NOTICE_TAGS = 8,
};

#define LINE_TIME_MAX_S 9e9 /* of a stamp: as ns it fits */

/* A whole list; time 0 is now. */
struct line_list {
	const char *host, *plugin, *instance; /* NULL: not said */
	int64_t time_ns, interval_ns;
	size_t n, n_tags;
	struct fettle_tag tags[LINE_TAGS];
	char keys[LINE_TAGS][LINE_KEY];
	struct fettle_field fields[LINE_FIELDS];
	struct fettle_value values[LINE_FIELDS];
	char names[LINE_FIELDS][TYPES_NAME];
};

/* A notification, for the log. */
struct line_notice {
	const char *severity, *message;
	struct fettle_tag tags[LINE_NOTICE_TAGS];
	size_t n;
};

enum line_kind {
	LINE_BAD,
	LINE_EMPTY, /* or a comment */
	LINE_LIST,
	LINE_NOTICE,
	LINE_VALUES, /* they were handed over */
};

/* PUTVAL of collectd: each value is handed over, of a line all or none.  time
 * and interval are those of values that do not say them. */
struct line_taker {
	const struct typesdb *types;
	int64_t now_ns, interval_ns;
	void (*value)(void *, const struct rounds_value *);
	void *arg;
};

/*
 *	PUTVAL "HOST/PLUGIN-INSTANCE/TYPE-INSTANCE" interval=10 TIME:VALUE:...
 *	PUTNOTIF severity=failure message="it is full"
 *	MEASUREMENT,TAG=VALUE FIELD=NUMBER,FIELD=17i TIME
 *	{"plugin": "p", "instance": "i", "tags": {"k": "v"}, "time":
 *1763800000, "values": {"load": 0.5}, "counters": {"hits": 17}}
 *
 * The last must be given its JSON's memory back by line_json_free.
 */
enum line_kind line_collectd(
    char *line, const struct line_taker *taker, struct line_notice *notice);
enum line_kind line_influx(char *line, struct line_list *out);
enum line_kind line_json(const char *line, struct line_list *out, void **json);
void line_json_free(void *json);

/* Adds a field; false: there is no room, or the name is there already. */
bool line_add_field(
    struct line_list *list, const char *name, struct fettle_value value);
bool line_add_tag(struct line_list *list, const char *key, const char *value);
void line_list_init(struct line_list *list);

/* A finite number in decimal, all of the text. */
bool line_real(const char *text, double *number);

#endif
