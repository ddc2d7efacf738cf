/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that this process shares with a component outside of the guest, by a node of the module dataport or by one of
 * the module connection.
 */
#ifndef DATAPORT_H
#define DATAPORT_H

#include <sys/types.h>

/* The guest physical address of an open dataport, or -1; that of a connection is not known here. */
unsigned long long dataport_get_paddr(int fd);

/* The size of an open dataport in bytes, or -1. */
ssize_t dataport_get_size(int fd);

/* Maps a whole dataport to read and write; MAP_FAILED if that can't be. */
void *dataport_mmap(int fd);

#endif
