/* SPDX-License-Identifier: MIT */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	STEP_MS = 10,
	REST_READS = 64, /* of what has ended; a pipe holds less */
};

/* --- starting ------------------------------------------------------------ */

static int
set_attributes(posix_spawnattr_t *attr)
{
	sigset_t none, all;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_setsigmask(attr, &none);
	posix_spawnattr_setsigdefault(attr, &all);
	posix_spawnattr_setpgroup(attr, 0);
	return posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGMASK |
						  POSIX_SPAWN_SETSIGDEF |
						  POSIX_SPAWN_SETPGROUP);
}

static int
spawn(struct process *p, int out, int err, const char *const *argv,
    const char *const *env)
{
	posix_spawn_file_actions_t todo;
	posix_spawnattr_t attr;
	int rc;

	posix_spawn_file_actions_init(&todo);
	posix_spawnattr_init(&attr);
	rc = set_attributes(&attr);
	if (rc == 0)
		rc = posix_spawn_file_actions_addopen(
		    &todo, 0, "/dev/null", O_RDONLY, 0);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(&todo, out, 1);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(&todo, err, 2);
	if (rc == 0)
		rc = posix_spawn(&p->pid, argv[0], &todo, &attr,
		    (char *const *)(uintptr_t)argv,
		    (char *const *)(uintptr_t)env);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&todo);
	return -rc;
}

static void
close_two(const int fds[2])
{
	close(fds[0]);
	close(fds[1]);
}

int
process_start(
    struct process *p, const char *const *argv, const char *const *env)
{
	int out[2], err[2], rc;

	if (pipe2(out, O_CLOEXEC | O_NONBLOCK) != 0)
		return -errno;
	if (pipe2(err, O_CLOEXEC | O_NONBLOCK) != 0) {
		rc = -errno;
		close_two(out);
		return rc;
	}
	/* what it writes to must wait where there is no room */
	fcntl(out[1], F_SETFL, 0);
	fcntl(err[1], F_SETFL, 0);
	rc = spawn(p, out[1], err[1], argv, env);
	if (rc < 0) {
		close_two(out);
		close_two(err);
		return rc;
	}
	close(out[1]);
	close(err[1]);
	p->out.fd = out[0];
	p->err.fd = err[0];
	p->out.len = p->err.len = 0;
	p->out.passing = p->err.passing = false;
	p->bytes = p->lines = p->too_long = 0;
	return 0;
}

/* --- lines --------------------------------------------------------------- */

struct listener {
	void (*line)(void *, char *, bool err);
	void *arg;
};

static void
hand_over(struct process *p, struct stream *s, char *line, size_t len,
    const struct listener *l)
{
	line[len] = '\0';
	p->lines++;
	/* with a NUL within it is no text; what is before it is not all */
	if (!s->passing && strlen(line) == len)
		l->line(l->arg, line, s == &p->err);
	else
		p->too_long += s == &p->out && !s->passing;
	s->passing = false;
}

/* The lines that are whole; what is left moves to the front. */
static void
take_lines(struct process *p, struct stream *s, const struct listener *l)
{
	char *at = s->line, *end = s->line + s->len, *newline;

	while ((newline = memchr(at, '\n', (size_t)(end - at))) != NULL) {
		hand_over(p, s, at, (size_t)(newline - at), l);
		at = newline + 1;
	}
	s->len = (size_t)(end - at);
	if (s->len == PROCESS_LINE_MAX) {
		p->too_long += s == &p->out && !s->passing;
		s->passing = true;
		s->len = 0;
	}
	memmove(s->line, at, s->len);
}

/* The last line may lack its newline. */
static void
take_last(struct process *p, struct stream *s, const struct listener *l)
{
	if (s->len > 0 || s->passing)
		hand_over(p, s, s->line, s->len, l);
	s->len = 0;
}

/* Whether anything came. */
static bool
take_some(struct process *p, struct stream *s, const struct listener *l)
{
	const ssize_t n =
	    read(s->fd, s->line + s->len, PROCESS_LINE_MAX - s->len);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n > 0) {
		p->bytes += (uint64_t)n;
		s->len += (size_t)n;
		take_lines(p, s, l);
		return true;
	}
	take_last(p, s, l);
	close(s->fd);
	s->fd = -1;
	return false;
}

/* What is there, and will not become more.  Who writes on without an end is
 * not listened to without one. */
static void
take_rest(struct process *p, struct stream *s, const struct listener *l)
{
	for (int i = 0; i < REST_READS && s->fd >= 0; i++)
		if (!take_some(p, s, l))
			break;
	take_last(p, s, l);
}

/* Whether it has ended; it stays to be reaped. */
static bool
has_ended(const struct process *p)
{
	siginfo_t info = { .si_pid = 0 };

	return waitid(P_PID, (id_t)p->pid, &info,
		   WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       info.si_pid == p->pid;
}

enum process_event
process_turn(struct process *p, int stop, int ms,
    void (*line)(void *, char *, bool err), void *arg)
{
	struct pollfd fds[] = { { stop, POLLIN, 0 }, { p->out.fd, POLLIN, 0 },
		{ p->err.fd, POLLIN, 0 } };
	const struct listener l = { line, arg };
	const int n = poll(fds, 3, ms);

	if (n < 0)
		return PROCESS_MORE;
	if (fds[0].revents != 0)
		return PROCESS_STOP;
	if (fds[2].revents != 0)
		take_some(p, &p->err, &l);
	if (fds[1].revents != 0)
		take_some(p, &p->out, &l);
	/* a child of its own may hold the other end */
	if (p->out.fd >= 0 && (n > 0 || !has_ended(p)))
		return PROCESS_MORE;
	take_rest(p, &p->err, &l);
	take_rest(p, &p->out, &l);
	return PROCESS_END;
}

/* --- ending -------------------------------------------------------------- */

int
process_end(struct process *p, int grace_ms)
{
	const struct timespec step = { 0, STEP_MS * 1000000 };
	int status = 0;

	kill(-p->pid, SIGTERM);
	for (int ms = 0; ms < grace_ms && !has_ended(p); ms += STEP_MS)
		nanosleep(&step, NULL);
	/* as long as it is not reaped the number of the group is its own */
	kill(-p->pid, SIGKILL);
	while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	if (p->out.fd >= 0)
		close(p->out.fd);
	if (p->err.fd >= 0)
		close(p->err.fd);
	p->out.fd = p->err.fd = -1;
	return status;
}
