/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "fake_ctx.h"
#include "proc_root.h"
#include "read/cgroup/container.h"
#include "read/cgroup/stat.h"

extern const struct fettle_plugin cgroup_LTX_fettle_plugin;
static const struct fettle_plugin *const plugin = &cgroup_LTX_fettle_plugin;

#define ID_1 "1111111111111111111111111111111111111111111111111111111111111111"
#define ID_2 "2222222222222222222222222222222222222222222222222222222222222222"
#define ID_3 "abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789"

/* --- a machine ----------------------------------------------------------- */

static void
put(const struct fettle_ctx *ctx, const char *group, const char *file,
    const char *text)
{
	struct buf name = { 0 };

	buf_printf(&name, "fs/cgroup%s/%s", group, file);
	proc_put(ctx->sys, name.data, text, strlen(text));
	buf_free(&name);
}

static void
put_fixture(const struct fettle_ctx *ctx, const char *group, const char *file,
    const char *fixture)
{
	struct buf name = { 0 };

	buf_printf(&name, "fs/cgroup%s/%s", group, file);
	proc_put_fixture(ctx->sys, name.data, fixture);
	buf_free(&name);
}

/* A group that has only its processor time. */
static void
put_group(const struct fettle_ctx *ctx, const char *group)
{
	put_fixture(ctx, group, "cpu.stat", "cgroup/cpu.stat-basic");
}

static void
remove_group(const struct fettle_ctx *ctx, const char *group)
{
	struct buf name = { 0 };

	buf_printf(&name, "fs/cgroup%s", group);
	proc_remove(ctx->sys, name.data);
	buf_free(&name);
}

static void
put_whole(const struct fettle_ctx *ctx, const char *group)
{
	put_fixture(ctx, group, "cpu.stat", "cgroup/cpu.stat");
	put(ctx, group, "cpu.max", "150000 100000\n");
	put(ctx, group, "memory.current", "125829120\n");
	put(ctx, group, "memory.max", "167772160\n");
	put(ctx, group, "memory.swap.current", "4096\n");
	put_fixture(ctx, group, "memory.stat", "cgroup/memory.stat");
	put_fixture(ctx, group, "memory.events", "cgroup/memory.events");
	put_fixture(ctx, group, "io.stat", "cgroup/io.stat");
	put(ctx, group, "pids.current", "12\n");
	put(ctx, group, "pids.max", "4915\n");
}

/* The folders of the runtimes are below root as well. */
static struct fettle_ctx *
begin(const char *options)
{
	char *root = proc_new();
	struct buf yaml = { 0 };
	struct fettle_ctx *ctx;

	buf_printf(&yaml,
	    "{docker: %s/docker, podman: %s/podman, containerd: %s/ctd, crio: "
	    "%s/crio%s%s}",
	    root, root, root, root, *options ? ", " : "", options);
	ctx = fake_new(plugin, "cgroup", yaml.data);
	buf_free(&yaml);
	ctx->sys = root;
	return ctx;
}

static struct fettle_ctx *
opened(const char *options)
{
	struct fettle_ctx *ctx = begin(options);

	put(ctx, "", "cgroup.controllers", "cpu io memory pids\n");
	assert_int_equal(plugin->open(ctx), 0);
	return ctx;
}

static void
end(struct fettle_ctx *ctx, bool was_opened)
{
	char *root = (char *)(uintptr_t)ctx->sys;

	if (was_opened)
		plugin->close(ctx);
	proc_free(root);
	fake_free(ctx);
}

static void
next(struct fettle_ctx *ctx)
{
	fake_clear(ctx);
	assert_int_equal(plugin->read(ctx), 0);
}

/* "container=web pod=x", as the tags of a list. */
static void
check_tags(const struct fettle_ctx *ctx, const char *group, const char *wanted)
{
	const struct fake_list *l = fake_find(ctx, group);
	struct buf b = { 0 };

	assert_non_null(l);
	buf_printf(&b, "%s", "");
	for (size_t i = 0; i < l->n_tags; i++)
		buf_printf(&b, "%s%s=%s", i > 0 ? " " : "", l->tags[i].key,
		    l->tags[i].value);
	assert_string_equal(b.data, wanted);
	buf_free(&b);
}

/* --- values -------------------------------------------------------------- */

#define NGINX "/system.slice/nginx.service"

static void
a_service_has_what_its_controllers_tell(void **state)
{
	struct fettle_ctx *ctx = opened("");

	(void)state;
	put_whole(ctx, NGINX);
	next(ctx);
	assert_int_equal(ctx->lists.n, 1);
	check_tags(ctx, NGINX, "");
	fake_check(ctx, NGINX, "cpu", 12.345678);
	fake_check(ctx, NGINX, "cpu_user", 9);
	fake_check(ctx, NGINX, "cpu_system", 3.345678);
	fake_check(ctx, NGINX, "cpu_limit", 1.5);
	fake_check(ctx, NGINX, "periods", 500);
	fake_check(ctx, NGINX, "throttled", 20);
	fake_check(ctx, NGINX, "throttled_time", 1.5);
	fake_check(ctx, NGINX, "memory", 125829120);
	fake_check(ctx, NGINX, "memory_used", 125829120 - 83886080);
	fake_check(ctx, NGINX, "memory_limit", 167772160);
	fake_check(ctx, NGINX, "memory_percent", 25);
	fake_check(ctx, NGINX, "swap", 4096);
	fake_check(ctx, NGINX, "limit_hits", 17);
	fake_check(ctx, NGINX, "oom", 2);
	fake_check(ctx, NGINX, "oom_kills", 1);
	fake_check(ctx, NGINX, "tasks", 12);
	fake_check(ctx, NGINX, "tasks_limit", 4915);
	end(ctx, true);
}

static void
a_controller_that_is_off_has_no_values(void **state)
{
	struct fettle_ctx *ctx = opened("");

	(void)state;
	put_group(ctx, NGINX);
	put(ctx, "/system.slice/none.service", "cgroup.procs", "");
	next(ctx);
	assert_int_equal(ctx->lists.n, 1);
	fake_check(ctx, NGINX, "cpu", 12.345678);
	assert_false(fake_has(ctx, NGINX, "throttled"));
	assert_false(fake_has(ctx, NGINX, "memory"));
	assert_false(fake_has(ctx, NGINX, "oom"));
	assert_false(fake_has(ctx, NGINX, "io_read"));
	assert_false(fake_has(ctx, NGINX, "tasks"));
	end(ctx, true);
}

static void
max_is_no_limit(void **state)
{
	struct fettle_ctx *ctx = opened("");

	(void)state;
	put_whole(ctx, NGINX);
	put(ctx, NGINX, "cpu.max", "max 100000\n");
	put(ctx, NGINX, "memory.max", "max\n");
	put(ctx, NGINX, "pids.max", "max\n");
	next(ctx);
	assert_false(fake_has(ctx, NGINX, "cpu_limit"));
	assert_false(fake_has(ctx, NGINX, "memory_limit"));
	assert_false(fake_has(ctx, NGINX, "memory_percent"));
	assert_false(fake_has(ctx, NGINX, "tasks_limit"));
	fake_check(ctx, NGINX, "memory_used", 125829120 - 83886080);
	end(ctx, true);
}

static void
caches_alone_fill_no_group(void **state)
{
	struct fettle_ctx *ctx = opened("");

	(void)state;
	put_whole(ctx, NGINX);
	/* more cache than memory: the two are read one after the other */
	put(ctx, NGINX, "memory.current", "83886000\n");
	next(ctx);
	fake_check(ctx, NGINX, "memory_used", 0);
	fake_check(ctx, NGINX, "memory_percent", 0);
	/* a limit that was lowered below what is there */
	put(ctx, NGINX, "memory.current", "125829120\n");
	put(ctx, NGINX, "memory.max", "4096\n");
	next(ctx);
	fake_check(ctx, NGINX, "memory_percent", 100);
	put(ctx, NGINX, "memory.max", "0\n");
	next(ctx);
	fake_check(ctx, NGINX, "memory_limit", 0);
	assert_false(fake_has(ctx, NGINX, "memory_percent"));
	end(ctx, true);
}

static void
what_an_old_kernel_does_not_count_is_left_out(void **state)
{
	struct fettle_ctx *ctx = opened("");

	(void)state;
	put_whole(ctx, NGINX);
	put_fixture(
	    ctx, NGINX, "memory.events", "cgroup/memory.events-linux-4.18");
	next(ctx);
	fake_check(ctx, NGINX, "oom", 2);
	assert_false(fake_has(ctx, NGINX, "oom_kills"));
	end(ctx, true);
}

static void
whole_numbers_count_where_a_file_is_cut_short(void **state)
{
	struct fettle_ctx *ctx = opened("");

	(void)state;
	put_fixture(ctx, NGINX, "cpu.stat", "cgroup/cpu.stat-cut-short");
	put_fixture(ctx, NGINX, "io.stat", "cgroup/io.stat-cut-short");
	put(ctx, NGINX, "memory.current", "1258291");
	put(ctx, NGINX, "pids.current", "");
	next(ctx);
	fake_check(ctx, NGINX, "cpu", 12.345678);
	assert_false(fake_has(ctx, NGINX, "cpu_user"));
	assert_false(fake_has(ctx, NGINX, "memory"));
	assert_false(fake_has(ctx, NGINX, "tasks"));
	fake_check(ctx, NGINX, "reads", 10);
	fake_check(ctx, NGINX, "writes", 0);
	end(ctx, true);
}

/* 253:0 is a volume on 8:0; 7:3 is a loop. */
static void
what_devices_hand_down_is_counted_once(void **state)
{
	struct fettle_ctx *ctx = opened("");

	(void)state;
	proc_link(ctx->sys, "dev/block/253:0/slaves/sda", "../../8:0");
	proc_put(ctx->sys, "dev/block/8:0/size", "1\n", 2);
	put_whole(ctx, NGINX);
	next(ctx);
	fake_check(ctx, NGINX, "io_read", 1500);
	fake_check(ctx, NGINX, "io_written", 2600);
	fake_check(ctx, NGINX, "reads", 15);
	fake_check(ctx, NGINX, "writes", 26);
	end(ctx, true);
}

/* Nor is what lies in memory a disk. */
static void
what_is_no_disk_is_not_counted(void **state)
{
	struct fettle_ctx *ctx = opened("");

	(void)state;
	put_group(ctx, NGINX);
	put(ctx, NGINX, "io.stat",
	    "1:0 rbytes=1 wbytes=2 rios=3 wios=4\n"
	    "7:0 rbytes=10 wbytes=20 rios=30 wios=40\n"
	    "8:0 rbytes=100 wbytes=200 rios=300 wios=400\n");
	next(ctx);
	fake_check(ctx, NGINX, "io_read", 100);
	fake_check(ctx, NGINX, "io_written", 200);
	fake_check(ctx, NGINX, "reads", 300);
	fake_check(ctx, NGINX, "writes", 400);
	end(ctx, true);
}

static void
devices_may_stand_in_one_line(void **state)
{
	struct fettle_ctx *ctx = opened("");

	(void)state;
	put_whole(ctx, NGINX);
	put_fixture(ctx, NGINX, "io.stat", "cgroup/io.stat-in-one-line");
	next(ctx);
	fake_check(ctx, NGINX, "io_read", 1000);
	fake_check(ctx, NGINX, "writes", 20);
	put_fixture(ctx, NGINX, "io.stat", "cgroup/io.stat-cost");
	next(ctx);
	fake_check(ctx, NGINX, "io_written", 2000);
	end(ctx, true);
}

static void
a_group_that_never_asked_a_disk_has_asked_for_nothing(void **state)
{
	struct fettle_ctx *ctx = opened("");

	(void)state;
	put(ctx, NGINX, "io.stat", "");
	next(ctx);
	fake_check(ctx, NGINX, "io_read", 0);
	fake_check(ctx, NGINX, "writes", 0);
	end(ctx, true);
}

static bool
every(void *arg, unsigned major, unsigned minor)
{
	(void)arg;
	(void)major;
	(void)minor;
	return true;
}

static void
what_is_no_number_of_a_device_is_none(void **state)
{
	static const char text[] =
	    "rbytes=1\n8: rbytes=2\n:1 rbytes=4\n8:1x rbytes=8\n"
	    "8:1 rbytes=x wbytes=-1 rios= wios=16q xrbytes=32\n"
	    "9:9 rbytes=64\n";
	struct io sum;

	(void)state;
	io_parse(text, every, NULL, &sum);
	assert_int_equal(sum.read, 64);
	assert_int_equal(sum.written, 0);
	assert_int_equal(sum.reads, 0);
	assert_int_equal(sum.writes, 0);
}

/* --- which groups -------------------------------------------------------- */

static void
services_and_containers_are_what_is_usual(void **state)
{
	static const char *const usual[] = { NGINX,
		"/system.slice/system-getty.slice/getty@tty1.service",
		"/system.slice/docker-" ID_1 ".scope",
		"/machine.slice/libpod-" ID_2 ".scope",
		"/kubepods.slice/kubepods-pod1.slice/cri-containerd-" ID_3
		".scope",
		("/docker/" ID_1), "/lxc.payload.web", "/lxc/old" };
	static const char *const others[] = { "/init.scope",
		"/dev-mqueue.mount", "/user.slice/user-0.slice/user@0.service",
		"/user.slice/user-0.slice/session-1.scope",
		"/system.slice/docker-" ID_1 ".scope/system.slice/in.service",
		"/lxc.payload.web/system.slice/in.service",
		"/machine.slice/libpod-conmon-" ID_2 ".scope",
		"/machine.slice/libpod-" ID_2 ".scope/container",
		"/lxc.monitor.web", "/system.slice/docker-1111.scope",
		("/kubepods/pod1/X" ID_1) };
	struct fettle_ctx *ctx = opened("");

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof *others; i++)
		put_group(ctx, others[i]);
	for (size_t i = 0; i < sizeof(usual) / sizeof *usual; i++)
		put_group(ctx, usual[i]);
	next(ctx);
	for (size_t i = 0; i < sizeof(usual) / sizeof *usual; i++)
		if (fake_find(ctx, usual[i]) == NULL)
			fail_msg("%s is missing", usual[i]);
	assert_int_equal(ctx->lists.n, sizeof(usual) / sizeof *usual);
	end(ctx, true);
}

static void
the_user_may_want_others(void **state)
{
	struct fettle_ctx *ctx =
	    opened("include: [\"/user.slice/*\", /init.scope], exclude: "
		   "\"*.scope/*\"");

	(void)state;
	put_group(ctx, "/init.scope");
	put_group(ctx, NGINX);
	put_group(ctx, "/user.slice/user-0.slice/user@0.service");
	put_group(ctx, "/user.slice/user-0.slice/session-1.scope/below");
	put_group(ctx, "/user.slice/user-0.slice/session-1.scope");
	next(ctx);
	assert_int_equal(ctx->lists.n, 3);
	assert_non_null(fake_find(ctx, "/init.scope"));
	assert_non_null(
	    fake_find(ctx, "/user.slice/user-0.slice/user@0.service"));
	assert_non_null(
	    fake_find(ctx, "/user.slice/user-0.slice/session-1.scope"));
	end(ctx, true);
}

static void
groups_come_and_go(void **state)
{
	struct fettle_ctx *ctx = opened("exclude: /system.slice/b.service");

	(void)state;
	put_group(ctx, "/system.slice/a.service");
	put_group(ctx, "/system.slice/b.service");
	next(ctx);
	assert_int_equal(ctx->lists.n, 1);
	put_group(ctx, NGINX);
	remove_group(ctx, "/system.slice/a.service");
	next(ctx);
	assert_int_equal(ctx->lists.n, 1);
	fake_check(ctx, NGINX, "cpu", 12.345678);
	remove_group(ctx, "/system.slice");
	next(ctx);
	assert_int_equal(ctx->lists.n, 0);
	end(ctx, true);
}

/* A chain of folders that nobody makes but to do harm. */
static void
a_tree_that_is_too_deep_is_not_climbed_to_its_end(void **state)
{
	struct fettle_ctx *ctx = opened("include: \"*\"");
	struct buf path = { 0 };

	(void)state;
	for (size_t i = 0; i < 100; i++)
		buf_printf(&path, "/%zu", i);
	put_group(ctx, path.data);
	put_group(ctx, NGINX);
	next(ctx);
	assert_int_equal(ctx->lists.n, 1);
	buf_free(&path);
	end(ctx, true);
}

/* --- containers ---------------------------------------------------------- */

#define DOCKER "/system.slice/docker-" ID_1 ".scope"
#define PODMAN "/machine.slice/libpod-" ID_2 ".scope"
#define CONTAINERD "/kubepods.slice/cri-containerd-" ID_1 ".scope"
#define CRIO "/kubepods.slice/crio-" ID_2 ".scope"
#define DOCKER_FILE "docker/containers/" ID_1 "/config.v2.json"
#define CONTAINERD_FILE                                                       \
	"ctd/io.containerd.runtime.v2.task/k8s.io/" ID_1 "/config.json"

static void
containers_are_called_what_their_runtimes_call_them(void **state)
{
	struct fettle_ctx *ctx = opened("");

	(void)state;
	put_group(ctx, DOCKER);
	put_group(ctx, PODMAN);
	put_group(ctx, CONTAINERD);
	put_group(ctx, CRIO);
	put_group(ctx, "/docker/" ID_1);
	put_group(ctx, "/docker/" ID_3);
	proc_put_fixture(ctx->sys, DOCKER_FILE, "cgroup/docker.json");
	proc_put_fixture(ctx->sys, "podman/overlay-containers/containers.json",
	    "cgroup/podman.json");
	proc_put_fixture(ctx->sys, CONTAINERD_FILE, "cgroup/containerd.json");
	proc_put_fixture(ctx->sys,
	    "crio/overlay-containers/" ID_2 "/userdata/config.json",
	    "cgroup/crio.json");
	next(ctx);
	check_tags(ctx, DOCKER, "container=web");
	check_tags(ctx, PODMAN, "container=db");
	check_tags(
	    ctx, CONTAINERD, "container=api namespace=shop pod=api-7d9f-xyz");
	check_tags(ctx, CRIO, "container=proxy namespace=net pod=edge-0");
	check_tags(ctx, "/docker/" ID_1, "container=web");
	check_tags(ctx, "/docker/" ID_3, "");
	assert_int_equal(ctx->log.len, 0);
	end(ctx, true);
}

static void
the_sandbox_of_a_pod_has_no_name_of_its_own(void **state)
{
	struct fettle_ctx *ctx = opened("");

	(void)state;
	put_group(ctx, CONTAINERD);
	proc_put_fixture(
	    ctx->sys, CONTAINERD_FILE, "cgroup/containerd-sandbox.json");
	next(ctx);
	check_tags(ctx, CONTAINERD, "namespace=shop pod=api-7d9f-xyz");
	end(ctx, true);
}

static void
a_container_keeps_the_name_it_was_first_seen_with(void **state)
{
	struct fettle_ctx *ctx = opened("");

	(void)state;
	put_group(ctx, DOCKER);
	put_group(ctx, PODMAN);
	proc_put_fixture(ctx->sys, DOCKER_FILE, "cgroup/docker.json");
	next(ctx);
	check_tags(ctx, DOCKER, "container=web");
	proc_put(ctx->sys, DOCKER_FILE, "{\"Name\": \"/db\"}", 15);
	next(ctx);
	check_tags(ctx, DOCKER, "container=web");
	remove_group(ctx, DOCKER);
	next(ctx);
	put_group(ctx, DOCKER);
	next(ctx);
	check_tags(ctx, DOCKER, "container=db");
	check_tags(ctx, PODMAN, "");
	end(ctx, true);
}

static void
a_file_that_makes_no_sense_names_nothing(void **state)
{
	static const char *const texts[] = { "", "{", "[]", "{}", "null",
		"{\"Name\": 7}", "{\"Name\": null}", "{\"Name\": \"/\"}",
		"{\"Name\": \"/a\\u0000b\"}", "{\"Name\": [\"web\"]}" };
	struct buf name = { 0 };
	struct labels labels = { 0 };

	(void)state;
	for (int r = RUNTIME_OTHER; r < RUNTIME_N; r++)
		for (size_t i = 0; i < sizeof(texts) / sizeof *texts; i++)
			assert_false(container_labels((enum runtime)r, ID_1,
			    texts[i], strlen(texts[i]), &labels));
	buf_printf(&name, "{\"Name\": \"/%0256d\"}", 1);
	assert_false(container_labels(
	    RUNTIME_DOCKER, ID_1, name.data, name.len, &labels));
	name.len = 0;
	buf_printf(&name, "{\"Name\": \"/%0255d\"}", 1);
	assert_true(container_labels(
	    RUNTIME_DOCKER, ID_1, name.data, name.len, &labels));
	assert_int_equal(strlen(labels.container), 255);
	buf_free(&name);
}

static void
names_that_groups_bear_themselves_are_unescaped(void **state)
{
	static const struct {
		const char *path, *name;
	} named[] = {
		{ "/lxc.payload.web-1", "web-1" },
		{ "/lxc/web", "web" },
		{ "/machine.slice/systemd-nspawn@web\\x2d1.service", "web-1" },
		{ "/machine.slice/machine-qemu\\x2d1\\x2dvm.scope",
		    "qemu-1-vm" },
		{ "/machine.slice/machine-a\\x00b\\x.scope", "a\\x00b\\x" },
	};
	struct container c;
	struct labels labels;

	(void)state;
	for (size_t i = 0; i < sizeof(named) / sizeof *named; i++) {
		assert_true(container_parse(named[i].path, &c, &labels));
		assert_int_equal(c.runtime, RUNTIME_NAMED);
		assert_string_equal(labels.container, named[i].name);
	}
	assert_false(container_parse("/lxc.payload.", &c, &labels));
	assert_false(container_parse("/lxc/a/b", &c, &labels));
	assert_false(container_parse("/x/lxc/a", &c, &labels));
	assert_false(container_parse("", &c, &labels));
}

static void
a_runtime_nobody_knows_makes_containers_as_well(void **state)
{
	struct container c;
	struct labels labels;

	(void)state;
	assert_true(container_parse("/a/nerdctl-" ID_3 ".scope", &c, &labels));
	assert_int_equal(c.runtime, RUNTIME_OTHER);
	assert_string_equal(c.id, ID_3);
	assert_true(container_parse("/a/crio-" ID_3, &c, &labels));
	assert_int_equal(c.runtime, RUNTIME_CRIO);
	assert_false(
	    container_parse("/a/crio-conmon-" ID_3 ".scope", &c, &labels));
	assert_false(container_parse("/a/x" ID_3 ".scope", &c, &labels));
	assert_false(container_parse("/a/crio-" ID_3 ".slice", &c, &labels));
}

/* --- where --------------------------------------------------------------- */

static void
version_2_may_lie_beside_version_1(void **state)
{
	struct fettle_ctx *ctx = begin("");

	(void)state;
	put(ctx, "/unified", "cgroup.controllers", "\n");
	put_group(ctx, "/unified" NGINX);
	assert_int_equal(plugin->open(ctx), 0);
	next(ctx);
	assert_int_equal(ctx->lists.n, 1);
	fake_check(ctx, NGINX, "cpu", 12.345678);
	end(ctx, true);
}

static void
version_1_alone_is_said_not_to_do(void **state)
{
	struct fettle_ctx *ctx = begin("");

	(void)state;
	assert_int_equal(plugin->open(ctx), -EINVAL);
	put(ctx, "/memory", "memory.usage_in_bytes", "1\n");
	assert_int_equal(plugin->open(ctx), -EINVAL);
	assert_non_null(strstr(ctx->reason, "version 2"));
	end(ctx, false);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_service_has_what_its_controllers_tell),
		cmocka_unit_test(a_controller_that_is_off_has_no_values),
		cmocka_unit_test(max_is_no_limit),
		cmocka_unit_test(caches_alone_fill_no_group),
		cmocka_unit_test(
		    what_an_old_kernel_does_not_count_is_left_out),
		cmocka_unit_test(
		    whole_numbers_count_where_a_file_is_cut_short),
		cmocka_unit_test(what_devices_hand_down_is_counted_once),
		cmocka_unit_test(what_is_no_disk_is_not_counted),
		cmocka_unit_test(devices_may_stand_in_one_line),
		cmocka_unit_test(
		    a_group_that_never_asked_a_disk_has_asked_for_nothing),
		cmocka_unit_test(what_is_no_number_of_a_device_is_none),
		cmocka_unit_test(services_and_containers_are_what_is_usual),
		cmocka_unit_test(the_user_may_want_others),
		cmocka_unit_test(groups_come_and_go),
		cmocka_unit_test(
		    a_tree_that_is_too_deep_is_not_climbed_to_its_end),
		cmocka_unit_test(
		    containers_are_called_what_their_runtimes_call_them),
		cmocka_unit_test(the_sandbox_of_a_pod_has_no_name_of_its_own),
		cmocka_unit_test(
		    a_container_keeps_the_name_it_was_first_seen_with),
		cmocka_unit_test(a_file_that_makes_no_sense_names_nothing),
		cmocka_unit_test(
		    names_that_groups_bear_themselves_are_unescaped),
		cmocka_unit_test(
		    a_runtime_nobody_knows_makes_containers_as_well),
		cmocka_unit_test(version_2_may_lie_beside_version_1),
		cmocka_unit_test(version_1_alone_is_said_not_to_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
