/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "plugin/module.h"
#include "plugin/trust.h"

static char dir[PATH_MAX]; /* of the test that runs */

/* An empty directory for the test's plugins. */
static int
begin(void **state)
{
	char template[] = "/tmp/fettle-module-XXXXXX";

	(void)state;
	if (mkdtemp(template) == NULL || realpath(template, dir) == NULL)
		return -1;
	return 0;
}

static int
end(void **state)
{
	char *command = xasprintf("rm -rf '%s'", dir);
	const int rc = system(command);

	(void)state;
	free(command);
	return rc;
}

static const char *
at(const char *name)
{
	static char path[PATH_MAX + 64];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void
write_file(const char *name, const void *data, size_t len)
{
	FILE *f = fopen(at(name), "w");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(at(name), 0644), 0);
}

/* The test plugin `from' as NAME.so. */
static void
install(const char *from, const char *name)
{
	char *source =
	    xasprintf("%s/t/plugins/.libs/%s.so", getenv("builddir"), from);
	FILE *f = fopen(source, "r");
	struct buf all = { 0 };
	char part[4096];
	size_t n;

	assert_non_null(f);
	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		buf_add(&all, part, n);
	fclose(f);
	write_file(name, all.data, all.len);
	buf_free(&all);
	free(source);
}

/* What was loaded stays: these last as long as the process. */
static struct modules *
modules(void)
{
	static struct modules all[32];
	static size_t n;
	char why[512] = "";

	assert_int_equal(modules_init(&all[n], dir, why, sizeof(why)), 0);
	return &all[n++];
}

static void
refused(struct modules *m, const char *name, const char *reason)
{
	char why[512] = "";

	assert_null(modules_get(m, name, why, sizeof(why)));
	if (strstr(why, reason) == NULL)
		fail_msg("'%s' does not say '%s'", why, reason);
	assert_null(modules_loaded(m, name));
}

/* The same; and the message says which file, and nothing of it runs. */
static void
refused_file(struct modules *m, const char *name, const char *reason)
{
	char *file = xasprintf("%s/%s.so", dir, name);
	char line[PATH_MAX + 200];
	FILE *maps;

	refused(m, name, file);
	refused(m, name, reason);
	maps = fopen("/proc/self/maps", "r");
	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps) != NULL)
		assert_null(strstr(line, file));
	fclose(maps);
	free(file);
}

static void
loads_a_plugin_once(void **state)
{
	struct modules *m;
	struct plugin *p;
	char why[512] = "";

	(void)state;
	install("steady", "steady.so");
	m = modules();
	assert_null(modules_loaded(m, "steady"));
	p = modules_get(m, "steady", why, sizeof(why));
	assert_string_equal(why, "");
	assert_non_null(p);
	assert_string_equal(p->name, "steady");
	assert_string_equal(p->path, at("steady.so"));
	assert_string_equal(p->d.summary, "One gauge, always the same.");
	assert_non_null(plugin_field(p, "value"));
	assert_ptr_equal(modules_get(m, "steady", why, sizeof(why)), p);
	assert_ptr_equal(modules_loaded(m, "steady"), p);
	modules_fini(m);
}

static void
takes_a_plugin_that_is_newer_and_needs_nothing_new(void **state)
{
	char why[512] = "";
	struct modules *m;

	(void)state;
	install("newer", "newer.so");
	m = modules();
	assert_non_null(modules_get(m, "newer", why, sizeof(why)));
	assert_string_equal(why, "");
	modules_fini(m);
}

static void
what_is_not_there_may_come_later(void **state)
{
	char why[512] = "";
	struct modules *m;

	(void)state;
	m = modules();
	refused_file(m, "steady", "No such file or directory");
	install("steady", "steady.so");
	assert_non_null(modules_get(m, "steady", why, sizeof(why)));
	modules_fini(m);
}

static void
only_a_plugins_name_is_looked_for(void **state)
{
	static const char *const names[] = { "../steady", "", "Steady",
		"./steady", "steady.so", "sub/steady", "st eady",
		"abcdefghijklmnopqrstuvwxyz0123456" };
	struct modules *m;

	(void)state;
	install("steady", "steady.so");
	assert_int_equal(mkdir(at("sub"), 0755), 0);
	install("steady", "sub/steady.so");
	snprintf(dir + strlen(dir), 5, "/sub");
	m = modules();
	dir[strlen(dir) - 4] = '\0';
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		refused(m, names[i], "is no plugin's name");
	modules_fini(m);
}

static void
a_file_that_others_can_change_is_refused(void **state)
{
	char why[512] = "";
	struct modules *m;

	(void)state;
	install("steady", "steady.so");
	m = modules();
	assert_int_equal(chmod(at("steady.so"), 0646), 0);
	refused_file(m, "steady", "can be written by others");
	assert_int_equal(chmod(at("steady.so"), 0644), 0);
	if (geteuid() == 0) { /* any other's own group is let in */
		assert_int_equal(chmod(at("steady.so"), 0664), 0);
		refused_file(m, "steady", "can be written by others");
		assert_int_equal(chmod(at("steady.so"), 0644), 0);
		assert_int_equal(chown(at("steady.so"), 65534, 65534), 0);
		refused_file(m, "steady", "belongs to user 65534");
		assert_int_equal(chown(at("steady.so"), 0, 0), 0);
	}
	assert_non_null(modules_get(m, "steady", why, sizeof(why)));
	modules_fini(m);
}

static void
what_is_no_regular_file_is_refused(void **state)
{
	struct modules *m;

	(void)state;
	install("steady", "real.so");
	assert_int_equal(symlink("real.so", at("steady.so")), 0);
	assert_int_equal(mkdir(at("folder.so"), 0755), 0);
	assert_int_equal(mkfifo(at("fifo.so"), 0644), 0);
	m = modules();
	refused_file(m, "steady", "is not a regular file");
	refused_file(m, "folder", "is not a regular file");
	refused_file(m, "fifo", "is not a regular file");
	modules_fini(m);
}

static void
refused_dir(const char *path, const char *reason)
{
	struct modules m;
	char why[512] = "";

	assert_true(modules_init(&m, path, why, sizeof(why)) < 0);
	if (strstr(why, reason) == NULL)
		fail_msg("'%s' does not say '%s'", why, reason);
}

static void
a_folder_that_others_can_write_is_refused(void **state)
{
	(void)state;
	assert_int_equal(mkdir(at("up"), 0755), 0);
	assert_int_equal(mkdir(at("up/plugins"), 0755), 0);
	install("steady", "up/plugins/steady.so");
	assert_int_equal(chmod(at("up/plugins"), 0777), 0);
	refused_dir(at("up/plugins"), "/up/plugins can be written by others");
	if (geteuid() == 0) { /* any other's own group is let in */
		assert_int_equal(chmod(at("up/plugins"), 0775), 0);
		refused_dir(
		    at("up/plugins"), "/up/plugins can be written by others");
	}
	assert_int_equal(chmod(at("up/plugins"), 0755), 0);
	assert_int_equal(chmod(at("up"), 0777), 0);
	refused_dir(at("up/plugins"), "/up can be written by others");
	if (geteuid() == 0) {
		assert_int_equal(chmod(at("up"), 0755), 0);
		assert_int_equal(chown(at("up"), 65534, 65534), 0);
		refused_dir(at("up/plugins"), "/up belongs to user 65534");
	}
	refused_dir(at("nonesuch"), "No such file or directory");
	write_file("file", "", 0);
	refused_dir(at("file"), "/file is not a directory");
}

static void
a_folder_that_becomes_writable_is_found_out(void **state)
{
	struct modules *m;

	(void)state;
	install("steady", "steady.so");
	m = modules();
	assert_int_equal(chmod(dir, 0777), 0);
	refused_file(m, "steady", "can be written by others");
	modules_fini(m);
}

static void
a_sticky_folder_may_be_writable_and_a_link_may_lead_to_it(void **state)
{
	char why[512] = "";
	struct modules *m;
	char *real = xstrdup(dir);

	(void)state;
	install("steady", "steady.so");
	assert_int_equal(chmod(dir, 01777), 0);
	assert_int_equal(symlink(real, at("link")), 0);
	strcat(dir, "/link");
	m = modules();
	strcpy(dir, real);
	assert_string_equal(m->dir, real);
	assert_non_null(modules_get(m, "steady", why, sizeof(why)));
	modules_fini(m);
	free(real);
}

static void
what_is_no_shared_object_is_refused(void **state)
{
	struct modules *m;

	(void)state;
	write_file("empty.so", "", 0);
	write_file("text.so", "this is no ELF file\n", 20);
	m = modules();
	refused_file(m, "empty", "file too short");
	refused_file(m, "text", "file too short");
	modules_fini(m);
}

static void
what_is_no_plugin_for_this_daemon_is_refused(void **state)
{
	struct modules *m;

	(void)state;
	install("bad_none", "bad_none.so");
	install("steady", "other.so");
	install("bad_major", "bad_major.so");
	install("bad_size", "bad_size.so");
	install("bad_newer", "bad_newer.so");
	m = modules();
	refused(m, "bad_none", "it has no bad_none_LTX_fettle_plugin");
	refused(m, "other", "it has no other_LTX_fettle_plugin");
	refused(m, "bad_major", "built for interface 2, this daemon has 1");
	refused(m, "bad_size", "its descriptor is cut short");
	refused(m, "bad_newer", "needs fettle's interface 1.3, this is 1.2");
	refused(m, "bad_newer", at("bad_newer.so"));
	modules_fini(m);
}

static void
a_symbol_that_is_missing_is_found_out_at_once(void **state)
{
	struct modules *m;

	(void)state;
	install("bad_symbol", "bad_symbol.so");
	m = modules();
	refused_file(m, "bad_symbol",
	    "undefined symbol: fettle_nonsense: a newer fettle is needed");
	modules_fini(m);
}

static void
libltdls_own_search_is_not_used(void **state)
{
	struct modules *m;
	char *elsewhere = xstrdup(at("elsewhere"));

	(void)state;
	assert_int_equal(mkdir(elsewhere, 0755), 0);
	install("steady", "elsewhere/steady.so");
	write_file("steady.la",
	    "dlname='steady.so'\nlibrary_names='steady.so'\n"
	    "installed=no\n",
	    57);
	assert_int_equal(setenv("LTDL_LIBRARY_PATH", elsewhere, 1), 0);
	assert_int_equal(setenv("LD_LIBRARY_PATH", elsewhere, 1), 0);
	m = modules();
	assert_null(getenv("LTDL_LIBRARY_PATH"));
	assert_null(getenv("LD_LIBRARY_PATH"));
	refused_file(m, "steady", "No such file or directory");
	assert_int_equal(setenv("LTDL_LIBRARY_PATH", elsewhere, 1), 0);
	refused_file(m, "steady", "No such file or directory");
	unsetenv("LTDL_LIBRARY_PATH");
	modules_fini(m);
	free(elsewhere);
}

static void
the_names_of_a_folder_come_sorted(void **state)
{
	static const char *const expected[] = { "badread", "newer", "nothing",
		"steady" };
	struct module_names names;
	struct modules *m;

	(void)state;
	install("steady", "steady.so");
	install("newer", "newer.so");
	install("badread", "badread.so");
	write_file("nothing.so", "", 0);
	write_file("steady.la", "", 0);
	write_file("Upper.so", "", 0);
	write_file(".so", "", 0);
	write_file(".hidden.so", "", 0);
	m = modules();
	modules_names(m, &names);
	assert_int_equal(names.names.n, 4);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(names.names.v[i], expected[i]);
	module_names_free(&names);
	assert_null(modules_loaded(m, "steady"));
	modules_fini(m);
}

#define MODULE_TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		MODULE_TEST(loads_a_plugin_once),
		MODULE_TEST(
		    takes_a_plugin_that_is_newer_and_needs_nothing_new),
		MODULE_TEST(what_is_not_there_may_come_later),
		MODULE_TEST(only_a_plugins_name_is_looked_for),
		MODULE_TEST(a_file_that_others_can_change_is_refused),
		MODULE_TEST(what_is_no_regular_file_is_refused),
		MODULE_TEST(a_folder_that_others_can_write_is_refused),
		MODULE_TEST(a_folder_that_becomes_writable_is_found_out),
		MODULE_TEST(
		    a_sticky_folder_may_be_writable_and_a_link_may_lead_to_it),
		MODULE_TEST(what_is_no_shared_object_is_refused),
		MODULE_TEST(what_is_no_plugin_for_this_daemon_is_refused),
		MODULE_TEST(a_symbol_that_is_missing_is_found_out_at_once),
		MODULE_TEST(libltdls_own_search_is_not_used),
		MODULE_TEST(the_names_of_a_folder_come_sorted),
	};

	umask(022);
	return cmocka_run_group_tests_name("module", tests, NULL, NULL);
}
