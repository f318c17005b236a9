/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "daemon.h"
#include "systemd.h"

enum {
	TRY_WAIT_S = 2,	    /* for what is new to be opened */
	ANSWER_WAIT_S = 30, /* for whoever asked for a reload */
};

static void
collect(void *arg, const char *line)
{
	json_array_append_new(arg, json_string(line));
}

/* Settings that count only at start. */
static void
note_fixed(const struct daemon *d, const struct setup *s, json_t *notes)
{
	const struct settings *was = &d->setup->settings, *is = &s->settings;
	const struct {
		const char *name, *was, *is;
	} fixed[] = {
		{ "plugin_dir", was->plugin_dir, is->plugin_dir },
		{ "state_dir", was->state_dir, is->state_dir },
		{ "socket", was->socket, is->socket },
		{ "proc", was->proc, is->proc },
		{ "sys", was->sys, is->sys },
	};

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
		if (strcmp(fixed[i].was ? fixed[i].was : "",
			fixed[i].is ? fixed[i].is : "") == 0)
			continue;
		log_warning(
		    "reload: %s counts only after a restart", fixed[i].name);
		json_array_append_new(
		    notes, json_sprintf("%s counts only after a restart",
			       fixed[i].name));
	}
}

static json_t *
refuse(const struct diags *diags)
{
	json_t *errors = json_array();
	size_t i;
	json_t *line;

	diags_each(diags, 0, collect, errors);
	json_array_foreach (errors, i, line)
		log_error("%s", json_string_value(line));
	log_error("reload: the configuration is refused; the old one stays");
	return json_pack("{s:s,s:o}", "error",
	    "the configuration is refused; the old one stays", "errors",
	    errors);
}

static json_t *
accept_setup(struct daemon *d, struct setup *s)
{
	json_t *notes = json_array(), *plan;

	note_fixed(d, s, notes);
	setup_apply_log(s);
	plan = units_change(d, s);
	units_settle(d, clock_mono() + TRY_WAIT_S * NS_PER_S);
	units_outdated(d, notes);
	log_notice("reloaded %s", d->config_path);
	return json_pack(
	    "{s:b,s:o,s:o}", "ok", 1, "plan", plan, "notes", notes);
}

/* Under the lock: the first mistake, for status; or that there was none. */
static void
keep_error(struct daemon *d, const json_t *answer)
{
	const char *first = json_string_value(
	    json_array_get(json_object_get(answer, "errors"), 0));

	free(d->reload_error);
	d->reload_error = first != NULL ? xstrdup(first) : NULL;
}

/* Under the lock.  A signal may have had it reload again before whoever asked
 * has taken his answer: that stays. */
static void
keep_answer(struct daemon *d, json_t *answer, bool asked)
{
	json_t *old = d->reload_answer;

	d->reload_answer = asked ? answer : old;
	json_decref(asked ? old : answer);
}

void
reload_now(struct daemon *d)
{
	struct diags *diags = diags_new();
	struct setup *s;
	json_t *answer;
	uint64_t wanted;
	bool asked, ok;

	systemd_notify("RELOADING=1\nMONOTONIC_USEC=%lld",
	    (long long)(clock_mono() / 1000));
	pthread_mutex_lock(&d->lock);
	wanted = d->reload_wanted;
	asked = wanted > d->reloaded;
	pthread_mutex_unlock(&d->lock);
	s = setup_read(d->config_path, &d->modules, diags);
	ok = s != NULL && diags_errors(diags) == 0;
	if (ok) {
		answer = accept_setup(d, s);
	} else {
		answer = refuse(diags);
		setup_unref(s);
	}
	diags_free(diags);
	pthread_mutex_lock(&d->lock);
	d->reload_ok += ok;
	d->reload_failed += !ok;
	keep_error(d, answer);
	keep_answer(d, answer, asked);
	d->reloaded = wanted;
	pthread_cond_broadcast(&d->reload_done);
	pthread_mutex_unlock(&d->lock);
	systemd_notify("READY=1");
}

json_t *
reload_ask(struct daemon *d)
{
	const struct timespec until =
	    clock_timespec(clock_mono() + ANSWER_WAIT_S * NS_PER_S);
	uint64_t ticket;
	json_t *answer = NULL;
	int rc = 0;

	pthread_mutex_lock(&d->lock);
	ticket = ++d->reload_wanted;
	if (eventfd_write(d->wake_fd, 1) < 0)
		rc = errno;
	while (rc == 0 && d->reloaded < ticket && !d->ending)
		rc = pthread_cond_timedwait(&d->reload_done, &d->lock, &until);
	if (d->reloaded >= ticket)
		answer = json_deep_copy(d->reload_answer);
	pthread_mutex_unlock(&d->lock);
	if (answer == NULL)
		answer = json_pack("{s:s}", "error",
		    "the reload is under way, but not done yet");
	return answer;
}
