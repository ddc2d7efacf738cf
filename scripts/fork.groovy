// SPDX-License-Identifier: Apache-2.0

// What a booted VM costs; scripts/bench-fork runs this. The argument is how many scenarios.
import java.util.concurrent.Executors

int scenarios = (args ? args[0] : '100') as int

def timed = { Closure work ->
    long from = System.nanoTime()
    work()
    (System.nanoTime() - from) / 1e6
}
def median = { List<?> times -> times.sort()[times.size().intdiv(2)] }
def say = { String what, value -> println String.format('%-58s %10.1f', what, value as double) }
/** What this process has of its own, in MB: neither shared files nor what the JVM's heap may still give back. */
def ownMb = {
    System.gc()
    new File('/proc/self/status').readLines().find { it.startsWith('RssAnon') }.replaceAll(/\D/, '').toLong() / 1024
}

lab {
    vm(0) {
        guest_ram_mb = 128
        kernel_image = debian.kernel
        initrd_image = rootfs { }
    }
}
def toShell = {
    vm0.start()
    vm0.login()
}

double cold = timed(toShell)
say 'a cold boot to the shell, ms', cold
vm0.stop()
def warm = (1..10).collect {
    double time = timed(toShell)
    vm0.stop()
    time
}
say 'from the boot cache to the shell, ms, the first', warm[0]
say 'the same, median of 10', median(warm)

toShell()
vm0.sh('true')
double before = ownMb()
def forks = []
def times = (1..20).collect { timed { forks += lab.fork(1) } }
say 'a fork of the running VM, ms, the first', times[0]
say 'the same, median of 20', median(times)
say 'memory more for each fork, MB', (ownMb() - before) / 20
forks.each { it.vm0.sh('echo $((6 * 7)) > /tmp/answer') }
say 'the same when each has done a command, MB', (ownMb() - before) / 20
forks*.close()

double all = timed {
    def threads = Executors.newFixedThreadPool(2)
    def done = (1..scenarios).collect { n ->
        def fork = lab.fork(1)[0]
        threads.submit {
            assert fork.vm0.sh("echo $n > /tmp/n; cat /tmp/n").out == "$n"
            fork.close()
        }
    }
    done*.get()
    threads.shutdown()
}
say "$scenarios scenarios with a fresh VM each, ms", all
say 'so many times faster than a cold boot each on two cores', cold * scenarios / 2 / all
