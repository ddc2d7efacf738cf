// SPDX-License-Identifier: Apache-2.0
package vmlab.lab

import org.junit.jupiter.api.Assumptions
import vmlab.vmm.Disassembler

/** The host's library for disassembly, which tests need that look at its text. */
class HostDisassembler {
    /** The test is skipped, or fails if it must not be, where the library isn't. */
    static void orSkip() {
        def required = ['capstone', 'all'].any { (System.getenv('VMLAB_REQUIRE') ?: '').split(/\W+/).contains(it) }
        Assumptions.assumeTrue(required || Disassembler.isAvailable(), 'libcapstone is not installed here')
    }
}
