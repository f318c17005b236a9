# SPDX-License-Identifier: MIT
check_PROGRAMS += t/snapshot_test
TESTS += t/snapshot_test
t_snapshot_test_SOURCES = t/snapshot_test.c t/made.h t/test.h
t_snapshot_test_CPPFLAGS = $(unit_cppflags)
t_snapshot_test_CFLAGS = $(unit_cflags)
t_snapshot_test_LDFLAGS = $(unit_ldflags)
t_snapshot_test_LDADD = plugins/libcommon.la $(unit_ldadd)

hub_tests = t/ingest_reader_test t/hub_ingest_test t/hub_ring_test \
	t/hub_gate_test t/hub_metrics_test t/hub_http_test t/hub_life_test \
	t/hub_who_test
if BUILD_ringbuffer_http
check_PROGRAMS += $(hub_tests)
TESTS += $(hub_tests)
endif
hub_test_cflags = $(unit_cflags) $(hub_define) $(MICROHTTPD_CFLAGS) $(GNUTLS_CFLAGS) \
	$(ZLIB_CFLAGS)
hub_test_libs = plugins/write/libringbuffer_http.la $(hub_libs) $(unit_ldadd)

t_ingest_reader_test_SOURCES = t/ingest_reader_test.c t/reader_oracle.h \
	t/test.h
t_ingest_reader_test_CPPFLAGS = $(unit_cppflags)
t_ingest_reader_test_CFLAGS = $(hub_test_cflags)
t_ingest_reader_test_LDFLAGS = $(unit_ldflags)
t_ingest_reader_test_LDADD = $(hub_test_libs)

t_hub_ingest_test_SOURCES = t/hub_ingest_test.c t/test.h
t_hub_ingest_test_CPPFLAGS = $(unit_cppflags)
t_hub_ingest_test_CFLAGS = $(hub_test_cflags)
t_hub_ingest_test_LDFLAGS = $(unit_ldflags)
t_hub_ingest_test_LDADD = $(hub_test_libs)

t_hub_ring_test_SOURCES = t/hub_ring_test.c t/made.h t/test.h
t_hub_ring_test_CPPFLAGS = $(unit_cppflags)
t_hub_ring_test_CFLAGS = $(hub_test_cflags)
t_hub_ring_test_LDFLAGS = $(unit_ldflags)
t_hub_ring_test_LDADD = $(hub_test_libs)

t_hub_gate_test_SOURCES = t/hub_gate_test.c t/test.h
t_hub_gate_test_CPPFLAGS = $(unit_cppflags)
t_hub_gate_test_CFLAGS = $(hub_test_cflags)
t_hub_gate_test_LDFLAGS = $(unit_ldflags)
t_hub_gate_test_LDADD = plugins/libcommon_gzip.la $(hub_test_libs)

t_hub_metrics_test_SOURCES = t/hub_metrics_test.c t/test.h
t_hub_metrics_test_CPPFLAGS = $(unit_cppflags)
t_hub_metrics_test_CFLAGS = $(hub_test_cflags)
t_hub_metrics_test_LDFLAGS = $(unit_ldflags)
t_hub_metrics_test_LDADD = $(hub_test_libs)

t_hub_http_test_SOURCES = t/hub_http_test.c \
	plugins/write/ringbuffer_http/plugin.c t/fake_ctx.c t/fake_ctx.h \
	t/hub_client.c t/hub_client.h t/test.h
t_hub_http_test_CPPFLAGS = $(unit_cppflags)
t_hub_http_test_CFLAGS = $(hub_test_cflags)
t_hub_http_test_LDFLAGS = $(unit_ldflags)
t_hub_http_test_LDADD = plugins/libcommon_gzip.la $(hub_test_libs)

t_hub_life_test_SOURCES = t/hub_life_test.c \
	plugins/write/ringbuffer_http/plugin.c t/fake_ctx.c t/fake_ctx.h \
	t/hub_client.c t/hub_client.h t/test.h
t_hub_life_test_CPPFLAGS = $(unit_cppflags)
t_hub_life_test_CFLAGS = $(hub_test_cflags)
t_hub_life_test_LDFLAGS = $(unit_ldflags)
t_hub_life_test_LDADD = $(hub_test_libs)

t_hub_who_test_SOURCES = t/hub_who_test.c t/test.h
t_hub_who_test_CPPFLAGS = $(unit_cppflags)
t_hub_who_test_CFLAGS = $(hub_test_cflags)
t_hub_who_test_LDFLAGS = $(unit_ldflags)
t_hub_who_test_LDADD = $(hub_test_libs)

EXTRA_DIST += t/fuzz/ingest_fuzz.c t/fuzz/ingest t/fuzz/gate_fuzz.c \
	t/fuzz/gate t/fuzz/who_fuzz.c t/fuzz/who
