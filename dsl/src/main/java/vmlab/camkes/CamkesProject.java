// SPDX-License-Identifier: Apache-2.0
package vmlab.camkes;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import vmlab.ccomponent.CBehaviour;
import vmlab.ccomponent.CProgram;
import vmlab.ccomponent.CSource;
import vmlab.dsl.model.Assembly;
import vmlab.dsl.model.AssemblyChecker;
import vmlab.dsl.model.ComponentSpec;
import vmlab.dsl.model.CompositionChecker;
import vmlab.dsl.model.Problem;
import vmlab.dsl.model.ProcedureChecker;
import vmlab.dsl.model.SourceLocation;
import vmlab.dsl.model.VmSpec;

/**
 * A {@code .camkes} file with the folder it lies in, as an assembly that a lab can run. What the file leaves to its build
 * is found by rules:
 *
 * <ul>
 *   <li>a kernel's name is a file beside it, else the guest kernel; 64-bit if {@code kernel_relocs} is empty
 *   <li>an initrd's name is a file beside it, else an image built from {@code vmN/}, {@code linux/} or the folder itself,
 *       whichever first holds a guest's parts, with the modules that the VM's connections need
 *   <li>macros are also those of {@code configurations/*.h}; {@code VM_GUEST_CMDLINE}, if nobody defines it, is vmlab's own
 *       command line
 *   <li>a component's code is what {@code CMakeLists.txt} or {@code Makefile} says, else C files that are called like it
 *   <li>the tables of {@code cross_vm.c} give a VM's events their ids
 * </ul>
 *
 * @param assembly without behaviours of components whose code is in {@code sources} or nowhere
 * @param problems if there are any, the assembly is not one to run
 * @param notes what the rules found, a line each
 * @param sources the C files of components by the names of their types
 */
public record CamkesProject(
        Assembly assembly,
        CamkesSystem system,
        List<Problem> problems,
        List<String> notes,
        Map<String, CSource> sources) {
    /** What the name of a VM's command line was in the applications of 2016. */
    private static final Map<String, String> MACROS =
            Map.of("KERNEL_IMAGE", "\"bzimage\"", "ROOTFS", "\"rootfs.cpio\"");

    public CamkesProject {
        Objects.requireNonNull(assembly);
        Objects.requireNonNull(system);
        problems = List.copyOf(problems);
        notes = List.copyOf(notes);
        sources = Map.copyOf(sources);
    }

    /**
     * The assembly with what its components in C do.
     *
     * @param compiler gives their programs, whenever they are started
     */
    public Assembly withPrograms(Function<CSource, CProgram> compiler) {
        List<ComponentSpec> components = assembly.components().stream()
                .map(component -> Optional.ofNullable(
                                sources.get(component.type().name()))
                        .map(source -> component.with(CBehaviour.of(source, compiler)))
                        .orElse(component))
                .toList();
        return new Assembly(
                assembly.vms(), components, assembly.procedures(), assembly.composition(), assembly.location());
    }

    /** Reads a file, checks it and finds what it names. */
    public static CamkesProject read(Path file, LoadOptions options) {
        ProjectFolder folder = ProjectFolder.of(file);
        Map<String, String> macros = new LinkedHashMap<>(MACROS);
        macros.putAll(options.reading().definitions());
        CamkesReader.Options reading =
                new CamkesReader.Options(options.reading().includePath(), macros, folder.configurationHeaders());
        CamkesSystem system = CamkesReader.read(file, reading);
        List<Problem> problems = problems(system);
        if (!problems.isEmpty()) {
            return new CamkesProject(Assembly.EMPTY, system, problems, List.of(), Map.of());
        }
        return resolved(system, new SourceLocation(file.toString(), 0, 0), folder, options);
    }

    /** What couldn't be read leaves holes: what would be said of names then is noise. */
    private static List<Problem> problems(CamkesSystem system) {
        if (!system.problems().isEmpty()) {
            return system.problems();
        }
        List<Problem> forgotten = Library.forgottenImports(system);
        return forgotten.isEmpty() ? CompositionChecker.check(system.types(), system.composition()) : forgotten;
    }

    private static CamkesProject resolved(
            CamkesSystem system, SourceLocation location, ProjectFolder folder, LoadOptions options) {
        AssemblyReader.Result read = AssemblyReader.read(system, location);
        List<Problem> problems = new ArrayList<>(read.problems());
        List<String> notes = new ArrayList<>();
        BuildNames names = new BuildNames(folder, options, problems::add, notes::add);
        ConnectionTables tables = new ConnectionTables(folder, problems::add);
        List<VmSpec> vms = read.assembly().vms().stream()
                .map(vm -> names.resolve(tables.ordered(vm, read.assembly())))
                .toList();
        Map<String, CSource> sources = new LinkedHashMap<>();
        ComponentCode code = new ComponentCode(folder, options, problems::add, notes::add);
        List<ComponentSpec> components = read.assembly().components().stream()
                .map(component -> code.found(component, read.assembly(), sources))
                .toList();
        code.checkNames(read.assembly());
        Assembly assembly = new Assembly(
                vms, components, system.procedures(), read.assembly().composition(), location);
        sources.values().forEach(source -> problems.addAll(source.unknownTypes()));
        if (problems.isEmpty()) {
            problems.addAll(AssemblyChecker.check(assembly));
            problems.addAll(ProcedureChecker.check(assembly));
        }
        return new CamkesProject(assembly, system, problems, notes, sources);
    }
}
