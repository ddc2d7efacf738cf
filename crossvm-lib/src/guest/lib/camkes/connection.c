/* SPDX-License-Identifier: Apache-2.0 */
#include "connection.h"

#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define EMIT 0

ssize_t connection_size(int fd, int map)
{
	struct stat node;
	char path[80];
	size_t size;
	FILE *file;
	int fields;

	if (fstat(fd, &node) < 0)
		return -1;
	snprintf(path, sizeof(path), "/sys/dev/char/%u:%u/maps/map%d/size", major(node.st_rdev), minor(node.st_rdev), map);
	file = fopen(path, "r");
	if (!file)
		return -1;
	fields = fscanf(file, "%zx", &size);
	fclose(file);
	return fields == 1 ? (ssize_t)size : -1;
}

/* The offset says which map, in pages. */
void *connection_mmap(int fd, int map, size_t size)
{
	return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, map * getpagesize());
}

int connection_emit(int fd)
{
	volatile char *events = connection_mmap(fd, CONNECTION_EVENTS, getpagesize());

	if (events == MAP_FAILED)
		return -1;
	events[EMIT] = 1;
	return munmap((void *)events, getpagesize());
}

int connection_wait(int fd)
{
	int32_t count;

	return read(fd, &count, sizeof(count)) == sizeof(count) ? count : -1;
}
