// SPDX-License-Identifier: Apache-2.0
package vmlab.devices.irq;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;
import vmlab.devices.FakeChips;
import vmlab.vmm.ChipSet;

/** States of the machine's 8259As that go through those of a back end. */
class VmPicPairTest {
    private final FakeChips chips = new FakeChips();
    private final VmPicPair brought = new VmPicPair("pic", chips);

    private static PicPair pics() {
        return new PicPair("pic", (source, message) -> {});
    }

    private static void initialise(PicPair pics) {
        int[] words = {0x11, 0x30, 4, 1};
        int[] slaveWords = {0x11, 0x38, 2, 1};
        for (int i = 0; i < words.length; i++) {
            pics.master().writeByte(Math.min(i, 1), words[i]);
            pics.slave().writeByte(Math.min(i, 1), slaveWords[i]);
        }
    }

    private PicPair moved(PicPair from) {
        brought.restore(from.state());
        PicPair to = pics();
        to.restore(brought.state());
        return to;
    }

    @Test
    void newChipsAreAsOurs() {
        assertEquals(pics().state(), brought.state());
        brought.reset();
        assertEquals(pics().state(), brought.state());
    }

    @Test
    void stateOfInitialisedChipsComesBackTheSame() {
        Random random = new Random(1);
        for (int round = 0; round < 1000; round++) {
            PicPair from = pics();
            initialise(from);
            for (int i = 0; i < 20; i++) {
                disturb(from, random);
            }
            assertEquals(kept(from.state()), kept(moved(from).state()), "round " + round);
        }
    }

    /** Whether a level-triggered line has just risen means nothing. */
    private static PicPair.PairState kept(PicPair.PairState pair) {
        return new PicPair.PairState(kept(pair.master()), kept(pair.slave()));
    }

    private static Pic8259.PicState kept(Pic8259.PicState s) {
        return new Pic8259.PicState(
                s.lines(),
                s.edges() & ~s.elcr(),
                s.isr(),
                s.imr(),
                s.elcr(),
                s.step(),
                s.icw1(),
                s.icw2(),
                s.icw3(),
                s.icw4(),
                s.lowest(),
                s.rotateOnAeoi(),
                s.specialMask(),
                s.readIsr(),
                s.poll());
    }

    private static void disturb(PicPair pics, Random random) {
        int irq = 3 + random.nextInt(13);
        switch (random.nextInt(6)) {
            case 0 -> pics.line(irq).set(random.nextBoolean());
            case 1 -> pics.master().writeByte(1, random.nextInt(256));
            case 2 -> pics.slave().writeByte(0, random.nextInt(32) & ~0x10);
            case 3 -> pics.master().writeByte(0, random.nextInt(256) & ~0x10);
            case 4 -> pics.elcr().writeByte(random.nextInt(2), random.nextInt(256));
            default -> {
                if (pics.pending()) {
                    pics.acknowledge();
                }
            }
        }
    }

    @Test
    void anInitialisationUnderWayGoesOn() {
        PicPair from = pics();
        from.master().writeByte(0, 0x11);
        from.master().writeByte(1, 0x30);
        PicPair to = moved(from);
        assertEquals(from.state(), to.state());
        to.master().writeByte(1, 4);
        to.master().writeByte(1, 1);
        to.line(4).set(true);
        assertEquals(0x34, to.acknowledge());
    }

    @Test
    void aPulseThatIsStillPendingIsNotLost() {
        PicPair from = pics();
        initialise(from);
        brought.restore(from.state());
        ChipSet.Pic master = chips.pic(0);
        // As KVM's timer leaves it: the request is there, the line is low again.
        chips.pic(
                0,
                new ChipSet.Pic(
                        0,
                        1,
                        master.mask(),
                        master.inService(),
                        master.lowestAdd(),
                        master.base(),
                        master.readInService(),
                        master.poll(),
                        master.specialMask(),
                        master.step(),
                        master.autoEoi(),
                        master.rotateOnAutoEoi(),
                        master.specialFullyNested(),
                        master.fourWords(),
                        master.levelTriggered()));
        PicPair to = pics();
        to.restore(brought.state());

        assertTrue(to.pending());
        assertEquals(0x30, to.acknowledge());
    }

    @Test
    void theTimersLineIsLowToThem() {
        PicPair from = pics();
        initialise(from);
        from.line(0).set(true);
        brought.restore(from.state());

        assertEquals(0, chips.pic(0).lines() & 1, "or its next pulse would be no edge");
        assertEquals(1, chips.pic(0).requests() & 1);
        assertFalse(from.state().master().lines() == 0);
    }
}
