/* SPDX-License-Identifier: MIT */
/* The manual page of a plugin, in mdoc, from its tables. */
#include <ctype.h>
#include <string.h>

#include "describe.h"

/* As text of a line: nothing in it is a request, a macro or an escape. */
static void
put_text(const char *s, FILE *out)
{
	if (*s == '.' || *s == '\'')
		fputs("\\&", out);
	for (; *s != '\0'; s++) {
		if (*s == '\\')
			fputs("\\e", out);
		else
			fputc(*s == '\n' ? ' ' : *s, out);
	}
}

/* As one argument of a macro. */
static void
put_argument(const char *s, FILE *out)
{
	fputs(" \"\\&", out);
	for (; *s != '\0'; s++) {
		if (*s == '\\')
			fputs("\\e", out);
		else if (*s == '"')
			fputs("\\(dq", out);
		else
			fputc(*s == '\n' ? ' ' : *s, out);
	}
	fputc('"', out);
}

/* Each sentence on a line of its own, as manuals are written, and from its
 * first letter on: a space there would break the line. */
static void
put_sentences(const char *s, FILE *out)
{
	const char *end;

	while ((end = strstr(s, ". ")) != NULL) {
		char one[512];
		const size_t len = (size_t)(end - s) + 1;

		if (len >= sizeof(one))
			break;
		memcpy(one, s, len);
		one[len] = '\0';
		put_text(one, out);
		fputc('\n', out);
		s = end + 1;
		s += strspn(s, " ");
	}
	put_text(s, out);
	fputc('\n', out);
}

static void
put_heading(const char *macro, const char *name, FILE *out)
{
	fputs(macro, out);
	for (; *name != '\0'; name++)
		fputc(toupper((unsigned char)*name), out);
	fputs(" 7\n", out);
}

static void
put_limits(const struct fettle_option *o, FILE *out)
{
	char range[128];

	if (o->choices != NULL) {
		fputs("One of\n.Ql", out);
		put_argument(o->choices, out);
		fputs(" .\n", out);
	}
	if (o->min < o->max) {
		describe_range(o, range, sizeof(range));
		fprintf(out, "From %s.\n", range);
	}
	if (o->fallback == NULL)
		fputs("It is required.\n", out);
	else if (o->fallback[0] != '\0') {
		fputs("The default is\n.Ql", out);
		put_argument(o->fallback, out);
		fputs(" .\n", out);
	}
}

static void
put_options(const struct fettle_options *table, FILE *out)
{
	fputs(".Bl -tag -width Ds\n", out);
	for (uint32_t i = 0; i < table->n; i++) {
		const struct fettle_option *o = &table->v[i];

		fprintf(out, ".It Ic %s%s : Ar \"%s\"\n", o->name,
		    o->type == FETTLE_T_SECRET ? "_file" : "",
		    describe_type(o->type));
		if (o->help != NULL)
			put_sentences(o->help, out);
		put_limits(o, out);
		if (o->sub.n > 0)
			put_options(&o->sub, out);
	}
	fputs(".El\n", out);
}

static void
put_fields(const struct plugin *p, FILE *out)
{
	fputs(".Bl -tag -width Ds\n", out);
	for (uint32_t i = 0; i < p->d.fields.n; i++) {
		const struct fettle_field *f = &p->d.fields.v[i];

		fprintf(
		    out, ".It Va %s Pq %s", f->name, describe_kind(f->kind));
		if (f->unit[0] != '\0') {
			fputs(" , in", out);
			put_argument(f->unit, out);
		}
		fputc('\n', out);
		if (f->help != NULL)
			put_sentences(f->help, out);
	}
	fputs(".El\n", out);
}

static void
put_what_it_does(const struct plugin *p, FILE *out)
{
	const bool source = (p->d.flags & FETTLE_SOURCE) != 0;

	fprintf(out, "It is a plugin of\n.Xr fettled 8\nthat %s%s%s.\n",
	    p->d.read != NULL	  ? "measures"
	    : p->d.notify != NULL ? "tells people"
	    : p->d.write != NULL  ? "delivers what is measured"
				  : "",
	    source && p->d.write != NULL ? ", and " : "",
	    source ? "takes in what others send" : "");
	if (p->d.instance_name != NULL)
		fprintf(out,
		    "There is a value list for each\n.Em %s ;\n"
		    "that is what the brackets of a pattern name.\n",
		    p->d.instance_name);
	if (p->d.headline != NULL) {
		fputs("A threshold on its bare name means\n.Ql", out);
		put_argument(p->d.headline, out);
		fputs(" .\n", out);
	}
}

void
describe_man(const struct plugin *p, FILE *out)
{
	fputs(".Dd " FETTLE_RELEASED "\n", out);
	put_heading(".Dt FETTLE-", p->name, out);
	fprintf(out,
	    ".Os fettle " PACKAGE_VERSION "\n.Sh NAME\n"
	    ".Nm fettle-%s\n.Nd",
	    p->name);
	put_argument(p->d.summary != NULL ? p->d.summary : p->name, out);
	fputs("\n.Sh DESCRIPTION\n", out);
	put_what_it_does(p, out);
	if (p->d.options.n > 0) {
		fputs(
		    ".Sh CONFIGURATION\nBeside what every section takes, see\n"
		    ".Xr fettle.yaml 5 :\n",
		    out);
		put_options(&p->d.options, out);
	}
	if (p->d.fields.n > 0) {
		fputs(".Sh FIELDS\n", out);
		put_fields(p, out);
	}
	fputs(".Sh SEE ALSO\n.Xr fettle.yaml 5 ,\n.Xr fettled 8\n", out);
}
