// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

import java.util.Set;

/**
 * Indices of the model-specific registers there are.
 *
 * @spec SDM 4, table 2-2
 */
final class ModelSpecific {
    static final int TSC = 0x10;
    static final int SYSENTER_CS = 0x174;
    static final int SYSENTER_ESP = 0x175;
    static final int SYSENTER_EIP = 0x176;

    /** Machine-check capability (no banks) and status. */
    static final int MCG_CAP = 0x179;

    static final int MCG_STATUS = 0x17A;

    /** The vendor's feature control: kept, without effect. */
    static final int FCR = 0x1107;

    /** Those that keep what is written. */
    static final Set<Integer> KEPT = Set.of(SYSENTER_CS, SYSENTER_ESP, SYSENTER_EIP, FCR);

    private ModelSpecific() {}
}
