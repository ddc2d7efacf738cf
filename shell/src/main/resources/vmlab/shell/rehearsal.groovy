// SPDX-License-Identifier: Apache-2.0
import java.nio.ByteBuffer
import java.nio.ByteOrder

int base = 0x100000, flags = 0x10000, magic = 0x1BADB002
def image = ByteBuffer.allocate(34).order(ByteOrder.LITTLE_ENDIAN)
[magic, flags, -(magic + flags), base, base, base + 34, base + 34, base + 32].each { image.putInt(it as int) }
image.put(0xFA as byte).put(0xF4 as byte)
new File(args[0]).bytes = image.array()

lab { vm(0) { guest_ram_mb = 4; kernel_image = args[0] } }
vm0.start()
vm0.awaitEnd()
println vm0
