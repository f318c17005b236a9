# SPDX-License-Identifier: MIT
peer_sources = t/peer.c t/peer.h $(lists_sources) $(fake_clock_sources)

check_PROGRAMS += t/queue_test
TESTS += t/queue_test
t_queue_test_SOURCES = t/queue_test.c t/chance.h $(lists_sources) t/test.h
t_queue_test_CPPFLAGS = $(unit_cppflags)
t_queue_test_CFLAGS = $(unit_cflags)
t_queue_test_LDFLAGS = $(unit_ldflags)
t_queue_test_LDADD = $(unit_ldadd)

check_PROGRAMS += t/retry_test
TESTS += t/retry_test
t_retry_test_SOURCES = t/retry_test.c t/chance.h t/test.h
t_retry_test_CPPFLAGS = $(unit_cppflags)
t_retry_test_CFLAGS = $(unit_cflags)
t_retry_test_LDFLAGS = $(unit_ldflags)
t_retry_test_LDADD = $(unit_ldadd)

check_PROGRAMS += t/writer_test
TESTS += t/writer_test
t_writer_test_SOURCES = t/writer_test.c t/chance.h $(peer_sources) t/test.h
t_writer_test_CPPFLAGS = $(unit_cppflags)
t_writer_test_CFLAGS = $(unit_cflags)
t_writer_test_LDFLAGS = $(fake_clock_ldflags)
t_writer_test_LDADD = $(unit_ldadd)

check_PROGRAMS += t/writer_life_test
TESTS += t/writer_life_test
t_writer_life_test_SOURCES = t/writer_life_test.c $(peer_sources) t/test.h
t_writer_life_test_CPPFLAGS = $(unit_cppflags)
t_writer_life_test_CFLAGS = $(unit_cflags)
t_writer_life_test_LDFLAGS = $(fake_clock_ldflags) -Wl,--wrap=pthread_create
t_writer_life_test_LDADD = $(unit_ldadd)
