/* SPDX-License-Identifier: MIT */
/* The border that names cross: host, plugin, instance and tags of a list, as
 * they came, made printable, checked and sorted. */
#ifndef FLOW_NAMES_H
#define FLOW_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fettle/plugin.h>

enum { NAMES_TAGS_MAX = 16 };

/* Points into the list or into copies of its own; names_fini ends it. */
struct names {
	const char *host, *plugin, *instance;
	struct fettle_tag tags[NAMES_TAGS_MAX];
	size_t n_tags;
	bool escaped; /* one of them has a backslash */
	char *copies[3 + NAMES_TAGS_MAX];
	size_t n_copies;
};

/* False: a name is missing, too long (over max bytes once printable), or a
 * tag's key is none.  To be given to names_fini in any case. */
bool names_init(struct names *n, const struct fettle_list *list,
    const char *host, const char *plugin, bool relayed, size_t max);
void names_fini(struct names *n);

/* The same for the tags of a host. */
bool names_tags(struct names *n, const struct fettle_tag *tags, size_t count,
    bool relayed, size_t max);

#endif
