/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What the guest's kernel and the VMM agree on about events for the guest. */
#ifndef CROSS_VM_SHARED_VMM_TO_GUEST_EVENT_H
#define CROSS_VM_SHARED_VMM_TO_GUEST_EVENT_H

/* EAX of the hypercall; EBX is the command. */
#define EVENT_VMCALL_VMM_TO_GUEST_HANDLER_TOKEN 2

/* ECX: guest physical address of a page with an event_context. */
#define EVENT_CMD_INIT 1
/* The id in the page has been read: the next event may come. */
#define EVENT_CMD_ACK 2

#define EVENT_IRQ_NUM 12
#define EVENT_CONTEXT_MAGIC 42

/* 32 bits each, little endian. */
struct event_context {
	unsigned int id;
	unsigned int magic;
};

#endif
