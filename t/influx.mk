# SPDX-License-Identifier: MIT
check_PROGRAMS += t/line_test
TESTS += t/line_test
t_line_test_SOURCES = t/line_test.c t/chance.h t/test.h
t_line_test_CPPFLAGS = $(unit_cppflags)
t_line_test_CFLAGS = $(unit_cflags)
t_line_test_LDFLAGS = $(unit_ldflags)
t_line_test_LDADD = plugins/libcommon.la $(unit_ldadd)

if BUILD_influxdb
check_PROGRAMS += t/influxdb_answer_test
TESTS += t/influxdb_answer_test
t_influxdb_answer_test_SOURCES = t/influxdb_answer_test.c \
	plugins/write/influxdb/answer.c t/test.h
t_influxdb_answer_test_CPPFLAGS = $(unit_cppflags)
t_influxdb_answer_test_CFLAGS = $(unit_cflags)
t_influxdb_answer_test_LDFLAGS = $(unit_ldflags)
t_influxdb_answer_test_LDADD = $(unit_ldadd)

influx_world_sources = $(influxdb_sources) t/influx_world.c \
	t/influx_world.h t/writer_world.c t/writer_world.h \
	t/fake_ctx.c t/fake_ctx.h t/fake_server.c \
	t/fake_server.h t/test.h
influx_world_libs = plugins/libcommon_http.la \
	plugins/libcommon_gzip.la plugins/libcommon.la $(unit_ldadd)

check_PROGRAMS += t/influxdb_server_test
TESTS += t/influxdb_server_test
t_influxdb_server_test_SOURCES = t/influxdb_server_test.c \
	$(influx_world_sources)
t_influxdb_server_test_CPPFLAGS = $(unit_cppflags)
t_influxdb_server_test_CFLAGS = $(unit_cflags) $(ZLIB_CFLAGS)
t_influxdb_server_test_LDFLAGS = $(unit_ldflags)
t_influxdb_server_test_LDADD = $(influx_world_libs)

check_PROGRAMS += t/influxdb_test
TESTS += t/influxdb_test
t_influxdb_test_SOURCES = t/influxdb_test.c $(influx_world_sources)
t_influxdb_test_CPPFLAGS = $(unit_cppflags)
t_influxdb_test_CFLAGS = $(unit_cflags) $(ZLIB_CFLAGS)
t_influxdb_test_LDFLAGS = $(unit_ldflags)
t_influxdb_test_LDADD = $(influx_world_libs)
endif
EXTRA_DIST += t/fuzz/answer_fuzz.c t/fuzz/answer
