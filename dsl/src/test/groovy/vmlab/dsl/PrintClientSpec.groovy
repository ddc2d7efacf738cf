// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl

import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.TimeUnit
import spock.lang.Specification
import spock.lang.TempDir
import spock.lang.Timeout
import vmlab.ccomponent.CBehaviour
import vmlab.ccomponent.CSource
import vmlab.lab.Backend
import vmlab.lab.Lab
import vmlab.lab.LabSettings
import vmlab.lab.Progress
import vmlab.vmm.Machine.Pace

/** The tutorials' third exercise: a program in the guest has a component print words. */
@Timeout(value = 9, unit = TimeUnit.MINUTES)
class PrintClientSpec extends Specification {
    static final String CLIENT = '''\
        #include <string.h>
        #include <assert.h>

        #include <sys/types.h>
        #include <sys/stat.h>
        #include <sys/mman.h>
        #include <fcntl.h>

        #include "dataport.h"
        #include "consumes_event.h"
        #include "emits_event.h"

        int main(int argc, char *argv[]) {
            int data_fd = open("/dev/camkes_data", O_RDWR);
            assert(data_fd >= 0);
            int do_print_fd = open("/dev/camkes_do_print", O_RDWR);
            assert(do_print_fd >= 0);
            int done_printing_fd = open("/dev/camkes_done_printing", O_RDWR);
            assert(done_printing_fd >= 0);

            char *data = (char*)dataport_mmap(data_fd);
            assert(data != MAP_FAILED);
            ssize_t dataport_size = dataport_get_size(data_fd);
            assert(dataport_size > 0);

            for (int i = 1; i < argc; i++) {
                strncpy(data, argv[i], dataport_size);
                emits_event_emit(do_print_fd);
                consumes_event_wait(done_printing_fd);
            }
            return 0;
        }
        '''.stripIndent()

    private static final String SERVER = '''\
        #include <camkes.h>
        #include <stdio.h>

        int run(void) {

            while (1) {
                do_print_wait();

                printf("%s\\n", (char*)data);

                done_printing_emit();
            }

            return 0;
        }
        '''.stripIndent()

    private static final String INIT = '''\
        #!/bin/sh
        dataport_init /dev/camkes_data 4096
        consumes_event_init /dev/camkes_done_printing
        emits_event_init /dev/camkes_do_print
        '''.stripIndent()

    private static final String LAB = '''\
        lab {
            component('PrintServer') {
                control
                dataport Buf(4096), 'data'
                consumes 'DoPrint', 'do_print'
                emits 'DonePrinting', 'done_printing'
                run {
                    while (true) {
                        do_print_wait()
                        println data.cString()
                        done_printing_emit()
                    }
                }
            }
            vm(0) {
                kernel_image = debian.kernel
                initrd_image = rootfs {
                    from args[0]
                    module 'dataport'
                    module 'consumes_event'
                    module 'emits_event'
                }
                dataport Buf(4096), 'data'
                emits 'DoPrint', 'do_print'
                consumes 'DonePrinting', 'done_printing'
                has mutex('cross_vm_event_mutex')
                data_id = 1
                data_size = 4096
            }
            composition {
                component PrintServer, 'print_server'
                connection seL4Notification, 'conn_do_print', from: vm0.do_print, to: print_server.do_print
                connection seL4Notification, 'conn_done_printing', from: print_server.done_printing, to: vm0.done_printing
                connection seL4SharedDataWithCaps, 'conn_data', from: print_server.data, to: vm0.data
            }
        }
        vm0.start()
        vm0.login()
        '''.stripIndent()

    @TempDir
    Path folder

    /** Writes the exercise into a folder, and runs it up to the login. */
    static void run(ScriptRunner runner, Path folder) {
        def client = folder.resolve('my-guest/pkg/print_client')
        Files.createDirectories(client)
        Files.writeString(client.resolve('print_client.c'), CLIENT)
        Files.writeString(client.resolve('Makefile'), 'TARGET = print_client\n\ninclude ../../common.mk\n'
                + 'include ../../common_app.mk\n\nprint_client: print_client.o\n'
                + '\t$(CC) $(CFLAGS) $(LDFLAGS) $^ -lcamkes -o $@\n')
        Files.writeString(folder.resolve('my-guest/camkes_init'), INIT)
        def script = Files.writeString(folder.resolve('lab.groovy'), LAB)
        runner.run(script, [folder.resolve('my-guest').toString()])
    }

    def "the component prints the words, each once and in order, in Groovy as in C"() {
        given:
        def guest = CachedDebian.orSkip()
        def lab = new Lab(new LabSettings(
                Backend.SOFT, Pace.VIRTUAL, guest, Progress.silent(), LabSettings.DEFAULT_GUEST_TIME))
        def printed = new StringWriter()
        def runner = new ScriptRunner(lab, new PrintWriter(printed, true))
        def words = (1..20).collect { "word$it".toString() }

        when:
        run(runner, folder)
        def vm = lab.vm('vm0').get()
        def server = lab.component('print_server').get()

        then: 'the guest has said what the tutorial shows'
        def console = vm.console().text()
        ['Creating dataport node /dev/camkes_data', 'Allocating 4096 bytes for /dev/camkes_data',
         'Creating consuming event node /dev/camkes_done_printing',
         'Creating emitting event node /dev/camkes_do_print'].every { console.contains(it) }

        when:
        def result = vm.sh('print_client ' + words.join(' ') + '; dmesg | grep -c "dataport received mmap for minor 1"')

        then:
        server.lines() == words
        printed.toString().readLines() == words.collect { "print_server: $it".toString() }
        result.out() == '1'
        vm.port('done_printing').get().taken() == words.size()

        when: 'nobody has emitted'
        vm.sh('echo later | dataport_write /dev/camkes_data')

        then:
        server.dataport('data').get().cString() == 'later\n'
        server.lines() == words

        when: 'what the component runs is replaced, and a client waits for an event that was dropped'
        def live = runner.run('live', '''\
            print_server.run {
                while (true) {
                    do_print_wait()
                    println data.cString().reverse()
                    done_printing_emit()
                }
            }
            conn_do_print.unplug()
            vm0.sh('print_client lost & sleep 1; kill -0 $! && echo it waits').out
            '''.stripIndent(), [])

        then:
        live.endsWith('it waits')
        server.lines() == words

        when: 'somebody at the prompt answers it, and the connection is there again'
        runner.run('live', '''\
            vm0.done_printing.emit()
            vm0.sh('wait')
            conn_do_print.plug()
            vm0.sh('print_client again')
            '''.stripIndent(), [])

        then:
        server.lines() == words + ['niaga']

        when: 'the tutorial\'s own component takes its place'
        def source = Files.writeString(folder.resolve('print_server.c'), SERVER)
        server.run(CBehaviour.of(new CSource(server.spec().type(), [source], [], []), guest::component))
        vm.sh('print_client hello world')

        then:
        server.lines() == words + ['niaga', 'hello', 'world']
        vm.port('done_printing').get().taken() == words.size() + 4

        cleanup:
        lab.close()
    }
}
