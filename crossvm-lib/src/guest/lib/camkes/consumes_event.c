/* SPDX-License-Identifier: Apache-2.0 */
#include "consumes_event.h"

#include <poll.h>

static int poll_event(int fd, int timeout)
{
	struct pollfd event = { .fd = fd, .events = POLLIN };

	return poll(&event, 1, timeout);
}

int consumes_event_wait(int fd)
{
	return poll_event(fd, -1);
}

int consumes_event_poll(int fd)
{
	return poll_event(fd, 0);
}
