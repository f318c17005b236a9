/* SPDX-License-Identifier: MIT */
#include "line.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void
line_list_init(struct line_list *list)
{
	list->host = list->plugin = list->instance = NULL;
	list->time_ns = list->interval_ns = 0;
	list->n = list->n_tags = 0;
}

bool
line_add_field(
    struct line_list *list, const char *name, struct fettle_value value)
{
	char *to = list->names[list->n];

	if (list->n == LINE_FIELDS || *name == '\0')
		return false;
	types_word(name, to);
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->names[i], to) == 0)
			return false;
	list->fields[list->n] =
	    (struct fettle_field){ to, value.kind, FETTLE_NUMBER, NULL };
	list->values[list->n++] = value;
	return true;
}

bool
line_add_tag(struct line_list *list, const char *key, const char *value)
{
	char *to = list->keys[list->n_tags];

	if (list->n_tags == LINE_TAGS || *key == '\0')
		return false;
	types_word(key, to);
	for (size_t i = 0; i < list->n_tags; i++)
		if (strcmp(list->keys[i], to) == 0)
			return false;
	list->tags[list->n_tags++] = (struct fettle_tag){ to, value };
	return true;
}

bool
line_real(const char *text, double *number)
{
	char *end;

	if (*text == '\0' || strspn(text, "0123456789.eE+-") != strlen(text))
		return false;
	*number = strtod(text, &end);
	return *end == '\0' && isfinite(*number);
}
