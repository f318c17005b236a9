/* SPDX-License-Identifier: MIT */
/* The command of a program, who it is, and its environment. */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "exec.h"

#define SETPRIV "/usr/bin/setpriv"

enum { PASSWD_MAX = 16384 }; /* of an entry of the list of users */

/* setpriv and who it is to be, before the command. */
static int
make_user(struct fettle_ctx *ctx, struct exec *e, size_t *n)
{
	struct passwd pw, *found;
	char room[PASSWD_MAX];
	int rc;

	if (geteuid() != 0)
		return e->user == NULL
			   ? 0
			   : fettle_fail(ctx, EINVAL,
				 "only root can start it as '%s'", e->user);
	if (e->user == NULL)
		return fettle_fail(
		    ctx, EINVAL, "as root it needs 'user', whose it is");
	rc = getpwnam_r(e->user, &pw, room, sizeof(room), &found);
	if (rc != 0)
		return fettle_fail(ctx, rc, "look up the user '%s'", e->user);
	if (found == NULL)
		return fettle_fail(
		    ctx, EINVAL, "there is no user '%s'", e->user);
	snprintf(e->uid, sizeof(e->uid), "%u", (unsigned)pw.pw_uid);
	snprintf(e->gid, sizeof(e->gid), "%u", (unsigned)pw.pw_gid);
	e->argv[(*n)++] = SETPRIV;
	e->argv[(*n)++] = "--reuid";
	e->argv[(*n)++] = e->uid;
	e->argv[(*n)++] = "--regid";
	e->argv[(*n)++] = e->gid;
	e->argv[(*n)++] = "--init-groups";
	e->argv[(*n)++] = "--no-new-privs";
	e->argv[(*n)++] = "--inh-caps=-all";
	e->argv[(*n)++] = "--";
	return 0;
}

static int
make_command(struct fettle_ctx *ctx, struct exec *e)
{
	size_t n = 0;
	int rc = make_user(ctx, e, &n);

	if (rc < 0)
		return rc;
	if ((e->command.n > 0) == (e->shell != NULL))
		return fettle_fail(
		    ctx, EINVAL, "it needs either 'command' or 'shell'");
	if (e->shell != NULL) {
		e->argv[n++] = "/bin/sh";
		e->argv[n++] = "-c";
		e->argv[n++] = e->shell;
	}
	for (size_t i = 0; i < e->command.n; i++)
		e->argv[n++] = e->command.v[i];
	e->argv[n] = NULL;
	if (e->command.n > 0 && e->command.v[0][0] != '/')
		return fettle_fail(
		    ctx, EINVAL, "'%s' is no absolute path", e->command.v[0]);
	return 0;
}

/* NAME=VALUE, unless the user says another value: of two some programs take
 * the first and some the last. */
static void
add_default(struct exec *e, size_t *n, const char *pair)
{
	const size_t name = strcspn(pair, "=") + 1;

	for (size_t i = 0; i < e->environment.n; i++)
		if (strncmp(e->environment.v[i], pair, name) == 0)
			return;
	e->env[(*n)++] = pair;
}

static int
make_environment(struct fettle_ctx *ctx, struct exec *e)
{
	static const char *const names[2] = { "FETTLE", "COLLECTD" };
	size_t n = 0;

	add_default(e, &n,
	    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:"
	    "/bin");
	add_default(e, &n, "LANG=C.UTF-8");
	for (size_t i = 0; i < 2; i++) {
		snprintf(e->interval[i], sizeof(e->interval[i]),
		    "%s_INTERVAL=%.3f", names[i],
		    (double)e->interval_ns / (double)NS_PER_S);
		snprintf(e->host[i], sizeof(e->host[i]), "%s_HOSTNAME=%s",
		    names[i], fettle_host(ctx));
		add_default(e, &n, e->interval[i]);
		add_default(e, &n, e->host[i]);
	}
	for (size_t i = 0; i < e->environment.n; i++) {
		if (strchr(e->environment.v[i], '=') == NULL)
			return fettle_fail(ctx, EINVAL,
			    "'%s' is not NAME=VALUE", e->environment.v[i]);
		e->env[n++] = e->environment.v[i];
	}
	e->env[n] = NULL;
	return 0;
}

int
exec_command(struct fettle_ctx *ctx, struct exec *e)
{
	const int rc = make_command(ctx, e);

	return rc < 0 ? rc : make_environment(ctx, e);
}
