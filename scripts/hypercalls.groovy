// How many hypercalls a second a Groovy handler answers: a guest of four instructions calls token 4 for ever.
//   ./vmlab scripts/hypercalls.groovy [SECONDS]
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.file.Files

double seconds = args ? args[0] as double : 5

// Multiboot 0.6.96, 3.1.1 to 3.1.3; mov eax, 4; xor ebx, ebx; again: vmcall; inc ebx; jmp again
int loadedAt = 0x100000
int magic = 0x1BADB002
int flags = 1 << 16
def image = ByteBuffer.allocate(80).order(ByteOrder.LITTLE_ENDIAN)
[magic, flags, -(magic + flags), loadedAt, loadedAt, 0, 0, loadedAt + 64].each { image.putInt(it as int) }
image.position(64)
image.put('B804000000 31DB 0F01C1 43 EBFA'.replace(' ', '').decodeHex())
def file = Files.createTempFile('calls', '.elf')
Files.write(file, image.array())

lab { vm(0) { kernel_image = file; guest_ram_mb = 4 } }
try {
    long sum = 0
    vm0.hypercall(4) { call ->
        sum += call.ebx
        call.result = 4
    }
    vm0.start()
    // The JVM compiles what it sees often: the first calls aren't counted.
    long warm = System.nanoTime() + 3_000_000_000L
    while (System.nanoTime() < warm) {
        vm0.run(1.ms)
    }
    long before = vm0.hypercalls[4].calls()
    long begun = System.nanoTime()
    while (System.nanoTime() - begun < seconds * 1e9) {
        vm0.run(1.ms)
    }
    long calls = vm0.hypercalls[4].calls() - before
    double took = (System.nanoTime() - begun) / 1e9
    assert sum > 0
    printf('%,.0f hypercalls a second through a Groovy handler (%.2f µs each)%n', calls / took, took / calls * 1e6)
} finally {
    vm0.stop()
    Files.delete(file)
}
