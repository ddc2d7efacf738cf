/* SPDX-License-Identifier: Apache-2.0 */
#include "emits_event.h"

#include <errno.h>
#include <sys/ioctl.h>

#include "connection.h"
#include "cross_vm_shared/cross_vm_shared_guest_to_vmm_event.h"

int emits_event_emit(int fd)
{
	int error = ioctl(fd, EMITS_EVENT_EMIT);

	/* Connections have no such call. */
	return error < 0 && errno == ENOTTY ? connection_emit(fd) : error;
}
