/* SPDX-License-Identifier: GPL-2.0-only */
/* Modules written for kernels before 4.12 expect copy_to_user and its kin here. */
#include_next <asm/uaccess.h>
#include <linux/uaccess.h>
