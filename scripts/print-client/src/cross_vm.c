// SPDX-License-Identifier: Apache-2.0
// The tables of the VMM's side; what calls them is left out.
#include <camkes.h>
#include <camkes_consumes_event.h>
#include <camkes_emits_event.h>
#include <dataport_caps.h>

extern dataport_caps_handle_t data_handle;

static dataport_caps_handle_t *dataports[] = {
    NULL, // so that an id is a place, from 1 on
    &data_handle,
};

static camkes_consumes_event_t consumed_events[] = {
    { .id = 1, .reg_callback = done_printing_reg_callback },
};

static camkes_emit_fn emitted_events[] = {
    NULL, /* as above, { or so } */
    do_print_emit,
};
