// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdint.h>

typedef uint32_t seL4_Word;

// Lets callbacks of events that have come, and other threads, go on.
void seL4_Yield(void);
