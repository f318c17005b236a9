# SPDX-License-Identifier: MIT
check_PROGRAMS += t/config_diag_test
TESTS += t/config_diag_test
t_config_diag_test_SOURCES = t/config_diag_test.c t/config_said.h t/test.h
t_config_diag_test_CPPFLAGS = $(unit_cppflags)
t_config_diag_test_CFLAGS = $(unit_cflags)
t_config_diag_test_LDFLAGS = $(unit_ldflags)
t_config_diag_test_LDADD = $(unit_ldadd)

check_PROGRAMS += t/config_load_test
TESTS += t/config_load_test
t_config_load_test_SOURCES = t/config_load_test.c t/config_said.h t/test.h
t_config_load_test_CPPFLAGS = $(unit_cppflags)
t_config_load_test_CFLAGS = $(unit_cflags)
t_config_load_test_LDFLAGS = $(unit_ldflags)
t_config_load_test_LDADD = $(unit_ldadd)

check_PROGRAMS += t/config_option_test
TESTS += t/config_option_test
t_config_option_test_SOURCES = t/config_option_test.c t/config_said.h t/test.h
t_config_option_test_CPPFLAGS = $(unit_cppflags)
t_config_option_test_CFLAGS = $(unit_cflags)
t_config_option_test_LDFLAGS = $(unit_ldflags)
t_config_option_test_LDADD = $(unit_ldadd)

check_PROGRAMS += t/config_parse_test
TESTS += t/config_parse_test
t_config_parse_test_SOURCES = t/config_parse_test.c t/config_said.h t/test.h
t_config_parse_test_CPPFLAGS = $(unit_cppflags)
t_config_parse_test_CFLAGS = $(unit_cflags)
t_config_parse_test_LDFLAGS = $(unit_ldflags)
t_config_parse_test_LDADD = $(unit_ldadd)

check_PROGRAMS += t/config_secret_test
TESTS += t/config_secret_test
t_config_secret_test_SOURCES = t/config_secret_test.c t/test.h
t_config_secret_test_CPPFLAGS = $(unit_cppflags)
t_config_secret_test_CFLAGS = $(unit_cflags)
t_config_secret_test_LDFLAGS = $(unit_ldflags)
t_config_secret_test_LDADD = $(unit_ldadd)

check_PROGRAMS += t/config_units_test
TESTS += t/config_units_test
t_config_units_test_SOURCES = t/config_units_test.c t/test.h
t_config_units_test_CPPFLAGS = $(unit_cppflags)
t_config_units_test_CFLAGS = $(unit_cflags)
t_config_units_test_LDFLAGS = $(unit_ldflags)
t_config_units_test_LDADD = $(unit_ldadd)

EXTRA_DIST += t/fuzz/config_fuzz.c t/fuzz/config
