// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.NativeLong;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;
import java.util.List;
import java.util.Optional;

/**
 * Machine code as text in Intel's syntax, by Capstone 4 or 5, if the host has it.
 *
 * <p>Threads: any, one at a time per disassembler. Errors: {@link HostMistake} without the library.
 *
 * <p>Spec: capstone.h, struct cs_insn of either version.
 */
public final class Disassembler implements AutoCloseable {
    /** The longest instruction. */
    public static final int MOST_BYTES = 15;

    /**
     * An instruction.
     *
     * @param bytes its length
     * @param operands empty if it has none
     */
    public record Instruction(int bytes, String mnemonic, String operands) {}

    private interface Capstone extends Library {
        int cs_version(int[] major, int[] minor);

        int cs_open(int architecture, int mode, PointerByReference handle);

        NativeLong cs_disasm(
                Pointer handle, byte[] code, NativeLong size, long address, NativeLong count, PointerByReference found);

        void cs_free(Pointer found, NativeLong count);

        int cs_close(PointerByReference handle);
    }

    private static final List<String> NAMES = List.of("libcapstone.so.5", "libcapstone.so.4", "capstone");
    private static final int CS_ARCH_X86 = 3;
    private static final NativeLong ONE = new NativeLong(1);

    private static final long SIZE = 16;
    private static final long BYTES = 18;
    private static final int MNEMONIC_BYTES = 32;

    private static final class LazyLibrary {
        private static final Optional<Capstone> INSTANCE = load();

        private static Optional<Capstone> load() {
            for (String name : NAMES) {
                try {
                    return Optional.of(Native.load(name, Capstone.class));
                } catch (UnsatisfiedLinkError e) {
                    continue;
                }
            }
            return Optional.empty();
        }
    }

    private final Capstone capstone;
    private final PointerByReference handle = new PointerByReference();
    private final long mnemonicAt;

    /**
     * Opens one.
     *
     * @param bits 16, 32 or 64
     */
    public Disassembler(int bits) {
        capstone = LazyLibrary.INSTANCE.orElseThrow(() -> new HostMistake(
                "there is no disassembler: this machine has no libcapstone",
                "install it (on Debian: apt-get install libcapstone4)"));
        int[] major = new int[1];
        capstone.cs_version(major, new int[1]);
        mnemonicAt = BYTES + (major[0] >= 5 ? 24 : 16);
        int error = capstone.cs_open(CS_ARCH_X86, bits / 8, handle);
        if (error != 0) {
            throw new HostMistake(
                    "libcapstone can't read x86 code (error %d)".formatted(error), "install your distribution's own");
        }
    }

    /** Whether this host has the library. */
    public static boolean isAvailable() {
        return LazyLibrary.INSTANCE.isPresent();
    }

    /** The instruction that these bytes begin with; empty if there is none. */
    public Optional<Instruction> first(byte[] code, long address) {
        PointerByReference found = new PointerByReference();
        NativeLong size = new NativeLong(code.length);
        NativeLong count = capstone.cs_disasm(handle.getValue(), code, size, address, ONE, found);
        if (count.longValue() == 0) {
            return Optional.empty();
        }
        Pointer instruction = found.getValue();
        try {
            return Optional.of(new Instruction(
                    instruction.getShort(SIZE),
                    instruction.getString(mnemonicAt, "US-ASCII"),
                    instruction.getString(mnemonicAt + MNEMONIC_BYTES, "US-ASCII")));
        } finally {
            capstone.cs_free(instruction, count);
        }
    }

    @Override
    public void close() {
        capstone.cs_close(handle);
    }
}
