// SPDX-License-Identifier: Apache-2.0
package vmlab.crossvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import vmlab.devices.pci.ConfigSpace;
import vmlab.devices.pci.PciHost;
import vmlab.vmm.AddressRange;
import vmlab.vmm.GuestMemory;
import vmlab.vmm.Machine;

/** Where connections are on a bus and in the address space. */
class PciConnectionsTest {
    private static List<ConnectionFunction> plugged(Machine machine, List<Dataport> dataports) {
        return PciConnections.plug(
                machine,
                new PciHost("pci"),
                level -> {},
                machine::post,
                dataports.stream()
                        .map(port -> new ConnectionFunction.Ends(port, Optional.empty(), Optional.empty()))
                        .toList());
    }

    private static Machine machine(long ramBytes) {
        return new Machine("vm0", GuestMemory.allocate(ramBytes), (source, message) -> {});
    }

    private static List<Long> bars(ConnectionFunction function) {
        return Stream.of(ConfigSpace.BAR0, ConfigSpace.BAR0 + 4)
                .map(bar -> function.configRead(bar, 4) & 0xFFFF_FFF0L)
                .toList();
    }

    @Test
    void dataportsOfOneSizeAreWhereTheOriginalHasThem() {
        try (Machine machine = machine(1 << 20);
                Dataport port = Dataport.create("dp", 8192)) {
            List<ConnectionFunction> functions = plugged(machine, List.of(port, port));
            assertEquals(List.of(0xA0000000L, 0xA0002000L), bars(functions.get(0)));
            assertEquals(List.of(0xA0004000L, 0xA0006000L), bars(functions.get(1)));
        }
    }

    @Test
    void everyBaseAddressIsAMultipleOfItsSize() {
        try (Machine machine = machine(1 << 20);
                Dataport small = Dataport.create("small", 4096);
                Dataport large = Dataport.create("large", 16384)) {
            List<ConnectionFunction> functions = plugged(machine, List.of(small, large, small));
            assertEquals(List.of(0xA0000000L, 0xA0001000L), bars(functions.get(0)));
            assertEquals(List.of(0xA0004000L, 0xA0008000L), bars(functions.get(1)));
            assertEquals(List.of(0xA000C000L, 0xA000D000L), bars(functions.get(2)));
        }
    }

    @Test
    void theMostOfTheLargestFitAboveTheMostRam() {
        try (Machine machine = machine(3L << 30);
                Dataport port = Dataport.create("dp", PciConnections.MOST_BYTES)) {
            plugged(machine, Collections.nCopies(PciConnections.MOST, port));
            List<AddressRange> windows = machine.memory().windows();
            assertEquals(PciConnections.MOST, windows.size());
            assertTrue(windows.get(0).base() >= 3L << 30);
        }
    }

    @Test
    void moreThanABusHasDevicesAreRefused() {
        try (Machine machine = machine(1 << 20);
                Dataport port = Dataport.create("dp", 4096)) {
            List<Dataport> tooMany = Collections.nCopies(PciConnections.MOST + 1, port);
            assertThrows(IndexOutOfBoundsException.class, () -> plugged(machine, tooMany));
        }
    }
}
