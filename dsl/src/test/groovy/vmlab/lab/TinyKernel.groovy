// SPDX-License-Identifier: Apache-2.0
package vmlab.lab

import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.file.Files
import java.nio.file.Path

/** Kernels of a few instructions, in the multiboot format. */
class TinyKernel {
    static final int LOADED_AT = 0x100000

    /** Where the first instruction is. */
    static final int ENTRY = LOADED_AT + 64

    /** Waits for a digit on COM1, makes the hypercall of that token, sends the digit of AL back, and so on. */
    static final String CALLS_ON_KEYS = '''
        BC34120000
        66BAFD03 EC A801 74FB
        66BAF803 EC 0FB6C0 83E830
        BB11000000 B922000000 BA33000080 BE44000000 0F01C1
        0430 66BAF803 EE EBCC'''

    /**
     * Maps 4 MB at 0xC0000000 to physical 0 and calls token 4 with EBX pointing to a text there and ECX to nothing, then
     * powers off.
     */
    static final String CALLS_FROM_PAGED_CODE = '''
        BF00002000 C70783000000 C787000C000083000000 0F22DF 0F20E0 83C810 0F22E0 0F20C0 0D00000080 0F22C0
        B804000000 BB800010C0 B9000000D0 0F01C1 FA F4''' + 'hello, VMM\0'.bytes.encodeHex()

    /** Calls token 4 with EBX counting up, for ever. */
    static final String CALLS_FOR_EVER = 'B804000000 31DB 0F01C1 43 EBFA'

    /** Prints a login prompt and, at each Enter, what comes next: for a password, and a shell's prompt three times. */
    static String logsIn(String greeting) {
        'BE65001000 AC 84C0 7407 66BAF803 EE EBF4 66BAFD03 EC A801 74FB 66BAF803 EC 3C0D 75EE EBE0' +
                "$greeting login: \0Password: \0# \0# \0# \0".bytes.encodeHex()
    }

    /**
     * Waits for a digit on COM1 and makes the hypercall of that token with 1, 1, 2 MB and 4096: 1 shares the first dataport
     * at 2 MB, 3 emits the first event. Sends the octet at 2 MB back, and so on.
     */
    static final String CONNECTED = '''
        BC34120000
        66BAFD03 EC A801 74FB
        66BAF803 EC 0FB6C0 83E830
        BB01000000 B901000000 BA00002000 BE00100000 0F01C1
        A000002000 66BAF803 EE EBC9'''

    /** Multiboot 0.6.96, 3.1.1 to 3.1.3: a header that says where the file goes, and code right behind it. */
    static Path write(Path dir, String hex) {
        def code = hex.replaceAll(/\s/, '').decodeHex()
        def file = ByteBuffer.allocate(64 + code.length).order(ByteOrder.LITTLE_ENDIAN)
        int magic = 0x1BADB002
        int flags = 1 << 16
        [magic, flags, -(magic + flags), LOADED_AT, LOADED_AT, 0, 0, ENTRY].each { file.putInt(it as int) }
        file.position(64)
        file.put(code)
        Files.write(dir.resolve('kernel'), file.array())
    }
}
