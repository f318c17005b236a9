/* SPDX-License-Identifier: MIT */
/* A notice about one alert, for a test to change. */
#ifndef T_MADE_NOTICE_H
#define T_MADE_NOTICE_H

#include <math.h>

#include <fettle/plugin.h>

struct made_notice {
	struct fettle_alert alert;
	const struct fettle_alert *alerts[1];
	struct fettle_notice notice;
};

static inline void
made_notice_init(struct made_notice *m)
{
	m->alert = (struct fettle_alert){ .incident = "0123456789abcdef-7",
		.rule = "cpu",
		.host = "web-1",
		.plugin = "cpu",
		.field = "percent",
		.unit = FETTLE_PERCENT,
		.severity = FETTLE_FAILURE,
		.was = FETTLE_OK,
		.value = 97,
		.limit = 90,
		.worst = NAN };
	m->alerts[0] = &m->alert;
	m->notice =
	    (struct fettle_notice){ .size = sizeof(struct fettle_notice),
		    .reason = FETTLE_CHANGED,
		    .severity = FETTLE_FAILURE,
		    .id = "0123456789abcdef-7-1",
		    .title = "failure: web-1 cpu.percent 97 % (limit 90 %)",
		    .text = "host: web-1\nvalue: 97 % (limit 90 %)",
		    .alerts = m->alerts,
		    .n = 1 };
}

#endif
