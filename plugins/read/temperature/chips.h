/* SPDX-License-Identifier: MIT */
/*
 * Which sensors there are: the chips in /sys/class/hwmon, one folder each, and
 * the thermal zones in /sys/class/thermal.  A chip that only shows a thermal
 * zone once more is left to the zone.  Drivers from before Linux 3.x keep
 * their files in the folder `device' of the chip.
 *
 * A struct chips that is all zero, but for what is wanted, has none yet.
 */
#ifndef TEMPERATURE_CHIPS_H
#define TEMPERATURE_CHIPS_H

#include <dirent.h>
#include <sys/types.h>

#include "sensor.h"

enum { CHIPS_SENSORS = 512 }; /* each keeps a descriptor, or two */

struct chip {
	char entry[32];		  /* in the folder of its class: "hwmon0" */
	ino_t inode;		  /* an entry of that name may be another */
	char device[SENSOR_NAME]; /* the kernel's name for it: "nvme0" */
	struct sensor **sensors;
	size_t n;
	bool seen;
};

struct class_kind;

struct class {
	const struct class_kind *kind;
	DIR *dir; /* NULL: it is not there */
	struct chip *chips;
	size_t n;
};

struct chips {
	struct fettle_strings include, exclude; /* names of sensors; lent */
	struct class hwmon, zones;
	size_t sensors;
	bool too_many; /* and the log was told */
};

/* Looks which chips have come and gone.  0, or what fettle_fail returned. */
int chips_update(struct chips *all, struct fettle_ctx *ctx);
void chips_close(struct chips *all);

#endif
