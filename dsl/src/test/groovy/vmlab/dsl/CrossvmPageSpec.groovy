// SPDX-License-Identifier: Apache-2.0
package vmlab.dsl

import java.nio.file.Files
import java.nio.file.Path
import spock.lang.Specification
import spock.lang.Timeout

/** The scripts in docs/cross-vm.md run. */
@Timeout(60)
class CrossvmPageSpec extends Specification {
    private static List<String> blocks() {
        def page = Files.readString(Path.of('..', 'docs', 'cross-vm.md'))
        page.findAll(/(?ms)^```groovy\n(.*?)^```/) { all, text -> text }
    }

    def "script #number runs"() {
        expect:
        try (def scripts = new Scripts()) {
            scripts.run(blocks()[number])
        }

        where:
        number << blocks().indices
    }

    def "there are scripts"() {
        expect:
        blocks().size() >= 2
    }
}
