/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <fcntl.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "control/errand.h"
#include "control/listen.h"
#include "control/protocol.h"
#include "control/server.h"

struct fake_daemon {
	int written;
	sem_t started, may_end; /* of `wait' */
};

static json_t *
run_echo(void *daemon, const json_t *request)
{
	const char *say = control_text(request, "say");

	(void)daemon;
	if (say == NULL)
		return control_error("nothing to say");
	return json_pack("{s:b,s:s}", "ok", 1, "said", say);
}

static json_t *
run_big(void *daemon, const json_t *request)
{
	const size_t n =
	    (size_t)json_integer_value(json_object_get(request, "bytes"));
	char *text = xmalloc(n);
	json_t *answer;

	(void)daemon;
	memset(text, 'x', n);
	answer = json_pack("{s:s%}", "x", text, n);
	free(text);
	return answer;
}

static json_t *
run_write(void *daemon, const json_t *request)
{
	struct fake_daemon *d = daemon;

	(void)request;
	return json_pack("{s:b,s:i}", "ok", 1, "written", ++d->written);
}

static json_t *
run_wait(void *daemon, const json_t *request)
{
	struct fake_daemon *d = daemon;

	(void)request;
	sem_post(&d->started);
	sem_wait(&d->may_end);
	return json_pack("{s:b}", "ok", 1);
}

static const struct control_command commands[] = {
	{ "echo", true, run_echo, false },
	{ "big", true, run_big, false },
	{ "write", false, run_write, false },
	{ "wait", false, run_wait, false },
	{ "errand", false, run_wait, true },
};
enum { COMMANDS = sizeof(commands) / sizeof *commands };

struct fixture {
	struct fake_daemon daemon;
	struct control_server *server;
	char dir[64], path[80];
	int descriptors;
};

static int
count_descriptors(void)
{
	int n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void
start(struct fixture *f)
{
	char why[256] = "";

	f->server = control_start(
	    f->path, commands, COMMANDS, &f->daemon, why, sizeof(why));
	assert_string_equal(why, "");
	assert_non_null(f->server);
}

static int
set_up(void **state)
{
	struct fixture *f = NEW(struct fixture);

	sem_init(&f->daemon.started, 0, 0);
	sem_init(&f->daemon.may_end, 0, 0);
	f->descriptors = count_descriptors();
	strcpy(f->dir, "/tmp/fettle-control-XXXXXX");
	if (mkdtemp(f->dir) == NULL)
		return -1;
	snprintf(f->path, sizeof(f->path), "%s/run/control", f->dir);
	*state = f;
	return 0;
}

static int
set_up_running(void **state)
{
	if (set_up(state) < 0)
		return -1;
	start(*state);
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;
	char run[80];
	int left;

	control_stop(f->server);
	unlink(f->path);
	snprintf(run, sizeof(run), "%s/run", f->dir);
	rmdir(run);
	rmdir(f->dir);
	sem_destroy(&f->daemon.started);
	sem_destroy(&f->daemon.may_end);
	left = count_descriptors() - f->descriptors;
	free(f);
	return left == 0 ? 0 : -1;
}

/* A test that waits for ever is one that says nothing. */
static int
dial(const char *path)
{
	const struct timeval limit = { .tv_sec = 20 };
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un address;
	char why[256];

	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	assert_int_equal(control_address(&address, path, why, sizeof(why)), 0);
	assert_int_equal(
	    connect(fd, (const struct sockaddr *)&address, sizeof(address)),
	    0);
	return fd;
}

static void
put(int fd, const char *text)
{
	size_t len = strlen(text);
	ssize_t n;

	for (; len > 0; text += n, len -= (size_t)n) {
		n = send(fd, text, len, MSG_NOSIGNAL);
		assert_true(n > 0);
	}
}

/* A byte at a time, so that nothing of the next line is taken. */
static void
expect_line(int fd, const char *expected)
{
	struct buf line = { 0 };
	char c = '\0';

	for (;;) {
		assert_int_equal(recv(fd, &c, 1, 0), 1);
		if (c == '\n')
			break;
		buf_putc(&line, c);
	}
	assert_string_equal(line.data, expected);
	buf_free(&line);
}

static void
expect_end(int fd)
{
	char c;

	assert_int_equal(recv(fd, &c, 1, 0), 0);
	close(fd);
}

static void
say(int fd, const char *what)
{
	char line[128];

	snprintf(
	    line, sizeof(line), "{\"do\":\"echo\",\"say\":\"%s\"}\n", what);
	put(fd, line);
}

static void
expect_said(int fd, const char *what)
{
	char line[128];

	snprintf(line, sizeof(line), "{\"ok\":true,\"said\":\"%s\"}", what);
	expect_line(fd, line);
}

static void
only_its_owner_may_open_the_socket(void **state)
{
	struct fixture *f = *state;
	char dir[80];
	struct stat st;

	assert_int_equal(stat(f->path, &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	assert_int_equal(st.st_mode & 07777, 0600);
	snprintf(dir, sizeof(dir), "%s/run", f->dir);
	assert_int_equal(stat(dir, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
}

static void
no_descriptor_is_inherited(void **state)
{
	struct fixture *f = *state;
	const int fd = dial(f->path);
	int kept = 0;

	say(fd, "x");
	expect_said(fd, "x");
	for (int i = 0; i < 256; i++) {
		const int flags = fcntl(i, F_GETFD);

		kept += flags >= 0 && (flags & FD_CLOEXEC) == 0;
	}
	assert_true(kept <= f->descriptors);
	close(fd);
}

static void
two_clients_are_answered_in_any_order(void **state)
{
	struct fixture *f = *state;
	const int a = dial(f->path), b = dial(f->path);

	say(b, "b1");
	expect_said(b, "b1");
	say(a, "a1");
	say(b, "b2");
	expect_said(b, "b2");
	expect_said(a, "a1");
	close(a);
	say(b, "b3");
	expect_said(b, "b3");
	close(b);
}

static void
requests_in_one_write_are_answered_in_order(void **state)
{
	struct fixture *f = *state;
	const int fd = dial(f->path);

	put(fd, "{\"do\":\"write\"}\n[]\n{\"do\":\"write\"}\r\n"
		"{\"do\":\"write\"}\n{\"do\":");
	expect_line(fd, "{\"ok\":true,\"written\":1}");
	expect_line(fd, "{\"error\":\"the request is not a JSON object\"}");
	expect_line(fd, "{\"ok\":true,\"written\":2}");
	expect_line(fd, "{\"ok\":true,\"written\":3}");
	put(fd, "\"write\"}\n");
	expect_line(fd, "{\"ok\":true,\"written\":4}");
	close(fd);
}

static void
who_has_nothing_more_to_ask_still_gets_the_answer(void **state)
{
	struct fixture *f = *state;
	const int fd = dial(f->path);

	put(fd, "{\"do\":\"write\"}\n{\"do\":\"write\"}\n{\"do\":\"write\"}");
	shutdown(fd, SHUT_WR);
	expect_line(fd, "{\"ok\":true,\"written\":1}");
	expect_line(fd, "{\"ok\":true,\"written\":2}");
	expect_end(fd);
}

static void
who_leaves_within_a_line_harms_nobody(void **state)
{
	struct fixture *f = *state;
	const int a = dial(f->path), b = dial(f->path);

	put(a, "{\"do\":\"write\"");
	close(a);
	say(b, "b");
	expect_said(b, "b");
	put(b, "{\"do\":\"write\"}\n");
	expect_line(b, "{\"ok\":true,\"written\":1}");
	close(b);
}

static void
who_leaves_while_a_command_runs_harms_nobody(void **state)
{
	struct fixture *f = *state;
	const int a = dial(f->path), b = dial(f->path);

	put(a, "{\"do\":\"wait\"}\n");
	sem_wait(&f->daemon.started);
	close(a);
	say(b, "b");
	sem_post(&f->daemon.may_end);
	expect_said(b, "b");
	close(b);
}

static void
who_waits_for_long_delays_only_itself(void **state)
{
	struct fixture *f = *state;
	const int a = dial(f->path), b = dial(f->path);

	put(a, "{\"do\":\"errand\"}\n");
	say(a, "a");
	sem_wait(&f->daemon.started);
	say(b, "b");
	expect_said(b, "b");
	sem_post(&f->daemon.may_end);
	expect_line(a, "{\"ok\":true}");
	expect_said(a, "a");
	close(a);
	close(b);
}

static void
who_leaves_while_it_waits_harms_nobody(void **state)
{
	struct fixture *f = *state;
	const int a = dial(f->path), b = dial(f->path), c = dial(f->path);

	put(a, "{\"do\":\"errand\"}\n");
	put(c, "{\"do\":\"errand\"}\n");
	sem_wait(&f->daemon.started);
	sem_wait(&f->daemon.started);
	close(a);
	say(b, "b");
	expect_said(b, "b");
	sem_post(&f->daemon.may_end);
	sem_post(&f->daemon.may_end);
	expect_line(c, "{\"ok\":true}");
	say(b, "again");
	expect_said(b, "again");
	close(b);
	close(c);
}

static void
so_many_may_wait_and_are_not_displaced(void **state)
{
	struct fixture *f = *state;
	int waiting[ERRANDS_MAX], fd, others[CONTROL_CLIENTS_MAX];

	for (int i = 0; i < ERRANDS_MAX; i++) {
		waiting[i] = dial(f->path);
		put(waiting[i], "{\"do\":\"errand\"}\n");
		sem_wait(&f->daemon.started);
	}
	fd = dial(f->path);
	put(fd, "{\"do\":\"errand\"}\n");
	expect_line(fd, "{\"error\":\"too many wait for an answer already, "
			"try again\"}");
	close(fd);
	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		others[i] = dial(f->path);
		say(others[i], "x");
		expect_said(others[i], "x");
	}
	for (int i = 0; i < ERRANDS_MAX; i++)
		sem_post(&f->daemon.may_end);
	for (int i = 0; i < ERRANDS_MAX; i++) {
		expect_line(waiting[i], "{\"ok\":true}");
		close(waiting[i]);
	}
	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++)
		close(others[i]);
}

static void
stopping_waits_for_who_waits(void **state)
{
	struct fixture *f = *state;
	const int a = dial(f->path);

	put(a, "{\"do\":\"errand\"}\n");
	sem_wait(&f->daemon.started);
	sem_post(&f->daemon.may_end);
	control_stop(f->server);
	f->server = NULL;
	close(a);
}

static void
a_line_that_is_too_long_is_skipped(void **state)
{
	struct fixture *f = *state;
	const int fd = dial(f->path);
	char *line = xmalloc(CONTROL_REQUEST_MAX * 3 + 1);

	memset(line, ' ', CONTROL_REQUEST_MAX * 3);
	line[CONTROL_REQUEST_MAX * 3] = '\0';
	put(fd, line);
	put(fd, "{\"do\":\"write\"}\n");
	expect_line(
	    fd, "{\"error\":\"the request is longer than 65536 bytes\"}");
	put(fd, "{\"do\":\"write\"}\n");
	expect_line(fd, "{\"ok\":true,\"written\":1}");
	/* the longest that is not */
	line[CONTROL_REQUEST_MAX - strlen("{\"do\":\"write\"}")] = '\0';
	put(fd, line);
	put(fd, "{\"do\":\"write\"}\n");
	expect_line(fd, "{\"ok\":true,\"written\":2}");
	free(line);
	close(fd);
}

static void
expect_big(int fd, size_t n)
{
	char begin[6], *data = xcalloc(n + 1, 1);

	assert_int_equal(recv(fd, begin, 6, MSG_WAITALL), 6);
	assert_memory_equal(begin, "{\"x\":\"", 6);
	assert_int_equal(recv(fd, data, n, MSG_WAITALL), n);
	assert_int_equal(strspn(data, "x"), n);
	expect_line(fd, "\"}");
	free(data);
}

static void
who_does_not_read_delays_nobody(void **state)
{
	static const char big[] = "{\"do\":\"big\",\"bytes\":15728640}\n";
	struct fixture *f = *state;
	const int slow = dial(f->path), other = dial(f->path);

	put(slow, big);
	put(slow, "{\"do\":\"write\"}\n");
	for (int i = 0; i < 100; i++) {
		say(other, "o");
		expect_said(other, "o");
	}
	put(other, "{\"do\":\"write\"}\n");
	expect_line(other, "{\"ok\":true,\"written\":1}");
	/* and has lost nothing, when it reads at last */
	expect_big(slow, 15728640);
	expect_line(slow, "{\"ok\":true,\"written\":2}");
	/* nor does it when it has nothing more to ask */
	put(slow, big);
	expect_big(slow, 15728640);
	say(other, "o");
	expect_said(other, "o");
	close(slow);
	close(other);
}

static void
who_leaves_a_big_answer_behind_harms_nobody(void **state)
{
	struct fixture *f = *state;
	const int a = dial(f->path), b = dial(f->path);
	char c;

	put(a, "{\"do\":\"big\",\"bytes\":15728640}\n");
	assert_int_equal(recv(a, &c, 1, 0), 1);
	close(a);
	say(b, "b");
	expect_said(b, "b");
	close(b);
}

static void
an_answer_that_is_too_long_is_an_error(void **state)
{
	struct fixture *f = *state;
	const int fd = dial(f->path);

	put(fd, "{\"do\":\"big\",\"bytes\":16777210}\n");
	expect_line(fd,
	    "{\"error\":\"the answer has 16777218 bytes, at most 16777216 "
	    "are sent: ask for less\"}");
	say(fd, "less");
	expect_said(fd, "less");
	close(fd);
}

static void
who_was_quiet_for_longest_makes_room(void **state)
{
	enum { ALL = 40, GONE = ALL - CONTROL_CLIENTS_MAX };
	struct fixture *f = *state;
	int fds[ALL];

	for (int i = 0; i < ALL; i++) {
		fds[i] = dial(f->path);
		say(fds[i], "here");
		expect_said(fds[i], "here");
		/* the first one goes on talking */
		say(fds[0], "me too");
		expect_said(fds[0], "me too");
	}
	for (int i = 1; i <= GONE; i++)
		expect_end(fds[i]);
	for (int i = 0; i < ALL; i++) {
		if (i >= 1 && i <= GONE)
			continue;
		say(fds[i], "still");
		expect_said(fds[i], "still");
		close(fds[i]);
	}
}

static void
another_user_is_refused(void **state)
{
	static const char no[] = "{\"error\":\"not permitted\"}\n";
	struct fixture *f = *state;
	struct sockaddr_un address;
	char why[256], data[64];
	int status, fd;
	pid_t child;

	if (geteuid() != 0)
		skip(); /* nobody else to be */
	assert_int_equal(
	    control_address(&address, f->path, why, sizeof(why)), 0);
	chmod(f->dir, 0755);
	chmod(f->path, 0666);
	child = fork();
	if (child == 0) {
		ssize_t n;

		if (setgid(65534) < 0 || setuid(65534) < 0)
			_exit(2);
		fd = socket(AF_UNIX, SOCK_STREAM, 0);
		if (connect(fd, (const struct sockaddr *)&address,
			sizeof(address)) < 0)
			_exit(3);
		n = recv(fd, data, sizeof(data), MSG_WAITALL);
		_exit(n == sizeof(no) - 1 && memcmp(data, no, (size_t)n) == 0
			  ? 0
			  : 4);
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	fd = dial(f->path);
	say(fd, "root");
	expect_said(fd, "root");
	close(fd);
}

static void
stopping_closes_all_and_removes_the_socket(void **state)
{
	struct fixture *f = *state;
	const int fd = dial(f->path);

	say(fd, "x");
	expect_said(fd, "x");
	control_stop(f->server);
	f->server = NULL;
	expect_end(fd);
	assert_int_equal(access(f->path, F_OK), -1);
	start(f);
}

static void
stopping_leaves_what_somebody_else_put_there(void **state)
{
	struct fixture *f = *state;
	struct stat st;

	unlink(f->path);
	close(open(f->path, O_CREAT | O_WRONLY, 0600));
	control_stop(f->server);
	f->server = NULL;
	assert_int_equal(stat(f->path, &st), 0);
}

/* --- the socket ---------------------------------------------------------- */

/* Makes the path a socket; the descriptor does not listen. */
static int
leave_socket(struct fixture *f)
{
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un address;
	char dir[80], why[256];

	snprintf(dir, sizeof(dir), "%s/run", f->dir);
	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(
	    control_address(&address, f->path, why, sizeof(why)), 0);
	assert_int_equal(
	    bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void
check_refused(
    struct fixture *f, const char *path, const char *before, const char *after)
{
	char why[512] = "", expected[512];

	assert_null(control_start(
	    path, commands, COMMANDS, &f->daemon, why, sizeof(why)));
	snprintf(expected, sizeof(expected), "%s'%s'%s", before, path, after);
	assert_string_equal(why, expected);
}

static void
a_dead_ones_socket_is_replaced(void **state)
{
	struct fixture *f = *state;
	int fd;

	close(leave_socket(f));
	start(f);
	fd = dial(f->path);
	say(fd, "alive");
	expect_said(fd, "alive");
	close(fd);
}

static void
a_living_ones_socket_is_not(void **state)
{
	struct fixture *f = *state;
	int fd;

	start(f);
	check_refused(f, f->path, "another fettled answers on ", "");
	fd = dial(f->path);
	say(fd, "alive");
	expect_said(fd, "alive");
	close(fd);
}

static void
one_too_busy_to_accept_lives_as_well(void **state)
{
	struct fixture *f = *state;
	const int busy = leave_socket(f);
	int fd;

	assert_int_equal(listen(busy, 0), 0);
	fd = dial(f->path);
	check_refused(f, f->path, "another fettled answers on ", "");
	close(fd);
	close(busy);
}

static void
another_file_is_not_replaced(void **state)
{
	struct fixture *f = *state;
	struct stat st;

	close(leave_socket(f));
	unlink(f->path);
	close(open(f->path, O_CREAT | O_WRONLY, 0600));
	check_refused(f, f->path, "cannot listen on ",
	    ": it exists and is not a socket");
	assert_int_equal(stat(f->path, &st), 0);
	assert_true(S_ISREG(st.st_mode));
}

static void
a_path_that_does_not_fit_is_said_to_be_too_long(void **state)
{
	char path[109];

	memset(path, 'a', sizeof(path) - 1);
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	check_refused(*state, path, "socket ",
	    ": the path has 108 bytes, at most 107 fit");
}

static void
only_the_last_directory_is_made(void **state)
{
	struct fixture *f = *state;
	char path[128], why[512] = "", expected[256];

	snprintf(path, sizeof(path), "%s/a/b/control", f->dir);
	assert_null(control_start(
	    path, commands, COMMANDS, &f->daemon, why, sizeof(why)));
	snprintf(expected, sizeof(expected),
	    "cannot make directory '%s/a/b': No such file or directory",
	    f->dir);
	assert_string_equal(why, expected);
}

static void
a_folder_that_another_made_in_one_for_all_is_not_used(void **state)
{
	struct fixture *f = *state;
	char folder[128], why[512] = "", expected[256];

	if (geteuid() != 0)
		skip(); /* nobody else to be */
	snprintf(folder, sizeof(folder), "%s/run", f->dir);
	snprintf(expected, sizeof(expected),
	    "directory '%s' belongs to user 65534", folder);
	assert_int_equal(mkdir(folder, 0777), 0);
	assert_int_equal(chown(folder, 65534, 65534), 0);
	assert_int_equal(chmod(f->dir, 01777), 0);
	assert_null(control_start(
	    f->path, commands, COMMANDS, &f->daemon, why, sizeof(why)));
	assert_string_equal(why, expected);
	/* nor one that it is a link to */
	rmdir(folder);
	assert_int_equal(symlink("/", folder), 0);
	assert_int_equal(lchown(folder, 65534, 65534), 0);
	assert_null(control_start(
	    f->path, commands, COMMANDS, &f->daemon, why, sizeof(why)));
	assert_string_equal(why, expected);
	unlink(folder);
	/* where only its owner makes folders it is */
	assert_int_equal(mkdir(folder, 0777), 0);
	assert_int_equal(chown(folder, 65534, 65534), 0);
	assert_int_equal(chmod(f->dir, 0755), 0);
	start(f);
}

#define WITH(test, up) cmocka_unit_test_setup_teardown(test, up, tear_down)
#define RUNNING(test) WITH(test, set_up_running)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(a_dead_ones_socket_is_replaced, set_up),
		WITH(a_living_ones_socket_is_not, set_up),
		WITH(one_too_busy_to_accept_lives_as_well, set_up),
		WITH(another_file_is_not_replaced, set_up),
		WITH(a_path_that_does_not_fit_is_said_to_be_too_long, set_up),
		WITH(only_the_last_directory_is_made, set_up),
		WITH(a_folder_that_another_made_in_one_for_all_is_not_used,
		    set_up),
		RUNNING(only_its_owner_may_open_the_socket),
		RUNNING(no_descriptor_is_inherited),
		RUNNING(two_clients_are_answered_in_any_order),
		RUNNING(requests_in_one_write_are_answered_in_order),
		RUNNING(who_has_nothing_more_to_ask_still_gets_the_answer),
		RUNNING(who_leaves_within_a_line_harms_nobody),
		RUNNING(who_leaves_while_a_command_runs_harms_nobody),
		RUNNING(who_waits_for_long_delays_only_itself),
		RUNNING(who_leaves_while_it_waits_harms_nobody),
		RUNNING(so_many_may_wait_and_are_not_displaced),
		RUNNING(stopping_waits_for_who_waits),
		RUNNING(a_line_that_is_too_long_is_skipped),
		RUNNING(who_does_not_read_delays_nobody),
		RUNNING(who_leaves_a_big_answer_behind_harms_nobody),
		RUNNING(an_answer_that_is_too_long_is_an_error),
		RUNNING(who_was_quiet_for_longest_makes_room),
		RUNNING(another_user_is_refused),
		RUNNING(stopping_closes_all_and_removes_the_socket),
		RUNNING(stopping_leaves_what_somebody_else_put_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
