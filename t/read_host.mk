# SPDX-License-Identifier: MIT
# What plugins that read share, and those that read what the whole host has.
check_PROGRAMS += t/globs_test
TESTS += t/globs_test
t_globs_test_SOURCES = t/globs_test.c t/test.h
t_globs_test_CPPFLAGS = $(unit_cppflags)
t_globs_test_CFLAGS = $(unit_cflags)
t_globs_test_LDFLAGS = $(unit_ldflags)
t_globs_test_LDADD = plugins/libcommon_read.la $(unit_ldadd)

check_PROGRAMS += t/procfile_test
TESTS += t/procfile_test
t_procfile_test_SOURCES = t/procfile_test.c $(read_test_sources)
t_procfile_test_CPPFLAGS = $(unit_cppflags)
t_procfile_test_CFLAGS = $(unit_cflags)
t_procfile_test_LDFLAGS = $(unit_ldflags)
t_procfile_test_LDADD = plugins/libcommon_read.la $(unit_ldadd)

check_PROGRAMS += t/clock_test
TESTS += t/clock_test
t_clock_test_SOURCES = t/clock_test.c $(read_test_sources) \
	plugins/read/clock.c
t_clock_test_CPPFLAGS = $(unit_cppflags)
t_clock_test_CFLAGS = $(unit_cflags)
t_clock_test_LDFLAGS = $(unit_ldflags)
t_clock_test_LDADD = $(unit_ldadd)

check_PROGRAMS += t/kernel_test
TESTS += t/kernel_test
t_kernel_test_SOURCES = t/kernel_test.c $(read_test_sources) \
	plugins/read/kernel.c
t_kernel_test_CPPFLAGS = $(unit_cppflags)
t_kernel_test_CFLAGS = $(unit_cflags)
t_kernel_test_LDFLAGS = $(unit_ldflags)
t_kernel_test_LDADD = plugins/libcommon_read.la $(unit_ldadd)

check_PROGRAMS += t/load_test
TESTS += t/load_test
t_load_test_SOURCES = t/load_test.c $(read_test_sources) \
	plugins/read/load.c
t_load_test_CPPFLAGS = $(unit_cppflags)
t_load_test_CFLAGS = $(unit_cflags)
t_load_test_LDFLAGS = $(unit_ldflags)
t_load_test_LDADD = plugins/libcommon_read.la $(unit_ldadd)

check_PROGRAMS += t/pressure_test
TESTS += t/pressure_test
t_pressure_test_SOURCES = t/pressure_test.c $(read_test_sources) \
	plugins/read/pressure.c
t_pressure_test_CPPFLAGS = $(unit_cppflags)
t_pressure_test_CFLAGS = $(unit_cflags)
t_pressure_test_LDFLAGS = $(unit_ldflags)
t_pressure_test_LDADD = plugins/libcommon_read.la $(unit_ldadd)

check_PROGRAMS += t/swap_test
TESTS += t/swap_test
t_swap_test_SOURCES = t/swap_test.c $(read_test_sources) \
	plugins/read/swap.c
t_swap_test_CPPFLAGS = $(unit_cppflags)
t_swap_test_CFLAGS = $(unit_cflags)
t_swap_test_LDFLAGS = $(unit_ldflags)
t_swap_test_LDADD = plugins/libcommon_read.la $(unit_ldadd)

check_PROGRAMS += t/temperature_test
TESTS += t/temperature_test
t_temperature_test_SOURCES = t/temperature_test.c $(read_test_sources) \
	plugins/read/temperature/chips.c \
	plugins/read/temperature/sensor.c \
	plugins/read/temperature/temperature.c
t_temperature_test_CPPFLAGS = $(unit_cppflags)
t_temperature_test_CFLAGS = $(unit_cflags)
t_temperature_test_LDFLAGS = $(unit_ldflags)
t_temperature_test_LDADD = plugins/libcommon_read.la $(unit_ldadd)

check_PROGRAMS += t/uptime_test
TESTS += t/uptime_test
t_uptime_test_SOURCES = t/uptime_test.c $(read_test_sources) \
	plugins/read/uptime.c
t_uptime_test_CPPFLAGS = $(unit_cppflags)
t_uptime_test_CFLAGS = $(unit_cflags)
t_uptime_test_LDFLAGS = $(unit_ldflags)
t_uptime_test_LDADD = plugins/libcommon_read.la $(unit_ldadd)

EXTRA_DIST += t/fixtures/kernel t/fixtures/load t/fixtures/pressure \
	t/fixtures/swap t/fixtures/temperature t/fixtures/uptime \
	t/fuzz/host_fuzz.c t/fuzz/host
