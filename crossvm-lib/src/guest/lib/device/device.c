/* SPDX-License-Identifier: Apache-2.0 */
#include "device.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

unsigned int device_get_major(const char *name)
{
	FILE *devices = fopen("/proc/devices", "r");
	char line[128], found[64];
	unsigned int major, result = NO_MAJOR;

	if (!devices)
		return NO_MAJOR;
	while (result == NO_MAJOR && fgets(line, sizeof(line), devices)) {
		/* Block devices come last, under a heading of their own. */
		if (strncmp(line, "Block", 5) == 0)
			break;
		if (sscanf(line, "%u %63s", &major, found) == 2 && strcmp(found, name) == 0)
			result = major;
	}
	fclose(devices);
	return result;
}

int device_create_node(const char *path, unsigned int major, unsigned int minor)
{
	unlink(path);
	return mknod(path, S_IFCHR | 0600, makedev(major, minor));
}
