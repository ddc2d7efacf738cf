/* SPDX-License-Identifier: Apache-2.0 */
/* string_reverse: has each line of standard input reversed by the component StringReverse. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "consumes_event.h"
#include "dataport.h"
#include "emits_event.h"

#define MAX_LENGTH 8192

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
	int ready = open_node("/dev/camkes_reverse_ready");
	int done = open_node("/dev/camkes_reverse_done");
	char *source = map_node("/dev/camkes_reverse_src");
	char *destination = map_node("/dev/camkes_reverse_dest");
	static char line[MAX_LENGTH];

	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		strcpy(source, line);
		emits_event_emit(ready);
		consumes_event_wait(done);
		printf("%s\n", destination);
		fflush(stdout);
	}
	return EXIT_SUCCESS;
}
