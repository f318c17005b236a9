/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "proc_root.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"

char *
proc_new(void)
{
	const char *tmp = getenv("TMPDIR");
	struct buf b = { 0 };

	buf_printf(&b, "%s/fettle-proc-XXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(b.data));
	return buf_take(&b);
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void
proc_free(char *root)
{
	assert_int_equal(nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
	free(root);
}

/* The folders that lead to a file. */
static void
proc_folders(char *path)
{
	for (char *s = path + 1; (s = strchr(s, '/')) != NULL; s++) {
		*s = '\0';
		mkdir(path, 0700);
		*s = '/';
	}
}

void
proc_put(const char *root, const char *name, const char *text, size_t n)
{
	struct buf path = { 0 };
	FILE *f;

	buf_printf(&path, "%s/%s", root, name);
	proc_folders(path.data);
	f = fopen(path.data, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
	buf_free(&path);
}

char *
fixture_text(const char *fixture, size_t *n)
{
	struct buf path = { 0 };
	char *text;
	FILE *f;
	long end;

	buf_printf(&path, FIXTURES "/%s", fixture);
	f = fopen(path.data, "r");
	if (f == NULL)
		fail_msg("%s is missing", path.data);
	buf_free(&path);
	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	end = ftell(f);
	assert_true(end >= 0);
	rewind(f);
	*n = (size_t)end;
	text = xcalloc(*n + 1, 1);
	assert_int_equal(fread(text, 1, *n, f), *n);
	fclose(f);
	return text;
}

void
proc_link(const char *root, const char *name, const char *to)
{
	struct buf path = { 0 };

	buf_printf(&path, "%s/%s", root, name);
	proc_folders(path.data);
	assert_int_equal(symlink(to, path.data), 0);
	buf_free(&path);
}

void
proc_remove(const char *root, const char *name)
{
	struct buf path = { 0 };

	buf_printf(&path, "%s/%s", root, name);
	assert_int_equal(
	    nftw(path.data, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
	buf_free(&path);
}

void
proc_put_fixture(const char *root, const char *name, const char *fixture)
{
	size_t n;
	char *text = fixture_text(fixture, &n);

	proc_put(root, name, text, n);
	free(text);
}

struct fettle_ctx *
proc_begin(
    const struct fettle_plugin *plugin, const char *label, const char *options)
{
	struct fettle_ctx *ctx = fake_new(plugin, label, options);

	ctx->proc = proc_new();
	ctx->sys = proc_new();
	ctx->now = INT64_C(1000000000000);
	return ctx;
}

void
proc_end(struct fettle_ctx *ctx, bool opened)
{
	if (opened)
		ctx->plugin->close(ctx);
	proc_free((char *)(uintptr_t)ctx->proc);
	proc_free((char *)(uintptr_t)ctx->sys);
	fake_free(ctx);
}

int
proc_tear_down(void **state)
{
	proc_end(*state, true);
	return 0;
}
