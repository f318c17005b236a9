/* SPDX-License-Identifier: MIT */
/*
 * Rows a second put into a store on disk, a transaction each, and taken out
 * again from its front, likewise.  Arguments: PLUGIN_DIR FILE crash|power
 * BYTES SECONDS.  Prints a line of JSON.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "deliver/store.h"

enum { MAX_SIZE = 512 * 1024 * 1024 };

static struct store *
open_store(char **args)
{
	const struct store_options options = { .path = args[2],
		.kind = "bench",
		.version = 1,
		.sync =
		    strcmp(args[3], "power") == 0 ? STORE_POWER : STORE_CRASH,
		.max_size = MAX_SIZE };
	struct store_found found;
	struct store *s;
	char why[256];

	if (store_load(args[1], why, sizeof(why)) < 0 ||
	    store_open(&s, &options, &found, why, sizeof(why)) < 0) {
		fprintf(stderr, "%s\n", why);
		exit(1);
	}
	return s;
}

static void
put(struct store *s, const void *body, size_t len)
{
	uint64_t id;
	int rc = store_begin(s);

	if (rc == 0)
		rc = store_append(s, 0, body, len, &id);
	if (rc == 0)
		rc = store_commit(s);
	assert(rc == 0);
}

/* Reads the oldest row and takes it away.  False: there is none. */
static bool
acknowledge(struct store *s)
{
	struct store_row row;
	int rc = store_next(s, 0, 0, &row);

	if (rc < 0)
		return false;
	rc = store_begin(s);
	if (rc == 0)
		rc = store_trim(s, 0, row.id);
	if (rc == 0)
		rc = store_commit(s);
	assert(rc == 0);
	return true;
}

int
main(int argc, char **argv)
{
	const size_t len = argc == 6 ? strtoul(argv[4], NULL, 10) : 0;
	const int64_t most =
	    argc == 6 ? (int64_t)(atof(argv[5]) * (double)NS_PER_S) : 0;
	int64_t begun, put_ns, ack_ns;
	uint64_t n = 0, acked = 0;
	struct store *s;
	void *body;

	if (len == 0 || len > STORE_BODY_MAX || most <= 0)
		return 2;
	body = xcalloc(1, len);
	s = open_store(argv);
	begun = clock_mono();
	while ((put_ns = clock_mono() - begun) < most &&
	       store_size(s) + 2 * len < MAX_SIZE / 2) {
		put(s, body, len);
		n++;
	}
	begun = clock_mono();
	while ((ack_ns = clock_mono() - begun) < most && acknowledge(s))
		acked++;
	printf("{\"put\": %.0f, \"acknowledged\": %.0f}\n",
	    (double)n / (double)put_ns * 1e9,
	    (double)acked / (double)ack_ns * 1e9);
	store_close(s, true);
	free(body);
	return 0;
}
