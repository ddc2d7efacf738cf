// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.kvm;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.util.Arrays;

/** Skips tests where this host's KVM can't run them, unless VMLAB_REQUIRE says that it must. */
final class KvmHere {
    private static final KvmProbe.Result FOUND = KvmProbe.run();

    private KvmHere() {}

    static boolean pages() {
        return FOUND.usable();
    }

    static HypercallTransport hypercalls() {
        return FOUND.hypercalls();
    }

    /** Whether this host's CPU is the one that scripts/nested-kvm has QEMU emulate. */
    static boolean isEmulated() {
        return "1".equals(System.getenv("VMLAB_NESTED_KVM"));
    }

    /** For guests without paging. */
    static void required() {
        if (FOUND.kind() == KvmProbe.Kind.NONE) {
            missing("kvm", FOUND.reason());
        }
    }

    /** For guests with 32-bit paging. */
    static void pagingRequired() {
        if (!pages()) {
            missing("kvm-paging", FOUND.reason());
        }
    }

    /** For what only a CPU's own VMX or SVM does; no question to KVM tells, so the user says that it is there. */
    static void hardwareRequired() {
        String[] required = System.getenv().getOrDefault("VMLAB_REQUIRE", "").split("[ ,]+");
        if (Arrays.asList(required).contains("kvm-hardware")) {
            required();
        } else {
            abort("only on a CPU's own VMX or SVM, not emulated: VMLAB_REQUIRE=kvm-hardware says that this is one");
        }
    }

    static void missing(String word, String reason) {
        String[] required = System.getenv().getOrDefault("VMLAB_REQUIRE", "").split("[ ,]+");
        if (Arrays.stream(required).anyMatch(w -> w.equals(word) || w.equals("all"))) {
            fail(reason);
        }
        abort(reason);
    }
}
