/* SPDX-License-Identifier: MIT */
/*
 * A whole configuration, read and checked: the daemon's own settings and one
 * section for each instance.  Nothing is opened by it and nothing runs.
 */
#ifndef SETUP_H
#define SETUP_H

#include <stdatomic.h>

#include "alert/rule.h"
#include "config/diag.h"
#include "config/node.h"
#include "flow/pattern.h"
#include "plugin/module.h"

/* Instance and plugin of what the daemon measures of itself. */
#define SELF_LABEL "fettle"

struct log_settings {
	const char *format, *level;
};

struct settings {
	struct fettle_duration interval, cooldown;
	const char *hostname;
	const char *plugin_dir, *state_dir, *socket, *proc, *sys;
	struct limits limits;
	struct log_settings log;
};

/* What of a writer's queue is to survive what; survive NULL: nothing. */
struct spool_settings {
	const char *survive;
	struct fettle_size max_size;
	struct fettle_duration max_age;
};

/* What every section may say, whatever its plugin. */
struct section_options {
	const char *plugin;
	struct fettle_duration interval, timeout, drain;
	struct fettle_strings routes, severities;
	struct fettle_size queue;
	struct spool_settings spool;
};

struct section {
	char *label;
	struct pos pos;
	struct node *node; /* the tree's */
	struct plugin *plugin;
	struct section_options options;
	struct pattern **routes;
	void *self; /* filled; taken by the instance that is made of it */
	uint64_t secrets; /* tells other secrets from these; says nothing */
	uint64_t files; /* the same for certificates, and what *_file names */
};

/* A plugin that could not be loaded, and why. */
struct refusal {
	char *label, *plugin, *file, *reason;
	struct pos pos;
};

struct setup {
	atomic_int refs;
	struct node *root;
	struct settings settings;
	VEC(struct fettle_tag) tags; /* of this host */
	VEC(struct section) sections;
	VEC(struct refusal) refused;
	struct policy *policy; /* of alerts; NULL: taken */
};

/*
 * Reads the file.  What it says of plugin_dir counts only where modules->dir
 * is NULL, which is the first time.  NULL if it could not be read at all;
 * mistakes are in d.  The caller holds it.
 */
struct setup *setup_read(
    const char *path, struct modules *modules, struct diags *d);
/* The same, mistakes said on stderr; NULL where there are any.  check: notes
 * as well, and a plugin that cannot be loaded is a mistake. */
struct setup *setup_load(
    const char *path, struct modules *modules, bool check);

/* Instances hold the setup they were made from. */
struct setup *setup_ref(struct setup *s);
void setup_unref(struct setup *s);

/* The policy, which is the caller's then. */
struct policy *setup_take_policy(struct setup *s);

/* Leaves out the section at i. */
void setup_remove(struct setup *s, size_t i);

/* Logs from now on as it says. */
void setup_apply_log(const struct setup *s);

struct section *setup_find(const struct setup *s, const char *label);

#endif
