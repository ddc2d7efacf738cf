// SPDX-License-Identifier: Apache-2.0
#pragma once

#define KERNEL_IMAGE "bzimage"
#define ROOTFS "rootfs.cpio"
#define VM_GUEST_CMDLINE "console=ttyS0,115200 i8042.nokbd=y \
i8042.noaux=y root=/dev/mem"

struct board_of_ours {
    int revision;
};
