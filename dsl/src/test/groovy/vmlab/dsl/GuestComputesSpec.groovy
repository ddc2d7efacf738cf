// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl

import java.nio.file.Files
import java.nio.file.Path
import java.security.MessageDigest
import java.time.Duration
import java.util.concurrent.TimeUnit
import java.util.zip.CRC32
import java.util.zip.GZIPInputStream
import spock.lang.Shared
import spock.lang.Specification
import spock.lang.TempDir
import spock.lang.Timeout
import vmlab.lab.Backend
import vmlab.lab.Lab
import vmlab.lab.LabSettings
import vmlab.lab.LabVm
import vmlab.lab.Progress
import vmlab.vmm.Machine.Pace

/**
 * What the guest computes, against what the JDK computes of the same: the programs of its busybox, and the kernel's own
 * tests of its cryptography, which this boot doesn't leave out.
 */
@Timeout(value = 9, unit = TimeUnit.MINUTES)
class GuestComputesSpec extends Specification {
    private static final String SCRIPT = '''\
        lab {
            vm(0) {
                guest_ram_mb   = 128
                kernel_image   = debian.kernel
                kernel_cmdline = 'console=ttyS0 ignore_loglevel noisapnp tsc=reliable'
                initrd_image   = rootfs { }
            }
        }
        vm0.start()
        vm0.login()
        vm0.sh('echo 1 > /proc/sys/kernel/printk')
        '''.stripIndent()
    private static final int NUMBERS = 12_000
    private static final Duration LIMIT = Duration.ofMinutes(5)

    @Shared
    @TempDir
    Path folder

    @Shared
    Lab lab

    @Shared
    LabVm vm

    /** One boot for all: the tests of the kernel in it take as long as everything else. */
    def setupSpec() {
        def settings = new LabSettings(
                Backend.SOFT, Pace.VIRTUAL, CachedDebian.orSkip(), Progress.silent(), LabSettings.DEFAULT_GUEST_TIME)
        lab = new Lab(settings)
        def script = folder.resolve('boot.groovy')
        Files.writeString(script, SCRIPT)
        new ScriptRunner(lab, new PrintWriter(new StringWriter(), true)).run(script, [])
        vm = lab.vm('vm0').get()
        sh("awk 'BEGIN { x = 1; for (i = 0; i < $NUMBERS; i++) { x = x * 16807 % 2147483647; print x } }' > /tmp/n")
    }

    def cleanupSpec() {
        lab?.close()
    }

    private String sh(String command) {
        def result = vm.sh(command, LIMIT)
        assert result.status() == 0: result
        return result.out()
    }

    /** The numbers of Park and Miller's generator, the guest's file. */
    private static List<Long> numbers() {
        def all = []
        long x = 1
        NUMBERS.times {
            x = x * 16807 % 2147483647
            all << x
        }
        return all
    }

    private static byte[] file() {
        (numbers().join('\n') + '\n').getBytes('US-ASCII')
    }

    private static String digest(String algorithm) {
        MessageDigest.getInstance(algorithm).digest(file()).encodeHex()
    }

    def "the kernel says nothing a real machine wouldn't have it say"() {
        given:
        def complaint = /(?i)warning:|\bbug:|oops|call trace|unchecked msr|invalid opcode|segfault|alg:.*fail|unstable|lockup|timed? ?out|panic/
        def messages = sh('dmesg').readLines().findAll { !(it =~ /Kernel command line|ACPI BIOS Error \(bug\): A valid RSDP/) }

        expect:
        messages.size() > 100
        messages.findAll { it =~ complaint } == []
        messages.any { it.endsWith('is a 16550A') }
        messages.any { it.contains('PCI host bridge to bus 0000:00') }
        messages.any { it.contains('rtc_cmos: setting system clock to') }
    }

    def "the kernel's tests of its cryptography pass"() {
        given:
        def results = sh("grep selftest /proc/crypto").readLines()*.replaceAll(/.*: /, '')

        expect:
        results.size() > 10
        results.unique() == ['passed']
    }

    def "digests are the JDK's"() {
        expect:
        sh("$program /tmp/n").tokenize()[0] == digest(algorithm)

        where:
        program     | algorithm
        'md5sum'    | 'MD5'
        'sha1sum'   | 'SHA-1'
        'sha256sum' | 'SHA-256'
        'sha512sum' | 'SHA-512'
        'sha3sum'   | 'SHA3-224'
    }

    def "the CRC is the JDK's"() {
        given:
        def crc = new CRC32()
        crc.update(file())

        expect:
        sh('crc32 /tmp/n').tokenize()[0] == String.format('%08x', crc.value)
    }

    def "what gzip packs, the JDK and gunzip unpack"() {
        given:
        def packed = Base64.mimeDecoder.decode(sh('gzip -9c /tmp/n | base64'))

        expect:
        Arrays.equals(new GZIPInputStream(new ByteArrayInputStream(packed)).readAllBytes(), file())
        sh('gzip -c /tmp/n | gunzip | md5sum').startsWith(digest('MD5'))
        sh('bzip2 -c /tmp/n | bunzip2 | md5sum').startsWith(digest('MD5'))
    }

    def "sorting is the JDK's"() {
        expect:
        sh('sort -n /tmp/n').readLines()*.toLong() == numbers().sort()
        sh('sort /tmp/n').readLines() == numbers()*.toString().sort()
    }

    def "bc's integers and quotients are the JDK's"() {
        given:
        def three = 3G
        def quotient = (7G**321).multiply(10G**50).divide(three**99)
        def calculated = sh("echo '7^321 % 3^99; 2^400 * 3^99; scale = 50; 7^321 / 3^99' | BC_LINE_LENGTH=0 bc").readLines()

        expect:
        calculated[0].toBigInteger() == (7G**321).mod(three**99)
        calculated[1].toBigInteger() == (2G**400).multiply(three**99)
        calculated[2].toBigDecimal().unscaledValue() == quotient
    }

    /** The x87 rounds to 64 bits of significand first, so a double's last place may be off by one. */
    def "awk's quotients are the JDK's within a unit of the last place"() {
        given:
        def table = sh("awk 'BEGIN { for (i = 1; i <= 200; i++) printf \"%.17g %.17g\\n\", i / 7, (i + 0.25) / 1e9 }'").readLines()

        expect:
        table.size() == 200
        (0..<200).every { i ->
            def (seventh, small) = table[i].tokenize()*.toDouble()
            isNear(seventh, (i + 1) / 7d) && isNear(small, (i + 1.25d) / 1e9d)
        }
    }

    private static boolean isNear(double actual, double expected) {
        Math.abs(actual - expected) <= Math.ulp(expected)
    }

    def "a flood onto the console arrives whole"() {
        expect:
        sh('seq 1 30000').readLines() == (1..30000)*.toString()
    }

    def "a second of sleep takes a second of the guest's time"() {
        given:
        def before = vm.time()
        sh('sleep 1')
        def slept = vm.time() - before

        expect:
        slept >= Duration.ofSeconds(1)
        slept < Duration.ofMillis(1200)
    }
}
