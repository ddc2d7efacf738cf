/* SPDX-License-Identifier: Apache-2.0 */
#include "emits_event.h"

#include <sys/ioctl.h>

#include "cross_vm_shared/cross_vm_shared_guest_to_vmm_event.h"

int emits_event_emit(int fd)
{
	return ioctl(fd, EMITS_EVENT_EMIT);
}
