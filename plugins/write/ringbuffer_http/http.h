/* SPDX-License-Identifier: MIT */
/*
 * What libmicrohttpd calls, on the thread of a daemon; cls is the struct hub.
 * And what answers the single paths: called when a request is complete and let
 * through, with the hub's `use' held.
 */
#ifndef HUB_HTTP_H
#define HUB_HTTP_H

#include <microhttpd.h>

#include "hub.h"

void http_on_connection(void *cls, struct MHD_Connection *c, void **context,
    enum MHD_ConnectionNotificationCode what);
void *http_on_target(void *cls, const char *target, struct MHD_Connection *c);
enum MHD_Result http_on_request(void *cls, struct MHD_Connection *c,
    const char *url, const char *method, const char *version, const char *data,
    size_t *len, void **request);
void http_on_end(void *cls, struct MHD_Connection *c, void **request,
    enum MHD_RequestTerminationCode how);

enum MHD_Result page_get(
    struct hub *hub, struct conn *conn, struct MHD_Connection *c);
enum MHD_Result healthz_get(
    struct hub *hub, struct conn *conn, struct MHD_Connection *c);
enum MHD_Result history_get(
    struct hub *hub, struct conn *conn, struct MHD_Connection *c);
enum MHD_Result ingest_post(
    struct hub *hub, struct conn *conn, struct MHD_Connection *c);
enum MHD_Result metrics_get(
    struct hub *hub, struct conn *conn, struct MHD_Connection *c);

/* Whether the request may read what was measured. */
bool http_is_reader(struct hub *hub, const struct conn *conn);

#endif
