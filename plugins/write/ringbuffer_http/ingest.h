/* SPDX-License-Identifier: MIT */
/*
 * The body of a POST /ingest -> value lists: a snapshot, an array of them, or
 * a batch.  It is valid as a whole or there is nothing of it.  What it yields
 * stands partly in the text, which must live as long.
 */
#ifndef HUB_INGEST_H
#define HUB_INGEST_H

#include <fettle/plugin.h>

#include "region.h"

enum { INGEST_WRONG_MAX = 20 };

/* What does not fit, and where: "plugins[0].rows[3][2]". */
struct ingest_wrong {
	const char *path, *what;
};

/* Which daemon a batch is sent by; NULL both: it does not say. */
struct ingest_sender {
	const char *host, *version;
};

struct ingest {
	/* 200; 400: no JSON; 413: too much at once; 422: not what is taken */
	unsigned status;
	/* 200: what it says, in the order of the document.  Rows without any
	 * value are counted, and left out but where lists have numbers. */
	struct fettle_list **lists;
	size_t n, cap, empty;
	/* What a batch says of itself; the last three NULL, NULL, 0: it does
	 * not.  It has numbers if it says queue and seq. */
	uint64_t seq;
	bool has_seq;
	const char *queue;
	const char *const *via;
	size_t n_via;
	int64_t sent_ns;
	struct ingest_sender sender;
	const char *what; /* 400 */
	size_t offset;
	struct ingest_wrong wrong[INGEST_WRONG_MAX]; /* 422: the first ones */
	size_t n_wrong;				     /* all */
	struct region region;
};

/* Fills in, which need not be initialised; text[len] must be there.  Whatever
 * the outcome, ingest_fini is next. */
void ingest_read(struct ingest *in, char *text, size_t len);
void ingest_fini(struct ingest *in);

#endif
