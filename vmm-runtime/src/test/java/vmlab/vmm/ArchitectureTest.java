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
}
