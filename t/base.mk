# SPDX-License-Identifier: MIT
check_PROGRAMS += t/base_test
TESTS += t/base_test
t_base_test_SOURCES = t/base_test.c t/test.h
t_base_test_CPPFLAGS = $(unit_cppflags)
t_base_test_CFLAGS = $(unit_cflags)
t_base_test_LDFLAGS = $(unit_ldflags)
t_base_test_LDADD = $(unit_ldadd)

# Time that belongs to the test; see fake_clock.h.
fake_clock_sources = t/fake_clock.c t/fake_clock.h
fake_clock_ldflags = $(unit_ldflags) -Wl,--wrap=pthread_cond_timedwait

check_PROGRAMS += t/log_test
TESTS += t/log_test
t_log_test_SOURCES = t/log_test.c t/captured.h $(fake_clock_sources) t/test.h
t_log_test_CPPFLAGS = $(unit_cppflags)
t_log_test_CFLAGS = $(unit_cflags)
t_log_test_LDFLAGS = $(fake_clock_ldflags)
t_log_test_LDADD = $(unit_ldadd)
