// SPDX-License-Identifier: Apache-2.0
package vmlab;

import static com.tngtech.archunit.core.domain.JavaModifier.ABSTRACT;
import static com.tngtech.archunit.core.domain.JavaModifier.FINAL;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The design of this module that Maven can't check. */
@AnalyzeClasses(
        packages = {"vmlab.dsl", "vmlab.lab", "vmlab.guest", "vmlab.image", "vmlab.gdb", "vmlab.ccomponent"},
        importOptions = DoNotIncludeTests.class)
class DslArchitectureTest {
    @ArchTest
    static void theScanFindsTheModule(JavaClasses found) {
        assertTrue(found.size() > 60, "a rule over nothing passes silently; found " + found.size() + " classes");
    }

    @ArchTest
    static final ArchRule theModelIsPlainValues = noClasses()
            .that()
            .resideInAPackage("vmlab.dsl.model")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("vmlab.dsl", "vmlab.lab", "vmlab.guest", "vmlab.vmm..", "groovy..", "org.codehaus..")
            .because("readers of other formats and exporters use it without a language or a machine");

    @ArchTest
    static final ArchRule theLabKnowsNoLanguage = noClasses()
            .that()
            .resideInAPackage("vmlab.lab")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("vmlab.dsl", "groovy..", "org.codehaus..", "org.apache.groovy..")
            .because("Java programs and lessons drive labs as scripts do");

    @ArchTest
    static final ArchRule guestsKnowNoLab = noClasses()
            .that()
            .resideInAPackage("vmlab.guest")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("vmlab.lab", "vmlab.dsl..", "groovy..")
            .because("fetching and building a guest's files is useful without a lab");

    @ArchTest
    static final ArchRule imagesKnowNoLab = noClasses()
            .that()
            .resideInAPackage("vmlab.image")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("vmlab.lab", "vmlab.dsl", "groovy..")
            .because("an image can be built by who never starts a machine");

    @ArchTest
    static final ArchRule componentsInCKnowNoLab = noClasses()
            .that()
            .resideInAPackage("vmlab.ccomponent")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("vmlab.lab", "vmlab.dsl", "groovy..")
            .because("a component sees its interfaces and nothing else, in whatever language");

    @ArchTest
    static final ArchRule theProtocolKnowsNoLab = noClasses()
            .that()
            .resideInAPackage("vmlab.gdb")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("vmlab.lab", "vmlab.dsl..", "vmlab.guest", "groovy..")
            .because("it is tested on a target of a few lines");

    @ArchTest
    static final ArchRule oneClassKnowsPcs = noClasses()
            .that()
            .resideInAPackage("vmlab.lab")
            .and()
            .doNotHaveSimpleName("PcFactory")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("vmlab.devices..", "vmlab.vmm.boot..")
            .because("everything else is tested on a machine without a PC behind the seam MachineFactory");

    @ArchTest
    static final ArchRule oneClassKnowsBackEnds = noClasses()
            .that()
            .doNotHaveSimpleName("BackendChoice")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("vmlab.vmm.soft..", "vmlab.vmm.kvm..")
            .because("a back end is chosen in one place, which says so");

    @ArchTest
    static final ArchRule nobodyHereUsesATerminalOrEndsTheProcess = noClasses()
            .should()
            .accessField(System.class, "out")
            .orShould()
            .accessField(System.class, "err")
            .orShould()
            .accessField(System.class, "in")
            .orShould()
            .callMethod(System.class, "exit", int.class)
            .because("only the shell owns the terminal and the exit code");

    @ArchTest
    static final ArchRule nobodySleeps = noClasses()
            .that()
            .resideOutsideOfPackage("vmlab.guest")
            .should()
            .callMethod(Thread.class, "sleep", long.class)
            .because("waits are for conditions, with a limit");

    @ArchTest
    static final ArchRule publicClassesAreFinalOrMadeForInheritance = classes()
            .that()
            .arePublic()
            .and()
            .areNotInterfaces()
            .should()
            .haveModifier(FINAL)
            .orShould()
            .haveModifier(ABSTRACT)
            .orShould()
            .beEnums()
            .because("who extends a class that wasn't made for it breaks with the next release");

    @ArchTest
    static final ArchRule packagesHaveNoCycles =
            slices().matching("vmlab.(**)").should().beFreeOfCycles().because("a cycle makes one package of two");

    @Test
    void everyPackageSaysWhatItIsFor() throws IOException {
        Path sources = Path.of("src/main/java");
        try (Stream<Path> files = Files.walk(sources)) {
            List<Path> silent = files.filter(file -> file.toString().endsWith(".java"))
                    .map(Path::getParent)
                    .distinct()
                    .filter(folder -> !Files.exists(folder.resolve("package-info.java")))
                    .toList();
            assertEquals(List.of(), silent, "every package has a package-info.java: who comes new reads it first");
        }
    }
}
