// SPDX-License-Identifier: Apache-2.0
package vmlab.camkes

import java.nio.file.Files
import java.nio.file.Path
import spock.lang.Specification
import spock.lang.TempDir
import vmlab.dsl.Scripts
import vmlab.dsl.model.Placeless
import vmlab.export.DotWriter
import vmlab.export.DslWriter
import vmlab.export.MermaidWriter

/** What is exported is the same when it is imported: as a .camkes file, flat or with the VM macros, and as a script. */
class RoundTripSpec extends Specification {
    static final List<String> SAMPLES = [
        Samples.TUTORIAL, 'board/vm', 'minimal64/minimal', 'optiplex/optiplex', 'virtqueues/virtqueues', 'devices/devices',
        'arm/multi']

    @TempDir
    Path folder

    static CamkesProject project(Path file) {
        def project = CamkesProject.read(file, LoadOptions.NONE)
        assert project.problems() == []
        project
    }

    private CamkesProject sample(String name) {
        project(Samples.copy(folder, name))
    }

    /** Beside the sample, so that names are found to be the same. */
    private CamkesProject imported(String text) {
        project(Files.writeString(folder.resolve('exported.camkes'), text))
    }

    def "#name is the same as a .camkes file of its own"() {
        given:
        def assembly = sample(name).assembly()

        when:
        def again = imported(CamkesWriter.write(assembly))

        then:
        Placeless.of(again.assembly()) == Placeless.of(assembly)
        CamkesWriter.write(again.assembly()) == CamkesWriter.write(assembly)

        where:
        name << SAMPLES
    }

    def "#name is the same without imports and macros"() {
        given:
        def whole = sample(name)

        expect:
        Placeless.of(imported(CamkesWriter.write(whole.system())).assembly()) == withoutLibrary(whole)

        where:
        name << SAMPLES
    }

    /** A flat file declares what the library does, which makes it the file's own: it has no behaviour then. */
    private static withoutLibrary(CamkesProject project) {
        def assembly = Placeless.of(project.assembly())
        new vmlab.dsl.model.Assembly(
                assembly.vms(),
                assembly.components().collect { new vmlab.dsl.model.ComponentSpec(it.type(), Optional.empty()) },
                assembly.procedures(),
                assembly.composition(),
                assembly.location())
    }

    def "#name is the same as a script"() {
        given:
        def assembly = sample(name).assembly()
        def scripts = new Scripts()

        when:
        scripts.run(DslWriter.write(assembly))

        then:
        Placeless.of(scripts.lab.assembly()) == Placeless.of(assembly)
        scripts.lab.toDsl() == DslWriter.write(assembly)

        cleanup:
        scripts.close()

        where:
        name << SAMPLES
    }

    def "a script's own lab is the same as its export, with what its components do"() {
        given:
        def first = new Scripts()
        def second = new Scripts()
        first.run('lab {\n' + LAB + '}\n')

        when:
        second.run(first.lab.toDsl())

        then:
        Placeless.of(second.lab.assembly()) == Placeless.of(first.lab.assembly())
        second.lab.toDsl() == first.lab.toDsl()

        cleanup:
        first.close()
        second.close()
    }

    private static final String LAB = '''\
        component('Timer') {
            hardware
            attribute 'int', 'rate', 5
            emits 'Tick', 'tick'
            maybe dataport('Buf', 'page')
            has binary_semaphore('idle')
            restart 'on-failure', limit: 3
        }
        component('Console') {
            consumes 'Tick', 'tick'
            maybe uses('PutChar', 'putchar')
            run {
                while (true) {
                    tick_wait()          // not a "}" of its own
                    println 'tick'
                }
            }
        }
        vm(3) {
            kernel_image = debian.kernel
            guest_ram_mb = 96.MiB
            initrd_image = rootfs {
                file 'etc/motd', \'it\\\'s a\\nguest\'
                module 'dataport'
            }
            maybe consumes('Tick', 'tick')
        }
        composition {
            component Timer, 'new'
            component Console, 'console_a'
            connection seL4Notification, 'ticks', from: instance('new').tick, to: [console_a.tick, vm3.tick]
        }
        configuration {
            instance('new').rate = -1
            instance('new').'class' = [a: [1, 2L, 1.5], 'b c': true]
        }
    '''.stripIndent()

    def "#name has each instance and connection in its pictures"() {
        given:
        def assembly = sample(name).assembly()
        def connections = assembly.composition().connections()*.name()
        def instances = assembly.wholeComposition().instances()*.name()

        expect:
        connections.every { DotWriter.write(assembly).contains("\"$it\"") }
        connections.every { MermaidWriter.write(assembly).contains("\"$it\"") }
        instances.every { DotWriter.write(assembly).contains("    \"$it\" [") }
        instances.every { MermaidWriter.write(assembly).contains("    i_$it[") }

        where:
        name << SAMPLES
    }
}
