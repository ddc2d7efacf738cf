/* SPDX-License-Identifier: Apache-2.0 */
/* A connection that is a PCI function, as the node /dev/uioN of the module connection. */
#ifndef CONNECTION_H
#define CONNECTION_H

#include <sys/types.h>

#define CONNECTION_EVENTS 0
#define CONNECTION_DATAPORT 1

/* The bytes of one of its maps, or -1 if the open file isn't such a node. */
ssize_t connection_size(int fd, int map);

/* Maps one of its maps to read and write, or fewer bytes of it; MAP_FAILED if that can't be. */
void *connection_mmap(int fd, int map, size_t size);

/* Emits its event; a negative number on failure. */
int connection_emit(int fd);

/* Waits for its event. The number of interrupts so far, or -1. */
int connection_wait(int fd);

#endif
