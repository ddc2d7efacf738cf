/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kvm_hypercall0 to 4 for vmlab: the same registers, but a write to port 0xF8 in place of vmcall. Under hardware KVM the
 * host's kernel answers a vmcall by itself; the port reaches the VMM on every back end, so one module serves all.
 * EAX is the token before and, unless the handler sets a result, after the call.
 */
#include_next <asm/kvm_para.h>

#ifndef KIT_KVM_PARA_H
#define KIT_KVM_PARA_H

#define KIT_DOORBELL "outb %%al, $0xf8"

static inline long kit_hypercall0(unsigned int nr)
{
	long ret;

	asm volatile(KIT_DOORBELL : "=a"(ret) : "a"(nr) : "memory");
	return ret;
}

static inline long kit_hypercall1(unsigned int nr, unsigned long p1)
{
	long ret;

	asm volatile(KIT_DOORBELL : "=a"(ret) : "a"(nr), "b"(p1) : "memory");
	return ret;
}

static inline long kit_hypercall2(unsigned int nr, unsigned long p1, unsigned long p2)
{
	long ret;

	asm volatile(KIT_DOORBELL : "=a"(ret) : "a"(nr), "b"(p1), "c"(p2) : "memory");
	return ret;
}

static inline long kit_hypercall3(unsigned int nr, unsigned long p1, unsigned long p2, unsigned long p3)
{
	long ret;

	asm volatile(KIT_DOORBELL : "=a"(ret) : "a"(nr), "b"(p1), "c"(p2), "d"(p3) : "memory");
	return ret;
}

static inline long kit_hypercall4(unsigned int nr, unsigned long p1, unsigned long p2, unsigned long p3,
				  unsigned long p4)
{
	long ret;

	asm volatile(KIT_DOORBELL : "=a"(ret) : "a"(nr), "b"(p1), "c"(p2), "d"(p3), "S"(p4) : "memory");
	return ret;
}

#define kvm_hypercall0 kit_hypercall0
#define kvm_hypercall1 kit_hypercall1
#define kvm_hypercall2 kit_hypercall2
#define kvm_hypercall3 kit_hypercall3
#define kvm_hypercall4 kit_hypercall4

#endif
