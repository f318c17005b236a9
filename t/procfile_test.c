/* SPDX-License-Identifier: MIT */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/alloc.h"
#include "common/procfile.h"
#include "fake_ctx.h"
#include "proc_root.h"

static const struct fettle_plugin plugin = { FETTLE_ABI, .summary = "." };

struct here {
	char *root;
	struct fettle_ctx *ctx;
	struct procfile file;
};

static int
set_up(void **state)
{
	static struct here h;

	h.root = proc_new();
	h.ctx = fake_new(&plugin, "test", "");
	h.ctx->proc = h.root;
	proc_put(h.root, "some/file", "", 0);
	assert_int_equal(procfile_open(&h.file, h.ctx, "/proc/some/file"), 0);
	*state = &h;
	return 0;
}

static int
tear_down(void **state)
{
	struct here *h = *state;

	procfile_close(&h->file);
	fake_free(h->ctx);
	proc_free(h->root);
	return 0;
}

static void
check_text(struct here *h, const char *text)
{
	proc_put(h->root, "some/file", text, strlen(text));
	assert_int_equal(procfile_read(&h->file), 0);
	assert_string_equal(h->file.text, text);
	assert_int_equal(h->file.len, strlen(text));
}

static void
each_read_brings_the_text_anew(void **state)
{
	struct here *h = *state;

	check_text(h, "one\n");
	check_text(h, "");
	check_text(h, "another, longer\n");
	check_text(h, "x");
}

/* Around every size that the room for it has had. */
static void
a_text_may_have_any_size(void **state)
{
	struct here *h = *state;
	char *text = xcalloc(1, 70000);

	for (size_t n = 256; n <= 65536; n *= 2)
		for (size_t at = n - 2; at <= n + 2; at++) {
			memset(text, 'a', at);
			text[at - 1] = 'z';
			text[at] = '\0';
			check_text(h, text);
		}
	free(text);
}

static void
a_file_that_comes_in_pages_is_read_whole(void **state)
{
	struct fettle_ctx *ctx = fake_new(&plugin, "test", "");
	struct procfile f = { 0 };

	(void)state;
	assert_int_equal(procfile_open(&f, ctx, "/proc/self/smaps"), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(procfile_read(&f), 0);
		assert_true(f.len > 4096);
		assert_non_null(strstr(f.text, "[stack]"));
		assert_int_equal(f.text[f.len - 1], '\n');
	}
	procfile_close(&f);
	fake_free(ctx);
}

static void
what_never_ends_is_too_large(void **state)
{
	const int fd = memfd_create("large", MFD_CLOEXEC);
	struct procfile f;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, 17 << 20), 0);
	procfile_take(&f, fd, "large");
	assert_int_equal(procfile_read(&f), -EFBIG);
	procfile_close(&f);
}

static void
what_cannot_be_read_says_why(void **state)
{
	struct here *h = *state;
	struct procfile f = { 0 };

	assert_int_equal(procfile_open(&f, h->ctx, "/proc/nothing"), -ENOENT);
	assert_null(f.path);
	procfile_close(&f);
	assert_int_equal(procfile_open(&f, h->ctx, "/proc/some"), 0);
	assert_int_equal(procfile_read(&f), -EISDIR);
	procfile_close(&f);
	procfile_close(&f);
}

/* A read of a folder fails, as that of a file whose source is gone. */
static void
what_is_not_needed_is_missed_once(void **state)
{
	struct here *h = *state;
	const int gone = open(h->root, O_RDONLY | O_CLOEXEC);
	const int there = h->file.fd;

	assert_true(gone >= 0);
	assert_true(procfile_try(&h->file, h->ctx));
	assert_int_equal(h->ctx->log.len, 0);
	h->file.fd = gone;
	assert_false(procfile_try(&h->file, h->ctx));
	assert_false(procfile_try(&h->file, h->ctx));
	assert_int_equal(fake_said(h->ctx, "cannot read"), 1);
	h->file.fd = there;
	assert_true(procfile_try(&h->file, h->ctx));
	assert_true(procfile_try(&h->file, h->ctx));
	assert_int_equal(fake_said(h->ctx, "can be read again"), 1);
	close(gone);
}

static void
a_key_is_found_where_a_line_begins(void **state)
{
	static const char text[] = "pswpin 1\nxpswpout 2\npswpout 3\nlast 4";

	(void)state;
	assert_ptr_equal(procfile_find(text, "pswpin "), text + 7);
	assert_int_equal(*procfile_find(text, "pswpout "), '3');
	assert_null(procfile_find(text, "pswp "));
	assert_null(procfile_find(text, "last "));
	assert_null(procfile_find("", "last "));
}

static void
only_whole_lines_are_lines(void **state)
{
	char text[] = "a 1\n\nb 2\nc 3";
	char *rest = text;

	(void)state;
	assert_string_equal(procfile_line(&rest), "a 1");
	assert_string_equal(procfile_line(&rest), "");
	assert_string_equal(procfile_line(&rest), "b 2");
	assert_null(procfile_line(&rest));
	assert_string_equal(rest, "c 3");
}

#define FILE_TEST(name)                                                       \
	cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST(each_read_brings_the_text_anew),
		FILE_TEST(a_text_may_have_any_size),
		cmocka_unit_test(a_file_that_comes_in_pages_is_read_whole),
		cmocka_unit_test(what_never_ends_is_too_large),
		FILE_TEST(what_cannot_be_read_says_why),
		FILE_TEST(what_is_not_needed_is_missed_once),
		cmocka_unit_test(a_key_is_found_where_a_line_begins),
		cmocka_unit_test(only_whole_lines_are_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
