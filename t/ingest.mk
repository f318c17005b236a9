# SPDX-License-Identifier: MIT
check_PROGRAMS += t/text_test
TESTS += t/text_test
t_text_test_SOURCES = t/text_test.c t/test.h
t_text_test_CPPFLAGS = $(unit_cppflags)
t_text_test_CFLAGS = $(unit_cflags)
t_text_test_LDFLAGS = $(unit_ldflags)
t_text_test_LDADD = plugins/libcommon.la $(unit_ldadd)

check_PROGRAMS += t/batch_json_test
TESTS += t/batch_json_test
t_batch_json_test_SOURCES = t/batch_json_test.c t/test.h
t_batch_json_test_CPPFLAGS = $(unit_cppflags)
t_batch_json_test_CFLAGS = $(unit_cflags)
t_batch_json_test_LDFLAGS = $(unit_ldflags)
t_batch_json_test_LDADD = plugins/libcommon.la $(unit_ldadd)

if BUILD_http_ingest
check_PROGRAMS += t/http_test
TESTS += t/http_test
t_http_test_SOURCES = t/http_test.c t/fake_server.c t/fake_server.h t/test.h
t_http_test_CPPFLAGS = $(unit_cppflags)
t_http_test_CFLAGS = $(unit_cflags)
t_http_test_LDFLAGS = $(unit_ldflags)
t_http_test_LDADD = plugins/libcommon_http.la plugins/libcommon.la \
	$(unit_ldadd)

ingest_world_sources = t/ingest_world.c t/ingest_world.h \
	t/writer_world.c t/writer_world.h \
	$(http_ingest_sources) \
	t/fake_ctx.c t/fake_ctx.h t/fake_server.c t/fake_server.h t/test.h
ingest_world_ldadd = plugins/libcommon_http.la plugins/libcommon_gzip.la \
	plugins/libcommon.la $(unit_ldadd)

check_PROGRAMS += t/http_ingest_test
TESTS += t/http_ingest_test
t_http_ingest_test_SOURCES = t/http_ingest_test.c $(ingest_world_sources)
t_http_ingest_test_CPPFLAGS = $(unit_cppflags)
t_http_ingest_test_CFLAGS = $(unit_cflags) $(ZLIB_CFLAGS)
t_http_ingest_test_LDFLAGS = $(unit_ldflags)
t_http_ingest_test_LDADD = $(ingest_world_ldadd)

check_PROGRAMS += t/http_ingest_snapshot_test
TESTS += t/http_ingest_snapshot_test
t_http_ingest_snapshot_test_SOURCES = t/http_ingest_snapshot_test.c \
	$(ingest_world_sources)
t_http_ingest_snapshot_test_CPPFLAGS = $(unit_cppflags)
t_http_ingest_snapshot_test_CFLAGS = $(unit_cflags)
t_http_ingest_snapshot_test_LDFLAGS = $(unit_ldflags)
t_http_ingest_snapshot_test_LDADD = $(ingest_world_ldadd)
endif
