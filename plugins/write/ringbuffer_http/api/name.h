/* SPDX-License-Identifier: MIT */
/* How the interface over HTTP writes series: as patterns that mean just that
 * one, so that what was read here can be asked for. */
#ifndef HUB_API_NAME_H
#define HUB_API_NAME_H

#include <fettle/plugin.h>

#include "common/text.h"

/* Appends PLUGIN[INSTANCE]{TAGS}.FIELD, with HOST: before it; host, instance
 * and field may be NULL. */
void name_put(struct text *to, const char *host, const char *plugin,
    const char *instance, const struct fettle_tag *tags, size_t n_tags,
    const char *field);
/* The same as a JSON string. */
void name_put_json(struct text *to, const char *host, const char *plugin,
    const char *instance, const struct fettle_tag *tags, size_t n_tags,
    const char *field);

/* A pattern of all series of a host. */
void name_put_host(struct text *to, const char *host);
/* A glob over hosts as a pattern of all their series. */
void name_put_hosts(struct text *to, const char *glob);

#endif
