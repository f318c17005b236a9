/* SPDX-License-Identifier: MIT */
/* Value lists for tests, made from a line of text. */
#ifndef T_MADE_H
#define T_MADE_H

#include <stdlib.h>
#include <string.h>

#include <fettle/plugin.h>

#define MADE_S INT64_C(1000000000)

enum { MADE_FIELDS = 8 };

/* A value list, built from "total=1 used#2": = is a gauge, # a counter. */
struct made {
	struct fettle_list list;
	struct fettle_field fields[MADE_FIELDS];
	const struct fettle_field *pointers[MADE_FIELDS];
	struct fettle_value values[MADE_FIELDS];
	char text[256];
};

static inline const struct fettle_list *
made(struct made *m, const char *plugin, const char *instance, int64_t second,
    int64_t interval, const char *values)
{
	char *p = m->text, *save = NULL;

	*m = (struct made){ .list = { .size = sizeof m->list,
				.plugin = plugin,
				.instance = instance,
				.time_ns = second * MADE_S + 7,
				.interval_ns = interval * MADE_S,
				.fields = m->pointers,
				.values = m->values } };
	strcpy(p, values);
	for (p = strtok_r(p, " ", &save); p != NULL;
	     p = strtok_r(NULL, " ", &save)) {
		const size_t i = m->list.n++, n = strcspn(p, "=#-");
		const char sign = p[n];

		p[n] = '\0';
		m->fields[i].name = p;
		m->pointers[i] = &m->fields[i];
		if (sign == '#')
			m->values[i] =
			    fettle_count(strtoull(p + n + 1, NULL, 10));
		else if (sign == '=')
			m->values[i] = fettle_gauge(strtod(p + n + 1, NULL));
	}
	return &m->list;
}

#endif
