# SPDX-License-Identifier: MIT
# Small plugins for tests of modules and of the daemon: the head of each says
# what it does.  They are not installed, only staged.
test_plugin = $(AM_LDFLAGS) -rpath /nowhere
EXTRA_DIST += t/plugins/lines.h
check_LTLIBRARIES += \
	t/plugins/adopter.la \
	t/plugins/bad_major.la \
	t/plugins/bad_newer.la \
	t/plugins/bad_none.la \
	t/plugins/bad_size.la \
	t/plugins/bad_symbol.la \
	t/plugins/badread.la \
	t/plugins/counter.la \
	t/plugins/dynamic.la \
	t/plugins/newer.la \
	t/plugins/notifier.la \
	t/plugins/options.la \
	t/plugins/refuser.la \
	t/plugins/serial.la \
	t/plugins/sinkfile.la \
	t/plugins/sleeper.la \
	t/plugins/sleepsink.la \
	t/plugins/source.la \
	t/plugins/steady.la

t_plugins_adopter_la_LDFLAGS = $(test_plugin)
t_plugins_bad_major_la_LDFLAGS = $(test_plugin)
t_plugins_bad_newer_la_LDFLAGS = $(test_plugin)
t_plugins_bad_none_la_LDFLAGS = $(test_plugin)
t_plugins_bad_size_la_LDFLAGS = $(test_plugin)
t_plugins_bad_symbol_la_LDFLAGS = $(test_plugin) -Wl,-z,lazy
t_plugins_badread_la_LDFLAGS = $(test_plugin)
t_plugins_counter_la_LDFLAGS = $(test_plugin)
t_plugins_dynamic_la_LDFLAGS = $(test_plugin)
t_plugins_newer_la_LDFLAGS = $(test_plugin)
t_plugins_notifier_la_LDFLAGS = $(test_plugin)
t_plugins_options_la_LDFLAGS = $(test_plugin)
t_plugins_refuser_la_LDFLAGS = $(test_plugin)
t_plugins_serial_la_LDFLAGS = $(test_plugin)
t_plugins_sinkfile_la_LDFLAGS = $(test_plugin)
t_plugins_sleeper_la_LDFLAGS = $(test_plugin)
t_plugins_sleepsink_la_LDFLAGS = $(test_plugin)
t_plugins_source_la_LDFLAGS = $(test_plugin)
t_plugins_steady_la_LDFLAGS = $(test_plugin)
