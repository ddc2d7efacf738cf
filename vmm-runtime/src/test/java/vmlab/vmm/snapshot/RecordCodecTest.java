// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.snapshot;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import vmlab.vmm.CpuState;
import vmlab.vmm.FxImage;

class RecordCodecTest {
    private enum Colour {
        RED,
        GREEN
    }

    private record Inner(int number, Optional<Inner2> more) {}

    private record Inner2(String text) {
        Inner2 {
            if (text.isEmpty()) {
                throw new IllegalArgumentException("no text");
            }
        }
    }

    private record Plain(boolean flag, byte octet, short small, int whole, long wide, String text, Colour colour) {}

    private record Several(List<Inner> inner, Map<Integer, String> names, OptionalInt maybe, Optional<String> text) {}

    private record Arrays3(byte[] octets, int[] numbers, long[] wide) {}

    private record Loose(Object anything) {}

    private record Wild(List<?> anything) {}

    private static <R extends Record> R roundTrip(Class<R> type, R value) {
        RecordCodec<R> codec = RecordCodec.of(type);
        return codec.decode(codec.encode(value));
    }

    @Test
    void plainValuesComeBack() {
        Plain value =
                new Plain(true, (byte) -1, (short) -2, Integer.MIN_VALUE, Long.MIN_VALUE, "Grüße\0🙂", Colour.GREEN);
        assertEquals(value, roundTrip(Plain.class, value));
    }

    @Test
    void severalValuesComeBack() {
        Several value = new Several(
                List.of(new Inner(1, Optional.empty()), new Inner(2, Optional.of(new Inner2("x")))),
                Map.of(1, "one", -1, "minus one"),
                OptionalInt.of(-5),
                Optional.of(""));
        assertEquals(value, roundTrip(Several.class, value));
        Several empty = new Several(List.of(), Map.of(), OptionalInt.empty(), Optional.empty());
        assertEquals(empty, roundTrip(Several.class, empty));
    }

    @Test
    void arraysComeBack() {
        Arrays3 value = new Arrays3(new byte[] {1, -1}, new int[0], new long[] {Long.MAX_VALUE});
        Arrays3 back = roundTrip(Arrays3.class, value);
        assertArrayEquals(value.octets, back.octets);
        assertArrayEquals(value.numbers, back.numbers);
        assertArrayEquals(value.wide, back.wide);
    }

    @Test
    void aCpusStateComesBack() {
        CpuState state = CpuState.reset()
                .with(FxImage.of(FxImage.buffer().putLong(FxImage.XMM, -1L)))
                .with(new TreeMap<>(Map.of(0x174, 0x60L)))
                .with(new CpuState.Activity(
                        true, CpuState.Shadow.STI, Optional.of(new CpuState.Event(14, false, OptionalInt.of(2)))));
        assertEquals(state, roundTrip(CpuState.class, state));
    }

    @Test
    void aTypeThatCantBeWrittenIsRefusedAtOnce() {
        assertThrows(IllegalArgumentException.class, () -> RecordCodec.of(Loose.class));
        assertThrows(IllegalArgumentException.class, () -> RecordCodec.of(Wild.class));
    }

    @Test
    void theSchemaNamesComponentsAndTypes() {
        assertEquals(
                "(number:int,more:optional<(text:string)>)",
                RecordCodec.of(Inner.class).schema());
        assertEquals("[RED, GREEN]", RecordCodec.of(Plain.class).schema().replaceAll(".*colour:(.*)\\)", "$1"));
    }

    @Test
    void whatItsConstructorRefusesIsRefused() {
        byte[] empty = {0, 0, 0, 0};
        assertThrows(
                IllegalArgumentException.class,
                () -> RecordCodec.of(Inner2.class).decode(empty));
    }

    @Test
    void damagedOctetsAreRefusedAndNothingWorse() {
        RecordCodec<Several> codec = RecordCodec.of(Several.class);
        byte[] good = codec.encode(new Several(
                List.of(new Inner(1, Optional.empty())), Map.of(1, "one"), OptionalInt.of(1), Optional.of("t")));
        assertThrows(IllegalArgumentException.class, () -> codec.decode(Arrays.copyOf(good, good.length + 1)));
        for (int length = 0; length < good.length; length++) {
            byte[] part = Arrays.copyOf(good, length);
            assertThrows(IllegalArgumentException.class, () -> codec.decode(part), length + " octets");
        }
        Random random = new Random(1);
        for (int i = 0; i < 2000; i++) {
            byte[] bad = good.clone();
            bad[random.nextInt(bad.length)] ^= (byte) (1 + random.nextInt(255));
            try {
                codec.decode(bad);
            } catch (IllegalArgumentException e) {
                assertEquals(IllegalArgumentException.class, e.getClass());
            }
        }
    }
}
