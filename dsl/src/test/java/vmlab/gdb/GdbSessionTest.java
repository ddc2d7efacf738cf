// SPDX-License-Identifier: Apache-2.0
package vmlab.gdb;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.StringReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.xml.sax.InputSource;
import vmlab.gdb.DebugTarget.Reason;
import vmlab.gdb.DebugTarget.Stop;
import vmlab.vmm.CpuState.General;
import vmlab.vmm.DebugPoints;
import vmlab.vmm.DebugPoints.Access;
import vmlab.vmm.DebugPoints.Hit;
import vmlab.vmm.DebugPoints.Watch;

/** The protocol over a socket, with a target of a few lines (GDB manual, appendix E). */
@Timeout(60)
class GdbSessionTest {
    private FakeTarget target;
    private GdbServer server;
    private Socket socket;

    private void connect(boolean wide) throws IOException {
        target = new FakeTarget(wide);
        server = GdbServer.listen(target, 0, "gdb-test");
        reconnect();
    }

    private void reconnect() throws IOException {
        socket = new Socket("localhost", server.port());
        socket.setSoTimeout(20_000);
    }

    @AfterEach
    void close() throws IOException {
        if (socket != null) {
            socket.close();
        }
        if (server != null) {
            server.close();
        }
    }

    private void send(String raw) throws IOException {
        socket.getOutputStream().write(raw.getBytes(StandardCharsets.ISO_8859_1));
    }

    private void sendPacket(String content) throws IOException {
        int sum = content.chars().sum() & 0xFF;
        send("$" + content + "#%02x".formatted(sum));
    }

    private char octet() throws IOException {
        int octet = socket.getInputStream().read();
        assertTrue(octet >= 0, "the connection has ended");
        return (char) octet;
    }

    /** The next packet's content; acknowledgements are skipped. */
    private String packet() throws IOException {
        while (octet() != '$') {
            assertTrue(socket.isConnected());
        }
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (char c = octet(); c != '#'; c = octet()) {
            content.write(c);
        }
        String sum = "" + octet() + octet();
        int expected = 0;
        for (byte b : content.toByteArray()) {
            expected += b;
        }
        assertEquals(expected & 0xFF, Integer.parseInt(sum, 16), "checksum");
        return content.toString(StandardCharsets.ISO_8859_1);
    }

    private String ask(String content) throws IOException {
        sendPacket(content);
        return packet();
    }

    private String call() throws InterruptedException {
        String call = target.calls.poll(20, TimeUnit.SECONDS);
        assertNotNull(call, "nothing was asked of the target");
        return call;
    }

    private void expectCall(String wanted) throws InterruptedException {
        String call = call();
        while (call.equals("attach")) {
            call = call();
        }
        assertEquals(wanted, call);
    }

    @ParameterizedTest(name = "{0} is answered {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "?|T02thread:1;",
                "qAttached|1",
                "qC|QC1",
                "qfThreadInfo|m1,2",
                "qsThreadInfo|l",
                "T2|OK",
                "T3|E03",
                "Hg2|OK",
                "Hg0|OK",
                "Hc-1|OK",
                "Hg9|E03",
                "vCont?|vCont;c;C;s;S",
                "vMustReplyEmpty|''",
                "vCont;x|E22",
                "m1000,4|00000000",
                "m10ffe,10|0000",
                "mffffffff,4|E14",
                "m0,4|E14",
                "m1000|E22",
                "mxyz,4|E22",
                "M0,1:00|E14",
                "M1000,2:00|E22",
                "M1000,1:0|E22",
                "p8|f0ff0000",
                "pffff|E22",
                "P8=00|E22",
                "P8|E22",
                "Pa=00000000|E22",
                "Z0,1000,1|OK",
                "Z1,1000,1|OK",
                "Z2,1000,4|OK",
                "Z3,1000,4|''",
                "Z4,1000,4|OK",
                "Z2,1000,0|E22",
                "Z2,ffffffffffffffff,4|E22",
                "z0,1000,1|OK",
                "Z0|E22",
                "qRcmd,74696d65|796f7520736169642074696d650a",
                "qRcmd,7|E22",
                "qThreadExtraInfo,2|4350552031",
                "qUnheardOf|''",
                "!|''",
                "H|E22",
                "qXfer:features:read:target.xml:ffffff,10|l",
                "qXfer:features:read:other.xml:0,10|''"
            })
    void packetsAndTheirAnswers(String packet, String answer) throws IOException {
        connect(false);
        assertEquals(answer, ask(packet));
    }

    @Test
    void anEmptyPacketIsUnknown() throws IOException {
        connect(false);
        assertEquals("", ask(""));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theDescriptionIsWellFormedAndAsLongAsTheRegisters(boolean wide) throws Exception {
        connect(wide);
        StringBuilder xml = new StringBuilder();
        String part;
        do {
            part = ask("qXfer:features:read:target.xml:%x,100".formatted(xml.length()));
            xml.append(part.substring(1).replace("}\n", "*").replace("}\3", "#").replace("}]", "}"));
        } while (part.startsWith("m"));
        String text = xml.toString().replaceAll("<!DOCTYPE[^>]*>", "");
        Document document = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new InputSource(new StringReader(text)));
        int bits = 0;
        var registers = document.getElementsByTagName("reg");
        for (int i = 0; i < registers.getLength(); i++) {
            bits += Integer.parseInt(((Element) registers.item(i)).getAttribute("bitsize"));
        }
        assertTrue(text.contains(wide ? "i386:x86-64" : "<architecture>i386<"), text);
        assertEquals(bits / 4, ask("g").length());
    }

    @Test
    void registersAreWrittenByNumberAndAltogether() throws IOException {
        connect(false);
        assertEquals("OK", ask("P3=78563412"));
        assertEquals(0x12345678, target.states[0].ebx());
        String all = ask("g");
        assertEquals("OK", ask("G" + "01000000" + all.substring(8)));
        assertEquals(1, target.states[0].eax());
        assertEquals(0x12345678, target.states[0].ebx());
        assertEquals("OK", ask("Hg2"));
        assertEquals("OK", ask("P0=ffffffff"));
        assertEquals(-1, target.states[1].eax());
        assertEquals(1, target.states[0].eax());
    }

    @Test
    void wideRegistersAreInGdbsOrder() throws IOException {
        connect(true);
        assertEquals("OK", ask("P4=8877665544332211"));
        assertEquals(0x1122334455667788L, target.states[0].general().register(General.RSI));
        assertEquals("OK", ask("P1d=0102030405060708090a"));
        assertEquals("0102030405060708090a", ask("p1d"));
    }

    @Test
    void memoryIsWrittenInHexAndInBinary() throws IOException {
        connect(false);
        assertEquals("OK", ask("M1001,3:0a0b0c"));
        assertEquals("000a0b0c", ask("m1000,4"));
        // The second octet is an escaped '#', the third an escaped '}'.
        assertEquals("OK", ask("X2000,4:\001}\003}]\377"));
        assertArrayEquals(new byte[] {1, '#', '}', -1}, target.read(0, 0x2000, 4));
        assertEquals("OK", ask("X2000,0:"));
    }

    @Test
    void breakpointsAndWatchpointsAreOneSet() throws IOException {
        connect(false);
        ask("Z0,1000,1");
        ask("Z1,2000,1");
        ask("Z2,3000,4");
        ask("Z4,4000,8");
        ask("z0,1000,1");
        ask("z2,3000,4");
        DebugPoints last = target.points.get(target.points.size() - 1);
        assertEquals(Set.of(0x2000L), last.code());
        assertEquals(List.of(new Watch(0x4000, 8, Access.READ_OR_WRITE)), last.data());
    }

    @Test
    void whatTheTargetCannotWatchIsAnErrorAndNotRemembered() throws IOException {
        connect(false);
        for (int i = 0; i < 4; i++) {
            assertEquals("OK", ask("Z2,%x,4".formatted(0x1000 + 4 * i)));
        }
        assertEquals("E22", ask("Z2,2000,4"));
        assertEquals("OK", ask("Z0,2000,1"));
    }

    @Test
    void stopsAreToldWithWhatWasHit() throws Exception {
        connect(false);
        assertTrue(ask("qSupported:swbreak+;hwbreak+").contains("PacketSize=4000"));
        ask("Z1,2000,1");
        Watch write = new Watch(0x3000, 4, Access.WRITE);
        Watch access = new Watch(0x3000, 4, Access.READ_OR_WRITE);
        record Case(Stop stop, String told) {}
        List<Case> cases = List.of(
                new Case(FakeTarget.stop(Reason.STEPPED), "T05thread:1;"),
                new Case(FakeTarget.stop(Reason.INTERRUPTED), "T02thread:1;"),
                new Case(hit(new Hit(0x2000, Optional.empty()), 1), "T05hwbreak:;thread:2;"),
                new Case(hit(new Hit(0x1000, Optional.empty()), 0), "T05swbreak:;thread:1;"),
                new Case(hit(new Hit(0x3001, Optional.of(write)), 0), "T05watch:3001;thread:1;"),
                new Case(hit(new Hit(0x3000, Optional.of(access)), 0), "T05awatch:3000;thread:1;"));
        for (Case c : cases) {
            sendPacket("c");
            expectCall("resume");
            target.listener.accept(c.stop);
            assertEquals(c.told, packet());
            assertEquals(c.told, ask("?"));
        }
    }

    private static Stop hit(Hit hit, int cpu) {
        return new Stop(Reason.BREAKPOINT, cpu, Optional.of(hit), 0);
    }

    @ParameterizedTest(name = "{0} means {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "c|resume",
                "C05|resume",
                "s|step 0",
                "S05|step 0",
                "vCont;c|resume",
                "vCont;s:2;c|step 1",
                "vCont;c:1;s:2|step 1",
                "vCont;s:-1|step 0"
            })
    void waysOfGoingOn(String packet, String call) throws Exception {
        connect(false);
        sendPacket(packet);
        expectCall(call);
        target.listener.accept(FakeTarget.stop(Reason.STEPPED));
        assertEquals("T05thread:1;", packet());
    }

    @Test
    void goingOnFromAnotherAddress() throws Exception {
        connect(false);
        sendPacket("c1234");
        expectCall("resume");
        assertEquals(0x1234, target.states[0].eip());
    }

    @Test
    void ctrlCStopsAndWhatComesMeanwhileIsRefused() throws Exception {
        connect(false);
        sendPacket("c");
        expectCall("resume");
        assertEquals("E16", ask("g"));
        send("\003");
        expectCall("stop");
        assertEquals("T02thread:1;", packet());
        send("\003");
        expectCall("stop");
        assertEquals("QC1", ask("qC"), "a stop that nobody waits for isn't told");
    }

    @ParameterizedTest(name = "{0} with status {1} is told as {2}")
    @CsvSource({"EXITED, 0, W00", "EXITED, 7, W07", "CRASHED, 0, X0b"})
    void theMachinesEndIsTold(Reason reason, int status, String told) throws Exception {
        connect(false);
        sendPacket("c");
        expectCall("resume");
        target.listener.accept(new Stop(reason, 0, Optional.empty(), status));
        assertEquals(told, packet());
        assertEquals(told, ask("c"), "nothing can follow");
    }

    @Test
    void aDamagedPacketIsAskedForAgain() throws IOException {
        connect(false);
        send("$qC#00");
        assertEquals('-', octet());
        send("$qC#zz");
        assertEquals('-', octet());
        send("noise$qC#b4");
        assertEquals('+', octet());
        assertEquals("QC1", packet());
        send("-");
        assertEquals("QC1", packet(), "what gdb hasn't understood is sent again");
    }

    @Test
    void withoutAcknowledgementsNoneIsSent() throws IOException {
        connect(false);
        assertEquals("OK", ask("QStartNoAckMode"));
        send("+");
        sendPacket("qC");
        assertEquals('$', octet());
    }

    @Test
    void aHugePacketIsRefusedAndTheNextIsUnderstood() throws IOException {
        connect(false);
        sendPacket("m" + "0".repeat(1 << 20));
        assertEquals('-', octet());
        assertEquals("QC1", ask("qC"));
    }

    @Test
    void aReadIsCutToAPacket() throws IOException {
        connect(false);
        assertEquals(0x4000, ask("m1000,7fffffff").length());
    }

    @ParameterizedTest
    @ValueSource(strings = {"D", "D;1", "k", "vKill;1"})
    void leavingLetsTheGuestGoAndTheNextGdbIn(String packet) throws Exception {
        connect(false);
        assertEquals("OK", ask(packet));
        expectCall("detach");
        socket.close();
        reconnect();
        assertEquals("QC1", ask("qC"));
    }

    @Test
    void aConnectionThatBreaksInAPacketDetaches() throws Exception {
        connect(false);
        ask("Z0,1000,1");
        send("$m1000");
        socket.close();
        expectCall("detach");
    }

    @Test
    void closingTheServerDetaches() throws Exception {
        connect(false);
        ask("?");
        server.close();
        expectCall("detach");
    }

    @Test
    void randomTrafficIsSurvived() throws IOException {
        connect(false);
        long seed = 20260101;
        Random random = new Random(seed);
        String letters = "gGpPmMXZzHTqQvsScC?,;:=#$}0123456789abcdef-\u00ff";
        for (int i = 0; i < 300; i++) {
            StringBuilder content = new StringBuilder();
            for (int n = random.nextInt(20); n > 0; n--) {
                char letter = letters.charAt(random.nextInt(letters.length()));
                content.append(letter == '#' || letter == '$' ? '0' : letter);
            }
            boolean goesOn = content.length() > 0 && "cCsSvD".indexOf(content.charAt(0)) >= 0;
            if (!goesOn) {
                assertNotNull(ask(content.toString()), () -> "seed " + seed);
            }
        }
        assertEquals("1", ask("qAttached"));
    }
}
