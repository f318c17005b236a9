# SPDX-License-Identifier: MIT
# Plugins that read what is told of single processes, groups of them, units.
check_PROGRAMS += t/pid_test
TESTS += t/pid_test
t_pid_test_SOURCES = t/pid_test.c $(read_test_sources) \
	plugins/read/processes/pid.c plugins/read/processes/pid.h
t_pid_test_CPPFLAGS = $(unit_cppflags)
t_pid_test_CFLAGS = $(unit_cflags)
t_pid_test_LDFLAGS = $(unit_ldflags)
t_pid_test_LDADD = plugins/libcommon_read.la $(unit_ldadd)

check_PROGRAMS += t/processes_test
TESTS += t/processes_test
processes_test_sources = $(read_test_sources) $(processes_sources) \
	t/processes_world.c t/processes_world.h
t_processes_test_SOURCES = t/processes_test.c $(processes_test_sources)
t_processes_test_CPPFLAGS = $(unit_cppflags)
t_processes_test_CFLAGS = $(unit_cflags)
t_processes_test_LDFLAGS = $(unit_ldflags)
t_processes_test_LDADD = plugins/libcommon_read.la $(unit_ldadd)

check_PROGRAMS += t/processes_top_test
TESTS += t/processes_top_test
t_processes_top_test_SOURCES = t/processes_top_test.c \
	$(processes_test_sources)
t_processes_top_test_CPPFLAGS = $(unit_cppflags)
t_processes_top_test_CFLAGS = $(unit_cflags)
t_processes_top_test_LDFLAGS = $(unit_ldflags)
t_processes_top_test_LDADD = plugins/libcommon_read.la $(unit_ldadd) \
	$(JANSSON_LIBS)

check_PROGRAMS += t/cgroup_test
TESTS += t/cgroup_test
t_cgroup_test_SOURCES = t/cgroup_test.c $(read_test_sources) $(cgroup_sources)
t_cgroup_test_CPPFLAGS = $(unit_cppflags)
t_cgroup_test_CFLAGS = $(unit_cflags)
t_cgroup_test_LDFLAGS = $(unit_ldflags)
t_cgroup_test_LDADD = plugins/libcommon_read.la $(unit_ldadd) $(JANSSON_LIBS)

# Without a bus: the test answers in the place of the manager.
check_PROGRAMS += t/systemd_test
TESTS += t/systemd_test
t_systemd_test_SOURCES = t/systemd_test.c $(read_test_sources) \
	$(systemd_sources)
t_systemd_test_CPPFLAGS = $(unit_cppflags)
t_systemd_test_CFLAGS = $(unit_cflags)
t_systemd_test_LDFLAGS = $(unit_ldflags)
t_systemd_test_LDADD = plugins/libcommon_read.la $(unit_ldadd)

EXTRA_DIST += t/fixtures/cgroup t/fixtures/processes t/fuzz/units_fuzz.c \
	t/fuzz/units
