// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

/**
 * What a caller had in its registers when it made a hypercall. Under a 32-bit guest the upper halves are 0.
 *
 * @param rax the token in its lower half
 */
public record HypercallRegisters(long rax, long rbx, long rcx, long rdx, long rsi) {
    /** Of a call that is being made. */
    public static HypercallRegisters of(Hypercall call) {
        return new HypercallRegisters(call.rax(), call.rbx(), call.rcx(), call.rdx(), call.rsi());
    }

    public int eax() {
        return (int) rax;
    }

    public int ebx() {
        return (int) rbx;
    }

    public int ecx() {
        return (int) rcx;
    }

    public int edx() {
        return (int) rdx;
    }

    public int esi() {
        return (int) rsi;
    }

    /** In hexadecimal: {@code eax=4 ebx=0 ecx=c1234000 edx=0 esi=0}, or the same of {@code rax} if one is that wide. */
    @Override
    public String toString() {
        boolean wide = (rax | rbx | rcx | rdx | rsi) >>> 32 != 0;
        return (wide ? "rax=%x rbx=%x rcx=%x rdx=%x rsi=%x" : "eax=%x ebx=%x ecx=%x edx=%x esi=%x")
                .formatted(rax, rbx, rcx, rdx, rsi);
    }
}
