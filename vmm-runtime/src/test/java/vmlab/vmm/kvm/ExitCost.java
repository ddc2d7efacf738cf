// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.kvm;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.util.Arrays;
import java.util.HexFormat;
import vmlab.vmm.AddressRange;
import vmlab.vmm.GuestEvents;
import vmlab.vmm.GuestMemory;
import vmlab.vmm.Hypercalls;
import vmlab.vmm.Hypervisor.Board;
import vmlab.vmm.InterruptController;
import vmlab.vmm.IoBus;
import vmlab.vmm.IoDevice;
import vmlab.vmm.VcpuExit;
import vmlab.vmm.Vm;
import vmlab.vmm.VmClock;

/**
 * The measurement of {@code scripts/bench-exits}: what a guest's write to a port costs until a device in Java has seen it,
 * beside a loop in C that does nothing else. The guest is the same, and the two take turns, as the host's speed changes.
 *
 * <p>Not measured: devices, interrupts, alarms. Units: microseconds for one write.
 */
final class ExitCost {
    private static final int WRITES = 2000;
    private static final int WARM_UP_ROUNDS = 40;
    private static final int PORT = 0x20;

    /** mov ecx, writes; again: out 0x20, al; dec ecx; jnz again; hlt. */
    private static final String CODE = "66b9%02x%02x0000e620664975faf4".formatted(WRITES & 0xFF, WRITES >> 8);

    /** Counts and adds up, as the one in C does. */
    private static final class Port implements IoDevice {
        private long writes;
        private long sum;

        @Override
        public long read(long offset, int bytes) {
            return -1;
        }

        @Override
        public void write(long offset, int bytes, long value) {
            writes++;
            sum += value;
        }
    }

    private record NoInterrupts() implements InterruptController {
        @Override
        public boolean pending() {
            return false;
        }

        @Override
        public int acknowledge() {
            throw new IllegalStateException("nothing is pending");
        }
    }

    private final Port port = new Port();

    private ExitCost() {}

    /**
     * Measures and prints.
     *
     * @param arguments the program in C, and the number of rounds
     */
    public static void main(String[] arguments) throws IOException {
        Process plain = new ProcessBuilder(arguments[0], CODE)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (Writer to = plain.outputWriter();
                BufferedReader from = plain.inputReader()) {
            new ExitCost().measure(to, from, Integer.parseInt(arguments[1]));
        }
    }

    private void measure(Writer to, BufferedReader from, int rounds) throws IOException {
        double[] inC = new double[rounds];
        double[] inJava = new double[rounds];
        try (GuestMemory memory = GuestMemory.allocate(1 << 20);
                Vm vm = new KvmHypervisor().create(board(memory))) {
            memory.write(Rig.CODE, HexFormat.of().parseHex(CODE));
            for (int round = -WARM_UP_ROUNDS; round < rounds; round++) {
                double c = plainRound(to, from);
                double java = round(vm);
                // Before, the JIT compiler is at work.
                if (round >= 0) {
                    inC[round] = c;
                    inJava[round] = java;
                    System.out.printf("round %2d  C %7.2f us   vmlab %7.2f us%n", round + 1, c, java);
                }
            }
        }
        double c = median(inC);
        double java = median(inJava);
        System.out.printf("median    C %7.2f us   vmlab %7.2f us   for a write to a port%n", c, java);
        System.out.printf("ratio     vmlab / C = %.2f%n", java / c);
    }

    private Board board(GuestMemory memory) {
        GuestEvents events = (source, message) -> System.err.println(source + ": " + message);
        IoBus ports = new IoBus("port", events);
        ports.map(new AddressRange(PORT, 1), "counter", port);
        return new Board(
                memory,
                ports,
                new IoBus("memory", events),
                new NoInterrupts(),
                new VmClock(),
                new Hypercalls(events),
                events);
    }

    private double round(Vm vm) {
        vm.vcpu().restore(Rig.real());
        port.writes = 0;
        long from = System.nanoTime();
        VcpuExit exit = vm.vcpu().run();
        long nanos = System.nanoTime() - from;
        return each(exit.kind() == VcpuExit.Kind.STOPPED ? port.writes : 0, nanos, exit.toString());
    }

    private static double plainRound(Writer to, BufferedReader from) throws IOException {
        to.write('\n');
        to.flush();
        String answer = from.readLine();
        if (answer == null) {
            throw new IOException("the program in C has ended");
        }
        String[] words = answer.split(" ");
        return each(Long.parseLong(words[0]), Long.parseLong(words[1]), answer);
    }

    private static double each(long writes, long nanos, String what) {
        if (writes != WRITES) {
            throw new IllegalStateException("the guest wrote %d times: %s".formatted(writes, what));
        }
        return nanos / 1e3 / writes;
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
