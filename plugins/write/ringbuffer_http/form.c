/* SPDX-License-Identifier: MIT */
#include "form.h"

#include <string.h>

#include "hex.h"

/* %XX, but not %00. */
static bool
decode(char *s, bool plus)
{
	char *to = s;

	for (; *s != '\0'; s++) {
		const int high = *s == '%' ? hex_digit(s[1]) : -1;
		const int low = high >= 0 ? hex_digit(s[2]) : -1;

		if (*s != '%') {
			*to++ = *s;
			if (plus && *s == '+')
				to[-1] = ' ';
			continue;
		}
		if (low < 0 || (high | low) == 0)
			return false;
		*to++ = (char)(high << 4 | low);
		s += 2;
	}
	*to = '\0';
	return true;
}

/* How many bytes follow the first one of a character; -1: it is no first. */
static int
followers(unsigned char c)
{
	return c < 0x80		       ? 0
	       : c >= 0xc2 && c < 0xe0 ? 1
	       : c >= 0xe0 && c < 0xf0 ? 2
	       : c >= 0xf0 && c < 0xf5 ? 3
				       : -1;
}

/* Shortest form, no surrogates, nothing above U+10FFFF. */
static bool
is_utf8(const char *s)
{
	const unsigned char *p = (const unsigned char *)s;

	for (; *p != '\0'; p++) {
		const unsigned char first = *p;
		int n = followers(first);

		if (n < 0)
			return false;
		if ((first == 0xe0 && p[1] < 0xa0) ||
		    (first == 0xed && p[1] > 0x9f) ||
		    (first == 0xf0 && p[1] < 0x90) ||
		    (first == 0xf4 && p[1] > 0x8f))
			return false;
		for (; n > 0; n--)
			if ((*++p & 0xc0) != 0x80)
				return false;
	}
	return true;
}

static bool
take(struct form *f, char *name, bool plus, const char **why)
{
	char *value = strchr(name, '=');

	*why = "too many parameters";
	if (f->n == FORM_MAX)
		return false;
	*why = "a parameter is NAME=VALUE, percent-encoded";
	if (value == NULL)
		return false;
	*value++ = '\0';
	if (!decode(name, plus) || !decode(value, plus))
		return false;
	*why = "a parameter is not UTF-8";
	if (!is_utf8(name) || !is_utf8(value))
		return false;
	f->v[f->n++] = (struct form_field){ name, value };
	return true;
}

bool
form_read(struct form *f, char *text, bool plus, const char **why)
{
	f->n = 0;
	while (text != NULL && *text != '\0') {
		char *next = strchr(text, '&');

		if (next != NULL)
			*next++ = '\0';
		if (!take(f, text, plus, why))
			return false;
		text = next;
	}
	return true;
}

const char *
form_get(const struct form *f, const char *name)
{
	const char *value = NULL;

	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->v[i].name, name) == 0)
			value = f->v[i].value;
	return value;
}

const char *
form_host(char *query, const char **host)
{
	struct form form;
	const char *why;

	*host = "*";
	if (!form_read(&form, query, true, &why))
		return why;
	for (size_t i = 0; i < form.n; i++) {
		if (strcmp(form.v[i].name, "host") != 0)
			return "the parameter is host";
		if (form.v[i].value[0] != '\0')
			*host = form.v[i].value;
	}
	return NULL;
}
