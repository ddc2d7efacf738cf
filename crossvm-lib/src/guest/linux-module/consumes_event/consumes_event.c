// SPDX-License-Identifier: GPL-2.0-only
/*
 * consumes_event: processes of this guest wait for events of components outside.
 *
 * A device node of this driver stands for an event; its minor number is the event's id. The VMM puts an event's id into a
 * page that this driver gave it and raises an interrupt; poll tells a process, once for any number of events of an id.
 */
#include <linux/atomic.h>
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/init.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/wait.h>

#include <asm/kvm_para.h>

#include "cross_vm_shared/cross_vm_shared_vmm_to_guest_event.h"

#define DEVICE_NAME "consumes_event"
#define MAX_NUM_EVENTS 256

struct event {
	wait_queue_head_t waiters;
	atomic_t pending;
};

static struct event events[MAX_NUM_EVENTS];
static struct event_context *context;
static int major_number;

static irqreturn_t event_interrupt(int irq, void *device)
{
	unsigned int id = READ_ONCE(context->id);

	if (id < MAX_NUM_EVENTS)
		atomic_set(&events[id].pending, 1);
	/* From here on the VMM may overwrite the id. */
	kvm_hypercall1(EVENT_VMCALL_VMM_TO_GUEST_HANDLER_TOKEN, EVENT_CMD_ACK);
	if (id < MAX_NUM_EVENTS)
		wake_up_interruptible(&events[id].waiters);
	return IRQ_HANDLED;
}

static __poll_t consumes_event_poll(struct file *file, poll_table *table)
{
	unsigned int id = iminor(file_inode(file));

	if (id >= MAX_NUM_EVENTS) {
		pr_info("consumes_event poll: invalid event id\n");
		return EPOLLERR;
	}
	poll_wait(file, &events[id].waiters, table);
	return atomic_xchg(&events[id].pending, 0) ? EPOLLIN : 0;
}

static const struct file_operations operations = {
	.owner = THIS_MODULE,
	.poll = consumes_event_poll,
};

/* Whether the VMM has the page. */
static int share_context(void)
{
	kvm_hypercall2(EVENT_VMCALL_VMM_TO_GUEST_HANDLER_TOKEN, EVENT_CMD_INIT, virt_to_phys(context));
	if (READ_ONCE(context->magic) == EVENT_CONTEXT_MAGIC)
		return 0;
	pr_err("incorrect event context magic number (expected %d, got %u)\n", EVENT_CONTEXT_MAGIC,
	       READ_ONCE(context->magic));
	return -ENODEV;
}

static int __init consumes_event_start(void)
{
	int i, error;

	for (i = 0; i < MAX_NUM_EVENTS; i++)
		init_waitqueue_head(&events[i].waiters);
	context = (struct event_context *)get_zeroed_page(GFP_KERNEL);
	if (!context)
		return -ENOMEM;
	major_number = register_chrdev(0, DEVICE_NAME, &operations);
	if (major_number < 0) {
		error = major_number;
		goto no_node;
	}
	error = request_irq(EVENT_IRQ_NUM, event_interrupt, IRQF_NO_SUSPEND, DEVICE_NAME, NULL);
	if (error)
		goto no_irq;
	error = share_context();
	if (error)
		goto no_vmm;
	pr_info("%s initialized with major number %d\n", DEVICE_NAME, major_number);
	return 0;

no_vmm:
	free_irq(EVENT_IRQ_NUM, NULL);
no_irq:
	unregister_chrdev(major_number, DEVICE_NAME);
no_node:
	free_page((unsigned long)context);
	return error;
}

/* The page stays with the VMM, which has no command to give it back. */
static void __exit consumes_event_stop(void)
{
	free_irq(EVENT_IRQ_NUM, NULL);
	unregister_chrdev(major_number, DEVICE_NAME);
	pr_info("%s exit\n", DEVICE_NAME);
}

module_init(consumes_event_start);
module_exit(consumes_event_stop);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Events from components outside of the guest");
