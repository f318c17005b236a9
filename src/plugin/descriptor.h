/* SPDX-License-Identifier: MIT */
/*
 * A plugin's descriptor as the daemon keeps it: the part of it that this
 * daemon knows, with tables in rows of the daemon's own size, whatever the
 * plugin was built against.  Pure: nothing of the plugin runs.
 */
#ifndef PLUGIN_DESCRIPTOR_H
#define PLUGIN_DESCRIPTOR_H

#include <pthread.h>

#include <fettle/plugin.h>

enum { PLUGIN_NAME_MAX = 32, FIELD_NAME_MAX = 63 };

struct plugin {
	char name[PLUGIN_NAME_MAX + 1];
	char *path; /* of the shared object; NULL: part of the daemon */
	/* Normalised: fields.v and options.v (and their sub) are this
	 * struct's, in rows of sizeof(struct fettle_field) and so on. */
	struct fettle_plugin d;
	/* One pointer a declared field, as value lists carry them. */
	const struct fettle_field **fields;
	pthread_mutex_t serial; /* held for each call if FETTLE_SERIAL */
	struct plugin *next;	/* in the list of what is loaded */
};

/* Whether name is [a-z][a-z0-9_]{0,31}. */
bool plugin_name_ok(const char *name);
/* Whether it, which may be NULL, is [A-Za-z0-9_]{1,63}: what a field, an
 * option, an instance may be called. */
bool field_name_ok(const char *name);

/*
 * A plugin from what a shared object (or the daemon itself) declares, or NULL
 * with the reason in why.  It lasts for ever: lists in queues point to its
 * fields.
 */
struct plugin *plugin_new(const char *name, const struct fettle_plugin *theirs,
    char *why, size_t len);

/* For one that plugin_new made and nobody has used. */
void plugin_free(struct plugin *p);

/* The declared field of that name, or NULL. */
const struct fettle_field *plugin_field(
    const struct plugin *p, const char *name);

#endif
