/* SPDX-License-Identifier: MIT */
/* GET /healthz and GET / */
#include <string.h>
#include <time.h>

#include "answer.h"
#include "http.h"
#include "may.h"

enum { HOSTS_SHOWN = 200 };

enum MHD_Result
healthz_get(struct hub *hub, struct conn *conn, struct MHD_Connection *c)
{
	struct text body = { 0 };

	text_str(&body, "{\"status\":\"ok\"}\n");
	return answer_send(hub, conn, c, answer_new_text(&body, ANSWER_JSON));
}

static void
put_host(void *arg, const char *name, int64_t second)
{
	const time_t at = (time_t)second;
	struct text *to = arg;
	char text[32] = "";
	struct tm tm;

	if (gmtime_r(&at, &tm) != NULL)
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &tm);
	text_str(to, "<li>");
	for (; *name != '\0'; name++)
		text_markup(to, *name);
	text_str(to, ", last snapshot ");
	text_str(to, text);
	text_str(to, "</li>\n");
}

/* The page itself is for everybody; who is sending, for those who may read. */
enum MHD_Result
page_get(struct hub *hub, struct conn *conn, struct MHD_Connection *c)
{
	const struct file *index = files_find(hub->files, "/index.html", 11);
	const struct may_hosts hosts = may_hosts(hub, &conn->who);
	struct text body = { 0 };

	if (index != NULL)
		return file_send(hub, conn, c, index);
	text_str(&body,
	    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>"
	    "<meta charset=\"utf-8\"><title>fettle</title></head>\n<body>\n"
	    "<h1>fettle</h1>\n<ul>\n"
	    "<li><a href=\"/history\">/history</a>: the newest snapshots, "
	    "oldest first; ?host=&amp;since=&amp;until=&amp;limit=</li>\n"
	    "<li><a href=\"/metrics\">/metrics</a>: for Prometheus</li>\n"
	    "<li><a href=\"/healthz\">/healthz</a>: for load balancers</li>\n"
	    "<li>POST /ingest: snapshots and batches, with a token</li>\n"
	    "<li><a href=\"/api/v1/openapi.json\">/api/v1/</a>: hosts, series, "
	    "query, alerts, status, stream</li>\n"
	    "</ul>\n<h2>Hosts</h2>\n<ul>\n");
	if (may_read(hub, &conn->who))
		ring_hosts(
		    hub->ring, hosts.glob, HOSTS_SHOWN, put_host, &body);
	else
		text_str(&body, "<li>shown to who may read</li>\n");
	text_str(&body, "</ul>\n");
	if (!may_read(hub, &conn->who))
		text_str(&body,
		    "<form method=\"post\" action=\"/login\"><label>Token "
		    "<input type=\"password\" name=\"token\"></label> "
		    "<button>Sign in</button></form>\n");
	text_str(&body, "</body>\n</html>\n");
	return answer_send(
	    hub, conn, c, answer_new_text(&body, "text/html; charset=utf-8"));
}
