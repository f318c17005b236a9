/* SPDX-License-Identifier: MIT */
/* influxdb: writes to InfluxDB 1, 2 and 3 and to VictoriaMetrics. */
#include "influxdb.h"

#include <errno.h>
#include <string.h>

#include "common/url.h"

static const struct fettle_option influxdb_options[] = {
	FETTLE_RANGE(struct influxdb, url, NULL,
	    "Where the server is, http://127.0.0.1:8086, without the path of "
	    "an API.  Of several, ways to the same data, one is used until it "
	    "fails.",
	    1, INFLUXDB_URLS),
	FETTLE_CHOICE(struct influxdb, version, "auto",
	    "What the server is; auto asks it.", "auto|1|2|3|victoriametrics"),
	FETTLE_OPTION(struct influxdb, database, "",
	    "Database of versions 1 and 3, fettle where it is not given.  "
	    "VictoriaMetrics makes it the label db, if it is given."),
	FETTLE_OPTION(struct influxdb, retention_policy, "",
	    "Retention policy of version 1 other than the database's own."),
	FETTLE_OPTION(struct influxdb, create_database, "false",
	    "Create the database where version 1 has none of that name."),
	FETTLE_OPTION(struct influxdb, org, "", "Organization of version 2."),
	FETTLE_OPTION(struct influxdb, bucket, "",
	    "Bucket of version 2; the database's name where it is not "
	    "given."),
	FETTLE_OPTION(
	    struct influxdb, token, "", "Token that may write there."),
	FETTLE_OPTION(struct influxdb, user, "",
	    "User of version 1, or of what stands before VictoriaMetrics."),
	FETTLE_OPTION(
	    struct influxdb, password, "", "The password of that user."),
	FETTLE_CHOICE(struct influxdb, layout, "series",
	    "series: everything, a measurement for each plugin.  summary: "
	    "the measurement system_metrics with cpu_avg, memory_used and "
	    "memory_total of each host, and nothing else.",
	    "series|summary"),
	FETTLE_OPTION(struct influxdb, compress_above, "1KiB",
	    "Larger batches are compressed; 0 compresses all."),
	HTTP_OPTIONS(struct influxdb,
	    "Send to http:// URLs of other machines, where anyone on the way "
	    "can read and change what is sent, token and password too."),
};

static int
influxdb_write(struct fettle_ctx *ctx, const struct fettle_batch *batch)
{
	struct influxdb_lines lines;
	int rc = FETTLE_DELIVERED;

	if (influxdb_lines_init(&lines, fettle_self(ctx), batch) != 0)
		rc = fettle_fail(ctx, ENOMEM, "encode %zu lists", batch->n);
	else if (lines.n > 0)
		rc = influxdb_send(ctx, &lines);
	influxdb_lines_fini(&lines);
	return rc;
}

/* --- open and close ------------------------------------------------------ */

static int
check_url(struct fettle_ctx *ctx, const char *url)
{
	const struct influxdb *self = fettle_self(ctx);
	char why[128];
	const int rc =
	    url_check_way(url, self->proxy, self->cleartext, why, sizeof(why));

	if (rc != 0)
		return fettle_fail(ctx, -rc, "url %s", why);
	if (strpbrk(url, "?#") != NULL)
		return fettle_fail(ctx, EINVAL,
		    "url must end with the path, before any ? or #: "
		    "parameters have options of their own");
	return 0;
}

/* Who we are must be said in one way, and whole. */
static int
check_credential(struct fettle_ctx *ctx)
{
	const struct influxdb *self = fettle_self(ctx);
	const bool user = self->user != NULL && *self->user != '\0';

	if (user != (self->password.text != NULL))
		return fettle_fail(
		    ctx, EINVAL, "user and password belong together");
	if (user && self->token.text != NULL)
		return fettle_fail(ctx, EINVAL,
		    "there is a token as well as a user: one must go");
	if (user && strchr(self->user, ':') != NULL)
		return fettle_fail(ctx, EINVAL, "user must not have a colon");
	return 0;
}

static int
influxdb_open(struct fettle_ctx *ctx)
{
	struct influxdb *self = fettle_self(ctx);
	const struct http_setup setup = { self->ca_file, self->proxy };
	char why[256];
	int rc = check_credential(ctx);

	for (size_t i = 0; i < self->url.n && rc == 0; i++)
		rc = check_url(ctx, self->url.v[i]);
	if (rc != 0)
		return rc;
	if (strcmp(self->version, "2") == 0 &&
	    (self->org == NULL || *self->org == '\0'))
		return fettle_fail(ctx, EINVAL, "version 2 needs an org");
	if ((rc = http_open(&self->http, &setup, why, sizeof(why))) != 0)
		return fettle_fail(ctx, -rc, "%s", why);
	for (size_t i = 0; i < self->url.n; i++)
		influxdb_forget(self, i);
	return 0;
}

static void
influxdb_close(struct fettle_ctx *ctx)
{
	const struct influxdb *self = fettle_self(ctx);

	http_close(self->http);
}

FETTLE_PLUGIN(influxdb) = {
	FETTLE_ABI,
	.summary = "Writes to InfluxDB 1, 2 and 3 and to VictoriaMetrics.",
	.options = FETTLE_OPTIONS(influxdb_options),
	.self_size = sizeof(struct influxdb),
	.open = influxdb_open,
	.close = influxdb_close,
	.write = influxdb_write,
	.batch_lists = 5000,
};
