// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

import java.util.Arrays;
import vmlab.vmm.AddressRange;
import vmlab.vmm.GuestMemory;
import vmlab.vmm.IoBus;
import vmlab.vmm.RawMemory;

/**
 * Page tables, the software TLB in front of them, and the watch over stores onto code.
 *
 * <p>The TLB is two direct-mapped tables in native memory, one for each privilege (user, supervisor). An entry is the
 * page's linear address where reads are allowed (int), the same for writes (int), and what to add to a linear address to
 * get the host's (long). An entry allows a write only if the page is writable, already dirty, and holds no decoded code:
 * so dirty bits, protection and self-modifying code cost the fast path nothing.
 *
 * <p>Not modelled: PAE, PSE-36, caching attributes. RAM beyond its end and device registers are reached over the bus.
 *
 * @spec SDM 3A, chapter 4 (32-bit paging)
 */
final class Mmu {
    static final int PAGE_MASK = 0xFFFFF000;

    private static final int ENTRIES = 1024;
    private static final int ENTRY_BYTES = 16;

    /** {@code (linear >>> 8) & ENTRY_MASK} is the offset of a page's entry. */
    static final int ENTRY_MASK = (ENTRIES - 1) * ENTRY_BYTES;

    /** Never equal to a page's address. */
    private static final int INVALID = 1;

    private static final int P = 1;
    private static final int RW = 1 << 1;
    private static final int US = 1 << 2;
    private static final int A = 1 << 5;
    private static final int D = 1 << 6;
    private static final int PS = 1 << 7;
    private static final int G = 1 << 8;

    /** Address bits that a 4 MB page can't have without PSE-36 (SDM 3A, table 4-4). */
    private static final int LARGE_RESERVED = 0x1FF << 13;

    /** In a page fault's error code: a reserved bit was set. */
    private static final int RSVD = 1 << 3;

    private static final int JUMPS = 4096;

    private final Cpu cpu;
    private final IoBus mmio;
    private final long ram;
    private final long ramBytes;
    private final long tables;

    /** Entries (of both tables) that a CR3 load drops, as offsets from {@link #tables}; global pages aren't listed. */
    private final int[] volatileEntries = new int[4 * ENTRIES];

    private int volatileEntryCount;

    /** Bit n: the TLB may hold parts of a 4 MB page at n times 4 MB. */
    private final long[] largeRegions = new long[1024 / Long.SIZE];

    private final GuestMemory memory;
    private final GuestMemory.WriteListener hostWrites = this::hostWrote;
    private final GuestMemory.WindowListener windows = new GuestMemory.WindowListener() {
        @Override
        public void opened(AddressRange window) {
            dropAll();
        }

        @Override
        public void closed(AddressRange window) {
            dropAll();
        }
    };
    final CodeCache code;
    private final Decoder decoder;

    /** Blocks by the linear address they were last entered at. */
    private final Block[] jumps = new Block[JUMPS];

    private final int[] jumpAddress = new int[JUMPS];

    /** Whether the slot's address is translated by a global page. */
    private final boolean[] jumpIsGlobal = new boolean[JUMPS];

    /** Slots of pages that aren't global. */
    private final int[] volatileJumps = new int[JUMPS];

    private int volatileJumpCount;

    final FetchedPages fetched = new FetchedPages();

    /** Stamps of what is known of linear addresses; one counts up, the other down, so that they never meet. */
    private int volatileStamp = 1;

    private int globalStamp = -1;

    /** Whether the page walked to last is global. */
    private boolean walkedGlobal;

    /** Whether it may be written, and is dirty. */
    private boolean walkedWritable;

    Mmu(Cpu cpu, GuestMemory memory, IoBus mmio) {
        this.cpu = cpu;
        this.mmio = mmio;
        this.memory = memory;
        ram = memory.address();
        ramBytes = memory.sizeBytes();
        tables = RawMemory.allocate(2L * ENTRIES * ENTRY_BYTES);
        code = new CodeCache(ramBytes);
        decoder = new Decoder(this);
        memory.onWrite(hostWrites);
        memory.onWindow(windows);
        dropAll();
    }

    void close() {
        memory.forget(hostWrites);
        memory.forget(windows);
        RawMemory.free(tables);
    }

    long table(boolean user) {
        return user ? tables : tables + ENTRIES * ENTRY_BYTES;
    }

    // ---- flushes

    /** CR0.PG, CR4 changed: everything goes. */
    void dropAll() {
        dropData();
        Arrays.fill(largeRegions, 0);
        fetched.forgetAll();
        dropJumps();
    }

    private void dropData() {
        for (int i = 0; i < 2 * ENTRIES; i++) {
            invalidate(tables + (long) i * ENTRY_BYTES);
        }
        volatileEntryCount = 0;
    }

    /** CR3 was loaded: all but global pages go. */
    void dropVolatile() {
        for (int i = 0; i < volatileEntryCount; i++) {
            invalidate(tables + volatileEntries[i]);
        }
        volatileEntryCount = 0;
        fetched.forgetFleeting();
        for (int i = 0; i < volatileJumpCount; i++) {
            jumps[volatileJumps[i]] = null;
        }
        volatileJumpCount = 0;
        volatileStamp++;
    }

    /** INVLPG. */
    void drop(int linear) {
        int region = linear >>> 22;
        if ((largeRegions[region >>> 6] >>> region & 1) != 0) {
            dropRegion(region);
            dropJumps();
            return;
        }
        int offset = (linear >>> 8) & ENTRY_MASK;
        invalidate(tables + offset);
        invalidate(tables + ENTRIES * ENTRY_BYTES + offset);
        if (fetched.knows(linear)) {
            fetched.forget(linear);
            dropJumps();
        }
    }

    /** All entries of 4 MB that were one page when some were made go together (SDM 3A, 4.10.4.1). */
    private void dropRegion(int region) {
        for (int i = 0; i < 2 * ENTRIES; i++) {
            long entry = tables + (long) i * ENTRY_BYTES;
            int tag = RawMemory.get32(entry);
            if (tag != INVALID && tag >>> 22 == region) {
                invalidate(entry);
            }
        }
        fetched.forgetRegion(region);
        largeRegions[region >>> 6] &= ~(1L << region);
    }

    private void dropJumps() {
        Arrays.fill(jumps, null);
        volatileJumpCount = 0;
        volatileStamp++;
        globalStamp--;
    }

    private static void invalidate(long entry) {
        RawMemory.put32(entry, INVALID);
        RawMemory.put32(entry + 4, INVALID);
    }

    // ---- data

    long readSlowly(int linear, int bytes) {
        if ((linear & 0xFFF) + bytes > 0x1000) {
            return readAcrossPages(linear, bytes);
        }
        long physical = translate(linear, false, isUser());
        watch(linear, bytes, false);
        if (isMemory(physical)) {
            return rawRead(ram + physical, bytes);
        }
        requirePrecision();
        return mmio.read(physical, bytes);
    }

    private long readAcrossPages(int linear, int bytes) {
        translate(linear, false, isUser());
        translate((linear & PAGE_MASK) + 0x1000, false, isUser());
        long value = 0;
        for (int i = 0; i < bytes; i++) {
            value |= (cpu.read8(linear + i) & 0xFFL) << (8 * i);
        }
        return value;
    }

    void writeSlowly(int linear, int bytes, long value) {
        if ((linear & 0xFFF) + bytes > 0x1000) {
            probeWrite(linear, bytes);
            for (int i = 0; i < bytes; i++) {
                cpu.write8(linear + i, (int) (value >>> (8 * i)));
            }
            return;
        }
        long physical = writable(linear, bytes);
        watch(linear, bytes, true);
        if (isMemory(physical)) {
            if (code.isCode((int) physical, bytes)) {
                code.invalidate((int) (physical >>> 12));
            }
            rawWrite(ram + physical, bytes, value);
        } else {
            mmio.write(physical, bytes, value);
        }
    }

    /** Host address of bytes of one page that can be read directly; 0 if the TLB doesn't hold it. */
    long hostForRead(int linear, int bytes) {
        long entry = cpu.tlb + ((linear >>> 8) & ENTRY_MASK);
        return RawMemory.get32(entry) == ((linear + bytes - 1) & PAGE_MASK)
                        && RawMemory.get32(entry) == (linear & PAGE_MASK)
                ? RawMemory.get64(entry + 8) + (linear & 0xFFFFFFFFL)
                : 0;
    }

    /** Host address of bytes of one page that can be written directly; 0 if the TLB doesn't allow it. */
    long hostForWrite(int linear, int bytes) {
        long entry = cpu.tlb + ((linear >>> 8) & ENTRY_MASK);
        return RawMemory.get32(entry + 4) == ((linear + bytes - 1) & PAGE_MASK)
                        && RawMemory.get32(entry + 4) == (linear & PAGE_MASK)
                ? RawMemory.get64(entry + 8) + (linear & 0xFFFFFFFFL)
                : 0;
    }

    /** Faults, or asks for a precise restart, as a write of these bytes would; writes nothing. */
    void probeWrite(int linear, int bytes) {
        if (hostForWrite(linear, bytes) != 0) {
            return;
        }
        int inFirst = Math.min(bytes, 0x1000 - (linear & 0xFFF));
        // Both pages are translated before either may ask for a restart: a fault comes first.
        translate(linear, true, isUser());
        if (inFirst < bytes) {
            translate(linear + inFirst, true, isUser());
            writable(linear + inFirst, bytes - inFirst);
        }
        writable(linear, inFirst);
    }

    /** The physical address of bytes in one page that may be written now. */
    private long writable(int linear, int bytes) {
        long physical = translate(linear, true, isUser());
        boolean watched = cpu.breaks.watching && cpu.breaks.watches(linear, bytes);
        if (!isMemory(physical) || code.isCode((int) physical, bytes) || watched) {
            requirePrecision();
        }
        return physical;
    }

    void requirePrecision() {
        if (!cpu.precise) {
            throw RestartPrecisely.INSTANCE;
        }
    }

    private boolean isUser() {
        return cpu.tlb == tables;
    }

    private boolean isRam(long physical) {
        return physical < ramBytes;
    }

    /** RAM, or shared memory above it. */
    private boolean isMemory(long physical) {
        return isRam(physical) || isShared(physical);
    }

    private boolean isShared(long physical) {
        for (AddressRange window : memory.windows()) {
            if (window.contains(physical)) {
                return true;
            }
        }
        return false;
    }

    /** Notes data breakpoints (SDM 3B, 17.2.5) and a debugger's; pages that have one never enter the TLB. */
    private void watch(int linear, int bytes, boolean write) {
        if ((cpu.dr[7] & 0xFF) != 0) {
            cpu.watchHits |= DebugRegisters.dataHits(cpu.dr, linear, bytes, write);
        }
        if (cpu.breaks.watching) {
            cpu.breaks.accessed(linear, bytes, write);
        }
    }

    private static long rawRead(long host, int bytes) {
        switch (bytes) {
            case 1:
                return RawMemory.get8(host);
            case 2:
                return RawMemory.get16(host);
            case 4:
                return RawMemory.get32(host);
            default:
                return RawMemory.get64(host);
        }
    }

    private static void rawWrite(long host, int bytes, long value) {
        switch (bytes) {
            case 1:
                RawMemory.put8(host, (byte) value);
                break;
            case 2:
                RawMemory.put16(host, (short) value);
                break;
            case 4:
                RawMemory.put32(host, (int) value);
                break;
            default:
                RawMemory.put64(host, value);
                break;
        }
    }

    // ---- privileged accesses of the CPU itself: descriptor tables and task state

    int readSystem32(int linear) {
        long saved = cpu.tlb;
        cpu.tlb = table(false);
        try {
            return cpu.read32(linear);
        } finally {
            cpu.tlb = saved;
        }
    }

    int readSystem16(int linear) {
        long saved = cpu.tlb;
        cpu.tlb = table(false);
        try {
            return cpu.read16(linear) & 0xFFFF;
        } finally {
            cpu.tlb = saved;
        }
    }

    void writeSystem(int linear, int bytes, int value) {
        long saved = cpu.tlb;
        cpu.tlb = table(false);
        try {
            cpu.write(linear, bytes, value);
        } finally {
            cpu.tlb = saved;
        }
    }

    void probeSystemWrite(int linear, int bytes) {
        long saved = cpu.tlb;
        cpu.tlb = table(false);
        try {
            probeWrite(linear, bytes);
        } finally {
            cpu.tlb = saved;
        }
    }

    // ---- translation

    /** Walks the page tables, fills the TLB; the physical address, or a page fault. */
    private long translate(int linear, boolean write, boolean user) {
        long physical = walk(linear, write, user);
        fill(linear, (int) physical & PAGE_MASK, walkedWritable, walkedGlobal, user);
        return physical;
    }

    /** Walks the page tables, sets accessed and dirty bits; the physical address, or a page fault. */
    private long walk(int linear, boolean write, boolean user) {
        if ((cpu.cr0 & Cr0.PG) == 0) {
            walkedGlobal = true;
            walkedWritable = true;
            return linear & 0xFFFFFFFFL;
        }
        long pdeAddress = (cpu.cr3 & 0xFFFFF000L) + ((linear >>> 20) & 0xFFC);
        int pde = readTable(pdeAddress);
        if ((pde & P) == 0) {
            throw pageFault(linear, write, user, false);
        }
        if ((pde & PS) != 0 && (cpu.cr4 & Cr4.PSE) != 0) {
            if ((pde & LARGE_RESERVED) != 0) {
                cpu.cr2 = linear;
                throw cpu.raise(CpuFault.PF, P | RSVD | (write ? RW : 0) | (user ? US : 0));
            }
            checkRights(pde, linear, write, user);
            largeRegions[linear >>> 28] |= 1L << (linear >>> 22);
            int updated = pde | A | (write ? D : 0);
            updateTable(pdeAddress, pde, updated);
            int page = (pde & 0xFFC00000) | (linear & 0x003FF000);
            return walked(linear, page, pde, updated, user);
        }
        long pteAddress = (pde & 0xFFFFF000L) + ((linear >>> 10) & 0xFFC);
        int pte = readTable(pteAddress);
        if ((pte & P) == 0) {
            throw pageFault(linear, write, user, false);
        }
        int rights = pte & (pde | ~(RW | US));
        checkRights(rights, linear, write, user);
        updateTable(pdeAddress, pde, pde | A);
        int updated = pte | A | (write ? D : 0);
        updateTable(pteAddress, pte, updated);
        return walked(linear, pte & PAGE_MASK, rights, updated, user);
    }

    private long walked(int linear, int page, int rights, int updated, boolean user) {
        boolean mayWrite = (rights & RW) != 0 || !user && (cpu.cr0 & Cr0.WP) == 0;
        walkedWritable = mayWrite && (updated & D) != 0;
        walkedGlobal = (rights & G) != 0 && (cpu.cr4 & Cr4.PGE) != 0;
        return (page & 0xFFFFFFFFL) | (linear & 0xFFF);
    }

    private void checkRights(int rights, int linear, boolean write, boolean user) {
        boolean refused =
                user && (rights & US) == 0 || write && (rights & RW) == 0 && (user || (cpu.cr0 & Cr0.WP) != 0);
        if (refused) {
            throw pageFault(linear, write, user, true);
        }
    }

    private CpuFault pageFault(int linear, boolean write, boolean user, boolean present) {
        cpu.cr2 = linear;
        return cpu.raise(CpuFault.PF, (present ? P : 0) | (write ? RW : 0) | (user ? US : 0));
    }

    private int readTable(long physical) {
        return physical + 4 <= ramBytes ? RawMemory.get32(ram + physical) : (int) mmio.read(physical, 4);
    }

    private void updateTable(long physical, int old, int updated) {
        if (old != updated && physical + 4 <= ramBytes) {
            RawMemory.put32(ram + physical, updated);
        }
    }

    private void fill(int linear, int page, boolean writable, boolean global, boolean user) {
        long physical = page & 0xFFFFFFFFL;
        boolean watched = (cpu.dr[7] & 0xFF) != 0 && DebugRegisters.watchesPage(cpu.dr, linear)
                || cpu.breaks.watching && cpu.breaks.watchesPage(linear);
        if (watched || !isMemory(physical)) {
            return;
        }
        int tag = linear & PAGE_MASK;
        long entry = table(user) + ((linear >>> 8) & ENTRY_MASK);
        RawMemory.put32(entry, tag);
        RawMemory.put32(entry + 4, writable && !code.hasCode(page >>> 12) ? tag : INVALID);
        RawMemory.put64(entry + 8, ram + physical - (tag & 0xFFFFFFFFL));
        if (!global) {
            if (volatileEntryCount == volatileEntries.length) {
                dropData();
                return;
            }
            volatileEntries[volatileEntryCount++] = (int) (entry - tables);
        }
    }

    // ---- code

    /** The block at EIP if it was entered from here before; {@link Block#LOOKUP} if not. */
    Block known(int linear) {
        int slot = slot(linear);
        Block block = jumps[slot];
        return block != null && jumpAddress[slot] == linear && block.mode == cpu.mode && block.valid
                ? block
                : Block.LOOKUP;
    }

    /** The block at the present CS:EIP, decoded now if need be; faults as the fetch does. */
    Block block() {
        return cpu.limit[Cpu.CS] == -1 ? anyBlock() : limited(anyBlock());
    }

    /** What of a block lies within its code segment; #GP if not even its first instruction does (SDM 3A, 5.3). */
    private Block limited(Block block) {
        int room = cpu.limit[Cpu.CS] - cpu.eip;
        if (Integer.compareUnsigned(cpu.eip, cpu.limit[Cpu.CS]) > 0) {
            throw cpu.generalProtection();
        }
        if (Integer.compareUnsigned(block.sizeBytes - 1, room) <= 0) {
            return block;
        }
        Block single = block.count == 1 ? block : decoder.decode(block.physical, 1);
        if (Integer.compareUnsigned(single.sizeBytes - 1, room) > 0) {
            throw cpu.generalProtection();
        }
        return single;
    }

    private Block anyBlock() {
        int linear = cpu.base[Cpu.CS] + cpu.eip;
        Block known = known(linear);
        if (known != Block.LOOKUP) {
            return known;
        }
        long physical = fetch(linear);
        if (!isRam(physical)) {
            return decoder.outsideRam();
        }
        Block block = code.find((int) physical, cpu.mode);
        if (block == null || block.isSplit() && block.secondPage != secondPage(linear)) {
            if (block != null) {
                code.invalidate((int) (physical >>> 12));
            }
            block = decoder.decode((int) physical, Decoder.MOST_INSTRUCTIONS);
            if (code.add(block)) {
                forbidWrites((int) (physical >>> 12));
            }
            if (block.isSplit()) {
                forbidWrites(block.secondPage);
            }
        }
        remember(linear, block, fetched.isGlobal(linear));
        return block;
    }

    /** The physical address of code; walks the page tables the first time since its page was dropped. */
    private long fetch(int linear) {
        boolean user = cpu.cpl == 3;
        if (!fetched.knows(linear, user)) {
            long physical = walk(linear, false, user);
            fetched.learn(linear, (int) (physical >>> 12), walkedGlobal, user);
            return physical;
        }
        return (long) fetched.page(linear) << 12 | linear & 0xFFF;
    }

    private void remember(int linear, Block block, boolean global) {
        int slot = slot(linear);
        jumps[slot] = block;
        jumpAddress[slot] = linear;
        boolean kept = global && !block.isSplit();
        jumpIsGlobal[slot] = kept;
        if (!kept) {
            if (volatileJumpCount == JUMPS) {
                dropJumps();
                return;
            }
            volatileJumps[volatileJumpCount++] = slot;
        }
    }

    private static int slot(int linear) {
        return (linear ^ (linear >>> 12)) & (JUMPS - 1);
    }

    /** What a link to the block known for this address is stamped with. */
    int stamp(int linear) {
        return jumpIsGlobal[slot(linear)] ? globalStamp : volatileStamp;
    }

    /** Whether a link with this stamp still holds. */
    boolean holds(int stamp) {
        return stamp == volatileStamp || stamp == globalStamp;
    }

    /** A block of at most {@code most} instructions at the present CS:EIP that is used once. */
    Block uncached(int most) {
        long physical = fetch(cpu.base[Cpu.CS] + cpu.eip);
        Block block = isRam(physical) ? decoder.decode((int) physical, most) : decoder.outsideRam();
        return cpu.limit[Cpu.CS] == -1 ? block : limited(block);
    }

    Cpu cpu() {
        return cpu;
    }

    /** A byte of code; the address is physical and in RAM. */
    int codeByte(int physical) {
        return RawMemory.get8(ram + (physical & 0xFFFFFFFFL)) & 0xFF;
    }

    /** The physical page behind the one that holds {@code linear}; faults as the fetch does. */
    int secondPage(int linear) {
        return (int) (fetch((linear & PAGE_MASK) + 0x1000) >>> 12);
    }

    boolean isRamPage(int page) {
        return isRam((long) page << 12);
    }

    /** A page got its first code: no TLB entry may write to it any more. */
    private void forbidWrites(int page) {
        long host = ram + ((long) page << 12);
        for (int i = 0; i < 2 * ENTRIES; i++) {
            long entry = tables + (long) i * ENTRY_BYTES;
            int tag = RawMemory.get32(entry + 4);
            if (tag != INVALID && RawMemory.get64(entry + 8) + (tag & 0xFFFFFFFFL) == host) {
                RawMemory.put32(entry + 4, INVALID);
            }
        }
    }

    /** A loader or a device wrote into RAM. */
    private void hostWrote(long guestAddress, long bytes) {
        for (long page = guestAddress >>> 12; page <= (guestAddress + Math.max(bytes, 1) - 1) >>> 12; page++) {
            code.invalidate((int) page);
        }
    }
}
