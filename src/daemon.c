/* SPDX-License-Identifier: MIT */
#include "daemon.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"
#include "control/protocol.h"
#include "control/server.h"
#include "paths.h"
#include "systemd.h"

enum {
	OPEN_WAIT_S = 10, /* for all instances to be tried, at start */
	READS_WAIT_S = 1, /* for reads under way, at the end */
	DISK_WAIT_S = 5,  /* for alerts and queues to be on disk, at the end */
	SWEEP_S = 3600,	  /* how often the forgotten are looked for */
	FORGET_S = 86400, /* unseen for so long: forgotten */
};

int
daemon_init(
    struct daemon *d, const char *config_path, struct setup *s, bool strict)
{
	d->config_path = config_path;
	d->setup = s;
	d->strict = strict;
	d->started_ns = clock_mono();
	d->state_lock = -1;
	d->proc = xstrdup(s->settings.proc);
	d->sys = xstrdup(s->settings.sys);
	d->state_dir = paths_state_dir(s->settings.state_dir);
	d->socket = paths_socket(s->settings.socket);
	pthread_mutex_init(&d->lock, NULL);
	thread_cond_init(&d->reload_done);
	thread_cond_init(&d->asked);
	d->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (d->wake_fd < 0 || guard_init(&d->guard) < 0) {
		log_error("cannot make a timer: %s", strerror(errno));
		return -1;
	}
	/* one arena: batches are freed by other threads than made them */
	mallopt(M_ARENA_MAX, 1);
	series_init(&d->table, &s->settings.limits, &d->modules);
	dispatch_init(&d->dispatch, &d->table);
	d->desk = desk_new(s->settings.hostname);
	d->table.filter = desk_filter(d->desk);
	seen_init(&d->seen, SEEN_QUEUES_MAX);
	astray_init(&d->astray);
	pool_init(&d->pool, &d->guard, &d->dispatch);
	return 0;
}

int
daemon_listen(struct daemon *d)
{
	const struct control_command *commands;
	char why[512];
	size_t n;

	commands = status_commands(&n);
	d->control =
	    control_start(d->socket, commands, n, d, why, sizeof(why));
	if (d->control == NULL) {
		log_error("%s", why);
		return -1;
	}
	return 0;
}

static void
start_alerts(struct daemon *d)
{
	struct policy *p = setup_take_policy(d->setup);

	if (d->state_lock >= 0)
		d->alerts = xasprintf("%s/alerts.db", d->state_dir);
	units_alerts(d, p);
	desk_start(d->desk, p, d->alerts);
}

int
daemon_start(struct daemon *d)
{
	int rc;

	start_alerts(d);
	rc = dispatch_start(&d->dispatch);
	if (rc == 0) {
		units_start(d, d->setup);
		rc = pool_start(&d->pool);
	}
	if (rc < 0) {
		log_error("no thread: %s", strerror(-rc));
		return -1;
	}
	/* an open that hangs does not hold up the others for ever */
	units_settle(d, clock_mono() + OPEN_WAIT_S * NS_PER_S);
	if (d->strict && units_down(d) + d->setup->refused.n > 0)
		return -1;
	d->up = true;
	return 0;
}

/* --- the main thread ----------------------------------------------------- */

/* Signals come as reads of a descriptor; all threads have them blocked. */
static int
signals_fd(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Whether to end.  However many SIGHUP came, it is one reload. */
static bool
take_signals(struct daemon *d, int fd)
{
	struct signalfd_siginfo info;
	bool reload = false;

	while (read(fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo != SIGHUP) {
			log_notice("ending: signal %u", info.ssi_signo);
			return true;
		}
		reload = true;
	}
	if (reload)
		reload_now(d);
	return false;
}

static void
take_wishes(struct daemon *d)
{
	uint64_t n;
	bool wanted;

	if (read(d->wake_fd, &n, sizeof(n)) < 0)
		return;
	pthread_mutex_lock(&d->lock);
	wanted = d->reload_wanted > d->reloaded;
	pthread_mutex_unlock(&d->lock);
	if (wanted)
		reload_now(d);
}

/* What is not delivered by one that has ended, or is to have. */
static void
say_left(struct writer *w)
{
	struct fettle_ctx *i = writer_instance(w);
	struct writer_stats s;
	uint64_t lost;

	writer_stats(w, &s);
	lost = s.dropped_drain + s.lists - s.kept;
	if (lost > 0)
		log_warning("%s: %llu value lists are lost", i->label,
		    (unsigned long long)lost);
	if (s.kept > 0)
		log_notice("%s: %llu value lists stay in the spool", i->label,
		    (unsigned long long)s.kept);
	instance_unref(i);
}

/* Frees writers that have been told to go and have gone. */
static void
reap(struct daemon *d)
{
	for (size_t i = 0; i < d->leaving.n;) {
		struct writer *w = d->leaving.v[i];

		if (!writer_ended(w, 0)) {
			i++;
			continue;
		}
		say_left(w);
		writer_unref(w);
		vec_remove(&d->leaving, i);
	}
	for (size_t i = 0; i < d->going.n;) {
		if (!courier_ended(d->going.v[i], 0)) {
			i++;
			continue;
		}
		courier_unref(d->going.v[i]);
		vec_remove(&d->going, i);
	}
}

/* What has to be done now and then; returns ms until the next time. */
static int
chores(struct daemon *d, int64_t *sweep_at, int64_t *watchdog_at)
{
	int64_t now = clock_mono(), next;

	if (now >= *sweep_at) {
		series_sweep(&d->table, now, FORGET_S * NS_PER_S);
		*sweep_at = now + SWEEP_S * NS_PER_S;
	}
	next = *sweep_at;
	if (systemd_watchdog() > 0) {
		if (now >= *watchdog_at) {
			systemd_notify("WATCHDOG=1");
			*watchdog_at = now + systemd_watchdog();
		}
		next = next < *watchdog_at ? next : *watchdog_at;
	}
	reap(d);
	if (d->leaving.n + d->going.n > 0 && next > now + NS_PER_S)
		next = now + NS_PER_S;
	return (int)((next - now) / NS_PER_MS + 1);
}

int
daemon_run(struct daemon *d)
{
	struct pollfd fds[] = {
		{ .fd = signals_fd(), .events = POLLIN },
		{ .fd = d->wake_fd, .events = POLLIN },
		{ .fd = guard_fd(&d->guard), .events = POLLIN },
	};
	int64_t sweep_at = clock_mono() + SWEEP_S * NS_PER_S, watchdog_at = 0;
	int rc = 0;

	if (fds[0].fd < 0) {
		log_error("no descriptor for signals: %s", strerror(errno));
		return -1;
	}
	for (;;) {
		const int wait = chores(d, &sweep_at, &watchdog_at);

		if (poll(fds, 3, wait) < 0 && errno != EINTR) {
			log_error("ending: poll: %s", strerror(errno));
			rc = -1;
			break;
		}
		if (fds[2].revents != 0) {
			const int64_t now = clock_mono();

			guard_check(&d->guard, now);
			pool_check(&d->pool, now);
		}
		if (fds[1].revents != 0)
			take_wishes(d);
		if (fds[0].revents != 0 && take_signals(d, fds[0].fd))
			break;
	}
	close(fds[0].fd);
	return rc;
}

/* --- the end ------------------------------------------------------------- */

/* Lets all writers empty their queues at the same time, each as long as it is
 * given; not where the start failed, which a supervisor waits for. */
static bool
stop_writers(struct daemon *d)
{
	bool clean = true;

	for (size_t i = 0; i < d->units.n; i++)
		if (d->units.v[i].writer != NULL) {
			if (!d->up)
				writer_forgo_drain(d->units.v[i].writer);
			writer_stop(d->units.v[i].writer);
			vec_add(&d->leaving) = d->units.v[i].writer;
		}
	for (size_t i = 0; i < d->leaving.n; i++) {
		struct writer *w = d->leaving.v[i];
		struct fettle_ctx *inst = writer_instance(w);
		const bool ended =
		    writer_ended(w, writer_stop(w) + NS_PER_S / 2);

		if (!ended)
			log_warning("%s has not ended in time", inst->label);
		say_left(w);
		instance_unref(inst);
		if (ended)
			writer_unref(w);
		else
			writer_abandon(w);
		clean = clean && ended;
	}
	return clean;
}

/* They begin nothing more; what is under way goes on meanwhile. */
static void
send_couriers_home(struct daemon *d)
{
	for (size_t i = 0; i < d->units.n; i++)
		if (d->units.v[i].courier != NULL) {
			courier_stop(d->units.v[i].courier);
			vec_add(&d->going) = d->units.v[i].courier;
		}
}

/* What is under way is waited for, as long as it is given. */
static bool
stop_couriers(struct daemon *d)
{
	bool clean = true;

	for (size_t i = 0; i < d->going.n; i++) {
		struct courier *c = d->going.v[i];
		const bool ended =
		    courier_ended(c, courier_stop(c) + NS_PER_S / 2);
		struct fettle_ctx *inst;

		if (ended) {
			courier_unref(c);
			continue;
		}
		inst = courier_instance(c);
		log_warning("%s has not answered in time, a message is left "
			    "under way",
		    inst->label);
		instance_unref(inst);
		courier_abandon(c);
		clean = false;
	}
	return clean;
}

bool
daemon_ask(struct daemon *d)
{
	bool may;

	pthread_mutex_lock(&d->lock);
	may = !d->ending;
	d->asking += may;
	pthread_mutex_unlock(&d->lock);
	return may;
}

void
daemon_asked(struct daemon *d)
{
	pthread_mutex_lock(&d->lock);
	if (--d->asking == 0)
		pthread_cond_signal(&d->asked);
	pthread_mutex_unlock(&d->lock);
}

bool
daemon_stop(struct daemon *d)
{
	int64_t disk;
	int stuck;
	bool clean;

	systemd_notify("STOPPING=1");
	desk_ending(d->desk);
	pthread_mutex_lock(&d->lock);
	d->ending = true;
	pthread_cond_broadcast(&d->reload_done);
	while (d->asking > 0) /* no command takes long */
		pthread_cond_wait(&d->asked, &d->lock);
	pthread_mutex_unlock(&d->lock);
	if (d->control != NULL)
		control_stop(d->control);
	d->control = NULL;
	dispatch_close(&d->dispatch);
	stuck = pool_stop(&d->pool, clock_mono() + READS_WAIT_S * NS_PER_S);
	if (stuck > 0)
		log_warning("%d read%s under way left behind", stuck,
		    stuck == 1 ? "" : "s");
	dispatch_stop(&d->dispatch);
	send_couriers_home(d);
	clean = stop_writers(d) && stuck == 0;
	clean = stop_couriers(d) && clean;
	disk = clock_mono() + DISK_WAIT_S * NS_PER_S;
	clean = desk_stop(d->desk, disk) && clean;
	clean = seen_file_stop(d->seen_file, disk) && clean;
	d->seen_file = NULL;
	return clean;
}

void
daemon_fini(struct daemon *d)
{
	vec_free(&d->leaving);
	vec_free(&d->going);
	pool_fini(&d->pool);
	dispatch_fini(&d->dispatch);
	seen_fini(&d->seen);
	astray_fini(&d->astray);
	series_fini(&d->table);
	desk_free(d->desk);
	for (size_t i = 0; i < d->units.n; i++) {
		/* series may still have pointed to its fields */
		if (d->units.v[i].section == NULL)
			plugin_free(d->units.v[i].plugin);
		free(d->units.v[i].label);
	}
	vec_free(&d->units);
	guard_fini(&d->guard);
	setup_unref(d->setup);
	modules_fini(&d->modules);
	json_decref(d->reload_answer);
	free(d->reload_error);
	close(d->wake_fd);
	if (d->state_lock >= 0)
		close(d->state_lock);
	free(d->state_dir);
	free(d->alerts);
	free(d->socket);
	free(d->proc);
	free(d->sys);
	pthread_cond_destroy(&d->asked);
	pthread_cond_destroy(&d->reload_done);
	pthread_mutex_destroy(&d->lock);
}
