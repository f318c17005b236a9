# SPDX-License-Identifier: MIT
# Pretended agents, for tests and `make bench'.
check_PROGRAMS += t/fleet
t_fleet_SOURCES = t/fleet.c
t_fleet_CFLAGS = $(AM_CFLAGS)
t_fleet_LDFLAGS = $(FETTLE_LDFLAGS)
if BUILD_ringbuffer_http
TESTS += t/37-fleet.py
endif
EXTRA_DIST += t/37-fleet.py
