/* SPDX-License-Identifier: MIT */
/* What is written to standard error meanwhile: captured_begin as a test's
 * setup, captured_end as its teardown, captured() in between. */
#ifndef T_CAPTURED_H
#define T_CAPTURED_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct {
	FILE *file;
	int saved;
	char *text;
} capture;

static inline int
captured_begin(void **state)
{
	(void)state;
	capture.file = tmpfile();
	if (capture.file == NULL)
		return -1;
	fcntl(fileno(capture.file), F_SETFL, O_APPEND);
	capture.saved = dup(STDERR_FILENO);
	return dup2(fileno(capture.file), STDERR_FILENO) < 0;
}

static inline int
captured_end(void **state)
{
	(void)state;
	dup2(capture.saved, STDERR_FILENO);
	close(capture.saved);
	fclose(capture.file);
	free(capture.text);
	capture.text = NULL;
	return 0;
}

/* All of it so far; good until the next call. */
static inline const char *
captured(void)
{
	const int fd = fileno(capture.file);
	const off_t size = lseek(fd, 0, SEEK_END);
	ssize_t n;

	free(capture.text);
	capture.text = malloc((size_t)size + 1);
	assert_non_null(capture.text);
	n = pread(fd, capture.text, (size_t)size, 0);
	assert_int_equal(n, size);
	capture.text[n] = '\0';
	return capture.text;
}

/* How often a text is in it. */
static inline int
captured_count(const char *what)
{
	int n = 0;

	for (const char *s = captured(); (s = strstr(s, what)) != NULL; s++)
		n++;
	return n;
}

#endif
