# SPDX-License-Identifier: MIT
# Plugins that read what is told of single processes, groups of them, units.
EXTRA_DIST += plugins/read/keyed.h

plugin_LTLIBRARIES += plugins/read/cgroup.la
plugins_read_cgroup_la_CPPFLAGS = $(plugin_cppflags)
plugins_read_cgroup_la_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
plugins_read_cgroup_la_LIBADD = plugins/libcommon_read.la $(JANSSON_LIBS)
plugins_read_cgroup_la_SOURCES = $(cgroup_sources)
cgroup_sources = \
	plugins/read/cgroup/cgroup.c \
	plugins/read/cgroup/container.c plugins/read/cgroup/container.h \
	plugins/read/cgroup/device.c plugins/read/cgroup/device.h \
	plugins/read/cgroup/names.c plugins/read/cgroup/names.h \
	plugins/read/cgroup/stat.c plugins/read/cgroup/stat.h \
	plugins/read/cgroup/tree.c plugins/read/cgroup/tree.h

plugin_LTLIBRARIES += plugins/read/processes.la
plugins_read_processes_la_CPPFLAGS = $(plugin_cppflags)
plugins_read_processes_la_LIBADD = plugins/libcommon_read.la
plugins_read_processes_la_SOURCES = $(processes_sources) \
	plugins/read/processes/boottime.c
processes_sources = \
	plugins/common/text.c plugins/common/text.h \
	plugins/read/processes/boottime.h \
	plugins/read/processes/fields.h \
	plugins/read/processes/pid.c plugins/read/processes/pid.h \
	plugins/read/processes/top.c plugins/read/processes/top.h \
	plugins/read/processes/processes.c \
	plugins/read/processes/table.c plugins/read/processes/table.h \
	plugins/read/processes/users.c plugins/read/processes/users.h \
	plugins/read/processes/watch.c plugins/read/processes/watch.h

if BUILD_systemd
plugin_LTLIBRARIES += plugins/read/systemd.la
endif
plugins_read_systemd_la_CPPFLAGS = $(plugin_cppflags)
plugins_read_systemd_la_CFLAGS = $(AM_CFLAGS) $(SYSTEMD_CFLAGS)
plugins_read_systemd_la_LIBADD = plugins/libcommon_read.la $(SYSTEMD_LIBS)
plugins_read_systemd_la_SOURCES = $(systemd_sources) \
	plugins/read/systemd/manager.c
systemd_sources = \
	plugins/read/systemd/manager.h \
	plugins/read/systemd/systemd.c \
	plugins/read/systemd/unit.c plugins/read/systemd/unit.h
