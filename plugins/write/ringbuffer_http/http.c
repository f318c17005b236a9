/* SPDX-License-Identifier: MIT */
#include "http.h"

#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "may.h"

static struct conn *
conn_of(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info != NULL ? info->socket_context : NULL;
}

/* --- beginning and end --------------------------------------------------- */

static struct conn *
new_conn(struct hub *hub, struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *fd =
	    MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
	const union MHD_ConnectionInfo *address =
	    MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const union MHD_ConnectionInfo *daemon =
	    MHD_get_connection_info(c, MHD_CONNECTION_INFO_DAEMON);

	if (fd == NULL || address == NULL || daemon == NULL)
		return NULL;
	return conn_new(
	    &hub->conns, daemon->daemon, fd->connect_fd, address->client_addr);
}

void
http_on_connection(void *cls, struct MHD_Connection *c, void **context,
    enum MHD_ConnectionNotificationCode what)
{
	if (what == MHD_CONNECTION_NOTIFY_STARTED)
		*context = new_conn(cls, c);
	else if (*context != NULL)
		conn_free(*context);
}

void *
http_on_target(void *cls, const char *target, struct MHD_Connection *c)
{
	struct conn *conn = conn_of(c);

	(void)cls;
	if (conn != NULL)
		conn_begin(conn, target);
	return NULL;
}

/* The status that the library answered with by itself, or 0. */
static unsigned
own_status(struct MHD_Connection *c, enum MHD_RequestTerminationCode how)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(c, MHD_CONNECTION_INFO_HTTP_STATUS);

	if (info != NULL && info->http_status >= 400)
		return info->http_status;
	return how == MHD_REQUEST_TERMINATED_WITH_ERROR ? 400 : 0;
}

/* What was refused without being asked here: the library found no HTTP in it,
 * or the reaper ended it. */
static void
record_silent(struct hub *hub, const struct conn *conn,
    struct MHD_Connection *c, enum MHD_RequestTerminationCode how)
{
	const unsigned status = conn->judged ? 0 : own_status(c, how);

	if (atomic_load(&conn->reaped))
		hub_refused(hub, conn, REFUSED_DEADLINE,
		    refusal_status(REFUSED_DEADLINE),
		    "not over at its deadline");
	else if (status > 0)
		hub_refused(hub, conn, REFUSED_HTTP, status,
		    "no HTTP as it should be, or too large a header");
}

void
http_on_end(void *cls, struct MHD_Connection *c, void **request,
    enum MHD_RequestTerminationCode how)
{
	struct conn *conn = conn_of(c);
	struct hub *hub = cls;

	(void)request;
	if (conn == NULL)
		return;
	pthread_rwlock_rdlock(&hub->use);
	record_silent(hub, conn, c, how);
	pthread_rwlock_unlock(&hub->use);
	if (conn->stream != NULL)
		streams_leave(hub->streams, conn);
	if (conn->body != NULL)
		budget_give(&hub->bodies, (size_t)conn->gate.body);
	conn_end(conn);
}

/* --- the request --------------------------------------------------------- */

static enum MHD_Result
take_header(
    void *cls, enum MHD_ValueKind kind, const char *name, const char *value)
{
	(void)kind;
	gate_header(cls, name, value != NULL ? value : "");
	return MHD_YES;
}

static enum refusal
judge(struct hub *hub, struct conn *conn, const char **why)
{
	enum refusal refusal =
	    gate_framing(&conn->gate, hub->rules.max_body, why);

	if (refusal == REFUSED_NOT)
		refusal = may_request(hub, conn, why);
	if (refusal == REFUSED_NOT && conn->gate.post)
		refusal = gate_type(&conn->gate, why);
	return refusal;
}

static enum refusal
make_room(struct hub *hub, struct conn *conn, const char **why)
{
	const size_t size = (size_t)conn->gate.body;

	*why = "too many bodies at once";
	if (!budget_take(&hub->bodies, size))
		return REFUSED_BUSY;
	conn->body = malloc(size + 1);
	if (conn->body != NULL)
		return REFUSED_NOT;
	budget_give(&hub->bodies, size);
	return REFUSED_BUSY;
}

/* The headers are there: let it in, or answer. */
static enum MHD_Result
begin(struct hub *hub, struct conn *conn, struct MHD_Connection *c,
    const char *method, const char *version)
{
	enum gate_endpoint endpoint = conn->gate.endpoint;
	const char *why = "";
	enum refusal refusal;

	conn->judged = true;
	if (endpoint == GATE_NOWHERE &&
	    files_find(hub->files, conn->path, conn->path_len) != NULL)
		endpoint = GATE_FILE;
	gate_begin(&conn->gate, endpoint, method, version);
	MHD_get_connection_values(
	    c, MHD_HEADER_KIND, take_header, &conn->gate);
	refusal = judge(hub, conn, &why);
	if (refusal == REFUSED_NOT && conn->gate.post)
		refusal = make_room(hub, conn, &why);
	if (refusal == REFUSED_NOT)
		return MHD_YES;
	if (!gate_must_hear_out(&conn->gate, refusal))
		return answer_refuse(hub, conn, c, refusal, why, NULL);
	conn->refusal = refusal;
	conn->why = why;
	return MHD_YES;
}

/* That of a refused request is heard and not kept. */
static enum MHD_Result
take_body(struct conn *conn, const char *data, size_t *len)
{
	if (conn->refusal != REFUSED_NOT) {
		*len = 0;
		return MHD_YES;
	}
	if (conn->body == NULL ||
	    *len > (size_t)conn->gate.body - conn->body_len)
		return MHD_NO;
	memcpy(conn->body + conn->body_len, data, *len);
	conn->body_len += *len;
	*len = 0;
	return MHD_YES;
}

static enum MHD_Result (*const answers[])(
    struct hub *, struct conn *, struct MHD_Connection *) = {
	[GATE_NOWHERE] = NULL,
	[GATE_PAGE] = page_get,
	[GATE_FILE] = file_get,
	[GATE_HEALTHZ] = healthz_get,
	[GATE_HISTORY] = history_get,
	[GATE_INGEST] = ingest_post,
	[GATE_METRICS] = metrics_get,
	[GATE_LOGIN] = login_post,
	[GATE_LOGOUT] = logout_post,
	[GATE_STATUS] = api_status_get,
	[GATE_HOSTS] = api_hosts_get,
	[GATE_SERIES] = api_series_get,
	[GATE_QUERY] = api_query_get,
	[GATE_ALERTS] = api_alerts_get,
	[GATE_STREAM] = api_stream_get,
	[GATE_OPENAPI] = api_openapi_get,
};

static enum MHD_Result
finish(struct hub *hub, struct conn *conn, struct MHD_Connection *c)
{
	if (conn->refusal != REFUSED_NOT)
		return answer_refuse(
		    hub, conn, c, conn->refusal, conn->why, NULL);
	if (answers[conn->gate.endpoint] != NULL)
		return answers[conn->gate.endpoint](hub, conn, c);
	return MHD_NO;
}

enum MHD_Result
http_on_request(void *cls, struct MHD_Connection *c, const char *url,
    const char *method, const char *version, const char *data, size_t *len,
    void **request)
{
	struct conn *conn = conn_of(c);
	struct hub *hub = cls;
	enum MHD_Result rc;

	(void)url;
	if (conn == NULL)
		return MHD_NO;
	pthread_rwlock_rdlock(&hub->use);
	if (*request == NULL) {
		*request = conn;
		rc = begin(hub, conn, c, method, version);
	} else if (*len > 0) {
		rc = take_body(conn, data, len);
	} else {
		rc = finish(hub, conn, c);
	}
	pthread_rwlock_unlock(&hub->use);
	return rc;
}
