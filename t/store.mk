# SPDX-License-Identifier: MIT
if BUILD_store
check_PROGRAMS += t/store_test t/store_disk_test
TESTS += t/store_test t/store_disk_test
endif
t_store_test_SOURCES = t/store_test.c t/chance.h t/store_dir.h t/test.h
t_store_test_CPPFLAGS = $(unit_cppflags)
t_store_test_CFLAGS = $(unit_cflags)
t_store_test_LDFLAGS = $(unit_ldflags)
t_store_test_LDADD = $(unit_ldadd)

# What it exports is called by the shared object.
t_store_disk_test_SOURCES = t/store_disk_test.c t/chance.h t/store_dir.h \
	t/test.h
t_store_disk_test_CPPFLAGS = $(unit_cppflags)
t_store_disk_test_CFLAGS = $(unit_cflags)
t_store_disk_test_LDFLAGS = $(unit_ldflags) -export-dynamic
t_store_disk_test_LDADD = $(unit_ldadd)

check_PROGRAMS += t/seen_test
TESTS += t/seen_test
t_seen_test_SOURCES = t/seen_test.c t/chance.h t/test.h
t_seen_test_CPPFLAGS = $(unit_cppflags)
t_seen_test_CFLAGS = $(unit_cflags)
t_seen_test_LDFLAGS = $(unit_ldflags)
t_seen_test_LDADD = $(unit_ldadd)
