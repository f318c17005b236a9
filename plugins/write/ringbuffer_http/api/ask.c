/* SPDX-License-Identifier: MIT */
#include "ask.h"

static void
take_answer(void *arg, const char *json, size_t len)
{
	json_t **answer = arg;

	*answer = json_loadb(json, len, 0, NULL);
}

json_t *
ask_any(struct hub *hub, const char *request)
{
	json_t *answer = NULL;

	fettle_ask(hub->ctx, request, take_answer, &answer);
	return answer;
}

json_t *
ask_json(struct hub *hub, const char *request)
{
	json_t *answer = ask_any(hub, request);

	if (json_is_true(json_object_get(answer, "ok")))
		return answer;
	json_decref(answer);
	return NULL;
}
