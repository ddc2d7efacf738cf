/* SPDX-License-Identifier: Apache-2.0 */
/* consumes_event_init NAME...: makes a node for each consumed event, the nth being the one with id n. */
#include <stdio.h>
#include <stdlib.h>

#include "device.h"

int main(int argc, char *argv[])
{
	unsigned int major = device_get_major("consumes_event");

	if (major == NO_MAJOR) {
		fprintf(stderr, "Failed to locate device consumes_event.\n");
		return EXIT_FAILURE;
	}
	for (int i = 1; i < argc; i++) {
		printf("Creating consuming event node %s\n", argv[i]);
		if (device_create_node(argv[i], major, i) < 0) {
			perror(argv[i]);
			return EXIT_FAILURE;
		}
	}
	return EXIT_SUCCESS;
}
