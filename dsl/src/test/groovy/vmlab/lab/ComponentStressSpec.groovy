// SPDX-License-Identifier: Apache-2.0
package vmlab.lab

import spock.lang.Specification
import spock.lang.Timeout
import vmlab.dsl.ScriptRunner
import vmlab.vmm.Machine.Pace

/** Components that ask each other as fast as they can. */
@Timeout(120)
class ComponentStressSpec extends Specification {
    private static final int QUESTIONS = 2000
    private static final int PAIRS = 4

    def "every question over eight channels is answered once, whatever the threads do"() {
        given:
        def lab = new Lab(Labs.settings(Pace.VIRTUAL))
        def runner = new ScriptRunner(lab, new PrintWriter(Writer.nullWriter()))

        when: 'half of the answers are polled for, in an order that a seed draws'
        runner.run('lab.groovy', """
            lab {
                component('Asker') {
                    control
                    dataport Buf(4096), 'sum'
                    emits 'Question', 'question'
                    consumes 'Answer', 'answer'
                    run {
                        def random = new Random(1)
                        for (int i = 1; i <= $QUESTIONS; i++) {
                            sum.memory().write32(0, i)
                            question_emit()
                            if (random.nextBoolean()) {
                                answer_wait()
                            } else {
                                while (!answer_poll()) { Thread.yield() }
                            }
                            assert sum.memory().read32(0) == 3 * i
                        }
                    }
                }
                component('Answerer') {
                    control
                    dataport Buf(4096), 'sum'
                    consumes 'Question', 'question'
                    emits 'Answer', 'answer'
                    run {
                        while (true) {
                            question_wait()
                            sum.memory().write32(0, 3 * sum.memory().read32(0))
                            answer_emit()
                        }
                    }
                }
                composition {
                    ${(0..<PAIRS).collect { """
                    component Answerer, 'answerer$it'
                    component Asker, 'asker$it'
                    connection seL4SharedData, 'sum$it', from: asker${it}.sum, to: answerer${it}.sum
                    connection seL4Notification, 'question$it', from: asker${it}.question, to: answerer${it}.question
                    connection seL4Notification, 'answer$it', from: answerer${it}.answer, to: asker${it}.answer""" }.join('\n')}
                }
            }""", [])
        def askers = (0..<PAIRS).collect { lab.component("asker$it").get() }
        while (askers.any { it.state() == LabComponent.State.RUNNING }) {
            Thread.onSpinWait()
        }

        then:
        askers.every { it.state() == LabComponent.State.ENDED }
        (0..<PAIRS).every {
            lab.component("answerer$it").get().event('question').get().taken() == QUESTIONS &&
                    lab.component("answerer$it").get().event('answer').get().emitted() == QUESTIONS &&
                    lab.component("asker$it").get().event('answer').get().taken() == QUESTIONS
        }

        cleanup:
        lab.close()
    }
}
