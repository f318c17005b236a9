/* SPDX-License-Identifier: MIT */
/* GET /api/v1/status: what the daemon says of itself */
#include "../answer.h"
#include "../may.h"
#include "ask.h"
#include "put.h"

enum MHD_Result
api_status_get(struct hub *hub, struct conn *conn, struct MHD_Connection *c)
{
	const struct may_hosts hosts = may_hosts(hub, &conn->who);
	enum MHD_Result rc;
	json_t *answer;

	if (!may_own(hub, &hosts))
		return answer_refuse(hub, conn, c, REFUSED_HOST,
		    "the token is not for the host of this daemon", NULL);
	answer = ask_json(hub, "{\"do\":\"status\"}");
	rc = put_answer(hub, conn, c, answer);
	json_decref(answer);
	return rc;
}
