/* SPDX-License-Identifier: MIT */
/* GET /metrics */
#include <string.h>
#include <time.h>

#include "answer.h"
#include "api/ask.h"
#include "api/name.h"
#include "api/streams.h"
#include "http.h"
#include "may.h"
#include "metrics.h"

/* Everything of the host, whose name may look like a pattern. */
static void
put_values_request(struct text *to, const char *host)
{
	struct text pattern = { 0 };

	name_put_host(&pattern, host);
	text_str(to, "{\"do\":\"values\",\"help\":true,\"pattern\":");
	if (pattern.failed)
		to->failed = true;
	else
		text_json(to, pattern.data);
	text_char(to, '}');
	text_free(&pattern);
}

/* --- what is added ------------------------------------------------------- */

static bool
add_values(struct hub *hub, struct metrics *m)
{
	struct text request = { 0 };
	struct timespec now;
	json_t *answer;

	clock_gettime(CLOCK_REALTIME, &now);
	put_values_request(&request, fettle_host(hub->ctx));
	answer = request.failed ? NULL : ask_json(hub, request.data);
	text_free(&request);
	metrics_add_values(m, json_object_get(answer, "values"),
	    (double)now.tv_sec + (double)now.tv_nsec / 1e9);
	json_decref(answer);
	return answer != NULL;
}

static bool
add_hosts(struct hub *hub, struct metrics *m, const char *glob)
{
	json_t *answer = ask_json(hub, "{\"do\":\"hosts\"}");

	metrics_add_hosts(m, json_object_get(answer, "hosts"), glob);
	json_decref(answer);
	return answer != NULL;
}

static void
add_own(struct hub *hub, struct metrics *m)
{
	metrics_add_counter(m, "fettle_ringbuffer_http_answered",
	    "Requests answered with 200.", NULL, NULL,
	    atomic_load(&hub->answered));
	for (int i = REFUSED_NOT + 1; i < REFUSED_N; i++)
		metrics_add_counter(m, "fettle_ringbuffer_http_refused",
		    "Requests refused, by reason.", "reason",
		    refusal_name((enum refusal)i),
		    atomic_load(&hub->refused[i]));
	metrics_add_counter(m, "fettle_ringbuffer_http_streams_dropped",
	    "Readers of the stream that were too slow, or may not any more.",
	    NULL, NULL, streams_dropped(hub->streams));
	metrics_add_counter(m, "fettle_ringbuffer_http_left_out",
	    "Value lists that found no room in a snapshot.", NULL, NULL,
	    ring_left_out(hub->ring));
}

static void
add_past(struct hub *hub, struct metrics *m)
{
#define NAME "fettle_ringbuffer_http_history_"
	static const char lost[] = NAME "lost";
	static const char help[] =
	    "Numbers that history did not keep, by reason.";
	struct past_stats s;

	if (hub->past == NULL)
		return;
	past_stats(hub->past, &s);
	metrics_add_gauge(m, NAME "memory_bytes", "Memory that history takes.",
	    "bytes", s.bytes);
	metrics_add_gauge(m, NAME "memory_limit_bytes",
	    "Memory that history may take.", "bytes", s.memory);
	metrics_add_gauge(
	    m, NAME "series", "Series that history has.", NULL, s.series);
	metrics_add_counter(m, NAME "samples", "Numbers that history took.",
	    NULL, NULL, s.samples);
	metrics_add_counter(m, lost, help, "reason", "late", s.late);
	metrics_add_counter(m, lost, help, "reason", "refused", s.refused);
	metrics_add_counter(m, lost, help, "reason", "no room", s.dropped);
	metrics_add_counter(m, NAME "evicted",
	    "Chunks of history that went early, for room.", NULL, NULL,
	    s.evicted);
	metrics_add_counter(m, NAME "written_bytes",
	    "What was written to files of history.", NULL, NULL, s.written);
	metrics_add_counter(m, NAME "unwritten",
	    "Chunks of history that could not be written.", NULL, NULL,
	    s.unwritten);
	metrics_add_counter(m, NAME "damaged_files",
	    "Files of history that were damaged at the start.", NULL, NULL,
	    s.damaged);
#undef NAME
}

enum MHD_Result
metrics_get(struct hub *hub, struct conn *conn, struct MHD_Connection *c)
{
	const bool open = metrics_wants_open(conn->gate.accept);
	struct metrics m = { .n = 0 };
	struct text body = { 0 };
	const struct may_hosts hosts = may_hosts(hub, &conn->who);
	bool ok = add_hosts(hub, &m, hosts.glob);

	if (may_own(hub, &hosts)) {
		ok = add_values(hub, &m) && ok;
		add_own(hub, &m);
		add_past(hub, &m);
	}
	metrics_render(&m, open, &body);
	metrics_fini(&m);
	if (!ok) {
		text_free(&body);
		return answer_refuse(hub, conn, c, REFUSED_BUSY,
		    "the daemon does not answer", NULL);
	}
	return answer_send(hub, conn, c,
	    answer_new_text(
		&body, open ? "application/openmetrics-text; version=1.0.0; "
			      "charset=utf-8"
			    : "text/plain; version=0.0.4; charset=utf-8"));
}
