/* SPDX-License-Identifier: MIT */
/*
 * A folder in the place of /proc or /sys, for plugins that read it.  A file
 * that is put again is written in place: a plugin that keeps it open sees the
 * change, as it would see the kernel's.
 */
#ifndef T_PROC_ROOT_H
#define T_PROC_ROOT_H

#include <stddef.h>

#include "fake_ctx.h"

/* The caller ends it with proc_free. */
char *proc_new(void);
void proc_free(char *root);

/* name: "stat", "self/mountinfo"; folders are made. */
void proc_put(const char *root, const char *name, const char *text, size_t n);

/* The same from t/fixtures: "cpu/two-cores.1". */
void proc_put_fixture(const char *root, const char *name, const char *fixture);

/* A symbolic link. */
void proc_link(const char *root, const char *name, const char *to);

/* A file, or a folder with all that is in it. */
void proc_remove(const char *root, const char *name);

/* A plugin on a machine of its own, whose /proc and /sys are empty, 1000 s
 * after its start.  It is not open; proc_end closes it if it is by then. */
struct fettle_ctx *proc_begin(const struct fettle_plugin *plugin,
    const char *label, const char *options);
void proc_end(struct fettle_ctx *ctx, bool opened);

/* What ends a test of cmocka whose *state is such a plugin, which is open. */
int proc_tear_down(void **state);

/* The text of a fixture, NUL-terminated; the caller frees it. */
char *fixture_text(const char *fixture, size_t *n);

#endif
