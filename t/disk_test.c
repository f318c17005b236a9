/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/alloc.h"
#include "fake_ctx.h"
#include "proc_root.h"
#include "read/disk/ask.h"
#include "read/disk/statvfs.h"

extern const struct fettle_plugin disk_LTX_fettle_plugin;
static const struct fettle_plugin *const plugin = &disk_LTX_fettle_plugin;

/* --- file systems that answer as they are told --------------------------- */

/* 1000 blocks, of which 300 are free, 50 of these for root only. */
static const struct statvfs usual = { .f_bsize = 65536,
	.f_frsize = 4096,
	.f_blocks = 1000,
	.f_bfree = 300,
	.f_bavail = 250,
	.f_files = 640,
	.f_ffree = 160 };

#define SECOND INT64_C(1000000000)
#define NEVER INT64_MAX

static struct file_system {
	char path[64];
	struct statvfs fs;
	int err;
	int64_t takes;	/* ns to answer */
	size_t asked;	/* directly, or by question_ask */
	int64_t waited; /* ns, for its answers */
} fake[16];
static size_t n_fake;
static int no_thread; /* what question_ask fails with */
static int64_t *now;  /* of the daemon: waiting moves it on */

static struct file_system *
fake_at(const char *path)
{
	for (size_t i = 0; i < n_fake; i++)
		if (strcmp(fake[i].path, path) == 0)
			return &fake[i];
	return NULL;
}

static struct file_system *
fake_set(const char *path, int err, const struct statvfs *fs)
{
	struct file_system *f = fake_at(path);

	if (f == NULL) {
		f = &fake[n_fake++];
		assert_true(n_fake <= sizeof(fake) / sizeof *fake);
		*f = (struct file_system){ 0 };
		strncpy(f->path, path, sizeof(f->path) - 1);
	}
	f->err = err;
	f->fs = *fs;
	f->takes = 0;
	return f;
}

static struct file_system *
answers(const char *path)
{
	return fake_set(path, 0, &usual);
}

static struct file_system *
answers_after(int64_t ns, const char *path)
{
	struct file_system *f = answers(path);

	f->takes = ns;
	return f;
}

int
disk_statvfs(const char *path, struct statvfs *fs)
{
	struct file_system *f = fake_at(path);

	if (f == NULL)
		return -ENOENT;
	assert_true(f->takes == 0);
	f->asked++;
	*fs = f->fs;
	return f->err;
}

/* --- threads that ask, without a thread ---------------------------------- */

struct asker {
	size_t questions;
};

struct question {
	struct asker *asker;
	char *point;
	bool asked;
	int64_t asked_ns;
};

struct asker *
asker_new(void)
{
	return NEW(struct asker);
}

void
asker_end(struct asker *asker)
{
	if (asker != NULL)
		assert_int_equal(asker->questions, 0);
	free(asker);
}

struct question *
question_new(struct asker *asker, const char *point)
{
	struct question *q = NEW(struct question);

	asker->questions++;
	q->asker = asker;
	q->point = xstrdup(point);
	return q;
}

int
question_ask(struct question *q)
{
	struct file_system *f = fake_at(q->point);

	if (no_thread != 0)
		return -no_thread;
	if (q->asked)
		return 0;
	if (f != NULL)
		f->asked++;
	q->asked = true;
	q->asked_ns = *now;
	return 0;
}

/* Waits on the daemon's clock.  Without waiting nobody answers at once. */
bool
question_take(struct question *q, int64_t wait_ns, struct answer *a)
{
	struct file_system *f = fake_at(q->point);
	const int64_t takes = f != NULL ? f->takes : 0;
	const int64_t left =
	    takes == NEVER ? NEVER : q->asked_ns + takes - *now;
	const int64_t wait = left < wait_ns ? left : wait_ns;

	if (!q->asked || (wait_ns <= 0 && q->asked_ns == *now))
		return false;
	if (wait > 0) {
		*now += wait;
		if (f != NULL)
			f->waited += wait;
	}
	if (left > 0 && left > wait_ns)
		return false;
	*a = f != NULL ? (struct answer){ f->err, f->fs, takes }
		       : (struct answer){ -ENOENT, { 0 }, 0 };
	q->asked = false;
	return true;
}

void
question_drop(struct question *q)
{
	if (q == NULL)
		return;
	q->asker->questions--;
	free(q->point);
	free(q);
}

/* --- the plugin ---------------------------------------------------------- */

static struct fettle_ctx *
begin(const char *options, const char *fixture)
{
	struct fettle_ctx *ctx = fake_new(plugin, "disk", options);

	now = &ctx->now;
	ctx->proc = proc_new();
	proc_put_fixture(ctx->proc, "self/mountinfo", fixture);
	assert_int_equal(plugin->open(ctx), 0);
	return ctx;
}

static void
end(struct fettle_ctx *ctx)
{
	char *root = (char *)(uintptr_t)ctx->proc;

	plugin->close(ctx);
	proc_free(root);
	fake_free(ctx);
	n_fake = 0;
	no_thread = 0;
}

/* The read that is due an interval later. */
static void
put(struct fettle_ctx *ctx, const char *mountinfo)
{
	proc_put(ctx->proc, "self/mountinfo", mountinfo, strlen(mountinfo));
}

/* How often the log says so. */
static size_t
said(const struct fettle_ctx *ctx, int priority, const char *what)
{
	char *log = strdup(ctx->log.data ? ctx->log.data : ""), *rest = log;
	const char *line;
	size_t n = 0;

	while ((line = strsep(&rest, "\n")) != NULL)
		n += line[0] == '<' && line[1] == '0' + priority &&
		     strstr(line, what) != NULL;
	free(log);
	return n;
}

static void
space_is_counted_as_df_does(void **state)
{
	struct fettle_ctx *ctx = begin("", "disk/root-and-root");

	(void)state;
	answers("/");
	assert_int_equal(fake_read(ctx, ctx->interval), 0);
	fake_check(ctx, "/", "total", 4096.0 * 1000);
	fake_check(ctx, "/", "used", 4096.0 * 700);
	fake_check(ctx, "/", "free", 4096.0 * 250);
	fake_check(ctx, "/", "percent", 100.0 * 700 / 950);
	fake_check(ctx, "/", "inodes_total", 640);
	fake_check(ctx, "/", "inodes_used", 480);
	fake_check(ctx, "/", "inodes_free", 160);
	fake_check(ctx, "/", "inodes_percent", 75);
	assert_false(fake_has(ctx, "/", "stuck"));
	end(ctx);
}

static void
root_and_slash_root_have_their_own_values(void **state)
{
	struct fettle_ctx *ctx = begin("", "disk/root-and-root");
	struct statvfs other = usual;

	(void)state;
	other.f_bfree = other.f_bavail = 1000;
	answers("/");
	fake_set("/root", 0, &other);
	assert_int_equal(fake_read(ctx, ctx->interval), 0);
	fake_check(ctx, "/", "percent", 100.0 * 700 / 950);
	fake_check(ctx, "/root", "percent", 0);
	end(ctx);
}

static void
inodes_are_there_above_all_when_none_is_left(void **state)
{
	struct fettle_ctx *ctx = begin("", "disk/root-and-root");
	struct statvfs full = usual, none = usual;

	(void)state;
	full.f_ffree = 0;
	none.f_files = none.f_ffree = 0;
	fake_set("/", 0, &full);
	fake_set("/root", 0, &none);
	assert_int_equal(fake_read(ctx, ctx->interval), 0);
	fake_check(ctx, "/", "inodes_free", 0);
	fake_check(ctx, "/", "inodes_used", 640);
	fake_check(ctx, "/", "inodes_percent", 100);
	assert_false(fake_has(ctx, "/root", "inodes_total"));
	assert_false(fake_has(ctx, "/root", "inodes_percent"));
	assert_true(fake_has(ctx, "/root", "percent"));
	end(ctx);
}

static void
figures_that_cannot_be_are_not_believed(void **state)
{
	struct fettle_ctx *ctx = begin("", "disk/root-and-root");
	struct statvfs odd = usual, reserved = usual;

	(void)state;
	odd.f_bavail = (fsblkcnt_t)-50; /* less than nothing */
	odd.f_bfree = 2000;
	odd.f_ffree = 10000;
	reserved.f_bfree = 1000;
	reserved.f_bavail = 0;
	fake_set("/", 0, &odd);
	fake_set("/root", 0, &reserved);
	assert_int_equal(fake_read(ctx, ctx->interval), 0);
	fake_check(ctx, "/", "free", 0);
	fake_check(ctx, "/", "used", 0);
	fake_check(ctx, "/", "inodes_used", 0);
	assert_false(fake_has(ctx, "/root", "percent"));
	end(ctx);
}

static void
what_has_no_blocks_is_shown_to_who_names_it(void **state)
{
	static const struct statvfs nothing = { .f_frsize = 4096 };
	struct fettle_ctx *ctx = begin("", "disk/root-and-root");

	(void)state;
	fake_set("/", 0, &nothing);
	assert_int_equal(fake_read(ctx, ctx->interval), 0);
	assert_null(fake_find(ctx, "/"));
	end(ctx);
	ctx = begin("mounts: [/proc]", "disk/root-and-root");
	fake_set("/proc", 0, &nothing);
	assert_int_equal(fake_read(ctx, ctx->interval), 0);
	fake_check(ctx, "/proc", "total", 0);
	assert_false(fake_has(ctx, "/proc", "percent"));
	end(ctx);
}

static void
a_file_system_that_fails_is_told_once_and_the_others_go_on(void **state)
{
	struct fettle_ctx *ctx = begin("", "disk/root-and-root");

	(void)state;
	answers("/");
	fake_set("/root", -EACCES, &usual);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(fake_read(ctx, ctx->interval), 0);
		assert_non_null(fake_find(ctx, "/"));
		assert_null(fake_find(ctx, "/root"));
	}
	assert_int_equal(said(ctx, LOG_WARNING, "'/root'"), 1);
	answers("/root");
	for (int i = 0; i < 3; i++)
		assert_int_equal(fake_read(ctx, ctx->interval), 0);
	assert_non_null(fake_find(ctx, "/root"));
	assert_int_equal(said(ctx, LOG_NOTICE, "'/root'"), 1);
	end(ctx);
}

static void
mounts_come_and_go(void **state)
{
	struct fettle_ctx *ctx = begin("", "disk/root-and-root");

	(void)state;
	answers("/");
	answers("/root");
	answers("/usb");
	assert_int_equal(fake_read(ctx, ctx->interval), 0);
	assert_non_null(fake_find(ctx, "/root"));
	put(ctx, "28 1 8:2 / / rw - ext4 /dev/sda2 rw\n"
		 "99 28 8:17 / /usb rw - vfat /dev/sdb1 rw\n");
	assert_int_equal(fake_read(ctx, ctx->interval), 0);
	assert_int_equal(ctx->lists.n, 2);
	assert_non_null(fake_find(ctx, "/usb"));
	end(ctx);
}

/* The descriptor that the plugin keeps. */
static int
mountinfo_fd(void)
{
	char name[32], file[64];
	ssize_t n;

	for (int fd = 3; fd < 1024; fd++) {
		snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
		n = readlink(name, file, sizeof(file) - 1);
		file[n > 0 ? n : 0] = '\0';
		if (strstr(file, "/mountinfo") != NULL)
			return fd;
	}
	fail_msg("mountinfo is not open");
	return -1;
}

/* Behind its back the kernel's list is made one that is empty, and that never
 * says that it has changed. */
static void
the_kernels_list_is_read_again_only_when_it_has_changed(void **state)
{
	struct fettle_ctx *ctx = fake_new(plugin, "disk", "");
	int null = open("/dev/null", O_RDONLY);

	(void)state;
	now = &ctx->now;
	assert_int_equal(plugin->open(ctx), 0);
	assert_int_equal(fake_read(ctx, ctx->interval), 0);
	assert_true(dup2(null, mountinfo_fd()) >= 0);
	close(null);
	assert_int_equal(fake_read(ctx, ctx->interval), 0);
	plugin->close(ctx);
	fake_free(ctx);
}

static void
a_read_fails_where_nothing_is_mounted_and_heals(void **state)
{
	struct fettle_ctx *ctx = begin("", "disk/empty");

	(void)state;
	answers("/");
	assert_int_equal(fake_read(ctx, ctx->interval), -ENODATA);
	assert_non_null(strstr(ctx->reason, "mountinfo"));
	proc_put_fixture(ctx->proc, "self/mountinfo", "disk/cut-short");
	assert_int_equal(fake_read(ctx, ctx->interval), 0);
	assert_non_null(fake_find(ctx, "/"));
	end(ctx);
}

static void
a_long_list_of_mounts_is_read_whole(void **state)
{
	struct fettle_ctx *ctx = begin("", "disk/docker-host");

	(void)state;
	answers("/");
	answers("/var/lib/docker");
	assert_int_equal(fake_read(ctx, ctx->interval), 0);
	assert_int_equal(ctx->lists.n, 2);
	end(ctx);
}

static void
a_mount_that_is_named_and_missing_is_told_once(void **state)
{
	struct fettle_ctx *ctx =
	    begin("mounts: [/root, /gone, '/x*']", "disk/root-and-root");

	(void)state;
	answers("/root");
	for (int i = 0; i < 3; i++)
		assert_int_equal(fake_read(ctx, ctx->interval), 0);
	assert_int_equal(ctx->lists.n, 1);
	assert_int_equal(said(ctx, LOG_WARNING, "is not mounted"), 1);
	assert_int_equal(said(ctx, LOG_WARNING, "'/gone'"), 1);
	put(ctx, "28 1 8:2 / /gone rw - ext4 /dev/sda2 rw\n"
		 "99 28 8:17 / /root rw - vfat /dev/sdb1 rw\n");
	assert_int_equal(fake_read(ctx, ctx->interval), 0);
	assert_int_equal(said(ctx, LOG_NOTICE, "'/gone'"), 1);
	assert_int_equal(said(ctx, LOG_NOTICE, "'/root'"), 0);
	end(ctx);
}

static void
an_automount_is_not_even_asked(void **state)
{
	struct fettle_ctx *ctx = begin("mounts: ['*']", "disk/network");
	const struct file_system *net = answers("/net");
	const struct file_system *web = answers("/net/web");

	(void)state;
	assert_int_equal(fake_read(ctx, ctx->interval), 0);
	assert_int_equal(net->asked, 0);
	assert_int_equal(web->asked, 1);
	end(ctx);
}

static void
network_and_fuse_file_systems_say_that_they_answer(void **state)
{
	struct fettle_ctx *ctx = begin("", "disk/network");
	const struct file_system *nfs = answers("/mnt/nfs");

	(void)state;
	answers("/");
	answers("/mnt/ssh");
	answers("/mnt/nfs/images/local");
	for (size_t i = 1; i <= 3; i++) {
		assert_int_equal(fake_read(ctx, ctx->interval), 0);
		fake_check(ctx, "/mnt/nfs", "percent", 100.0 * 700 / 950);
		fake_check(ctx, "/mnt/nfs", "stuck", 0);
		fake_check(ctx, "/mnt/ssh", "stuck", 0);
		fake_check(ctx, "/mnt/nfs/images/local", "stuck", 0);
		assert_false(fake_has(ctx, "/", "stuck"));
		assert_int_equal(nfs->asked, i);
	}
	end(ctx);
}

static void
local_ones_are_shown_whatever_the_network_does(void **state)
{
	struct fettle_ctx *ctx = begin("", "disk/network");
	const struct file_system *nfs = answers_after(NEVER, "/mnt/nfs");

	(void)state;
	answers("/");
	answers("/home");
	for (int i = 0; i < 3; i++) {
		assert_int_equal(fake_read(ctx, ctx->interval), 0);
		fake_check(ctx, "/", "percent", 100.0 * 700 / 950);
		fake_check(ctx, "/home", "percent", 100.0 * 700 / 950);
		assert_false(fake_has(ctx, "/mnt/nfs", "percent"));
		assert_false(fake_has(ctx, "/mnt/nfs", "inodes_free"));
		fake_check(ctx, "/mnt/nfs", "stuck", 1);
	}
	assert_int_equal(nfs->asked, 1);
	assert_true(nfs->waited == 2 * SECOND);
	assert_int_equal(said(ctx, LOG_WARNING, "'/mnt/nfs'"), 1);
	end(ctx);
}

static void
all_of_them_are_waited_for_2_seconds(void **state)
{
	struct fettle_ctx *ctx = begin("", "disk/network");

	(void)state;
	answers("/mnt/smb");
	answers_after(NEVER, "/mnt/nfs");
	answers_after(NEVER, "/mnt/ssh");
	answers_after(NEVER, "/net/web");
	assert_int_equal(fake_read(ctx, ctx->interval), 0);
	assert_true(ctx->now == ctx->interval + 2 * SECOND);
	fake_check(ctx, "/mnt/smb", "stuck", 0);
	fake_check(ctx, "/mnt/nfs", "stuck", 1);
	fake_check(ctx, "/mnt/ssh", "stuck", 1);
	fake_check(ctx, "/net/web", "stuck", 1);
	assert_int_equal(fake_read(ctx, ctx->interval), 0);
	assert_true(ctx->now == 2 * ctx->interval + 2 * SECOND);
	end(ctx);
}

static void
a_call_that_must_end_soon_waits_for_half_of_that(void **state)
{
	struct fettle_ctx *ctx = begin("", "disk/network");
	const struct file_system *nfs = answers_after(NEVER, "/mnt/nfs");

	(void)state;
	ctx->left = SECOND;
	assert_int_equal(fake_read(ctx, ctx->interval), 0);
	assert_true(nfs->waited == SECOND / 2);
	fake_check(ctx, "/mnt/nfs", "stuck", 1);
	end(ctx);
}

static void
who_answers_again_is_shown_again(void **state)
{
	struct fettle_ctx *ctx = begin("", "disk/network");
	struct file_system *nfs = answers("/mnt/nfs");

	(void)state;
	for (size_t i = 1; i <= 2; i++) {
		nfs->takes = NEVER;
		assert_int_equal(fake_read(ctx, ctx->interval), 0);
		assert_int_equal(fake_read(ctx, ctx->interval), 0);
		fake_check(ctx, "/mnt/nfs", "stuck", 1);
		nfs->takes = SECOND;
		assert_int_equal(fake_read(ctx, ctx->interval), 0);
		fake_check(ctx, "/mnt/nfs", "stuck", 0);
		fake_check(ctx, "/mnt/nfs", "percent", 100.0 * 700 / 950);
		assert_int_equal(said(ctx, LOG_WARNING, "'/mnt/nfs'"), i);
		assert_int_equal(said(ctx, LOG_NOTICE, "'/mnt/nfs'"), i);
	}
	end(ctx);
}

static void
who_answers_late_is_shown_and_not_waited_for(void **state)
{
	struct fettle_ctx *ctx = begin("", "disk/network");
	struct file_system *nfs = answers_after(3 * SECOND, "/mnt/nfs");

	(void)state;
	assert_int_equal(fake_read(ctx, ctx->interval), 0);
	fake_check(ctx, "/mnt/nfs", "stuck", 1);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(fake_read(ctx, ctx->interval), 0);
		fake_check(ctx, "/mnt/nfs", "stuck", 0);
		fake_check(ctx, "/mnt/nfs", "percent", 100.0 * 700 / 950);
	}
	assert_true(nfs->waited == 2 * SECOND);
	assert_int_equal(said(ctx, LOG_WARNING, "'/mnt/nfs'"), 1);
	assert_int_equal(said(ctx, LOG_NOTICE, "'/mnt/nfs'"), 1);
	nfs->takes = SECOND;
	assert_int_equal(fake_read(ctx, ctx->interval), 0);
	assert_true(nfs->waited == 3 * SECOND);
	end(ctx);
}

static void
who_was_late_is_not_stuck_as_soon_as_the_next_read_comes(void **state)
{
	struct fettle_ctx *ctx = begin("", "disk/network");

	(void)state;
	answers_after(3 * SECOND, "/mnt/nfs");
	assert_int_equal(fake_read(ctx, ctx->interval), 0);
	assert_int_equal(fake_read(ctx, ctx->interval), 0);
	ctx->interval = SECOND;
	assert_int_equal(fake_read(ctx, ctx->interval), 0);
	fake_check(ctx, "/mnt/nfs", "stuck", 0);
	fake_check(ctx, "/mnt/nfs", "percent", 100.0 * 700 / 950);
	assert_int_equal(fake_read(ctx, ctx->interval), 0);
	fake_check(ctx, "/mnt/nfs", "stuck", 1);
	assert_false(fake_has(ctx, "/mnt/nfs", "percent"));
	assert_int_equal(fake_read(ctx, ctx->interval), 0);
	fake_check(ctx, "/mnt/nfs", "stuck", 0);
	end(ctx);
}

static void
a_server_that_refuses_is_told_once_and_is_not_stuck(void **state)
{
	struct fettle_ctx *ctx = begin("", "disk/network");

	(void)state;
	fake_set("/mnt/ssh", -ENOTCONN, &usual);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(fake_read(ctx, ctx->interval), 0);
		fake_check(ctx, "/mnt/ssh", "stuck", 0);
		assert_false(fake_has(ctx, "/mnt/ssh", "total"));
	}
	assert_int_equal(said(ctx, LOG_WARNING, "'/mnt/ssh'"), 1);
	answers("/mnt/ssh");
	assert_int_equal(fake_read(ctx, ctx->interval), 0);
	fake_check(ctx, "/mnt/ssh", "total", 4096000);
	assert_int_equal(said(ctx, LOG_NOTICE, "'/mnt/ssh'"), 1);
	end(ctx);
}

static void
who_cannot_be_asked_is_told_once(void **state)
{
	struct fettle_ctx *ctx = begin("", "disk/network");

	(void)state;
	answers("/");
	answers("/mnt/ssh");
	no_thread = EAGAIN;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(fake_read(ctx, ctx->interval), 0);
		assert_non_null(fake_find(ctx, "/"));
		assert_null(fake_find(ctx, "/mnt/ssh"));
	}
	assert_int_equal(said(ctx, LOG_WARNING, "'/mnt/ssh'"), 1);
	no_thread = 0;
	assert_int_equal(fake_read(ctx, ctx->interval), 0);
	fake_check(ctx, "/mnt/ssh", "total", 4096000);
	end(ctx);
}

static void
a_server_mounted_anew_is_asked_anew(void **state)
{
	struct fettle_ctx *ctx = begin("", "disk/network");
	const struct file_system *nfs = answers_after(NEVER, "/mnt/nfs");

	(void)state;
	assert_int_equal(fake_read(ctx, ctx->interval), 0);
	put(ctx, "28 1 8:2 / / rw - ext4 /dev/sda2 rw\n"
		 "80 28 0:50 / /mnt/nfs rw - nfs4 files:/export rw\n");
	assert_int_equal(fake_read(ctx, ctx->interval), 0);
	assert_int_equal(nfs->asked, 2);
	assert_true(nfs->waited == 4 * SECOND);
	put(ctx, "28 1 8:2 / / rw - ext4 /dev/sda2 rw\n");
	assert_int_equal(fake_read(ctx, ctx->interval), 0);
	assert_null(fake_find(ctx, "/mnt/nfs"));
	end(ctx);
}

static void
a_reload_asks_nobody_twice(void **state)
{
	struct fettle_ctx *old = begin("", "disk/network"), *ctx;
	const struct file_system *nfs = answers_after(NEVER, "/mnt/nfs");

	(void)state;
	answers("/");
	answers("/home");
	assert_int_equal(fake_read(old, old->interval), 0);
	ctx = fake_new(plugin, "disk", "exclude: /home");
	ctx->proc = old->proc;
	ctx->now = old->now;
	now = &ctx->now;
	assert_int_equal(plugin->adopt(ctx, old->self), 0);
	plugin->close(old);
	fake_free(old);
	assert_int_equal(fake_read(ctx, ctx->interval), 0);
	assert_int_equal(nfs->asked, 1);
	assert_true(nfs->waited == 2 * SECOND);
	fake_check(ctx, "/mnt/nfs", "stuck", 1);
	assert_int_equal(said(ctx, LOG_WARNING, "'/mnt/nfs'"), 0);
	assert_non_null(fake_find(ctx, "/"));
	assert_null(fake_find(ctx, "/home"));
	end(ctx);
}

static void
open_fails_where_there_is_nothing_to_read(void **state)
{
	struct fettle_ctx *ctx = fake_new(plugin, "disk", "");

	(void)state;
	ctx->proc = "/nowhere";
	assert_int_equal(plugin->open(ctx), -ENOENT);
	assert_non_null(strstr(ctx->reason, "/proc/self/mountinfo"));
	fake_free(ctx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(space_is_counted_as_df_does),
		cmocka_unit_test(root_and_slash_root_have_their_own_values),
		cmocka_unit_test(inodes_are_there_above_all_when_none_is_left),
		cmocka_unit_test(figures_that_cannot_be_are_not_believed),
		cmocka_unit_test(what_has_no_blocks_is_shown_to_who_names_it),
		cmocka_unit_test(
		    a_file_system_that_fails_is_told_once_and_the_others_go_on),
		cmocka_unit_test(mounts_come_and_go),
		cmocka_unit_test(
		    the_kernels_list_is_read_again_only_when_it_has_changed),
		cmocka_unit_test(
		    a_read_fails_where_nothing_is_mounted_and_heals),
		cmocka_unit_test(a_long_list_of_mounts_is_read_whole),
		cmocka_unit_test(
		    a_mount_that_is_named_and_missing_is_told_once),
		cmocka_unit_test(an_automount_is_not_even_asked),
		cmocka_unit_test(
		    network_and_fuse_file_systems_say_that_they_answer),
		cmocka_unit_test(
		    local_ones_are_shown_whatever_the_network_does),
		cmocka_unit_test(all_of_them_are_waited_for_2_seconds),
		cmocka_unit_test(
		    a_call_that_must_end_soon_waits_for_half_of_that),
		cmocka_unit_test(who_answers_again_is_shown_again),
		cmocka_unit_test(who_answers_late_is_shown_and_not_waited_for),
		cmocka_unit_test(
		    who_was_late_is_not_stuck_as_soon_as_the_next_read_comes),
		cmocka_unit_test(
		    a_server_that_refuses_is_told_once_and_is_not_stuck),
		cmocka_unit_test(who_cannot_be_asked_is_told_once),
		cmocka_unit_test(a_server_mounted_anew_is_asked_anew),
		cmocka_unit_test(a_reload_asks_nobody_twice),
		cmocka_unit_test(open_fails_where_there_is_nothing_to_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
