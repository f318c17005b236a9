# SPDX-License-Identifier: MIT
# The plugins that read what goes in and out of the machine.
check_PROGRAMS += t/roster_test
TESTS += t/roster_test
t_roster_test_SOURCES = t/roster_test.c t/test.h plugins/common/roster.c
t_roster_test_CPPFLAGS = $(unit_cppflags)
t_roster_test_CFLAGS = $(unit_cflags)
t_roster_test_LDFLAGS = $(unit_ldflags)
t_roster_test_LDADD = $(unit_ldadd)

check_PROGRAMS += t/netlink_test
TESTS += t/netlink_test
t_netlink_test_SOURCES = t/netlink_test.c t/test.h \
	plugins/common/netlink.c plugins/common/nlmsg.c
t_netlink_test_CPPFLAGS = $(unit_cppflags)
t_netlink_test_CFLAGS = $(unit_cflags)
t_netlink_test_LDFLAGS = $(unit_ldflags)
t_netlink_test_LDADD = $(unit_ldadd)

check_PROGRAMS += t/diskio_test
TESTS += t/diskio_test
t_diskio_test_SOURCES = t/diskio_test.c $(read_test_sources) \
	plugins/common/roster.c plugins/read/diskio/diskio.c \
	plugins/read/diskio/diskstats.c
t_diskio_test_CPPFLAGS = $(unit_cppflags)
t_diskio_test_CFLAGS = $(unit_cflags)
t_diskio_test_LDFLAGS = $(unit_ldflags)
t_diskio_test_LDADD = plugins/libcommon_read.la $(unit_ldadd)

# In these two the kernel's answers by netlink are the test's.
check_PROGRAMS += t/network_test
TESTS += t/network_test
t_network_test_SOURCES = t/network_test.c t/fake_netlink.c t/fake_netlink.h \
	$(read_test_sources) plugins/common/nlmsg.c plugins/common/roster.c \
	plugins/read/network/links.c plugins/read/network/network.c
t_network_test_CPPFLAGS = $(unit_cppflags)
t_network_test_CFLAGS = $(unit_cflags)
t_network_test_LDFLAGS = $(unit_ldflags)
t_network_test_LDADD = plugins/libcommon_read.la $(unit_ldadd)

check_PROGRAMS += t/sockets_test
TESTS += t/sockets_test
t_sockets_test_SOURCES = t/sockets_test.c t/fake_netlink.c t/fake_netlink.h \
	$(read_test_sources) plugins/common/nlmsg.c \
	plugins/read/sockets/fields.c plugins/read/sockets/sockets.c \
	plugins/read/sockets/states.c plugins/read/sockets/tables.c
t_sockets_test_CPPFLAGS = $(unit_cppflags)
t_sockets_test_CFLAGS = $(unit_cflags)
t_sockets_test_LDFLAGS = $(unit_ldflags)
t_sockets_test_LDADD = plugins/libcommon_read.la $(unit_ldadd)

EXTRA_DIST += t/fixtures/diskio t/fixtures/network t/fixtures/sockets \
	t/fuzz/diskstats_fuzz.c t/fuzz/links t/fuzz/links_fuzz.c \
	t/fuzz/netdev_fuzz.c t/fuzz/one_file_values.h t/fuzz/tables_fuzz.c
