/* SPDX-License-Identifier: MIT */
#include "fettlectl_watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "control/render.h"

/* It asks as often as the fastest value comes, but within these. */
#define WATCH_MIN_S 0.2
#define WATCH_MAX_S 2.0

static int
terminal_lines(void)
{
	struct winsize size = { 0 };

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 1)
		return size.ws_row;
	return 24;
}

/* From the top; each line clears what it does not cover, and is cut by the
 * terminal where it is too long (7l), so that none takes two. */
static void
redraw(const char *text)
{
	int left = terminal_lines();

	fputs("\033[?7l\033[H", stdout);
	while (*text != '\0' && --left > 0) {
		const size_t len = strcspn(text, "\n");

		printf("%.*s\033[K\n", (int)len, text);
		text += len + (text[len] == '\n');
	}
	fputs("\033[J\033[?7h", stdout);
}

void
watch_show(void (*show)(FILE *out, const json_t *answer, bool colour),
    const json_t *answer, bool terminal, bool colour)
{
	char *text = NULL;
	size_t len;
	FILE *memory;

	if (!terminal) {
		show(stdout, answer, colour);
		putchar('\n');
		return;
	}
	memory = open_memstream(&text, &len);
	if (memory == NULL)
		abort();
	show(memory, answer, colour);
	fclose(memory);
	redraw(text);
	free(text);
}

void
watch_pause(const json_t *answer)
{
	const json_t *values = json_object_get(answer, "values");
	double pause = WATCH_MAX_S;
	struct timespec t;

	for (size_t i = 0; i < json_array_size(values); i++) {
		const double interval =
		    render_number(json_array_get(values, i), "interval");

		if (interval > 0 && interval < pause)
			pause = interval;
	}
	if (pause < WATCH_MIN_S)
		pause = WATCH_MIN_S;
	t = clock_timespec((int64_t)(pause * (double)NS_PER_S));
	nanosleep(&t, NULL);
}
