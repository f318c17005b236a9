/* SPDX-License-Identifier: MIT */
#include "once.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "config/secret.h"
#include "control/protocol.h"
#include "control/render.h"
#include "daemon.h"

enum {
	READS_WAIT_S =
	    15, /* for two reads of everything, the stuck excepted */
	SEND_WAIT_S = 60,
};

/* Only what reads, every second, and perhaps what sends; no servers. */
static void
narrow(struct setup *s, bool send)
{
	/* alerts are a running daemon's */
	policy_free(setup_take_policy(s));
	s->policy = policy_new(s->settings.hostname);
	s->settings.interval.ns = NS_PER_S;
	for (size_t i = 0; i < s->sections.n;) {
		struct section *sec = &s->sections.v[i];
		const struct fettle_plugin *d = &sec->plugin->d;

		if (d->read != NULL)
			sec->options.interval.ns = NS_PER_S;
		/* which is a running daemon's */
		free((char *)(uintptr_t)sec->options.spool.survive);
		sec->options.spool.survive = NULL;
		if (d->read != NULL ||
		    (send && d->write != NULL && !(d->flags & FETTLE_SOURCE)))
			i++;
		else
			setup_remove(s, i);
	}
}

/* Whether everything that reads has done so twice, or will not; but for
 * fettle itself, which does so every 10 s and is not printed. */
static bool
all_read(struct daemon *d)
{
	bool all = true;

	for (size_t n = 0; n < d->units.n; n++) {
		const struct unit *u = &d->units.v[n];
		struct fettle_ctx *i;
		struct instance_stats s;

		if (u->section == NULL)
			continue;
		i = unit_instance(d, u);
		instance_stats(i, &s);
		if (i->plugin->d.read != NULL && !s.stuck && s.streak == 0 &&
		    s.calls < 3)
			all = false; /* open, read, read */
		instance_unref(i);
	}
	return all;
}

static void
wait_for_reads(struct daemon *d)
{
	const int64_t end = clock_mono() + READS_WAIT_S * NS_PER_S;
	struct pollfd fd = { .fd = guard_fd(&d->guard), .events = POLLIN };

	while (!all_read(d) && clock_mono() < end) {
		if (poll(&fd, 1, 20) <= 0)
			continue;
		guard_check(&d->guard, clock_mono());
		pool_check(&d->pool, clock_mono());
	}
	dispatch_kick(&d->dispatch);
	dispatch_settle(&d->dispatch, clock_mono() + NS_PER_S);
}

static void
print_values(struct daemon *d, bool json)
{
	json_t *values = status_values(d, NULL, false, SIZE_MAX), *v;
	size_t i = 0;

	/* the daemon that measured is not what was asked for */
	while ((v = json_array_get(values, i)) != NULL)
		if (strcmp(control_text(v, "plugin"), SELF_LABEL) == 0)
			json_array_remove(values, i);
		else
			i++;
	if (json) {
		json_dumpf(values, stdout, JSON_INDENT(2));
		putchar('\n');
	} else {
		render_values(stdout, values, isatty(STDOUT_FILENO) == 1);
	}
	json_decref(values);
}

/* Whether all went well, which the log has said of what did not. */
static bool
all_well(struct daemon *d)
{
	bool well = d->setup->refused.n == 0;

	for (size_t n = 0; n < d->units.n; n++) {
		const struct unit *u = &d->units.v[n];
		struct fettle_ctx *i = unit_instance(d, u);
		struct instance_stats s;
		struct writer_stats w = { 0 };

		if (u->writer != NULL &&
		    writer_settle(
			u->writer, clock_mono() + SEND_WAIT_S * NS_PER_S) < 0)
			well = false;
		if (u->writer != NULL)
			writer_stats(u->writer, &w);
		instance_stats(i, &s);
		if (s.stuck || s.streak > 0 || w.sent < w.entered)
			well = false;
		instance_unref(i);
	}
	return well;
}

int
once(const char *config_path, bool send, bool json)
{
	static struct daemon d;
	struct setup *s = setup_load(config_path, &d.modules, false);
	bool well;

	if (s == NULL)
		return 1;
	narrow(s, send);
	setup_apply_log(s);
	if (daemon_init(&d, config_path, s, false) < 0)
		return 1;
	pool_align(&d.pool);
	if (daemon_start(&d) < 0)
		return 1;
	wait_for_reads(&d);
	print_values(&d, json);
	well = all_well(&d);
	if (!daemon_stop(&d)) {
		fflush(stdout);
		_exit(1);
	}
	daemon_fini(&d);
	secret_fini();
	return well ? 0 : 1;
}
