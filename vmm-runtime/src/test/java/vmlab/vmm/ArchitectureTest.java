// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The module's rules. */
@AnalyzeClasses(packages = "vmlab.vmm", importOptions = ImportOption.DoNotIncludeTests.class)
final class ArchitectureTest {
    @ArchTest
    static final ArchRule nativeFunctionsAreCalledByKvmForMappedMemoryAndForDisassemblyOnly = noClasses()
            .that()
            .resideOutsideOfPackage("vmlab.vmm.kvm")
            .and()
            .haveNameNotMatching("vmlab\\.vmm\\.(NativePages|Disassembler)(\\$.*)?")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("com.sun.jna..")
            .because("a native call can end the JVM: each must be seen and justified");

    @ArchTest
    static final ArchRule classFilesAreWrittenByTheCompilerOnly = noClasses()
            .that()
            .resideOutsideOfPackage("vmlab.vmm.soft.jit")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.objectweb.asm..")
            .because("what decides about compiling is read without knowing bytecode");

    @ArchTest
    static final ArchRule theCompilerKnowsTheCpuByNameOnly = noClasses()
            .that()
            .resideInAPackage("vmlab.vmm.soft.jit")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("vmlab.vmm", "vmlab.vmm.soft")
            .because("the CPU uses it; both ways would be a circle");
}
