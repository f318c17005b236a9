/* SPDX-License-Identifier: MIT */
/*
 * A daemon for one plugin under test: the interface of <fettle/plugin.h> over
 * plain memory.  Options are parsed and checked as the real one does it; calls
 * are made by the test itself: plugin->open(ctx) and so on.  What the plugin
 * submits, posts, answers and logs is kept for the test to look at.
 */
#ifndef T_FAKE_CTX_H
#define T_FAKE_CTX_H

#include <fettle/plugin.h>

#include "base/buf.h"
#include "base/vec.h"

struct fake_list {
	char *plugin, *instance, *host; /* NULL: not given */
	int64_t time_ns, interval_ns;
	struct fettle_tag tags[16];
	size_t n_tags;
	struct fettle_tag host_tags[16];
	size_t n_host_tags;
	char *instance_name;
	struct fettle_field *fields;
	struct fettle_value *values;
	size_t n;
};

struct fettle_ctx {
	const struct fettle_plugin *plugin;
	const char *label, *host;
	const char *proc, *sys; /* roots; NULL: /proc, /sys */
	void *self;
	int64_t now, left, interval; /* ns; left starts at 10 s */
	VEC(struct fake_list) lists; /* submitted or posted, copied */
	long post_result;     /* not 0: what fettle_post returns instead */
	const char *post_why; /* what it says; NULL: nothing */
	char queue[64];	      /* of the batch that was posted last; "": none */
	uint64_t seq;
	size_t n_via;
	int64_t sent_ns;
	int failed;	  /* the errno of fettle_fail, 0 */
	char reason[512]; /* of fettle_fail, fettle_answer */
	double after_s;
	VEC(size_t) refused;
	struct buf log;		/* a line a record, fields as key=value */
	char *ask, *ask_answer; /* last request; what it is answered with */
};

/* yaml: the section's options, "" for none.  Fails the test where they are
 * not right.  The caller frees it, after close. */
struct fettle_ctx *fake_new(
    const struct fettle_plugin *plugin, const char *label, const char *yaml);
void fake_free(struct fettle_ctx *ctx);

/* Forgets the lists. */
void fake_clear(struct fettle_ctx *ctx);

/* A read, ns after what was before; the lists are its own.  What it returned.
 */
int fake_read(struct fettle_ctx *ctx, int64_t ns);

/* The list of an instance (NULL: without), or NULL. */
const struct fake_list *fake_find(
    const struct fettle_ctx *ctx, const char *instance);

/* The number of a field of that list; fails the test if there is none.
 * Counters come as double, which holds up to 2^53. */
double fake_value(
    const struct fettle_ctx *ctx, const char *instance, const char *field);

/* The value of a field of that list, of kind 0 where it has none; fails the
 * test if there is no such list or field. */
const struct fettle_value *fake_get(
    const struct fettle_ctx *ctx, const char *instance, const char *field);
bool fake_has(
    const struct fettle_ctx *ctx, const char *instance, const char *field);

/* How often the log says so. */
size_t fake_said(const struct fettle_ctx *ctx, const char *what);

/* Fails the test if that number is another; what is no counter may differ by
 * what a double rounds. */
void fake_check(const struct fettle_ctx *ctx, const char *instance,
    const char *field, double wanted);

/* Fails the test if the lists are not of these instances, in this order, each
 * with a space behind it: "sda sdb ". */
void fake_instances(const struct fettle_ctx *ctx, const char *wanted);

#endif
