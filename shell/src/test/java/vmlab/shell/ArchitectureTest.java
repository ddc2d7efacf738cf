// SPDX-License-Identifier: Apache-2.0
package vmlab.shell;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The design as rules over all modules; it lives here because this module sees them all. */
@AnalyzeClasses(packages = "vmlab", importOptions = ImportOption.DoNotIncludeTests.class)
final class ArchitectureTest {
    private static final List<String> MODULES =
            List.of("vmm-runtime", "x86-devices", "crossvm-lib", "dsl", "tutorials", "shell");

    @ArchTest
    static final ArchRule modulesStandInOneStraightLine = layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .layer("shell")
            .definedBy("vmlab.shell..", "vmlab.junit..")
            .layer("tutorials")
            .definedBy("vmlab.tutorials..")
            .layer("dsl")
            .definedBy(
                    "vmlab.dsl..",
                    "vmlab.lab..",
                    "vmlab.camkes..",
                    "vmlab.image..",
                    "vmlab.guest..",
                    "vmlab.gdb..",
                    "vmlab.ccomponent..",
                    "vmlab.scenario..")
            .layer("crossvm-lib")
            .definedBy("vmlab.crossvm..")
            .layer("x86-devices")
            .definedBy("vmlab.devices..")
            .layer("vmm-runtime")
            .definedBy("vmlab.vmm..")
            .whereLayer("shell")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("tutorials")
            .mayOnlyBeAccessedByLayers("shell")
            .whereLayer("dsl")
            .mayOnlyBeAccessedByLayers("shell", "tutorials")
            .whereLayer("crossvm-lib")
            .mayOnlyBeAccessedByLayers("shell", "tutorials", "dsl")
            .whereLayer("x86-devices")
            .mayOnlyBeAccessedByLayers("shell", "tutorials", "dsl", "crossvm-lib")
            .because("a part that knows who uses it can't be used by anybody else");

    @ArchTest
    static final ArchRule onlyTheShellTouchesStandardStreams = noClasses()
            .that()
            .resideOutsideOfPackage("vmlab.shell..")
            .should()
            .accessField(System.class, "out")
            .orShould()
            .accessField(System.class, "err")
            .orShould()
            .accessField(System.class, "in")
            .orShould()
            .callMethod(System.class, "console")
            .because("a line printed from below breaks through what the user types, and can't be tested");

    @ArchTest
    static final ArchRule onlyTheShellKnowsTerminalsCommandLinesAndLogback = noClasses()
            .that()
            .resideOutsideOfPackage("vmlab.shell..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.jline..", "picocli..", "ch.qos.logback..")
            .because("the lab must run in a test and in another program");

    @ArchTest
    static final ArchRule onlyMainEndsTheProcess = noClasses()
            .that()
            .doNotHaveFullyQualifiedName("vmlab.shell.Main")
            .should()
            .callMethod(System.class, "exit", int.class)
            .orShould()
            .callMethod(Runtime.class, "exit", int.class)
            .orShould()
            .callMethod(Runtime.class, "halt", int.class)
            .because("whoever embeds or tests the rest would be ended, too");

    @ArchTest
    static final ArchRule theTwoCpusDontKnowEachOther = slices().matching("vmlab.vmm.(kvm|soft)..")
            .should()
            .notDependOnEachOther()
            .allowEmptyShould(true)
            .because("each is the other's oracle");

    @ArchTest
    static final ArchRule devicesHaveNoThreadsFilesSocketsOrHostTime = noClasses()
            .that()
            .resideInAPackage("vmlab.devices..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("java.io..", "java.nio.file..", "java.net..", "java.util.concurrent..")
            .orShould()
            .dependOnClassesThat()
            .areAssignableTo(Thread.class)
            .orShould()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(System.class, "currentTimeMillis")
            .because("a device must be the same in every run and in a plain unit test");

    @ArchTest
    static final ArchRule groovyStaysInTheLanguageAndTheShell = noClasses()
            .that(resideInAPackage("vmlab.vmm..")
                    .or(resideInAPackage("vmlab.devices.."))
                    .or(resideInAPackage("vmlab.lab.."))
                    .or(resideInAPackage("vmlab.guest..")))
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("groovy..", "org.codehaus.groovy..", "org.apache.groovy..")
            .because("the machine and the lab are used from Java, too");

    @ArchTest
    static final ArchRule namesSayWhatAThingIs = noClasses()
            .should()
            .haveNameMatching(".*(Impl|Manager|Helper|Util|Utils)")
            .because("such a name says that nobody knew what belongs into it");

    @ArchTest
    static void theScanFoundEveryModule(JavaClasses classes) {
        for (String part : List.of("vmlab.vmm.", "vmlab.devices.", "vmlab.lab.", "vmlab.dsl.", "vmlab.shell.")) {
            long found =
                    classes.stream().filter(c -> c.getName().startsWith(part)).count();
            assertTrue(found >= 10, "only " + found + " classes of " + part + "*: the rules would pass over nothing");
        }
    }

    @Test
    void everyPackageSaysWhatItIsFor() throws IOException {
        Set<Path> silent = new TreeSet<>();
        for (String module : MODULES) {
            Path sources = Checkout.root().resolve(module).resolve("src/main/java");
            try (Stream<Path> files = Files.walk(sources)) {
                silent.addAll(files.filter(file -> file.toString().endsWith(".java"))
                        .map(Path::getParent)
                        .filter(folder -> !Files.exists(folder.resolve("package-info.java")))
                        .collect(Collectors.toSet()));
            }
        }
        assertEquals(Set.of(), silent, "packages without package-info.java");
    }
}
