/* SPDX-License-Identifier: Apache-2.0 */
/* Events from components outside of the guest. */
#ifndef CONSUMES_EVENT_H
#define CONSUMES_EVENT_H

/* Waits until the event has come at least once since it was last waited for; a negative number on failure. */
int consumes_event_wait(int fd);

/* 1 if the event has come since, 0 if not. */
int consumes_event_poll(int fd);

#endif
