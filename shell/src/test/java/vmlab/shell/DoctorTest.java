// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import vmlab.vmm.kvm.HypercallTransport;
import vmlab.vmm.kvm.KvmProbe;

final class DoctorTest {
    @TempDir
    private Path root;

    private Map<String, String> environment = Map.of();

    private KvmProbe.Result kvm = kvm(KvmProbe.Kind.NONE, "there is no working /dev/kvm");

    private static KvmProbe.Result kvm(KvmProbe.Kind kind, String reason) {
        return kvm(kind, reason, "no such mode");
    }

    private static KvmProbe.Result kvm(KvmProbe.Kind kind, String reason, String no64Bit) {
        return new KvmProbe.Result(kind, reason, "another host", HypercallTransport.DOORBELL, no64Bit);
    }

    private Finding finding(String subject) {
        Map<String, String> withHome = new java.util.HashMap<>(environment);
        withHome.putIfAbsent("HOME", root.toString());
        List<Finding> findings =
                new Doctor(new TestSurroundings("", withHome).surroundings(), root, () -> kvm).findings();
        return findings.stream()
                .filter(finding -> finding.subject().equals(subject))
                .findFirst()
                .orElseThrow();
    }

    private void write(String file, String text) throws IOException {
        Path path = root.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }

    @Test
    void everyFindingThatIsNotOkSaysWhatToDo() {
        for (Finding finding : new Doctor(
                        new TestSurroundings("", Map.of("HOME", "/nonexistent")).surroundings(), root, () -> kvm)
                .findings()) {
            assertEquals(finding.level() == Finding.Level.OK, finding.remedy().isEmpty(), finding.toString());
        }
    }

    @Test
    void littleMemoryIsAWarning() throws IOException {
        write("proc/meminfo", "MemTotal: 1000000 kB\nMemAvailable:     307200 kB\n");

        Finding found = finding("machine");

        assertEquals(Finding.Level.WARN, found.level());
        assertTrue(found.found().contains("300 MB of memory available"), found.found());
    }

    @Test
    void aMachineWithoutKvmIsFine() throws IOException {
        write("proc/cpuinfo", "processor : 0\nflags\t\t: fpu vme sse2\n");

        Finding found = finding("kvm");

        assertEquals(Finding.Level.OK, found.level());
        assertEquals(
                "there is no working /dev/kvm (the CPU shows neither VMX nor SVM); guests run on the CPU in Java, which needs nothing and takes vmcall itself",
                found.found());
    }

    @Test
    void theKindOfKvmAndOfItsHypercallsIsTold() throws IOException {
        kvm = kvm(KvmProbe.Kind.HARDWARE, "a guest with 32-bit paging ran", "");
        write("proc/cpuinfo", "processor : 0\nflags\t\t: fpu vme svm sse2\n");

        assertEquals(
                "a guest with 32-bit paging ran (AMD SVM); guests run on it, with hypercalls by a doorbell port: this kernel"
                        + " answers vmcall itself; 64-bit guests run on KVM",
                finding("kvm").found());
    }

    @Test
    void whatKeeps64BitGuestsFromRunningIsTold() throws IOException {
        kvm = kvm(KvmProbe.Kind.NO_PAGING, "it is para-virtual", "this was seen");
        write("proc/cpuinfo", "processor : 0\nflags\t\t: fpu vme sse2\n");

        assertEquals(
                "it is para-virtual (the CPU shows neither VMX nor SVM); guests run on the CPU in Java, which needs nothing and takes vmcall itself;"
                        + " 64-bit guests don't run here: this was seen",
                finding("kvm").found());
    }

    @Test
    void aMachineWithoutAptIsToldOfMirrorAndFolder() {
        Finding found = finding("packages");

        assertEquals(Finding.Level.WARN, found.level());
        assertTrue(found.remedy().contains("VMLAB_DEBIAN_MIRROR"), found.remedy());
    }

    @Test
    void aNamedMirrorIsEnough() {
        environment = Map.of("VMLAB_DEBIAN_MIRROR", "http://mirror.example/debian");

        assertEquals(
                Finding.ok("packages", "from http://mirror.example/debian (VMLAB_DEBIAN_MIRROR)"), finding("packages"));
    }

    @Test
    void aptSourcesAreEnough() throws IOException {
        write("etc/apt/sources.list.d/debian.sources", "Types: deb\n");

        assertEquals(Finding.Level.OK, finding("packages").level());
    }

    @Test
    void aStateFolderThatCannotBeMadeIsAWarning() throws IOException {
        write("file", "");
        environment = Map.of("XDG_STATE_HOME", root.resolve("file").toString());

        assertEquals(Finding.Level.WARN, finding("history").level());
    }
}
