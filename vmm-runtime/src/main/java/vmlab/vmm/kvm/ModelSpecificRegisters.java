// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.kvm;

import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import vmlab.vmm.GuestEvents;

/**
 * The model-specific registers that KVM leaves to us: those the Java CPU has and KVM hasn't, or has otherwise. The rest of
 * what comes here faults as on the Java CPU, and is reported once a register and direction.
 *
 * <p>Threads: the vCPU's.
 */
final class ModelSpecificRegisters {
    /** Machine-check capability and status: no banks, while KVM would show 32. */
    static final int MCG_CAP = 0x179;

    static final int MCG_STATUS = 0x17A;

    /** Those two are kept from KVM. */
    static final int FIRST_FILTERED = MCG_CAP;

    static final int FILTERED = 2;

    /** The vendor's feature control: kept, without effect. */
    static final int FCR = 0x1107;

    private static final int MOST_REPORTS = 256;

    private final GuestEvents events;
    private final Set<String> reported = new HashSet<>();
    private long featureControl;

    ModelSpecificRegisters(GuestEvents events) {
        this.events = Objects.requireNonNull(events);
    }

    void read(RunPage page) {
        int index = page.msrIndex();
        boolean known = index == MCG_CAP || index == MCG_STATUS || index == FCR;
        page.msrValue(index == FCR ? featureControl : 0);
        answer(page, known, "RDMSR");
    }

    void write(RunPage page) {
        int index = page.msrIndex();
        if (index == FCR) {
            featureControl = page.msrValue();
        }
        answer(page, index == FCR || index == MCG_STATUS, "WRMSR");
    }

    /** Those that hold something. */
    SortedMap<Integer, Long> state() {
        SortedMap<Integer, Long> registers = new TreeMap<>();
        if (featureControl != 0) {
            registers.put(FCR, featureControl);
        }
        return registers;
    }

    /** Takes its own out of what is to be restored. */
    void restore(SortedMap<Integer, Long> registers) {
        Long value = registers.remove(FCR);
        featureControl = value == null ? 0 : value;
    }

    private void answer(RunPage page, boolean known, String what) {
        page.msrFault(!known);
        String access = "%s of unknown register %#x".formatted(what, page.msrIndex());
        if (!known && reported.size() < MOST_REPORTS && reported.add(access)) {
            events.report("cpu", access);
        }
    }
}
