/* SPDX-License-Identifier: MIT */
/*
 * One sensor: an input, what it is called, and its limits, which are read
 * once. It belongs to its chip.
 */
#ifndef TEMPERATURE_SENSOR_H
#define TEMPERATURE_SENSOR_H

#include "common/procfile.h"

enum { SENSOR_LIMITS = 3, SENSOR_NAME = 128, SENSOR_KEY = 24 };

/* What is measured: files temp1_input, temp1_label, temp1_min and so on. */
struct kind {
	const char *prefix;
	const char *limits[SENSOR_LIMITS]; /* NULL: there is none */
	double scale;			   /* how many make a degree or volt */
	double least, most;		   /* what is beyond is no reading */
};

enum { KIND_TEMP, KIND_FAN, KIND_IN, KIND_N };
extern const struct kind sensor_kinds[KIND_N];

struct sensor {
	const struct kind *kind;
	struct procfile input, fault; /* fault: closed where there is none */
	char path[SENSOR_NAME];	      /* of the input */
	char name[2 * SENSOR_NAME];   /* "coretemp/Package id 0" */
	char key[SENSOR_KEY];	      /* "temp1"; "": a thermal zone */
	double limits[SENSOR_LIMITS]; /* NaN: there is none */
};

/* NULL: out of memory. */
struct sensor *sensor_new(const struct kind *kind, const char *key);
void sensor_free(struct sensor *s);

/* Opens the input, a file in the folder.  Where that fails, the log is told */
bool sensor_open(
    struct fettle_ctx *ctx, struct sensor *s, int folder, const char *file);

/* Fill in limits, from the folder of a chip or of a thermal zone. */
void sensor_limits(struct sensor *s, int folder);
void sensor_trips(struct sensor *s, int folder);

/* What it measures now; NaN: nothing, or what no such sensor can mean. */
double sensor_read(struct fettle_ctx *ctx, struct sensor *s);

/* The first line of a file, or as much as there is room for; false: none. */
bool sensor_attribute(int folder, const char *file, char *to, size_t room);

#endif
