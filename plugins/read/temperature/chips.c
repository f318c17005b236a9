/* SPDX-License-Identifier: MIT */
#include "chips.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "common/globs.h"

/* --- sensors of a chip --------------------------------------------------- */

/* Whether somebody wants to see it, and there is room. */
static bool
chips_want(struct chips *all, struct fettle_ctx *ctx, const char *name)
{
	if (!globs_want(&all->include, &all->exclude, name, true))
		return false;
	if (all->sensors >= CHIPS_SENSORS && !all->too_many) {
		fettle_log(ctx, LOG_WARNING,
		    "there are over %d sensors: the others are left out",
		    CHIPS_SENSORS);
		all->too_many = true;
	}
	return all->sensors < CHIPS_SENSORS;
}

/* The sensor, whose name and path are known, with its input, a file in the
 * folder: put into its chip, if anybody wants it.  1 where it was, else 0 or
 * what fettle_fail returned; then it is gone. */
static int
chip_put(struct chips *all, struct fettle_ctx *ctx, struct chip *chip,
    struct sensor *s, int folder, const char *file)
{
	struct sensor **more;

	if (!chips_want(all, ctx, s->name) ||
	    !sensor_open(ctx, s, folder, file)) {
		sensor_free(s);
		return 0;
	}
	more = reallocarray(chip->sensors, chip->n + 1, sizeof(*more));
	if (more == NULL) {
		sensor_free(s);
		return fettle_fail(ctx, ENOMEM, "keep a sensor");
	}
	chip->sensors = more;
	chip->sensors[chip->n++] = s;
	all->sensors++;
	return 1;
}

static void
chip_fini(struct chips *all, struct chip *chip)
{
	for (size_t i = 0; i < chip->n; i++)
		sensor_free(chip->sensors[i]);
	free(chip->sensors);
	all->sensors -= chip->n;
}

/* --- chips --------------------------------------------------------------- */

/* The kind that a file such as temp1_input is of, and "temp1"; NULL: none. */
static const struct kind *
hwmon_kind(const char *file, char *key, size_t room)
{
	for (size_t i = 0; i < KIND_N; i++) {
		size_t len = strlen(sensor_kinds[i].prefix);

		if (strncmp(file, sensor_kinds[i].prefix, len) != 0)
			continue;
		len += strspn(file + len, "0123456789");
		if (strcmp(file + len, "_input") != 0 || len >= room)
			continue;
		memcpy(key, file, len);
		key[len] = '\0';
		return &sensor_kinds[i];
	}
	return NULL;
}

static int
hwmon_sensor(struct chips *all, struct fettle_ctx *ctx, struct chip *chip,
    int folder, const char *name, const char *file)
{
	char key[SENSOR_KEY], other[SENSOR_KEY + 8], label[SENSOR_NAME];
	const struct kind *kind = hwmon_kind(file, key, sizeof(key));
	struct sensor *s;
	int rc, fd;

	if (kind == NULL)
		return 0;
	s = sensor_new(kind, key);
	if (s == NULL)
		return fettle_fail(ctx, ENOMEM, "keep a sensor");
	snprintf(other, sizeof(other), "%s_label", key);
	if (!sensor_attribute(folder, other, label, sizeof(label)))
		snprintf(label, sizeof(label), "%s", key);
	snprintf(s->name, sizeof(s->name), "%s/%s", name, label);
	snprintf(s->path, sizeof(s->path), "/sys/class/hwmon/%s/%s_input",
	    chip->entry, key);
	rc = chip_put(all, ctx, chip, s, folder, file);
	if (rc <= 0)
		return rc;
	snprintf(other, sizeof(other), "%s_fault", key);
	fd = openat(folder, other, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		procfile_take(&s->fault, fd, s->path);
	sensor_limits(s, folder);
	return 0;
}

/* The kernel's name for what a chip is part of; that of its entry where it is
 * part of nothing. */
static void
hwmon_device(struct chip *chip, int folder)
{
	char link[4 * SENSOR_NAME];
	const ssize_t n = readlinkat(folder, "device", link, sizeof(link) - 1);
	const char *name = chip->entry;

	if (n > 0) {
		link[n] = '\0';
		name = strrchr(link, '/');
		name = name != NULL ? name + 1 : link;
	}
	snprintf(chip->device, sizeof(chip->device), "%.*s",
	    (int)sizeof(chip->device) - 1, name);
}

/* The folder that has the files of a chip, in the place of its entry. */
static int
hwmon_folder(int folder)
{
	int old;

	if (faccessat(folder, "name", F_OK, 0) == 0)
		return folder;
	old = openat(folder, "device", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (old < 0)
		return folder;
	close(folder);
	return old;
}

static int
hwmon_scan(
    struct chips *all, struct fettle_ctx *ctx, struct chip *chip, int folder)
{
	char name[SENSOR_NAME];
	struct dirent *e;
	DIR *dir;
	int rc = 0;

	hwmon_device(chip, folder);
	folder = hwmon_folder(folder);
	dir = fdopendir(folder);
	if (dir == NULL) {
		close(folder);
		return fettle_fail(ctx, ENOMEM, "list '%s'", chip->entry);
	}
	if (!sensor_attribute(folder, "name", name, sizeof(name)))
		snprintf(name, sizeof(name), "%s", chip->device);
	if (strncmp(chip->device, "thermal_zone", 12) != 0)
		while (rc == 0 && (e = readdir(dir)) != NULL)
			rc = hwmon_sensor(
			    all, ctx, chip, folder, name, e->d_name);
	closedir(dir);
	return rc;
}

static int
zone_scan(
    struct chips *all, struct fettle_ctx *ctx, struct chip *chip, int folder)
{
	struct sensor *s = sensor_new(&sensor_kinds[KIND_TEMP], "");
	int rc;

	if (s == NULL) {
		close(folder);
		return fettle_fail(ctx, ENOMEM, "keep a sensor");
	}
	snprintf(chip->device, sizeof(chip->device), "%s", chip->entry);
	snprintf(s->path, sizeof(s->path), "/sys/class/thermal/%s/temp",
	    chip->entry);
	if (!sensor_attribute(folder, "type", s->name, sizeof(s->name)))
		snprintf(s->name, sizeof(s->name), "%s", chip->entry);
	rc = chip_put(all, ctx, chip, s, folder, "temp");
	if (rc > 0)
		sensor_trips(s, folder);
	close(folder);
	return rc < 0 ? rc : 0;
}

/* --- classes ------------------------------------------------------------- */

struct class_kind {
	const char *folder, *prefix;
	/* Fills in a chip, and closes its folder. */
	int (*scan)(
	    struct chips *, struct fettle_ctx *, struct chip *, int folder);
};

static const struct class_kind hwmon_class = { "/sys/class/hwmon", "hwmon",
	hwmon_scan };
static const struct class_kind zones_class = { "/sys/class/thermal",
	"thermal_zone", zone_scan };

static struct chip *
class_find(const struct class *c, const char *entry, ino_t inode)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->chips[i].inode == inode &&
		    strcmp(c->chips[i].entry, entry) == 0)
			return &c->chips[i];
	return NULL;
}

static int
class_add(struct chips *all, struct fettle_ctx *ctx, struct class *c,
    const char *entry, ino_t inode)
{
	const size_t len = strlen(entry);
	struct chip *chip, *more;
	int folder, rc;

	if (len >= sizeof(chip->entry)) /* no name of the kernel's */
		return 0;
	more = reallocarray(c->chips, c->n + 1, sizeof(*more));
	if (more == NULL)
		return fettle_fail(ctx, ENOMEM, "keep a chip");
	c->chips = more;
	folder =
	    openat(dirfd(c->dir), entry, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0) /* gone again */
		return 0;
	chip = &c->chips[c->n];
	*chip = (struct chip){ .inode = inode, .seen = true };
	memcpy(chip->entry, entry, len + 1);
	rc = c->kind->scan(all, ctx, chip, folder);
	if (rc < 0)
		chip_fini(all, chip);
	else
		c->n++;
	return rc;
}

static int
class_see(struct chips *all, struct fettle_ctx *ctx, struct class *c,
    const char *entry)
{
	struct chip *chip;
	struct stat st;

	if (strncmp(entry, c->kind->prefix, strlen(c->kind->prefix)) != 0 ||
	    strlen(entry) >= sizeof(chip->entry) ||
	    fstatat(dirfd(c->dir), entry, &st, 0) != 0)
		return 0;
	chip = class_find(c, entry, st.st_ino);
	if (chip == NULL)
		return class_add(all, ctx, c, entry, st.st_ino);
	chip->seen = true;
	return 0;
}

/* Forgets the chips that are gone, or all. */
static void
class_drop(struct chips *all, struct class *c, bool every)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->n; i++)
		if (every || !c->chips[i].seen)
			chip_fini(all, &c->chips[i]);
		else
			c->chips[kept++] = c->chips[i];
	c->n = kept;
}

static void
class_close(struct chips *all, struct class *c)
{
	class_drop(all, c, true);
	free(c->chips);
	if (c->dir != NULL)
		closedir(c->dir);
	*c = (struct class){ 0 };
}

static int
class_list(struct chips *all, struct fettle_ctx *ctx, struct class *c)
{
	struct dirent *e;
	int rc = 0;

	for (size_t i = 0; i < c->n; i++)
		c->chips[i].seen = false;
	rewinddir(c->dir);
	while (rc == 0 && (e = readdir(c->dir)) != NULL)
		rc = class_see(all, ctx, c, e->d_name);
	if (rc == 0)
		class_drop(all, c, false);
	return rc;
}

/* The folder of a class comes with its first chip, and may go with its last:
 * that it is not there is no mistake. */
static int
class_update(struct chips *all, struct fettle_ctx *ctx, struct class *c,
    const struct class_kind *kind)
{
	int fd, rc;

	if (c->dir == NULL) {
		fd = fettle_file(ctx, kind->folder);
		if (fd < 0)
			return 0;
		*c = (struct class){ .kind = kind, .dir = fdopendir(fd) };
		if (c->dir == NULL) {
			rc =
			    fettle_fail(ctx, errno, "list '%s'", kind->folder);
			close(fd);
			return rc;
		}
	}
	rc = class_list(all, ctx, c);
	if (rc == 0 && c->n == 0)
		class_close(all, c);
	return rc;
}

int
chips_update(struct chips *all, struct fettle_ctx *ctx)
{
	const int rc = class_update(all, ctx, &all->hwmon, &hwmon_class);

	return rc < 0 ? rc : class_update(all, ctx, &all->zones, &zones_class);
}

void
chips_close(struct chips *all)
{
	class_close(all, &all->hwmon);
	class_close(all, &all->zones);
}
