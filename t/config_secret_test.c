/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/vec.h"
#include "config/secret.h"

static VEC(char *) made; /* in the folder of the test */

static void
make_file(const char *name, const char *text, size_t len, mode_t mode)
{
	int fd;

	unlink(name);
	fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
	vec_add(&made) = strdup(name);
}

static void
make_folder(const char *name)
{
	assert_int_equal(mkdir(name, 0700), 0);
	vec_add(&made) = strdup(name);
}

static void
reads(const char *path, const char *dir, const char *want)
{
	char why[300] = "", *secret;

	if (secret_from_file(path, dir, &secret, why, sizeof(why)) != 0)
		fail_msg("%s", why);
	assert_string_equal(secret, want);
	secret_free(secret);
}

static void
refuses(const char *path, int err, const char *want)
{
	char why[300] = "", *secret = why;

	assert_int_equal(
	    secret_from_file(path, ".", &secret, why, sizeof(why)), -err);
	assert_null(secret);
	assert_string_equal(why, want);
}

static void
a_secret_is_a_file_without_its_line_break(void **s)
{
	(void)s;
	make_file("a", "hunter2", 7, 0600);
	reads("a", ".", "hunter2");
	make_file("a", "hunter2\n", 8, 0400);
	reads("a", ".", "hunter2");
	make_file("a", "hunter2\r\n", 9, 0600);
	reads("a", ".", "hunter2");
	make_file("a", " two\nlines \n\n", 13, 0600);
	reads("a", ".", " two\nlines \n");
}

static void
a_secret_that_is_open_to_others_is_refused(void **s)
{
	static const mode_t modes[] = { 0640, 0604, 0620, 0602, 0610, 0601,
		0644, 0660, 0777 };

	(void)s;
	make_file("a", "x", 1, 0600);
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		assert_int_equal(chmod("a", modes[i]), 0);
		refuses("a", EACCES, "'a' is open to others: chmod 600 it");
	}
}

static void
a_secret_of_somebody_else_is_refused(void **s)
{
	(void)s;
	make_file("a", "x", 1, 0600);
	if (geteuid() != 0)
		return; /* who is not root cannot give a file away */
	assert_int_equal(chown("a", 65534, 65534), 0);
	refuses(
	    "a", EACCES, "'a' belongs to user 65534, not to user 0 or root");
}

static void
a_secret_may_be_a_link_to_a_file_but_nothing_else(void **s)
{
	(void)s;
	make_file("a", "x", 1, 0600);
	assert_int_equal(symlink("a", "link"), 0);
	vec_add(&made) = strdup("link");
	reads("link", ".", "x");
	make_folder("d");
	refuses("d", EINVAL, "'d' is not a regular file");
	assert_int_equal(mkfifo("pipe", 0600), 0);
	vec_add(&made) = strdup("pipe");
	refuses("pipe", EINVAL, "'pipe' is not a regular file");
	refuses("/dev/null", EINVAL, "'/dev/null' is not a regular file");
	refuses(
	    "none", ENOENT, "cannot open 'none': No such file or directory");
	refuses("", EINVAL, "the name of the file is empty");
}

static void
a_secret_is_text_and_not_too_much_of_it(void **s)
{
	static char text[65538];

	(void)s;
	memset(text, 'x', sizeof(text));
	make_file("a", text, 65536, 0600);
	text[65536] = '\0';
	reads("a", ".", text);
	text[65536] = 'x';
	make_file("a", text, 65537, 0600);
	refuses("a", EFBIG, "'a' is over 64 KiB");
	make_file("a", "x\0y", 3, 0600);
	refuses("a", EINVAL, "'a' has a NUL in it");
	make_file("a", "", 0, 0600);
	refuses("a", ENODATA, "'a' is empty");
	make_file("a", "\n", 1, 0600);
	refuses("a", ENODATA, "'a' is empty");
}

static void
a_bare_name_is_a_credential_first(void **s)
{
	char dir[300], *secret, why[300];

	snprintf(dir, sizeof(dir), "%s/cred", (char *)*s);
	make_folder("cred");
	make_folder("conf");
	make_file("cred/a", "credential", 10, 0400);
	make_file("conf/a", "beside", 6, 0600);
	make_file("conf/b", "beside", 6, 0600);
	setenv("CREDENTIALS_DIRECTORY", dir, 1);
	reads("a", "conf", "credential");
	reads("./a", "conf", "beside");
	reads("b", "conf", "beside");
	/* a bad one is not passed over in silence */
	assert_int_equal(chmod("cred/a", 0644), 0);
	assert_int_equal(
	    secret_from_file("a", "conf", &secret, why, sizeof(why)), -EACCES);
	unsetenv("CREDENTIALS_DIRECTORY");
	reads("a", "conf", "beside");
}

/* Where the service runs as another user systemd hands out root's files with
 * an access list, whose mask is what a mode shows of the group. */
static void
a_credential_of_roots_may_show_an_access_list(void **s)
{
	char dir[300], path[310], *secret = NULL, why[300];
	const bool root = geteuid() == 0;

	snprintf(dir, sizeof(dir), "%s/cred", (char *)*s);
	make_folder("cred");
	make_file("cred/a", "x", 1, 0440);
	setenv("CREDENTIALS_DIRECTORY", dir, 1);
	assert_int_equal(secret_from_file("a", ".", &secret, why, sizeof(why)),
	    root ? 0 : -EACCES);
	secret_free(secret);
	assert_int_equal(chmod("cred/a", 0444), 0);
	assert_int_equal(
	    secret_from_file("a", ".", &secret, why, sizeof(why)), -EACCES);
	unsetenv("CREDENTIALS_DIRECTORY");
	assert_int_equal(chmod("cred/a", 0440), 0);
	snprintf(path, sizeof(path), "%s/a", dir);
	assert_int_equal(
	    secret_from_file(path, ".", &secret, why, sizeof(why)), -EACCES);
}

static void
a_variable_is_read_once_and_remembered(void **s)
{
	char why[300], *secret, *there;

	(void)s;
	setenv("FETTLE_SECRET", "hunter2", 1);
	there = getenv("FETTLE_SECRET");
	for (int i = 0; i < 2; i++) {
		assert_int_equal(secret_from_env("FETTLE_SECRET", &secret, why,
				     sizeof(why)),
		    0);
		assert_string_equal(secret, "hunter2");
		assert_null(getenv("FETTLE_SECRET"));
		secret_free(secret);
	}
	/* nor is it left where /proc shows the environment */
	assert_string_equal(there, "");
	secret_fini();
	assert_int_equal(
	    secret_from_env("FETTLE_SECRET", &secret, why, sizeof(why)),
	    -ENOENT);
}

static void
a_variable_must_be_set_to_something(void **s)
{
	char why[300], *secret;

	(void)s;
	unsetenv("FETTLE_UNSET");
	assert_int_equal(
	    secret_from_env("FETTLE_UNSET", &secret, why, sizeof(why)),
	    -ENOENT);
	assert_string_equal(
	    why, "environment variable 'FETTLE_UNSET' is not set");
	setenv("FETTLE_EMPTY", "", 1);
	assert_int_equal(
	    secret_from_env("FETTLE_EMPTY", &secret, why, sizeof(why)),
	    -ENODATA);
	assert_string_equal(
	    why, "environment variable 'FETTLE_EMPTY' is empty");
	assert_int_equal(
	    secret_from_env("A=B", &secret, why, sizeof(why)), -EINVAL);
	assert_string_equal(
	    why, "'A=B' is no name of an environment variable");
	assert_int_equal(
	    secret_from_env("", &secret, why, sizeof(why)), -EINVAL);
	assert_null(secret);
}

static void
no_secret_is_given_back_as_well_as_one(void **s)
{
	(void)s;
	secret_free(NULL);
	secret_fini();
	secret_fini();
}

/* Each test in a folder of its own. */
static int
enter(void **s)
{
	char dir[] = "/tmp/fettle-secret-XXXXXX";

	*s = mkdtemp(dir) ? strdup(dir) : NULL;
	return *s == NULL || chdir(*s) != 0;
}

static int
leave(void **s)
{
	while (made.n > 0) {
		char *name = made.v[--made.n];

		remove(name);
		free(name);
	}
	vec_free(&made);
	if (chdir("/") != 0 || rmdir(*s) != 0)
		return 1;
	free(*s);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    a_secret_is_a_file_without_its_line_break, enter, leave),
		cmocka_unit_test_setup_teardown(
		    a_secret_that_is_open_to_others_is_refused, enter, leave),
		cmocka_unit_test_setup_teardown(
		    a_secret_of_somebody_else_is_refused, enter, leave),
		cmocka_unit_test_setup_teardown(
		    a_secret_may_be_a_link_to_a_file_but_nothing_else, enter,
		    leave),
		cmocka_unit_test_setup_teardown(
		    a_secret_is_text_and_not_too_much_of_it, enter, leave),
		cmocka_unit_test_setup_teardown(
		    a_bare_name_is_a_credential_first, enter, leave),
		cmocka_unit_test_setup_teardown(
		    a_credential_of_roots_may_show_an_access_list, enter,
		    leave),
		cmocka_unit_test_setup_teardown(
		    a_variable_is_read_once_and_remembered, enter, leave),
		cmocka_unit_test_setup_teardown(
		    a_variable_must_be_set_to_something, enter, leave),
		cmocka_unit_test_setup_teardown(
		    no_secret_is_given_back_as_well_as_one, enter, leave),
	};

	return cmocka_run_group_tests_name("config secret", tests, NULL, NULL);
}
