// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.kvm;

import java.util.ArrayList;
import java.util.List;
import vmlab.vmm.ChipSet;
import vmlab.vmm.kvm.KvmApi.Cap;
import vmlab.vmm.kvm.KvmApi.Ioctl;
import vmlab.vmm.kvm.KvmApi.IrqLevel;
import vmlab.vmm.kvm.KvmApi.Irqchip;
import vmlab.vmm.kvm.KvmApi.PitChannel;
import vmlab.vmm.kvm.KvmApi.PitConfig;
import vmlab.vmm.kvm.KvmApi.PitState;
import vmlab.vmm.kvm.KvmApi.Value;

/**
 * KVM's own 8259As, 8254 and port 0x61. With them come an I/O APIC and a local APIC for each CPU, of which only a machine
 * with several CPUs makes use.
 *
 * <p>The timer runs by the host's clock; {@link #stop} takes its state out and switches it off, {@link #go} puts it back. KVM
 * doesn't tell how far counter 0 is, so that its period begins anew then; the other two go on from where they were, as far as
 * their mode is one of a single count.
 *
 * <p>Not modelled: bits 2 and 3 of port 0x61; the speaker's bit before Linux 5.19. Threads: as {@link ChipSet}; stopping and
 * going on are the machine's thread's.
 *
 * @spec Linux, Documentation/virt/kvm/api.rst, 4.24 KVM_CREATE_IRQCHIP, 4.26, 4.27, 4.71 KVM_CREATE_PIT2
 */
final class KvmChips implements ChipSet, AutoCloseable {
    private static final long NANOS_PER_SECOND = 1_000_000_000;
    private static final long PULSES_PER_SECOND = 1_193_182;
    private static final int MOST_PULSES = 0x10000;

    /** A mode in which KVM's counter 0 needs no timer of the host's. */
    private static final int IDLE_MODE = 5;

    private final KvmDescriptor vm;
    private final NativeStruct pic = new NativeStruct(Irqchip.SIZE);
    private final NativeStruct pit = new NativeStruct(PitState.SIZE);
    private boolean stopped;
    private long stoppedAt;

    private KvmChips(KvmDescriptor vm) {
        this.vm = vm;
    }

    static boolean offered(KvmDescriptor system) {
        return system.capability(Cap.KVM_CAP_IRQCHIP) != 0
                && system.capability(Cap.KVM_CAP_PIT2) != 0
                && system.capability(Cap.KVM_CAP_PIT_STATE2) != 0
                && system.capability(Cap.KVM_CAP_MP_STATE) != 0;
    }

    /** Adds the chips to a VM that has no CPU yet. */
    static KvmChips create(KvmDescriptor vm) {
        vm.call("KVM_CREATE_IRQCHIP", Ioctl.KVM_CREATE_IRQCHIP, 0);
        try (NativeStruct config = new NativeStruct(PitConfig.SIZE)) {
            config.put32(PitConfig.FLAGS, Value.KVM_PIT_SPEAKER_DUMMY);
            vm.call("KVM_CREATE_PIT2", Ioctl.KVM_CREATE_PIT2, config.address());
        }
        return new KvmChips(vm);
    }

    @Override
    public void line(int number, boolean level) {
        // One for each call: devices may be on several threads.
        try (NativeStruct irq = new NativeStruct(IrqLevel.SIZE)) {
            irq.put32(IrqLevel.IRQ, number).put32(IrqLevel.LEVEL, level ? 1 : 0);
            vm.call("KVM_IRQ_LINE", Ioctl.KVM_IRQ_LINE, irq.address());
        }
    }

    // ---- time

    /** Stops the timer; does nothing if it is stopped. */
    void stop() {
        if (!stopped) {
            vm.call("KVM_GET_PIT2", Ioctl.KVM_GET_PIT2, pit.address());
            stoppedAt = System.nanoTime();
            stopped = true;
            int mode = pit.get8(PitState.CHANNELS + PitChannel.MODE);
            pit.put8(PitState.CHANNELS + PitChannel.MODE, IDLE_MODE);
            vm.call("KVM_SET_PIT2", Ioctl.KVM_SET_PIT2, pit.address());
            pit.put8(PitState.CHANNELS + PitChannel.MODE, mode);
        }
    }

    /** Lets the timer go on; does nothing if it does. */
    void go() {
        if (stopped) {
            stopped = false;
            for (int n = 1; n <= 2; n++) {
                shorten(PitState.CHANNELS + n * PitChannel.SIZE);
            }
            vm.call("KVM_SET_PIT2", Ioctl.KVM_SET_PIT2, pit.address());
        }
    }

    /** KVM loads every counter again: one that counts once gets what was left to it. */
    private void shorten(int channel) {
        int mode = pit.get8(channel + PitChannel.MODE);
        if (mode < 2 || mode == 4 || mode == 5) {
            long left = pit.get32(channel + PitChannel.COUNT) - pulses(elapsed(channel));
            pit.put32(channel + PitChannel.COUNT, (int) Math.max(1, left));
        }
    }

    private long elapsed(int channel) {
        return stoppedAt - pit.get64(channel + PitChannel.COUNT_LOAD_TIME);
    }

    private static long pulses(long nanos) {
        return nanos > NANOS_PER_SECOND ? MOST_PULSES : nanos * PULSES_PER_SECOND / NANOS_PER_SECOND;
    }

    // ---- state

    @Override
    public Pic pic(int number) {
        pic.put32(Irqchip.CHIP_ID, number);
        vm.call("KVM_GET_IRQCHIP", Ioctl.KVM_GET_IRQCHIP, pic.address());
        return new Pic(
                pic.get8(Irqchip.LAST_IRR),
                pic.get8(Irqchip.IRR),
                pic.get8(Irqchip.IMR),
                pic.get8(Irqchip.ISR),
                pic.get8(Irqchip.PRIORITY_ADD),
                pic.get8(Irqchip.IRQ_BASE),
                flag(pic, Irqchip.READ_REG_SELECT),
                flag(pic, Irqchip.POLL),
                flag(pic, Irqchip.SPECIAL_MASK),
                pic.get8(Irqchip.INIT_STATE),
                flag(pic, Irqchip.AUTO_EOI),
                flag(pic, Irqchip.ROTATE_ON_AUTO_EOI),
                flag(pic, Irqchip.SPECIAL_FULLY_NESTED_MODE),
                flag(pic, Irqchip.INIT4),
                pic.get8(Irqchip.ELCR));
    }

    @Override
    public void pic(int number, Pic state) {
        pic.put32(Irqchip.CHIP_ID, number);
        vm.call("KVM_GET_IRQCHIP", Ioctl.KVM_GET_IRQCHIP, pic.address());
        pic.put8(Irqchip.LAST_IRR, state.lines())
                .put8(Irqchip.IRR, state.requests())
                .put8(Irqchip.IMR, state.mask())
                .put8(Irqchip.ISR, state.inService())
                .put8(Irqchip.PRIORITY_ADD, state.lowestAdd())
                .put8(Irqchip.IRQ_BASE, state.base())
                .put8(Irqchip.READ_REG_SELECT, state.readInService() ? 1 : 0)
                .put8(Irqchip.POLL, state.poll() ? 1 : 0)
                .put8(Irqchip.SPECIAL_MASK, state.specialMask() ? 1 : 0)
                .put8(Irqchip.INIT_STATE, state.step())
                .put8(Irqchip.AUTO_EOI, state.autoEoi() ? 1 : 0)
                .put8(Irqchip.ROTATE_ON_AUTO_EOI, state.rotateOnAutoEoi() ? 1 : 0)
                .put8(Irqchip.SPECIAL_FULLY_NESTED_MODE, state.specialFullyNested() ? 1 : 0)
                .put8(Irqchip.INIT4, state.fourWords() ? 1 : 0)
                .put8(Irqchip.ELCR, state.levelTriggered());
        vm.call("KVM_SET_IRQCHIP", Ioctl.KVM_SET_IRQCHIP, pic.address());
    }

    @Override
    public Timer timer() {
        stop();
        List<Counter> counters = new ArrayList<>();
        for (int n = 0; n < 3; n++) {
            counters.add(counter(PitState.CHANNELS + n * PitChannel.SIZE, n > 0));
        }
        return new Timer(counters, (pit.get32(PitState.FLAGS) & Value.KVM_PIT_FLAGS_SPEAKER_DATA_ON) != 0);
    }

    private Counter counter(int at, boolean timed) {
        return new Counter(
                pit.get32(at + PitChannel.COUNT),
                pit.get16(at + PitChannel.LATCHED_COUNT),
                pit.get8(at + PitChannel.COUNT_LATCHED),
                flag(pit, at + PitChannel.STATUS_LATCHED),
                pit.get8(at + PitChannel.STATUS),
                pit.get8(at + PitChannel.READ_STATE),
                pit.get8(at + PitChannel.WRITE_STATE),
                pit.get8(at + PitChannel.WRITE_LATCH),
                pit.get8(at + PitChannel.RW_MODE),
                pit.get8(at + PitChannel.MODE),
                flag(pit, at + PitChannel.BCD),
                flag(pit, at + PitChannel.GATE),
                timed ? elapsed(at) : -1);
    }

    @Override
    public void timer(Timer state) {
        stop();
        for (int n = 0; n < 3; n++) {
            counter(PitState.CHANNELS + n * PitChannel.SIZE, state.counters().get(n));
        }
        int flags = pit.get32(PitState.FLAGS) & ~Value.KVM_PIT_FLAGS_SPEAKER_DATA_ON;
        pit.put32(PitState.FLAGS, flags | (state.speaker() ? Value.KVM_PIT_FLAGS_SPEAKER_DATA_ON : 0));
    }

    private void counter(int at, Counter state) {
        pit.put32(at + PitChannel.COUNT, state.count())
                .put16(at + PitChannel.LATCHED_COUNT, state.latchedCount())
                .put8(at + PitChannel.COUNT_LATCHED, state.countLatched())
                .put8(at + PitChannel.STATUS_LATCHED, state.statusLatched() ? 1 : 0)
                .put8(at + PitChannel.STATUS, state.status())
                .put8(at + PitChannel.READ_STATE, state.readState())
                .put8(at + PitChannel.WRITE_STATE, state.writeState())
                .put8(at + PitChannel.WRITE_LATCH, state.writeLatch())
                .put8(at + PitChannel.RW_MODE, state.readWrite())
                .put8(at + PitChannel.MODE, state.mode())
                .put8(at + PitChannel.BCD, state.bcd() ? 1 : 0)
                .put8(at + PitChannel.GATE, state.gate() ? 1 : 0)
                .put64(at + PitChannel.COUNT_LOAD_TIME, stoppedAt - Math.max(0, state.elapsedNanos()));
    }

    private static boolean flag(NativeStruct struct, int offset) {
        return struct.get8(offset) != 0;
    }

    @Override
    public void close() {
        pic.close();
        pit.close();
    }
}
