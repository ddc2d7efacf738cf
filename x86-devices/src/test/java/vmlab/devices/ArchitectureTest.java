// SPDX-License-Identifier: Apache-2.0
package vmlab.devices;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import vmlab.vmm.Device;

class ArchitectureTest {
    private static final JavaClasses DEVICES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("vmlab.devices");

    private static final ArchRule DEVICES_KNOW_ONLY_THE_CONTRACTS = classes()
            .should()
            .onlyDependOnClassesThat(resideInAnyPackage("vmlab.devices..", "vmlab.vmm", "java..", "org.slf4j"))
            .because("a device must be testable without a CPU, a console or a lab");

    private static final ArchRule DEVICES_HAVE_NO_THREADS_OR_FILES = noClasses()
            .should()
            .dependOnClassesThat(resideInAnyPackage(
                    "java.io", "java.nio..", "java.net..", "java.util.concurrent..", "java.lang.reflect"))
            .orShould()
            .dependOnClassesThat()
            .belongToAnyOf(Thread.class, Process.class, ProcessBuilder.class)
            .because("the machine has one thread, and a snapshot can't hold a file");

    private static final ArchRule DEVICES_HAVE_NO_HOST_TIME = noClasses()
            .should()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .callMethod(java.time.Instant.class, "now")
            .orShould()
            .dependOnClassesThat()
            .belongToAnyOf(java.time.Clock.class, java.util.Random.class)
            .because("VmClock is the only time in a machine: a run must repeat");

    private static final ArchRule DEVICES_ARE_FINAL = classes()
            .that()
            .implement(Device.class)
            .and()
            .areNotInterfaces()
            .should()
            .haveModifier(com.tngtech.archunit.core.domain.JavaModifier.FINAL)
            .because("a part isn't changed by inheriting from it");

    private static final ArchRule PACKAGES_HAVE_NO_CYCLES = slices().matching("vmlab.devices.(*)..")
            .should()
            .beFreeOfCycles()
            .because("pc wires the others, not the other way round");

    static Stream<ArchRule> rules() {
        return Stream.of(
                DEVICES_KNOW_ONLY_THE_CONTRACTS,
                DEVICES_HAVE_NO_THREADS_OR_FILES,
                DEVICES_HAVE_NO_HOST_TIME,
                DEVICES_ARE_FINAL,
                PACKAGES_HAVE_NO_CYCLES);
    }

    @ParameterizedTest
    @MethodSource("rules")
    void holds(ArchRule rule) {
        rule.check(DEVICES);
    }

    @Test
    void theScanFoundTheDevices() {
        assertTrue(DEVICES.contain("vmlab.devices.pc.Pc"), "a rule over nothing passes silently");
        assertTrue(DEVICES.size() > 30, "classes: " + DEVICES.size());
    }

    @Test
    void everyPackageIntroducesItself() throws java.io.IOException {
        try (Stream<Path> files = Files.walk(Path.of("src/main/java"))) {
            for (Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
                Path introduction = file.resolveSibling("package-info.java");
                assertTrue(Files.exists(introduction), introduction + " is missing");
            }
        }
    }
}
