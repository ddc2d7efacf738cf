/* SPDX-License-Identifier: Apache-2.0 */
/* consumes_event_wait FILE: ends when the event has come. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "connection.h"
#include "consumes_event.h"

int main(int argc, char *argv[])
{
	if (argc != 2) {
		fprintf(stderr, "Usage: %s FILE\n", argv[0]);
		return EXIT_FAILURE;
	}
	int fd = open(argv[1], O_RDWR);
	int is_connection = fd >= 0 && connection_size(fd, CONNECTION_EVENTS) >= 0;
	int count = fd < 0 ? -1 : is_connection ? connection_wait(fd) : consumes_event_wait(fd);
	if (count < 0) {
		perror(argv[1]);
		return EXIT_FAILURE;
	}
	if (is_connection)
		printf("Back from waiting with val: %d\n", count);
	else
		printf("Back from waiting\n");
	return EXIT_SUCCESS;
}
