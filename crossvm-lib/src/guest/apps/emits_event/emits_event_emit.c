/* SPDX-License-Identifier: Apache-2.0 */
/* emits_event_emit FILE: emits an event. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>

#include "emits_event.h"

int main(int argc, char *argv[])
{
	if (argc != 2) {
		fprintf(stderr, "Usage: %s FILE\n", argv[0]);
		return EXIT_FAILURE;
	}
	int fd = open(argv[1], O_RDWR);
	if (fd < 0 || emits_event_emit(fd) < 0) {
		fprintf(stderr, "Error: %s: %s\n", argv[1], strerror(errno));
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
