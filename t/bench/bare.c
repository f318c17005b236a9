/* SPDX-License-Identifier: MIT */
/*
 * The least that reading a machine costs: the system calls that bring cpu,
 * memory and disk, and nothing done with what they bring.
 *
 * bare every MOUNT...		each second, until it is ended
 * bare rounds N MOUNT...	N times back to back; prints the us of CPU time
 *				that a round took
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

struct bare {
	int stat, meminfo;
	char **mounts; /* ends with NULL */
};

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

static int
open_or_die(const char *path)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		die(path);
	return fd;
}

static void
read_all(const struct bare *b)
{
	char text[4096]; /* as much as the plugins ask for at once */
	struct statvfs fs;

	if (pread(b->stat, text, sizeof(text), 0) <= 0)
		die("/proc/stat");
	if (pread(b->meminfo, text, sizeof(text), 0) <= 0)
		die("/proc/meminfo");
	for (char **m = b->mounts; *m != NULL; m++)
		if (statvfs(*m, &fs) != 0)
			die(*m);
}

static void
every_second(const struct bare *b)
{
	const int timer = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC);
	struct itimerspec at = { .it_interval = { .tv_sec = 1 } };
	uint64_t n;

	at.it_value.tv_sec = time(NULL) + 1;
	if (timer < 0 ||
	    timerfd_settime(timer, TFD_TIMER_ABSTIME, &at, NULL) != 0)
		die("timerfd");
	while (read(timer, &n, sizeof(n)) == sizeof(n))
		read_all(b);
	die("timerfd");
}

static double
cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void
back_to_back(const struct bare *b, unsigned long rounds)
{
	double us;

	read_all(b); /* all is warm */
	us = cpu_us();
	for (unsigned long i = 0; i < rounds; i++)
		read_all(b);
	us = cpu_us() - us;
	printf("%.3f\n", us / (double)rounds);
}

int
main(int argc, char **argv)
{
	struct bare b = { open_or_die("/proc/stat"),
		open_or_die("/proc/meminfo"), NULL };
	unsigned long rounds;

	if (argc >= 2 && strcmp(argv[1], "every") == 0) {
		b.mounts = argv + 2;
		every_second(&b);
	}
	if (argc < 3 || strcmp(argv[1], "rounds") != 0 ||
	    (rounds = strtoul(argv[2], NULL, 10)) == 0) {
		fputs("usage: bare every MOUNT... | bare rounds N MOUNT...\n",
		    stderr);
		return 2;
	}
	b.mounts = argv + 3;
	back_to_back(&b, rounds);
	return 0;
}
