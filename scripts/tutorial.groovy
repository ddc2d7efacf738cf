// SPDX-License-Identifier: Apache-2.0
//
// The CAmkES tutorials' first two exercises, from empty folders to "Hello, World!" and "POKE!!!":
//
//     ./vmlab scripts/tutorial.groovy [FOLDER]
//
// The program hello and the module poke are written into FOLDER (target/tutorial), built into a guest's image and used.

def folder = new File(args ? args[0] : 'target/tutorial')

def write(File file, String text) {
    file.parentFile.mkdirs()
    if (!file.exists() || file.text != text) {
        file.text = text
    }
}

write new File(folder, 'pkg/hello/hello.c'), '''\
#include <stdio.h>

int main(int argc, char *argv[]) {
    printf("Hello, World!\\n");
    return 0;
}
'''
write new File(folder, 'pkg/hello/Makefile'), '''\
TARGET = hello

include ../../common.mk
include ../../common_app.mk

hello: hello.o
	$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@
'''
write new File(folder, 'modules/poke/poke.c'), '''\
#include <linux/module.h>
#include <linux/kernel.h>
#include <linux/init.h>
#include <linux/fs.h>

#include <asm/uaccess.h>
#include <asm/kvm_para.h>
#include <asm/io.h>
#include <poke.h>

#define DEVICE_NAME "poke"

static int major_number;

static ssize_t poke_write(struct file *f, const char __user *b, size_t s, loff_t *o) {
    kvm_hypercall1(4, 0);
    return s;
}

struct file_operations fops = {
    .write = poke_write,
};

static int __init poke_init(void) {
    major_number = register_chrdev(0, DEVICE_NAME, &fops);
    printk(KERN_INFO "%s initialized with major number %d\\n", DEVICE_NAME, major_number);
    return 0;
}

static void __exit poke_exit(void) {
    unregister_chrdev(major_number, DEVICE_NAME);
    printk(KERN_INFO "%s exit\\n", DEVICE_NAME);
}

module_init(poke_init);
module_exit(poke_exit);
'''
write new File(folder, 'modules/poke/Makefile'), '''\
obj-m += poke.o
CFLAGS_poke.o = -I../../include -I../../../common/shared_include

all:
	make -C $(KHEAD) M=$(PWD) modules

clean:
	make -C $(KHEAD) M=$(PWD) clean
'''

lab {
    vm(0) {
        kernel_image = debian.kernel
        initrd_image = rootfs { from folder.path }
    }
}
vm0.hypercall(4) { call ->
    assert call.ebx == 0
    println 'POKE!!!'
}
vm0.start()
vm0.login()

def hello = vm0.sh('hello').out
println hello
assert hello == 'Hello, World!'

def major = vm0.sh("grep poke /proc/devices").out.split()[0]
assert vm0.sh("mknod /dev/poke c $major 0").ok
3.times {
    assert vm0.sh('echo > /dev/poke').ok
}
assert vm0.hypercalls[4].calls == 3
vm0.stop()
