/* SPDX-License-Identifier: MIT */
/*
 * One configured plugin: its state, its calls under guard, its record of
 * success and failure.  An instance is counted: the daemon holds it, and so
 * does a thread that is in a call; the last one frees it.
 *
 * Threads: calls are made by one thread at a time (the reader that has it, or
 * its writer's thread).  What `lock' guards may be read by any.
 */
#ifndef PLUGIN_INSTANCE_H
#define PLUGIN_INSTANCE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/vec.h"
#include "config/node.h"
#include "plugin/descriptor.h"
#include "plugin/guard.h"

struct daemon;
struct draft;
struct writer;

enum {
	INSTANCE_ASK_S = 2 /* how long an answer may take */
};

enum instance_state {
	INSTANCE_OPENING,      /* not opened yet */
	INSTANCE_UP,	       /* open, and the last call went well */
	INSTANCE_DOWN,	       /* open failed; tried again later */
	INSTANCE_FAILING,      /* open, the last read failed */
	INSTANCE_RETRYING,     /* open, the last delivery is tried again */
	INSTANCE_UNAUTHORISED, /* open, the peer refuses our secret */
	INSTANCE_CLOSED,
};

const char *instance_state_name(enum instance_state state);

/* A snapshot for status and fettle's own metrics. */
struct instance_stats {
	enum instance_state state;
	bool stuck; /* a call is past its deadline */
	uint64_t calls, failures;
	uint64_t streak;      /* failures since the last success */
	int64_t last_wall_ns; /* when the last call began; 0: none yet */
	int64_t last_ns, max_ns, sum_ns; /* how long calls took */
	char error[256];		 /* of the last failure; "" */
};

/* The kinds of calls; they differ in what their failure means. */
enum instance_call {
	CALL_OPEN,
	CALL_ADOPT,
	CALL_READ,
	CALL_WRITE,
	CALL_FLUSH,
	CALL_NOTIFY,
	CALL_ASK,
	CALL_CLOSE,
};

struct fettle_ctx {
	struct plugin *plugin;
	char *label;
	/* Where the options came from: lent by origin, which is released with
	 * the instance. */
	const struct node *section;
	void *origin;
	void (*release)(void *origin);
	void *self; /* the state; options filled in */
	int64_t interval_ns, timeout_ns;
	struct daemon *daemon; /* what the interface's functions need */
	struct writer *writer; /* if it writes */
	struct guard *guard;
	char *state_dir; /* made on first use; the daemon's strings */

	/* of the call under way; its thread only */
	struct guarded call;
	struct draft *draft; /* in read: what was submitted */
	int failed;	     /* errno of fettle_fail; 0 */
	double after_s;	     /* of fettle_answer */
	char reason[256];    /* of either */
	struct {
		VEC(size_t) v;
		char reason[256]; /* of the last */
		size_t n;	  /* lists in the batch: what may be named */
	} refused;

	pthread_mutex_t lock;
	struct instance_stats stats; /* guarded by lock */
	int refs;		     /* guarded by lock */
	bool open;		     /* guarded by lock */
	bool outdated; /* goes on, for its successor failed; likewise */
};

/* plugin is lent for good; self, filled, becomes the instance's. */
struct fettle_ctx *instance_new(
    struct plugin *plugin, const char *label, void *self, struct guard *guard);
struct fettle_ctx *instance_ref(struct fettle_ctx *i);
/* Frees with the last reference; what is still open stays so then. */
void instance_unref(struct fettle_ctx *i);

/* 0 or -errno, the reason in stats.  Does nothing if it is open. */
int instance_open(struct fettle_ctx *i);
/* The plugin's adopt: i takes over from old, which is then closed.  -ENOTSUP
 * where it has none; after a failure old goes on. */
int instance_adopt(struct fettle_ctx *i, struct fettle_ctx *old);
void instance_close(struct fettle_ctx *i);
int instance_read(struct fettle_ctx *i);
/* An enum fettle_answer. */
int instance_write(struct fettle_ctx *i, const struct fettle_batch *batch);
int instance_flush(struct fettle_ctx *i);
/* An enum fettle_answer. */
int instance_notify(struct fettle_ctx *i, const struct fettle_notice *notice);
/* 0 or -errno; answer then is the reason, a text of less than size bytes.
 * Stats stay as they are, unless the call is late. */
int instance_ask(
    struct fettle_ctx *i, const char *question, char *answer, size_t size);

/* After FETTLE_UNAUTHORISED, on the thread that calls the instance: a secret
 * may have been renewed, which is found without a restart.  Reads files. */
void instance_refresh(struct fettle_ctx *i);

void instance_stats(struct fettle_ctx *i, struct instance_stats *out);
bool instance_is_open(struct fettle_ctx *i);
bool instance_is_stuck(struct fettle_ctx *i);
/* Whether it was to be replaced by one that could not take over. */
bool instance_is_outdated(struct fettle_ctx *i);

#endif
