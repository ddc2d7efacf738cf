// SPDX-License-Identifier: Apache-2.0
package vmlab.tutorials

import java.nio.file.Files
import java.nio.file.Path
import spock.lang.Specification
import spock.lang.TempDir
import vmlab.lab.Backend
import vmlab.lab.GuestFiles
import vmlab.lab.Lab
import vmlab.lab.LabSettings
import vmlab.lab.Progress
import vmlab.vmm.HostMistake
import vmlab.vmm.Machine.Pace

/** The lesson engine, with lessons that need no guest. */
class LessonSpec extends Specification {
    @TempDir
    Path folder

    Lesson lesson
    Path work

    def setup() {
        lesson = LessonReader.read(LessonSkeleton.make(Files.createDirectories(folder.resolve('lessons')), 'greeting'))
        work = Files.createDirectories(folder.resolve('work'))
    }

    /** Checks here make no VM, so the lab needs nothing that makes one. */
    private static Lab emptyLab() {
        new Lab(new LabSettings(
                Backend.SOFT, Pace.VIRTUAL, [:] as GuestFiles, Progress.silent(), LabSettings.DEFAULT_GUEST_TIME))
    }

    private static StepCheck checker() {
        new StepCheck({ emptyLab() }, Optional.empty())
    }

    private StepResult check() {
        checker().check(lesson, lesson.steps()[0], work)
    }

    def "a folder is read as a lesson"() {
        expect:
        lesson.name() == 'greeting'
        lesson.steps()*.name() == ['say-hello']
        lesson.steps()[0].hints().size() == 3
        lesson.wrong()*.name() == ['capital']
    }

    def "a step is done when its check finds nothing"() {
        expect:
        !check().passed()
        check().seen().contains('there is no file hello.txt')

        when:
        Files.writeString(work.resolve('hello.txt'), 'hello\n')

        then:
        check().passed()
        check().evidence() == ['hello.txt says hello']
    }

    def "a known mistake is named, with what was seen and expected"() {
        given:
        Files.writeString(work.resolve('hello.txt'), 'Hello')

        expect:
        check().text().contains('seen: Hello')
        check().text().contains('expected: the word hello')
        check().text().contains('likely: the word begins with a small letter')
    }

    def "a lesson holds if its solution passes and its mistakes fail with their messages"() {
        expect:
        new Verification({ emptyLab() }, {}).problems(lesson) == []
    }

    def "a lesson that doesn't hold is told in every part"() {
        given:
        Files.writeString(lesson.folder().resolve('solve/say-hello/hello.txt'), 'hallo')
        Files.writeString(lesson.folder().resolve('wrong/capital/hello.txt'), 'hello')

        when:
        def problems = new Verification({ emptyLab() }, {}).problems(lesson)

        then:
        problems.size() == 2
        problems[0].startsWith('greeting/say-hello fails with its solution')
        problems[1] == 'greeting/wrong/capital passes'
    }

    def "all that is missing in a folder is named"() {
        given:
        Files.delete(lesson.folder().resolve('check.groovy'))

        when:
        LessonReader.read(lesson.folder())

        then:
        def mistake = thrown(HostMistake)
        mistake.message.contains('check.groovy is missing')
    }

    def "a text that breaks the rules is told"() {
        given:
        Files.writeString(lesson.folder().resolve('lesson.md'), '# x\n\ny\n\n## One\n\ntext\n\n### Hint\n\nonly one\n')
        Files.writeString(lesson.folder().resolve('wrong/capital.md'), 'step: nosuch\n\nx\n')

        when:
        LessonReader.read(lesson.folder())

        then:
        def mistake = thrown(HostMistake)
        mistake.message.contains('the step one has 1 hints, not 3')
        mistake.message.contains('solve/one is missing')
        mistake.message.contains('names the step nosuch')
    }

    def "progress survives a restart, by names of steps"() {
        given:
        def kept = folder.resolve('state/lessons.properties')
        def course = new Course([lesson], kept)

        when:
        course.start(lesson, Optional.of(work))
        def first = course.hint(lesson, lesson.steps()[0])
        course.done(lesson, lesson.steps()[0])
        def again = new Course([lesson], kept)

        then:
        first.startsWith('hint 1 of 3')
        again.current().get() == lesson
        again.folderOf(lesson).get() == work.toAbsolutePath()
        again.next(lesson).empty
        again.hint(lesson, lesson.steps()[0]).startsWith('hint 2 of 3')

        when:
        again.reset(lesson)

        then:
        again.next(lesson).get().name() == 'say-hello'
    }

    def "progress that can't be read is named"() {
        given:
        def kept = Files.createDirectories(folder.resolve('state')).resolve('lessons.properties')
        Files.write(kept, content)

        when:
        new Course([lesson], kept)

        then:
        def mistake = thrown(HostMistake)
        mistake.message.contains("progress in $kept can't be read")
        mistake.remedy() == 'remove the file'

        where:
        content << ['a=\\u12'.bytes, [0xFF, 0xFE] as byte[]]
    }

    def "progress that somebody has written nonsense into does no harm"() {
        given:
        def kept = folder.resolve('lessons.properties')
        Files.writeString(kept, "current=nosuch\ngreeting.say-hello.hints=many\ngreeting.done=say-goodbye\n")

        expect:
        def course = new Course([lesson], kept)
        course.current().empty
        course.next(lesson).get().name() == 'say-hello'
        course.hint(lesson, lesson.steps()[0]).startsWith('hint 1 of 3')
    }

    def "a folder that can't be made is named, and nothing is noted"() {
        given:
        def file = Files.writeString(folder.resolve('file'), '')
        def course = new Course([lesson], folder.resolve('lessons.properties'))

        when:
        course.start(lesson, Optional.of(file.resolve('work')))

        then:
        def mistake = thrown(HostMistake)
        mistake.message.contains("$file/work can't be made")
        course.folderOf(lesson).empty
    }

    def "a lesson whose folder is gone begins anew; another folder isn't taken while it is there"() {
        given:
        def course = new Course([lesson], folder.resolve('lessons.properties'))
        course.start(lesson, Optional.of(work))
        course.done(lesson, lesson.steps()[0])

        when:
        course.start(lesson, Optional.of(folder.resolve('other')))

        then:
        def mistake = thrown(HostMistake)
        mistake.message == "greeting was begun in $work"

        when:
        Files.delete(work)
        course.start(lesson, Optional.empty())

        then:
        course.next(lesson).present
        course.folderOf(lesson).get() == work
        Files.isDirectory(work)
    }

    def "what isn't text is a learner's mistake"() {
        given:
        Files.write(work.resolve('hello.txt'), [0xFF, 0xFE] as byte[])

        expect:
        check().seen() == 'hello.txt has octets that are no text in UTF-8'
    }

    def "no two lessons have one name"() {
        when:
        LessonSkeleton.make(folder.resolve('lessons'), 'greeting')

        then:
        def mistake = thrown(HostMistake)
        mistake.message.startsWith('there is a lesson greeting already')
    }

    def "the solution's files are laid over the learner's"() {
        given:
        def course = new Course([lesson], folder.resolve('lessons.properties'))
        course.start(lesson, Optional.of(work))

        when:
        course.solve(lesson, lesson.steps()[0], Optional.empty())

        then:
        check().passed()
    }

    def "a step at the prompt is solved by typing, and checked by what was typed"() {
        given:
        def files = [
            'lesson.md': '# Sums\n\ntyped\n\n## Add\n\ntype it\n' + '\n### Hint\n\none\n' * 3,
            'check.groovy': "step('add') {\n if (variables.sum != 5) { fail seen: variables.sum, expected: 5 }\n evidence 'sum is 5' }",
            'solve/add.groovy': 'sum = 2 + 3',
            'wrong/product.md': 'step: add\n\nseen: 6\n',
            'wrong/product.groovy': 'sum = 2 * 3'
        ]
        files.each { name, text ->
            def file = folder.resolve('lessons/02-sums').resolve(name)
            Files.createDirectories(file.parent)
            Files.writeString(file, text)
        }
        def sums = LessonReader.read(folder.resolve('lessons/02-sums'))

        expect:
        new Verification({ emptyLab() }, {}).problems(sums) == []

        when: 'there is no prompt'
        checker().check(sums, sums.steps()[0], work)

        then:
        def mistake = thrown(HostMistake)
        mistake.message.contains("done at vmlab's prompt")
    }
}
