/* SPDX-License-Identifier: MIT */
#include "stat.h"

#include <string.h>

#include "../scan.h"

bool
stat_number(const char *text, uint64_t *n)
{
	return scan_number(&text, n) && *text == '\n';
}

bool
stat_quota(const char *text, double *processors)
{
	uint64_t quota, period;

	if (!scan_number(&text, &quota) || *text != ' ' ||
	    !scan_number(&text, &period) || *text != '\n' || period == 0)
		return false;
	*processors = (double)quota / (double)period;
	return true;
}

/* "8:0", with a space or the line's end behind it. */
static bool
io_device(const char *p, unsigned *major, unsigned *minor)
{
	uint64_t a, b;

	if (!scan_number(&p, &a) || *p != ':')
		return false;
	p++;
	if (*p == ' ' || !scan_number(&p, &b) || (*p != ' ' && *p != '\n'))
		return false;
	*major = (unsigned)a;
	*minor = (unsigned)b;
	return true;
}

/* "rbytes=4096": digits may be missing where the text ends. */
static void
io_word(const char *p, struct io *sum)
{
	static const char *const names[] = {
		"rbytes=", "wbytes=", "rios=", "wios="
	};
	uint64_t *const to[] = { &sum->read, &sum->written, &sum->reads,
		&sum->writes };
	uint64_t n;

	for (size_t i = 0; i < sizeof(names) / sizeof *names; i++) {
		const size_t len = strlen(names[i]);
		const char *number = p + len;

		if (strncmp(p, names[i], len) == 0 &&
		    scan_number(&number, &n) &&
		    (*number == ' ' || *number == '\n'))
			*to[i] += n;
	}
}

/* Word by word: some kernels put devices that did nothing before another one
 * of the same line. */
void
io_parse(const char *text, io_counts counts, void *arg, struct io *sum)
{
	bool count = false;

	*sum = (struct io){ 0 };
	while (*text != '\0') {
		unsigned major, minor;

		if (io_device(text, &major, &minor))
			count = counts(arg, major, minor);
		else if (count)
			io_word(text, sum);
		text += strcspn(text, " \n");
		text += strspn(text, " \n");
	}
}
