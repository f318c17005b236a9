/* SPDX-License-Identifier: MIT */
/* The file system and the users are those of this file: /home is root's,
 * /home/ann is ann's, who is user and group 1000 and runs the test. */
#include "test.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugin/trust.h"

static struct stat ann_folder;
static char *others[] = { "bob", NULL }, *nobody[] = { NULL };
static char **members;
static char why[256];

uid_t
geteuid(void)
{
	return 1000;
}

int
lstat(const char *restrict path, struct stat *restrict st)
{
	if (strcmp(path, "/home/ann") == 0)
		*st = ann_folder;
	else
		*st = (struct stat){ .st_mode = S_IFDIR | 0755 };
	return 0;
}

int
getpwuid_r(uid_t uid, struct passwd *restrict pw, char *restrict text,
    size_t len, struct passwd **restrict found)
{
	(void)text;
	(void)len;
	*pw = (struct passwd){ .pw_name = uid == 0 ? "root" : "ann",
		.pw_uid = uid,
		.pw_gid = uid };
	*found = pw;
	return 0;
}

int
getgrgid_r(gid_t gid, struct group *restrict gr, char *restrict text,
    size_t len, struct group **restrict found)
{
	(void)text;
	(void)len;
	*gr = (struct group){ .gr_name = gid == 0      ? "root"
					 : gid == 1000 ? "ann"
						       : "staff",
		.gr_gid = gid,
		.gr_mem = members };
	*found = gr;
	return 0;
}

static int
trust(mode_t mode, uid_t owner, gid_t group)
{
	ann_folder =
	    (struct stat){ .st_mode = mode, .st_uid = owner, .st_gid = group };
	why[0] = '\0';
	return trust_folder("/home/ann", why, sizeof(why));
}

static void
a_folder_that_only_its_owner_may_write_is_trusted(void **state)
{
	(void)state;
	assert_int_equal(trust(S_IFDIR | 0755, 1000, 1000), 0);
	assert_int_equal(trust(S_IFDIR | 0755, 0, 0), 0);
}

static void
a_folder_that_all_may_write_is_named(void **state)
{
	(void)state;
	assert_int_equal(trust(S_IFDIR | 0757, 1000, 1000), -EPERM);
	assert_string_equal(why, "/home/ann can be written by others");
}

static void
a_sticky_folder_may_be_written_by_all(void **state)
{
	(void)state;
	assert_int_equal(trust(S_IFDIR | S_ISVTX | 0777, 0, 0), 0);
}

static void
a_group_that_is_the_owners_own_may_write(void **state)
{
	(void)state;
	members = nobody;
	assert_int_equal(trust(S_IFDIR | 0775, 1000, 1000), 0);
}

static void
a_group_of_several_may_not(void **state)
{
	(void)state;
	members = others;
	assert_int_equal(trust(S_IFDIR | 0775, 1000, 1000), -EPERM);
}

static void
another_group_may_not(void **state)
{
	(void)state;
	members = nobody;
	assert_int_equal(trust(S_IFDIR | 0775, 1000, 50), -EPERM);
	assert_int_equal(trust(S_IFDIR | 0775, 0, 1000), -EPERM);
}

static void
the_group_of_root_may_not(void **state)
{
	(void)state;
	members = nobody;
	assert_int_equal(trust(S_IFDIR | 0775, 0, 0), -EPERM);
}

static void
what_belongs_to_somebody_else_is_not_trusted(void **state)
{
	(void)state;
	assert_int_equal(trust(S_IFDIR | 0755, 1001, 1001), -EPERM);
	assert_string_equal(why, "/home/ann belongs to user 1001");
}

static void
a_link_in_place_of_a_folder_is_not_trusted(void **state)
{
	(void)state;
	assert_int_equal(trust(S_IFLNK | 0777, 1000, 1000), -EPERM);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_folder_that_only_its_owner_may_write_is_trusted),
		cmocka_unit_test(a_folder_that_all_may_write_is_named),
		cmocka_unit_test(a_sticky_folder_may_be_written_by_all),
		cmocka_unit_test(a_group_that_is_the_owners_own_may_write),
		cmocka_unit_test(a_group_of_several_may_not),
		cmocka_unit_test(another_group_may_not),
		cmocka_unit_test(the_group_of_root_may_not),
		cmocka_unit_test(what_belongs_to_somebody_else_is_not_trusted),
		cmocka_unit_test(a_link_in_place_of_a_folder_is_not_trusted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
