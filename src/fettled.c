/* SPDX-License-Identifier: MIT */
/* fettled: arguments, and what each way of starting comes to. */
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/standard.h"
#include "config/secret.h"
#include "daemon.h"
#include "describe.h"
#include "once.h"
#include "paths.h"
#include "systemd.h"

enum mode { MODE_RUN, MODE_CHECK, MODE_ONCE, MODE_DESCRIBE };

struct arguments {
	const char *config;
	enum mode mode;
	bool strict, send, formatted;
	enum describe_format format;
	const char *describe; /* a plugin; NULL: all */
};

static void
usage(FILE *out)
{
	fputs("usage: fettled [-C FILE] [--strict]\n"
	      "       fettled [-C FILE] --check\n"
	      "       fettled [-C FILE] --once [--send] [--format text|json]\n"
	      "       fettled [-C FILE] --describe [PLUGIN] [--format "
	      "text|json|man]\n"
	      "       fettled --version | --help\n"
	      "The configuration is " SYSCONFDIR "/fettle/fettle.yaml unless "
	      "-C says otherwise.\n",
	    out);
}

static int
bad_usage(const char *what, const char *value)
{
	fprintf(stderr, "fettled: %s%s\n", what, value);
	usage(stderr);
	return 2;
}

static bool
parse_format(const char *name, enum describe_format *format)
{
	static const char *const names[] = { [DESCRIBE_TEXT] = "text",
		[DESCRIBE_JSON] = "json",
		[DESCRIBE_MAN] = "man" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strcmp(name, names[i]) == 0) {
			*format = (enum describe_format)i;
			return true;
		}
	}
	return false;
}

/* Whether the options go together; -1, or the exit status. */
static int
check_arguments(const struct arguments *a)
{
	const bool prints = a->mode == MODE_ONCE || a->mode == MODE_DESCRIBE;

	if (a->strict && a->mode != MODE_RUN)
		return bad_usage("--strict is for a daemon", "");
	if (a->send && a->mode != MODE_ONCE)
		return bad_usage("--send goes with --once", "");
	if (a->formatted && !prints)
		return bad_usage(
		    "--format goes with --once or --describe", "");
	if (a->mode == MODE_ONCE && a->format == DESCRIBE_MAN)
		return bad_usage("there is no manual page of a reading", "");
	return -1;
}

/* -1: go on; else the exit status. */
static int
parse(int argc, char **argv, struct arguments *a)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'C' },
		{ "check", no_argument, NULL, 'c' },
		{ "strict", no_argument, NULL, 's' },
		{ "once", no_argument, NULL, 'o' },
		{ "send", no_argument, NULL, 'S' },
		{ "describe", no_argument, NULL, 'd' },
		{ "format", required_argument, NULL, 'F' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "C:h", options, NULL)) != -1) {
		switch (c) {
		case 'C':
			a->config = optarg;
			break;
		case 'c':
			a->mode = MODE_CHECK;
			break;
		case 's':
			a->strict = true;
			break;
		case 'o':
			a->mode = MODE_ONCE;
			break;
		case 'S':
			a->send = true;
			break;
		case 'd':
			a->mode = MODE_DESCRIBE;
			break;
		case 'F':
			if (!parse_format(optarg, &a->format))
				return bad_usage("unknown format ", optarg);
			a->formatted = true;
			break;
		case 'V':
			puts("fettled " PACKAGE_VERSION);
			return 0;
		case 'h':
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return 2;
		}
	}
	if (a->mode == MODE_DESCRIBE && optind < argc)
		a->describe = argv[optind++];
	return optind < argc ? bad_usage("unexpected argument ", argv[optind])
			     : check_arguments(a);
}

static int
run_check(const struct arguments *a, struct modules *modules)
{
	struct setup *s = setup_load(a->config, modules, true);

	if (s == NULL)
		return 1;
	setup_unref(s);
	printf("%s: no mistakes\n", a->config);
	return 0;
}

/* A configuration is asked only for where the plugins are. */
static int
run_describe(const struct arguments *a, struct modules *modules, bool given)
{
	char why[512];

	if (given) {
		struct setup *s = setup_load(a->config, modules, false);

		if (s == NULL)
			return 1;
		setup_unref(s);
	} else if (modules_init(modules, PLUGINDIR, why, sizeof(why)) < 0) {
		fprintf(stderr, "fettled: %s\n", why);
		return 1;
	}
	return describe(modules, a->describe, a->format, stdout) < 0;
}

/* What holds for the process: nothing dumps core, nobody of the same user may
 * look into its memory. */
static void
harden(void)
{
	const struct rlimit none = { 0, 0 };

	signal(SIGPIPE, SIG_IGN);
	setrlimit(RLIMIT_CORE, &none);
#ifndef FETTLE_SANITIZED /* which look into it themselves */
	prctl(PR_SET_DUMPABLE, 0);
#endif
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* They come by descriptor, see daemon_run; here, and so in all threads, they
 * are blocked. */
static void
block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static int
lock_state(struct daemon *d)
{
	char why[512];

	d->state_lock = paths_lock(d->state_dir, why, sizeof(why));
	if (d->state_lock >= 0)
		return 0;
	if (d->state_lock == -EBUSY) {
		log_error("%s", why);
		return -1;
	}
	log_warning("no state directory: %s", why);
	return 0;
}

static int
run_daemon(const struct arguments *a, struct daemon *d)
{
	struct setup *s;
	int rc = 0;

	block_signals();
	s = setup_load(a->config, &d->modules, false);
	if (s == NULL)
		return 1;
	setup_apply_log(s);
	if (daemon_init(d, a->config, s, a->strict) < 0)
		return 1;
	if (lock_state(d) < 0 || daemon_listen(d) < 0)
		return 1;
	if (daemon_start(d) == 0) {
		log_notice("fettled " PACKAGE_VERSION " is up: %s", a->config);
		systemd_notify("READY=1");
		rc = daemon_run(d) < 0;
	} else {
		log_error("not started");
		rc = 1;
	}
	if (!daemon_stop(d)) {
		log_warning("ended, leaving behind what is stuck");
		_exit(rc);
	}
	log_notice("ended");
	daemon_fini(d);
	secret_fini();
	return rc;
}

static int
run(const struct arguments *given)
{
	static struct daemon d; /* what is left at the end hangs on it */
	struct arguments a = *given;

	if (a.config == NULL)
		a.config = SYSCONFDIR "/fettle/fettle.yaml";
	switch (a.mode) {
	case MODE_CHECK:
		return run_check(&a, &d.modules);
	case MODE_DESCRIBE:
		return run_describe(&a, &d.modules, given->config != NULL);
	case MODE_ONCE:
		return once(a.config, a.send, a.format == DESCRIBE_JSON);
	case MODE_RUN:
		break;
	}
	return run_daemon(&a, &d);
}

/* What was printed is of use only if it arrived. */
static int
printed(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	fputs("fettled: cannot write to standard output\n", stderr);
	return 1;
}

int
main(int argc, char **argv)
{
	struct arguments a = { 0 };
	int status;

	standard_hold();
	/* out of memory ends the process there as well */
	json_set_alloc_funcs(xmalloc, free);
	status = parse(argc, argv, &a);
	if (status < 0) {
		harden();
		systemd_init();
		status = run(&a);
	}
	return printed(status);
}
