/* SPDX-License-Identifier: MIT */
/* GET /api/v1/status and /api/v1/alerts: what the daemon says */
#include <stdlib.h>
#include <string.h>

#include "../answer.h"
#include "../http.h"
#include "ask.h"

static enum MHD_Result
refuse_silent(struct hub *hub, struct conn *conn, struct MHD_Connection *c)
{
	return answer_refuse(
	    hub, conn, c, REFUSED_BUSY, "the daemon does not answer", NULL);
}

/* An answer of the daemon as a body. */
static enum MHD_Result
send_json(struct hub *hub, struct conn *conn, struct MHD_Connection *c,
    const json_t *answer)
{
	char *data = json_dumps(answer, JSON_COMPACT);
	const size_t len = data != NULL ? strlen(data) : 0;

	if (data == NULL || !budget_take(&hub->answers, len)) {
		free(data);
		return answer_send(hub, conn, c, NULL);
	}
	conn_answer(conn, len);
	return answer_send(hub, conn, c,
	    answer_new_counted(&hub->answers, data, len, ANSWER_JSON));
}

enum MHD_Result
api_status_get(struct hub *hub, struct conn *conn, struct MHD_Connection *c)
{
	json_t *answer = ask_json(hub, "{\"do\":\"status\"}");
	enum MHD_Result rc;

	rc = answer != NULL ? send_json(hub, conn, c, answer)
			    : refuse_silent(hub, conn, c);
	json_decref(answer);
	return rc;
}

/* A daemon that knows of no alerts says so: an empty list would be a lie. */
enum MHD_Result
api_alerts_get(struct hub *hub, struct conn *conn, struct MHD_Connection *c)
{
	json_t *answer = ask_any(hub, "{\"do\":\"alerts\",\"all\":true}");
	const json_t *error = json_object_get(answer, "error");
	enum MHD_Result rc;

	if (answer == NULL) {
		rc = refuse_silent(hub, conn, c);
	} else if (error != NULL) {
		rc = answer_refuse(hub, conn, c, REFUSED_ABSENT,
		    json_is_string(error) ? json_string_value(error)
					  : "the daemon knows of no alerts",
		    NULL);
	} else {
		json_object_del(answer, "ok");
		rc = send_json(hub, conn, c, answer);
	}
	json_decref(answer);
	return rc;
}
