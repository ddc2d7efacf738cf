/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What the guest's kernel, its programs and the VMM agree on about dataports. */
#ifndef CROSS_VM_SHARED_DATAPORT_H
#define CROSS_VM_SHARED_DATAPORT_H

/* EAX of the hypercall; EBX is the command. */
#define DATAPORT_VMCALL_HANDLER_TOKEN 1

/* ECX: id, EDX: guest physical address, ESI: size in bytes; both are multiples of a page. */
#define DATAPORT_CMD_SHARE 1

/* The argument of each is a buffer of text, a number in it. */
#define DATAPORT_ALLOCATE _IOW('D', 0, size_t)
#define DATAPORT_GET_PADDR _IOR('D', 1, unsigned long long)
#define DATAPORT_GET_SIZE _IOR('D', 2, size_t)

#endif
