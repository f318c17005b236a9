/* SPDX-License-Identifier: MIT */
/* What systemd says of units: pure functions over names and numbers. */
#ifndef SYSTEMD_UNIT_H
#define SYSTEMD_UNIT_H

#include <fettle/plugin.h>

enum {
	UNIT_COUNT,
	UNIT_ACTIVE, /* the states, in the order of unit_state */
	UNIT_RELOADING,
	UNIT_REFRESHING,
	UNIT_INACTIVE,
	UNIT_FAILED,
	UNIT_ACTIVATING,
	UNIT_DEACTIVATING,
	UNIT_MAINTENANCE, /* the last state */
	UNIT_RESTARTS,	  /* from here on of single units only */
	UNIT_MEMORY,
	UNIT_TASKS,
	UNIT_CPU,
	UNIT_N
};

/* The place of an ActiveState; UNIT_N: one that this version does not know. */
size_t unit_state(const char *active_state);

/* The interface of D-Bus that has what units of this name take; NULL: they
 * take nothing. */
const char *unit_interface(const char *name);

/* A property.  What is not one of ours, or a number that stands for "not
 * known", changes nothing. */
void unit_take(struct fettle_value *v, const char *property, uint64_t n);

#endif
