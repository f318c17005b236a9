# SPDX-License-Identifier: MIT
read_test_sources = t/fake_ctx.c t/fake_ctx.h t/proc_root.c t/proc_root.h \
	t/test.h

check_PROGRAMS += t/cpu_test
TESTS += t/cpu_test
t_cpu_test_SOURCES = t/cpu_test.c $(read_test_sources) plugins/read/cpu.c
t_cpu_test_CPPFLAGS = $(unit_cppflags)
t_cpu_test_CFLAGS = $(unit_cflags)
t_cpu_test_LDFLAGS = $(unit_ldflags)
t_cpu_test_LDADD = $(unit_ldadd)

check_PROGRAMS += t/memory_test
TESTS += t/memory_test
t_memory_test_SOURCES = t/memory_test.c $(read_test_sources) \
	plugins/read/memory.c
t_memory_test_CPPFLAGS = $(unit_cppflags)
t_memory_test_CFLAGS = $(unit_cflags)
t_memory_test_LDFLAGS = $(unit_ldflags)
t_memory_test_LDADD = $(unit_ldadd)

check_PROGRAMS += t/disk_mounts_test
TESTS += t/disk_mounts_test
t_disk_mounts_test_SOURCES = t/disk_mounts_test.c $(read_test_sources) \
	plugins/read/disk/mounts.c
t_disk_mounts_test_CPPFLAGS = $(unit_cppflags)
t_disk_mounts_test_CFLAGS = $(unit_cflags)
t_disk_mounts_test_LDFLAGS = $(unit_ldflags)
t_disk_mounts_test_LDADD = plugins/libcommon_read.la $(unit_ldadd)

check_PROGRAMS += t/disk_ask_test
TESTS += t/disk_ask_test
t_disk_ask_test_SOURCES = t/disk_ask_test.c t/test.h plugins/read/disk/ask.c
t_disk_ask_test_CPPFLAGS = $(unit_cppflags)
t_disk_ask_test_CFLAGS = $(unit_cflags)
t_disk_ask_test_LDFLAGS = $(unit_ldflags)
t_disk_ask_test_LDADD = plugins/libcommon_thread.la $(unit_ldadd)

# Without a thread: the test answers in the place of those that ask.
check_PROGRAMS += t/disk_test
TESTS += t/disk_test
t_disk_test_SOURCES = t/disk_test.c $(read_test_sources) \
	plugins/read/disk/disk.c plugins/read/disk/mounts.c \
	plugins/read/disk/watch.c
t_disk_test_CPPFLAGS = $(unit_cppflags)
t_disk_test_CFLAGS = $(unit_cflags)
t_disk_test_LDFLAGS = $(unit_ldflags)
t_disk_test_LDADD = plugins/libcommon_read.la $(unit_ldadd)

EXTRA_DIST += t/fixtures/cpu t/fixtures/memory t/fixtures/disk \
	t/fuzz/one_file.h t/fuzz/stat_fuzz.c t/fuzz/meminfo_fuzz.c \
	t/fuzz/mountinfo_fuzz.c
