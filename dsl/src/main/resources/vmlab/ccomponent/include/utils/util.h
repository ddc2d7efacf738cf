// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utils/zf_log.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define BIT(n) (1ul << (n))
#define MASK(n) (BIT(n) - 1ul)
#define IS_ALIGNED(n, bits) (!((n) & MASK(bits)))
#define ROUND_DOWN(n, step) ((n) / (step) * (step))
#define ROUND_UP(n, step) ROUND_DOWN((n) + (step) - 1, step)
#define DIV_ROUND_UP(n, d) (((n) + (d) - 1) / (d))
#define PAGE_SIZE_4K 4096
#define PAGE_BITS_4K 12

#ifndef MIN
#define MIN(a, b) ({ __typeof__(a) a_ = (a); __typeof__(b) b_ = (b); a_ < b_ ? a_ : b_; })
#define MAX(a, b) ({ __typeof__(a) a_ = (a); __typeof__(b) b_ = (b); a_ > b_ ? a_ : b_; })
#endif

#define UNUSED __attribute__((unused))
#define USED __attribute__((used))
#define WEAK __attribute__((weak))
#define PACKED __attribute__((packed))
#define NORETURN __attribute__((noreturn))
#define WARN_UNUSED_RESULT __attribute__((warn_unused_result))
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
