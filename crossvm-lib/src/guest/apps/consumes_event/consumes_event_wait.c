/* SPDX-License-Identifier: Apache-2.0 */
/* consumes_event_wait FILE: ends when the event has come. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "consumes_event.h"

int main(int argc, char *argv[])
{
	if (argc != 2) {
		fprintf(stderr, "Usage: %s FILE\n", argv[0]);
		return EXIT_FAILURE;
	}
	int fd = open(argv[1], O_RDWR);
	if (fd < 0 || consumes_event_wait(fd) < 0) {
		perror(argv[1]);
		return EXIT_FAILURE;
	}
	printf("Back from waiting\n");
	return EXIT_SUCCESS;
}
