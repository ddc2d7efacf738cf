/* SPDX-License-Identifier: Apache-2.0 */
#include "dataport.h"

#include <stdlib.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "connection.h"
#include "dataport_allocate.h"
#include "cross_vm_shared/cross_vm_shared_dataport.h"

#define TEXT_LENGTH 256

int dataport_allocate(int fd, size_t size)
{
	char text[TEXT_LENGTH];

	snprintf(text, sizeof(text), "%zu", size);
	return ioctl(fd, DATAPORT_ALLOCATE, text);
}

unsigned long long dataport_get_paddr(int fd)
{
	char text[TEXT_LENGTH];

	return ioctl(fd, DATAPORT_GET_PADDR, text) < 0 ? -1ULL : strtoull(text, NULL, 0);
}

ssize_t dataport_get_size(int fd)
{
	char text[TEXT_LENGTH];

	if (ioctl(fd, DATAPORT_GET_SIZE, text) < 0)
		return connection_size(fd, CONNECTION_DATAPORT);
	return strtoul(text, NULL, 0);
}

void *dataport_mmap(int fd)
{
	ssize_t size = connection_size(fd, CONNECTION_DATAPORT);

	if (size >= 0)
		return connection_mmap(fd, CONNECTION_DATAPORT, size);
	size = dataport_get_size(fd);
	return size < 0 ? MAP_FAILED : mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
}
