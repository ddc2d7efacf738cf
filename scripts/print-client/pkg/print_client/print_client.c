// SPDX-License-Identifier: Apache-2.0
#include <string.h>
#include <assert.h>

#include <sys/types.h>
#include <sys/stat.h>
#include <sys/mman.h>
#include <fcntl.h>

#include "dataport.h"
#include "consumes_event.h"
#include "emits_event.h"

static int opened(const char *name)
{
    int fd = open(name, O_RDWR);
    assert(fd >= 0);
    return fd;
}

int main(int argc, char *argv[])
{
    int data_fd = opened("/dev/camkes_data");
    int do_print_fd = opened("/dev/camkes_do_print");
    int done_printing_fd = opened("/dev/camkes_done_printing");
    char *data = (char *)dataport_mmap(data_fd);
    assert(data != MAP_FAILED);
    for (int i = 1; i < argc; i++) {
        strncpy(data, argv[i], dataport_get_size(data_fd));
        emits_event_emit(do_print_fd);
        consumes_event_wait(done_printing_fd);
    }
    return 0;
}
