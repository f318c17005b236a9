/* SPDX-License-Identifier: MIT */
/* GET /api/v1/openapi.json */
#include "../answer.h"
#include "../http.h"

/* Made of openapi.json, a string a line, NULL at its end. */
extern const char *const openapi_lines[];

enum MHD_Result
api_openapi_get(struct hub *hub, struct conn *conn, struct MHD_Connection *c)
{
	struct text body = { 0 };

	for (const char *const *line = openapi_lines; *line != NULL; line++)
		text_str(&body, *line);
	return answer_send(hub, conn, c, answer_new_text(&body, ANSWER_JSON));
}
