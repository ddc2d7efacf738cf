// SPDX-License-Identifier: Apache-2.0

// exit-cost CODE_HEX: for every line of standard input, runs real-mode code at 0:1000 under KVM until HLT in the shortest
// loop there is, counts its writes to ports, and prints their number and the nanoseconds they all took.
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>

enum { RAM_BYTES = 1 << 20, CODE = 0x1000, TSS_ADDRESS = 0xFFFBD000 };

static int checked(int result, const char *what) {
    if (result < 0) {
        perror(what);
        exit(1);
    }
    return result;
}

static void *mapped(size_t bytes, int flags, int file) {
    void *address = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, file, 0);
    if (address == MAP_FAILED) {
        perror("mmap");
        exit(1);
    }
    return address;
}

static void load(unsigned char *at, const char *hex) {
    unsigned octet;
    for (; sscanf(hex, "%2x", &octet) == 1; hex += 2) {
        *at++ = (unsigned char)octet;
    }
}

static void enter_real_mode(int vcpu) {
    struct kvm_sregs system;
    struct kvm_regs general = {.rip = CODE, .rflags = 2, .rsp = 0x7000};
    checked(ioctl(vcpu, KVM_GET_SREGS, &system), "KVM_GET_SREGS");
    system.cs.base = 0;
    system.cs.selector = 0;
    checked(ioctl(vcpu, KVM_SET_SREGS, &system), "KVM_SET_SREGS");
    checked(ioctl(vcpu, KVM_SET_REGS, &general), "KVM_SET_REGS");
}

static long long nanos(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

// The device: counts and adds up what is written.
static long writes;
static volatile unsigned long sum;

static void device(const struct kvm_run *run) {
    const unsigned char *data = (const unsigned char *)run + run->io.data_offset;
    writes++;
    sum += *data;
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: %s CODE_HEX\n", argv[0]);
        return 2;
    }
    int kvm = checked(open("/dev/kvm", O_RDWR), "/dev/kvm");
    int vm = checked(ioctl(kvm, KVM_CREATE_VM, 0), "KVM_CREATE_VM");
    checked(ioctl(vm, KVM_SET_TSS_ADDR, TSS_ADDRESS), "KVM_SET_TSS_ADDR");
    unsigned char *ram = mapped(RAM_BYTES, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    load(ram + CODE, argv[1]);
    struct kvm_userspace_memory_region region = {.memory_size = RAM_BYTES, .userspace_addr = (unsigned long)ram};
    checked(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region), "KVM_SET_USER_MEMORY_REGION");
    int vcpu = checked(ioctl(vm, KVM_CREATE_VCPU, 0), "KVM_CREATE_VCPU");
    size_t run_bytes = (size_t)checked(ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0), "KVM_GET_VCPU_MMAP_SIZE");
    struct kvm_run *run = mapped(run_bytes, MAP_SHARED, vcpu);
    while (getchar() != EOF) {
        enter_real_mode(vcpu);
        writes = 0;
        long long from = nanos();
        while (ioctl(vcpu, KVM_RUN, 0) == 0 && run->exit_reason == KVM_EXIT_IO) {
            device(run);
        }
        long long took = nanos() - from;
        if (run->exit_reason != KVM_EXIT_HLT) {
            fprintf(stderr, "the guest ended for reason %u\n", run->exit_reason);
            return 1;
        }
        printf("%ld %lld\n", writes, took);
        fflush(stdout);
    }
    return 0;
}
