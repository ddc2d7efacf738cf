// SPDX-License-Identifier: GPL-2.0-only
/*
 * dataport: memory that processes of this guest share with a component outside.
 *
 * A device node of this driver stands for a dataport; its minor number is the dataport's id. ALLOCATE reserves memory
 * that is contiguous for the guest and has the VMM put the dataport's own memory in its place; mmap gives it to a process.
 */
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/ioctl.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sort.h>
#include <linux/uaccess.h>

#include <asm/kvm_para.h>

#include "cross_vm_shared/cross_vm_shared_dataport.h"

#define DEVICE_NAME "dataport"
#define MAX_NUM_DATAPORTS 256
/* The numbers that pass through the ioctls are decimal text in a buffer of the caller. */
#define NUMBER_LENGTH 64

struct dataport {
	void *memory;
	size_t size;
};

static struct dataport dataports[MAX_NUM_DATAPORTS];
/* Guards the table. */
static DEFINE_MUTEX(lock);
static int major_number;

#define LARGEST_BLOCK ((size_t)PAGE_SIZE << (MAX_ORDER - 1))
#define MOST_BLOCKS 24

static int by_address(const void *a, const void *b)
{
	unsigned long x = *(const unsigned long *)a, y = *(const unsigned long *)b;

	return x < y ? -1 : x > y;
}

/* The index of the first of `wanted` adjacent blocks among `count` sorted ones, or -1. */
static int adjacent(const unsigned long *blocks, int count, int wanted)
{
	int first = 0, i;

	for (i = 0; i < count; i++) {
		if (i > 0 && blocks[i] != blocks[i - 1] + LARGEST_BLOCK)
			first = i;
		if (i - first + 1 == wanted)
			return first;
	}
	return -1;
}

/*
 * The page allocator gives at most LARGEST_BLOCK in one piece. On a guest that hasn't run for long its largest blocks lie
 * side by side: takes some, keeps those that do and gives the others back.
 */
static void *allocate_large(size_t size)
{
	unsigned long blocks[MOST_BLOCKS];
	int wanted = DIV_ROUND_UP(size, LARGEST_BLOCK), count = 0, first = -1, i;

	while (first < 0 && count < MOST_BLOCKS) {
		unsigned long block = __get_free_pages(GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN, MAX_ORDER - 1);

		if (!block)
			break;
		blocks[count++] = block;
		sort(blocks, count, sizeof(blocks[0]), by_address, NULL);
		first = adjacent(blocks, count, wanted);
	}
	for (i = 0; i < count; i++)
		if (first < 0 || i < first || i >= first + wanted)
			free_pages(blocks[i], MAX_ORDER - 1);
	return first < 0 ? NULL : (void *)blocks[first];
}

static void *allocate(size_t size)
{
	if (size <= LARGEST_BLOCK)
		return alloc_pages_exact(size, GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN);
	return allocate_large(size);
}

/*
 * The memory is never given back: behind it there is the dataport now, and whoever the kernel gave it to next would share
 * it with the component.
 */
static long dataport_allocate(unsigned int id, size_t size)
{
	struct dataport *dataport = &dataports[id];

	if (size == 0 || !PAGE_ALIGNED(size)) {
		pr_err("dataport %u: a size of %zu is not a multiple of a page\n", id, size);
		return -EINVAL;
	}
	if (dataport->memory && dataport->size != size) {
		pr_err("dataport %u has %zu bytes already\n", id, dataport->size);
		return -EBUSY;
	}
	if (!dataport->memory) {
		void *memory = allocate(size);

		if (!memory)
			return -ENOMEM;
		dataport->memory = memory;
		dataport->size = size;
	}
	kvm_hypercall4(DATAPORT_VMCALL_HANDLER_TOKEN, DATAPORT_CMD_SHARE, id, virt_to_phys(dataport->memory), size);
	return 0;
}

static long allocate_from_user(unsigned int id, const char __user *text)
{
	unsigned long size;
	int error = kstrtoul_from_user(text, strnlen_user(text, NUMBER_LENGTH), 0, &size);

	return error ? error : dataport_allocate(id, size);
}

static long number_to_user(char __user *buffer, unsigned long long number)
{
	char text[NUMBER_LENGTH];
	int length = scnprintf(text, sizeof(text), "%llu", number);

	return copy_to_user(buffer, text, length + 1) ? -EFAULT : 0;
}

static long dataport_ioctl(struct file *file, unsigned int command, unsigned long argument)
{
	unsigned int id = iminor(file_inode(file));
	char __user *buffer = (char __user *)argument;
	long result;

	mutex_lock(&lock);
	if (command == DATAPORT_ALLOCATE) {
		result = allocate_from_user(id, buffer);
	} else if (!dataports[id].memory) {
		pr_info("dataport %u is not allocated\n", id);
		result = -ENXIO;
	} else if (command == DATAPORT_GET_PADDR) {
		result = number_to_user(buffer, virt_to_phys(dataports[id].memory));
	} else if (command == DATAPORT_GET_SIZE) {
		result = number_to_user(buffer, dataports[id].size);
	} else {
		result = -ENOTTY;
	}
	mutex_unlock(&lock);
	return result;
}

static int dataport_mmap(struct file *file, struct vm_area_struct *vma)
{
	unsigned int id = iminor(file_inode(file));
	size_t length = vma->vm_end - vma->vm_start;
	int result;

	printk("dataport received mmap for minor %u\n", id);
	mutex_lock(&lock);
	if (!dataports[id].memory)
		result = -ENXIO;
	else if (vma->vm_pgoff != 0 || length > dataports[id].size)
		result = -EINVAL;
	else
		result = remap_pfn_range(vma, vma->vm_start, virt_to_phys(dataports[id].memory) >> PAGE_SHIFT, length,
					 vma->vm_page_prot);
	mutex_unlock(&lock);
	return result;
}

static const struct file_operations operations = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = dataport_ioctl,
	.mmap = dataport_mmap,
};

static int __init dataport_start(void)
{
	major_number = register_chrdev(0, DEVICE_NAME, &operations);
	if (major_number < 0)
		return major_number;
	pr_info("%s initialized with major number %d\n", DEVICE_NAME, major_number);
	return 0;
}

static void __exit dataport_stop(void)
{
	unregister_chrdev(major_number, DEVICE_NAME);
	pr_info("%s exit\n", DEVICE_NAME);
}

module_init(dataport_start);
module_exit(dataport_stop);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Memory shared with components outside of the guest");
