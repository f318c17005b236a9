# SPDX-License-Identifier: MIT
check_PROGRAMS += t/crc32c_test
TESTS += t/crc32c_test
t_crc32c_test_SOURCES = t/crc32c_test.c t/test.h
t_crc32c_test_CPPFLAGS = $(unit_cppflags)
t_crc32c_test_CFLAGS = $(unit_cflags)
t_crc32c_test_LDFLAGS = $(unit_ldflags)
t_crc32c_test_LDADD = $(unit_ldadd)

check_PROGRAMS += t/pack_test
TESTS += t/pack_test
t_pack_test_SOURCES = t/pack_test.c t/chance.h t/same_list.h t/test.h
t_pack_test_CPPFLAGS = $(unit_cppflags)
t_pack_test_CFLAGS = $(unit_cflags)
t_pack_test_LDFLAGS = $(unit_ldflags)
t_pack_test_LDADD = $(unit_ldadd)

check_PROGRAMS += t/pack_version_test
TESTS += t/pack_version_test
t_pack_version_test_SOURCES = t/pack_version_test.c t/same_list.h t/test.h
t_pack_version_test_CPPFLAGS = $(unit_cppflags)
t_pack_version_test_CFLAGS = $(unit_cflags)
t_pack_version_test_LDFLAGS = $(unit_ldflags)
t_pack_version_test_LDADD = $(unit_ldadd)

EXTRA_DIST += t/fuzz/pack_fuzz.c t/fuzz/pack
