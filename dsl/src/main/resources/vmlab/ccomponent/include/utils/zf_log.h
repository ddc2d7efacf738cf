// SPDX-License-Identifier: Apache-2.0
// Log lines on the component's console: errors and what is worse, as in a build of CAmkES that sets no level.
#pragma once

#include <stdio.h>
#include <stdlib.h>

#define ZF_LOGE(format, ...) fprintf(stderr, "%s@%s:%d " format "\n", __func__, __FILE__, __LINE__, ##__VA_ARGS__)
#define ZF_LOGF(format, ...) (ZF_LOGE(format, ##__VA_ARGS__), abort())
#define ZF_LOGE_IF(condition, format, ...) ((condition) ? (void) ZF_LOGE(format, ##__VA_ARGS__) : (void) 0)
#define ZF_LOGF_IF(condition, format, ...) ((condition) ? (void) ZF_LOGF(format, ##__VA_ARGS__) : (void) 0)
#define ZF_LOGW(format, ...) ((void) 0)
#define ZF_LOGI(format, ...) ((void) 0)
#define ZF_LOGD(format, ...) ((void) 0)
#define ZF_LOGV(format, ...) ((void) 0)
