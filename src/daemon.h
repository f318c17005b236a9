/* SPDX-License-Identifier: MIT */
/*
 * The whole: what a configuration was made into, and how it starts, changes
 * and ends.  The main thread owns it; other threads see what `lock' guards.
 */
#ifndef DAEMON_H
#define DAEMON_H

#include <jansson.h>
#include <pthread.h>
#include <stdbool.h>

#include "alert/courier.h"
#include "alert/desk.h"
#include "deliver/seen.h"
#include "deliver/seen_file.h"
#include "deliver/writer.h"
#include "flow/astray.h"
#include "flow/dispatch.h"
#include "flow/pool.h"
#include "flow/series.h"
#include "plugin/guard.h"
#include "plugin/module.h"
#include "setup.h"

struct control_server;

/* An instance and who runs it: a job of the readers, a writer, or a courier.
 */
struct unit {
	char *label;
	struct plugin *plugin;
	const struct section
	    *section; /* of daemon.setup; NULL: fettle's own */
	struct job *job;
	struct writer *writer;
	struct courier *courier;
};

struct daemon {
	const char *config_path;
	char *state_dir, *socket, *proc, *sys; /* as they were at start */
	char *alerts; /* the file that keeps them; NULL: there is none */
	int state_lock;
	bool strict;
	bool up;	    /* all has started */
	int64_t started_ns; /* monotonic */

	struct guard guard;
	struct modules modules;
	struct series_table table;
	struct dispatch dispatch;
	struct pool pool;
	struct astray astray; /* whose stamps are not taken */
	struct control_server *control;
	struct desk *desk;	     /* of the alerts; never NULL */
	struct seen seen;	     /* what a hub has had */
	struct seen_file *seen_file; /* NULL: it is no hub, or keeps nothing;
				      * main thread */

	pthread_mutex_t lock;
	struct setup *setup;	      /* guarded by lock */
	VEC(struct unit) units;	      /* guarded by lock */
	VEC(struct writer *) leaving; /* main thread: told to end */
	VEC(struct courier *) going;  /* likewise */

	/* reloads: who wants one waits for `reloaded' to pass their number */
	pthread_cond_t reload_done;
	int wake_fd;			   /* wakes the main thread */
	uint64_t reload_wanted, reloaded;  /* guarded by lock */
	uint64_t reload_ok, reload_failed; /* guarded by lock */
	json_t *reload_answer;		   /* of the last that was asked for;
					    * guarded by lock */
	bool ending;	      /* nobody shall wait any more; likewise */
	unsigned asking;      /* requests of plugins under way; likewise */
	pthread_cond_t asked; /* there are none any more */
	char *reload_error;   /* NULL: it went well; likewise */
};

/* 0, or -1 when the log says why. */
int daemon_init(struct daemon *d, const char *config_path, struct setup *setup,
    bool strict);
/* The control socket; -1 when the log says why not. */
int daemon_listen(struct daemon *d);
/* Starts all threads and instances, and waits until each was tried. */
int daemon_start(struct daemon *d);
/* Around a request of a plugin's thread, which may come at any time.  False:
 * the daemon ends, what would be looked at may be gone. */
bool daemon_ask(struct daemon *d);
void daemon_asked(struct daemon *d);
/* Until a signal says to end: 0; -1 when the log says why it cannot go on. */
int daemon_run(struct daemon *d);
/* Drains, closes.  False: something is stuck, the process must just exit. */
bool daemon_stop(struct daemon *d);
void daemon_fini(struct daemon *d);

/* The instance of a unit, held once more. */
struct fettle_ctx *unit_instance(struct daemon *d, const struct unit *u);

/* --- units.c: from sections to what runs --------------------------------- */

void units_start(struct daemon *d, struct setup *s);
/* Main thread, before the desk has that policy: readies what keeps alerts. */
void units_alerts(struct daemon *d, const struct policy *p);
/* Main thread.  Puts a new setup into force; what changed is said in the log
 * and returned, an array for the plan of `reload'. */
json_t *units_change(struct daemon *d, struct setup *s);
/* Waits until every unit has been tried to open, or the deadline. */
void units_settle(struct daemon *d, int64_t deadline_ns);
/* Main thread.  Says in the log and in notes, an array, which go on as they
 * were before a reload changed them: the next one tries it again. */
void units_outdated(struct daemon *d, json_t *notes);
/* How many instances are not open or lack the spool they were to have; each
 * is named in the log. */
size_t units_down(struct daemon *d);

/* --- status.c: what the control protocol answers ------------------------- */

struct control_command;
const struct control_command *status_commands(size_t *n);
/* The array that `values' answers with; pattern may be NULL.  NULL where it
 * would surely be longer than most bytes as text: it is not made then. */
json_t *status_values(
    struct daemon *d, const struct pattern *pattern, bool help, size_t most);

/* --- ask.c: what plugins answer ------------------------------------------ */

/* The answer to `ask'.  From any thread; it waits, but not for long. */
json_t *ask_plugin(struct daemon *d, const json_t *request);

/* --- reload.c ------------------------------------------------------------ */

/* Main thread: reads the configuration again. */
void reload_now(struct daemon *d);
/* From any thread but the main one: has it done, waits, returns the answer. */
json_t *reload_ask(struct daemon *d);

/* fettle's own metrics: an instance like any other; self.c. */
extern const struct fettle_plugin fettle_LTX_fettle_plugin;

#endif
