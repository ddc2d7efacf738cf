// SPDX-License-Identifier: Apache-2.0
//
// What a question to a component costs a guest, beside the same between two of its own processes over pipes: print_client's
// round trips, and a ping-pong. For scripts/bench connections.
//
//     ./vmlab scripts/connections.groovy [FOLDER]
//
// The guest's programs are written into FOLDER (target/connections).

def folder = new File(args ? args[0] : 'target/connections')

def program(File folder, String name, String libraries, String source) {
    def files = ["${name}.c": source, Makefile: """\
TARGET = $name

include ../../common.mk
include ../../common_app.mk

$name: ${name}.o
\t\$(CC) \$(CFLAGS) \$(LDFLAGS) \$^ $libraries -o \$@
"""]
    files.each { file, text ->
        def to = new File(folder, "pkg/$name/$file")
        to.parentFile.mkdirs()
        if (!to.exists() || to.text != text.toString()) {
            to.text = text
        }
    }
}

program folder, 'ask', '-lcamkes', '''\
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include "consumes_event.h"
#include "dataport.h"
#include "emits_event.h"

int main(int argc, char *argv[])
{
	int do_print = open("/dev/camkes_do_print", O_RDWR);
	int done_printing = open("/dev/camkes_done_printing", O_RDWR);
	char *data = dataport_mmap(open("/dev/camkes_data", O_RDWR));

	for (int i = atoi(argv[1]); i > 0; i--) {
		strcpy(data, "hello");
		emits_event_emit(do_print);
		consumes_event_wait(done_printing);
	}
	return 0;
}
'''
program folder, 'pingpong', '', '''\
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
	int there[2], back[2];
	char word[8] = "hello";

	if (pipe(there) || pipe(back))
		return 1;
	if (fork() == 0) {
		close(there[1]);
		while (read(there[0], word, sizeof(word)) > 0)
			if (write(back[1], word, sizeof(word)) < 0)
				return 1;
		return 0;
	}
	for (int i = atoi(argv[1]); i > 0; i--)
		if (write(there[1], word, sizeof(word)) < 0 || read(back[0], word, sizeof(word)) < 0)
			return 1;
	return 0;
}
'''

lab {
    component('PrintServer') {
        control
        dataport Buf(4096), 'data'
        consumes 'DoPrint', 'do_print'
        emits 'DonePrinting', 'done_printing'
        run {
            while (true) {
                do_print_wait()
                assert data.cString() == 'hello'
                done_printing_emit()
            }
        }
    }
    vm(0) {
        kernel_image = debian.kernel
        initrd_image = rootfs {
            from folder.path
            ['dataport', 'consumes_event', 'emits_event'].each { module it; pkg it }
        }
        dataport Buf(4096), 'data'
        emits 'DoPrint', 'do_print'
        consumes 'DonePrinting', 'done_printing'
        data_id = 1
    }
    composition {
        component PrintServer, 'print_server'
        connection seL4SharedData, 'conn_data', from: print_server.data, to: vm0.data
        connection seL4Notification, 'conn_do_print', from: vm0.do_print, to: print_server.do_print
        connection seL4Notification, 'conn_done_printing', from: print_server.done_printing, to: vm0.done_printing
    }
}
vm0.start()
vm0.login()
vm0.sh '''\
    dataport_init /dev/camkes_data 4096
    consumes_event_init /dev/camkes_done_printing
    emits_event_init /dev/camkes_do_print'''

/** Microseconds of the host's time for a round trip, and of the guest's: the median of several runs. */
def cost = { String program, int rounds ->
    vm0.sh "$program $rounds", 600.seconds
    def runs = (1..5).collect {
        def guest = vm0.time()
        def from = System.nanoTime()
        assert vm0.sh("$program $rounds", 600.seconds).ok
        [(System.nanoTime() - from) / 1e3 / rounds, (vm0.time() - guest).toNanos() / 1e3 / rounds]
    }
    runs.sort { it[0] }[2]
}
def pipes = cost('pingpong', 10_000)
def connections = cost('ask', 10_000)
[['pipes between processes', pipes], ['print_client', connections]].each { what, us ->
    printf('%-26s %8.0f round trips/s, %6.1f us each, %6.1f us of the guest\'s time%n', what, 1e6 / us[0], us[0], us[1])
}
printf('ratio %.2f%n', connections[0] / pipes[0])
vm0.stop()
