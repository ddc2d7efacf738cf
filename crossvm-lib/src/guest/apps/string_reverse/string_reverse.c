/* SPDX-License-Identifier: Apache-2.0 */
/*
 * string_reverse: has each line of standard input reversed by the component StringReverse, by two connections if there are
 * PCI functions, else by the nodes of camkes_init.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "consumes_event.h"
#include "dataport.h"
#include "emits_event.h"

#define MAX_LENGTH 8192
#define MAX_LENGTH_BY_CONNECTION 2048

#define SOURCE_CONNECTION "/dev/uio0"
#define DESTINATION_CONNECTION "/dev/uio1"

static int open_node(const char *path)
{
	int fd = open(path, O_RDWR);

	if (fd < 0) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	return fd;
}

static char *map_node(const char *path)
{
	char *memory = dataport_mmap(open_node(path));

	if (memory == MAP_FAILED) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	return memory;
}

int main(void)
{
	int by_connection = access(SOURCE_CONNECTION, F_OK) == 0;
	int ready = open_node(by_connection ? SOURCE_CONNECTION : "/dev/camkes_reverse_ready");
	int done = open_node(by_connection ? DESTINATION_CONNECTION : "/dev/camkes_reverse_done");
	char *source = map_node(by_connection ? SOURCE_CONNECTION : "/dev/camkes_reverse_src");
	char *destination = map_node(by_connection ? DESTINATION_CONNECTION : "/dev/camkes_reverse_dest");
	static char line[MAX_LENGTH];

	while (fgets(line, by_connection ? MAX_LENGTH_BY_CONNECTION : MAX_LENGTH, stdin)) {
		line[strcspn(line, "\n")] = '\0';
		strcpy(source, line);
		emits_event_emit(ready);
		consumes_event_wait(done);
		printf("%s\n", destination);
		fflush(stdout);
	}
	return EXIT_SUCCESS;
}
