// SPDX-License-Identifier: Apache-2.0
// The table of the VMM's side; what calls it is left out.
#include <camkes.h>
#include <crossvm.h>

extern dataport_caps_handle_t dp1_handle;
extern dataport_caps_handle_t dp2_handle;

static struct camkes_crossvm_connection connections[] = {
    {&dp1_handle, ready_emit, {.id = -1, .reg_callback = NULL}},
    {&dp2_handle, NULL, {.id = 1, .reg_callback = done_reg_callback}}
};
