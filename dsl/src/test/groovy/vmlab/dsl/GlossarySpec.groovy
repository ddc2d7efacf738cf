// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl

import java.lang.reflect.Method
import java.lang.reflect.Modifier
import java.util.concurrent.TimeUnit
import spock.lang.Specification
import spock.lang.Timeout
import vmlab.dsl.model.Attribute
import vmlab.lab.Backend
import vmlab.lab.Lab
import vmlab.lab.LabSettings
import vmlab.lab.Progress
import vmlab.vmm.Machine.Pace

/** The reference of the language: complete, and each of its examples runs. */
class GlossarySpec extends Specification {
    /** What a block has for Groovy's sake, or as another form of a word. */
    private static final Set<String> PLUMBING =
            ['println', 'print', 'printf', 'propertyMissing', 'methodMissing', 'setProperty', 'getProperty', 'run', 'main'] as Set

    private static Set<String> said(Class<?> block) {
        block.methods.findAll { Method m ->
            (Block.isAssignableFrom(m.declaringClass) || m.declaringClass == LabScript) && Modifier.isPublic(m.modifiers) && !m.synthetic
        }*.name.findAll { !(it in PLUMBING) && it =~ /^[A-Za-z]\w*$/ }.collect {
            it.startsWith('get') ? it[3].toLowerCase() + it[4..-1] : it
        } as Set
    }

    def "every word of #block.simpleName has an entry"() {
        expect:
        said(block) - Glossary.words()*.name == [] as Set

        where:
        block << [LabScript, LabBlock, VmBlock, ComponentBlock, CompositionBlock, RootFsBlock]
    }

    def "every attribute that matters here has an entry"() {
        expect:
        Attribute.words().take(6).every { Glossary.of(it).isPresent() }
    }

    def "each entry is there once, and whole"() {
        given:
        def page = Glossary.getResource('language.md').text

        expect:
        Glossary.words()*.name == page.readLines().findAll { it.startsWith('### ') }*.substring(4)
        Glossary.words()*.name.toUnique() == Glossary.words()*.name
    }

    def "the example of #word.name runs"() {
        expect:
        try (def scripts = new Scripts()) {
            scripts.run(word.example())
        }

        where:
        word << Glossary.words().findAll { it.section() != Glossary.OF_A_VM }
    }

    @Timeout(value = 5, unit = TimeUnit.MINUTES)
    def "the examples with a guest run, one behind the other"() {
        given:
        def settings = new LabSettings(
                Backend.SOFT, Pace.VIRTUAL, CachedDebian.orSkip(), Progress.silent(), LabSettings.DEFAULT_GUEST_TIME)

        expect:
        try (def lab = new Lab(settings)) {
            def runner = new ScriptRunner(lab, new PrintWriter(new StringWriter(), true))
            runner.run('lab', 'lab { vm(0) { kernel_image = debian.kernel; initrd_image = rootfs { } } }; vm0.login()', [])
            Glossary.words().findAll { it.section() == Glossary.OF_A_VM }.each { runner.run(it.name(), it.example(), []) }
        }
    }
}
