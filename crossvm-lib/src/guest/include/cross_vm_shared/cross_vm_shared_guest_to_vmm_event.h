/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What the guest's kernel, its programs and the VMM agree on about events of the guest. */
#ifndef CROSS_VM_SHARED_GUEST_TO_VMM_EVENT_H
#define CROSS_VM_SHARED_GUEST_TO_VMM_EVENT_H

/* EAX of the hypercall; EBX is the command. */
#define EVENT_VMCALL_GUEST_TO_VMM_HANDLER_TOKEN 3

/* ECX: id. */
#define EVENT_CMD_EMIT 1

#define EMITS_EVENT_EMIT _IOW('E', 0, unsigned int)

#endif
