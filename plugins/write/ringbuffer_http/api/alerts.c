/* SPDX-License-Identifier: MIT */
/* GET /api/v1/alerts: what the daemon says of them */
#include "alerts.h"

#include <string.h>

#include "../answer.h"
#include "ask.h"
#include "common/selector.h"
#include "put.h"

/* --- of some hosts only -------------------------------------------------- */

/* What is about the daemon itself has an empty host, or none. */
static bool
is_of(struct hub *hub, const struct may_hosts *hosts, const json_t *alert)
{
	const char *host = json_string_value(json_object_get(alert, "host"));

	return host == NULL || *host == '\0'
		   ? may_own(hub, hosts)
		   : selector_glob(hosts->glob, host);
}

static void
keep_alerts(struct hub *hub, const struct may_hosts *hosts, json_t *answer)
{
	json_t *kept = json_array(), *counts = json_object(), *alert;
	size_t i;

	json_array_foreach (json_object_get(answer, "alerts"), i, alert) {
		const char *state =
		    json_string_value(json_object_get(alert, "state"));

		if (!is_of(hub, hosts, alert))
			continue;
		json_array_append(kept, alert);
		if (state != NULL)
			json_object_set_new(counts, state,
			    json_integer(json_integer_value(
					     json_object_get(counts, state)) +
					 1));
	}
	json_object_set_new(answer, "alerts", kept);
	json_object_set_new(answer, "counts", counts);
}

static bool
is_named(const json_t *alerts, const json_t *silence)
{
	const json_t *number = json_object_get(silence, "number");

	for (size_t i = 0; i < json_array_size(alerts); i++)
		if (number != NULL &&
		    json_equal(number,
			json_object_get(json_array_get(alerts, i), "silence")))
			return true;
	return false;
}

static void
keep_silences(json_t *answer)
{
	const json_t *alerts = json_object_get(answer, "alerts");
	const json_t *all = json_object_get(answer, "silences");
	json_t *kept = json_array();

	for (size_t i = 0; i < json_array_size(all); i++)
		if (is_named(alerts, json_array_get(all, i)))
			json_array_append(kept, json_array_get(all, i));
	json_object_set_new(answer, "silences", kept);
}

void
alerts_limit(struct hub *hub, const struct may_hosts *hosts, json_t *answer)
{
	if (may_all(hosts))
		return;
	keep_alerts(hub, hosts, answer);
	keep_silences(answer);
	if (!may_own(hub, hosts))
		json_object_del(answer, "store");
}

/* --- the request --------------------------------------------------------- */

/* A daemon that knows of no alerts says so: an empty list would be a lie. */
enum MHD_Result
api_alerts_get(struct hub *hub, struct conn *conn, struct MHD_Connection *c)
{
	json_t *answer = ask_any(hub, "{\"do\":\"alerts\",\"all\":true}");
	const struct may_hosts hosts = may_hosts(hub, &conn->who);
	const json_t *error = json_object_get(answer, "error");
	enum MHD_Result rc;

	if (answer == NULL) {
		rc = put_answer(hub, conn, c, NULL);
	} else if (error != NULL) {
		rc = answer_refuse(hub, conn, c, REFUSED_ABSENT,
		    json_is_string(error) ? json_string_value(error)
					  : "the daemon knows of no alerts",
		    NULL);
	} else {
		json_object_del(answer, "ok");
		alerts_limit(hub, &hosts, answer);
		rc = put_answer(hub, conn, c, answer);
	}
	json_decref(answer);
	return rc;
}
