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

#define HTTP_ANSWER(name)                                                     \
	enum MHD_Result name(                                                 \
	    struct hub *hub, struct conn *conn, struct MHD_Connection *c)
HTTP_ANSWER(page_get);
HTTP_ANSWER(file_get);
HTTP_ANSWER(healthz_get);
HTTP_ANSWER(history_get);
HTTP_ANSWER(ingest_post);
HTTP_ANSWER(metrics_get);
HTTP_ANSWER(login_post);
HTTP_ANSWER(logout_post);
/* in api/ */
HTTP_ANSWER(api_status_get);
HTTP_ANSWER(api_hosts_get);
HTTP_ANSWER(api_series_get);
HTTP_ANSWER(api_query_get);
HTTP_ANSWER(api_alerts_get);
HTTP_ANSWER(api_stream_get);
HTTP_ANSWER(api_openapi_get);
#undef HTTP_ANSWER

/* Sends a file of the dashboard, or that it is what the client has. */
enum MHD_Result file_send(struct hub *hub, struct conn *conn,
    struct MHD_Connection *c, const struct file *f);

#endif
