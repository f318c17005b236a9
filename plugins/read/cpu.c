/* SPDX-License-Identifier: MIT */
/*
 * cpu: how the machine, and each core, spends its time.
 *
 * From the lines of /proc/stat that begin with "cpu", proc_stat(5): ticks that
 * each core has spent in ten states since the machine started.  They are the
 * first lines of the file, and no more of it is read.  What is submitted are
 * the shares of the time between two readings.
 *
 * The kernel counts the time of guests as user time as well; here it is taken
 * out of user and nice, so that the ten states add up to 100.  Time that is
 * stolen was not this machine's to spend: it counts as time, not as busy.
 */
#include <fettle/plugin.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scan.h"

/* The states are in the order of the columns. */
enum {
	CPU_PERCENT,
	CPU_USER,
	CPU_NICE,
	CPU_SYSTEM,
	CPU_IDLE,
	CPU_IOWAIT,
	CPU_IRQ,
	CPU_SOFTIRQ,
	CPU_STEAL,
	CPU_GUEST,
	CPU_GUEST_NICE,
	CPU_N
};

enum {
	CPU_CORES = 8192, /* no kernel is built for more */
	CPU_WINDOW = 4096 /* bytes read at once; a line is under 250 */
};

/* A share of less time says more about the ticks, of 10 ms, than about the
 * core: the reading before is kept then. */
#define CPU_LEAST_NS 100000000

/* The kernel takes the idle time of a core that is switched off from another
 * clock than before, so that of the machine may fall, by any amount.  Less
 * than 3 s is how it rounds. */
#define CPU_FALL_TICKS 300

#define CPU_STATE(i, name, help)                                              \
	[i] = { name, FETTLE_GAUGE, FETTLE_PERCENT, help }

static const struct fettle_field cpu_fields[CPU_N] = {
	CPU_STATE(CPU_PERCENT, "percent",
	    "Busy: neither idle nor waiting for input or output nor stolen."),
	CPU_STATE(CPU_USER, "user", "Running programs."),
	CPU_STATE(CPU_NICE, "nice", "Running programs of low priority."),
	CPU_STATE(CPU_SYSTEM, "system", "In the kernel."),
	CPU_STATE(CPU_IDLE, "idle", "Doing nothing."),
	CPU_STATE(CPU_IOWAIT, "iowait",
	    "Doing nothing while input or output is outstanding."),
	CPU_STATE(CPU_IRQ, "irq", "Serving interrupts."),
	CPU_STATE(CPU_SOFTIRQ, "softirq", "Serving soft interrupts."),
	CPU_STATE(
	    CPU_STEAL, "steal", "Taken by the hypervisor for other machines."),
	CPU_STATE(CPU_GUEST, "guest",
	    "Running virtual machines; not contained in user."),
	CPU_STATE(CPU_GUEST_NICE, "guest_nice",
	    "Running virtual machines of low priority; not contained in nice."),
};

struct core {
	uint64_t reading; /* the last one it was in; 0: none */
	/* Ticks by state.  [CPU_PERCENT]: those of the states that never run
	 * backwards, so if it falls the core has begun to count anew. */
	uint64_t ticks[CPU_N];
};

struct cpu {
	bool per_core;
	int fd;
	uint64_t reading;
	int64_t taken_ns;   /* when that one was */
	bool brief;	    /* this one comes too soon after it */
	struct core *cores; /* [0] the machine, [1 + n] core n */
	size_t n, cap;
};

static const struct fettle_option cpu_options[] = {
	FETTLE_OPTION(struct cpu, per_core, "true",
	    "Report each core as well, as cpu[0], cpu[1] and so on."),
};

/* What is spent in a state; idle and iowait may run backwards: that is none */
static double
cpu_spent(const uint64_t *was, const uint64_t *now, size_t i)
{
	return now[i] > was[i] ? (double)(now[i] - was[i]) : 0;
}

static double
cpu_without(double all, double part)
{
	return all > part ? all - part : 0;
}

/* Not even rounding takes it over 100. */
static double
cpu_percent(double part, double all)
{
	const double percent = 100 * part / all;

	return percent < 100 ? percent : 100;
}

/* False where the two readings are no measure of what was between them. */
static bool
cpu_shares(const uint64_t *was, const uint64_t *now, double *share)
{
	double spent[CPU_N], all = 0, busy;

	if (now[CPU_PERCENT] < was[CPU_PERCENT] ||
	    now[CPU_IDLE] + CPU_FALL_TICKS < was[CPU_IDLE])
		return false;
	for (size_t i = CPU_USER; i < CPU_N; i++)
		spent[i] = cpu_spent(was, now, i);
	spent[CPU_USER] = cpu_without(spent[CPU_USER], spent[CPU_GUEST]);
	spent[CPU_NICE] = cpu_without(spent[CPU_NICE], spent[CPU_GUEST_NICE]);
	for (size_t i = CPU_USER; i < CPU_N; i++)
		all += spent[i];
	if (!(all > 0))
		return false;
	for (size_t i = CPU_USER; i < CPU_N; i++)
		share[i] = cpu_percent(spent[i], all);
	busy = cpu_without(
	    all, spent[CPU_IDLE] + spent[CPU_IOWAIT] + spent[CPU_STEAL]);
	share[CPU_PERCENT] = cpu_percent(busy, all);
	return true;
}

/* The slot of a core, made where there is none; NULL: out of memory. */
static struct core *
cpu_core(struct cpu *self, size_t slot)
{
	if (slot >= self->cap) {
		const size_t cap = slot < 8 ? 8 : 2 * slot;
		struct core *more =
		    reallocarray(self->cores, cap, sizeof *more);

		if (more == NULL)
			return NULL;
		self->cores = more;
		self->cap = cap;
	}
	for (; self->n <= slot; self->n++)
		self->cores[self->n] = (struct core){ 0 };
	return &self->cores[slot];
}

/* Older kernels have fewer columns; user, nice, system, idle all have. */
static bool
cpu_parse(const char *columns, uint64_t *ticks)
{
	size_t i = CPU_USER;

	while (i < CPU_N && scan_number(&columns, &ticks[i]))
		i++;
	if (i <= CPU_IDLE)
		return false;
	for (; i < CPU_N; i++)
		ticks[i] = 0;
	ticks[CPU_PERCENT] = ticks[CPU_USER] + ticks[CPU_NICE] +
			     ticks[CPU_SYSTEM] + ticks[CPU_IRQ] +
			     ticks[CPU_SOFTIRQ];
	return true;
}

/* Takes a line; name is what follows "cpu" in it. */
static int
cpu_take(struct fettle_ctx *ctx, char *name)
{
	struct cpu *self = fettle_self(ctx);
	char *end = name + strspn(name, "0123456789");
	const bool machine = end == name;
	const char *p = name;
	double share[CPU_N];
	struct core now, *core;
	uint64_t number = 0;

	if (*end != ' ' || (!machine && !scan_number(&p, &number)) ||
	    number >= CPU_CORES)
		return 0;
	if (!cpu_parse(end, now.ticks))
		return fettle_fail(ctx, EINVAL, "parse /proc/stat");
	if (self->brief)
		return 0;
	core = cpu_core(self, machine ? 0 : (size_t)number + 1);
	if (core == NULL)
		return fettle_fail(ctx, ENOMEM, "keep the ticks of a core");
	*end = '\0';
	now.reading = self->reading;
	if (core->reading == now.reading - 1 &&
	    cpu_shares(core->ticks, now.ticks, share))
		fettle_submit(
		    ctx, machine ? NULL : name, FETTLE_GAUGES(share));
	*core = now;
	return 0;
}

/* Takes the whole lines between text and end.  The begin of what is left of
 * them, or NULL: that was the last one, or *rc says what is wrong. */
static char *
cpu_lines(struct fettle_ctx *ctx, char *text, const char *end, int *rc)
{
	const struct cpu *self = fettle_self(ctx);
	char *newline;

	while (end - text >= 3) {
		if (memcmp(text, "cpu", 3) != 0)
			return NULL;
		newline = memchr(text, '\n', (size_t)(end - text));
		if (newline == NULL)
			break;
		*newline = '\0';
		*rc = cpu_take(ctx, text + 3);
		if (*rc != 0 || !self->per_core)
			return NULL;
		text = newline + 1;
	}
	return text;
}

/* However many cores there are, the window moves on over their lines. */
static int
cpu_read(struct fettle_ctx *ctx)
{
	struct cpu *self = fettle_self(ctx);
	char window[CPU_WINDOW], *rest = window;
	size_t left = 0;
	off_t at = 0;
	ssize_t n;
	int rc = 0;

	self->brief = fettle_now(ctx) - self->taken_ns < CPU_LEAST_NS;
	if (!self->brief) {
		self->reading++;
		self->taken_ns = fettle_now(ctx);
	}
	do {
		memmove(window, rest, left);
		n = pread(self->fd, window + left, sizeof(window) - left, at);
		if (n < 0)
			return fettle_fail(ctx, errno, "read /proc/stat");
		at += n;
		left += (size_t)n;
		rest = cpu_lines(ctx, window, window + left, &rc);
		if (rest != NULL)
			left -= (size_t)(rest - window);
	} while (rest != NULL && n > 0 && left < sizeof(window));
	if (rc == 0 &&
	    (self->n == 0 || self->cores[0].reading != self->reading))
		return fettle_fail(ctx, ENODATA, "find cpu in /proc/stat");
	return rc;
}

static void
cpu_close(struct fettle_ctx *ctx)
{
	struct cpu *self = fettle_self(ctx);

	close(self->fd);
	free(self->cores);
	self->cores = NULL;
	self->n = self->cap = 0;
}

/* A share needs two readings: the first one is taken here. */
static int
cpu_open(struct fettle_ctx *ctx)
{
	struct cpu *self = fettle_self(ctx);
	int rc;

	self->fd = fettle_file(ctx, "/proc/stat");
	if (self->fd < 0)
		return fettle_fail(ctx, -self->fd, "open /proc/stat");
	self->reading = 1;
	self->taken_ns = INT64_MIN / 2; /* long ago */
	rc = cpu_read(ctx);
	if (rc != 0)
		cpu_close(ctx);
	return rc;
}

FETTLE_PLUGIN(cpu) = {
	FETTLE_ABI,
	.summary = "How the machine, and each core, spends its time.",
	.instance_name = "core",
	.headline = "cpu.percent",
	.fields = FETTLE_FIELDS(cpu_fields),
	.options = FETTLE_OPTIONS(cpu_options),
	.self_size = sizeof(struct cpu),
	.open = cpu_open,
	.read = cpu_read,
	.close = cpu_close,
};
