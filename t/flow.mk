# SPDX-License-Identifier: MIT
check_PROGRAMS += t/astray_test
TESTS += t/astray_test
t_astray_test_SOURCES = t/astray_test.c t/test.h
t_astray_test_CPPFLAGS = $(unit_cppflags)
t_astray_test_CFLAGS = $(unit_cflags)
t_astray_test_LDFLAGS = $(unit_ldflags)
t_astray_test_LDADD = $(unit_ldadd)

lists_sources = t/lists.c t/lists.h
jobs_sources = t/jobs.c t/jobs.h $(fake_clock_sources)

check_PROGRAMS += t/series_test
TESTS += t/series_test
t_series_test_SOURCES = t/series_test.c t/chance.h t/interned.h \
	$(lists_sources) t/test.h
t_series_test_CPPFLAGS = $(unit_cppflags)
t_series_test_CFLAGS = $(unit_cflags)
t_series_test_LDFLAGS = $(unit_ldflags)
t_series_test_LDADD = $(unit_ldadd)

check_PROGRAMS += t/schema_test
TESTS += t/schema_test
t_schema_test_SOURCES = t/schema_test.c t/chance.h t/interned.h \
	$(lists_sources) t/test.h
t_schema_test_CPPFLAGS = $(unit_cppflags)
t_schema_test_CFLAGS = $(unit_cflags)
t_schema_test_LDFLAGS = $(unit_ldflags)
t_schema_test_LDADD = $(unit_ldadd)

check_PROGRAMS += t/era_test
TESTS += t/era_test
t_era_test_SOURCES = t/era_test.c t/interned.h \
	$(lists_sources) t/test.h
t_era_test_CPPFLAGS = $(unit_cppflags)
t_era_test_CFLAGS = $(unit_cflags)
t_era_test_LDFLAGS = $(unit_ldflags)
t_era_test_LDADD = $(unit_ldadd)

check_PROGRAMS += t/batch_test
TESTS += t/batch_test
t_batch_test_SOURCES = t/batch_test.c t/chance.h t/interned.h \
	$(lists_sources) t/test.h
t_batch_test_CPPFLAGS = $(unit_cppflags)
t_batch_test_CFLAGS = $(unit_cflags)
t_batch_test_LDFLAGS = $(unit_ldflags)
t_batch_test_LDADD = $(unit_ldadd)

check_PROGRAMS += t/cache_test
TESTS += t/cache_test
t_cache_test_SOURCES = t/cache_test.c t/chance.h $(lists_sources) t/test.h
t_cache_test_CPPFLAGS = $(unit_cppflags)
t_cache_test_CFLAGS = $(unit_cflags)
t_cache_test_LDFLAGS = $(unit_ldflags)
t_cache_test_LDADD = $(unit_ldadd)

check_PROGRAMS += t/pattern_test
TESTS += t/pattern_test
t_pattern_test_SOURCES = t/pattern_test.c t/interned.h \
	$(lists_sources) t/test.h
t_pattern_test_CPPFLAGS = $(unit_cppflags)
t_pattern_test_CFLAGS = $(unit_cflags)
t_pattern_test_LDFLAGS = $(unit_ldflags)
t_pattern_test_LDADD = $(unit_ldadd)

check_PROGRAMS += t/router_test
TESTS += t/router_test
t_router_test_SOURCES = t/router_test.c t/chance.h t/interned.h \
	$(lists_sources) t/test.h
t_router_test_CPPFLAGS = $(unit_cppflags)
t_router_test_CFLAGS = $(unit_cflags)
t_router_test_LDFLAGS = $(unit_ldflags)
t_router_test_LDADD = $(unit_ldadd)

check_PROGRAMS += t/draft_test
TESTS += t/draft_test
t_draft_test_SOURCES = t/draft_test.c t/test.h
t_draft_test_CPPFLAGS = $(unit_cppflags)
t_draft_test_CFLAGS = $(unit_cflags)
t_draft_test_LDFLAGS = $(unit_ldflags)
t_draft_test_LDADD = $(unit_ldadd)

check_PROGRAMS += t/dispatch_test
TESTS += t/dispatch_test
t_dispatch_test_SOURCES = t/dispatch_test.c $(lists_sources) t/test.h
t_dispatch_test_CPPFLAGS = $(unit_cppflags)
t_dispatch_test_CFLAGS = $(unit_cflags)
t_dispatch_test_LDFLAGS = $(unit_ldflags)
t_dispatch_test_LDADD = $(unit_ldadd)
check_PROGRAMS += t/pool_late_test
TESTS += t/pool_late_test
t_pool_late_test_SOURCES = t/pool_late_test.c t/test.h
t_pool_late_test_CPPFLAGS = $(unit_cppflags)
t_pool_late_test_CFLAGS = $(unit_cflags)
t_pool_late_test_LDFLAGS = $(unit_ldflags)
t_pool_late_test_LDADD = $(unit_ldadd)

check_PROGRAMS += t/pool_test
TESTS += t/pool_test
t_pool_test_SOURCES = t/pool_test.c t/chance.h $(jobs_sources) t/test.h
t_pool_test_CPPFLAGS = $(unit_cppflags)
t_pool_test_CFLAGS = $(unit_cflags)
t_pool_test_LDFLAGS = $(fake_clock_ldflags)
t_pool_test_LDADD = $(unit_ldadd)

check_PROGRAMS += t/pool_ask_test
TESTS += t/pool_ask_test
t_pool_ask_test_SOURCES = t/pool_ask_test.c $(jobs_sources) t/test.h
t_pool_ask_test_CPPFLAGS = $(unit_cppflags)
t_pool_ask_test_CFLAGS = $(unit_cflags)
t_pool_ask_test_LDFLAGS = $(fake_clock_ldflags)
t_pool_ask_test_LDADD = $(unit_ldadd)

check_PROGRAMS += t/pool_life_test
TESTS += t/pool_life_test
t_pool_life_test_SOURCES = t/pool_life_test.c $(jobs_sources) t/test.h
t_pool_life_test_CPPFLAGS = $(unit_cppflags)
t_pool_life_test_CFLAGS = $(unit_cflags)
t_pool_life_test_LDFLAGS = $(fake_clock_ldflags)
t_pool_life_test_LDADD = $(unit_ldadd)
