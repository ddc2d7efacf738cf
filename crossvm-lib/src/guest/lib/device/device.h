/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVICE_H
#define DEVICE_H

#define NO_MAJOR 0

/* The major number of a character device driver by its name in /proc/devices, or NO_MAJOR. */
unsigned int device_get_major(const char *name);

/* Makes a device node in place of an older one; 0, or a negative number and errno. */
int device_create_node(const char *path, unsigned int major, unsigned int minor);

#endif
