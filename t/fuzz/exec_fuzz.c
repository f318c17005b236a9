/* SPDX-License-Identifier: MIT */
/*
 * Any text as a line of each of the three languages of exec: nothing is read
 * or written beyond it, and what is found of it is what the daemon takes.  By
 * hand, from the top of the tree:
 *
 * clang -std=c11 -D_GNU_SOURCE -g -O1 -fsanitize=fuzzer,address,undefined \
 *     -Isrc/include -Iplugins t/fuzz/exec_fuzz.c \
 *     plugins/read/exec/collectd.c plugins/read/exec/influx.c \
 *     plugins/read/exec/json.c plugins/read/exec/line.c \
 *     plugins/common/typesdb.c -ljansson -lm -o exec_fuzz
 * ./exec_fuzz -max_total_time=60 FOLDER t/fuzz/exec
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "read/exec/line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_name(const char *name)
{
	if (*name == '\0' || strlen(name) >= TYPES_NAME ||
	    strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789"
			 "abcdefghijklmnopqrstuvwxyz") != strlen(name))
		abort();
}

static void
check_number(const struct fettle_value *v, enum fettle_kind kind)
{
	if (v->kind != kind || (kind != FETTLE_COUNTER && !isfinite(v->real)))
		abort();
}

static void
check_value(void *arg, const struct rounds_value *v)
{
	size_t *values = arg;

	++*values;
	check_name(v->field);
	check_number(&v->value, v->value.kind);
	if (v->value.kind == 0 || v->time_ns <= 0 || v->interval_ns <= 0 ||
	    *v->host == '\0' || *v->plugin == '\0')
		abort();
}

static void
check_list(const struct line_list *l)
{
	if (l->n == 0 || l->n > LINE_FIELDS || l->n_tags > LINE_TAGS ||
	    l->time_ns < 0)
		abort();
	for (size_t i = 0; i < l->n_tags; i++) {
		check_name(l->tags[i].key);
		if (l->tags[i].value == NULL)
			abort();
	}
	for (size_t i = 0; i < l->n; i++) {
		check_name(l->fields[i].name);
		check_number(&l->values[i], l->fields[i].kind);
	}
}

static void
check_collectd(char *line, const struct typesdb *types)
{
	struct line_notice notice;
	size_t values = 0;
	const struct line_taker taker = { types, 1, 1, check_value, &values };
	const enum line_kind kind = line_collectd(line, &taker, &notice);

	if ((values > 0 && kind != LINE_VALUES) || values > LINE_FIELDS ||
	    kind == LINE_LIST)
		abort();
	if (kind == LINE_NOTICE &&
	    (notice.n > LINE_NOTICE_TAGS ||
		strlen(notice.message) == SIZE_MAX || notice.severity == NULL))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *line = strndup((const char *)data, size);
	struct line_list *list = malloc(sizeof(*list));
	struct typesdb types;
	void *json;

	typesdb_init(&types, strdup("load a:GAUGE:0:U b:DERIVE:0:U\n"
				    "absolute value:ABSOLUTE:0:U"));
	if (line_json(line, list, &json) == LINE_LIST)
		check_list(list);
	line_json_free(json);
	check_collectd(line, &types);
	free(line);
	line = strndup((const char *)data, size);
	if (line_influx(line, list) == LINE_LIST)
		check_list(list);
	free(line);
	free(list);
	typesdb_fini(&types);
	return 0;
}
