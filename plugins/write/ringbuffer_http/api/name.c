/* SPDX-License-Identifier: MIT */
#include "name.h"

#include <string.h>

static const char special_host[] = "\\*?[]{}:";

static void
put_quoted(struct text *to, const char *s, const char *special)
{
	for (; *s != '\0'; s++) {
		if (strchr(special, *s) != NULL)
			text_char(to, '\\');
		text_char(to, *s);
	}
}

void
name_put(struct text *to, const char *host, const char *plugin,
    const char *instance, const struct fettle_tag *tags, size_t n_tags,
    const char *field)
{
	if (host != NULL) {
		put_quoted(to, host, special_host);
		text_char(to, ':');
	}
	put_quoted(to, plugin, "\\*?[]{}:.");
	if (instance != NULL) {
		text_char(to, '[');
		put_quoted(to, instance, "\\*?[]");
		text_char(to, ']');
	}
	for (size_t i = 0; i < n_tags; i++) {
		text_char(to, i == 0 ? '{' : ',');
		put_quoted(to, tags[i].key, "\\*?[]{},=");
		text_char(to, '=');
		put_quoted(to, tags[i].value, "\\*?[]{},=");
	}
	if (n_tags > 0)
		text_char(to, '}');
	if (field != NULL) {
		text_char(to, '.');
		text_str(to, field);
	}
}

void
name_put_json(struct text *to, const char *host, const char *plugin,
    const char *instance, const struct fettle_tag *tags, size_t n_tags,
    const char *field)
{
	struct text name = { 0 };

	name_put(&name, host, plugin, instance, tags, n_tags, field);
	if (name.failed)
		to->failed = true;
	else
		text_json(to, name.data);
	text_free(&name);
}

void
name_put_host(struct text *to, const char *host)
{
	put_quoted(to, host, special_host);
	text_str(to, ":*");
}

/* `*' and `?' keep their meaning, and so does what is quoted. */
void
name_put_hosts(struct text *to, const char *glob)
{
	for (; *glob != '\0'; glob++) {
		if (strchr("[]{}:", *glob) != NULL)
			text_char(to, '\\');
		text_char(to, *glob);
		if (*glob == '\\' && glob[1] != '\0')
			text_char(to, *++glob);
	}
	text_str(to, ":*");
}
