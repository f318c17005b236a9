# SPDX-License-Identifier: MIT
# What the whole host has.
plugin_LTLIBRARIES += plugins/read/clock.la

plugin_LTLIBRARIES += plugins/read/kernel.la
plugins_read_kernel_la_CPPFLAGS = $(plugin_cppflags)
plugins_read_kernel_la_LIBADD = plugins/libcommon_read.la

plugin_LTLIBRARIES += plugins/read/load.la
plugins_read_load_la_CPPFLAGS = $(plugin_cppflags)
plugins_read_load_la_LIBADD = plugins/libcommon_read.la

plugin_LTLIBRARIES += plugins/read/pressure.la
plugins_read_pressure_la_CPPFLAGS = $(plugin_cppflags)
plugins_read_pressure_la_LIBADD = plugins/libcommon_read.la

plugin_LTLIBRARIES += plugins/read/swap.la
plugins_read_swap_la_CPPFLAGS = $(plugin_cppflags)
plugins_read_swap_la_LIBADD = plugins/libcommon_read.la

plugin_LTLIBRARIES += plugins/read/temperature.la
plugins_read_temperature_la_CPPFLAGS = $(plugin_cppflags)
plugins_read_temperature_la_LIBADD = plugins/libcommon_read.la
plugins_read_temperature_la_SOURCES = \
	plugins/read/temperature/chips.c plugins/read/temperature/chips.h \
	plugins/read/temperature/sensor.c plugins/read/temperature/sensor.h \
	plugins/read/temperature/temperature.c

plugin_LTLIBRARIES += plugins/read/uptime.la
plugins_read_uptime_la_CPPFLAGS = $(plugin_cppflags)
plugins_read_uptime_la_LIBADD = plugins/libcommon_read.la
