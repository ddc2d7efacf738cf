// SPDX-License-Identifier: Apache-2.0
package vmlab.gdb;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import vmlab.gdb.DebugTarget.Reason;
import vmlab.gdb.DebugTarget.Stop;
import vmlab.vmm.CpuState;
import vmlab.vmm.DebugPoints;
import vmlab.vmm.DebugPoints.Access;
import vmlab.vmm.DebugPoints.Watch;

/**
 * One gdb's stay: answers its packets until it leaves. Threads are the CPUs, from 1 on; when one stops, all do.
 *
 * <p>Not modelled: non-stop mode, read watchpoints (gdb makes them of access watchpoints), conditions, run-length encoding,
 * files. Of several CPUs only one is stepped, and the others stand still meanwhile. {@code k} lets the guest go on, as
 * {@code D} does: who wants to end a VM says so to its lab.
 *
 * <p>Threads: one serves; stops are told on any. Errors: a packet that makes no sense is answered by an error number of
 * Linux, as gdb's own server does; one that isn't known, by an empty packet.
 *
 * @spec GDB manual, appendix E
 */
final class GdbSession {
    private static final String OK = "OK";
    private static final String UNKNOWN = "";
    private static final String NO_SUCH_THREAD = "E03";
    private static final String BAD_ADDRESS = "E14";
    private static final String BUSY = "E16";
    private static final String INVALID = "E22";
    private static final int SIGTRAP = 5;
    private static final int SIGINT = 2;
    private static final int SIGSEGV = 11;
    private static final Logger LOG = LoggerFactory.getLogger(GdbSession.class);

    private final DebugTarget target;
    private final PacketChannel channel;

    /** Code breakpoints by address: whether gdb calls them hardware's. */
    private final TreeMap<Long, Boolean> code = new TreeMap<>();

    private final List<Watch> data = new ArrayList<>();
    private RegisterFile registers;
    private String description;
    private int cpu;
    private boolean namesBreakpointKinds;

    /** Guarded by this object, like {@link #last}: stops come on other threads. */
    private boolean running;

    private Stop last;

    GdbSession(DebugTarget target, PacketChannel channel) {
        this.target = Objects.requireNonNull(target);
        this.channel = Objects.requireNonNull(channel);
    }

    /** Until gdb leaves, or the connection breaks. */
    void serve() throws IOException, InterruptedException {
        Stop attached = target.attach(this::stopped);
        synchronized (this) {
            last = attached;
        }
        try {
            registers = new RegisterFile(target.isWide());
            description = registers.xml();
            boolean goesOn = true;
            while (goesOn) {
                PacketChannel.Received received = channel.receive();
                goesOn = switch (received.kind()) {
                    case PACKET -> handled(received.packet());
                    case INTERRUPT -> {
                        target.stop();
                        yield true;
                    }
                    case END -> false;
                };
            }
        } finally {
            target.detach();
        }
    }

    private void stopped(Stop stop) {
        synchronized (this) {
            boolean news = running || stop.isEnd() && !last.isEnd();
            boolean asked = running;
            if (!news) {
                return;
            }
            running = false;
            last = stop;
            if (!asked) {
                return;
            }
        }
        try {
            channel.send(reply(stop));
        } catch (IOException e) {
            // The receiving side meets the same and ends the session.
            LOG.debug("gdb isn't there any more: {}", e.toString());
        }
    }

    /** Whether to go on. */
    private boolean handled(String packet) throws IOException, InterruptedException {
        if (packet.equals("D") || packet.startsWith("D;") || packet.equals("k") || packet.startsWith("vKill")) {
            channel.send(OK);
            return false;
        }
        String answer;
        try {
            answer = isRunning() ? BUSY : answer(packet);
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            LOG.debug("gdb's packet {} makes no sense: {}", packet, e.toString());
            answer = INVALID;
        }
        if (answer != null) {
            channel.send(answer);
        }
        if (packet.equals("QStartNoAckMode")) {
            channel.stopAcknowledging();
        }
        return true;
    }

    private synchronized boolean isRunning() {
        return running;
    }

    /** Null if the answer comes later. */
    private String answer(String packet) throws InterruptedException {
        if (packet.isEmpty()) {
            return UNKNOWN;
        }
        String rest = packet.substring(1);
        return switch (packet.charAt(0)) {
            case '?' -> reply(lastStop());
            case 'g' -> allRegisters();
            case 'G' -> setAllRegisters(rest);
            case 'p' -> register(Integer.parseInt(rest, 16));
            case 'P' -> setRegister(rest);
            case 'm' -> readMemory(rest);
            case 'M' -> writeMemory(rest, true);
            case 'X' -> writeMemory(rest, false);
            case 'c', 'C' -> resume(afterSignal(packet));
            case 's', 'S' -> step(cpu, afterSignal(packet));
            case 'v' -> vPacket(packet);
            case 'Z' -> point(rest, true);
            case 'z' -> point(rest, false);
            case 'H' -> selectThread(rest);
            case 'T' -> threadNumber(rest) < 0 ? NO_SUCH_THREAD : OK;
            case 'q' -> query(packet);
            case 'Q' -> packet.equals("QStartNoAckMode") ? OK : UNKNOWN;
            default -> UNKNOWN;
        };
    }

    private synchronized Stop lastStop() {
        return last;
    }

    // ---- stops

    private String reply(Stop stop) {
        if (stop.reason() == Reason.EXITED) {
            return "W%02x".formatted(stop.status() & 0xFF);
        }
        if (stop.reason() == Reason.CRASHED) {
            return "X%02x".formatted(SIGSEGV);
        }
        int signal = stop.reason() == Reason.INTERRUPTED ? SIGINT : SIGTRAP;
        return "T%02x%sthread:%x;".formatted(signal, detail(stop), stop.cpu() + 1);
    }

    private String detail(Stop stop) {
        if (stop.hit().isEmpty()) {
            return "";
        }
        DebugPoints.Hit hit = stop.hit().get();
        if (hit.watch().isPresent()) {
            String kind = hit.watch().get().access() == Access.WRITE ? "watch" : "awatch";
            return "%s:%x;".formatted(kind, hit.address());
        }
        if (!namesBreakpointKinds) {
            return "";
        }
        return code.getOrDefault(hit.address(), false) ? "hwbreak:;" : "swbreak:;";
    }

    // ---- registers

    private String allRegisters() throws InterruptedException {
        CpuState state = target.state(cpu);
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < registers.count(); i++) {
            all.append(hex(registers.read(i, state)));
        }
        return all.toString();
    }

    /** What can't be written is left out: gdb writes back what it has read. */
    private String setAllRegisters(String values) throws InterruptedException {
        CpuState state = target.state(cpu);
        int at = 0;
        for (int i = 0; i < registers.count() && at < values.length(); i++) {
            int end = at + 2 * registers.bytes(i);
            if (registers.isWritable(i)) {
                state = registers.write(i, state, octets(values.substring(at, end)));
            }
            at = end;
        }
        target.state(cpu, state);
        return OK;
    }

    private String register(int number) throws InterruptedException {
        return number >= registers.count() ? INVALID : hex(registers.read(number, target.state(cpu)));
    }

    private String setRegister(String assignment) throws InterruptedException {
        String[] numberAndValue = assignment.split("=", 2);
        int number = Integer.parseInt(numberAndValue[0], 16);
        byte[] value = octets(numberAndValue[1]);
        if (number >= registers.count() || !registers.isWritable(number) || value.length != registers.bytes(number)) {
            return INVALID;
        }
        target.state(cpu, registers.write(number, target.state(cpu), value));
        return OK;
    }

    // ---- memory

    private String readMemory(String range) throws InterruptedException {
        String[] addressAndLength = range.split(",", 2);
        long address = address(addressAndLength[0]);
        int length = Integer.parseUnsignedInt(addressAndLength[1], 16);
        int most = Math.min(length, PacketChannel.MOST_BYTES / 2);
        byte[] read = target.read(cpu, address, most);
        return read.length == 0 && length > 0 ? BAD_ADDRESS : hex(read);
    }

    private String writeMemory(String arguments, boolean inHex) throws InterruptedException {
        int colon = arguments.indexOf(':');
        String[] addressAndLength = arguments.substring(0, colon).split(",", 2);
        String content = arguments.substring(colon + 1);
        byte[] bytes = inHex ? octets(content) : content.getBytes(StandardCharsets.ISO_8859_1);
        if (bytes.length != Integer.parseUnsignedInt(addressAndLength[1], 16)) {
            return INVALID;
        }
        return target.write(cpu, address(addressAndLength[0]), bytes) ? OK : BAD_ADDRESS;
    }

    // ---- breakpoints

    /** Arguments are {@code type,address,kind}; the kind of a watchpoint is its length. */
    private String point(String arguments, boolean set) throws InterruptedException {
        String[] parts = arguments.split("[,;]");
        long address = address(parts[1]);
        int type = Integer.parseInt(parts[0], 16);
        TreeMap<Long, Boolean> newCode = new TreeMap<>(code);
        List<Watch> newData = new ArrayList<>(data);
        switch (type) {
            case 0, 1 -> {
                if (set) {
                    newCode.put(address, type == 1);
                } else {
                    newCode.remove(address);
                }
            }
            case 2, 4 -> {
                Access access = type == 2 ? Access.WRITE : Access.READ_OR_WRITE;
                Watch watch = new Watch(address, Long.parseUnsignedLong(parts[2], 16), access);
                newData.remove(watch);
                if (set) {
                    newData.add(watch);
                }
            }
            default -> {
                return UNKNOWN;
            }
        }
        target.points(new DebugPoints(Set.copyOf(newCode.keySet()), newData, false));
        code.clear();
        code.putAll(newCode);
        data.clear();
        data.addAll(newData);
        return OK;
    }

    // ---- going on

    /** The address behind {@code c}, {@code s}, {@code Cxx;} or {@code Sxx;}, from which to go on. */
    private static String afterSignal(String packet) {
        boolean signal = packet.charAt(0) == 'C' || packet.charAt(0) == 'S';
        int semicolon = packet.indexOf(';');
        return signal ? semicolon < 0 ? "" : packet.substring(semicolon + 1) : packet.substring(1);
    }

    private String resume(String from) throws InterruptedException {
        return go(from, cpu, target::resume);
    }

    private String step(int which, String from) throws InterruptedException {
        return go(from, which, () -> target.step(which));
    }

    private interface Going {
        void go() throws InterruptedException;
    }

    private String go(String from, int which, Going going) throws InterruptedException {
        if (!from.isEmpty()) {
            CpuState state = target.state(which);
            target.state(which, state.with(state.general().withRip(address(from))));
        }
        synchronized (this) {
            if (last.isEnd()) {
                return reply(last);
            }
            running = true;
        }
        going.go();
        return null;
    }

    private String vPacket(String packet) throws InterruptedException {
        if (packet.equals("vCont?")) {
            return "vCont;c;C;s;S";
        }
        return packet.startsWith("vCont;") ? vCont(packet.substring(6).split(";")) : UNKNOWN;
    }

    /** The first action that names a thread to step decides. */
    private String vCont(String[] actions) throws InterruptedException {
        for (String action : actions) {
            String[] whatAndThread = action.split(":", 2);
            char what = whatAndThread[0].isEmpty() ? ' ' : whatAndThread[0].charAt(0);
            if (what != 'c' && what != 'C' && what != 's' && what != 'S') {
                return INVALID;
            }
            if (what == 's' || what == 'S') {
                int which = whatAndThread.length < 2 ? cpu : threadNumber(whatAndThread[1]);
                return which < 0 ? NO_SUCH_THREAD : step(which, "");
            }
        }
        return resume("");
    }

    // ---- threads

    private String selectThread(String operationAndThread) {
        int which = threadNumber(operationAndThread.substring(1));
        if (which < 0) {
            return NO_SUCH_THREAD;
        }
        if (operationAndThread.charAt(0) == 'g') {
            cpu = which;
        }
        return OK;
    }

    /** The CPU that a thread is; the present one for "any" and "all"; -1 if there is no such thread. */
    private int threadNumber(String text) {
        long thread = text.equals("-1") ? 0 : Long.parseLong(text, 16);
        if (thread == 0) {
            return cpu;
        }
        return thread >= 1 && thread <= target.cpus() ? (int) thread - 1 : -1;
    }

    // ---- queries

    private String query(String packet) throws InterruptedException {
        if (packet.startsWith("qSupported")) {
            namesBreakpointKinds = packet.contains("swbreak+") && packet.contains("hwbreak+");
            return "PacketSize=%x;qXfer:features:read+;QStartNoAckMode+;vContSupported+;swbreak+;hwbreak+"
                    .formatted(PacketChannel.MOST_BYTES);
        }
        if (packet.startsWith("qXfer:features:read:target.xml:")) {
            return part(packet.substring(packet.lastIndexOf(':') + 1));
        }
        if (packet.startsWith("qRcmd,")) {
            String command = new String(octets(packet.substring(6)), StandardCharsets.UTF_8);
            String text = target.monitor(command.strip().toLowerCase(Locale.ROOT));
            return text.isEmpty() ? OK : hex(text.getBytes(StandardCharsets.UTF_8));
        }
        if (packet.startsWith("qThreadExtraInfo,")) {
            int which = threadNumber(packet.substring(packet.indexOf(',') + 1));
            return which < 0 ? NO_SUCH_THREAD : hex(("CPU " + which).getBytes(StandardCharsets.US_ASCII));
        }
        return switch (packet) {
            case "qC" -> "QC%x".formatted(cpu + 1);
            case "qfThreadInfo" -> "m" + allThreads();
            case "qsThreadInfo" -> "l";
            case "qAttached" -> "1";
            default -> UNKNOWN;
        };
    }

    private String allThreads() {
        return IntStream.rangeClosed(1, target.cpus())
                .mapToObj(Integer::toHexString)
                .collect(Collectors.joining(","));
    }

    private String part(String range) {
        String[] offsetAndLength = range.split(",");
        int offset = Integer.parseUnsignedInt(offsetAndLength[0], 16);
        int length = Integer.parseUnsignedInt(offsetAndLength[1], 16);
        if (offset >= description.length()) {
            return "l";
        }
        int end = (int) Math.min(description.length(), (long) offset + length);
        return (end == description.length() ? "l" : "m") + description.substring(offset, end);
    }

    // ---- numbers

    private static long address(String hex) {
        return Long.parseUnsignedLong(hex, 16);
    }

    private static String hex(byte[] octets) {
        return HexFormat.of().formatHex(octets);
    }

    private static byte[] octets(String hex) {
        return HexFormat.of().parseHex(hex);
    }
}
