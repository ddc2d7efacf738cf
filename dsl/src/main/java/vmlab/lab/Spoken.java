// SPDX-License-Identifier: Apache-2.0
package vmlab.lab;

import java.time.Duration;
import java.util.StringJoiner;
import vmlab.vmm.MachineEnd;

/** Values as messages say them. */
final class Spoken {
    private Spoken() {}

    /** {@code 1 min 30 s}, {@code 2.5 s}, {@code 20 ms}; of less than a millisecond, microseconds or nanoseconds. */
    static String duration(Duration duration) {
        if (duration.compareTo(Duration.ofNanos(1000)) < 0) {
            return duration.toNanos() + " ns";
        }
        if (duration.compareTo(Duration.ofMillis(1)) < 0) {
            return decimal(duration.toNanos() / 1e3) + " µs";
        }
        if (duration.compareTo(Duration.ofSeconds(1)) < 0) {
            return decimal(duration.toNanos() / 1000 / 1e3) + " ms";
        }
        StringJoiner text = new StringJoiner(" ");
        if (duration.toMinutes() > 0) {
            text.add(duration.toMinutes() + " min");
        }
        double seconds = duration.toSecondsPart() + Math.floor(duration.toNanosPart() / 1e6) / 1e3;
        if (seconds > 0 || duration.toMinutes() == 0) {
            text.add(decimal(seconds) + " s");
        }
        return text.toString();
    }

    private static String decimal(double number) {
        return number == Math.rint(number) ? Long.toString((long) number) : Double.toString(number);
    }

    /** What the VM did, after its name: one line, so a detail of several (registers, say) isn't in it. */
    static String end(MachineEnd end) {
        String detail = end.detail().isEmpty() || end.detail().contains("\n") ? "" : " (" + end.detail() + ")";
        return switch (end.kind()) {
            case POWERED_OFF -> "powered off" + detail;
            case RESET -> "asked for a reset" + detail;
            case EXITED -> "ended with status " + end.status() + detail;
            case CRASHED -> "crashed with a triple fault" + detail;
            case KILLED -> "was killed by its VMM" + detail;
            case STOPPED -> "was stopped" + detail;
            case FAILED -> "can't go on, because vmlab or the host failed" + detail;
        };
    }
}
