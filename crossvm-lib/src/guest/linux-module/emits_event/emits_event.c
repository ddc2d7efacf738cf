// SPDX-License-Identifier: GPL-2.0-only
/*
 * emits_event: processes of this guest emit events to components outside.
 *
 * A device node of this driver stands for an event; its minor number is the event's id.
 */
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/ioctl.h>
#include <linux/kernel.h>
#include <linux/module.h>

#include <asm/kvm_para.h>

#include "cross_vm_shared/cross_vm_shared_guest_to_vmm_event.h"

#define DEVICE_NAME "emits_event"

static int major_number;

static long emits_event_ioctl(struct file *file, unsigned int command, unsigned long argument)
{
	if (command != EMITS_EVENT_EMIT) {
		pr_info("emits_event unknown ioctl command: %u\n", command);
		return -ENOTTY;
	}
	kvm_hypercall2(EVENT_VMCALL_GUEST_TO_VMM_HANDLER_TOKEN, EVENT_CMD_EMIT, iminor(file_inode(file)));
	return 0;
}

static const struct file_operations operations = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = emits_event_ioctl,
};

static int __init emits_event_start(void)
{
	major_number = register_chrdev(0, DEVICE_NAME, &operations);
	if (major_number < 0)
		return major_number;
	pr_info("%s initialized with major number %d\n", DEVICE_NAME, major_number);
	return 0;
}

static void __exit emits_event_stop(void)
{
	unregister_chrdev(major_number, DEVICE_NAME);
	pr_info("%s exit\n", DEVICE_NAME);
}

module_init(emits_event_start);
module_exit(emits_event_stop);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Events for components outside of the guest");
