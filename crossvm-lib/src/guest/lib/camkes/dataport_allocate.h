/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DATAPORT_ALLOCATE_H
#define DATAPORT_ALLOCATE_H

#include <stddef.h>

/* Has the guest's kernel set memory aside for a dataport and share it; a negative number if that fails. */
int dataport_allocate(int fd, size_t size);

#endif
