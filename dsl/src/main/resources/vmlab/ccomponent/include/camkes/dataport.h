// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// A page of memory whose content has no type.
typedef struct {
    char content[4096];
} Buf;

// A place in a dataport, as both of its ends understand it.
typedef struct {
    int32_t id;
    off_t offset;
} dataport_ptr_t;

// An id of -1 if the pointer is in no dataport.
dataport_ptr_t dataport_wrap_ptr(void *pointer);

// NULL if the place is in no dataport of this component.
void *dataport_unwrap_ptr(dataport_ptr_t pointer);
