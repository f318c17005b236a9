/* SPDX-License-Identifier: MIT */
/* The state of the writer, and its parts: what becomes of a batch, where it
 * goes, what is said there.  A thread at a time; nothing locks. */
#ifndef INFLUXDB_INFLUXDB_H
#define INFLUXDB_INFLUXDB_H

#include <fettle/plugin.h>

#include "common/http.h"
#include "common/text.h"

enum { INFLUXDB_URLS = 8, INFLUXDB_REASON = 256 };

/* What a server is.  VictoriaMetrics speaks what version 1 does. */
enum influxdb_server {
	INFLUXDB_UNKNOWN, /* not asked yet, or gone since */
	INFLUXDB_1,
	INFLUXDB_2,
	INFLUXDB_3,
	INFLUXDB_VICTORIA,
};

struct influxdb {
	struct fettle_strings url;
	const char *version, *layout, *database, *retention_policy;
	const char *org, *bucket, *user, *ca_file, *proxy;
	struct fettle_secret password, token;
	struct fettle_size compress_above;
	bool create_database, cleartext;

	struct http *http;
	size_t way; /* which url is in use */
	enum influxdb_server server[INFLUXDB_URLS];
	bool plain; /* a server has refused a compressed body */
};

/* The lines of a batch, and which of its lists each is of. */
struct influxdb_lines {
	struct text text;
	size_t *list;
	size_t n;
};

/* Zeroed is empty; fini ends it.  0, -ENOMEM. */
int influxdb_lines_init(struct influxdb_lines *lines,
    const struct influxdb *self, const struct fettle_batch *batch);
void influxdb_lines_fini(struct influxdb_lines *lines);

/* What write returns for them. */
int influxdb_send(struct fettle_ctx *ctx, const struct influxdb_lines *lines);

/* The database; that of the bucket's name where there are buckets. */
const char *influxdb_database(const struct influxdb *self);

/* One request to the server in use, with what it wants to be shown.  body
 * NULL: a GET. */
enum http_result influxdb_ask(struct fettle_ctx *ctx, const char *path,
    const char *type, const struct text *body, bool gzip,
    struct http_reply *reply);

/* "/write?db=metrics&precision=ns" and the like for the server in use. */
void influxdb_write_path(const struct influxdb *self, struct text *to);

/* "q=CREATE DATABASE ...", as a form. */
void influxdb_create_query(const struct influxdb *self, struct text *to);

/* The server of an url is what is configured, or not known. */
void influxdb_forget(struct influxdb *self, size_t url);

/* Finds out what the server in use is.  It is known then, or there was no
 * answer, or what it answered is in the reply. */
enum http_result influxdb_detect(
    struct fettle_ctx *ctx, struct http_reply *reply);

/* What said has to say, for a message: without a secret. */
void influxdb_excerpt(const struct influxdb *self, const char *said,
    size_t len, char *to, size_t size);

#endif
