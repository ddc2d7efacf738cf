/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OPEN_DATAPORT_H
#define OPEN_DATAPORT_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "dataport.h"

/* The memory of the dataport that is the program's only argument; ends the program if there is none. */
static char *open_dataport(int argc, char *argv[], size_t *size)
{
	if (argc != 2) {
		fprintf(stderr, "Usage: %s FILE\n", argv[0]);
		exit(EXIT_FAILURE);
	}
	int fd = open(argv[1], O_RDWR);
	char *memory = fd < 0 ? MAP_FAILED : dataport_mmap(fd);
	if (memory == MAP_FAILED) {
		perror(argv[1]);
		exit(EXIT_FAILURE);
	}
	*size = dataport_get_size(fd);
	return memory;
}

#endif
