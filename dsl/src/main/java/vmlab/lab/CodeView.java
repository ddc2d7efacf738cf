// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import vmlab.vmm.CpuState;
import vmlab.vmm.Disassembler;

/** A guest's code by virtual address, with the names of its kernel's symbols. Threads and errors: as {@link LabVm}. */
final class CodeView {
    private static final int MOST_INSTRUCTIONS = 1000;

    /** The attribute D of a code segment. */
    private static final int DEFAULT_32 = 1 << 22;

    private final GuestView memory;
    private final VmSymbols symbols;

    CodeView(GuestView virtualMemory, VmSymbols symbols) {
        memory = virtualMemory;
        this.symbols = symbols;
    }

    /** What an address is in: {@code 0xc1000010 <startup_32+0x10>}. */
    String place(long address) {
        return "0x%08x".formatted(address)
                + symbols.at(address).map(name -> " <" + name + ">").orElse("");
    }

    /** The virtual address that a number or a symbol's name means. */
    long address(Object address) {
        return address instanceof CharSequence name
                ? symbols.address(name.toString())
                : GuestView.number(address, "an address");
    }

    /** So many instructions from an address on, as a CPU in this state reads them. */
    String lines(CpuState cpu, long address, int count) {
        if (count < 1 || count > MOST_INSTRUCTIONS) {
            throw new LabMistake(
                    count + " instructions can't be shown",
                    "1 to " + MOST_INSTRUCTIONS + " can, as in disassemble(20)");
        }
        byte[] code = memory.available(address, count * Disassembler.MOST_BYTES);
        return String.join("\n", new Disassembly(symbols::at).lines(code, address, bits(cpu), count));
    }

    private static int bits(CpuState cpu) {
        int attributes = cpu.segments().cs().attributes();
        return (attributes & CpuState.Segment.LONG) != 0 ? 64 : (attributes & DEFAULT_32) != 0 ? 32 : 16;
    }
}
