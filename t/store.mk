# SPDX-License-Identifier: MIT
if BUILD_store
store_tests = t/store_damage_test t/store_fault_test t/store_life_test \
	t/store_test
check_PROGRAMS += $(store_tests)
TESTS += $(store_tests)
endif
t_store_test_SOURCES = t/store_test.c t/chance.h $(store_dir_sources) t/test.h
t_store_test_CPPFLAGS = $(unit_cppflags)
t_store_test_CFLAGS = $(unit_cflags)
t_store_test_LDFLAGS = $(unit_ldflags)
t_store_test_LDADD = $(unit_ldadd)

store_dir_sources = t/store_dir.c t/store_dir.h

# What store_disk.c exports is called by the shared object.
store_disk_sources = t/store_disk.c t/store_disk.h $(store_dir_sources) \
	t/test.h
store_disk_ldflags = $(unit_ldflags) -export-dynamic

t_store_damage_test_SOURCES = t/store_damage_test.c t/chance.h $(store_disk_sources)
t_store_damage_test_CPPFLAGS = $(unit_cppflags)
t_store_damage_test_CFLAGS = $(unit_cflags)
t_store_damage_test_LDFLAGS = $(store_disk_ldflags)
t_store_damage_test_LDADD = $(unit_ldadd)

t_store_fault_test_SOURCES = t/store_fault_test.c $(store_disk_sources)
t_store_fault_test_CPPFLAGS = $(unit_cppflags)
t_store_fault_test_CFLAGS = $(unit_cflags)
t_store_fault_test_LDFLAGS = $(store_disk_ldflags)
t_store_fault_test_LDADD = $(unit_ldadd)

t_store_life_test_SOURCES = t/store_life_test.c $(store_disk_sources)
t_store_life_test_CPPFLAGS = $(unit_cppflags)
t_store_life_test_CFLAGS = $(unit_cflags)
t_store_life_test_LDFLAGS = $(store_disk_ldflags)
t_store_life_test_LDADD = $(unit_ldadd)

check_PROGRAMS += t/seen_test
TESTS += t/seen_test
t_seen_test_SOURCES = t/seen_test.c t/chance.h t/test.h
t_seen_test_CPPFLAGS = $(unit_cppflags)
t_seen_test_CFLAGS = $(unit_cflags)
t_seen_test_LDFLAGS = $(unit_ldflags)
t_seen_test_LDADD = $(unit_ldadd)

check_PROGRAMS += t/via_test
TESTS += t/via_test
t_via_test_SOURCES = t/via_test.c $(lists_sources) t/test.h
t_via_test_CPPFLAGS = $(unit_cppflags)
t_via_test_CFLAGS = $(unit_cflags)
t_via_test_LDFLAGS = $(unit_ldflags)
t_via_test_LDADD = $(unit_ldadd)
