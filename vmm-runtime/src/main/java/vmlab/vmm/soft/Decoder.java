// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

import java.util.ArrayList;
import java.util.List;

/**
 * Turns code bytes into blocks: prefixes, ModRM and immediates here, the opcodes in {@link Opcodes} and {@link Opcodes0F}.
 *
 * <p>A block ends at a transfer of control, at whatever changes decoding, at the end of its page and after
 * {@link #MOST_INSTRUCTIONS}. An instruction that runs over the end of its page is a block by itself, and so is one at which
 * a debugger may want to stop.
 *
 * @spec SDM 2, chapter 2 (instruction format)
 */
final class Decoder {
    static final int MOST_INSTRUCTIONS = 48;

    private static final int MOST_BYTES = 15;

    private final Mmu mmu;
    private final Opcodes opcodes = new Opcodes(this);

    /** Physical address of the block and of the byte to be fetched next, as if the second page followed the first. */
    private int start;

    private int position;
    private int insnStart;
    private int secondPage;

    private final List<Op> ops = new ArrayList<>();
    private int count;

    // The instruction being decoded.
    boolean operand32;
    boolean address32;
    int segmentOverride;
    int repeat;
    boolean lock;

    /** 0x66 seen: the mandatory prefix of SIMD encodings. */
    boolean operandPrefix;

    /** All segments flat and 32-bit code and stack: the fast classes may be used. */
    boolean fast;

    /** Two instructions may become one; not when single instructions are asked for. */
    boolean mayFuse;

    /** Thrown where the fetch runs over the end of the page of an instruction that isn't the block's first. */
    private static final class EndOfPage extends RuntimeException {
        static final EndOfPage INSTANCE = new EndOfPage();

        private EndOfPage() {
            super(null, null, false, false);
        }
    }

    Decoder(Mmu mmu) {
        this.mmu = mmu;
    }

    Cpu cpu() {
        return mmu.cpu();
    }

    /** Decodes from a physical address in RAM, for the CPU's present mode. */
    Block decode(int physical, int most) {
        int mode = cpu().mode;
        Breakpoints breaks = cpu().breaks;
        boolean gated = breaks.mayStopAt(physical);
        int limit = gated ? 1 : most;
        start = physical;
        position = physical;
        secondPage = -1;
        ops.clear();
        count = 0;
        int fastMode = Cpu.MODE_CODE32 | Cpu.MODE_STACK32 | Cpu.MODE_FLAT;
        fast = (mode & fastMode) == fastMode;
        mayFuse = limit > 1;
        if (gated) {
            ops.add(new Breakpoints.Gate());
        }
        Term last = null;
        int firstIndex = 0;
        while (last == null) {
            if (count == limit || (position ^ start) >>> 12 != 0 || count > 0 && breaks.mayStopAt(position)) {
                last = fallThrough();
                firstIndex = count;
                break;
            }
            insnStart = position;
            firstIndex = count;
            try {
                Object decoded = decodeInstruction();
                count++;
                if (decoded instanceof Op op) {
                    op.offset = insnStart - start;
                    op.length = position - insnStart;
                    op.index = count - 1;
                    ops.add(op);
                } else {
                    last = (Term) decoded;
                    last.offset = insnStart - start;
                    if (fused != null) {
                        last.offset = fused.offset;
                        firstIndex = fused.index;
                        fused = null;
                    }
                }
            } catch (EndOfPage | CpuFault e) {
                if (insnStart == start) {
                    throw e;
                }
                position = insnStart;
                last = fallThrough();
            }
            if (secondPage >= 0 && last == null) {
                firstIndex = count;
                last = fallThrough();
            }
        }
        last.index = firstIndex;
        last.end = position - start;
        Block block = new Block(
                physical, mode, ops.toArray(new Op[0]), last, Math.max(count, 1), Math.max(position - start, 1));
        block.secondPage = secondPage;
        return block;
    }

    private Term fallThrough() {
        Term fall = fast
                ? new Branches.Fall(new Branches.Exit(position - start, (position ^ start) >>> 12 == 0))
                : new Insn.Ending(new Insn(), (c, i, next) -> {
                    c.eip = next;
                    return Block.LOOKUP;
                });
        fall.offset = position - start;
        return fall;
    }

    /** What executes where there is no RAM: an open bus reads as FF FF, which is undefined. */
    Block outsideRam() {
        Term undefined = new Insn.Ending(new Insn(), (c, i, next) -> {
            c.report("executes at %#x, where there is no memory".formatted(c.eip));
            throw c.undefined();
        });
        return new Block(-1, cpu().mode, new Op[0], undefined, 1, 1);
    }

    private Op fused;

    /** The last instruction's operation if the jump being decoded may swallow it; null if not. */
    Op previous() {
        return mayFuse && !ops.isEmpty() && ops.get(ops.size() - 1).end() == insnStart - start
                ? ops.get(ops.size() - 1)
                : null;
    }

    /** Takes the last instruction out of the block: the jump being decoded does its work. */
    void swallowPrevious() {
        fused = ops.remove(ops.size() - 1);
    }

    private Object decodeInstruction() {
        boolean code32 = (cpu().mode & Cpu.MODE_CODE32) != 0;
        operand32 = code32;
        address32 = code32;
        segmentOverride = -1;
        repeat = Insn.NO_REPEAT;
        lock = false;
        operandPrefix = false;
        while (true) {
            int octet = fetch8();
            switch (octet) {
                case 0x26, 0x2E, 0x36, 0x3E -> segmentOverride = octet >>> 3 & 3;
                case 0x64, 0x65 -> segmentOverride = octet & 7;
                case 0x66 -> {
                    operand32 = !code32;
                    operandPrefix = true;
                }
                case 0x67 -> address32 = !code32;
                case 0xF0 -> lock = true;
                case 0xF2, 0xF3 -> repeat = octet;
                default -> {
                    return opcodes.decode(octet);
                }
            }
        }
    }

    // ---- fetching

    int fetch8() {
        if (position - insnStart >= MOST_BYTES) {
            throw cpu().raise(CpuFault.GP, 0);
        }
        int at = position++;
        if ((at ^ insnStart) >>> 12 != 0) {
            if (insnStart != start) {
                throw EndOfPage.INSTANCE;
            }
            if (secondPage < 0) {
                Cpu c = cpu();
                secondPage = mmu.secondPage(c.base[Cpu.CS] + c.eip);
            }
            return mmu.isRamPage(secondPage) ? mmu.codeByte(secondPage << 12 | at & 0xFFF) : 0xFF;
        }
        return mmu.codeByte(at);
    }

    /** The next byte, not consumed. */
    int peek8() {
        int saved = position;
        int octet = fetch8();
        position = saved;
        return octet;
    }

    int fetchSigned8() {
        return (byte) fetch8();
    }

    int fetch16() {
        int low = fetch8();
        return low | fetch8() << 8;
    }

    int fetch32() {
        int low = fetch16();
        return low | fetch16() << 16;
    }

    /** An immediate of the operand's size, sign-extended. */
    int fetchImmediate(int bytes) {
        return bytes == 1 ? fetchSigned8() : bytes == 2 ? (short) fetch16() : fetch32();
    }

    /** Bytes of the instruction fetched so far; for one without operands, its length. */
    int lengthSoFar() {
        return position - insnStart;
    }

    int operandBytes() {
        return operand32 ? 4 : 2;
    }

    // ---- building

    Insn insn(int bytes) {
        Insn i = new Insn();
        i.bytes = bytes;
        i.repeat = repeat;
        i.segment = segmentOverride >= 0 ? segmentOverride : Cpu.DS;
        i.addressMask = address32 ? -1 : 0xFFFF;
        return i;
    }

    Insn withModrm(int bytes) {
        Insn i = insn(bytes);
        i.modrm = fetch8();
        i.reg = i.modrm >>> 3 & 7;
        i.rm = i.modrm & 7;
        if (i.modrm < 0xC0) {
            i.address = address32 ? address32(i.modrm) : address16(i.modrm);
        }
        return i;
    }

    private Address address32(int modrm) {
        Address a = new Address();
        int mod = modrm >>> 6;
        int rm = modrm & 7;
        if (rm == 4) {
            int sib = fetch8();
            int index = sib >>> 3 & 7;
            if (index != Cpu.ESP) {
                a.index = index;
                a.scale = sib >>> 6;
            }
            rm = sib & 7;
        }
        if (rm == Cpu.EBP && mod == 0) {
            a.displacement = fetch32();
        } else {
            a.base = rm;
            if (rm == Cpu.ESP || rm == Cpu.EBP) {
                a.segment = Cpu.SS;
            }
            if (mod == 1) {
                a.displacement = fetchSigned8();
            } else if (mod == 2) {
                a.displacement = fetch32();
            }
        }
        return overridden(a);
    }

    private static final int[] BASE_16 = {Cpu.EBX, Cpu.EBX, Cpu.EBP, Cpu.EBP, Cpu.NONE, Cpu.NONE, Cpu.EBP, Cpu.EBX};
    private static final int[] INDEX_16 = {Cpu.ESI, Cpu.EDI, Cpu.ESI, Cpu.EDI, Cpu.ESI, Cpu.EDI, Cpu.NONE, Cpu.NONE};

    private Address address16(int modrm) {
        Address a = new Address();
        a.mask = 0xFFFF;
        int mod = modrm >>> 6;
        int rm = modrm & 7;
        if (mod == 0 && rm == 6) {
            a.displacement = fetch16();
        } else {
            a.base = BASE_16[rm];
            a.index = INDEX_16[rm];
            if (a.base == Cpu.EBP) {
                a.segment = Cpu.SS;
            }
            if (mod == 1) {
                a.displacement = fetchSigned8();
            } else if (mod == 2) {
                a.displacement = fetch16();
            }
        }
        return overridden(a);
    }

    /** The offset-only address of opcodes A0 to A3. */
    Address directAddress() {
        Address a = new Address();
        a.displacement = address32 ? fetch32() : fetch16();
        a.mask = address32 ? -1 : 0xFFFF;
        return overridden(a);
    }

    private Address overridden(Address a) {
        if (segmentOverride >= 0) {
            a.segment = segmentOverride;
        }
        return a;
    }

    /** Whether an address may be used by the fast classes: its offset is the linear address. */
    boolean isFlat(Address a) {
        return fast && a.mask == -1 && a.segment <= Cpu.DS && a.segment != Cpu.CS;
    }

    /** An exit at a distance from the end of the instruction being decoded. */
    Branches.Exit exit(int distanceFromEnd) {
        int distance = position - start + distanceFromEnd;
        return new Branches.Exit(distance, (start + distance ^ start) >>> 12 == 0 && secondPage < 0);
    }
}
