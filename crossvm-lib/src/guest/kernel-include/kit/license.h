/* SPDX-License-Identifier: GPL-2.0-only */
/* For modules that declare no license, as tutorials' do: kernels took them until 5.x, now modpost refuses them. */
#include <linux/module.h>

MODULE_LICENSE("unspecified");
