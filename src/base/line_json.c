/* SPDX-License-Identifier: MIT */
#include "base/line_json.h"

#include <string.h>

#include "base/utf8.h"

json_t *
line_json(const char *s)
{
	struct buf line = { 0 };
	json_t *text;

	utf8_add_line(&line, s, strlen(s));
	text = json_stringn(line.len > 0 ? line.data : "", line.len);
	buf_free(&line);
	return text;
}
