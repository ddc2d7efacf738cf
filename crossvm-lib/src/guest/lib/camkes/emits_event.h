/* SPDX-License-Identifier: Apache-2.0 */
/* Events for components outside of the guest. */
#ifndef EMITS_EVENT_H
#define EMITS_EVENT_H

/* Emits the event and doesn't wait for anybody; a negative number on failure. */
int emits_event_emit(int fd);

#endif
