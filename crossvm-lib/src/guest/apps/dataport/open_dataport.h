/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OPEN_DATAPORT_H
#define OPEN_DATAPORT_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "dataport.h"

/*
 * The memory of the dataport that is the program's first argument; ends the program if there is none. A second argument
 * says how much of it is used.
 */
static char *open_dataport(int argc, char *argv[], size_t *size)
{
	if (argc != 2 && argc != 3) {
		fprintf(stderr, "Usage: %s FILE [SIZE]\n", argv[0]);
		exit(EXIT_FAILURE);
	}
	int fd = open(argv[1], O_RDWR);
	char *memory = fd < 0 ? MAP_FAILED : dataport_mmap(fd);
	if (memory == MAP_FAILED) {
		perror(argv[1]);
		exit(EXIT_FAILURE);
	}
	*size = dataport_get_size(fd);
	if (argc == 3) {
		size_t used = strtoul(argv[2], NULL, 0);

		if (used == 0 || used > *size) {
			fprintf(stderr, "%s has %zu bytes\n", argv[1], *size);
			exit(EXIT_FAILURE);
		}
		*size = used;
	}
	return memory;
}

#endif
