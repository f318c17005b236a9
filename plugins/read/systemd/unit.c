/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <string.h>

size_t
unit_state(const char *active_state)
{
	static const char *const names[UNIT_N] = {
		[UNIT_ACTIVE] = "active",
		[UNIT_RELOADING] = "reloading",
		[UNIT_REFRESHING] = "refreshing",
		[UNIT_INACTIVE] = "inactive",
		[UNIT_FAILED] = "failed",
		[UNIT_ACTIVATING] = "activating",
		[UNIT_DEACTIVATING] = "deactivating",
		[UNIT_MAINTENANCE] = "maintenance",
	};
	size_t i = UNIT_ACTIVE;

	while (i <= UNIT_MAINTENANCE && strcmp(names[i], active_state) != 0)
		i++;
	return i <= UNIT_MAINTENANCE ? i : UNIT_N;
}

const char *
unit_interface(const char *name)
{
	static const struct {
		const char *type, *interface;
	} types[] = {
		{ ".service", "org.freedesktop.systemd1.Service" },
		{ ".scope", "org.freedesktop.systemd1.Scope" },
		{ ".slice", "org.freedesktop.systemd1.Slice" },
		{ ".socket", "org.freedesktop.systemd1.Socket" },
		{ ".mount", "org.freedesktop.systemd1.Mount" },
		{ ".swap", "org.freedesktop.systemd1.Swap" },
	};
	const char *type = strrchr(name, '.');

	for (size_t i = 0; type != NULL && i < sizeof(types) / sizeof *types;
	     i++)
		if (strcmp(types[i].type, type) == 0)
			return types[i].interface;
	return NULL;
}

void
unit_take(struct fettle_value *v, const char *property, uint64_t n)
{
	if (strcmp(property, "NRestarts") == 0)
		v[UNIT_RESTARTS] = fettle_count(n);
	else if (n == UINT64_MAX) /* nobody counts it */
		return;
	else if (strcmp(property, "MemoryCurrent") == 0)
		v[UNIT_MEMORY] = fettle_gauge((double)n);
	else if (strcmp(property, "TasksCurrent") == 0)
		v[UNIT_TASKS] = fettle_gauge((double)n);
	else if (strcmp(property, "CPUUsageNSec") == 0)
		v[UNIT_CPU] = fettle_total((double)n / 1e9);
}
