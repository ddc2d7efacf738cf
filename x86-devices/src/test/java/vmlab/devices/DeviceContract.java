// SPDX-License-Identifier: Apache-2.0
package vmlab.devices;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.Random;
import org.junit.jupiter.api.Test;
import vmlab.vmm.snapshot.RecordCodec;

/**
 * What holds for every device. A device's test joins by implementing {@link #rig()}. A failing seed is in the failure's
 * message; {@code -Dvmlab.seed=...} tries it again.
 */
public interface DeviceContract {
    int RANDOM_ACCESSES = 100_000;

    /** A new device. */
    DeviceRig<?> rig();

    @Test
    default void hasAName() {
        assertFalse(rig().device().name().isEmpty());
    }

    @Test
    default void resetEqualsNew() {
        DeviceRig<?> rig = rig();
        disturb(rig);
        rig.device().reset();
        assertEquals(rig().state(), rig.state(), "a reset device is as a new one");
    }

    @Test
    default void restoringItsOwnStateChangesNothing() {
        checkOwnState(rig());
    }

    @Test
    default void aDisturbedStateDiffersAndCanBeRestored() {
        checkRestore(rig());
    }

    @Test
    default void aStateCanBeTakenOverByAnotherDevice() {
        checkTakeOver(rig(), rig());
    }

    @Test
    default void aStateCanBeWrittenAndRead() {
        checkCodec(rig());
    }

    @Test
    default void randomTrafficNeverThrows() {
        long seed = Long.getLong("vmlab.seed", new Random().nextLong());
        DeviceRig<?> rig = rig();
        Random random = new Random(seed);
        try {
            for (int i = 0; i < RANDOM_ACCESSES; i++) {
                rig.access(random);
                if (i % 64 == 0) {
                    rig.pass(random);
                }
            }
            checkOwnState(rig);
        } catch (RuntimeException | AssertionError e) {
            fail("random traffic failed with -Dvmlab.seed=" + seed, e);
        }
    }

    private static <S extends Record> void checkOwnState(DeviceRig<S> rig) {
        disturb(rig);
        S state = rig.state();
        rig.restore(state);
        assertEquals(state, rig.state(), "restoring its own state changes nothing");
    }

    private static <S extends Record> void checkRestore(DeviceRig<S> rig) {
        S before = rig.state();
        disturb(rig);
        assertNotEquals(before, rig.state(), "the state shows what has been done to the device");
        rig.restore(before);
        assertEquals(before, rig.state(), "a restored device is as before");
    }

    @SuppressWarnings("unchecked")
    private static <S extends Record> void checkTakeOver(DeviceRig<S> from, DeviceRig<?> to) {
        disturb(from);
        ((DeviceRig<S>) to).restore(from.state());
        assertEquals(from.state(), to.state(), "a state makes another device the same");
    }

    @SuppressWarnings("unchecked")
    private static <S extends Record> void checkCodec(DeviceRig<S> rig) {
        disturb(rig);
        RecordCodec<S> codec = RecordCodec.of((Class<S>) rig.state().getClass());
        assertEquals(rig.state(), codec.decode(codec.encode(rig.state())), "a snapshot on disk is as one in memory");
    }

    /** Writes at random until the state has changed. */
    private static void disturb(DeviceRig<?> rig) {
        Random random = new Random(1);
        Record before = rig.state();
        for (int i = 0; i < 1000 && (i < 100 || rig.state().equals(before)); i++) {
            rig.access(random);
        }
    }
}
