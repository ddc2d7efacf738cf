// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jline.terminal.Terminal;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import vmlab.dsl.ScriptRunner;
import vmlab.lab.Lab;

/** The prompt with JLine's real reader on a dumb terminal. */
final class PromptTest {
    private static final String LAB = "lab { vm(0) { kernel_image = debian.kernel } }";

    @TempDir
    private Path state;

    private ConsoleFixture console;

    @BeforeEach
    void open() throws IOException {
        console = new ConsoleFixture(state, "ansi");
    }

    @AfterEach
    void close() throws IOException {
        console.close();
    }

    @Test
    void groovyIsDoneAndItsValueShown() {
        console.line("6 * 7").shows("\n42");
    }

    @Test
    void theLastValueIsUnderscore() {
        console.line("6 * 7").shows("\n42");

        console.line("_ + 1").shows("\n43");
    }

    @Test
    void anInputGoesOnUntilItIsComplete() {
        console.line("def twice(n) {").shows("...> ");
        console.line("  n * 2").shows("...> ");
        console.line("}").shows("vmlab> ");

        console.line("twice(21)").shows("\n42");
    }

    @Test
    void aMistakeIsShownAndTheSessionGoesOn() {
        console.line("nosuch + 1").shows("nosuch");
        console.shows("vmlab> ");

        console.line("1 + 1").shows("\n2");
    }

    @Test
    void bothMarksMakeACommand() {
        console.line("/vms").shows("no VMs yet");

        console.line(":vms").shows("no VMs yet");
    }

    @Test
    void anUnknownCommandIsToldWithTheKnownOnes() {
        console.line("/vmz").shows("there is no command /vmz");
        console.shows("/vms");
    }

    @Test
    void ctrlCStopsCodeThatNeverEnds() {
        console.line("println 'begun'; while (true) { }").shows("\nbegun");

        console.ctrlC().shows("interrupted");

        console.shows("vmlab> ");
        console.line("1 + 1").shows("\n2");
    }

    @Test
    void ctrlCStopsAWaitAndLeavesTheVm() {
        console.line(LAB + "; vm0.start(); 'ready'").shows("\nready");
        console.line("println 'begun'; vm0.console.expect('never', 1.hours)").shows("\nbegun");

        console.ctrlC().shows("interrupted");

        console.shows("vmlab> ");
        console.line("vm0.state()").shows("\nRUNNING");
    }

    @Test
    void ctrlCAtThePromptOnlyDropsWhatWasTyped() {
        console.type("half").shows("half");

        console.ctrlC().shows("vmlab> ");

        console.line("1 + 1").shows("\n2");
    }

    @Test
    void whatAGuestPrintsComesInWholeSafeLines() {
        console.line(LAB + "; vm0.start(); 'ready'");

        console.shows("vm0| hello from^G the guest");
    }

    @Test
    void theNameOfAVmShowsWhatItIs() {
        console.line(LAB + "; vm0.start(); 'ready'").shows("\nready");

        console.line("vm0").shows("vm0");
        console.shows("128");
    }

    @Test
    void theConsoleIsAttachedUntilTheLeaveKey() {
        console.line(LAB + "; vm0.start(); vm0.console.expect('> '); 'ready'").shows("\nready");
        console.line("/console vm0").shows("Ctrl-] leaves");
        console.shows("from^G the guest");

        console.type("abc\r").shows("you typed abc");
        console.type("\u001d").shows("back at the prompt");

        console.shows("vmlab> ");
        console.line("1 + 1").shows("\n2");
    }

    @Test
    void noTypedCharacterIsLostWhileTenThousandLinesComeAbove() {
        console.line("lab { component('Chatter') { run { 10000.times { println \"line $it\" } } }; composition {"
                        + " component Chatter, 'chatter' } }; 'ready'")
                .shows("\nready");
        String typed = "abcdefghij".repeat(6);
        console.type("'");
        for (char c : typed.toCharArray()) {
            console.type(String.valueOf(c));
        }
        console.type("'.size()\r").shows("\n60");
        console.line("eventually(60.seconds) { assert chatter.lines().last() == 'line 9999' }; 'over'")
                .shows("\nover");
        console.shows("vmlab> ");
    }

    private void guestCalls(int token) {
        console.lab().vm("vm0").orElseThrow().console().send("call " + token + "\r");
    }

    @Test
    void aHandlersLinesComeAboveWhatIsBeingTyped() {
        console.line(LAB + "; vm0.start(); vm0.console.expect('> ')\n").shows("vm0| hello");
        console.line("vm0.hypercall(4) { call -> print 'PO'; println 'KE!!!' }; 'ready'")
                .shows("\nready");
        console.shows("vmlab> ");
        console.type("6 * ").shows("6 * ");

        guestCalls(4);

        console.shows("POKE!!!");
        console.shows("vmlab> 6 * ");
        console.type("7\r").shows("\n42");
        console.line("/hypercalls vm0").shows("4          prompt:1                     1  eax=4");
    }

    @Test
    void connectionsAndTheTimelineAreShown() {
        console.line("/connections").shows("no connections yet");
        console.line("/timeline").shows("nothing has happened so far");
        console.line("lab { component('Bell') { emits 'Ring', 'ring' }; component('Ear') { consumes 'Ring', 'ring' }; "
                        + "composition { component Bell, 'bell'; component Ear, 'ear'; "
                        + "connection seL4Notification, 'wire', from: bell.ring, to: ear.ring } }; "
                        + "bell.ring.emit(); 'rung'")
                .shows("\nrung");

        console.line("/connections").shows("seL4Notification");
        console.shows("plugged, pending");

        console.line("/timeline").shows("event");
        console.shows("bell.ring -> ear.ring");
    }

    @Test
    void aScriptCanBeLoadedAgainBehindAReset() throws IOException {
        Path script = Files.writeString(
                state.resolve("again.groovy"),
                "count = 1 + (binding.hasVariable('count') ? count : 0)\n"
                        + "lab { component('Ear') { }; composition { component Ear, 'ear' } }\nprintln \"loaded $count\"");
        console.line("/load " + script).shows("\nloaded 1");
        console.line("/load " + script).shows("ear is there twice");
        console.line("/reset").line("/load " + script).shows("\nloaded 3");
    }

    @Test
    void ctrlCAtThePromptEndsAHandlerThatLoops() {
        console.line(LAB + "; vm0.start(); vm0.console.expect('> ')\n").shows("vm0| hello");
        console.line("vm0.hypercall(4) { call -> println 'begun'; while (true) { } }; 'ready'")
                .shows("\nready");
        guestCalls(4);
        console.shows("begun");

        console.ctrlC().shows("(prompt:1) was interrupted; vm0 is paused");

        console.line("vm0.state()").shows("\nHELD");
    }

    @Test
    void ctrlCEndsAHandlerThatAnInputWaitsFor() {
        console.line(LAB + "; vm0.start(); vm0.console.expect('> ')\n").shows("vm0| hello");
        console.line("vm0.hypercall(4) { call -> println 'begun'; while (true) { } }; 'ready'")
                .shows("\nready");
        console.line("vm0.console.type('call 4'); vm0.console.expect('never', 1.hours)")
                .shows("begun");

        console.ctrlC().shows("vm0 is paused");

        console.shows("interrupted");
        console.line("vm0.state()").shows("\nHELD");
    }

    @Test
    void anAttachedConsoleShowsWhatAHandlerPrints() {
        console.line(LAB + "; vm0.start(); vm0.console.expect('> ')\n").shows("vm0| hello");
        console.line("vm0.hypercall(4) { call -> println 'POKE!!!' }; 'ready'").shows("\nready");
        console.line("/console vm0").shows("from^G the guest");

        console.type("call 4\r").shows("POKE!!!\r\n");

        console.type("\u001d").shows("back at the prompt");
    }

    @Test
    void ctrlDLeaves() {
        console.type("\u0004");

        assertEquals(0, console.status());
    }

    @Test
    void quitLeaves() {
        console.line("/quit");

        assertEquals(0, console.status());
    }

    @Test
    void tabCompletesACommand() {
        console.type("/vm\t\r").shows("no VMs yet");
    }

    @Test
    void tabCompletesAVariable() {
        console.line("lengthy = 21").shows("\n21");

        console.type("leng\t * 2\r").shows("\n42");
    }

    @Test
    void tabCompletesAMemberOfALiveObject() {
        console.line(LAB + "; 'ready'").shows("\nready");

        console.type("vm0.consol\t.lines()\r").shows("\n[]");
        console.type("vm0.hypercalls.handl\t(4)\r").shows("\nfalse");
    }

    @Test
    void tabCompletesAProperty() {
        console.line(LAB + "; 'ready'").shows("\nready");
        console.type("vm0.stat\t.name()\r").shows("\nCREATED");
    }

    @Test
    void javaHasTheSameObjectsAsGroovy() {
        console.line(LAB + "; n = 20; 'ready'").shows("\nready");
        console.line("/jshell").shows("/groovy goes back");
        console.line("int twice(int x) {").shows("...> ");
        console.line("  return x * 2; }").shows("jshell> ");
        console.line("var m = twice((Integer) n) + 2").shows("m ==> 42");
        console.line("vm0.start().state()").shows("==> RUNNING");
        console.line("/groovy").shows("vmlab> ");
        console.line("m + 1").shows("\n43");
        console.line("vm0.state").shows("\nRUNNING");
    }

    @Test
    void whatJavaRefusesIsToldWithItsPlace() {
        console.line("/jshell").shows("jshell> ");
        console.line("int x = \"a\";").shows("jshell:1:9: incompatible types");
        console.line("1 / 0").shows("java.lang.ArithmeticException: / by zero");
        console.line("lab.vm(\"vm7\").orElseThrow()").shows("NoSuchElementException");
        console.line("1 + 1").shows("==> 2");
    }

    @Test
    void ctrlCStopsJavaThatNeverEnds() {
        console.line("/jshell").shows("jshell> ");
        console.line("println(\"begun\"); while (true) { }").shows("\nbegun");
        console.ctrlC().shows("interrupted");
        console.line("1 + 1").shows("==> 2");
    }

    @Test
    void tabCompletesJava() {
        console.line("/jshell").shows("jshell> ");
        console.type("lab.isEm\b\b\b\bvm\ts().siz\t\r").shows("==> 0");
    }

    @Test
    void inputsAreKeptForTheNextSession() throws IOException {
        console.line("6 * 7").shows("\n42");
        console.line("/quit").status();

        String history = Files.readString(state.resolve("vmlab/history"));
        assertTrue(history.contains("6 * 7"), history);
    }

    @Test
    void aTerminalThatCannotMoveTheCursorHasAPlainPrompt() throws IOException {
        try (ConsoleFixture plain = new ConsoleFixture(state, Terminal.TYPE_DUMB)) {
            plain.type("def twice(n) {\n").shows("...> ");
            plain.type("  n * 2\n").shows("...> ");
            plain.type("}\n").shows("vmlab> ");
            plain.type("twice(21)\n").shows("42\n");
            plain.type(LAB + "; vm0.start()\n").shows("vm0| hello from^G the guest");
            assertFalse(plain.all().contains("\u001b"), "no control sequences: " + plain.all());
        }
    }

    @Test
    void aRecordedSessionReplays() throws IOException {
        Path file = state.resolve("session.groovy");
        console.line("/record " + file).shows("recording");
        console.line(LAB + "; vm0.start(); 'ready'").shows("vm0| hello");
        console.line("nosuch").shows("nosuch");
        console.line("n = 40 + 2").shows("\n42");
        console.line("/console vm0").shows("from^G the guest");
        console.type("abc\r").shows("you typed abc");
        console.type("\u001d").shows("back at the prompt");
        console.line("_ / 2").shows("\n21");
        console.line("/stop").shows("does them again");

        String script = Files.readString(file);
        assertTrue(script.contains("vm0.console.await(~'> ')\n// failed:\n// nosuch\n"), script);
        assertTrue(script.contains("_ = n = 40 + 2\n"), script);
        StringWriter printed = new StringWriter();
        try (Lab again = EchoGuest.lab()) {
            Object value = new ScriptRunner(again, new PrintWriter(printed)).run(file, List.of());
            assertTrue(
                    again.vm("vm0").orElseThrow().console().text().contains("you typed abc"), script + printed + value);
        }
    }

    @Test
    void onlyOneRecordingAtATime() {
        console.line("/stop").shows("nothing is being recorded");
        console.line("/record " + state.resolve("one.groovy")).shows("recording");
        console.line("/record " + state.resolve("two.groovy")).shows("being recorded already");
    }

    @Test
    void theHelpExplainsAWord() {
        console.type("/help datap\t\r").shows("dataport Buf(4096), 'name'");
        console.shows("lab { component('Server')");
        console.line("/help dataprot").shows("did you mean dataport");
        console.line("/help /vms").shows("list the VMs");
    }

    @Test
    void theHelpNamesEveryCommand() {
        console.line("/help").shows("Type Groovy");

        String help = console.shows("vm0.disassemble()");
        for (ConsoleCommand command : ConsoleCommands.ALL) {
            assertTrue(help.contains(command.usage()), command.usage());
            assertFalse(command.summary().isEmpty(), command.name());
        }
    }
}
