/* SPDX-License-Identifier: MIT */
/*
 * Any text as what is told of a process, of a group, of a container: the first
 * byte says as which.  By hand, from the top of the tree:
 *
 * clang -std=c11 -D_GNU_SOURCE -g -O1 -fsanitize=fuzzer,address,undefined \
 *     -Isrc/include -Iplugins t/fuzz/units_fuzz.c \
 *     plugins/read/processes/pid.c plugins/common/procfile.c \
 *     plugins/read/cgroup/{container,stat}.c -ljansson -o units_fuzz
 * ./units_fuzz -max_total_time=60 -max_len=1024 FOLDER t/fuzz/units
 */
#include <stdlib.h>
#include <string.h>

#include "common/procfile.h"
#include "read/cgroup/container.h"
#include "read/cgroup/stat.h"
#include "read/processes/pid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Of the daemon; nothing here opens a file or logs. */
int
fettle_file(struct fettle_ctx *ctx, const char *path)
{
	(void)ctx;
	(void)path;
	abort();
}

void
fettle_log(struct fettle_ctx *ctx, int priority, const char *fmt, ...)
{
	(void)ctx;
	(void)priority;
	(void)fmt;
	abort();
}

static void
hold(bool what)
{
	if (!what)
		abort();
}

static void
fuzz_stat(char *text, size_t len)
{
	struct pid_stat s;

	if (!pid_stat_parse(text, len, &s))
		return;
	hold(s.comm > text && s.comm + strlen(s.comm) < text + len);
	hold(pid_state(s.state) < sizeof(PID_STATES));
}

static void
fuzz_args(char *text, size_t len)
{
	char comm[PID_COMM_CUT + 1] = "";
	const char *name;

	strncpy(comm, text, PID_COMM_CUT);
	name = pid_name(comm, text, len);
	hold(strncmp(name, comm, PID_COMM_CUT) == 0);
	pid_args_join(text, len);
	hold(strlen(text) <= len);
}

static bool
fuzz_device(void *arg, unsigned major, unsigned minor)
{
	*(unsigned *)arg += major ^ minor;
	return major % 2 == 0;
}

static void
fuzz_io(const char *text)
{
	uint64_t got, put;
	unsigned seen = 0;
	struct io io;
	double quota;

	pid_io_parse(text, &got, &put);
	io_parse(text, fuzz_device, &seen, &io);
	if (stat_quota(text, &quota))
		hold(quota >= 0);
	stat_number(text, &got);
}

static void
fuzz_path(const char *text)
{
	struct container c;
	struct labels labels;

	if (!container_parse(text, &c, &labels))
		return;
	hold(strlen(c.id) == 0 || strlen(c.id) == CONTAINER_ID);
	hold((c.runtime == RUNTIME_NAMED) == (strlen(c.id) == 0));
	hold(strlen(labels.container) <= CONTAINER_NAME);
}

static void
fuzz_labels(const char *text, size_t len)
{
	static const char id[] = "22222222222222222222222222222222"
				 "22222222222222222222222222222222";
	struct labels labels = { 0 };

	for (int r = RUNTIME_OTHER; r < RUNTIME_N; r++)
		container_labels((enum runtime)r, id, text, len, &labels);
	hold(strlen(labels.container) <= CONTAINER_NAME);
	hold(strlen(labels.pod) <= CONTAINER_NAME);
	hold(strlen(labels.space) <= CONTAINER_NAME);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (size == 0)
		return 0;
	text = malloc(size);
	if (text == NULL)
		abort();
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	if (data[0] == 's')
		fuzz_stat(text, size - 1);
	else if (data[0] == 'a')
		fuzz_args(text, size - 1);
	else if (data[0] == 'i')
		fuzz_io(text);
	else if (data[0] == 'p')
		fuzz_path(text);
	else
		fuzz_labels(text, size - 1);
	free(text);
	return 0;
}
