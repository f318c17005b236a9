/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "proc_root.h"
#include "read/disk/mounts.h"

struct table {
	char *text;
	struct mounts all;
};

static struct table
parse(const char *fixture)
{
	struct table t;
	size_t n;

	t.text = fixture_text(fixture, &n);
	assert_int_equal(mounts_parse(t.text, n, &t.all), 0);
	return t;
}

static void
table_free(struct table *t)
{
	free(t->all.v);
	free(t->text);
}

static struct fettle_strings
strings(const char *const *v)
{
	struct fettle_strings s = { 0, v };

	while (v != NULL && v[s.n] != NULL)
		s.n++;
	return s;
}

/* Checks which mount points are chosen, in their order, up to a NULL. */
static void
check_wish(const char *fixture, const struct mounts_wish *wish,
    const char *const *points)
{
	struct table t = parse(fixture);
	const size_t n = mounts_choose(&t.all, wish);
	size_t seen = 0;

	for (size_t i = 0; i < t.all.n; i++) {
		if (!t.all.v[i].chosen)
			continue;
		if (points[seen] == NULL)
			fail_msg("%s is too much", t.all.v[i].point);
		assert_string_equal(t.all.v[i].point, points[seen]);
		seen++;
	}
	if (points[seen] != NULL)
		fail_msg("%s is missing", points[seen]);
	assert_int_equal(n, seen);
	table_free(&t);
}

#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })

#define CHECK(fixture, ...)                                                   \
	check_wish(fixture, &(struct mounts_wish){ 0 }, LIST(__VA_ARGS__))

static const struct mount *
at(const struct table *t, const char *point)
{
	const struct mount *found = NULL;

	for (size_t i = 0; i < t->all.n; i++)
		if (strcmp(t->all.v[i].point, point) == 0)
			found = &t->all.v[i];
	assert_non_null(found);
	return found;
}

static void
a_line_is_split_into_what_it_says(void **state)
{
	struct table t = parse("disk/desktop");
	const struct mount *m = at(&t, "/snap/core20/2015");

	(void)state;
	assert_int_equal(t.all.n, 36);
	assert_int_equal(m->id, 93);
	assert_int_equal(m->parent, 28);
	assert_string_equal(m->device, "7:1");
	assert_string_equal(m->root, "/");
	assert_string_equal(m->type, "squashfs");
	assert_true(m->read_only);
	assert_false(at(&t, "/")->read_only);
	assert_string_equal(at(&t, "/run/snapd/ns")->root, "/snapd/ns");
	table_free(&t);
}

static void
names_are_what_they_were_before_the_kernel_wrote_them(void **state)
{
	(void)state;
	CHECK("disk/names", "/", "/media/ann/My Book", "/media/ann/two\nlines",
	    "/media/ann/tab\tstop", "/media/ann/back\\slash",
	    "/media/ann/\\040", "/media/ann/\\0", "/media/ann/a\\000b",
	    "/media/ann/caf\351\377");
}

static void
lines_of_another_kind_are_left_out(void **state)
{
	(void)state;
	CHECK("disk/odd", "/home");
	CHECK("disk/cut-short", "/", "/home");
	check_wish("disk/empty", &(struct mounts_wish){ 0 },
	    (const char *const[]){ NULL });
}

static void
real_file_systems_are_shown_and_pseudo_ones_are_not(void **state)
{
	(void)state;
	CHECK("disk/desktop", "/", "/boot/efi", "/home", "/media/ann/My Book",
	    "/media/ann/stick");
}

static void
root_and_slash_root_are_two(void **state)
{
	(void)state;
	CHECK("disk/root-and-root", "/", "/root", "/a-b", "/a/b");
}

/* In a plain chroot the kernel's list has no root; df(1) tells of it to who
 * names it. */
static void
a_root_that_is_no_mount_point_is_shown(void **state)
{
	struct table t = parse("disk/chroot");
	const struct mounts_wish all = { 0 };

	(void)state;
	assert_int_equal(mounts_choose(&t.all, &all), 1);
	mounts_add_root(&t.all);
	assert_int_equal(mounts_choose(&t.all, &all), 2);
	assert_string_equal(t.all.v[t.all.n - 1].point, "/");
	assert_true(t.all.v[t.all.n - 1].chosen);
	mounts_add_root(&t.all); /* there is one now */
	assert_int_equal(t.all.n, 4);
	table_free(&t);
}

static void
a_volume_is_shown_once_by_its_best_name(void **state)
{
	(void)state;
	CHECK("disk/bind", "/", "/mnt", "/short/a");
	CHECK("disk/btrfs", "/", "/tank", "/tank/home");
}

static void
what_is_mounted_over_is_not_shown(void **state)
{
	(void)state;
	CHECK("disk/over", "/", "/data", "/srv", "/mnt", "/mnt/seen",
	    "/srv-too");
	CHECK("disk/over-by-order", "/", "/data", "/data/sub");
}

static void
of_two_at_one_point_the_upper_is_meant(void **state)
{
	struct table t = parse("disk/over");

	(void)state;
	mounts_choose(&t.all, &(struct mounts_wish){ 0 });
	assert_string_equal(at(&t, "/data")->type, "xfs");
	assert_true(at(&t, "/data")->chosen);
	assert_string_equal(at(&t, "/mnt")->device, "8:10");
	assert_true(at(&t, "/mnt")->chosen);
	table_free(&t);
}

static void
parents_in_a_ring_end_the_search(void **state)
{
	(void)state;
	CHECK("disk/ring", "/a", "/a/b", "/a/b/c", "/d");
}

static void
file_systems_of_containers_are_not_disks(void **state)
{
	(void)state;
	CHECK("disk/docker-host", "/", "/var/lib/docker");
	CHECK("disk/container", "/", "/var/lib/postgresql/data");
}

static void
network_and_fuse_and_what_lies_in_them_may_never_answer(void **state)
{
	struct table t = parse("disk/network");

	(void)state;
	CHECK("disk/network", "/", "/home", "/mnt/nfs", "/mnt/ssh", "/mnt/smb",
	    "/mnt/nfs/images/local", "/net/web", "/scratch", "/mnt/vm");
	mounts_choose(&t.all, &(struct mounts_wish){ 0 });
	assert_false(at(&t, "/")->remote);
	assert_false(at(&t, "/home")->remote);
	assert_true(at(&t, "/mnt/nfs")->remote);
	assert_true(at(&t, "/mnt/ssh")->remote);
	assert_true(at(&t, "/mnt/smb")->remote);
	assert_true(at(&t, "/mnt/nfs/images/local")->remote);
	assert_true(at(&t, "/net/web")->remote);
	assert_false(at(&t, "/scratch")->remote);
	assert_true(at(&t, "/mnt/vm")->remote);
	table_free(&t);
}

static void
the_mounts_that_are_named_are_shown_whatever_they_are(void **state)
{
	const struct mounts_wish named = { .mounts = strings(LIST(
					       "/", "/proc", "/nowhere")) };
	const struct mounts_wish patterns = { .mounts = strings(LIST(
						  "/snap/*", "/boot/ef?")) };
	const struct mounts_wish binds = { .mounts = strings(
					       LIST("/opt", "/mnt", "/tmp")) };

	(void)state;
	check_wish("disk/desktop", &named, LIST("/proc", "/"));
	check_wish("disk/desktop", &patterns,
	    LIST("/snap/bare/5", "/snap/core20/2015", "/snap/firefox/4848",
		"/boot/efi"));
	check_wish("disk/bind", &binds, LIST("/tmp", "/mnt", "/opt"));
}

static void
an_automount_point_is_never_shown(void **state)
{
	const struct mounts_wish all = { .mounts = strings(LIST("*")) };
	const struct mounts_wish named = { .mounts = strings(
					       LIST("/net", "/scratch")) };
	struct table t = parse("disk/network");

	(void)state;
	mounts_choose(&t.all, &all);
	for (size_t i = 0; i < t.all.n; i++)
		assert_int_equal(
		    t.all.v[i].chosen, strcmp(t.all.v[i].type, "autofs") != 0);
	table_free(&t);
	check_wish("disk/network", &named, LIST("/scratch"));
}

static void
mounts_and_types_can_be_left_out(void **state)
{
	const struct mounts_wish mounts = { .exclude = strings(LIST(
						"/media/*", "/boot/efi")) };
	const struct mounts_wish types = { .exclude_types = strings(LIST(
					       "fuse.*", "nfs4", "cifs")) };
	const struct mounts_wish both = { .mounts = strings(LIST("/*")),
		.exclude = strings(LIST("/mnt/*", "/net*")),
		.exclude_types = strings(LIST("autofs")) };

	(void)state;
	check_wish("disk/desktop", &mounts, LIST("/", "/home"));
	check_wish("disk/network", &types,
	    LIST(
		"/", "/home", "/mnt/nfs/images/local", "/scratch", "/mnt/vm"));
	check_wish("disk/network", &both, LIST("/", "/home", "/scratch"));
}

static void
the_volume_left_out_at_one_point_is_shown_at_another(void **state)
{
	const struct mounts_wish wish = { .exclude = strings(LIST("/mnt")) };

	(void)state;
	check_wish("disk/bind", &wish, LIST("/", "/opt", "/short/a"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_split_into_what_it_says),
		cmocka_unit_test(
		    names_are_what_they_were_before_the_kernel_wrote_them),
		cmocka_unit_test(lines_of_another_kind_are_left_out),
		cmocka_unit_test(
		    real_file_systems_are_shown_and_pseudo_ones_are_not),
		cmocka_unit_test(root_and_slash_root_are_two),
		cmocka_unit_test(a_root_that_is_no_mount_point_is_shown),
		cmocka_unit_test(a_volume_is_shown_once_by_its_best_name),
		cmocka_unit_test(what_is_mounted_over_is_not_shown),
		cmocka_unit_test(of_two_at_one_point_the_upper_is_meant),
		cmocka_unit_test(parents_in_a_ring_end_the_search),
		cmocka_unit_test(file_systems_of_containers_are_not_disks),
		cmocka_unit_test(
		    network_and_fuse_and_what_lies_in_them_may_never_answer),
		cmocka_unit_test(
		    the_mounts_that_are_named_are_shown_whatever_they_are),
		cmocka_unit_test(an_automount_point_is_never_shown),
		cmocka_unit_test(mounts_and_types_can_be_left_out),
		cmocka_unit_test(
		    the_volume_left_out_at_one_point_is_shown_at_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
