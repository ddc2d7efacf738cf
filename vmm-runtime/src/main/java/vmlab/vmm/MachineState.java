// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The whole of a machine between two instructions, but for its memory: what goes on elsewhere, or later. Alarms aren't in it;
 * they follow from their devices' states.
 *
 * @param nanos time since power-on
 * @param cpus the boot CPU first
 * @param devices every {@link Stateful} device's state by the device's name, in the order of restoring
 */
public record MachineState(long nanos, List<CpuState> cpus, Map<String, Record> devices) {
    public MachineState {
        cpus = List.copyOf(cpus);
        devices = Collections.unmodifiableMap(new LinkedHashMap<>(devices));
        if (cpus.isEmpty()) {
            throw new IllegalArgumentException("a machine has a CPU");
        }
    }
}
