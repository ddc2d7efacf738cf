// SPDX-License-Identifier: Apache-2.0
package vmlab.devices.irq;

import java.util.Objects;
import vmlab.devices.irq.Pic8259.PicState;
import vmlab.devices.irq.Pic8259.Step;
import vmlab.vmm.ChipSet;
import vmlab.vmm.Device;
import vmlab.vmm.Stateful;

/**
 * The two 8259As of a back end that brings its own, in the terms of {@link PicPair}: so one's state can be taken over by the
 * other.
 *
 * <p>Not kept by such chips: LTIM, buffered mode, and who sits at the cascade. A request of an edge-triggered line stays with
 * them when the line falls; here the line counts as high until the request is acknowledged. The timer's line is low to them
 * outside its pulses.
 *
 * <p>Threads: the machine's, while the guest doesn't run.
 */
public final class VmPicPair implements Device, Stateful<PicPair.PairState> {
    private static final int MASTER = 0;
    private static final int SLAVE = 1;
    private static final int TIMER_LINE = 1;
    private static final int UNKNOWN_ICW3 = 7;

    private final String name;
    private final ChipSet chips;

    public VmPicPair(String name, ChipSet chips) {
        this.name = Objects.requireNonNull(name);
        this.chips = Objects.requireNonNull(chips);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public void reset() {
        restore(new PicPair("", (source, message) -> {}).state());
    }

    @Override
    public PicPair.PairState state() {
        return new PicPair.PairState(
                state(chips.pic(MASTER), 1 << PicPair.CASCADE), state(chips.pic(SLAVE), PicPair.CASCADE));
    }

    @Override
    public void restore(PicPair.PairState state) {
        chips.pic(SLAVE, pic(state.slave(), 0));
        chips.pic(MASTER, pic(state.master(), TIMER_LINE));
    }

    private static PicState state(ChipSet.Pic pic, int icw3) {
        int edges = pic.requests() & ~pic.levelTriggered();
        Step step = step(pic);
        boolean complete = step == Step.READY;
        int icw1 = step == Step.UNINITIALISED ? 0 : Pic8259.ICW1 | (pic.fourWords() ? Pic8259.ICW1_IC4 : 0);
        int icw4 = Pic8259.ICW4_8086
                | (pic.autoEoi() ? Pic8259.ICW4_AEOI : 0)
                | (pic.specialFullyNested() ? Pic8259.ICW4_SFNM : 0);
        return new PicState(
                pic.lines() | edges,
                edges,
                pic.inService(),
                pic.mask(),
                pic.levelTriggered(),
                step,
                icw1,
                pic.base(),
                complete || step == Step.ICW4 ? icw3 : step == Step.UNINITIALISED ? 0 : UNKNOWN_ICW3,
                complete ? icw4 : 0,
                pic.lowestAdd() + 7 & 7,
                pic.rotateOnAutoEoi(),
                pic.specialMask(),
                pic.readInService(),
                pic.poll());
    }

    /** They don't tell "never initialised" from "initialised", but every PC's initialisation has four words. */
    private static Step step(ChipSet.Pic pic) {
        return switch (pic.step()) {
            case 0 -> pic.fourWords() || pic.base() != 0 ? Step.READY : Step.UNINITIALISED;
            case 1 -> Step.ICW2;
            case 2 -> Step.ICW3;
            default -> Step.ICW4;
        };
    }

    private static ChipSet.Pic pic(PicState state, int lowLines) {
        return new ChipSet.Pic(
                state.lines() & ~lowLines,
                state.edges() & ~state.elcr() | state.lines() & state.elcr(),
                state.imr(),
                state.isr(),
                state.lowest() + 1 & 7,
                state.icw2(),
                state.readIsr(),
                state.poll(),
                state.specialMask(),
                switch (state.step()) {
                    case UNINITIALISED, READY -> 0;
                    case ICW2 -> 1;
                    case ICW3 -> 2;
                    case ICW4 -> 3;
                },
                (state.icw4() & Pic8259.ICW4_AEOI) != 0,
                state.rotateOnAeoi(),
                (state.icw4() & Pic8259.ICW4_SFNM) != 0,
                (state.icw1() & Pic8259.ICW1_IC4) != 0,
                state.elcr());
    }
}
