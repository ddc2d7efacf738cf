/* SPDX-License-Identifier: Apache-2.0 */
#include "consumes_event.h"

#include <poll.h>

#include "connection.h"

/* A connection's event is taken by reading; where it was taken by polling, there is nothing to read. */
static int poll_event(int fd, int timeout)
{
	struct pollfd event = { .fd = fd, .events = POLLIN };
	int come = poll(&event, 1, timeout);

	if (come == 1)
		connection_wait(fd);
	return come;
}

int consumes_event_wait(int fd)
{
	return poll_event(fd, -1);
}

int consumes_event_poll(int fd)
{
	return poll_event(fd, 0);
}
