# SPDX-License-Identifier: MIT
check_PROGRAMS += t/queue_disk_test
TESTS += t/queue_disk_test
t_queue_disk_test_SOURCES = t/queue_disk_test.c t/chance.h $(lists_sources) \
	t/test.h
t_queue_disk_test_CPPFLAGS = $(unit_cppflags)
t_queue_disk_test_CFLAGS = $(unit_cflags)
t_queue_disk_test_LDFLAGS = $(unit_ldflags)
t_queue_disk_test_LDADD = $(unit_ldadd)

check_PROGRAMS += t/writer_spool_test
TESTS += t/writer_spool_test
t_writer_spool_test_SOURCES = t/writer_spool_test.c t/chance.h \
	t/fake_store.c t/fake_store.h $(peer_sources) t/test.h
t_writer_spool_test_CPPFLAGS = $(unit_cppflags)
t_writer_spool_test_CFLAGS = $(unit_cflags)
t_writer_spool_test_LDFLAGS = $(fake_clock_ldflags) -Wl,--wrap=gethostname
t_writer_spool_test_LDADD = $(unit_ldadd)

check_PROGRAMS += t/seen_file_test
TESTS += t/seen_file_test
t_seen_file_test_SOURCES = t/seen_file_test.c t/fake_clock.c t/fake_clock.h \
	t/fake_store.c t/fake_store.h t/test.h
t_seen_file_test_CPPFLAGS = $(unit_cppflags)
t_seen_file_test_CFLAGS = $(unit_cflags)
t_seen_file_test_LDFLAGS = $(fake_clock_ldflags)
t_seen_file_test_LDADD = $(unit_ldadd)
