// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft;

import java.util.Objects;
import vmlab.vmm.CpuModel;
import vmlab.vmm.HostMistake;
import vmlab.vmm.Hypervisor;
import vmlab.vmm.SoftCpu;
import vmlab.vmm.Vcpu;
import vmlab.vmm.Vm;

/** The back end that runs anywhere: our own 32-bit x86 CPU, in Java. */
public final class SoftHypervisor implements Hypervisor {
    private final SoftCpu kind;

    public SoftHypervisor() {
        this(SoftCpu.COMPILER);
    }

    public SoftHypervisor(SoftCpu kind) {
        this.kind = Objects.requireNonNull(kind);
    }

    @Override
    public String name() {
        return "soft";
    }

    /** Loads all classes of the CPU, for a class-data archive that is being made. */
    public static void preload() {
        Preload.run();
    }

    @Override
    public Vm create(Board board) {
        if (board.cpu() != CpuModel.I386) {
            throw new HostMistake(
                    "the CPU in Java is a 32-bit one", "boot a kernel for i386, or use a host with KVM: --backend kvm");
        }
        if (board.cpus() > mostCpus()) {
            throw new HostMistake(
                    "the CPU in Java is one; a machine of %d can't be made of it".formatted(board.cpus()),
                    "take one CPU, or use a host with KVM: --backend kvm");
        }
        SoftVcpu vcpu = new SoftVcpu(board, kind);
        return new Vm() {
            @Override
            public Vcpu vcpu() {
                return vcpu;
            }

            @Override
            public void close() {
                vcpu.close();
            }
        };
    }
}
