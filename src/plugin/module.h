/* SPDX-License-Identifier: MIT */
/*
 * Shared objects: find them in the plugin directory, open them through
 * libltdl, keep them for ever.  libltdl knows no threads: main thread only.
 */
#ifndef PLUGIN_MODULE_H
#define PLUGIN_MODULE_H

#include "base/vec.h"
#include "plugin/descriptor.h"

struct modules {
	char *dir; /* absolute; symbolic links resolved */
	_Atomic(struct plugin *) loaded; /* only ever grows, at its head */
};

/* -errno and why: dir is not there, or not only the daemon's to write. */
int modules_init(struct modules *m, const char *dir, char *why, size_t len);
/* Nothing is unloaded and no plugin freed: the process is ending. */
void modules_fini(struct modules *m);

/*
 * The plugin of that name, opened at first use; NULL and why: not there, not
 * safe to load, not a plugin, or not one for this daemon.  Owned by m.
 */
struct plugin *modules_get(
    struct modules *m, const char *name, char *why, size_t len);

/* The plugin if it has been loaded, else NULL.  From any thread: once a
 * plugin is in the list it stays. */
struct plugin *modules_loaded(const struct modules *m, const char *name);

/* The names of what lies in the directory, sorted; the caller frees each and
 * the vector. */
struct module_names {
	VEC(char *) names;
};
void modules_names(const struct modules *m, struct module_names *out);
void module_names_free(struct module_names *names);

#endif
