/* SPDX-License-Identifier: Apache-2.0 */
/* dataport_init NAME SIZE...: makes a node for each dataport, the nth pair being the one with id n, and shares its memory. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "dataport.h"
#include "dataport_allocate.h"
#include "device.h"

static int create_nodes(unsigned int major, char *pairs[], int count)
{
	for (int i = 0; i < count; i++) {
		printf("Creating dataport node %s\n", pairs[2 * i]);
		if (device_create_node(pairs[2 * i], major, i + 1) < 0) {
			perror(pairs[2 * i]);
			return EXIT_FAILURE;
		}
	}
	return EXIT_SUCCESS;
}

static int allocate(const char *name, size_t size)
{
	int result = EXIT_FAILURE, fd = open(name, O_RDWR);

	if (fd < 0) {
		perror(name);
		return EXIT_FAILURE;
	}
	printf("Allocating %zu bytes for %s\n", size, name);
	fflush(stdout);
	if (dataport_allocate(fd, size) < 0)
		perror(name);
	else if (dataport_get_paddr(fd) == -1ULL)
		fprintf(stderr, "%s has no address\n", name);
	else
		result = EXIT_SUCCESS;
	close(fd);
	return result;
}

int main(int argc, char *argv[])
{
	int count = (argc - 1) / 2;

	if (count == 0 || argc % 2 == 0) {
		fprintf(stderr, "Usage: %s NAME SIZE [NAME SIZE]...\n", argv[0]);
		return EXIT_FAILURE;
	}
	unsigned int major = device_get_major("dataport");
	if (major == NO_MAJOR) {
		fprintf(stderr, "Failed to locate device dataport. Is its module loaded?\n");
		return EXIT_FAILURE;
	}
	printf("Device \"dataport\" found with major number %u\n\n", major);
	if (create_nodes(major, argv + 1, count) != EXIT_SUCCESS)
		return EXIT_FAILURE;
	for (int i = 0; i < count; i++)
		if (allocate(argv[1 + 2 * i], strtoul(argv[2 + 2 * i], NULL, 0)) != EXIT_SUCCESS)
			return EXIT_FAILURE;
	return EXIT_SUCCESS;
}
