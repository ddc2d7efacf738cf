// SPDX-License-Identifier: Apache-2.0

// The measurements of scripts/bench-speed, which finds the peers and hands on its options, as NAME=VALUE.
import java.time.ZonedDateTime
import java.time.format.DateTimeFormatter

def home = new File(System.getProperty('vmlab.home'))
def here = new File(home, 'scripts/speed')
def loader = new GroovyClassLoader(getClass().classLoader)
def Report = loader.parseClass(new File(here, 'Report.groovy'))
def Peer = loader.parseClass(new File(here, 'Peer.groovy'))

def options = [rounds: '3', 'warm-up': '3', only: '', peers: 'vmlab,interpreter,qemu,v86', folder: "$home/target/bench"]
options += args.collectEntries { it.split('=', 2) as List }
int rounds = options.rounds as int
double warmUp = options['warm-up'] as double
def only = options.only.tokenize(',')

def work = [
    sha256: 'busybox sha256sum of 4 MB',
    gzip: 'busybox gzip of 1.4 MB of text',
    sort: 'busybox sort of 15 000 lines',
    sieve: 'the primes below a million, six times, in C',
    quicksort: '400 000 numbers, in C',
    list: 'three million steps through a linked list of 1 MB, in C',
    compile: 'a small compiler in C: 16 000 expressions to code, which is run once',
    awk: 'a loop in busybox awk',
    x87: 'arithmetic in 80 bits, its last bits compared',
    fork: '100 processes forked, executed and waited for',
    pipes: '3000 round trips of an octet between two processes',
    calls: '40 000 system calls',
    shell: 'a loop in busybox sh',
]
def whole = [
    boot: "cold boot of Debian's kernel to the login, from the start of the process (vmlab: of Java)",
    memory: 'resident size of a booted VM of 128 MB',
    resume: "`vm0.start()` from the boot cache to an answer of the shell; QEMU's -loadvm from the start of its process",
    forks: 'forks of a running VM',
]
def wanted = { String name ->
    switch (name) {
        case 'x87': return [qemu: 0.7]
        case ['fork', 'pipes', 'calls', 'shell']: return [qemu: 2]
        case 'boot': return [qemu: 0.8]
        case 'memory': return [qemu: 2]
        case 'resume': return [qemu: 1]
        default: return [qemu: 1.5, v86: 0.6]
    }
}
def unknown = only - work.keySet() - whole.keySet()
assert !unknown: "no rows are called $unknown; there are ${(work + whole).keySet()}"
def isWanted = { String name -> !only || name in only }

def output = { List<String> command ->
    def process = new ProcessBuilder(command*.toString()).directory(home).redirectError(ProcessBuilder.Redirect.INHERIT).start()
    def text = process.inputStream.text.trim()
    if (process.waitFor() != 0) {
        throw new IllegalStateException("${command.join(' ')} ended with ${process.exitValue()}")
    }
    text
}
def remarks = []
def remark = { String text ->
    System.err.println text
    remarks << text
}
/** The load of the last minute. */
def load = { new File('/proc/loadavg').text.tokenize()[0] as double }

// The guest.
def vmlab = "$home/vmlab".toString()
def guest = output([vmlab, 'guest']).readLines().collectEntries { it.split(/\s+/, 2) as List }
def scratch = new File(home, 'target/bench')
scratch.mkdirs()
def initrd = new File(scratch, 'guest.cpio')
output([vmlab, 'guest', 'build', "$here/guest", '-o', initrd])
int memoryMb = 128

// The peers.
def boot = [vmlab, 'boot', '--backend', 'soft', '--memory', memoryMb, '--kernel', guest.kernel, '--initrd', initrd, '--append', guest.append]
def qemu = options.qemu ? options.qemu.tokenize() + ['-accel', 'tcg', '-cpu', 'pentium3', '-m', memoryMb, '-display', 'none', '-serial', 'mon:stdio',
    '-no-reboot', '-net', 'none', '-kernel', guest.vmlinuz, '-initrd', initrd, '-append', guest.append] : null
def v86 = options.v86 ? ['node', "$here/v86.mjs", options.v86, options.bios, options.vgabios, memoryMb, guest.vmlinuz, initrd, guest.append] : null
def commands = [vmlab: boot + ['--soft-cpu', 'compiler'], interpreter: boot + ['--soft-cpu', 'interpreter'], qemu: qemu, v86: v86]
def peers = options.peers.tokenize(',').findAll { commands[it] }
(options.missing ?: '').tokenize(';').each { remark it.trim() }

def rows = [:]
def sample = { String name, String unit, String peer, double value ->
    def row = rows.computeIfAbsent(name) { [name: name, unit: unit, what: work[name] ?: whole[name], wanted: wanted(name),
        samples: [:].withDefault { [] }, loads: []] }
    row.samples[peer] << value
    row.loads << load()
    System.err.printf('%-10s %-12s %8.3f %s%n', name, peer, value, unit)
}
def from = load()

if (isWanted('boot') || isWanted('memory')) {
    rounds.times {
        peers.each { peer ->
            Peer.newInstance(peer, commands[peer]).withCloseable { process ->
                double seconds = process.boot()
                if (isWanted('boot')) sample('boot', 's', peer, seconds)
                if (isWanted('memory')) sample('memory', 'MB', peer, process.residentMb())
            }
        }
    }
}

// All guests are there for all programs: so the runs that are compared follow one another in seconds.
def programs = work.keySet().findAll { isWanted(it) }
if (programs) {
    def guests = peers.collectEntries { [it, Peer.newInstance(it, commands[it])] }
    try {
        guests.values().each {
            it.boot()
            it.login()
        }
        def results = [:]
        def run = { String name, String peer ->
            guests[peer].type("measure $name\n")
            def (seconds, result) = guests[peer].timed(name)
            def right = results.computeIfAbsent(name) { result }
            if (result != right) {
                remark "$name: $peer computes $result, ${peers[0]} $right"
            }
            seconds
        }
        programs.each { name ->
            peers.each { peer ->
                for (double spent = 0; spent < warmUp;) spent += run(name, peer)
            }
            rounds.times {
                peers.each { sample(name, 's', it, run(name, it)) }
            }
        }
    } finally {
        guests.values()*.close()
    }
}

if (isWanted('resume')) {
    def mine = Peer.newInstance('vmlab', [vmlab, '--backend', 'soft', "$here/resume.groovy", initrd])
    def disk = new File(scratch, 'snapshot.qcow2')
    try {
        mine.type('\n')
        mine.timed('resume')
        def saved = null
        if ('qemu' in peers && options['qemu-img']) {
            output([options['qemu-img'], 'create', '-q', '-f', 'qcow2', disk, '1G'])
            saved = qemu + ['-drive', "if=none,format=qcow2,file=${disk.path.replace(',', ',,')}"]
            Peer.newInstance('qemu', saved).withCloseable {
                it.boot()
                it.login()
                it.type('\u0001c')
                it.expect(/\(qemu\) /)
                it.type('savevm booted\n')
                it.expect(/savevm booted[^(]*\(qemu\) /)
            }
        } else {
            remark 'resume: without QEMU and qemu-img there is no -loadvm to compare with'
        }
        rounds.times {
            mine.type('\n')
            sample('resume', 's', 'vmlab', mine.timed('resume').v1)
            if (saved) {
                Peer.newInstance('qemu', saved + ['-loadvm', 'booted']).withCloseable {
                    it.type('echo @end-$((6 * 7))\n')
                    sample('resume', 's', 'qemu', (it.expect('@end-42').v1 - it.started) / 1e9)
                }
            }
        }
    } finally {
        mine.close()
        disk.delete()
    }
}

def figures = []
if (isWanted('forks')) {
    output(['bash', "$home/scripts/bench-fork"]).eachLine {
        def found = it =~ /^(.*\S)\s+([\d.]+)$/
        if (found) figures << [what: found[0][1], value: found[0][2] as double]
    }
}

def cpu = new File('/proc/cpuinfo').readLines().find { it.startsWith('model name') }?.replaceAll(/.*: /, '')
def report = Report.newInstance([
    date: ZonedDateTime.now().format(DateTimeFormatter.ofPattern('yyyy-MM-dd HH:mm z')),
    commit: options.commit,
    machine: [cpu: cpu, cores: Runtime.runtime.availableProcessors(),
        memoryMb: new File('/proc/meminfo').readLines()[0].replaceAll(/\D/, '').toLong().intdiv(1024), kernel: System.getProperty('os.version')],
    versions: [Java: Runtime.version().toString()] + (options.versions ?: '').tokenize(';').collectEntries { it.split('=', 2) as List },
    load: [from: from, to: load()],
    rounds: rounds,
    peers: peers,
    rows: rows.values() as List,
    figures: figures,
    remarks: remarks,
])
report.write(new File(options.folder))
println()
print report.table()
println "written to ${options.folder}: performance.md, performance.svg, performance.json"
